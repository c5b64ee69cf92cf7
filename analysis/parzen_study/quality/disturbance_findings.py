"""Findings about disturbance, for the report, the baseline store and the gate."""

from __future__ import annotations

from collections.abc import Mapping

from parzen_study.common.wording import count_of
from parzen_study.run.disturbance import (
    BY_CHANCE,
    FOREIGN_CPUS,
    LESS,
    NOTABLE,
    REJECTED,
    Disturbance,
    ForeignLoad,
    disturbed,
    foreign_cpus,
)
from parzen_study.run.finding import Finding

_NAMED = 10  # rounds
_STOP = "stop other programs, then measure again"


def throughout(
    rounds: Mapping[int, Disturbance], loads: Mapping[int, ForeignLoad]
) -> Finding | None:
    """Whether other programs disturbed the whole run: then it cannot be a baseline. Judges rounds
    that were not rejected."""
    foreign = foreign_cpus(loads.values())
    many = disturbed(rounds, loads, REJECTED)
    if foreign >= FOREIGN_CPUS:
        what = f"other programs used {foreign:.1f} CPUs on average during the run"
    elif many:
        what = f"{len(many)} of {count_of(len(rounds), 'round')} were strongly disturbed"
    else:
        return None
    return Finding(
        "warning",
        what,
        "they share the CPUs with the workers, so there are no quiet rounds to keep",
        _STOP,
        transient=True,
    )


def in_some_rounds(
    rounds: Mapping[int, Disturbance], loads: Mapping[int, ForeignLoad]
) -> Finding | None:
    """Which of the rounds that were not rejected were notably disturbed; None if as few as by
    chance."""
    notable = disturbed(rounds, loads, NOTABLE)
    if len(notable) <= BY_CHANCE * len(rounds):
        return None
    worst = max(each.fraction for each in notable.values())
    numbers = ", ".join(map(str, list(notable)[:_NAMED])) + ", ..." * (len(notable) > _NAMED)
    return Finding(
        "warning",
        f"other programs disturbed {len(notable)} of the {len(rounds)} rounds with parallel cases",
        f"these are: {numbers}; in the worst, {worst:.0%} of the parallel cases got less than "
        f"{LESS:.0%} of their usual share of the CPUs",
        _STOP,
        transient=True,
    )
