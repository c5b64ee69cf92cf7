"""The answer by size, in words: from which n on processes, threads or neither.

At every n that was measured the rule is that of answer.py: of each mechanism its fastest case
stands for it, parallel work counts where the whole interval of its speedup is above WORTHWHILE, and
two mechanisms are told apart by the same factor. Neighbouring n of the same answer make a range.
Between two ranges lies the n at which the later answer begins to hold by that factor, solved anew
in every resample (sizes.py), and an n that cannot tell two ranges apart is part of its interval.
Where these rounds merely fail to tell two mechanisms apart, no such n was passed: then the range
holds at the n that were measured, and nothing is worked out between them.
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
    that counts; `alike` is whether they show that there is none, at all of these n. `begins` is the
    n from which it holds: None of the first range, and where all that is known is at which n."""

    mechanisms: tuple[str, ...]
    sizes: tuple[int, ...]
    alike: bool
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
    stretches = [
        _Stretch(kinds, found := list(own), all(_alike(estimates, at[n], kinds) for n in found))
        for kinds, own in groupby(decided, key=fits.__getitem__)
    ]
    begins = [_boundary(estimates, curves, before, after) for before, after in pairwise(stretches)]
    ranges = tuple(
        Range(tuple(sorted(each.kinds)), tuple(each.sizes), each.alike, begin)
        for each, begin in zip(stretches, [None, *begins], strict=False)
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
    leader = _leader(estimates, parallel)
    return frozenset(
        kind
        for kind, cases in parallel.items()
        if estimates.speedup_of_best(cases, serial).wholly_above(WORTHWHILE)
        and not (
            cases is not leader
            and estimates.speedup_of_best(leader, cases).wholly_above(WORTHWHILE)
        )
    )


def _leader(estimates: Estimates, at: Mapping[str, list[Case]]) -> list[Case]:
    """The cases of the mechanism that the fastest of all is of."""
    fastest = _fastest(estimates, [case for cases in at.values() for case in cases])
    return next(cases for cases in at.values() if fastest in cases)


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
    """The n from which the later of two stretches holds: among those that no longer tell the first
    and do not tell the second yet, whatever noise does farther off. None where they share a
    mechanism that one of them fails to tell from the others."""
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
    low, high = before.sizes[-1], after.sizes[0]
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
    for number, each in enumerate(ranges[1:], start=1):
        boundary = f"n = {each.sizes[0]:,}"
        if each.begins:
            boundary = f"n = {size_with_interval(each.begins, sizes[0], sizes[-1])}"
        if number == 1:
            parts.append(f"{_first(ranges, boundary, undecided)} {_best(ranges[0])}")
        there = number == 1 and each.begins
        parts.append(f"from {'there' if there else boundary} on {_named(each)}")
    parts += [_pays_in_words(kind, each) for kind, each in pays_from]
    if undecided:
        where = f"at n = {_listed(undecided)}" if ranges else "at any n measured"
        parts.append(f"{where} {Verdict.UNDECIDED}")
    text = "; ".join(parts)
    return text[0].upper() + text[1:]


def _first(ranges: Sequence[Range], boundary: str, undecided: Sequence[int]) -> str:
    """Where the first of several ranges lies: `below n = 300`, `up to n = 1,000`, or from an n on,
    where those before it cannot tell."""
    first, second = ranges[:2]
    end = boundary if second.begins else f"n = {first.sizes[-1]:,}"
    if any(n < first.sizes[0] for n in undecided):
        start = f"n = {first.sizes[0]:,}"
        return f"at {start}" if start == end else f"from {start} to {end}"
    return f"{'below' if second.begins else 'up to'} {end}"


def _listed(sizes: Iterable[int]) -> str:
    return listed(f"{n:,}" for n in sizes)


def _named(each: Range) -> str:
    if each.mechanisms == (NEITHER,):
        return SERIAL
    told = " alike" if each.alike else " (these rounds cannot tell which)"
    return " or ".join(each.mechanisms) + (told if len(each.mechanisms) > 1 else "")


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
    if any(len(each.mechanisms) > 1 and each.alike for each in ranges):
        text += f" Alike: one takes at most {WORTHWHILE - 1.0:.0%} longer than the other."
    return text
