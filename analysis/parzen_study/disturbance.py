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

A share says nothing of a load that lasts all run, as it has no quiet round beside it; that is
measured (ForeignLoad). Nor of rounds of which half or more are disturbed: the median is then of no
quiet round, so none is rejected, and the run is disturbed throughout.

Figures. Of the 149 rounds of results/study that can be judged, quiet ones, 1 is notable and none is
rejected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from parzen_study.case import Case
from parzen_study.finding import Finding
from parzen_study.phrasing import count_of, percent

LESS = 0.9
NOTABLE = 0.10
REJECTED = 0.40
FEWEST_CASES = 20
_MOSTLY_BUSY = 0.5
# So many CPUs may be busy with other programs, before the start and during the run.
BUSY_LOAD = 0.5
_NAMED = 10
_STOP = "stop other programs, then measure again"


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


def of_rounds(shares: Iterable[Share], usable_cpus: int | None) -> dict[int, Disturbance]:
    """Of every round that has cases enough to judge it, by its number."""
    by_case: dict[Case, list[Share]] = defaultdict(list)
    for share in shares:
        if share.case.number("workers") > 1:
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


def rejected(rounds: Mapping[int, Disturbance]) -> dict[int, Disturbance]:
    """Those that are no replication of the others; none where that is half of them or more."""
    found = _strongly(rounds)
    return found if 2 * len(found) < len(rounds) else {}


def _strongly(rounds: Mapping[int, Disturbance]) -> dict[int, Disturbance]:
    return {number: each for number, each in rounds.items() if each.fraction >= REJECTED}


def foreign_cpus(loads: Sequence[ForeignLoad]) -> float | None:
    """How many CPUs other programs kept busy, on average over rounds; None where it is unknown."""
    seconds = sum(each.seconds for each in loads)
    return sum(each.cpu_seconds for each in loads) / seconds if seconds else None


def throughout(
    rounds: Mapping[int, Disturbance], foreign: float | None, usable_cpus: int | None
) -> Finding | None:
    """Whether other programs disturbed the whole run, so that it has no quiet rounds to keep; it is
    then no baseline. `rounds` are those that were not rejected, `foreign` as of foreign_cpus."""
    if foreign is not None and foreign > BUSY_LOAD:
        of = "" if usable_cpus is None else f" of {usable_cpus}"
        what = f"other programs kept {foreign:.1f}{of} CPUs busy during the run"
    elif strongly := _strongly(rounds):
        what = f"{len(strongly)} of {count_of(len(rounds), 'round')} were strongly disturbed"
    else:
        return None
    return Finding(
        "warning",
        what,
        "they share the CPUs with the workers, so there are no quiet rounds to keep",
        _STOP,
        transient=True,
    )


def in_some_rounds(rounds: Mapping[int, Disturbance]) -> Finding | None:
    """Which rounds were notably disturbed; `rounds` are those that were not rejected."""
    notable = [number for number, each in rounds.items() if each.fraction >= NOTABLE]
    if not notable:
        return None
    more = ", ..." if len(notable) > _NAMED else ""
    worst = max(each.fraction for each in rounds.values())
    return Finding(
        "warning",
        f"other programs disturbed {len(notable)} of {count_of(len(rounds), 'round')}: "
        f"{', '.join(map(str, notable[:_NAMED]))}{more}",
        f"in the worst, {percent(worst)} of the cases of several workers got less than {LESS:.0%} "
        "of their usual share of the CPUs",
        _STOP,
        transient=True,
    )
