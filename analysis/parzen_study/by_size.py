"""The answer by size, in words: from which n on processes, threads or neither.

At every n that was measured the rule is that of answer.py: of each mechanism its fastest case
stands for it, parallel work counts where the whole interval of its speedup is above WORTHWHILE, and
two mechanisms are told apart by the same factor. Neighbouring n of the same answer make a range.
Between two ranges lies the n at which the later answer begins to hold by that factor, solved anew
in every resample (sizes.py), and an n that cannot tell two ranges apart is part of its interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from parzen_study.answer import WORTHWHILE
from parzen_study.case import COLD, SERIAL, WARM, Case
from parzen_study.estimates import Estimates
from parzen_study.phrasing import count_of, listed, size, size_with_interval, with_interval
from parzen_study.run import MECHANISMS, NEITHER
from parzen_study.sizes import Curve, Line, PaysFrom, Sweep, Verdict, overtaking
from parzen_study.stats import Estimate, percentiles

# What may be fastest at an n; empty where these rounds cannot tell.
Kinds = frozenset[str]
_STARTED = {COLD: f"One call ({COLD})", WARM: f"Many calls ({WARM})"}


@dataclass(frozen=True)
class Range:
    """Neighbouring n of the same answer: several mechanisms where these rounds tell no difference
    that counts. `begins` is the n from which it holds; the first range begins with the sweep."""

    mechanisms: tuple[str, ...]
    sizes: tuple[int, ...]
    begins: Estimate | None


@dataclass(frozen=True)
class BySize:
    """What to use from which n on, when workers start as told; `advice` is it in one line.

    `pays_from` are the mechanisms that no range begins with: from which n on they gain over serial,
    all the same. `undecided` are the n that belong to no range.
    """

    label: str
    start: str
    advice: str
    sentence: str
    ranges: tuple[Range, ...]
    pays_from: tuple[tuple[str, PaysFrom], ...]
    undecided: tuple[int, ...]

    @property
    def question(self) -> str:
        """`One call (cold), kernel literal, by_width`."""
        return ", ".join(filter(None, (_STARTED.get(self.start, self.start), self.label)))


def answers(estimates: Estimates, sweeps: Sequence[Sweep]) -> list[BySize]:
    """One a start and sweep that have cases of several workers beside serial, and rounds enough."""
    found = []
    starts = {line.start for sweep in sweeps for line in sweep.lines}
    for start in sorted(starts, key=lambda start: (start != COLD, start)):
        for sweep in sweeps:
            lines: dict[str, list[Line]] = {}
            for line in sweep.lines:
                parallel = line.workers > 1 and line.mechanism in MECHANISMS - {NEITHER}
                if line.start == start and parallel and line.break_even:
                    lines.setdefault(line.mechanism, []).append(line)
            if lines:
                found.append(_answer(estimates, sweep, start, lines))
    return [each for each in found if each]


def _answer(
    estimates: Estimates, sweep: Sweep, start: str, lines: Mapping[str, Sequence[Line]]
) -> BySize | None:
    """None where there is no n at which every mechanism was measured."""
    curves = {kind: [line.curve for line in own] for kind, own in lines.items()}
    curves[NEITHER] = [sweep.serial]
    sizes = [n for n in sweep.serial if all(_at(own, n) for own in curves.values())]
    if not sizes:
        return None
    at = {n: {kind: _at(own, n) for kind, own in curves.items()} for n in sizes}
    fits = {n: _fits(estimates, at[n]) for n in sizes}
    decided = [n for n in sizes if fits[n]]
    stretches = [(kinds, list(own)) for kinds, own in groupby(decided, key=fits.__getitem__)]
    begins = [_boundary(estimates, curves, before, after) for before, after in pairwise(stretches)]
    ranges = tuple(
        Range(tuple(sorted(kinds)), tuple(own), begin)
        for (kinds, own), begin in zip(stretches, [None, *begins], strict=False)
    )
    pays_from = tuple(
        (kind, _pays_from(estimates, curves[kind], sweep.serial, sizes))
        for kind in sorted(lines)
        if not _begins_with(ranges, kind) and any(each.mechanisms != (NEITHER,) for each in ranges)
    )
    undecided = tuple(n for n in sizes if not fits[n] and not _between(ranges, n))
    return BySize(
        sweep.label,
        start,
        _advice(ranges, pays_from, undecided, sizes),
        _evidence(estimates, ranges, sizes[-1], at[sizes[-1]]),
        ranges,
        pays_from,
        undecided,
    )


def _at(curves: Iterable[Curve], n: int) -> list[Case]:
    return [curve[n] for curve in curves if n in curve]


def _fastest(estimates: Estimates, cases: Iterable[Case]) -> Case:
    return min(cases, key=lambda case: estimates.measured[case.name].time.value)


def _fits(estimates: Estimates, at: Mapping[str, list[Case]]) -> Kinds:
    """By the rule of answer.py, of the cases of each mechanism at one n."""
    serial = at[NEITHER]
    parallel = {kind: cases for kind, cases in at.items() if kind != NEITHER}
    every = [case for cases in parallel.values() for case in cases]
    gain = estimates.speedup_of_best(every, serial)
    if not gain.wholly_above(WORTHWHILE):
        return frozenset({NEITHER}) if gain.at_most(WORTHWHILE) else frozenset()
    best = _fastest(estimates, every)
    leader = next(cases for cases in parallel.values() if best in cases)
    return frozenset(
        kind
        for kind, cases in parallel.items()
        if estimates.speedup_of_best(cases, serial).wholly_above(WORTHWHILE)
        and not (
            cases is not leader
            and estimates.speedup_of_best(leader, cases).wholly_above(WORTHWHILE)
        )
    )


_Stretch = tuple[Kinds, list[int]]


def _boundary(
    estimates: Estimates, curves: Mapping[str, Sequence[Curve]], before: _Stretch, after: _Stretch
) -> Estimate:
    """The n from which the later of two stretches holds: among those that no longer tell the first
    and do not tell the second yet, whatever noise does farther off."""
    (old, old_sizes), (new, new_sizes) = before, after
    gained, lost = new - old, old - new
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
    low, high = old_sizes[-1], new_sizes[0]
    found = overtaking(
        estimates,
        [curve for kind in challengers for curve in curves[kind]],
        [curve for kind in incumbents for curve in curves[kind]],
        factor,
        largest=high,
    )
    return percentiles(np.clip(found, low, high))


def _pays_from(
    estimates: Estimates, curves: Sequence[Curve], serial: Curve, sizes: Sequence[int]
) -> PaysFrom:
    ahead = [
        n
        for n in sizes
        if estimates.speedup_of_best(_at(curves, n), [serial[n]]).wholly_above(WORTHWHILE)
    ]
    found = overtaking(estimates, curves, [serial], WORTHWHILE)
    return PaysFrom(percentiles(found), tuple(sizes), tuple(ahead))


def _begins_with(ranges: Sequence[Range], kind: str) -> bool:
    """Whether a mechanism is among the answers as soon as it gains over serial."""
    first = next((number for number, each in enumerate(ranges) if kind in each.mechanisms), None)
    return first is not None and (first == 0 or ranges[first - 1].mechanisms == (NEITHER,))


def _between(ranges: Sequence[Range], n: int) -> bool:
    """Whether n lies between two ranges, and so in the interval of the later one's begin."""
    return any(a.sizes[-1] < n < b.sizes[0] for a, b in pairwise(ranges))


def _advice(
    ranges: Sequence[Range],
    pays_from: Iterable[tuple[str, PaysFrom]],
    undecided: Sequence[int],
    sizes: Sequence[int],
) -> str:
    parts = []
    if len(ranges) == 1:
        where = f"n = {_listed(ranges[0].sizes)}"
        if not undecided:
            where = f"every n measured, {sizes[0]:,} to {sizes[-1]:,}"
        if len(sizes) == 1:
            where = f"n = {sizes[0]:,}, the only one measured"
        parts.append(f"{_best(ranges[0])} at {where}")
    for number, each in enumerate(ranges):
        if each.begins is None:
            continue
        boundary = f"n = {size_with_interval(each.begins, sizes[0], sizes[-1])}"
        if number == 1:
            parts.append(f"below {boundary} {_best(ranges[0])}")
        parts.append(f"from {'there' if number == 1 else boundary} on {_named(each)}")
    parts += [_pays_in_words(kind, each) for kind, each in pays_from]
    if undecided:
        where = f"at n = {_listed(undecided)}" if ranges else "at any n measured"
        parts.append(f"{where} {Verdict.UNDECIDED}")
    text = "; ".join(parts)
    return text[0].upper() + text[1:]


def _listed(sizes: Iterable[int]) -> str:
    return listed(f"{n:,}" for n in sizes)


def _named(each: Range) -> str:
    if each.mechanisms == (NEITHER,):
        return SERIAL
    alike = " alike" if len(each.mechanisms) > 1 else ""
    return " or ".join(each.mechanisms) + alike


def _best(each: Range) -> str:
    if len(each.mechanisms) > 1:
        return _named(each)
    return f"{_named(each)} {'is' if each.mechanisms == (NEITHER,) else 'are'} best"


def _pays_in_words(kind: str, pays: PaysFrom) -> str:
    largest = f"n = {pays.sizes[-1]:,}"
    match pays.verdict:
        case Verdict.PAYS if pays.n.high == 0.0:
            return f"{kind} pay at every n measured"
        case Verdict.PAYS if pays.n.value == 0.0:
            return f"{kind} pay from n = {size(pays.n.high)} at the latest"
        case Verdict.PAYS:
            return f"{kind} pay from n = {pays.in_words}"
        case Verdict.NEVER:
            return f"{kind} never pay up to {largest}"
        case Verdict.CEASES:
            return f"{kind} pay only at n = {_listed(pays.ahead)}"
        case _:
            return f"whether {kind} pay up to {largest} {Verdict.UNDECIDED}"


def _evidence(
    estimates: Estimates, ranges: Iterable[Range], largest: int, at: Mapping[str, list[Case]]
) -> str:
    """What each mechanism gains at the largest n, the fastest first."""
    parallel = {kind: cases for kind, cases in at.items() if kind != NEITHER}
    fastest = {kind: _fastest(estimates, cases) for kind, cases in parallel.items()}
    gains = {k: estimates.speedup_of_best(cases, at[NEITHER]) for k, cases in parallel.items()}
    told = "; ".join(
        f"{kind} {with_interval(gains[kind])} ({fastest[kind].backend}, "
        f"{count_of(fastest[kind].number('workers'), 'worker')})"
        for kind in sorted(gains, key=lambda kind: -gains[kind].value)
    )
    text = f"Times the speed of serial at n = {largest:,}, the largest measured: {told}."
    if any(len(each.mechanisms) > 1 for each in ranges):
        text += (
            f" Alike: these rounds tell no difference of {WORTHWHILE - 1.0:.0%} between the two."
        )
    return text
