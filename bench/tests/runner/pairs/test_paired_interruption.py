"""paired.py keeps the finished blocks after any early end."""

import contextlib
import os
import signal

import pytest

from paired_scene import Scene


def test_a_build_replaced_meanwhile_ends_it_and_finished_blocks_count(scene: Scene) -> None:
    scene.variables = {"FAKE_CHANGE": "27"}
    status, out, err = scene.run("--blocks=9")
    assert status == 1
    assert "paired.py: context changed: machine.revision is 'old' in " in err
    assert "and 'rebuilt' in " in err
    assert err.endswith("kept 6 blocks\n")
    assert "verdict: pass" in out
    assert len(scene.document()["blocks"]) == 6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_finished_blocks_and_prints_their_result(
    scene: Scene, number: signal.Signals
) -> None:
    scene.variables = {"FAKE_BLOCK": "27"}
    process = scene.start("--blocks=9")
    scene.wait_until_blocked()
    process.send_signal(number)
    status, out, err = scene.finish(process)
    assert status == 128 + number
    assert err.endswith(f"paired.py: interrupted by {number.name}; kept 6 blocks\n")
    assert out.endswith("verdict: pass - not slower: whole interval below 1.03 in 2 units\n")
    document = scene.document()
    assert (document["interrupted"], len(document["blocks"])) == (True, 6)
    assert document["result"]["overall"]["ratio"] == 1.0
    assert os.listdir(scene.output) == ["paired.json"]
    scene.assert_nothing_lives()


def test_an_interruption_of_the_first_block_writes_nothing(scene: Scene) -> None:
    scene.variables = {"FAKE_BLOCK": "3"}
    process = scene.start()
    scene.wait_until_blocked()
    process.send_signal(signal.SIGINT)
    status, out, err = scene.finish(process)
    assert (status, out) == (130, "")
    assert err.endswith("interrupted by SIGINT before a block finished: nothing was written\n")
    assert os.listdir(scene.output) == []
    scene.assert_nothing_lives()


def test_a_full_disk_ends_it_and_stored_blocks_remain(scene: Scene) -> None:
    scene.most_bytes = 12_000
    status, out, err = scene.run("--blocks=50")
    assert status == 1
    assert "paired.json: raise the limit" not in out
    assert "raise the limit on the size of files (ulimit -f, here 12000 bytes)" in err
    assert "Traceback" not in err
    assert 1 <= len(scene.document()["blocks"]) < 50
    assert "\nverdict: " in out
    assert os.listdir(scene.output) == ["paired.json"]


def test_a_disk_that_is_full_from_the_start_is_an_error_of_one_line(scene: Scene) -> None:
    scene.most_bytes = 100
    status, out, err = scene.run("--blocks=6")
    assert (status, out) == (1, "")
    assert "raise the limit on the size of files (ulimit -f, here 100 bytes)" in err
    assert "Traceback" not in err


def test_every_block_is_stored_when_it_ends(scene: Scene) -> None:
    scene.variables = {"FAKE_BLOCK": "11"}
    process = scene.start("--blocks=9")
    scene.wait_until_blocked()
    process.kill()
    scene.finish(process)
    for number in (scene.folder / "living").read_text("utf-8").split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(number), signal.SIGKILL)
    document = scene.document()
    assert (document["interrupted"], len(document["blocks"])) == (True, 2)


def test_a_second_comparison_in_the_same_folder_is_an_error(scene: Scene) -> None:
    scene.variables = {"FAKE_BLOCK": "3"}
    first = scene.start()
    scene.wait_until_blocked()
    status, _, err = scene.finish(scene.start())
    assert status == 1
    assert "another run is writing to" in err
    first.send_signal(signal.SIGINT)
    assert scene.finish(first)[0] == 130
