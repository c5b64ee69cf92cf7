"""From which n on each backend pays: family sweep, the same problem at every size.

Break-even n is the n from which on a backend is faster than serial of the same kernel, and stays so
up to the largest n measured. Between two n that were measured next to each other every time is
taken as linear in n: a fixed cost and a cost a sample, which is what a call under any mechanism is
made of. The difference of two times is then linear too, and its zero is exact wherever the n that
were measured lie; a line through the logarithms of the speedups would bend away from it.

Every resample solves it anew and takes its last crossing, so that noise at one n is width of the
interval rather than another answer: a backend pays where the whole interval ends within the sweep,
never where it lies wholly beyond, and in between these rounds cannot tell.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from parzen_study import published
from parzen_study.answer import WORTHWHILE
from parzen_study.case import SERIAL, Case
from parzen_study.estimates import Estimates
from parzen_study.phrasing import label_of, listed, size_range, size_with_interval
from parzen_study.problems import readable
from parzen_study.run import Run
from parzen_study.stats import Estimate, Floats, percentiles

FAMILY = "sweep"
# What tells the cases of one sweep apart.
_WITHIN = frozenset({"n", "workers", "start"})

# Cases of one way to count, by n.
Curve = Mapping[int, Case]


class Verdict(StrEnum):
    """Whether it pays from some n on."""

    PAYS = "pays"
    CEASES = "ceases to pay"
    NEVER = "never pays"
    UNDECIDED = "these rounds cannot tell"


@dataclass(frozen=True)
class PaysFrom:
    """`n`: from which on it pays as far as was measured; 0 where that is below the smallest of
    `sizes`, infinite where it is beyond the largest. `ahead` are the sizes at which it clearly
    pays, by WORTHWHILE, in the sweep of rising `sizes`."""

    n: Estimate
    sizes: tuple[int, ...]
    ahead: tuple[int, ...]

    @property
    def verdict(self) -> Verdict:
        if math.isfinite(self.n.high):
            return Verdict.PAYS
        if math.isfinite(self.n.low):
            return Verdict.UNDECIDED
        return Verdict.CEASES if self.ahead else Verdict.NEVER

    @property
    def in_words(self) -> str:
        """`3.0 million (2.1 to 4.0 million)`, `< 100`, `210 (< 100 to 340)`, `never up to 1,000`,
        `only at 100 and 1,000`, `these rounds cannot tell (2.1 million to > 10,000,000)`."""
        match self.verdict:
            case Verdict.PAYS:
                return size_with_interval(self.n, self.sizes[0], self.sizes[-1])
            case Verdict.NEVER:
                return f"never up to {self.sizes[-1]:,}"
            case Verdict.CEASES:
                return f"only at {listed(f'{n:,}' for n in self.ahead)}"
            case _:
                within = size_range(self.n, self.sizes[0], self.sizes[-1])
                return f"{self.verdict} ({within})" if self.n.low else self.verdict


@dataclass(frozen=True)
class Point:
    """A case; `speedup` is against serial of the same n and kernel."""

    n: int
    case: Case
    time: Estimate
    speedup: Estimate


@dataclass(frozen=True)
class Line:
    """One backend, number of workers and start, by rising n. `break_even` is None where there are
    too few rounds for a verdict."""

    backend: str
    mechanism: str
    workers: int
    start: str
    points: tuple[Point, ...]
    break_even: PaysFrom | None

    @property
    def label(self) -> str:
        return label_of(self.backend, self.start)

    @property
    def curve(self) -> Curve:
        return {point.n: point.case for point in self.points}


@dataclass(frozen=True)
class Sweep:
    """One kernel and decomposition. `label` names them in words, `slug` in file names; `cases` are
    all that the run planned, `serial` those that have a time."""

    label: str
    slug: tuple[str, ...]
    cases: tuple[Case, ...]
    serial: Curve
    lines: tuple[Line, ...]


def sweeps(run: Run, estimates: Estimates, reasons: Collection[str]) -> list[Sweep]:
    """One a kernel and decomposition, the article's first; none where the run has no such family.

    `reasons` names the cases that have no figure.
    """
    together: dict[tuple[tuple[str, str], ...], list[Case]] = defaultdict(list)
    for case in sorted(run.cases, key=Case.order):
        if case.family == FAMILY and case.counts_samples:
            key = tuple(part for part in case.parameters if part[0] not in _WITHIN)
            together[key].append(case)
    differing = _differing(together)
    keys = sorted(together, key=lambda key: (dict(key).get("kernel") != published.KERNEL, key))
    return [_sweep(run, estimates, dict(key), differing, together[key], reasons) for key in keys]


def _differing(keys: Iterable[tuple[tuple[str, str], ...]]) -> set[str]:
    """The parameters that are not the same in all keys."""
    values: dict[str, set[str]] = defaultdict(set)
    every = [dict(key) for key in keys]
    for parameters in every:
        for name in {name for each in every for name in each}:
            values[name].add(parameters.get(name, ""))
    return {name for name, found in values.items() if len(found) > 1}


def _sweep(
    run: Run, estimates: Estimates, parameters: Mapping[str, str], differing: set[str],
    cases: list[Case], reasons: Collection[str],
) -> Sweep:  # fmt: skip
    words = [f"kernel {parameters.get('kernel', 'none')}", parameters.get("decomposition", "")]
    slug = [parameters.get("kernel", ""), parameters.get("decomposition", "")]
    for name, value in parameters.items():
        if name in differing - {"kernel", "decomposition"}:
            words.append(f"{name} = {readable(value)}")
            slug.append(f"{name}{value}")
    usable = [case for case in cases if case.name not in reasons]
    serial = _serial(estimates, usable)
    parallel: dict[tuple[str, str, int], list[Case]] = defaultdict(list)
    for case in usable:
        if case.backend != SERIAL and case.number("n") in serial:
            parallel[case.backend, case.get("start"), case.number("workers")].append(case)
    return Sweep(
        label=", ".join(filter(None, words)),
        slug=tuple(filter(None, slug)),
        cases=tuple(cases),
        serial=serial,
        lines=tuple(
            _line(estimates, same, serial, decided=not run.too_few)
            for _, same in sorted(parallel.items())
        ),
    )


def _serial(estimates: Estimates, usable: Iterable[Case]) -> dict[int, Case]:
    """By rising n; the fastest where there are several."""
    found: dict[int, Case] = {}
    for case in usable:
        if case.backend == SERIAL:
            n = case.number("n")
            found[n] = min(
                found.get(n, case), case, key=lambda each: estimates.measured[each.name].time.value
            )
    return found


def _line(estimates: Estimates, cases: list[Case], serial: Curve, *, decided: bool) -> Line:
    """Of cases of rising n."""
    points = tuple(
        Point(
            case.number("n"),
            case,
            estimates.measured[case.name].time,
            estimates.speedup_between(case, serial[case.number("n")]),
        )
        for case in cases
    )
    curve = {point.n: point.case for point in points}
    first = cases[0]
    return Line(
        backend=first.backend,
        mechanism=estimates.mechanism(first.backend),
        workers=first.number("workers"),
        start=first.get("start"),
        points=points,
        break_even=PaysFrom(
            percentiles(overtaking(estimates, [curve], [serial])),
            tuple(curve),
            tuple(point.n for point in points if point.speedup.wholly_above(WORTHWHILE)),
        )
        if decided
        else None,
    )


def overtaking(
    estimates: Estimates,
    challengers: Sequence[Curve],
    incumbents: Sequence[Curve],
    factor: float = 1.0,
    largest: float = math.inf,
) -> Floats:
    """From which n on one of the challengers is more than `factor` times as fast as every
    incumbent, of every sample: as measured, then of every resample.

    Up to `largest`, of the sizes that two of them share, and some two must; 0 and infinity as in
    PaysFrom.
    """

    def against(challenger: Curve, incumbent: Curve) -> Floats | None:
        sizes = sorted(n for n in challenger.keys() & incumbent.keys() if n <= largest)
        lead = [
            estimates.samples_of(incumbent[n]) - factor * estimates.samples_of(challenger[n])
            for n in sizes
        ]
        return crossings(np.array(sizes, dtype=np.float64), np.stack(lead)) if lead else None

    found = [
        [each for incumbent in incumbents if (each := against(challenger, incumbent)) is not None]
        for challenger in challengers
    ]
    first: Floats = np.minimum.reduce([np.maximum.reduce(each) for each in found if each])
    return first


def crossings(sizes: Floats, lead: Floats) -> Floats:
    """The n from which `lead` [n, sample] is above 0 up to the last of the rising `sizes`, of every
    sample: 0 where it is everywhere, infinite where it is not at the last, NaN where it is NaN."""
    behind = ~(lead > 0.0)
    last_behind = len(sizes) - 1 - behind[::-1].argmax(axis=0)
    found = np.where(behind.any(axis=0), math.inf, 0.0)
    (crossing,) = np.nonzero(behind.any(axis=0) & (last_behind < len(sizes) - 1))
    below = last_behind[crossing]
    lost, gained = -lead[below, crossing], lead[below + 1, crossing]
    found[crossing] = sizes[below] + (sizes[below + 1] - sizes[below]) * lost / (lost + gained)
    found[np.isnan(lead).any(axis=0)] = math.nan
    return found
