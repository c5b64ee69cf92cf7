"""System calls, allocations and messages of a scheduler's calls: count_calls under strace.

It runs once with CALLS calls and once with twice as many. The difference is due to the calls:
start and end of the program are the same in both. It runs on one CPU, so that no process spins
to wait for another.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from parzen_study.common.shown import MOST_OF_A_LINE, shown, shown_name
from parzen_study.gate.counts import BYTES_WRITTEN
from runner.counting.instructions import CountingError
from runner.process import SignalWatch, supervise

CALLS: Final = 10

# These make OpenMP's threads sleep at once.
_NO_SPINNING: Final = ("OMP_WAIT_POLICY=passive", "GOMP_SPINCOUNT=0")
_SECONDS: Final = 60.0  # timeout for a run, which takes a tenth of a second
# `PID name(...) = result`; two lines if another thread's line came in between.
_BEGINS: Final = re.compile(r"^\d+ +(\w+)\(")
_RESUMES: Final = re.compile(r"^\d+ +<\.\.\. (\w+) resumed>")
_ENDS: Final = re.compile(r" = (\d+)(?: .*)?$")
_WRITES: Final = {"write", "writev", "pwrite64", "send", "sendto", "sendmsg"}


def of_calls(
    program: Path, scheduler: str, watch: SignalWatch, one_cpu: bool = True
) -> tuple[dict[str, int], dict[str, int]]:
    """Counts of CALLS calls: system calls by name, and the program's own counts. Also `tasks` and
    `workers` of a call. Raises CountingError and InterruptionError."""
    fewer, said = _traced(program, scheduler, CALLS, watch, one_cpu)
    more, _ = _traced(program, scheduler, 2 * CALLS, watch, one_cpu)
    more.subtract(fewer)
    return {name: number for name, number in sorted(more.items()) if number}, said


def _traced(
    program: Path, scheduler: str, calls: int, watch: SignalWatch, one_cpu: bool
) -> tuple[Counter[str], dict[str, int]]:
    lines: list[str] = []
    deadline = time.monotonic() + _SECONDS

    def require_time() -> None:
        if time.monotonic() > deadline:
            raise CountingError(
                f"{shown_name(program)} {shown(scheduler)} {calls} has not ended after "
                f"{_SECONDS:g} s under strace; run it alone to see more"
            )

    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        command = [
            *("strace", "-f", "-qq", "-e", "signal=none", "-o", str(log)),
            *(part for variable in _NO_SPINNING for part in ("-E", variable)),
            *(str(program.resolve()), scheduler, str(calls)),
        ]
        try:
            with _one_cpu() if one_cpu else contextlib.nullcontext():
                ended = supervise(command, watch, lines.append, require_time, 1.0)
        except OSError as error:
            raise CountingError(
                f"strace cannot be started: {error.strerror}; on Debian: apt-get install strace"
            ) from error
        if ended.status != 0:
            raise CountingError(
                f"{shown_name(program)} {shown(scheduler)} under strace {ended.describe()}\n"
                "strace needs permission to trace: allow ptrace in a container"
            )
        counts = _of_log(log.read_text("utf-8", errors="replace"))
    try:
        said = {name: int(number) for name, number in (line.split(" ") for line in lines)}
    except ValueError:
        first = shown(lines[0], MOST_OF_A_LINE) if lines else "nothing"
        raise CountingError(
            f"{shown_name(program)} printed {first} instead of counts; build it again: make build"
        ) from None
    settings = {name: said.pop(name, 0) for name in ("tasks", "workers")}
    counts.update(said)
    return counts, settings


@contextlib.contextmanager
def _one_cpu() -> Iterator[None]:
    """Runs what is started meanwhile on the first usable CPU of this process."""
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(usable)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usable)


def _of_log(log: str) -> Counter[str]:
    """The number of each system call, and the bytes of those that write."""
    counts: Counter[str] = Counter()
    for line in log.splitlines():
        begins = _BEGINS.match(line)
        if begins:
            counts[begins[1]] += 1
        named = begins or _RESUMES.match(line)
        if named and named[1] in _WRITES and (ends := _ENDS.search(line)):
            counts[BYTES_WRITTEN] += int(ends[1])
    return counts
