"""Which groups a further round runs: by what a round reduces, where it matters, for its time."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from parzen_study import plan
from parzen_study.plan import Group, Median, decisive_cases, next_groups
from parzen_study.run.run import MECHANISMS, NEITHER
from parzen_study.stats import worthwhile
from parzen_study.topics.grain import model as grain

BACKENDS = {"tbb": "threads", "openmp": "threads", "fork_pipe": "processes"}


def spread(centre: float, half_width: float, rounds: int = 5) -> list[float]:
    """Times of a median whose interval has this half width: of five from end to end."""
    assert rounds == 5
    return [centre * math.exp(half_width * at) for at in (-1.0, -0.5, 0.0, 0.5, 1.0)]


def sweep(backend: str, n: int, workers: int = 2, start: str = "cold") -> str:
    return f"sweep/{backend}/kernel:literal/n:{n}/workers:{workers}/start:{start}"


def decisive(
    times: Mapping[str, Sequence[float]], mechanisms: Mapping[str, str] = BACKENDS
) -> frozenset[str]:
    return decisive_cases({name: Median.of(each) for name, each in times.items()}, mechanisms)


def test_a_half_width_is_between_order_statistics() -> None:
    """Of five from end to end; of more, 0.98 times their square root to each side."""
    for rounds, half in ((3, 1.0), (5, 2.0), (9, 0.98 * 3.0), (16, 0.98 * 4.0)):
        times = [math.exp(number) for number in range(rounds)]
        random.Random(1).shuffle(times)
        found = Median.of(times)
        assert found.half_width == pytest.approx(half)
        assert found.log == pytest.approx((rounds - 1) / 2.0)


def test_constants_are_those_of_the_analysis() -> None:
    assert plan.WORTHWHILE == worthwhile.WORTHWHILE
    assert plan.METG_EFFICIENCY == grain.THRESHOLD
    assert MECHANISMS - {NEITHER} == plan._PARALLEL


def test_the_runner_does_not_load_what_draws_figures() -> None:
    package = str(Path(plan.__file__).parents[1])
    code = (
        f"import sys; sys.path.insert(0, {package!r}); "
        "from parzen_study import plan; from parzen_study.run import cpus, disturbance; "
        "print(*{'pandas', 'numpy', 'matplotlib'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_what_is_least_sure_comes_before_what_is_nearly_done() -> None:
    """As in a stored run: the median of some is sure to 4%, that of others to 25% or to 20%."""
    groups = {
        "done": Group(["a"], 5, 5.0),
        "far": Group(["b"], 5, 2.0),
        "dear": Group(["c"], 5, 60.0),
    }
    times = {"a": spread(1.0, 0.04), "b": spread(1.0, 0.25), "c": spread(1.0, 0.2)}
    assert next_groups(groups, times, {}, 1000.0) == ["far"]
    del groups["far"]
    assert next_groups(groups, times, {}, 1000.0) == ["dear"]


def test_the_cheaper_of_two_alike_comes_first_and_a_round_counts_for_less_than_the_one_before() -> (
    None
):
    times = {"a": spread(1.0, 0.2), "b": spread(1.0, 0.2)}
    groups = {"cheap": Group(["a"], 5, 10.0), "dear": Group(["b"], 5, 30.0)}
    assert next_groups(groups, times, {}, 100.0) == ["cheap"]
    assert Median(0.0, 0.2, 9).removed_by_a_round == Median(0.0, 0.2, 4).removed_by_a_round / 2.0


def test_the_time_that_is_left_is_kept_to() -> None:
    times = {"a": spread(1.0, 0.3), "b": spread(1.0, 0.1)}
    groups = {"long": Group(["a"], 5, 10.0), "short": Group(["b"], 5, 1.0)}
    assert next_groups(groups, times, {}, 5.0) == ["short"]
    assert next_groups(groups, times, {}, 0.5) == []


def test_a_short_round_is_filled_with_what_gains_less() -> None:
    """But not with what is no short one."""
    seconds = {"a": 0.1, "b": 1.0, "c": 1.5, "d": 40.0, "e": 2.5}
    groups = {name: Group([name], 5, each) for name, each in seconds.items()}
    times = {name: spread(1.0, 0.1) for name in seconds}
    assert next_groups(groups, times, {}, 100.0) == ["a", "b", "c", "e"]
    assert next_groups(groups, times, {}, 2.0) == ["a", "b"]


@pytest.mark.parametrize("times", [{}, {"a": [1.0, 1.1]}, {"a": [1.0] * 5}])
def test_what_no_round_makes_surer_is_not_run(times: Mapping[str, Sequence[float]]) -> None:
    """A case that failed, or that takes the same time in every round."""
    assert next_groups({"a": Group(["a"], 5, 1.0)}, times, {}, 100.0) == []


def test_a_verdict_that_is_open_counts_for_more_than_one_that_is_not() -> None:
    """Of two groups of the same noise and cost."""
    open_, sure = sweep("tbb", 100), sweep("tbb", 1000)
    times = {
        sweep("serial", 100, 1): spread(1.0, 0.02),
        open_: spread(1.0 / 1.05, 0.1),
        sweep("serial", 1000, 1): spread(1.0, 0.02),
        sure: spread(0.5, 0.1),
    }
    groups = {
        "open": Group([sweep("serial", 100, 1), open_], 5, 10.0),
        "sure": Group([sweep("serial", 1000, 1), sure], 5, 10.0),
    }
    assert next_groups(groups, times, BACKENDS, 1000.0) == ["open"]
    assert next_groups(groups, times, {}, 1000.0) == ["open", "sure"]


def test_a_verdict_is_open_where_the_interval_holds_its_bound() -> None:
    serial, case = sweep("serial", 100, 1), sweep("tbb", 100)
    for gain, open_ in ((1.0, False), (1.03, True), (1.07, True), (1.2, False)):
        times = {serial: spread(1.0, 0.02), case: spread(1.0 / gain, 0.03)}
        assert decisive(times) == (frozenset({serial, case}) if open_ else frozenset())


@pytest.mark.parametrize(
    ("gain", "half_width", "open_"),
    [
        (1.00, 0.01, False),  # alike
        (1.00, 0.06, True),
        (1.03, 0.06, True),
        (1.20, 0.06, False),  # ahead
        (1.03, 0.01, False),  # ahead, by little
    ],
)
def test_of_two_mechanisms_that_pay_one_is_ahead_or_they_are_alike(
    gain: float, half_width: float, open_: bool
) -> None:
    threads, processes = sweep("tbb", 100), sweep("fork_pipe", 100)
    times = {
        sweep("serial", 100, 1): spread(3.0, 0.0),
        threads: spread(1.0, half_width / math.sqrt(2.0)),
        processes: spread(gain, half_width / math.sqrt(2.0)),
        sweep("openmp", 100): spread(1.01, 0.5),  # not the fastest of its mechanism
    }
    assert decisive(times) == (frozenset({threads, processes}) if open_ else frozenset())


def test_no_verdict_is_about_one_worker_or_a_backend_of_unknown_mechanism() -> None:
    times = {sweep("serial", 100, 1): spread(1.0, 0.1), sweep("tbb", 100, 1): spread(0.95, 0.1)}
    assert not decisive(times)
    times = {sweep("serial", 100, 1): spread(1.0, 0.1), sweep("tbb", 100): spread(0.95, 0.1)}
    assert decisive(times)
    assert not decisive(times, {"tbb": "unknown"})
    assert not decisive(times, {})


def test_a_crossing_is_between_two_sizes() -> None:
    """Threads overtake serial between 1,000 and 10,000, which no round leaves open."""
    times = {}
    for n, gain in ((100, 0.1), (1_000, 0.5), (10_000, 1.5), (100_000, 1.9)):
        times[sweep("serial", n, 1)] = spread(float(n), 0.01)
        times[sweep("tbb", n)] = spread(n / gain, 0.01)
    close = {sweep(*each) for n in (1_000, 10_000) for each in (("serial", n, 1), ("tbb", n))}
    assert decisive(times) == close
    times[sweep("tbb", 100_000)] = spread(100_000.0, 0.2)  # may be behind again
    assert sweep("tbb", 100_000) in decisive(times)


def test_of_grain_the_crossing_is_where_half_of_all_workers_is_reached() -> None:
    def name(backend: str, iterations: int, workers: int) -> str:
        return f"grain/{backend}/iterations:{iterations}/n:128/m:128/workers:{workers}/start:warm"

    times = {}
    for iterations, gain in ((1, 0.5), (4, 1.5), (16, 2.5), (64, 3.9)):
        times[name("serial", iterations, 1)] = spread(float(iterations), 0.01)
        times[name("tbb", iterations, 4)] = spread(iterations / gain, 0.01)
    cases = decisive(times)
    assert {case.split("/")[2] for case in cases} == {"iterations:4", "iterations:16"}


def test_serial_of_another_kernel_or_problem_is_not_compared_with_a_case() -> None:
    times = {
        sweep("serial", 100, 1).replace("literal", "fused"): spread(1.0, 0.1),
        sweep("serial", 1000, 1): spread(1.0, 0.1),
        sweep("tbb", 100): spread(0.95, 0.1),
    }
    assert not decisive(times)


def test_a_name_that_is_no_cases_is_run_by_its_noise_alone() -> None:
    times = {"what": spread(1.0, 0.1), "a/b/c": spread(1.0, 0.1)}
    assert not decisive(times)
    assert next_groups({"g": Group(["what"], 5, 1.0)}, times, BACKENDS, 9.0) == ["g"]
