"""gate.py on fake builds with known times: its verdicts, and what it leaves after a failure."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from paired_scene import CASES, ROOT, Scene
from parzen_study.gate.verdict import Judgement, Verdict
from runner import gate

GATE = ROOT / "bench" / "runner" / "gate.py"
NOISE = {"FAKE_NOISE": "0.01", "FAKE_DRIFT": "0.02"}


@pytest.fixture(autouse=True)
def _gate(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scene starts gate.py."""
    monkeypatch.setattr(scene, "program", GATE)
    scene.builds = (f"--old={scene.old}", f"--new={scene.new}", "--filter=article")


def verdict(scene: Scene) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((scene.output / "verdict.json").read_text("utf-8"))
    return content


def assert_invalid(scene: Scene, ended: tuple[int, str, str], reason: str) -> None:
    status, out, err = ended
    assert status == 12, err
    assert "Traceback" not in err
    last = out.splitlines()[-1]
    assert last.startswith("verdict: invalid - ")
    assert len(last) <= 80
    assert reason in err


def test_equal_builds_pass_in_one_stage(scene: Scene) -> None:
    status, out, err = scene.run("--blocks=12")
    assert (status, out.splitlines()[-1]) == (
        0,
        "verdict: pass - no unit is slower by 5% or more (2 units, 2 equivalent)",
    ), err
    assert [unit["stage"] for unit in verdict(scene)["units"]] == [1, 1]
    assert not (scene.output / "stage2").exists()


def test_a_slower_backend_is_repeated_alone_and_reported(scene: Scene) -> None:
    scene.variables = NOISE
    slow = [case for case in CASES if "openmp" in case]
    dirty = {"machine.revision_dirty": "yes"}
    scene.set(scene.new, slow=dict.fromkeys(slow, 1.06), context=dirty)
    status, out, _ = scene.run("--blocks=12")
    assert (status, out.splitlines()[-1]) == (10, "verdict: regressed - slower: openmp warm")
    stored = json.loads((scene.output / "stage2" / "paired.json").read_text("utf-8"))
    measured = set(stored["blocks"][0]["letters"][0]["seconds"])
    assert measured == {f"{case}/process_time/real_time" for case in slow}
    units = {unit["name"]: unit for unit in verdict(scene)["units"]}
    assert units["openmp warm"]["outcome"] == "regressed"
    assert units["openmp warm"]["ratio"] == pytest.approx(1.06, abs=0.01)
    assert units["serial cold"]["outcome"] == "equivalent"
    said = "OLD is revision old, NEW is revision old with uncommitted changes"
    assert said in out
    assert said in (scene.output / "gate.md").read_text("utf-8")
    # Below the unit, its cases with the largest differences.
    assert "    1.06" in out
    assert "| openmp warm | 2 | 2 | 12 |" in (scene.output / "gate.md").read_text("utf-8")
    assert b"<failure" in (scene.output / "gate.xml").read_bytes()


def test_a_case_that_fails_in_the_new_build_only_is_a_regression(scene: Scene) -> None:
    scene.set(scene.new, errors={CASES[0]: "counts differ"})
    status, out, _ = scene.run("--blocks=10")
    assert status == 10
    assert "verdict: regressed - errors in NEW only: 1 case" in out


def test_a_unit_in_only_one_build_is_invalid(scene: Scene) -> None:
    scene.set(scene.old, cases=[*CASES, "article/tbb/n:1/workers:2/start:warm"])
    assert scene.run("--blocks=10")[1].splitlines()[-1] == (
        "verdict: invalid - no times in both builds: tbb warm"
    )


def test_a_unit_that_fails_in_both_builds_is_invalid(scene: Scene) -> None:
    failing = {case: "no memory" for case in CASES if "openmp" in case}
    for build in (scene.old, scene.new):
        scene.set(build, errors=failing)
    assert scene.run("--blocks=10")[1].splitlines()[-1] == (
        "verdict: invalid - no times in both builds: openmp warm"
    )


def test_files_of_an_earlier_gate_are_removed(scene: Scene) -> None:
    scene.set(scene.new, factor=1.06)
    assert scene.run("--blocks=10")[0] == 10
    assert (scene.output / "stage2" / "paired.json").exists()
    scene.set(scene.new)
    assert scene.run("--blocks=10")[0] == 0
    assert not (scene.output / "stage2" / "paired.json").exists()


def test_builds_with_different_options_are_invalid(scene: Scene) -> None:
    scene.set(scene.new, context={"machine.compiler": "tcc"})
    assert_invalid(scene, scene.run("--blocks=10"), "contexts differ: machine.compiler")
    assert verdict(scene)["verdict"] == "invalid"


@pytest.mark.parametrize("stage", [1, 2])
def test_an_interruption_is_invalid_and_keeps_what_was_measured(scene: Scene, stage: int) -> None:
    scene.set(scene.new, factor=1.1)
    scene.variables = {"FAKE_BLOCK": "6" if stage == 1 else "46"}
    process = scene.start("--blocks=10")
    scene.wait_until_blocked()
    process.send_signal(signal.SIGINT)
    assert_invalid(scene, scene.finish(process), "interrupted by SIGINT")
    assert (scene.output / f"stage{stage}" / "paired.json").is_file()
    assert verdict(scene)["reason"] == "interrupted by SIGINT; compare again: make gate"
    scene.assert_nothing_lives()


def test_an_interruption_of_the_first_block_leaves_a_verdict_too(scene: Scene) -> None:
    scene.variables = {"FAKE_BLOCK": "2"}
    process = scene.start("--blocks=10")
    scene.wait_until_blocked()
    process.send_signal(signal.SIGTERM)
    assert_invalid(scene, scene.finish(process), "interrupted by SIGTERM")
    assert verdict(scene)["reason"].startswith("interrupted by SIGTERM")


def test_a_second_gate_does_not_disturb_the_first(scene: Scene) -> None:
    assert scene.builds
    scene.variables = {"FAKE_BLOCK": "6"}
    first = scene.start("--blocks=10")
    scene.wait_until_blocked()
    second = subprocess.run(
        [sys.executable, str(GATE), *scene.builds, f"--output={scene.output}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ended = (second.returncode, second.stdout, second.stderr)
    reason = "another run is writing to"
    assert_invalid(scene, ended, reason)
    assert "choose another folder: --output" in second.stderr
    first.send_signal(signal.SIGTERM)
    scene.finish(first)
    assert verdict(scene)["reason"].startswith("interrupted by SIGTERM")


def test_with_a_full_disk_it_is_invalid(scene: Scene) -> None:
    scene.most_bytes = 3000
    assert_invalid(scene, scene.run("--blocks=10"), "ulimit -f")


@pytest.mark.parametrize("old", ["missing", ""])
def test_a_missing_program_is_reported(scene: Scene, old: str) -> None:
    scene.builds = (f"--old={scene.folder / old}", f"--new={scene.new}")
    found = "does not exist" if old else "is not a file"
    assert_invalid(scene, scene.run(), f"{found}; name a parzen_bench")


def test_a_failing_run_removes_the_old_verdict(scene: Scene) -> None:
    assert scene.run("--blocks=10")[0] == 0
    scene.set(scene.new, context={"machine.compiler": "tcc"})
    assert scene.run("--blocks=10")[0] == 12
    assert verdict(scene)["verdict"] == "invalid"


def test_an_output_that_is_a_file_is_an_error(scene: Scene, tmp_path: Path) -> None:
    scene.output = tmp_path / "a file"
    scene.output.touch()
    assert_invalid(scene, scene.run(), "File exists")


def test_the_patch_of_the_walk_through_still_applies() -> None:
    patch = Path(__file__).with_name("messages_through_pipes.patch")
    subprocess.run(["git", "-C", ROOT, "apply", "--check", patch], check=True)


HANGS = """
import sys
import runner.pairs.blocks
runner.pairs.blocks.CASE_SECONDS = 0.5
runner.pairs.blocks.BlockLines.wakeup_seconds = 0.1
import runner.gate
sys.exit(runner.gate.main(sys.argv[1:]))
"""


def test_a_build_that_hangs_is_invalid_and_ended(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'bench'}:{ROOT / 'analysis'}")
    program = scene.folder / "gate_that_waits_less.py"
    program.write_text(HANGS, "utf-8")
    monkeypatch.setattr(scene, "program", program)
    scene.variables = {"FAKE_BLOCK": "2"}
    assert_invalid(scene, scene.run("--blocks=10"), "hangs: no case has finished for ")
    assert verdict(scene)["verdict"] == "invalid"
    scene.assert_nothing_lives()


def test_a_unit_that_fails_in_both_builds_from_stage_2_on_is_invalid(scene: Scene) -> None:
    scene.set(scene.new, factor=1.06)
    scene.variables = {"FAKE_FAIL": "41"}
    status, out, err = scene.run("--blocks=10")
    assert "Traceback" not in err
    assert (status, out.splitlines()[-1]) == (
        12, "verdict: invalid - no times in both builds: openmp warm and 1 more",
    )  # fmt: skip


def test_without_its_summary_no_verdict_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(gate, "write_whole", full)
    with pytest.raises(OSError, match="No space"):
        gate.write(tmp_path, [], Judgement(Verdict.PASS, "no unit is slower"), {})
    assert not (tmp_path / "verdict.json").exists()


def test_two_bases_are_an_error(scene: Scene) -> None:
    status, _, err = scene.run("HEAD")
    assert status == 2
    assert "both BASE and --old are given: choose one" in err
