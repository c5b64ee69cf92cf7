"""Chooses the cases of a further round: the groups with the largest reduction of CIs a second.

Every case runs in the first rounds. The rest of the time goes to groups of cases, so that a backend
and its serial case stay paired by round.

A median's squared half width falls with the number of rounds r: a round removes 1 / (r + 1) of it.
The group that removes the most a second comes first. Over many rounds that is Neyman's allocation,
rounds in proportion to the standard deviation over the square root of the cost (W. G. Cochran,
"Sampling Techniques", 1977, 5.5). A case counts DECISIVE times next to an inconclusive verdict, or
next to the size at which a backend overtakes serial.

Pure, and needs only the standard library: the runner calls it after every round.
"""

from __future__ import annotations

import contextlib
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from parzen_study.run.case import SERIAL, Case, parse_case

# Weight of a case on which an inconclusive verdict or a crossing depends.
DECISIVE = 5.0
# Copies of answer.WORTHWHILE and grain.THRESHOLD, since those modules load pandas.
WORTHWHILE = 1.05
METG_EFFICIENCY = 0.5

# run.MECHANISMS without `neither`; that module loads pandas as well.
_PARALLEL = frozenset({"processes", "threads"})
_NORMAL = 1.96  # standard deviations that hold 95%
_FEWEST = 3  # times for an interval of the median
# The parameters that grow along a line of cases.
_SIZES = ("n", "iterations")
# A group joins the best one in a round if its gain is at least this share of that one's; or, if it
# is short itself, where the round would be shorter than _SHORT seconds, mostly start of processes.
_WORTH_AS_WELL = 0.5
_SHORT = 3.0


@dataclass(frozen=True)
class Group:
    """Cases that run in the same rounds: the number of rounds so far, and the seconds of one."""

    cases: Sequence[str]
    rounds: int
    seconds: float


def next_groups(
    groups: Mapping[str, Group],
    times: Mapping[str, Sequence[float]],
    mechanisms: Mapping[str, str],
    seconds_left: float,
) -> list[str]:
    """The groups of the next round, sorted; none where none fits the time or would gain.

    `times` are those of each case so far, in seconds; `mechanisms` is by backend.
    """
    gains = _gains(groups, times, mechanisms)
    fitting = [name for name, group in groups.items() if group.seconds <= seconds_left]
    best = max((gains[name] for name in fitting), default=0.0)
    chosen: list[str] = []
    seconds = 0.0
    for name in sorted(fitting, key=lambda name: -gains[name]):
        fills = seconds < _SHORT and groups[name].seconds <= _SHORT
        worth = gains[name] >= _WORTH_AS_WELL * best or fills
        if gains[name] > 0.0 and worth and seconds + groups[name].seconds <= seconds_left:
            chosen.append(name)
            seconds += groups[name].seconds
    return sorted(chosen)


def _gains(
    groups: Mapping[str, Group],
    times: Mapping[str, Sequence[float]],
    mechanisms: Mapping[str, str],
) -> dict[str, float]:
    """What a round of each group removes of the squared half widths of its cases, a second."""
    medians = {name: Median.of(each) for name, each in times.items() if len(each) >= _FEWEST}
    decisive = decisive_cases(medians, mechanisms)
    removed = {
        name: median.removed_by_a_round * (DECISIVE if name in decisive else 1.0)
        for name, median in medians.items()
    }
    return {
        name: sum(removed.get(case, 0.0) for case in group.cases) / max(group.seconds, 1e-9)
        for name, group in groups.items()
    }


@dataclass(frozen=True)
class Median:
    """The logarithm of a median of some rounds, and half the width of its 95% interval."""

    log: float
    half_width: float
    rounds: int

    @classmethod
    def of(cls, times: Sequence[float]) -> Median:
        """Between two order statistics, by the normal approximation of the binomial distribution,
        interpolated; for any distribution of times (H. A. David and H. N. Nagaraja, "Order
        Statistics", 2003, 7.1). For five rounds from the fastest to the slowest. Only for
        planning, not for verdicts."""
        rounds = len(times)
        logs = sorted(map(math.log, times))
        middle = (rounds - 1) / 2.0
        reach = min(_NORMAL / 2.0 * math.sqrt(rounds), middle)
        low, high = _between(logs, middle - reach), _between(logs, middle + reach)
        return cls(_between(logs, middle), (high - low) / 2.0, rounds)

    @property
    def removed_by_a_round(self) -> float:
        return self.half_width**2 / (self.rounds + 1)


def _between(values: Sequence[float], position: float) -> float:
    below = min(int(position), len(values) - 2)
    return values[below] + (position - below) * (values[below + 1] - values[below])


def decisive_cases(medians: Mapping[str, Median], mechanisms: Mapping[str, str]) -> frozenset[str]:
    """The names of those cases that the report's words still depend on; what is named like no case
    is none of them."""
    names = dict(_parsed(medians))
    by_case = {case: medians[name] for case, name in names.items()}
    rivals = [
        _Rival(case, serial, _lead(by_case, case, serial), mechanisms[case.backend])
        for case, serial in _with_serial(by_case)
        if case.backend in mechanisms
    ]
    decisive = (*_undecided(by_case, rivals), *_crossing(rivals))
    return frozenset(names[case] for case in decisive)


def _parsed(names: Iterable[str]) -> Iterator[tuple[Case, str]]:
    for name in names:
        with contextlib.suppress(ValueError):
            yield parse_case(name), name


@dataclass(frozen=True)
class _Lead:
    """The logarithm of how many times as fast a case is as another, and half of its interval."""

    log: float
    half_width: float

    def undecided(self, bound: float) -> bool:
        return abs(self.log - bound) < self.half_width


@dataclass(frozen=True)
class _Rival:
    """A case and serial of its problem and kernel."""

    case: Case
    serial: Case
    lead: _Lead
    mechanism: str


def _lead(medians: Mapping[Case, Median], case: Case, other: Case) -> _Lead:
    own, theirs = medians[case], medians[other]
    return _Lead(theirs.log - own.log, math.hypot(own.half_width, theirs.half_width))


def _with_serial(medians: Mapping[Case, Median]) -> Iterator[tuple[Case, Case]]:
    """Every case of another backend, and the fastest serial case of its problem and kernel."""
    serial: dict[tuple[object, ...], Case] = {}
    for case in medians:
        if case.backend == SERIAL:
            fastest = serial.setdefault(_loop(case), case)
            serial[_loop(case)] = min(fastest, case, key=lambda each: medians[each].log)
    for case in medians:
        if case.backend != SERIAL and _loop(case) in serial:
            yield case, serial[_loop(case)]


def _loop(case: Case) -> tuple[object, ...]:
    return case.problem, case.get("kernel")


def _undecided(medians: Mapping[Case, Median], rivals: Iterable[_Rival]) -> Iterator[Case]:
    """The cases of every verdict, processes or threads or neither, that is still inconclusive.

    The fastest case of several workers stands for its mechanism, as in answer.py: it pays or not by
    WORTHWHILE, and of two that pay one is ahead, or they are alike by the same factor.
    """
    fastest: dict[tuple[object, ...], dict[str, _Rival]] = defaultdict(dict)
    for each in rivals:
        if each.mechanism in _PARALLEL and each.case.number("workers") > 1:
            question = _loop(each.case), each.case.get("decomposition"), each.case.start
            known = fastest[question].setdefault(each.mechanism, each)
            if each.lead.log > known.lead.log:
                fastest[question][each.mechanism] = each
    worthwhile = math.log(WORTHWHILE)
    for own in fastest.values():
        for each in own.values():
            if each.lead.undecided(worthwhile):
                yield from (each.case, each.serial)
        paying = [each for each in own.values() if each.lead.log > worthwhile]
        for one, other in combinations(paying, 2):
            lead = _lead(medians, one.case, other.case)
            alike = abs(lead.log) + lead.half_width <= worthwhile
            if lead.undecided(0.0) and not alike:
                yield from (one.case, other.case)


def _crossing(rivals: Iterable[_Rival]) -> Iterator[Case]:
    """The cases next to the size at which a backend overtakes serial, or reaches METG(50%): those
    of the two sizes between which it does, and those of a size that may be either's."""
    lines: dict[tuple[object, ...], list[_Rival]] = defaultdict(list)
    for each in rivals:
        rest = tuple(part for part in each.case.parameters if part[0] not in _SIZES)
        lines[each.case.family, each.case.backend, rest].append(each)
    for line in lines.values():
        line.sort(key=lambda each: [each.case.number(size) for size in _SIZES])
        ahead = [each.lead.log > _bound(each.case) for each in line]
        close = {
            each
            for pair, (here, there) in zip(pairwise(line), pairwise(ahead), strict=True)
            if here != there
            for each in pair
        }
        if len(line) > 1:
            close |= {each for each in line if each.lead.undecided(_bound(each.case))}
        for each in close:
            yield from (each.case, each.serial)


def _bound(case: Case) -> float:
    """The lead over serial, as a logarithm, at which a case crosses."""
    if case.get("iterations"):
        return math.log(METG_EFFICIENCY * max(case.number("workers"), 1))
    return 0.0
