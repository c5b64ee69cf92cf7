"""The answer by size: from which size on processes, threads or neither, and how many workers.

At every n measured the rule is that of model.py: the fastest case of a mechanism represents it,
with any number of workers, and parallel work counts where the whole CI of its speedup is above
WORTHWHILE. A mechanism is behind another where the whole CI of the ratio is above 1 and not all of
it within WORTHWHILE. Where all of it is within, there is no difference. Otherwise the comparison is
inconclusive, and both are named. CIs are corrected for picking the fastest (`speedup_of_best`).

Neighbouring n with the same answer form a range; how_many.py chooses the number of workers. The
boundary between two ranges is a serial time with a CI, corrected for the choice among many cases
(sizes/model.py); an n between two ranges is within that CI. Next to an inconclusive comparison
there is no boundary: then a range is given by the n measured.
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
    """What to use by size, for one start of workers.

    `serial` are the serial times at all n compared. `pays_from` says from which size on a mechanism
    gains over serial that begins no range. `undecided` are the n of no range. `leads` are those of
    one mechanism over the next that may be below WORTHWHILE; `gains` over serial, the largest
    first, are those at the first n where serial is not best, and at the largest n.
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
    """One per start and sweep with parallel and serial cases, and with enough rounds.

    With `measured_only` no boundary is interpolated: ranges have no begin, and `pays_from` is
    empty. Then an n is compared if any mechanism has a time, not only if all have.
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
    """By the rule of model.py, for the cases of each mechanism at one n."""
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
    """The cases of the mechanism with the fastest case."""
    best = fastest(estimates, [case for cases in at.values() for case in cases])
    return next(cases for cases in at.values() if best in cases)


def _alike(estimates: Estimates, at: Mapping[str, list[Case]], kinds: Kinds) -> bool:
    """Whether these mechanisms significantly differ by at most WORTHWHILE, at one n."""
    own = {kind: at[kind] for kind in kinds}
    leader = _leader(estimates, own)
    return all(
        estimates.speedup_of_best(leader, cases).at_most(WORTHWHILE)
        for cases in own.values()
        if cases is not leader
    )


@dataclass(frozen=True)
class _Stretch:
    """Neighbouring n with the same answer; `alike` as in Range."""

    kinds: Kinds
    sizes: list[int]
    alike: bool


def _boundary(
    estimates: Estimates, curves: Mapping[str, Sequence[Curve]], before: _Stretch, after: _Stretch
) -> Estimate | None:
    """The serial time between the last n of one stretch and the first n of the next. None where
    they share a mechanism whose comparison is inconclusive in one of them."""
    old, new = before.kinds, after.kinds
    gained, lost = new - old, old - new
    if old & new and not (before.alike and after.alike):
        return None
    # The challenger must be `factor` times as fast as the incumbent for the later answer.
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
    # Other stretches may follow another law.
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
