"""Simulations: which groups a further round runs, and that a run ends at the estimated time."""

import random
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from parzen_study.plan import Median
from parzen_study.run.case import SUFFIX
from runner.allocation import Allocation
from runner.measuring import Rounds
from runner.plan import Plan
from runner.progress import Length, RemainingTime


def group_of(case: str) -> str:
    """The family and n of a case."""
    family, _, n, *_ = case.split("/")
    return f"{family}/{n}"


def groups_of(cases: Iterable[str]) -> dict[str, list[str]]:
    """The cases of each family and n."""
    found: dict[str, list[str]] = {}
    for case in cases:
        found.setdefault(group_of(case), []).append(case)
    return found


@dataclass
class Machine:
    """A simulated machine whose cases have known times per round and known noise."""

    seconds: Mapping[str, float]
    noise: Mapping[str, float]
    length: Length
    draw: random.Random = field(default_factory=lambda: random.Random(3))
    now: float = 0.0
    rounds: list[Sequence[str]] = field(default_factory=list)
    remaining: list[tuple[float, float]] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=dict)

    def run(self) -> "Machine":
        """Runs all rounds as rounds.py does; `remaining` has the time of each estimate, and the
        estimate."""
        remaining = RemainingTime(self.seconds, self.length, clock=lambda: self.now)
        allocation = Allocation(
            groups_of(self.seconds),
            self.length.rounds,
            self.length.most_rounds,
            remaining.seconds_of,
        )
        self.allocation = allocation
        while True:
            groups = list(allocation.groups)
            if len(self.rounds) >= self.length.rounds:
                groups = allocation.next_groups(remaining.budget_left())
            if not groups:
                return self
            cases = [case for group in groups for case in allocation.groups[group]]
            self.draw.shuffle(cases)
            remaining.start_round()
            benchmarks = []
            for case in cases:
                time = self.draw.lognormvariate(0.0, self.noise[case])
                self.times.setdefault(case, []).append(time)
                self.now += self.seconds[case] * self.draw.uniform(0.95, 1.05)
                benchmarks.append({"run_name": case, "real_time": time, "time_unit": "s"})
                assert remaining.finish_case(case)
                left = remaining.seconds()
                assert left is not None
                self.remaining.append((self.now, left))
            allocation.add({"benchmarks": benchmarks}, groups)
            self.rounds.append(groups)


def machine(length: Length, noisy: int = 10, quiet: int = 10) -> Machine:
    """Groups of three cases: quiet and noisy, cheap and expensive ones in turn."""
    seconds, noise = {}, {}
    for number in range(noisy + quiet):
        for worker in (1, 2, 4):
            case = f"f/b/n:{10 + number}/d:2/workers:{worker}"
            seconds[case] = (0.05, 0.2, 1.0)[number % 3]
            noise[case] = 0.06 if number < noisy else 0.004
    return Machine(seconds, noise, length)


@pytest.mark.parametrize("budget", [200.0, 400.0, 900.0])
def test_the_remaining_time_is_within_a_fifth_after_the_first_tenth(budget: float) -> None:
    ran = machine(Length(5, most_rounds=1000, budget=budget)).run()
    assert ran.now <= budget * 1.02
    assert ran.now >= budget * 0.97
    for when, left in ran.remaining:
        if ran.now * 0.1 <= when <= ran.now * 0.9:
            assert left == pytest.approx(ran.now - when, rel=0.2)


def test_rounds_of_every_case_run_to_their_end_beyond_the_budget() -> None:
    ran = machine(Length(5, most_rounds=9, budget=1.0)).run()
    assert len(ran.rounds) == 5
    for when, left in ran.remaining:
        if when >= ran.now * 0.25:
            assert left == pytest.approx(ran.now - when, rel=0.2, abs=1.0)


def test_noisy_groups_get_the_rounds_and_nine_in_ten_cases_get_narrow_intervals() -> None:
    ran = machine(Length(5, most_rounds=1000, budget=1500.0)).run()
    counts = {group: sum(group in each for each in ran.rounds) for group in ran.allocation.groups}
    noisy = [count for group, count in counts.items() if int(group.split(":")[1][:2]) < 20]
    quiet = [count for group, count in counts.items() if int(group.split(":")[1][:2]) >= 20]
    assert min(noisy) > 2 * statistics.median(quiet)
    sure = [Median.of(ran.times[case]).half_width <= 0.03 for case in ran.seconds]
    assert sum(sure) >= 0.9 * len(sure)


def test_no_group_gets_more_than_the_most_rounds() -> None:
    ran = machine(Length(5, most_rounds=8, budget=10_000.0)).run()
    counts = {group: sum(group in each for each in ran.rounds) for group in ran.allocation.groups}
    assert max(counts.values()) == 8


def test_cases_that_failed_in_every_round_get_no_more_rounds() -> None:
    allocation = Allocation({"a": ["a"]}, 5, 99, lambda _: 1.0)
    for _ in range(5):
        allocation.add({"benchmarks": [{"run_name": "a", "error_occurred": True}]}, ["a"])
    assert allocation.next_groups(100.0) == []


def test_units_of_time_and_mechanisms_are_read_from_the_rounds() -> None:
    """Threads take 1.07 of serial's time or less. That is inconclusive, so clearer groups wait."""
    names = [f"f/{backend}/n:{n}/workers:2" for n in (1, 2) for backend in ("serial", "tbb")]
    allocation = Allocation(groups_of(names), 5, 99, lambda _: 10.0)
    for spread in (0.92, 0.96, 1.0, 1.04, 1.08):
        times = dict(zip(names, (1.0, 0.95 * spread, 1.0, 0.5 * spread), strict=True))
        benchmarks = [
            {"run_name": name, "real_time": times[name] * factor, "time_unit": unit}
            for name, factor, unit in zip(
                names, (1e3, 1.0, 1e3, 1.0), ("ms", "s", "ms", "s"), strict=True
            )
        ]
        context = {"backends.mechanisms": "serial: neither; tbb: threads"}
        allocation.add({"context": context, "benchmarks": benchmarks}, allocation.groups)
    assert allocation.next_groups(1000.0) == ["f/n:1"]


def add_round(
    allocation: Allocation, groups: Iterable[str], share: float, foreign_cpus: float | None = None
) -> None:
    """Adds a round of these groups whose cases got this share of two CPUs; other programs used this
    much, if known."""
    slower = 1.0 + 0.01 * len(allocation._rounds)
    benchmarks = [
        {
            "run_name": name,
            "real_time": 1000.0 * slower,
            "cpu_time": 900.0 * share,
            "time_unit": "ms",
            "children_cpu_time": 0.9 * share,
        }
        for group in groups
        for name in allocation.groups[group]
    ]
    document: dict[str, Any] = {"context": {"machine.usable_cpus": "2"}}
    if foreign_cpus is not None:
        document["foreign_load"] = {"seconds": 60.0, "cpu_seconds": 60.0 * foreign_cpus}
    allocation.add({**document, "benchmarks": benchmarks}, groups)


def disturbed(number: int, share: float, foreign_cpus: float | None = None) -> Allocation:
    """The state after five rounds of two groups. Each has thirty cases with two workers on two
    CPUs. In one round they got this share of the CPUs, and other programs used this much, if
    known."""
    names = [f"f/tbb/n:{n}/m:{m}/workers:2{SUFFIX}" for n in (1, 2) for m in range(30)]
    allocation = Allocation(groups_of(names), 5, 99, lambda _: 1.0)
    for each in range(1, 6):
        of_two = share if each == number else 1.0
        add_round(allocation, allocation.groups, of_two, foreign_cpus)
    return allocation


def test_a_round_that_other_programs_disturbed_is_measured_again() -> None:
    """The report rejects it, and four rounds are too few for a verdict."""
    allocation = disturbed(3, 0.6)
    assert allocation.next_groups(100.0) == ["f/n:1", "f/n:2"]
    again = [{"run_name": name, "real_time": 1.0, "time_unit": "s"} for name in "ab"]
    allocation.add({"benchmarks": again}, ["f/n:1"])
    assert allocation.next_groups(100.0) == ["f/n:2"]


def test_disturbed_rounds_that_fit_the_time_are_measured_again_first() -> None:
    """The quickest groups first."""
    allocation = disturbed(3, 0.6)
    assert allocation.next_groups(59.0) == ["f/n:1"]
    costs = {"f/n:1": 2.0, "f/n:2": 1.0}
    allocation._seconds = lambda case: costs[group_of(case)]
    assert allocation.next_groups(59.0) == ["f/n:2"]


def test_up_to_two_disturbed_rounds_are_measured_again_beyond_the_time() -> None:
    """With the five rounds of a profile, one that is rejected would cost the answer."""
    allocation = disturbed(3, 0.6)
    for left in (29.0, -1.0):
        assert allocation.next_groups(left) == ["f/n:1", "f/n:2"]
    add_round(allocation, allocation.groups, 0.6)
    assert allocation.disturbed_rounds == 2
    assert allocation.next_groups(-1.0) == ["f/n:1", "f/n:2"]
    add_round(allocation, ["f/n:2"], 1.0)
    assert allocation.next_groups(-1.0) == ["f/n:1"]
    add_round(allocation, ["f/n:1"], 0.6)
    assert allocation.disturbed_rounds == 3
    assert allocation.next_groups(-1.0) == []


def test_a_round_beyond_the_time_is_announced_and_estimated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allocation = disturbed(3, 0.6)
    cases = [case for group in allocation.groups.values() for case in group]
    rounds = Rounds(
        Plan(Mock(), [], cases, allocation.groups),
        Length(5, most_rounds=99, budget=1e-9),
        tmp_path,
    )
    rounds._allocation = allocation
    rounds.finished = [{}] * 5
    estimate = rounds._progress.estimate
    estimate.start_round()
    for _ in range(5):
        for case in cases:
            assert estimate.finish_case(case)
    assert estimate.seconds() == 0.0
    assert rounds._next_groups() == ["f/n:1", "f/n:2"]
    said = capsys.readouterr().err
    assert said == "other programs disturbed 1 round: another round, beyond the profile's time\n"
    estimate._seconds = dict.fromkeys(cases, 5.0)
    assert estimate.seconds() == pytest.approx(60.0, abs=5.0)


def test_a_round_without_load_by_other_programs_is_not_measured_again() -> None:
    assert disturbed(3, 0.6, 0.5).next_groups(100.0) == ["f/n:1", "f/n:2"]
    quiet = disturbed(3, 0.6, 0.01)
    assert quiet._usable_rounds() == quiet._rounds


def test_a_quiet_round_is_not_measured_again() -> None:
    assert disturbed(3, 0.95).next_groups(59.0) == ["f/n:1"]
    assert disturbed(3, 0.95)._usable_rounds() == disturbed(3, 0.95)._rounds
