"""Times a case, and makes its entry in the document.

As Google Benchmark does, it times a batch of iterations as a whole. Batches grow until one takes
the requested time; only that one is reported. There is one warm-up call, except for a cold case,
which has nothing to warm up. If the first call of a cold case takes the requested time, it is
the batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from parzen_study.common.shown import shown
from parzen_study.run.case import COLD, SUFFIX, parse_case
from runner.python_baselines.peer import Once, PeerCase

# Google Benchmark's rules (BenchmarkRunner::PredictNumItersNeeded in its benchmark_runner.cc): aim
# beyond the requested time, trust no batch shorter than a tenth of it, and limit the growth.
_AIM: Final = 1.4
_SIGNIFICANT: Final = 0.1
_FASTEST_GROWTH: Final = 10.0
MOST_ITERATIONS: Final = 10**9
_MICROSECONDS: Final = 1e6


@dataclass(frozen=True)
class Timing:
    """A batch: its real time and the calling process's CPU time in seconds, for all iterations; and
    the result of the last one."""

    iterations: int
    real_seconds: float
    cpu_seconds: float
    result: object


def measure(case: PeerCase, min_time: float) -> dict[str, Any]:
    """A benchmark of the document, with a time per iteration, or with an error.

    Results are compared outside the timed part: that of the warm-up call, which a cold case does
    not have, and that of each batch's last call.
    """
    name = case.name + SUFFIX
    entry: dict[str, Any] = {"name": name, "run_name": name, "run_type": "iteration"}
    try:
        expected = case.expected()
        with case.opened() as once:
            if parse_case(case.name).get("start") != COLD:
                _require(expected, once())
            timing = timed(once, expected, min_time)
    except Exception as error:
        return entry | {
            "error_occurred": True,
            "error_message": f"{type(error).__name__}: {error}",
        }
    scale = _MICROSECONDS / timing.iterations
    return entry | {
        "iterations": timing.iterations,
        "real_time": timing.real_seconds * scale,
        "cpu_time": timing.cpu_seconds * scale,
        "time_unit": "us",
        **({"counts_digest": case.digest(timing.result)} if case.digest else {}),
    }


def timed(
    once: Once,
    expected: object,
    min_time: float,
    clock: Callable[[], float] = time.perf_counter,
) -> Timing:
    """The first batch that takes at least min_time seconds, or has the most iterations.

    Raises WrongResult if the last call of a batch returns another value than expected.
    """
    iterations = 1
    while True:
        cpu_begin, begin = time.process_time(), clock()
        for _ in range(iterations):
            result = once()
        seconds, cpu_seconds = clock() - begin, time.process_time() - cpu_begin
        _require(expected, result)
        if seconds >= min_time or iterations >= MOST_ITERATIONS:
            return Timing(iterations, seconds, cpu_seconds, result)
        iterations = _more_than(iterations, seconds, min_time)


def _more_than(iterations: int, seconds: float, min_time: float) -> int:
    growth = _AIM * min_time / max(seconds, 1e-9)
    if seconds <= _SIGNIFICANT * min_time:
        growth = min(growth, _FASTEST_GROWTH)
    return min(max(round(iterations * growth), iterations + 1), MOST_ITERATIONS)


class WrongResult(Exception):
    """A call returned another value than expected."""


def _require(expected: object, found: object) -> None:
    if found != expected:
        raise WrongResult(f"{shown(repr(found))} instead of {shown(repr(expected))}")
