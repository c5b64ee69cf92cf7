"""The groups of cases, and what their rounds gave so far: what parzen_study.plan decides from.

Every case runs in the first rounds. After them a round runs some groups only: cases that are set
beside one another, such as a backend and its serial, stay together, so that their ratio is still
paired round by round. Peers are groups of their own, since one of their rounds takes as long as
many of the suite's: what is said of both draws them apart where their rounds differ.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from parzen_study import plan
from parzen_study.document import UNITS, pairs

_PARTS: Final = re.compile(r"/(n|d|operation):([^/]+)")
_MECHANISMS: Final = "backends.mechanisms"


def group_of(case: str) -> str:
    """The group of a case by its name: family, then n and d, or what it does where it has no n."""
    parts = dict(_PARTS.findall(case))
    keys = ("n", "d") if "n" in parts else ("operation",)
    family = case.partition("/")[0]
    return "/".join([family, *(f"{key}:{parts[key]}" for key in keys if key in parts)])


def groups_of(cases: Iterable[str]) -> dict[str, list[str]]:
    """All groups, by name, with their cases."""
    found: dict[str, list[str]] = defaultdict(list)
    for case in sorted(cases):
        found[group_of(case)].append(case)
    return dict(sorted(found.items()))


class Allocation:
    """The rounds that each group has had, and what they gave.

    `seconds` tells how long a case takes in a round, all around it included.
    """

    def __init__(
        self,
        groups: Mapping[str, Sequence[str]],
        most_rounds: int,
        seconds: Callable[[str], float],
    ) -> None:
        self.groups = groups
        self._most_rounds = most_rounds
        self._seconds = seconds
        self._times: dict[str, list[float]] = defaultdict(list)
        self._mechanisms: dict[str, str] = {}
        self._rounds = dict.fromkeys(self.groups, 0)

    def add(self, document: Mapping[str, Any], groups: Iterable[str]) -> None:
        """Takes what a round of these groups gave; a case with an error has no time in it."""
        for group in groups:
            self._rounds[group] += 1
        self._mechanisms |= pairs(document.get("context", {}).get(_MECHANISMS, ""))
        for case in document["benchmarks"]:
            time, unit = case.get("real_time"), UNITS.get(case.get("time_unit"))
            if isinstance(time, int | float) and 0.0 < time < math.inf and unit:
                self._times[case["run_name"]].append(time * unit)

    def next_groups(self, seconds_left: float) -> list[str]:
        """The groups of the next round, sorted; none where none fits the time."""
        groups = {
            name: plan.Group(cases, self._rounds[name], sum(map(self._seconds, cases)))
            for name, cases in self.groups.items()
            if self._rounds[name] < self._most_rounds
        }
        return plan.next_groups(groups, self._times, self._mechanisms, seconds_left)
