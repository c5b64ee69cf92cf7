"""rounds.py with the program of a user's own loop: the check, and cases that crash or hang."""

import hashlib
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parzen_study.run.load import load_run
from rounds_scene import SUFFIX, Scene
from runner.own_loop import OwnLoop
from runner.own_loop_program import Check, HungError, OwnLoopProgram, Silence
from runner.process import SignalWatch
from runner.program import Choices
from runner.progress import Length, RoundLines

FAKE = Path(__file__).parent / "helpers" / "fake_own_loop.py"
CASES = sorted(
    f"loops/{backend}/loop:mine/size:{size}/workers:2/start:warm{SUFFIX}"
    for backend in ("openmp", "serial", "tbb")
    for size in (10, 1000)
)
TBB = [case for case in CASES if "/tbb/" in case]


class LoopScene(Scene):
    """A folder with a loop's program and file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.binary.write_text(f"#!{sys.executable} -IS\n{FAKE.read_text('utf-8')}", "utf-8")
        self.file = folder / "my loop.cpp"
        self.file.write_text("// a loop\n", "utf-8")

    def measure(self, *options: str) -> tuple[int, str, str]:
        return self.run(f"--loop={self.file}", *(options or ("--rounds=2",)))

    def calls(self, option: str) -> list[list[str]]:
        """The arguments of the processes with this option."""
        lines = (self.folder / "calls").read_text("utf-8").splitlines()
        return [call for call in map(json.loads, lines) if any(option in word for word in call)]

    def ran(self) -> Counter[str]:
        """How often each case started."""
        return Counter((self.folder / "ran").read_text("utf-8").split())


@pytest.fixture(name="scene")
def _scene(tmp_path: Path) -> Iterator[LoopScene]:
    scene = LoopScene(tmp_path)
    yield scene
    scene.close()


def errors_of(one_round: dict[str, Any]) -> dict[str, str]:
    return {
        case["run_name"]: case["error_message"]
        for case in one_round["benchmarks"]
        if case.get("error_occurred")
    }


def test_a_run_records_its_loop(scene: LoopScene) -> None:
    status, out, err = scene.measure("--rounds=2", "--loop-flags", "-O3", "--sizes=10 1000,10")
    assert status == 0, err
    assert "make report" in out
    run = scene.merged()
    assert run["cases"] == CASES
    assert run["loop"] == {
        "name": "mine",
        "file": "my loop.cpp",
        "file_sha256": hashlib.sha256(b"// a loop\n").hexdigest(),
        "flags": "-O3",
        "sizes": [1000, 10],  # as measured by the program
        "sizes_chosen": True,
    }
    for option in ("--check", "--benchmark_list_tests", "--list", "--benchmark_out="):
        assert scene.calls(option)
        for call in scene.calls(option):
            assert call[:2] == ["--sizes", "10,1000"]
    assert load_run(scene.output / "run.json").rounds == 2
    assert not [text for text in scene.contents().values() if b"secret" in text]


def test_the_loop_is_checked_before_anything_else(scene: LoopScene) -> None:
    assert scene.measure()[0] == 0
    assert scene.merged()["loop"]["sizes_chosen"] is False
    calls = scene.calls("--")
    measuring = next(n for n, call in enumerate(calls) if "--benchmark_list_tests=true" in call)
    assert any("--check" in call for call in calls[:measuring])


@pytest.mark.parametrize("fails", [False, True])
def test_ranks_measure_the_loop_next_to_the_other_backends(
    scene: LoopScene, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """A case that ends its ranks is an error, as under any backend."""
    (scene.folder / "own_loop_mpi").write_bytes(scene.binary.read_bytes())
    (scene.folder / "mpirun").write_text('#!/bin/sh\nshift 2\nexec "$@"\n', "utf-8")
    for program in ("own_loop_mpi", "mpirun"):
        (scene.folder / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{scene.folder}:{os.environ['PATH']}")
    if fails:
        monkeypatch.setenv("FAKE_FAILS", '{"mpi": "crash"}')
    status, _, err = scene.measure("--rounds=2", "--ranks", "2", "--sizes=10,1000")
    assert status == 0, err
    run = scene.merged()
    with_ranks = sorted(case.replace("/tbb/", "/mpi/") for case in TBB)
    assert run["cases"] == sorted([*CASES, *with_ranks])
    for one_round in run["rounds"]:
        assert sorted(errors_of(one_round)) == (with_ranks if fails else [])
    for call in scene.calls("--ranks"):
        assert call[:4] == ["--ranks", "2", "--sizes", "10,1000"]
    assert (
        OwnLoop(scene.file, run["loop"]["file_sha256"], "", [10, 1000], [2]).difference(run) == ""
    )


@pytest.mark.parametrize("status", [2, 3])
def test_a_loop_that_fails_its_check_is_not_measured(
    scene: LoopScene, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "loop mine, size 1000: task 17 crashed: SIGSEGV"
    monkeypatch.setenv("FAKE_CHECK", json.dumps({"says": said, "prints": {}, "status": status}))
    assert scene.measure() == (status, "", f"{said}\n")
    assert list(scene.results.iterdir()) == []


def test_a_program_that_rejects_the_loop_has_only_its_own_message(
    scene: LoopScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For instance for a file without a loop: every call of the program ends like this, also the
    first."""
    monkeypatch.setenv("FAKE_FAILS", '{"object": "refuse"}')
    monkeypatch.setenv("FAKE_CHECK", json.dumps({"says": "no loop", "prints": {}, "status": 3}))
    assert scene.measure() == (3, "", "no loop\n")
    assert list(scene.results.iterdir()) == []


@pytest.mark.parametrize(
    "printed", [{}, [], {"loop": "mine", "sizes": []}, {"loop": "mine", "sizes": [{"size": "x"}]}]
)
def test_a_check_without_times_is_an_error_with_advice(
    scene: LoopScene, printed: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_CHECK", json.dumps({"prints": printed, "status": 0}))
    status, _, err = scene.measure()
    assert status == 1
    assert "--check printed JSON with other contents: " in err
    assert "; remove output from the loop, or build it again: make " in err
    assert f"make bench LOOP='{scene.file}'" in err
    assert list(scene.results.iterdir()) == []


def test_a_long_round_is_announced() -> None:
    paused = TBB[0].replace(SUFFIX, "/pause:5ms/iterations:10/process_time/manual_time")
    check = Check("mine", {10: 30.0, 1000: 0.25})
    assert check.announcement([*CASES, paused], 5) == (
        "loop mine: a serial call takes 30 s at size 10, 0.25 s at size 1000; a round of 7 cases "
        "takes about 9 min 2 s and 5 rounds 45 min 9 s, if no backend is faster than serial"
    )
    assert check.announcement([case for case in CASES if "size:1000" in case], 5) == ""
    assert check.case_limit > 60.0 + 11 * 30.0


def test_the_announcement_comes_before_the_first_round(
    scene: LoopScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [{"size": size, "seconds": 2.0} for size in (10, 1000)]
    printed = {"loop": "mine", "sizes": sizes}
    monkeypatch.setenv("FAKE_CHECK", json.dumps({"prints": printed, "status": 0}))
    status, _, err = scene.measure()
    assert status == 0
    assert err.splitlines()[0].startswith("loop mine: a serial call takes 2 s at size 10, 2 s at")
    assert err.splitlines()[1].startswith("round 1 of 2")


def test_a_case_that_crashes_is_an_error_and_affects_no_other_case(
    scene: LoopScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_FAILS", '{"tbb": "crash"}')
    status, _, err = scene.measure("--rounds=3", "--seed=7")
    assert status == 0, err
    run = scene.merged()
    assert run["interrupted"] is False
    message = "the program was ended by SIGSEGV in round 1 of 3; later rounds skip this case"
    for one_round in run["rounds"]:
        assert errors_of(one_round) == dict.fromkeys(TBB, message)
        assert sorted(case["run_name"] for case in one_round["benchmarks"]) == CASES
    # Cases that finished before the crash are kept, and the crashed case is skipped.
    assert scene.ran() == {case: 1 if case in TBB else 3 for case in CASES}
    assert "round 3 of 3: 4 cases" in err
    for case in TBB:
        alone = f"--benchmark_filter=^{case.removesuffix(SUFFIX)}/"
        assert f"{case}: {message}. To see more: {scene.binary} '{alone}'" in err
        assert f"{case}: {message} (3 of 3 rounds)" in err
    loaded = load_run(scene.output / "run.json")
    assert {error.case for error in loaded.errors} == {case.removesuffix(SUFFIX) for case in TBB}
    assert loaded.rounds == 3
    scene.assert_nothing_left()


@pytest.mark.parametrize(("status", "seed"), [(0, 1), (4, 2)])
def test_a_loop_that_calls_exit_fails_in_its_case(
    scene: LoopScene, status: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_FAILS", f'{{"openmp": "{status}"}}')
    assert scene.measure("--rounds=1", f"--seed={seed}")[0] == 0
    [one_round] = scene.merged()["rounds"]
    assert errors_of(one_round) == {
        case: f"the program ended with status {status} in round 1 of 1; later rounds skip this case"
        for case in CASES
        if "/openmp/" in case
    }


def test_a_budget_is_kept_with_cases_that_fail(
    scene: LoopScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_FAILS", '{"tbb": "crash"}')
    status, _, err = scene.measure("--profile=quick")
    assert status == 0, err
    run = scene.merged()
    assert set(run["groups"]) == {"loops/size:10", "loops/size:1000"}
    assert len(run["rounds"]) == 5
    assert {len(errors_of(one_round)) for one_round in run["rounds"]} == {2}


def test_a_run_with_errors_only_is_stored_with_status_1(
    scene: LoopScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_FAILS", '{"tbb": "crash"}')
    status, _, err = scene.measure("--rounds=2", "--filter=/tbb/")
    assert status == 1
    assert "2 of 2 cases have errors instead of times" in err
    assert [errors_of(one_round).keys() for one_round in scene.merged()["rounds"]] == [set(TBB)] * 2


@pytest.mark.parametrize(
    ("place", "when"), [("start", "before its first case"), ("end", "after its last case")]
)
def test_a_failure_outside_the_cases_is_the_program_s(
    scene: LoopScene, place: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_FAILS", f'{{"{place}": "crash"}}')
    status, out, err = scene.measure()
    assert (status, out) == (1, "")
    assert f"failed in round 1 of 2, {when}: it was ended by SIGSEGV" in err
    assert list(scene.results.iterdir()) == []


class HangClock:
    """Advances by two seconds per reading while a process hangs, and not otherwise."""

    def __init__(self, marker: Path) -> None:
        self._marker, self._now = marker, 0.0

    def __call__(self) -> float:
        with suppress(FileNotFoundError, ValueError, ProcessLookupError):
            os.kill(int(self._marker.read_text("utf-8")), 0)
            self._now += 2.0
        return self._now


def test_a_case_that_hangs_is_an_error_and_affects_no_other_case(
    scene: LoopScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock runs only while a case hangs, so the result does not depend on the
    machine's speed."""
    for name, value in scene.environment("none", 0).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FAKE_FAILS", '{"openmp": "hang"}')
    hung = [case for case in CASES if "/openmp/" in case]
    with SignalWatch() as watch:
        loop = OwnLoop(scene.file, "", "", [])
        choices = Choices("", 0.005, 10, watch)
        program = replace(
            OwnLoopProgram.of(scene.binary, loop, choices),
            case_limit=1.0,
            clock=HangClock(scene.folder / "hangs"),
        )
        progress = RoundLines(io.StringIO(), CASES, Length.exactly(2))
        for number in (1, 2):
            progress.start_round(number, len(CASES))
            file = scene.folder / "round.json"
            measured = program.round(f"round {number}", number, file, progress, CASES)
            assert errors_of(measured.document) == dict.fromkeys(
                hung, "the program gave no result for 1 s in round 1; later rounds skip this case"
            )
            assert sorted(case["run_name"] for case in measured.document["benchmarks"]) == CASES
        assert [progress.estimate.seconds_of(case) for case in hung] == [0.0, 0.0]
    assert scene.ran() == {case: 1 if case in hung else 2 for case in CASES}
    assert not list(scene.folder.glob("cases.txt"))


def test_output_of_a_loop_does_not_reset_the_timeout(scene: LoopScene) -> None:
    now = 0.0
    with SignalWatch() as watch:
        program = replace(
            OwnLoopProgram.of(
                scene.binary, OwnLoop(scene.file, "", "", []), Choices("", 1, 1, watch)
            ),
            case_limit=10.0,
            clock=lambda: now,
        )
    silence = Silence(RoundLines(io.StringIO(), CASES, Length.exactly(1)), CASES, program)
    now = 9.0
    silence.read_line(f"{CASES[0]} 150 ns")
    now = 18.0
    for printed in ("", " ", "still here", "Benchmark Time"):
        silence.read_line(printed)
    silence.wake()
    now = 19.5
    with pytest.raises(HungError, match="gave no result for 10 s"):
        silence.wake()


@pytest.mark.parametrize("option", ["--sizes=0", "--sizes=ten", "--sizes=1,,2", "--sizes=-1"])
def test_sizes_are_positive_integers(scene: LoopScene, option: str) -> None:
    status, _, err = scene.measure(option)
    assert status == 2
    found = "" if "," in option else option.partition("=")[2]
    assert f"'{found}' is not a size: give integers from 1" in err
    assert not scene.results.exists()


def test_options_of_a_loop_need_its_file(scene: LoopScene) -> None:
    status, _, err = scene.run("--rounds=1", "--sizes=10")
    assert status == 2
    assert "need --loop FILE" in err
    scene.file.unlink()
    status, _, err = scene.measure()
    assert status == 1
    assert str(scene.file) in err
    assert not (scene.folder / "calls").exists()


def test_a_missing_program_says_how_to_build_it(scene: LoopScene) -> None:
    scene.binary.unlink()
    status, _, err = scene.measure()
    assert status == 1
    assert f"no program at {scene.binary}; run: make bench LOOP='{scene.file}'" in err
