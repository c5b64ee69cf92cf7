"""rounds.py fixes the memory bound that selects the cases for the whole run."""

import pytest

from rounds_scene import CASES, Scene


@pytest.mark.parametrize(("said", "given"), [("8123456789", "8123456789"), ("unknown", "None")])
def test_the_listing_and_every_round_get_the_memory_bound_of_the_start(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, said: str, given: str
) -> None:
    """The fake peers end with an error if they get it too."""
    monkeypatch.setenv("FAKE_MEMORY", said)
    status, _, err = scene.run("--rounds=3", "--peers=fake_peers")
    assert status == 0, err
    calls = (scene.folder / "memory").read_text("utf-8").split()
    assert len(calls) >= 4
    assert set(calls) == {given}


def test_a_missing_case_is_reported_with_the_program_s_messages(scene: Scene) -> None:
    status, _, err = scene.run("--peers=fake_peers", "--rounds=3", fault="missing case")
    assert status == 1
    assert f"1 missing ({CASES[2]})" in err
    assert f"{scene.binary}: 1 cases of family article are skipped" in err.splitlines()
