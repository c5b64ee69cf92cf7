"""rounds.py: what it measures and merges, with a fake program."""

import json

import pytest

from parzen_study.run.load import load_run
from rounds_scene import CASES, LARGE_CASE, PEER_CASES, SUFFIX, Scene


def test_a_complete_run_is_merged_as_documented(scene: Scene) -> None:
    status, out, err = scene.run("--rounds=3", "--seed=7")
    assert status == 0, err
    assert "make report" in out
    assert str(scene.output) in out
    scene.assert_nothing_left()

    run = scene.merged()
    assert list(run) == [
        *("format", "version", "profile", "rounds_planned", "filter", "largest_n"),
        *("interrupted", "cases", "python", "state_after", "rounds"),
    ]
    assert (run["format"], run["version"]) == ("parzen-study run", 1)
    assert (run["profile"], run["rounds_planned"]) == ("default", 3)
    assert run["interrupted"] is False
    assert run["filter"] == ""
    assert run["largest_n"] == 10_000_000
    assert run["cases"] == CASES
    assert list(run["python"]) == [
        *("Python version", "compiler", "system", "release"),
        *("machine", "processor", "CPU count", "interpreter"),
    ]
    assert all(isinstance(item, str) and item for item in run["python"].values())
    assert run["state_after"] == {"load_1m": "0.75", "governor": "unknown"}
    files = sorted((scene.output / "rounds").iterdir())
    assert [file.name for file in files] == [f"round-00{n}.json" for n in (1, 2, 3)]
    assert [json.loads(file.read_text()) for file in files] == run["rounds"]
    assert sorted(scene.contents()) == [
        *(f"rounds/{f.name}" for f in files),
        "run.json",
    ]


def test_the_host_name_is_nowhere_in_the_run(scene: Scene) -> None:
    assert scene.run()[0] == 0
    for content in scene.contents().values():
        assert b"secret" not in content
        assert b"host_name" not in content
        assert b"executable" not in content


def test_rounds_have_different_orders_and_the_seed_reproduces_them(
    scene: Scene,
) -> None:
    assert scene.run("--rounds=3", "--seed=7")[0] == 0
    rounds = scene.merged()["rounds"]
    seeds = [document["context"]["order_seed"] for document in rounds]
    assert len(set(seeds)) == 3
    assert (scene.folder / "parzen_bench.rounds").read_text().split() == seeds

    def measured() -> list[object]:
        return [scene.measured(each) for each in scene.merged()["rounds"]]

    first = measured()
    assert scene.run("--rounds=3", "--seed=7")[0] == 0
    assert measured() == first
    assert scene.run("--rounds=3")[0] == 0
    assert measured() != first


def test_each_round_records_the_load_by_other_programs_for_the_report(scene: Scene) -> None:
    assert scene.run("--rounds=2")[0] == 0
    for each in scene.merged()["rounds"]:
        assert set(each["foreign_load"]) == {"seconds", "cpu_seconds"}
        assert each["foreign_load"]["seconds"] > 0.0
        assert each["foreign_load"]["cpu_seconds"] >= 0.0
        assert list(each)[:2] == ["foreign_load", "context"]


@pytest.mark.parametrize(
    ("profile", "largest_n", "min_time"),
    [("quick", 10_000, "0.005"), ("default", 10_000_000, "0.017"), ("full", 100_000_000, "0.05")],
)
def test_profile_sets_rounds_and_time(
    scene: Scene, profile: str, largest_n: int, min_time: str
) -> None:
    """The fake's times are all equal, so rounds after the first five would not help."""
    status, _, err = scene.run(f"--profile={profile}")
    assert status == 0
    # With more CPUs there are more cases than a profile's time was chosen for.
    assert f"longer if 5 rounds of all {len(CASES)} cases need more time" in err
    run = scene.merged()
    assert (run["profile"], run["rounds_planned"]) == (profile, 5)
    assert run["largest_n"] == largest_n
    assert [item["context"]["min_time"] for item in run["rounds"]] == [min_time] * 5


def test_cases_beyond_the_profile_are_recorded(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_BEYOND", "1")
    assert scene.run("--rounds=1", "--profile=default")[0] == 0
    run = scene.merged()
    assert run["not_planned"] == [LARGE_CASE]
    assert run["cases"] == CASES
    assert load_run(scene.output / "run.json").not_planned == {LARGE_CASE.removesuffix(SUFFIX)}
    assert scene.run("--rounds=1", "--profile=default", "--filter=n:10/")[0] == 0
    assert "not_planned" not in scene.merged()
    assert scene.run("--rounds=1", "--profile=full")[0] == 0
    run = scene.merged()
    assert "not_planned" not in run
    assert run["cases"] == sorted([*CASES, LARGE_CASE])


def test_later_rounds_run_the_cases_with_the_widest_intervals(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_NOISE", "0.3")
    status, _, err = scene.run("--profile=quick", "--peers=fake_peers")
    assert status == 0, err
    scene.assert_nothing_left()
    run = load_run(scene.output / "run.json")
    assert run.rounds_planned == 5
    assert run.rounds > 5
    assert not run.interrupted
    # The first case takes the same time in every round; 15 is this profile's maximum.
    assert (run.fewest_rounds, run.most_rounds) == (5, 15)
    document = scene.merged()
    assert document["groups"] == {
        **{f"article/n:{n}": [f"article/serial/n:{n}{SUFFIX}"] for n in (10, 100, 1000)},
        "dispatch/peers": PEER_CASES,
    }
    for each in document["rounds"]:
        own = sorted(case for group in each["groups"] for case in document["groups"][group])
        assert sorted(case["run_name"] for case in each["benchmarks"]) == own
    assert len({tuple(each["groups"]) for each in document["rounds"]}) > 1


def test_a_filter_keeps_the_groups_of_its_cases(scene: Scene) -> None:
    assert scene.run("--profile=quick", "--filter=n:100/")[0] == 0
    assert scene.merged()["groups"] == {"article/n:100": [CASES[1]]}


def test_a_new_run_replaces_the_whole_old_one(scene: Scene) -> None:
    assert scene.run("--rounds=2")[0] == 0
    (scene.output / "report.html").write_text("of the old run")
    assert scene.run("--rounds=1", "--filter=n:100/")[0] == 0
    assert sorted(scene.contents()) == ["rounds/round-001.json", "run.json"]
    assert scene.merged()["cases"] == [CASES[1]]
    assert scene.merged()["filter"] == "n:100/"
    scene.assert_nothing_left()
