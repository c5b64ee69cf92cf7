"""The answer by size, in words: from which size on processes, threads or neither, and how many.

At every n that was measured the rule is that of answer.py: of each mechanism its fastest case
stands for it, of whatever number of workers, and parallel work counts where the whole interval of
its speedup is above WORTHWHILE. A mechanism is behind another where the whole interval of the ratio
is above 1 and not all of it within WORTHWHILE; where all of it is within, there is no difference
that counts; else the comparison is inconclusive, and both are named. Each interval is as wide as
holds for the fastest of so many (`speedup_of_best`).

Neighbouring n of the same answer make a range; how many workers are best in it, how_many.py says.
Between two ranges lies the serial time at which the later answer begins to hold, with an interval
that allows for the choice among many cases (sizes.py); an n between two ranges is part of it. Where
the comparison of two mechanisms is inconclusive, no such time was passed: then the range holds at
the n that were measured, and nothing is worked out between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from parzen_study.run.case import Case, start_order
from parzen_study.run.run import MECHANISMS, NEITHER
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.worthwhile import WORTHWHILE, is_ahead
from parzen_study.topics.answer.how_many import choices
from parzen_study.topics.answer.ranges import Gain, Lead, Range, fastest, gains, leads
from parzen_study.topics.sizes.model import Curve, Line, Sweep, overtaking, serial_times
from parzen_study.topics.sizes.pays_from import PaysFrom, SerialTimes

# What may be fastest at an n; empty where that is inconclusive.
Kinds = frozenset[str]


@dataclass(frozen=True)
class BySize:
    """What to use from which size on, by the start of workers.

    `serial` are the serial times at all n that were compared. `pays_from` are the mechanisms that
    no range begins with: from which size on they gain over serial, all the same. `undecided` are
    the n that belong to no range. `leads` are those of one mechanism over the next at the n where
    it is ahead and the lead may be smaller than what counts; `gains` over serial, the
    greatest first, are those of the first n that is no longer serial's and of the largest n.
    """

    label: str
    start: str
    serial: SerialTimes
    ranges: tuple[Range, ...]
    pays_from: tuple[tuple[str, PaysFrom], ...]
    undecided: tuple[int, ...]
    leads: tuple[Lead, ...]
    gains: tuple[Gain, ...]


def answers(
    estimates: Estimates, sweeps: Sequence[Sweep], *, measured_only: bool = False
) -> list[BySize]:
    """One a start and sweep that have cases of several workers and of serial, and rounds enough.

    With `measured_only` no serial time is worked out between two n, so no range has a begin and
    `pays_from` is empty; and an n is compared where some mechanism has a time, not every one.
    """
    found = []
    starts = {line.start for sweep in sweeps for line in sweep.lines}
    for start in sorted(starts, key=start_order):
        for sweep in sweeps:
            lines: dict[str, list[Line]] = {}
            for line in sweep.lines:
                parallel = line.workers > 1 and line.mechanism in MECHANISMS - {NEITHER}
                if line.start == start and parallel and line.break_even:
                    lines.setdefault(line.mechanism, []).append(line)
            if lines:
                found.append(_answer(estimates, sweep, start, lines, measured_only=measured_only))
    return [each for each in found if each]


def _answer(
    estimates: Estimates,
    sweep: Sweep,
    start: str,
    lines: Mapping[str, Sequence[Line]],
    *,
    measured_only: bool,
) -> BySize | None:
    """None where there is no n to compare."""
    curves = {kind: [line.curve for line in own] for kind, own in lines.items()}
    serial = sweep.serial_for(start)
    enough = any if measured_only else all
    sizes = [n for n in serial if enough(_at(own, n) for own in curves.values())]
    curves[NEITHER] = [serial]
    if not sizes:
        return None
    at = {n: {kind: cases for kind, own in curves.items() if (cases := _at(own, n))} for n in sizes}
    fits = {n: _fits(estimates, at[n]) for n in sizes}
    decided = [n for n in sizes if fits[n]]
    stretches = [
        _Stretch(kinds, found := list(own), all(_alike(estimates, at[n], kinds) for n in found))
        for kinds, own in groupby(decided, key=fits.__getitem__)
    ]
    begins = [
        None if measured_only else _boundary(estimates, curves, before, after)
        for before, after in pairwise(stretches)
    ]
    ranges = tuple(
        Range(
            tuple(sorted(each.kinds)),
            tuple(each.sizes),
            each.alike,
            begin,
            {
                kind: choices(estimates, curves[kind], each.sizes)
                for kind in sorted(each.kinds - {NEITHER})
            },
        )
        for each, begin in zip(stretches, [None, *begins], strict=False)
    )
    pays_from = tuple(
        (kind, _pays_from(estimates, curves[kind], serial, sizes))
        for kind in sorted(() if measured_only else lines)
        if not _begins_with(ranges, kind) and any(each.mechanisms != (NEITHER,) for each in ranges)
    )
    undecided = tuple(n for n in sizes if not fits[n] and not _between(ranges, n))
    return BySize(
        sweep.label,
        start,
        serial_times(estimates, {n: serial[n] for n in sizes}),
        ranges,
        pays_from,
        undecided,
        tuple(leads(estimates, at, ranges)),
        gains(estimates, at, ranges),
    )


def _at(curves: Iterable[Curve], n: int) -> list[Case]:
    return [curve[n] for curve in curves if n in curve]


def _fits(estimates: Estimates, at: Mapping[str, list[Case]]) -> Kinds:
    """By the rule of answer.py, of the cases of each mechanism at one n."""
    serial = at[NEITHER]
    parallel = {kind: cases for kind, cases in at.items() if kind != NEITHER}
    every = [case for cases in parallel.values() for case in cases]
    gain = estimates.speedup_of_best(every, serial)
    if not gain.entirely_above(WORTHWHILE):
        return frozenset({NEITHER}) if gain.at_most(WORTHWHILE) else frozenset()
    leader = _leader(estimates, parallel)
    return frozenset(
        kind
        for kind, cases in parallel.items()
        if estimates.speedup_of_best(cases, serial).entirely_above(WORTHWHILE)
        and not (cases is not leader and is_ahead(estimates.speedup_of_best(leader, cases)))
    )


def _leader(estimates: Estimates, at: Mapping[str, list[Case]]) -> list[Case]:
    """The cases of the mechanism that the fastest of all is of."""
    best = fastest(estimates, [case for cases in at.values() for case in cases])
    return next(cases for cases in at.values() if best in cases)


def _alike(estimates: Estimates, at: Mapping[str, list[Case]], kinds: Kinds) -> bool:
    """Whether these mechanisms are shown to differ by no more than would count, at one n."""
    own = {kind: at[kind] for kind in kinds}
    leader = _leader(estimates, own)
    return all(
        estimates.speedup_of_best(leader, cases).at_most(WORTHWHILE)
        for cases in own.values()
        if cases is not leader
    )


@dataclass(frozen=True)
class _Stretch:
    """Neighbouring n of the same answer; of one mechanism it is alike."""

    kinds: Kinds
    sizes: list[int]
    alike: bool


def _boundary(
    estimates: Estimates, curves: Mapping[str, Sequence[Curve]], before: _Stretch, after: _Stretch
) -> Estimate | None:
    """The serial time from which the later of two stretches holds: between the last n of the first
    and the first n of the second. None where they share a mechanism whose comparison with the
    others is inconclusive in one of them."""
    old, new = before.kinds, after.kinds
    gained, lost = new - old, old - new
    if old & new and not (before.alike and after.alike):
        return None
    # Who has to be how many times as fast as whom, for the later answer to hold.
    if old == {NEITHER}:
        challengers, incumbents, factor = new, old, WORTHWHILE
    elif new == {NEITHER}:
        challengers, incumbents, factor = new, old, 1.0 / WORTHWHILE
    elif gained and lost:
        challengers, incumbents, factor = gained, lost, 1.0
    elif gained:
        challengers, incumbents, factor = gained, old, 1.0 / WORTHWHILE
    else:
        challengers, incumbents, factor = new, lost, WORTHWHILE
    # Beyond both the answers are others, and so may be the law.
    serial = {
        n: case for n, case in curves[NEITHER][0].items() if before.sizes[0] <= n <= after.sizes[-1]
    }
    low, high = (estimates.samples_of(serial[n]) for n in (before.sizes[-1], after.sizes[0]))
    return overtaking(
        estimates,
        serial,
        [curve for kind in challengers for curve in curves[kind]],
        [curve for kind in incumbents for curve in curves[kind]],
        factor,
        within=(low, high),
    )


def _pays_from(
    estimates: Estimates, curves: Sequence[Curve], serial: Curve, sizes: Sequence[int]
) -> PaysFrom:
    ahead = [
        n
        for n in sizes
        if estimates.speedup_of_best(_at(curves, n), [serial[n]]).entirely_above(WORTHWHILE)
    ]
    compared = {n: serial[n] for n in sizes}
    found = overtaking(estimates, compared, curves, [compared], WORTHWHILE)
    return PaysFrom(found, serial_times(estimates, compared), tuple(ahead))


def _begins_with(ranges: Sequence[Range], kind: str) -> bool:
    """Whether a mechanism is among the answers as soon as it gains over serial."""
    first = next((number for number, each in enumerate(ranges) if kind in each.mechanisms), None)
    return first is not None and (first == 0 or ranges[first - 1].mechanisms == (NEITHER,))


def _between(ranges: Sequence[Range], n: int) -> bool:
    """Whether n lies between two ranges, and so in the interval of the later one's begin."""
    return any(a.sizes[-1] < n < b.sizes[0] for a, b in pairwise(ranges))
