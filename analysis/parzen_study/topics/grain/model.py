"""How small a task may be, METG(50%), and the overhead of a call that creates its workers: family
grain.

After Slaughter et al., "Task Bench: a parameterized benchmark for evaluating parallel runtime
performance", SC20. Every case has the same number of tasks. Each counts one block as many times as
the case has iterations.

- Grain: wall seconds times busy CPUs over tasks: the CPU time of a task with its overhead. As many
  CPUs are busy as there are workers, at most the usable ones.
- Efficiency: blocks counted a second over the best rate of any case with all CPUs, of any backend.
  Every resample chooses that case again.
- METG(50%), the minimum effective task granularity: the grain where efficiency, from the coarse
  end, first falls below 50%. Task Bench's script takes the finest case that still reaches 50%. That
  is the same where efficiency falls steadily; otherwise no lucky case decides here.

Between two neighbouring cases the logarithm of the loss, 1 - efficiency, is interpolated over that
of the grain. A constant overhead per task is a loss of overhead / grain, which is straight there,
so METG is exact at any distance of the cases. Efficiency over the logarithm of the grain would be
up to 6% too high with four times the iterations per step.

METG is for warm workers. Creating workers in every call (cold) is an overhead per call, not per
task: with ten times the tasks it would be a tenth per task, and so would a METG. A cold call has an
overhead instead: the intercept of the straight line through the two finest cases. Coarser ones
would be more precise, but wrong where work has another rate there. Serial has neither. In
simulation with 5 to 20 rounds of normal, skewed and bimodal noise, 93 to 97% of the CIs covered the
truth.

On 2 CPUs an efficiency of 50% is a speedup of 1: METG(50%) is the break-even grain, and METG times
the tasks of a worker is the break-even time of a call.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from parzen_study.common.wording import label_of, listed, seconds
from parzen_study.run.case import COLD, SERIAL, Case
from parzen_study.stats.bootstrap import CONFIDENCE, Estimate, Floats, percentiles
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.stats.worthwhile import WORTHWHILE

FAMILY = "grain"
THRESHOLD = 0.5
# Beyond this ratio of its ends, those of an interval have units of their own.
_MANY = 100.0
# The loss of the best case, which is 0 and has no logarithm.
_LEAST_LOST = 0.01


@dataclass(frozen=True)
class Point:
    """A case: `grain` in seconds, `efficiency` as a share."""

    iterations: int
    grain: Estimate
    efficiency: Estimate


@dataclass(frozen=True)
class Line:
    """The cases of one backend and start, coarsest first, each of so many `tasks`.

    `metg` in seconds: 0 where efficiency never falls below 50% in the sweep, infinite where it
    never reaches it; an end of its interval likewise. None for cold calls, for serial, and where
    there are fewer workers than CPUs: then grain does not decide. `samples` is METG as measured,
    then of every resample; `decides` is whether there are enough rounds for a comparison. `enough`
    is the grain from which on tasks take at most WORTHWHILE times as long as those of the best
    case, and None where `metg` is. `call_cost` is the overhead of a cold call in seconds; None for
    warm calls, and for a single case.
    """

    backend: str
    start: str
    workers: int
    tasks: int
    points: tuple[Point, ...]
    metg: Estimate | None
    call_cost: Estimate | None
    enough: Estimate | None = None
    samples: Floats | None = field(default=None, repr=False, compare=False)
    decides: bool = True

    @property
    def label(self) -> str:
        return label_of(self.backend, self.start)

    @property
    def bound(self) -> str:
        """`<` or `>` where METG lies outside of the sweep, else empty."""
        if self.metg is None or 0.0 < self.metg.value < math.inf:
            return ""
        return "<" if self.metg.value == 0.0 else ">"

    @property
    def metg_in_words(self) -> str:
        """`12.0 µs (11.2 to 12.9)`, `< 2.10 µs`, `12.0 µs (11.2 µs to > 4.00 ms)`; or empty."""
        if self.metg is None:
            return ""
        ends = (self.metg.low, self.metg.high)
        if self.metg.low > 0.0 and self.metg.high < _MANY * self.metg.low:
            return time_with_interval(self.metg)
        text = self._within_sweep(self.metg.value)
        if math.isnan(sum(ends)) or set(ends) == {self.metg.value}:
            return text
        return f"{text} ({' to '.join(map(self._within_sweep, ends))})"

    @property
    def call_cost_in_words(self) -> str:
        """`1.79 ms (1.71 to 1.92)`; or empty."""
        return time_with_interval(self.call_cost) if self.call_cost else ""

    def _within_sweep(self, value: float) -> str:
        if value == 0.0:
            return f"< {seconds(self.points[-1].grain.value)}"
        return f"> {seconds(self.points[0].grain.value)}" if math.isinf(value) else seconds(value)


def lines(
    estimates: Estimates, left_out: Collection[str], usable_cpus: int | None
) -> tuple[Line, ...]:
    """One per backend and start, in order of backend; none where the run has no such family, or no
    case with all CPUs. `left_out` are names of cases that have no figure."""
    cases = [
        each.case
        for name, each in estimates.measured.items()
        if each.case.family == FAMILY and name not in left_out and _iterations(each.case)
    ]
    cpus = usable_cpus or max((case.number("workers") for case in cases), default=1)
    times = {case: estimates.samples_of(case) for case in cases}
    rates = {case: _iterations(case) * case.number("m") / each for case, each in times.items()}
    with_all = [rates[case] for case in cases if case.number("workers") >= cpus]
    if not with_all:
        return ()
    best = np.maximum.reduce(with_all)
    together: dict[tuple[str, str, int], list[Case]] = defaultdict(list)
    for case in sorted(cases, key=_iterations, reverse=True):
        together[case.backend, case.start, case.number("workers")].append(case)
    return tuple(
        _line(
            same,
            np.stack([times[case] for case in same]),
            np.stack([rates[case] / best for case in same]),
            cpus=cpus,
            decides=estimates.decide(same),
        )
        for _, same in sorted(together.items())
    )


def _iterations(case: Case) -> int:
    """0 for a case whose name does not say what grain needs."""
    number = case.get("iterations")
    whole = number.isdecimal() and case.number("m") and case.number("workers")
    return int(number) if whole else 0


def _line(
    cases: list[Case], times: Floats, efficiency: Floats, *, cpus: int, decides: bool
) -> Line:
    """Of cases of falling iterations; `times` and `efficiency` are [case, sample]."""
    first = cases[0]
    workers, tasks = first.number("workers"), first.number("m")
    iterations = [_iterations(case) for case in cases]
    grain = min(workers, cpus) / tasks * times
    points = tuple(
        Point(number, percentiles(own_grain), percentiles(own_efficiency))
        for number, own_grain, own_efficiency in zip(iterations, grain, efficiency, strict=True)
    )
    hands_over = workers >= cpus and first.backend != SERIAL
    created = first.start == COLD
    samples = crossings(grain, efficiency) if hands_over and not created else None
    has_cost = hands_over and created and len(cases) > 1
    return Line(
        first.backend,
        first.start,
        workers,
        tasks,
        points,
        None if samples is None else percentiles(samples),
        percentiles(call_costs(iterations, times)) if has_cost else None,
        None if samples is None else percentiles(crossings(grain, efficiency, 1.0 / WORTHWHILE)),
        samples,
        decides,
    )


def call_costs(iterations: Sequence[int], times: Floats) -> Floats:
    """Seconds of a call of no work, of every sample, from times [case, sample] of falling
    iterations; at least two cases."""
    (more, less), (longer, shorter) = iterations[-2:], times[-2:]
    found: Floats = (shorter * more - longer * less) / (more - less)
    return found


def crossings(grain: Floats, efficiency: Floats, threshold: float = THRESHOLD) -> Floats:
    """METG(50%) of every sample, or of another share, from [case, sample] of falling iterations: 0
    and infinity as in Line, NaN where the efficiency is."""
    reached = efficiency >= threshold
    fallen = np.logical_or.accumulate(reached, axis=0) & ~reached
    found = np.where(reached.any(axis=0), 0.0, math.inf)
    found[np.isnan(efficiency).any(axis=0)] = math.nan
    (falling,) = np.nonzero(fallen.any(axis=0))
    below = fallen.argmax(axis=0)[falling]
    above = below - 1
    lost = np.log(np.maximum(1.0 - efficiency, _LEAST_LOST))
    way = (math.log(1.0 - threshold) - lost[above, falling]) / (
        lost[below, falling] - lost[above, falling]
    )
    # Where less work took longer, by noise, there is no finer grain to go to.
    finer = np.minimum(np.log(grain[below, falling] / grain[above, falling]), 0.0)
    found[falling] = grain[above, falling] * np.exp(way * finer)
    return found


def in_words(found: Collection[Line]) -> str:
    """`said` and `costs_said` in one text; empty where no line has either."""
    parts = said(found)
    if costs := costs_said(found):
        parts.append(f"Overhead of a call that creates its workers: {listed(costs)}.")
    return " ".join(parts)


def costs_said(found: Collection[Line]) -> list[str]:
    """The overhead of a call that creates its workers, one per line."""
    return [f"{each.label} {each.call_cost_in_words}" for each in found if each.call_cost]


def said(found: Collection[Line]) -> list[str]:
    """The smallest and the largest METG, and where it lies outside of the sweep."""
    asked = sorted(
        (each for each in found if each.metg), key=lambda each: each.metg.value if each.metg else 0
    )
    parts = []
    ends = [each.metg.value for each in (*asked[:1], *asked[-1:]) if each.metg]
    if ends and ends[0] < math.inf:
        parts.append(f"Smallest METG: {_named(asked, asked[0])}.")
    if ends and ends[0] < ends[-1]:
        parts.append(f"Largest METG: {_named(asked, asked[-1])}.")
        if not _differ(asked[0], asked[-1], len(asked)):
            parts.append("The difference between them is inconclusive.")
    for bound, where in _OUTSIDE.items():
        outside = [
            f"{each.label} ({with_interval(_at_end(each, bound).scaled(100.0), unit='%')})"
            for each in asked
            if each.bound == bound
        ]
        if outside:
            parts.append(f"{where}: {'; '.join(outside)}.")
    return parts


def _named(asked: Collection[Line], one: Line) -> str:
    """A line with its METG, and all lines with the same METG, outside of the sweep."""
    same = [each for each in asked if each.metg and one.metg and each.metg.value == one.metg.value]
    return "; ".join(f"{each.label} {each.metg_in_words}" for each in same)


_OUTSIDE = {
    "<": "Efficiency of 50% or more even with the finest tasks measured",
    ">": "Efficiency below 50% even with the coarsest tasks measured",
}


def _differ(smaller: Line, larger: Line, lines: int) -> bool:
    """Whether the CI of their ratio excludes 1, Bonferroni-corrected for picking the extreme pair
    of so many lines."""
    if not (smaller.decides and larger.decides):
        return False
    if smaller.samples is None or larger.samples is None:
        return False
    tail = (1.0 - CONFIDENCE) / 2.0 / math.comb(lines, 2)
    # Two that lie outside of the sweep on the same side are not distinguished.
    below = smaller.samples < larger.samples
    known = not (np.isnan(smaller.samples).any() or np.isnan(larger.samples).any())
    return known and bool(below[0]) and bool(below[1:].mean() >= 1.0 - tail)


def _at_end(line: Line, bound: str) -> Estimate:
    return line.points[-1 if bound == "<" else 0].efficiency
