"""Fits the model of advice (model.py) from families grain and dispatch of a run.

A call of grain takes call + work / speed, where work is what serial takes for the same tasks: its
median a block over all sizes, times the blocks. Both are fitted to logarithms with Huber's loss, so
that every size counts by its relative error and one odd case decides nothing. The loss is minimised
over a grid of call * speed, for which the best scale has a short iteration; so every resample of
the rounds is fitted at once, and the 95% interval of a coefficient is that of all resamples.

Error of the model itself: each size is predicted from a fit of the others. A line has seven sizes
at most, so its own mean squared error is joined with that of all lines, as if that were as many
sizes again. It holds noise of the predicted median as well: so does what a user measures.

What one more task costs, grain does not tell, as all its calls have the same number. It is between
half the least and twice the most of (map - apply) / tasks of the same mechanism in dispatch, and at
most all of the shortest call of the backend, whatever its start.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from parzen_study.run.case import COLD, PAUSED, SERIAL, WARM, Case
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import CONFIDENCE, Floats
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.advice.model import PROCESSES, THREADS, Advice, Line, Spread

# How a backend of the loop is called in dispatch, where that is not its own name.
_IN_DISPATCH: Mapping[str, str] = {"process_pool": "pool_shared", "fork_pipe": "pool_pipe"}
# Backends that hand over chunks of tasks: how many a worker (kernels/README.md).
_CHUNKS: Mapping[str, int] = {"process_pool": 4}
# Backends whose workers are forked in the call: their input is there already.
_INHERITS = frozenset({"fork_pipe"})

_RESAMPLES = 400
_FEWEST_SIZES = 3
_HUBER = 0.1  # relative error from which on a size counts less
_SLOW = 2.0  # times the median: another mode, not noise
_LEAST_ERROR = 0.02


def fit(
    run: Run, estimates: Estimates, left_out: Collection[str], usable_cpus: int | None
) -> Advice:
    """The model; without lines, and with the reason, where the run cannot have one. `left_out` are
    names of cases that have no figure."""
    every = [each.case for name, each in estimates.measured.items() if name not in left_out]
    dispatch = [case for case in every if case.family == "dispatch" and not run.is_of_peer(case)]
    grain = [
        case
        for case in every
        if case.family == "grain" and case.get("iterations").isdecimal() and case.number("m")
    ]
    serial = [case for case in grain if case.backend == SERIAL and case.start == COLD]
    lines: list[Line] = []
    missing = "" if grain else "the run has no cases of family grain"
    task_times = (0.0, 0.0)
    if serial:
        block = np.median([_times(estimates, each) / _blocks(each) for each in serial], axis=0)
        lines = _lines(run, estimates, [each for each in grain if each not in serial], block)
        lines = _with_costs(_with_errors(lines), estimates, dispatch)
        iterations = [case.number("iterations") for case in grain]
        task_times = (min(iterations) * float(block[0]), max(iterations) * float(block[0]))
    if not (lines or missing):
        missing = "too few cases of family grain: serial and 3 sizes of a backend are needed"
    return Advice(
        cpus=usable_cpus or max((line.workers for line in lines), default=1),
        cpu_model=run.machine.get("cpu_model", "unknown CPU"),
        measured_on=run.measured_on,
        rounds=run.rounds,
        has_intervals=estimates.has_intervals,
        task_times=task_times,
        copy_rate=_copy_rate(estimates, dispatch),
        lines=tuple(lines),
        missing=missing,
    )


def straight_line(work: Floats, time: Floats) -> tuple[Floats, Floats]:
    """Call and speed, [sample], of time = call + work / speed, from seconds [size, sample]."""
    logs = np.log(time)
    grid = np.geomspace(1e-3 * work.min(), 10.0 * work.max(), 120)[:, np.newaxis]
    step = float(grid[1, 0] / grid[0, 0])
    found = _best(grid, work, logs)
    found = _best(found * np.geomspace(1.0 / step, step, 21)[:, np.newaxis], work, logs)
    slope = np.exp(_centre(logs - np.log(found + work)))
    return found * slope, 1.0 / slope


def _best(ratios: Floats, work: Floats, logs: Floats) -> Floats:
    """Of the ratios call / slope, [candidate, 1 or sample], the best one of each sample."""
    off = logs[:, np.newaxis] - np.log(ratios + work[:, np.newaxis])  # [size, candidate, sample]
    distance = np.abs(off - _centre(off))
    loss = np.where(distance < _HUBER, distance**2 / 2, _HUBER * (distance - _HUBER / 2))
    best = loss.sum(axis=0).argmin(axis=0)
    chosen: Floats = np.take_along_axis(
        np.broadcast_to(ratios, loss.shape[1:]), best[np.newaxis], axis=0
    )[0]
    return chosen


def _centre(values: Floats) -> Floats:
    """Huber's location along the first axis."""
    centre = np.median(values, axis=0)
    for _ in range(5):
        centre = centre + np.clip(values - centre, -_HUBER, _HUBER).mean(axis=0)
    found: Floats = centre
    return found


def _lines(run: Run, estimates: Estimates, grain: Sequence[Case], block: Floats) -> list[Line]:
    """One per backend and start, with the error of its own sizes alone and no cost per task yet."""
    together: dict[tuple[str, str, int, int], list[Case]] = defaultdict(list)
    for case in grain:
        if case.backend != SERIAL:
            key = (case.backend, case.start, case.number("workers"), case.number("m"))
            together[key].append(case)
    lines = []
    for (backend, start, workers, tasks), cases in sorted(together.items()):
        mechanism = estimates.mechanism(backend)
        if (
            len(cases) < _FEWEST_SIZES
            or start not in {COLD, WARM, PAUSED}
            or mechanism not in {THREADS, PROCESSES}
        ):
            continue
        cases = sorted(cases, key=lambda case: case.number("iterations"))
        time = np.stack([_times(estimates, case) for case in cases])
        work = np.stack([_blocks(case) * block for case in cases])
        known = ~(np.isnan(time).any(axis=0) | np.isnan(work).any(axis=0))
        call, speed = straight_line(work[:, known], time[:, known])
        lines.append(
            Line(
                backend=backend,
                mechanism=mechanism,
                start=start,
                workers=workers,
                tasks=tasks,
                call=_spread(call),
                speed=_spread(speed),
                task=(0.0, 0.0),
                error=_own_error(work[:, :1], time[:, :1]),
                slow=_slow_share(estimates, cases[:_FEWEST_SIZES]),
                chunks=_CHUNKS.get(backend, 0),
                transfer=(),
                fork=0.0,
            )
        )
    return lines


def _times(estimates: Estimates, case: Case) -> Floats:
    """The median in seconds as measured, then of resamples."""
    return estimates.samples_of(case)[: _RESAMPLES + 1]


def _blocks(case: Case) -> int:
    return case.number("iterations") * case.number("m")


def _spread(samples: Floats) -> Spread:
    """As measured, with the interval of the resamples; without any, the figure three times."""
    value = float(samples[0])
    if len(samples) == 1:
        return Spread(value, value, value)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(samples[1:], [tail, 1.0 - tail])
    return Spread(value, min(value, float(low)), max(value, float(high)))


def _own_error(work: Floats, time: Floats) -> float:
    """Root mean square of the logarithm of predicted over measured, size by size."""
    squares = []
    for left_out in range(len(work)):
        others = np.arange(len(work)) != left_out
        call, speed = straight_line(work[others], time[others])
        predicted = call[0] + work[left_out, 0] / speed[0]
        squares.append(math.log(predicted / float(time[left_out, 0])) ** 2)
    return math.sqrt(float(np.mean(squares)))


def _with_errors(lines: Sequence[Line]) -> list[Line]:
    """Each error pooled with that of all lines."""
    pooled = float(np.median([line.error**2 for line in lines])) if lines else 0.0
    joined = [math.sqrt((line.error**2 + pooled) / 2.0) for line in lines]
    return [
        replace(line, error=max(_LEAST_ERROR, error))
        for line, error in zip(lines, joined, strict=True)
    ]


def _slow_share(estimates: Estimates, cases: Sequence[Case]) -> float:
    """Of the rounds of the cases with the finest tasks, how many are in another mode."""
    times = [estimates.by_round([case])[:, 0] for case in cases]
    slow = sum(int((each > _SLOW * np.median(each)).sum()) for each in times)
    return slow / sum(map(len, times))


def _with_costs(
    lines: Sequence[Line], estimates: Estimates, dispatch: Sequence[Case]
) -> list[Line]:
    """With the cost of a task and of bytes from dispatch."""
    # A call with all its tasks costs no less than those, and ready workers take them no slower.
    most = {line.backend: math.inf for line in lines}
    for line in lines:
        most[line.backend] = min(most[line.backend], line.call.value / line.tasks)
    fork = _fork(estimates, dispatch)
    found = []
    for line in lines:
        name = _IN_DISPATCH.get(line.backend, line.backend)
        own = [case for case in dispatch if case.backend == name and not case.get("processors")]
        low, high = _task_costs(estimates, own) or (0.0, math.inf)
        bound = most[line.backend]
        found.append(
            replace(
                line,
                task=(min(low, bound), min(high, bound)),
                transfer=_transfer(estimates, own) if line.mechanism == PROCESSES else (),
                fork=fork if line.backend in _INHERITS else 0.0,
            )
        )
    return found


def _task_costs(estimates: Estimates, own: Sequence[Case]) -> tuple[float, float] | None:
    """The least and the most of what a further task took, by workers and way of waiting. Half of
    the least and twice the most: 100 tasks are no law for a million."""
    ready = [case for case in own if not case.get("pause")]
    apply = [_median(estimates, case) for case in ready if case.get("operation") == "apply"]
    each = [
        (_median(estimates, case) - min(apply)) / case.number("tasks")
        for case in ready
        if case.get("operation") == "map" and apply and case.get("tasks").isdecimal()
    ]
    return (max(0.0, min(each)) / 2.0, max(0.0, max(each)) * 2.0) if each else None


def _transfer(estimates: Estimates, own: Sequence[Case]) -> tuple[tuple[float, float], ...]:
    """Seconds of a message by its bytes, less those of the smallest; never falling."""
    by_bytes = _by_number(estimates, own, "payload", "bytes")
    sizes = sorted(by_bytes)
    beyond = [max(0.0, by_bytes[size] - by_bytes[sizes[0]]) for size in sizes]
    return tuple(
        (float(size), max(beyond[: number + 1])) for number, size in enumerate(sizes) if number
    )


def _fork(estimates: Estimates, dispatch: Sequence[Case]) -> float:
    """Seconds per byte of the program's memory and per child: pages that a fork has to list."""
    forks = [case for case in dispatch if case.backend == "fork"]
    by_bytes = _by_number(estimates, forks, "fork", "resident")
    if len(by_bytes) < 2:
        return 0.0
    least, most = min(by_bytes), max(by_bytes)
    children = max(1, forks[0].number("workers"))
    return max(0.0, by_bytes[most] - by_bytes[least]) / (most - least) / children


def _copy_rate(estimates: Estimates, dispatch: Sequence[Case]) -> float:
    """Bytes per second that one CPU reads and writes: twice those of the largest copy."""
    copies = [case for case in dispatch if case.backend == "memcpy"]
    by_bytes = _by_number(estimates, copies, "payload", "bytes")
    return 2.0 * max(by_bytes) / by_bytes[max(by_bytes)] if by_bytes else 0.0


def _by_number(
    estimates: Estimates, cases: Sequence[Case], operation: str, key: str
) -> dict[int, float]:
    """Seconds of the cases of an operation, by a parameter of theirs; the fastest of several."""
    found: dict[int, float] = {}
    for case in cases:
        if case.get("operation") == operation and re.fullmatch("[0-9]{1,18}", case.get(key)):
            number = case.number(key)
            found[number] = min(found.get(number, math.inf), _median(estimates, case))
    return found


def _median(estimates: Estimates, case: Case) -> float:
    return estimates.measured[case.name].time.value
