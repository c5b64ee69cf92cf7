"""Five rounds of all cases that the program has on two CPUs fit into the time of a profile, by what
cases took in the committed study."""

import os
import re
import subprocess

import pytest
from programs import BUILD

from parzen_study.case import SUFFIX, Case, parse_case
from rounds_plan import PROFILES
from stored_costs import stored

# Of a case that the study has not: what repetitions took for a second of min_time, at the least.
_REPEATED = 1.4
_CALLS_AFTER_PAUSE = 10
# Of family memory, as measured; with 1.6 GB each reading takes long
# as well.
_MEMORY, _MEMORY_OF_MUCH_DATA = 0.3, 4.0


def cases(largest_n: int) -> list[Case]:
    """As on two CPUs with much memory."""
    two = sorted(os.sched_getaffinity(0))[:2]
    listed = subprocess.run(
        [
            *("taskset", "--cpu-list", ",".join(map(str, two))),
            *(BUILD / "parzen_bench", "--benchmark_list_tests=true"),
            *("--largest-n", str(largest_n), "--memory", str(32 * 10**9)),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return [parse_case(name) for name in listed.stdout.split()]


def seconds_of_call(name: str) -> float:
    """As in the study, or between its two nearest sizes: a call takes a fixed time and one a
    sample."""
    known = stored().repeated
    if name + SUFFIX in known:
        times = [call for call, _ in known[name + SUFFIX]]
        return sum(times) / len(times)
    n = parse_case(name).number("n")
    sizes = sorted(
        size
        for size in {parse_case(each).number("n") for each in known}
        if size and with_size(name, size) + SUFFIX in known
    )
    below, above = max(s for s in sizes if s <= n), min(s for s in sizes if s >= n)
    low, high = (seconds_of_call(with_size(name, size)) for size in (below, above))
    return low + (high - low) * (n - below) / (above - below)


def with_size(name: str, n: int) -> str:
    return re.sub(r"/n:\d+/", f"/n:{n}/", name)


def cost(case: Case, min_time: float) -> float:
    """What a case takes in a round, in seconds, all around it included."""
    if case.name + SUFFIX in stored().repeated:
        return stored().cost(case.name + SUFFIX, min_time)
    if case.family == "memory":
        return _MEMORY if case.number("n") < 10**6 else _MEMORY_OF_MUCH_DATA
    # Under load a call takes up to twice as long as in family sweep.
    name = case.name.replace("load/", "sweep/", 1).replace("/load:1", "")
    name, _, pause = name.partition("/pause:")
    call = seconds_of_call(name)
    if pause:
        return stored().of_calls(call, _CALLS_AFTER_PAUSE * (call + case.pause))
    return stored().of_calls(call, max(call, _REPEATED * min_time) * (1 + (case.family == "load")))


@pytest.mark.parametrize(("name", "seconds"), [("quick", 60), ("default", 300)])
def test_five_rounds_of_all_cases_fit_into_the_time_of_a_profile(name: str, seconds: int) -> None:
    profile = PROFILES[name]
    a_round = sum(cost(case, profile.min_time) for case in cases(profile.largest_n))
    assert profile.length.rounds * a_round <= profile.length.budget < seconds


def test_cases_that_the_study_has_not_are_between_those_that_it_has() -> None:
    name = "sweep/tbb/kernel:literal/decomposition:by_width/n:{}/d:2/m:100/workers:2/start:warm"
    small, between, large = (seconds_of_call(name.format(n)) for n in (10_000, 20_000, 100_000))
    assert small < between < large
