"""Which cases the next round runs: those whose medians are least sure, for the time that is left.

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

# Half the width of a median's 95% interval, as a share of it, below which it is sure enough.
TARGET: Final = 0.03
_NORMAL: Final = 1.96  # standard deviations that hold 95%
_FEWEST: Final = 3  # times of which a median has an interval
_EXACT: Final = 1e-4  # a target below which nobody asks
# A group goes into a round with the best one if it gains at least so much of what that one gains;
# or if the round would else be so short, in seconds, that the start of its processes is much of it.
_WORTH_AS_WELL: Final = 0.5
_SHORT: Final = 3.0

_PARTS: Final = re.compile(r"/(n|d|operation):([^/]+)")


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


def half_width(times: Sequence[float]) -> float:
    """Half the width of the 95% interval of the median of some rounds, as a share of the median.

    From the order statistic as far below the median as the binomial distribution's normal form
    says to that as far above it, interpolated between two, whatever the distribution of times
    (H. A. David and H. N. Nagaraja, "Order Statistics", 2003, 7.1); of five rounds from the fastest
    to the slowest. No verdict rests on it: it says where another round is worth its time.
    """
    rounds = len(times)
    if rounds < _FEWEST:  # of a case with errors, whose median another round makes no surer
        return 0.0
    logs = sorted(map(math.log, times))
    middle = (rounds - 1) / 2.0
    reach = min(_NORMAL / 2.0 * math.sqrt(rounds), middle)
    return (_between(logs, middle + reach) - _between(logs, middle - reach)) / 2.0


def _between(values: Sequence[float], position: float) -> float:
    below = min(int(position), len(values) - 2)
    return values[below] + (position - below) * (values[below + 1] - values[below])


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
        self._rounds = dict.fromkeys(self.groups, 0)

    def add(self, document: Mapping[str, Any], groups: Iterable[str]) -> None:
        """Takes what a round of these groups gave; a case with an error has no time in it."""
        for group in groups:
            self._rounds[group] += 1
        for case in document["benchmarks"]:
            time = case.get("real_time")
            if isinstance(time, int | float) and 0.0 < time < math.inf:
                self._times[case["run_name"]].append(time)

    def next_groups(self, seconds_left: float) -> list[str]:
        """The groups of the next round, in order of their names; none where none fits the time.

        Each case that is not sure needs some further rounds, by the square of how far it is off, so
        a round brings it one of so many nearer: the groups are chosen that bring their cases
        nearest for a second of time. Where all are sure, they are to be surer still.
        """
        gains: dict[str, float] = {}
        target = TARGET
        while not any(gains.values()) and target > _EXACT:
            gains = {
                group: self._gain(group, target)
                for group in self.groups
                if self._rounds[group] < self._most_rounds and self._cost(group) <= seconds_left
            }
            target /= 2.0
        best = max(gains.values(), default=0.0)
        chosen = []
        seconds = 0.0
        for group in sorted(gains, key=lambda group: -gains[group]):
            worth = gains[group] >= _WORTH_AS_WELL * best or seconds < _SHORT
            cost = self._cost(group)
            if gains[group] > 0.0 and worth and seconds + cost <= seconds_left:
                chosen.append(group)
                seconds += cost
        return sorted(chosen)

    def _cost(self, group: str) -> float:
        return sum(map(self._seconds, self.groups[group]))

    def _gain(self, group: str, target: float) -> float:
        """By how many cases a round of the group is nearer to the target, a second."""
        widths = {case: half_width(self._times[case]) for case in self.groups[group]}
        gain = sum(
            1.0 / max(len(self._times[case]) * ((width / target) ** 2 - 1.0), 1.0)
            for case, width in widths.items()
            if width > target
        )
        return gain / max(self._cost(group), 1e-9)
