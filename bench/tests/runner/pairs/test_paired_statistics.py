"""Intervals and verdicts of paired.py, on noise of known truth that is not normal."""

import itertools
import math
import random
from collections.abc import Callable, Sequence
from itertools import accumulate

import pytest
from scipy import stats

from runner.pairs.statistics import (
    FASTER,
    INCONCLUSIVE,
    MINIMUM_BLOCKS,
    NO_DIFFERENCE,
    SLOWER,
    Comparison,
    compare,
    least_blocks,
    log_ratio,
)

TRUE = math.log(1.05)
Noise = Callable[[random.Random, int], list[float]]


def of_one_case(ratios: Sequence[float]) -> Comparison:
    return compare({"family/backend/start:cold": ratios}).overall


def covers(found: Comparison, truth: float) -> bool:
    assert found.interval is not None
    return found.interval[0] <= math.exp(truth) <= found.interval[1]


@pytest.mark.parametrize("shape", ["equal", "one disturbed", "growing"])
@pytest.mark.parametrize("blocks", [6, 8, 10])
def test_intervals_cover_the_truth_for_at_least_95_percent_of_all_orders(
    shape: str, blocks: int
) -> None:
    """Noise of any size, with the sign from the order: exact for all orders, without
    normal noise."""
    sizes = {
        "equal": [0.1 + 1e-6 * block for block in range(blocks)],
        "one disturbed": [*(0.01 + 1e-4 * block for block in range(blocks - 1)), 5.0],
        "growing": [1e-3 * 2.0**block for block in range(blocks)],
    }[shape]
    covered = sum(
        covers(
            of_one_case([TRUE + sign * size for sign, size in zip(signs, sizes, strict=True)]), TRUE
        )
        for signs in itertools.product((-1, 1), repeat=blocks)
    )
    assert 0.95 <= covered / 2**blocks <= 0.98


def _curve(_: random.Random, blocks: int) -> list[float]:
    """The same disturbance in every block; unlike a linear drift, it does not cancel."""
    return [0.03 * (each % 4) ** 2 for each in range(4 * blocks)]


def _walk(draw: random.Random, blocks: int) -> list[float]:
    return list(accumulate(draw.gauss(0.02, 0.01) for _ in range(4 * blocks)))


def _two_modes(draw: random.Random, blocks: int) -> list[float]:
    return [0.2 * (draw.random() < 0.5) + draw.gauss(0.0, 1e-3) for _ in range(4 * blocks)]


def _heavy(draw: random.Random, blocks: int) -> list[float]:
    """Student's t with 2 degrees of freedom."""
    return [
        0.02 * draw.gauss(0.0, 1.0) / math.sqrt(draw.expovariate(1.0)) for _ in range(4 * blocks)
    ]


def _bursts(draw: random.Random, blocks: int) -> list[float]:
    """Load that starts, stays for some processes, and ends."""
    found, loaded = [], False
    for _ in range(4 * blocks):
        loaded = draw.random() < (0.8 if loaded else 0.1)
        found.append(loaded * draw.uniform(0.3, 0.9) + draw.gauss(0.0, 0.02))
    return found


@pytest.mark.parametrize("blocks", [6, 15])
@pytest.mark.parametrize("noise", [_curve, _walk, _two_modes, _heavy, _bursts])
def test_intervals_cover_in_noise_that_is_not_normal(noise: Noise, blocks: int) -> None:
    """400 comparisons: 92.5% is more than two standard errors of the simulation below 95%."""
    draw = random.Random(20140620)
    covered = 0
    for _ in range(400):
        logs = noise(draw, blocks)
        ratios = []
        for block in range(blocks):
            order = draw.choice(("ABBA", "BAAB"))
            times = [
                math.exp(logs[4 * block + position] + TRUE * (letter == "B"))
                for position, letter in enumerate(order)
            ]
            ratios.append(log_ratio(order, times))
        covered += covers(of_one_case(ratios), TRUE)
    assert covered / 400 >= 0.925


def test_a_block_gives_the_mean_log_of_b_minus_that_of_a() -> None:
    assert log_ratio("ABBA", [1.0, 4.0, 9.0, 1.0]) == pytest.approx(math.log(6.0))
    assert log_ratio("BAAB", [1.0, 4.0, 9.0, 1.0]) == pytest.approx(-math.log(6.0))
    drift = [math.exp(0.3 * position) for position in range(4)]
    assert log_ratio("ABBA", drift) == pytest.approx(0.0)
    assert log_ratio("BAAB", drift) == pytest.approx(0.0)


@pytest.mark.parametrize("blocks", [6, 9, 15, 30])
def test_p_values_are_those_of_scipy(blocks: int) -> None:
    draw = random.Random(blocks)
    for shift in (0.0, 0.5, 2.0):
        ratios = [draw.gauss(shift, 1.0) for _ in range(blocks)]
        expected = stats.wilcoxon(ratios, mode="exact").pvalue
        assert of_one_case(ratios).p == pytest.approx(expected, rel=1e-12)


def test_the_interval_excludes_1_where_the_p_value_is_small() -> None:
    draw = random.Random(3)
    excluding = 0
    for _ in range(300):
        found = of_one_case([draw.gauss(0.7, 1.0) for _ in range(8)])
        assert found.excludes_one == (found.p <= 0.05)
        excluding += found.excludes_one
    assert 0 < excluding < 300


def test_one_disturbed_block_does_not_hide_a_difference() -> None:
    found = of_one_case([0.05 + 1e-4 * block for block in range(14)] + [-2.0])
    assert found.verdict(1.03) == SLOWER
    assert found.ratio == pytest.approx(1.052, abs=0.001)


def test_equal_times_are_no_difference() -> None:
    found = of_one_case([0.0] * 8)
    assert (found.ratio, found.interval, found.p) == (1.0, (1.0, 1.0), 1.0)
    assert found.verdict(1.03) == NO_DIFFERENCE


@pytest.mark.parametrize("blocks", range(1, MINIMUM_BLOCKS))
def test_too_few_blocks_have_no_interval_and_no_verdict(blocks: int) -> None:
    found = of_one_case([0.5 + block for block in range(blocks)])
    assert found.interval is None
    assert found.verdict(1.03) == INCONCLUSIVE
    assert not found.not_slower(9.0)


@pytest.mark.parametrize(
    ("interval", "adjusted", "verdict", "not_slower"),
    [
        ((1.01, 1.02), 0.01, SLOWER, True),
        ((1.01, 1.04), 0.01, SLOWER, False),
        ((1.01, 1.02), 0.06, NO_DIFFERENCE, True),
        ((1.01, 1.04), 0.06, INCONCLUSIVE, False),
        ((0.90, 1.03), 0.90, INCONCLUSIVE, False),
        ((0.90, 1.02), 0.90, NO_DIFFERENCE, True),
        ((0.90, 0.99), 0.01, FASTER, True),
    ],
)
def test_a_verdict_takes_the_adjusted_p_value_and_the_whole_interval(
    interval: tuple[float, float], adjusted: float, verdict: str, not_slower: bool
) -> None:
    found = Comparison("x", 1, math.sqrt(interval[0] * interval[1]), interval, 0.01, adjusted)
    assert (found.verdict(1.03), found.not_slower(1.03)) == (verdict, not_slower)


def test_p_values_are_adjusted_by_holms_method() -> None:
    """0.0078 times three, 0.0391 times two, 0.8438 times one; and none below the one before."""
    least, some, much = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], [-0.4], [-0.35, 0.45, -0.8]
    ratios = {
        "f/b/n:1/start:cold": least,
        "f/b/n:2/start:cold": [*some, *least[:3], *least[4:]],
        "f/b/n:3/start:cold": [*much, -0.2, 0.3, 0.5, 0.1, -0.6],
    }
    found = compare(ratios)
    p = [each.p for each in found.cases]
    assert p == sorted(p)
    assert [each.adjusted for each in found.cases] == pytest.approx(
        [3 * p[0], max(3 * p[0], 2 * p[1]), max(2 * p[1], p[2])]
    )
    assert found.overall.adjusted == found.overall.p


def test_without_a_difference_few_runs_call_any_of_many_cases_slower_or_faster() -> None:
    """Without adjustment nearly all of these 60 runs would."""
    draw = random.Random(5)
    called = excluding = 0
    for _ in range(60):
        cases = {f"f/b/n:{n}/start:cold": [draw.gauss(0, 1) for _ in range(13)] for n in range(80)}
        found = compare(cases).cases
        called += any(each.differs for each in found)
        excluding += any(each.excludes_one for each in found)
    assert called <= 6  # 3 are expected
    assert excluding >= 55


def test_a_unit_is_a_backend_and_a_start_and_the_geometric_mean_of_its_cases() -> None:
    found = compare(
        {
            "f/tbb/n:1/start:warm": [0.1] * 6,
            "g/tbb/n:1/start:warm": [0.3] * 6,
            "f/tbb/n:1/start:warm/pause:5ms": [0.4] * 6,
            "f/tbb/n:1": [0.0] * 6,
        }
    )
    assert {each.name: each.cases for each in found.units} == {
        "tbb": 1,
        "tbb warm": 2,
        "tbb with gaps": 1,
    }
    assert found.units[1].ratio == pytest.approx(math.exp(0.2))
    assert found.overall.ratio == pytest.approx(math.exp(0.2))


@pytest.mark.parametrize("cases", [1, 2, 20, 162, 800])
def test_least_blocks_is_the_fewest_in_which_one_case_can_differ(cases: int) -> None:
    blocks = least_blocks(cases)
    assert cases * of_one_case([1.0 + block for block in range(blocks)]).p <= 0.05
    if blocks > MINIMUM_BLOCKS:
        assert cases * of_one_case([1.0 + block for block in range(blocks - 1)]).p > 0.05
