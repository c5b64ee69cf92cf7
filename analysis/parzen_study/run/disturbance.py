"""How much other programs disturbed a run: in single rounds, and throughout.

A case keeps its CPUs as busy in every round, unless another program takes them: what it uses of
them is its CPU time, of the program and its children, over the real time. Its usual share is the
median over the rounds of a run; no fixed bound would do, as some cases wait for their workers more
than others. A round is disturbed by the fraction of its cases of several workers that got less than
LESS of their usual share: it is notable from NOTABLE on, and rejected from REJECTED on.

Not judged by: cases of one worker, which another program drives to the other CPUs; and cases whose
usual share is less than half of the CPUs that their workers could keep busy (all of family io_bound
that mostly waits, and calls that are mostly overhead), since little of their time is for others to
take. Fewer than FEWEST_CASES judge no round: in a quiet run each is disturbed by chance with about
4%, and eight of twenty hardly ever are.

A share says nothing of a load that lasts all run, since no round is quiet to compare with; that is
measured (ForeignLoad). Nor of rounds of which half or more are disturbed: the median is then of no
quiet round, so none is rejected, and the run is disturbed throughout. And where other programs are
known to have used hardly any CPU in a round, they did not disturb it: shares also fall where the
host or a quota takes CPUs away, which is said elsewhere, or where cases have two modes.

The thresholds. In the quiet rounds of results/study that can be judged, 149, the fraction has a
median of 2% and a maximum of 11%; of 44 quiet rounds of profile quick, whose repetitions are short,
6% and 13%, so that what is notable asks for a foreign load as well, where it is known. One busy
loop of another program, of whatever nice value, on two CPUs made it 67 to 96%, and a foreign load
of 0.7 to 1.1 CPUs; quiet rounds have one of at most 0.02.
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
# CPUs that other programs kept busy, on average: notable over a run, and hardly any in a round.
FOREIGN_CPUS = 0.2
QUIET_CPUS = 0.05


@dataclass(frozen=True)
class Share:
    """What a case used of the CPUs in a round: CPU time over real time, so 2.0 for two of them."""

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
        # After a pause the CPU time is that of the pause as well, which says nothing of a share.
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
    """Those that are no replication of the others; none where that is half of them or more."""
    found = disturbed(rounds, loads, REJECTED)
    return found if 2 * len(found) < len(rounds) else {}


def disturbed(
    rounds: Mapping[int, Disturbance], loads: Mapping[int, ForeignLoad], least: float
) -> dict[int, Disturbance]:
    """Those of at least such a fraction of disturbed cases, but for rounds in which other programs
    are known to have used hardly any CPU."""
    return {
        number: each
        for number, each in rounds.items()
        if each.fraction >= least and not (number in loads and loads[number].cpus < QUIET_CPUS)
    }


def foreign_cpus(loads: Collection[ForeignLoad]) -> float:
    """On average over rounds; 0 where it is unknown."""
    seconds = sum(each.seconds for each in loads)
    return sum(each.cpu_seconds for each in loads) / seconds if seconds else 0.0
