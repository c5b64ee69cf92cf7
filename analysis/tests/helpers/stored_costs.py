"""What the committed study says of noise and costs: its rounds, to be drawn from, and the seconds
that a case takes in a round."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import fmean

from parzen_study import plan
from parzen_study.run.case import parse_case
from parzen_study.run.document import UNITS, pairs
from places import ROOT

STUDY = ROOT / "results" / "study" / "run.json"
PEERS = "/peers"  # what the names of groups of peers end with

# By least squares over the times between the starts of the rounds of results/study, and of rounds
# of profile quick: seconds per second of repetition, a second of a call, and a case.
_REPEATED, _CALL, _CASE = 1.54, 0.36, 0.005
_PEERS_CALL, _PEERS_CASE = 4.0, 0.24


@dataclass(frozen=True)
class Stored:
    """The rounds of a run by group, each the seconds of its cases by name, and all repetitions of
    them as (seconds of a call, seconds of all)."""

    min_time: float
    groups: Mapping[str, Sequence[str]]
    rounds: Mapping[str, Sequence[Mapping[str, float]]]
    repeated: Mapping[str, Sequence[tuple[float, float]]]
    mechanisms: Mapping[str, str]

    def of_the_suite(self, names: Collection[str]) -> dict[str, list[str]]:
        """The groups of a shorter run, which has these cases: names without what Google Benchmark
        appends."""
        return {
            group: own
            for group, cases in self.groups.items()
            if (own := [name for name in cases if parse_case(name).name in names])
        }

    def cost(self, name: str, min_time: float, *, of_peer: bool = False) -> float:
        """What a case takes in a round, all around it included, if it is repeated for so long."""
        call = fmean(each[0] for each in self.repeated[name])
        if of_peer:
            return _PEERS_CASE + _PEERS_CALL * call
        every = fmean(each[1] for each in self.repeated[name])
        return self.of_calls(call, max(call, every * min_time / self.min_time))

    @staticmethod
    def of_calls(call: float, repeated: float) -> float:
        """What a case of such a call takes that is repeated for so long."""
        return _CASE + _CALL * call + _REPEATED * repeated


@cache
def stored() -> Stored:
    document = json.loads(STUDY.read_text(encoding="utf-8"))
    rounds: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    repeated: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for each in document["rounds"]:
        seconds = {}
        for entry in each["benchmarks"]:
            call = entry["real_time"] * UNITS[entry["time_unit"]]
            seconds[entry["run_name"]] = call
            repeated[entry["run_name"]].append((call, call * entry["iterations"]))
        for group in each["groups"]:
            rounds[group].append({name: seconds[name] for name in document["groups"][group]})
    mechanisms = pairs(document["rounds"][0]["context"]["backends.mechanisms"])
    return Stored(0.05, document["groups"], rounds, repeated, mechanisms)


@dataclass
class Replay:
    """A run that draws its rounds from the stored ones, group by group, and takes their time."""

    groups: Mapping[str, Sequence[str]]
    min_time: float
    seed: int
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    rounds: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)
        self.cost = {
            group: sum(
                stored().cost(name, self.min_time, of_peer=group.endswith(PEERS)) for name in cases
            )
            for group, cases in self.groups.items()
        }

    def run(self, groups: Iterable[str]) -> None:
        for group in groups:
            drawn = self._draw.choice(stored().rounds[group])
            for name in self.groups[group]:
                self.times[name].append(drawn[name])
            self.rounds[group] += 1
            self.seconds += self.cost[group]

    def planned(self, budget: float, most_rounds: int) -> Replay:
        """Five rounds of all, then as parzen_study.plan has it until the time is used up."""
        for _ in range(5):
            self.run(self.groups)
        while True:
            groups = {
                name: plan.Group(cases, self.rounds[name], self.cost[name])
                for name, cases in self.groups.items()
                if self.rounds[name] < most_rounds
            }
            left = budget - self.seconds
            chosen = plan.next_groups(groups, self.times, stored().mechanisms, left)
            if not chosen:
                return self
            self.run(chosen)

    def half_widths(self) -> list[float]:
        return [plan.Median.of(times).half_width for times in self.times.values()]
