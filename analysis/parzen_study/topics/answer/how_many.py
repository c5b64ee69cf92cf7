"""How many workers of one mechanism, for neighbouring n.

Choosing the fastest number at each n would follow noise where several numbers are about as fast, as
where memory is the limit. So a number of workers is as good as any unless the fastest case is
significantly ahead of it (`is_ahead`, with the CI of `speedup_of_best`). Neighbouring n go together
while one number is as good as any at all of them. Of these numbers, the fewest workers are chosen
that take at most WORTHWHILE times as long as the fastest, on average over these n.

An n with only one measured number, where others have several, is a range of its own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

from parzen_study.run.case import Case
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.worthwhile import WORTHWHILE, is_ahead
from parzen_study.topics.sizes.model import Curve


@dataclass(frozen=True)
class Choice:
    """A number of workers for neighbouring n; `backends` are those of its fastest cases. `only`: no
    other number was measured at these n, but at others."""

    workers: int
    sizes: tuple[int, ...]
    backends: tuple[str, ...]
    only: bool


# The cases at one n, by their number of workers.
ByWorkers = Mapping[int, list[Case]]


def choices(
    estimates: Estimates, curves: Sequence[Curve], sizes: Sequence[int]
) -> tuple[Choice, ...]:
    """Of the curves of one mechanism, at rising n, each of which has a case of theirs."""
    several = len({case.number("workers") for curve in curves for case in curve.values()}) > 1
    at = {n: _by_workers(curves, n) for n in sizes}
    return tuple(
        _choice(estimates, [at[n] for n in together], together, good, only=only)
        for only, own in groupby(sizes, key=lambda n: several and len(at[n]) == 1)
        for together, good in _together({n: _as_good_as_any(estimates, at[n]) for n in own})
    )


def _by_workers(curves: Sequence[Curve], n: int) -> ByWorkers:
    found: dict[int, list[Case]] = defaultdict(list)
    for curve in curves:
        if n in curve:
            found[curve[n].number("workers")].append(curve[n])
    return found


def _as_good_as_any(estimates: Estimates, at: ByWorkers) -> set[int]:
    every = [case for cases in at.values() for case in cases]
    return {
        workers
        for workers, cases in at.items()
        if not is_ahead(estimates.speedup_of_best(every, cases))
    }


def _together(good: Mapping[int, set[int]]) -> Iterable[tuple[list[int], set[int]]]:
    """Neighbouring n, and the numbers of workers that are as good as any at all of them."""
    found: list[tuple[list[int], set[int]]] = []
    for n, own in good.items():
        if found and found[-1][1] & own:
            sizes, common = found.pop()
            found.append(([*sizes, n], common & own))
        else:
            found.append(([n], own))
    return found


def _choice(
    estimates: Estimates,
    at: Sequence[ByWorkers],
    sizes: Sequence[int],
    good: Iterable[int],
    *,
    only: bool,
) -> Choice:
    def seconds(case: Case) -> float:
        return estimates.measured[case.name].time.value

    fastest = {workers: [min(cases[workers], key=seconds) for cases in at] for workers in good}
    logs = {workers: fmean(math.log(seconds(c)) for c in own) for workers, own in fastest.items()}
    enough = min(logs.values()) + math.log(WORTHWHILE)
    workers = min(workers for workers, log in logs.items() if log <= enough)
    backends = dict.fromkeys(case.backend for case in fastest[workers])
    return Choice(workers, tuple(sizes), tuple(backends), only)
