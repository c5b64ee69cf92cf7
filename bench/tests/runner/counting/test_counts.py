"""counts.py: the counts of this build, and the messages if it cannot count."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import reduce
from pathlib import Path

import pytest
from programs import BUILD, ROOT, output

from parzen_study.gate.counts import REPETITIONS, Counts, Outcome, differences, judged
from runner.counting.instructions import CountingError
from runner.counting.system_calls import CALLS, of_calls
from runner.process import SignalWatch

SCRIPT = ROOT / "bench/runner/counts.py"
SCHEDULERS = output("count_calls", "--schedulers").splitlines()
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="no strace")
TASKS = 100


def ranges(program: str, scheduler: str, repetitions: int) -> Counts:
    """The counts as if from ten repetitions."""
    found: list[Counts] = []
    for _ in range(repetitions):
        with SignalWatch() as watch:
            counts, said = of_calls(BUILD / program, scheduler, watch)
        assert said == {"tasks": TASKS, "workers": 2}
        each = {scheduler: {what: (number, number) for what, number in counts.items()}}
        found.append(Counts({}, [""], REPETITIONS, CALLS, TASKS, each))
    return reduce(Counts.with_, found)


@needs_strace
@pytest.mark.parametrize("what", ["system_call", "allocation"])
@pytest.mark.parametrize(
    "scheduler",
    [
        pytest.param(each, marks=[] if short else [pytest.mark.simulation])
        for each in SCHEDULERS
        for short in [each in {"serial cold", "tbb warm", "process_pool warm"}]
    ],
)
def test_one_more_system_call_or_allocation_per_task_is_found(
    scheduler: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = ranges("count_calls_costlier", scheduler, 2)
    monkeypatch.setenv("COSTLIER", what)
    # The least of three: on a loaded machine a call may allocate once more.
    found = differences(ranges("count_calls_costlier", scheduler, 3), stored)
    name = {"system_call": "getppid", "allocation": "allocations"}[what]
    assert [each.what for each in found if each.outcome == Outcome.MORE] == [name]
    (more,) = (each for each in found if each.what == name)
    assert more.found[0] - more.stored[0] == CALLS * TASKS


@needs_strace
def test_the_same_build_does_not_differ() -> None:
    for scheduler in ("serial cold", "tbb warm", "pool_pipe map"):
        stored = ranges("count_calls", scheduler, 2)
        assert differences(ranges("count_calls", scheduler, 3), stored) == []


@needs_strace
def test_bytes_and_messages_are_counted() -> None:
    shared, pipe = (ranges("count_calls", f"pool_{way} map", 1) for way in ("shared", "pipe"))
    messages = pipe.of("pool_pipe map", "messages")
    # At least one response per task.
    assert messages[0] >= CALLS * TASKS
    # Only the call itself: workers take its tasks from shared memory.
    assert shared.of("pool_shared map", "messages")[0] == CALLS
    # The ring's bytes are in shared memory; a pipe's frames have a header of 16 bytes.
    header = 16
    written = pipe.of("pool_pipe map", "bytes_written")[0]
    assert written == pipe.of("pool_pipe map", "message_bytes")[0] + header * messages[0]
    assert shared.of("pool_shared map", "bytes_written")[0] < written


def script(
    *arguments: str | Path, folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, f"--output={folder / 'out'}", *arguments],
        env={**os.environ, **variables}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def assert_invalid(done: subprocess.CompletedProcess[str], reason: str) -> None:
    assert done.returncode == 12, done.stderr
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1].startswith("verdict: invalid - ")


@needs_strace
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind")
def test_counts_without_stored_ones_are_kept_but_not_judged(tmp_path: Path) -> None:
    done = script(f"--programs={BUILD}", f"--baselines={tmp_path}", folder=tmp_path)
    assert done.returncode == 11, done.stderr
    assert "verdict: inconclusive - not judged: no stored counts of " in done.stdout
    found = Counts.read(tmp_path / "out" / "counts.json")
    assert set(SCHEDULERS) < set(found.counts)
    assert found.of("kernel literal", "instructions")[0] > 10**6
    assert json.loads((tmp_path / "out" / "verdict.json").read_text())["status"] == 11

    # Stored with one allocation less per call, as if counted often. Random pivots get wide ranges.
    edited = {
        **found.counts,
        "tbb warm": {**found.counts["tbb warm"], "allocations": (-10, -10)},
        **{f"kernel {name}": {"instructions": (0, 10**8)} for name in ("fused", "indexed")},
    }
    stored = Counts(**{**vars(found), "repetitions": REPETITIONS, "counts": edited})
    judgement, _ = judged(found, stored)
    assert judgement.line == "verdict: regressed - 1 count grew or missing: tbb warm"


def test_a_damaged_file_of_stored_counts_is_invalid(tmp_path: Path) -> None:
    assert_invalid(script(f"--programs={tmp_path}", folder=tmp_path), "does not exist")


def test_missing_tools_are_named(tmp_path: Path) -> None:
    done = script(f"--programs={BUILD}", folder=tmp_path, PATH=str(tmp_path))
    assert_invalid(done, "apt-get install valgrind")


@needs_strace
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exit 3", "ended with status 3"),
        ("kill -9 $$", "under strace"),
        ("echo nonsense", "printed nonsense instead of counts"),
        ("echo 'calls many'", "printed calls many instead of counts"),
    ],
)
def test_a_program_without_counts_is_an_error(tmp_path: Path, text: str, reason: str) -> None:
    program = tmp_path / "count_calls"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    with SignalWatch() as watch, pytest.raises(CountingError, match=reason):
        of_calls(program, "tbb warm", watch)


@needs_strace
def test_an_interruption_leaves_no_counts_and_no_process(tmp_path: Path) -> None:
    number = signal.SIGTERM  # SIGINT takes the same path
    process = subprocess.Popen(
        [sys.executable, SCRIPT, f"--output={tmp_path / 'out'}", f"--programs={BUILD}", "--store",
         f"--baselines={tmp_path / 'stored'}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    # Wait for the end of the first repetition; nine more follow.
    assert process.stderr is not None
    assert process.stderr.readline().startswith("repetition 1 of 10")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 12, err
    assert out.splitlines()[-1] == f"verdict: invalid - interrupted by {number.name}"
    assert not (tmp_path / "stored").exists()
    assert not (tmp_path / "out" / "counts.json").exists()
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.killpg(process.pid, 0)
            time.sleep(0.01)
