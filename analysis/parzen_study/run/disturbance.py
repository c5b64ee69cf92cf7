"""How much other programs disturbed a run: in single rounds, and throughout.

A case's share of the CPUs is its CPU time, with that of its children, over real time. Its usual
share is the median over the rounds of a run: a fixed bound would not fit cases that wait for their
workers. The disturbance of a round is the fraction of its parallel cases that got less than LESS of
their usual share: notable from NOTABLE on, rejected from REJECTED on.

Cases that do not judge: those with one worker, which the system moves to another CPU; and those
whose usual share is less than half of the CPUs of their workers (tasks that wait, calls that are
mostly overhead). Fewer than FEWEST_CASES judge no round: in a quiet run each is disturbed by chance
in about 4%, and eight of twenty almost never.

Shares do not show a load during the whole run, as no round is quiet: that is measured
(ForeignLoad). If half of the rounds or more are disturbed, the median is not that of quiet rounds:
none is rejected, and the run is disturbed throughout. A round with a known foreign load of almost
no CPU is not disturbed: shares also fall by steal, by a quota, or where cases have two modes.

The thresholds: in 149 quiet rounds of results/study the fraction has a median of 2% and a maximum
of 11%; in 44 quiet rounds of profile quick, with short repetitions, 6% and 13%, so a notable round
needs a foreign load as well, if known. One busy loop of another program on two CPUs, with any nice
value, gave 67 to 96% and a foreign load of 0.7 to 1.1 CPUs; quiet rounds have at most 0.02.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from parzen_study.run.case import Case

LESS = 0.9
NOTABLE = 0.10
REJECTED = 0.40
FEWEST_CASES = 20
# Of the rounds of a quiet run, so many may be notable.
BY_CHANCE = 0.01
_MOSTLY_BUSY = 0.5
# Foreign load in CPUs, on average: notable over a run, and almost none in a round.
FOREIGN_CPUS = 0.2
QUIET_CPUS = 0.05


@dataclass(frozen=True)
class Share:
    """A case's share of the CPUs in a round: CPU time over real time, 2.0 for two CPUs."""

    case: Case
    round: int
    cpus: float


@dataclass(frozen=True)
class Disturbance:
    """So many of the `cases` that judge a round got less than their usual share."""

    disturbed: int
    cases: int

    @property
    def fraction(self) -> float:
        return self.disturbed / self.cases


@dataclass(frozen=True)
class ForeignLoad:
    """The CPU time that other programs used of the usable CPUs in so many seconds of real time."""

    seconds: float
    cpu_seconds: float

    @property
    def cpus(self) -> float:
        return self.cpu_seconds / self.seconds


def of_rounds(shares: Iterable[Share], usable_cpus: int | None) -> dict[int, Disturbance]:
    """Of every round that has cases enough to judge it, by its number."""
    by_case: dict[Case, list[Share]] = defaultdict(list)
    for share in shares:
        # After a pause the CPU time includes the pause.
        if share.case.number("workers") > 1 and not share.case.pause:
            by_case[share.case].append(share)
    less: dict[int, list[bool]] = defaultdict(list)
    for case, own in by_case.items():
        usual = median(each.cpus for each in own)
        workers = case.number("workers")
        if usual >= _MOSTLY_BUSY * min(workers, usable_cpus or workers):
            for each in own:
                less[each.round].append(each.cpus < LESS * usual)
    return {
        number: Disturbance(sum(found), len(found))
        for number, found in sorted(less.items())
        if len(found) >= FEWEST_CASES
    }


def rejected(
    rounds: Mapping[int, Disturbance], loads: Mapping[int, ForeignLoad]
) -> dict[int, Disturbance]:
    """The rejected rounds; none where half of them or more would be."""
    found = disturbed(rounds, loads, REJECTED)
    return found if 2 * len(found) < len(rounds) else {}


def disturbed(
    rounds: Mapping[int, Disturbance], loads: Mapping[int, ForeignLoad], least: float
) -> dict[int, Disturbance]:
    """The rounds with at least this fraction of disturbed cases, except those with a known foreign
    load of almost no CPU."""
    return {
        number: each
        for number, each in rounds.items()
        if each.fraction >= least and not (number in loads and loads[number].cpus < QUIET_CPUS)
    }


def foreign_cpus(loads: Collection[ForeignLoad]) -> float:
    """On average over rounds; 0 where it is unknown."""
    seconds = sum(each.seconds for each in loads)
    return sum(each.cpu_seconds for each in loads) / seconds if seconds else 0.0
