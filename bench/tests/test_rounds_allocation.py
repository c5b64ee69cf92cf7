"""Which groups a further round runs, and that a run ends when it said it would: simulated."""

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from rounds_allocation import TARGET, Allocation, group_of, groups_of, half_width
from rounds_progress import Length, RemainingTime


@pytest.mark.parametrize(
    ("case", "group"),
    [
        ("sweep/tbb/kernel:fused/n:100/d:2/m:100/workers:2/start:warm", "sweep/n:100/d:2"),
        ("kernels/serial/kernel:stream_read/n:100/d:2/workers:1", "kernels/n:100/d:2"),
        ("dispatch/fork/operation:fork/resident:0/workers:2", "dispatch/operation:fork"),
        ("other/what", "other"),
    ],
)
def test_a_group_is_what_is_set_beside_one_another(case: str, group: str) -> None:
    assert group_of(case) == group


def test_groups_are_a_partition() -> None:
    cases = [f"f/b/n:{n}/d:{d}/workers:{w}" for n in (10, 9) for d in (2, 3) for w in (1, 2)]
    groups = groups_of(cases)
    assert sorted(case for own in groups.values() for case in own) == sorted(cases)
    assert list(groups) == ["f/n:10/d:2", "f/n:10/d:3", "f/n:9/d:2", "f/n:9/d:3"]


def test_half_width_is_between_order_statistics() -> None:
    """Of five from end to end; of more, 0.98 times their square root to each side."""
    for rounds, half in ((3, 1.0), (5, 2.0), (9, 0.98 * 3.0), (16, 0.98 * 4.0)):
        times = [math.exp(number) for number in range(rounds)]
        random.Random(1).shuffle(times)
        assert half_width(times) == pytest.approx(half)
    assert half_width([]) == 0.0
    assert half_width([3.0, 4.0]) == 0.0


@dataclass
class Machine:
    """A machine whose cases take known seconds a round and have known noise; it only counts."""

    seconds: Mapping[str, float]
    noise: Mapping[str, float]
    length: Length
    draw: random.Random = field(default_factory=lambda: random.Random(3))
    now: float = 0.0
    rounds: list[Sequence[str]] = field(default_factory=list)
    told: list[tuple[float, float]] = field(default_factory=list)

    def run(self) -> "Machine":
        """All rounds, as rounds.py has them run; `told` is when and what remaining time."""
        remaining = RemainingTime(self.seconds, self.length, clock=lambda: self.now)
        allocation = Allocation(
            groups_of(self.seconds), self.length.most_rounds, remaining.seconds_of
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
                self.now += self.seconds[case] * self.draw.uniform(0.95, 1.05)
                benchmarks.append({"run_name": case, "real_time": time})
                assert remaining.finish_case(case)
                left = remaining.seconds()
                assert left is not None
                self.told.append((self.now, left))
            allocation.add({"benchmarks": benchmarks}, groups)
            self.rounds.append(groups)

    def times_of(self, case: str) -> list[float]:
        return self.allocation._times[case]


def machine(length: Length, noisy: int = 10, quiet: int = 10) -> Machine:
    """Groups of three cases: quiet ones and noisy ones, cheap and dear by turns."""
    seconds, noise = {}, {}
    for number in range(noisy + quiet):
        for worker in (1, 2, 4):
            case = f"f/b/n:{10 + number}/d:2/workers:{worker}"
            seconds[case] = (0.05, 0.2, 1.0)[number % 3]
            noise[case] = 0.06 if number < noisy else 0.004
    return Machine(seconds, noise, length)


@pytest.mark.parametrize("budget", [200.0, 400.0, 900.0])
def test_the_remaining_time_is_right_within_a_fifth_after_the_first_tenth(budget: float) -> None:
    ran = machine(Length(5, most_rounds=1000, budget=budget)).run()
    assert ran.now <= budget * 1.02
    assert ran.now >= budget * 0.97
    for when, left in ran.told:
        if ran.now * 0.1 <= when <= ran.now * 0.9:
            assert left == pytest.approx(ran.now - when, rel=0.2)


def test_rounds_of_every_case_run_to_their_end_beyond_the_budget() -> None:
    ran = machine(Length(5, most_rounds=9, budget=1.0)).run()
    assert len(ran.rounds) == 5
    for when, left in ran.told:
        if when >= ran.now * 0.25:
            assert left == pytest.approx(ran.now - when, rel=0.2, abs=1.0)


def test_noisy_groups_get_the_rounds_and_nine_cases_in_ten_become_sure() -> None:
    ran = machine(Length(5, most_rounds=1000, budget=1500.0)).run()
    counts = {group: sum(group in each for each in ran.rounds) for group in ran.allocation.groups}
    noisy = [count for group, count in counts.items() if int(group.split(":")[1][:2]) < 20]
    quiet = [count for group, count in counts.items() if int(group.split(":")[1][:2]) >= 20]
    assert min(noisy) > 2 * statistics.median(quiet)
    sure = [half_width(ran.times_of(case)) <= TARGET for case in ran.seconds]
    assert sum(sure) >= 0.9 * len(sure)


def test_no_group_gets_more_than_the_most_rounds() -> None:
    ran = machine(Length(5, most_rounds=8, budget=10_000.0)).run()
    counts = {group: sum(group in each for each in ran.rounds) for group in ran.allocation.groups}
    assert max(counts.values()) == 8


def test_what_fits_no_more_is_not_begun() -> None:
    allocation = Allocation({"a": ["a"], "b": ["b"]}, 99, {"a": 10.0, "b": 1.0}.__getitem__)
    for time in (1.0, 1.2, 0.8):
        benchmarks = [{"run_name": name, "real_time": time} for name in "ab"]
        allocation.add({"benchmarks": benchmarks}, "ab")
    assert allocation.next_groups(5.0) == ["b"]
    assert allocation.next_groups(0.5) == []


def test_cases_that_failed_in_every_round_want_no_more() -> None:
    allocation = Allocation({"a": ["a"]}, 99, lambda _: 1.0)
    allocation.add({"benchmarks": [{"run_name": "a", "error_occurred": True}]}, ["a"])
    assert allocation.next_groups(100.0) == []


def test_a_short_round_is_filled_with_what_gains_less() -> None:
    """Each group is nearer its target by the same, so the dearest gains the least for its time."""
    seconds = {"a": 0.1, "b": 1.0, "c": 2.5, "d": 40.0}
    allocation = Allocation({name: [name] for name in seconds}, 99, seconds.__getitem__)
    for time in (1.0, 1.2, 0.8):
        benchmarks = [{"run_name": name, "real_time": time} for name in seconds]
        allocation.add({"benchmarks": benchmarks}, seconds)
    assert allocation.next_groups(100.0) == ["a", "b", "c"]
    assert allocation.next_groups(2.0) == ["a", "b"]
