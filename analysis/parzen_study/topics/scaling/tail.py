"""The tail of calls next to a busy program: family load.

In a few rounds a backend may take many times its median, for instance where threads wait for one
that was preempted. A round's time is the mean of its calls, so one slow call counts by its share.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from parzen_study.common.wording import count_of, listed, significant
from parzen_study.run.case import SERIAL, Case, start_order
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.scaling.last_core import is_next_to_one

# Times the median: more than ordinary noise.
LONG = 20.0


@dataclass(frozen=True)
class Tail:
    """Of a case over its `rounds`, in seconds: the median, the 95th percentile and the longest."""

    case: Case
    rounds: int
    time: Estimate
    percentile_95: float
    worst: float

    @property
    def worst_over_median(self) -> float:
        return self.worst / self.time.value


def tails(estimates: Estimates, left_out: Collection[str]) -> tuple[Tail, ...]:
    """By n, serial first, then by backend and start; none where the run has no family load.
    `left_out` are names of cases that have no figure."""
    found = [
        Tail(each.case, estimates.rounds_of(each.case), each.time, *each.slowest)
        for name, each in estimates.measured.items()
        if is_next_to_one(each.case) and name not in left_out
    ]
    return tuple(sorted(found, key=lambda tail: _order(tail.case)))


def _order(case: Case) -> tuple[object, ...]:
    return (
        case.problem_order(), case.backend != SERIAL, case.backend, start_order(case.start),
        case.number("workers"),
    )  # fmt: skip


def in_words(found: Collection[Tail]) -> str:
    """Which backends have a tail; empty without parallel cases."""
    parallel = [tail for tail in found if tail.case.number("workers") > 1]
    if not parallel:
        return ""
    worst: dict[str, Tail] = {}
    for tail in parallel:
        backend = tail.case.backend
        worst[backend] = max(worst.get(backend, tail), tail, key=lambda t: t.worst_over_median)
    long = [tail for tail in worst.values() if tail.worst_over_median >= LONG]
    others = sorted(worst.keys() - {tail.case.backend for tail in long})
    text = "".join(
        f"{tail.case.backend} has a long tail: the worst of {count_of(tail.rounds, 'round')} takes "
        f"{significant(tail.worst_over_median)} times the median (n = {tail.case.number('n'):,}, "
        f"{tail.case.start}). "
        for tail in sorted(long, key=lambda tail: -tail.worst_over_median)
    )
    if others:
        most = max(worst[backend].worst_over_median for backend in others)
        times = f"{significant(most)} times the median"
        text += f"The worst round of {listed(others)} takes at most {times}."
    return text.strip()
