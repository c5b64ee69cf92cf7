"""Five rounds of all cases fit into the time of a profile, by the times of the committed study."""

import re
import subprocess

import pytest
from programs import BUILD

from parzen_study.run.case import COLD, SUFFIX, Case, parse_case
from runner.plan import PROFILES
from stored_costs import PEERS, stored

# For cases that the study lacks: the least time of all repetitions per second of min_time.
_REPEATED = 1.4
_CALLS_AFTER_PAUSE, _CALLS_AFTER_SHORT_PAUSE, _SHORT_PAUSE = 10, 50, 1e-3
# Measured times of family memory: with two workers, with more, and with 1.6 GB, where each reading
# takes long too. The study has 0.06 s for two workers and 100 widths.
_MEMORY_OF_TWO, _MEMORY, _MEMORY_OF_MUCH_DATA = 0.15, 0.3, 4.0
# On two CPUs; the other families have the article's 100.
_WIDTHS_OF_GRAIN = 64
# The most seconds of a serial call in family loops, by whether it has its largest size, as in long
# runs. Three times as much if tasks map and unmap memory.
_LOOP = {False: 0.004, True: 0.03}
_LOOP_OF_PAGE_FAULTS = 3.0
# The most seconds for handing a hundred empty tasks to threads, or creating and ending a pool.
_DISPATCH = 1e-3
# Seconds to create a worker, about as in family dispatch.
_CREATED = {"processes": 0.5e-3, "threads": 20e-6}


def cases(processors: int, largest_n: int) -> list[Case]:
    """The cases of a machine with this number of CPUs and plenty of memory."""
    listed = subprocess.run(
        [BUILD / "list_cases", str(processors), str(largest_n)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return [parse_case(line.strip()) for line in listed.stdout.splitlines() if line[0] == " "]


def seconds_of_call(name: str) -> float:
    """The time in the study, or interpolated between its two nearest sizes: a fixed time plus a
    time per sample."""
    known = stored().repeated
    if name + SUFFIX in known:
        times = [call for call, _ in known[name + SUFFIX]]
        return sum(times) / len(times)
    n = parse_case(name).number("n")
    sizes = sorted(
        size
        for size in {parse_case(each).number("n") for each in known}
        if size and with_("n", size, name) + SUFFIX in known
    )
    below = max((s for s in sizes if s <= n), default=sizes[0])
    above = min((s for s in sizes if s >= n), default=sizes[-1])
    low, high = (seconds_of_call(with_("n", size, name)) for size in (below, above))
    return low + (high - low) * (n - below) / (above - below) if above > below else low


def with_(key: str, value: int, name: str) -> str:
    return re.sub(rf"/{key}:\d+(?=/|$)", f"/{key}:{value}", name)


def cost(case: Case, processors: int, min_time: float, largest_n: int) -> float:
    """The seconds of a case in a round, with all overhead.

    Scaled to more CPUs than the study's: the time is proportional to the widths. w workers take
    2 / w of the time of two workers, for w up to the number of CPUs. Creating each worker takes
    extra time.
    """
    if case.name + SUFFIX in stored().repeated:
        return stored().cost(case.name + SUFFIX, min_time)
    if case.family == "loops":
        most = _LOOP[largest_n >= 10**8]
        most *= _LOOP_OF_PAGE_FAULTS if case.get("loop") == "page_faults" else 1.0
        return stored().of_calls(most, max(most, _REPEATED * min_time))
    if case.family == "grain" and case.backend not in stored().mechanisms:  # threads, like OpenMP
        case = parse_case(case.name.replace(f"/{case.backend}/", "/openmp/", 1))
        return cost(case, processors, min_time, largest_n)
    if case.family == "dispatch" and case.backend not in stored().mechanisms:
        repeated = _CALLS_AFTER_PAUSE * (_DISPATCH + case.pause) if case.pause else _DISPATCH
        return stored().of_calls(_DISPATCH, max(repeated, _REPEATED * min_time))
    if case.family == "memory":
        if case.number("n") >= 10**6:
            return _MEMORY_OF_MUCH_DATA
        return _MEMORY if case.number("workers") > 2 else _MEMORY_OF_TWO
    name = re.sub("^(load|scaling|gaps)/", "sweep/", case.name)
    name, _, pause = re.sub(r"/load:\d+", "", name).partition("/pause:")
    workers = case.number("workers") or 1
    if workers == 1:  # of any backend, about like serial
        name = name.replace(f"/{case.backend}/", "/serial/", 1).replace("start:warm", "start:cold")
    widths = _WIDTHS_OF_GRAIN if case.family == "grain" else 100
    call = seconds_of_call(with_("workers", min(workers, 2), with_("m", widths, name)))
    call *= case.number("m") / widths * 2 / max(2, min(workers, processors))
    if case.start == COLD and workers > 2:
        call += workers * _CREATED[stored().mechanisms[case.backend]]
    if pause:
        calls = _CALLS_AFTER_SHORT_PAUSE if case.pause < _SHORT_PAUSE else _CALLS_AFTER_PAUSE
        return stored().of_calls(call, calls * (call + case.pause))
    # Next to a busy program on each CPU a call takes up to twice as long.
    loaded = 1 + min(1.0, case.number("load"))
    return stored().of_calls(call, max(call, _REPEATED * min_time) * loaded)


@pytest.mark.parametrize(("name", "seconds"), [("quick", 60), ("default", 300), ("full", 3600)])
def test_five_rounds_of_the_studys_cases_fit_into_the_time_of_a_profile(
    name: str, seconds: int
) -> None:
    profile = PROFILES[name]
    assert profile.length.rounds == 5
    assert profile.length.budget < seconds
    names = {case.name for case in cases(2, profile.largest_n)}
    groups = stored().groups if name == "full" else stored().of_the_suite(names)
    assert groups
    a_round = sum(
        stored().cost(case, profile.min_time, of_peer=group.endswith(PEERS))
        for group, own in groups.items()
        for case in own
    )
    assert 5 * a_round <= profile.length.budget


def test_the_estimated_costs_match_the_committed_study() -> None:
    """A round of all its cases took 425 to 446 s."""
    a_round = sum(
        stored().cost(case, 0.05, of_peer=group.endswith(PEERS))
        for group, own in stored().groups.items()
        for case in own
    )
    assert 390 <= a_round <= 490


@pytest.mark.parametrize("processors", [1, 2, 3, 4, 8, 16, 32, 64])
@pytest.mark.parametrize(("name", "seconds"), [("quick", 60), ("default", 300), ("full", 3600)])
def test_five_rounds_of_all_cases_fit_into_the_time_of_a_profile(
    name: str, seconds: int, processors: int
) -> None:
    profile = PROFILES[name]
    a_round = sum(
        cost(case, processors, profile.min_time, profile.largest_n)
        for case in cases(processors, profile.largest_n)
    )
    # On the many CPUs of a slow machine, a run may take a tenth longer than its budget.
    many = 1.1 if processors > 32 else 1.0
    assert profile.length.rounds * a_round <= seconds * many
    assert profile.length.budget < seconds


def test_cases_that_the_study_lacks_are_interpolated() -> None:
    name = "sweep/tbb/kernel:literal/decomposition:by_width/n:{}/d:2/m:100/workers:2/start:warm"
    small, between, large = (seconds_of_call(name.format(n)) for n in (10_000, 20_000, 100_000))
    assert small < between < large
