"""The results of the rounds of each group so far; parzen_study.plan chooses the next groups by
them.

Every case runs in the first rounds. Later rounds run some groups only. Cases that are compared
with each other, such as a backend and serial, are in one group, so their ratio stays paired
round by round. The programs define the groups: see plan.py.

The report rejects rounds that other programs disturbed. They do not count here either, so their
groups get another round. A verdict needs it, so up to two such rounds may go beyond the time of the
run.
"""

import contextlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from parzen_study import plan
from parzen_study.run import cpus, disturbance
from parzen_study.run.case import parse_case
from parzen_study.run.disturbance import ForeignLoad, Share
from parzen_study.run.document import UNITS, as_float, pairs

_MECHANISMS: Final = "backends.mechanisms"
_MACHINE: Final = "machine."

# The most rounds of a group beyond the time, for those that other programs disturbed. On a machine
# that is always busy, more rounds would be rejected as well.
_SPARE_ROUNDS: Final = 2


@dataclass(frozen=True)
class _Round:
    """The results of a round: the seconds of its cases, and the CPU use of its cases and of other
    programs."""

    groups: Collection[str]
    times: Mapping[str, float]
    shares: Sequence[Share]
    foreign_load: ForeignLoad | None


class Allocation:
    """The rounds of each group so far, and their results.

    `fewest_rounds` is the number of usable rounds that each group needs, `most_rounds` the
    limit. `seconds` estimates the time of a case in a round, with all overhead.
    """

    def __init__(
        self,
        groups: Mapping[str, Sequence[str]],
        fewest_rounds: int,
        most_rounds: int,
        seconds: Callable[[str], float],
    ) -> None:
        self.groups = groups
        self._fewest_rounds, self._most_rounds = fewest_rounds, most_rounds
        self._seconds = seconds
        self._rounds: list[_Round] = []
        self._mechanisms: dict[str, str] = {}
        self._usable_cpus: int | None = None

    def add(self, document: Mapping[str, Any], groups: Iterable[str]) -> None:
        """Adds a round of these groups. A case with an error has no time."""
        context = document.get("context", {})
        self._mechanisms |= pairs(context.get(_MECHANISMS, ""))
        self._usable_cpus = cpus.usable(
            {item.removeprefix(_MACHINE): str(value) for item, value in context.items()}
        )
        times: dict[str, float] = {}
        shares: list[Share] = []
        for entry in document["benchmarks"]:
            name, unit = entry["run_name"], UNITS.get(entry.get("time_unit"), 0.0)
            time, cpu_time = (as_float(entry.get(key)) * unit for key in ("real_time", "cpu_time"))
            if 0.0 < time < math.inf:
                times[name] = time
                share = (cpu_time + as_float(entry.get("children_cpu_time"))) / time
                # A peer's case does not report its children's CPU time; a name that cannot be
                # parsed has no share.
                with contextlib.suppress(ValueError):
                    if math.isfinite(share):
                        shares.append(Share(parse_case(name), len(self._rounds), share))
        foreign = document.get("foreign_load")
        load = ForeignLoad(**foreign) if foreign else None
        self._rounds.append(_Round(set(groups), times, shares, load))

    @property
    def disturbed_rounds(self) -> int:
        """How many rounds the report will reject so far."""
        return len(self._rounds) - len(self._usable_rounds())

    def next_groups(self, seconds_left: float) -> list[str]:
        """The groups of the next round, sorted; empty if none fits the remaining time.

        Groups with too few usable rounds for a verdict come first, since the report will reject
        their disturbed rounds. The quickest of them come first if there is no time for all. The
        others still get another round, unless more than _SPARE_ROUNDS of theirs were disturbed.
        """
        ran = Counter(group for each in self._rounds for group in each.groups)
        usable = self._usable_rounds()
        rounds = Counter(group for each in usable for group in each.groups)
        groups = {
            name: plan.Group(cases, rounds[name], sum(map(self._seconds, cases)))
            for name, cases in self.groups.items()
            if ran[name] < self._most_rounds
        }
        short = [name for name, each in groups.items() if each.rounds < self._fewest_rounds]
        short.sort(key=lambda name: groups[name].seconds)
        ends = accumulate(groups[name].seconds for name in short)
        if repeated := [name for name, end in zip(short, ends, strict=True) if end <= seconds_left]:
            return sorted(repeated)
        if spare := [name for name in short if ran[name] - rounds[name] <= _SPARE_ROUNDS]:
            return sorted(spare)
        times: dict[str, list[float]] = defaultdict(list)
        for each in usable:
            for name, time in each.times.items():
                times[name].append(time)
        return plan.next_groups(groups, times, self._mechanisms, seconds_left)

    def _usable_rounds(self) -> list[_Round]:
        shares = (share for each in self._rounds for share in each.shares)
        loads = {
            number: each.foreign_load
            for number, each in enumerate(self._rounds)
            if each.foreign_load
        }
        rejected = disturbance.rejected(disturbance.of_rounds(shares, self._usable_cpus), loads)
        return [each for number, each in enumerate(self._rounds) if number not in rejected]
