"""The loops that an answer in serial time rests on, each with its own boundaries.

A loop is whatever was measured at rising sizes, or at one, next to its own serial: each kernel of
family sweep, family grain, and each example loop of family loops with its input; of a user's own
loop, that loop alone. A boundary is the serial time of a call from which on one way is that much
faster than another (sizes.overtaking), of whichever backend is the first to be.

Backends of a mechanism are those that every kernel of the sweep has, where there is a sweep: so
that boundaries differ by loop, not by the schedulers that happened to run it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from parzen_study.run.case import RANKS, Case
from parzen_study.run.own_loop import FAMILY as LOOPS
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.grain.model import FAMILY as GRAIN
from parzen_study.topics.loops.model import KINDS
from parzen_study.topics.sizes.model import Curve, Line, Sweep, overtaking, sweep

THREADS, PROCESSES = KINDS
# Where a boundary is known of no loop but from one side.
ABOVE, BELOW = math.inf, 0.0


@dataclass(frozen=True)
class Gain:
    """What the fastest case of a mechanism gains over serial at one size, `serial` in seconds.

    `workers` and `cpu_time` are what such a gain takes: of the cases that take at most WORTHWHILE
    as long as the fastest, by medians, the fewest workers and then the least CPU time, as a
    multiple of that of serial; NaN where unknown.
    """

    serial: float
    speedup: Estimate
    workers: int
    cpu_time: float


@dataclass(frozen=True)
class Loop:
    """`lines` are those of several workers, of the backends that count."""

    label: str
    sweep: Sweep
    lines: tuple[Line, ...]

    def curves(self, start: str, kind: str, backend: str = "") -> list[Curve]:
        return [
            line.curve
            for line in self.lines
            if line.start == start
            and line.mechanism == kind
            and (not backend or line.backend == backend)
        ]


def loops(
    run: Run, estimates: Estimates, reasons: Collection[str], sweeps: Sequence[Sweep]
) -> tuple[Loop, ...]:
    """Of the run's families, or of the user's own loop; none where there are too few rounds."""
    if run.too_few:
        return ()
    named = [(each.label.removeprefix("kernel "), each) for each in sweeps]
    backends = {line.backend for each in sweeps for line in each.lines}
    grain = [case for case in run.cases if case.family == GRAIN and case.get("iterations")]
    if grain:
        named.append(("grain", _sweep(estimates, grain, reasons, "iterations")))
    by_loop: dict[str, list[Case]] = defaultdict(list)
    for case in run.cases:
        if case.family == LOOPS:
            given = case.get("input")
            by_loop[case.get("loop") + (f", input {given}" if given else "")].append(case)
    named += [
        (name, _sweep(estimates, cases, reasons, "size")) for name, cases in sorted(by_loop.items())
    ]
    found = []
    for label, each in named:
        lines = tuple(
            line
            for line in each.lines
            if line.workers > 1
            and line.mechanism in (*KINDS, RANKS)
            and (not backends or line.backend in backends)
            and not run.is_of_peer(line.points[0].case)
        )
        if lines:
            found.append(Loop(label, each, lines))
    return tuple(found)


def _sweep(estimates: Estimates, cases: Iterable[Case], reasons: Collection[str], by: str) -> Sweep:
    rising = sorted(cases, key=lambda case: (case.number(by), case.order()))
    return sweep(estimates, rising, reasons, by=by, decided=True)


def boundary(
    estimates: Estimates,
    loop: Loop,
    start: str,
    challengers: Sequence[Curve],
    incumbents: Sequence[Curve],
    factor: float,
    *,
    between_sizes: bool,
) -> Estimate | None:
    """Of one loop: 0 below the smallest size measured, infinite beyond the largest, and so the ends
    of its interval; a bound that is not known is left there. None without anything to compare.

    The interval ends at the last size at which the challenger is shown to be behind, and at the
    first from which on it is shown to be ahead. Without `between_sizes` it is all between them:
    how the loop grows with its size is then not known, and its value is the upper end.
    """
    serial = loop.sweep.serial_for(start)
    shared = [
        n
        for n in serial
        if any(n in one and n in other for one in challengers for other in incumbents)
    ]
    if not shared:
        return None
    ends = [estimates.seconds(serial[n]) for n in shared]
    ratios = [
        estimates.speedup_of_best(*([each[n] for each in some if n in each] for some in
                                    (challengers, incumbents)))
        for n in shared
    ]  # fmt: skip
    last = max(
        (at for at, each in enumerate(ratios) if not each.entirely_above(factor)), default=-1
    )
    behind = max((at for at, each in enumerate(ratios) if each.entirely_below(factor)), default=-1)
    if not between_sizes:
        return _between(ends, last, behind)
    first = min(last + 1, len(shared) - 1)
    within = (
        estimates.samples_of(serial[shared[behind]]) if behind >= 0 else np.zeros(1),
        estimates.samples_of(serial[shared[first]]) if last < first else np.full(1, np.inf),
    )
    compared = {n: serial[n] for n in shared}
    found = overtaking(estimates, compared, challengers, incumbents, factor, within=within)
    if math.isnan(found.low):
        return None
    if found.low == math.inf or behind == len(shared) - 1:
        return Estimate(ABOVE, ends[-1], ABOVE)
    if found.high <= ends[0]:
        return Estimate(BELOW, BELOW, ends[0])
    return found


def _between(ends: Sequence[float], last: int, behind: int) -> Estimate:
    """From the size at which the challenger is last shown to be behind to the first from which on
    it is ahead; the size at which it is last not ahead is before that."""
    low = ends[behind] if behind >= 0 else BELOW
    high = ends[last + 1] if last + 1 < len(ends) else ABOVE
    if behind == len(ends) - 1:
        return Estimate(ABOVE, ends[-1], ABOVE)
    if high == ABOVE:
        return Estimate(ABOVE, low, ABOVE)
    return Estimate(high if last >= 0 else BELOW, low, high)


def gains(estimates: Estimates, loop: Loop, start: str, kind: str) -> list[Gain]:
    """At each size, by rising serial time."""
    found = []
    for n, serial in loop.sweep.serial_for(start).items():
        cases = [curve[n] for curve in loop.curves(start, kind) if n in curve]
        if cases:
            enough = _enough(estimates, cases)
            found.append(
                Gain(
                    estimates.seconds(serial),
                    estimates.speedup_of_best(cases, [serial]),
                    enough.number("workers"),
                    estimates.cpu_time_between(enough, serial),
                )
            )
    return sorted(found, key=lambda each: each.serial)


def _enough(estimates: Estimates, cases: Sequence[Case]) -> Case:
    """Of those that take at most WORTHWHILE as long as the fastest, that of the fewest workers, and
    then of the least CPU time: workers that spin while they wait have no price but this."""
    most = WORTHWHILE * min(map(estimates.seconds, cases))
    able = [case for case in cases if estimates.seconds(case) <= most]
    return min(
        able,
        key=lambda case: (
            case.number("workers"),
            estimates.measured[case.name].total_cpu_time,
        ),
    )


def serial_range(estimates: Estimates, found: Iterable[Loop], start: str) -> tuple[float, float]:
    """The smallest and the largest serial time of a call at which several workers were measured."""
    times = [
        estimates.seconds(case)
        for loop in found
        for n, case in loop.sweep.serial_for(start).items()
        if any(n in line.curve for line in loop.lines if line.start == start)
    ]
    return (min(times), max(times)) if times else (math.nan, math.nan)


def starts_of(found: Iterable[Loop]) -> set[str]:
    return {line.start for loop in found for line in loop.lines}
