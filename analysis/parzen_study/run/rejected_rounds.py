"""Invalid rounds are rejected: of another machine or build, truncated, with much steal, or
disturbed by another program (disturbance.py). They are no replication of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from parzen_study.common.wording import percent
from parzen_study.run import sysinfo
from parzen_study.run.disturbance import LESS, Disturbance
from parzen_study.run.finding import Finding

# Of the CPU time of a round. A warning is reported from 1% on.
STOLEN = 0.10

Items = Mapping[str, str]


def most_common(machines: Sequence[Items]) -> Items:
    """The machine of most rounds; of several, that of the earliest round."""
    counted = Counter(tuple(sorted(machine.items())) for machine in machines)
    return dict(counted.most_common(1)[0][0])


def other_machine(number: int, machine: Items, others: Items) -> Finding | None:
    """None where they are the same."""
    differing = [
        f"machine.{key} is '{machine.get(key, 'missing')}', '{others.get(key, 'missing')}' in most "
        "rounds"
        for key in sorted(machine.keys() | others.keys())
        if machine.get(key) != others.get(key)
    ]
    if not differing:
        return None
    return Finding(
        "rejection",
        f"round {number} is rejected: its machine or build differs from that of the other rounds",
        "; ".join(differing),
        "measure all rounds in one run of 'make bench'; never merge two runs",
        subject="round",
    )


def truncated(number: int, missing: Collection[str], cases: int) -> Finding | None:
    """None where no case is missing; `cases` is how many there should be."""
    if not missing:
        return None
    named = ", ".join(sorted(missing)[:3]) + (", ..." if len(missing) > 3 else "")
    return Finding(
        "rejection",
        f"round {number} is rejected: {len(missing)} of {cases} cases are missing: {named}",
        "the round was truncated or edited",
        "measure again with 'make bench'; do not edit run.json by hand",
        subject="round",
    )


def stolen(number: int, before: Items, after: Items) -> Finding | None:
    """None where the host took little, and where that is unknown."""
    share = sysinfo.steal_between(before, after)
    if share is None or share <= STOLEN:
        return None
    return Finding(
        "rejection",
        f"round {number} is rejected: the host took {percent(share)} of its CPU time (steal)",
        "other virtual machines compete for the same cores",
        "measure at a quieter time, or on a dedicated machine",
        transient=True,
        subject="round",
    )


def disturbed(number: int, found: Disturbance) -> Finding:
    """Of a round that disturbance.rejected names."""
    return Finding(
        "rejection",
        f"round {number} is rejected: {found.disturbed} of its {found.cases} parallel cases got "
        f"less than {LESS:.0%} of their usual share of the CPUs",
        "another program used the CPUs",
        "stop other programs, then measure again",
        transient=True,
        subject="round",
    )
