"""What dispatch costs: family dispatch of a run, its limits and its peers.

A limit is the bare step: the round trip of a byte, waiting in the same way, or a copy of the same
bytes. Ratios are ratios of medians of the same run, paired by round.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from parzen_study.run.case import Case
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates

FAMILY = "dispatch"
# What a peer is compared with: the pool of this suite that corresponds to it.
POOL = "pool_shared"
PAYLOAD = "payload"
# In the order in which they are read; others follow.
OPERATIONS = ("apply", "map", PAYLOAD, "lifetime", "fork")

# The limit of an empty task, by backend and way of waiting; of a payload it is a copy of its bytes.
_PING_PONG: Mapping[tuple[str, str], str] = {
    ("pool_shared", "block"): "eventfd_ping_pong",
    ("pool_pipe", "block"): "pipe_ping_pong",
    ("pool_shared", "spin"): "spin_ping_pong",
    ("pool_pipe", "spin"): "spin_ping_pong",
}
_COPY = "memcpy"


@dataclass(frozen=True)
class Cost:
    """A case, its time in seconds, and its time over that of its limit and of POOL; None where not
    measured. Without a time, `reason` says why."""

    case: Case
    time: Estimate | None
    limit: Case | None
    times_limit: Estimate | None
    times_pool: Estimate | None
    reason: str


@dataclass(frozen=True)
class Block:
    """All of one operation; by size, then as people look for it: backend, workers, wait."""

    operation: str
    costs: tuple[Cost, ...]


def blocks(run: Run, estimates: Estimates, reasons: Mapping[str, str]) -> list[Block]:
    """A block an operation that the run planned; none where it has no family dispatch. `reasons`
    says by name why a case has no figure."""
    cases = sorted((case for case in run.cases if case.family == FAMILY), key=_order)
    found = dict.fromkeys(case.get("operation") for case in cases)
    named = [name for name in OPERATIONS if name in found]
    measured = [case for case in cases if case.name not in reasons]

    def cost(case: Case) -> Cost:
        if case not in measured:
            return Cost(case, None, None, None, None, reasons[case.name])
        limit = _limit_of(case, measured)
        pools = _pools_like(case, measured) if run.is_of_peer(case) else []
        return Cost(
            case=case,
            time=estimates.measured[case.name].time,
            limit=limit,
            times_limit=estimates.speedup_between(limit, case) if limit else None,
            times_pool=estimates.speedup_against_best(case, pools).inverse() if pools else None,
            reason="",
        )

    return [
        Block(name, tuple(cost(case) for case in cases if case.get("operation") == name))
        for name in (*named, *sorted(found.keys() - set(named)))
    ]


def _order(case: Case) -> tuple[object, ...]:
    wait = (case.get("wait"), case.get("pause"))
    return (case.problem_order(), case.backend, case.number("workers"), wait)


def _limit_of(case: Case, measured: Collection[Case]) -> Case | None:
    """The limit measured in the same run: with as many workers, if there are several."""
    operation = case.get("operation")
    if case.get("pause"):  # after one no bare step was measured to compare with
        return None
    if operation == PAYLOAD:
        name = _COPY
    elif operation == "apply":
        name = _PING_PONG.get((case.backend, case.get("wait")), "")
    else:
        return None
    same = [each for each in measured if each.backend == name and each.problem == case.problem]
    if case in same:
        return None
    workers = case.number("workers")
    return min(same, key=lambda each: abs(each.number("workers") - workers), default=None)


def _pools_like(case: Case, measured: Collection[Case]) -> list[Case]:
    """The faster case of POOL at the same operation with as many workers."""
    return [
        each
        for each in measured
        if each.backend == POOL
        and not each.get("pause")
        and each.problem == case.problem
        and each.get("workers") == case.get("workers")
    ]
