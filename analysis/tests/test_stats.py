"""The bootstrap: right on average, the same every time, and symmetric in what it compares."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen_study.stats import (
    MINIMUM_ROUNDS,
    VERDICT_ROUNDS,
    Estimate,
    Floats,
    independent_ratio,
    log_medians,
)

times = st.lists(st.floats(1e-9, 1e3), min_size=MINIMUM_ROUNDS, max_size=12).map(np.array)


def simulated(rounds: int, kind: str, generator: np.random.Generator) -> Floats:
    """Times [round, 2]: the two cases share a disturbance a round; both medians are 1."""
    noise = generator.standard_normal((rounds, 2))
    if kind == "skewed":
        noise = generator.exponential(size=(rounds, 2)) - math.log(2.0)
    shared = generator.standard_normal((rounds, 1))
    result: Floats = np.exp(0.02 * noise + 0.02 * shared * (kind == "blocks"))
    return result


@pytest.mark.parametrize("kind", ["normal", "skewed", "blocks"])
@pytest.mark.parametrize("rounds", [VERDICT_ROUNDS, 7, 10])
def test_an_interval_covers_the_truth_as_often_as_it_says(rounds: int, kind: str) -> None:
    generator = np.random.default_rng(7)
    runs = 400
    covered = np.zeros(2)
    for stream in range(runs):
        medians = log_medians(simulated(rounds, kind, generator), stream=stream, resamples=400)
        for which, estimate in enumerate((medians.median(0), medians.ratio(0, 1))):
            covered[which] += estimate.low <= 1.0 <= estimate.high
    # 95% is asked for; 400 runs tell it to about 2 points, and skewed ratios are a little wide.
    assert 0.91 <= covered[0] / runs <= 0.985
    assert 0.92 <= covered[1] / runs <= 0.995


def test_rounds_are_drawn_as_blocks() -> None:
    """A disturbance that a round's cases share cancels in their ratio."""
    shared = np.exp(0.3 * np.random.default_rng(3).standard_normal((8, 1)))
    ratio = log_medians(shared * np.array([[2.0, 1.0]])).ratio(0, 1)
    assert (ratio.low, ratio.high) == pytest.approx((2.0, 2.0))
    assert log_medians(shared).median(0).high > 1.1 * log_medians(shared).median(0).low


@given(times, st.floats(1e-3, 1e3))
def test_a_change_of_unit_changes_nothing_else(sample: Floats, factor: float) -> None:
    one = log_medians(sample[:, np.newaxis], resamples=50).median(0)
    scaled = log_medians(factor * sample[:, np.newaxis], resamples=50).median(0)
    assert (scaled.low, scaled.value, scaled.high) == pytest.approx(
        (factor * one.low, factor * one.value, factor * one.high)
    )


@given(times, times)
def test_a_ratio_turned_over_is_one_over_it(one: Floats, other: Floats) -> None:
    rounds = min(len(one), len(other))
    medians = log_medians(np.column_stack([one[:rounds], other[:rounds]]), resamples=50)
    there, back = medians.ratio(0, 1), medians.ratio(1, 0)
    assert there.value == pytest.approx(1.0 / back.value)
    assert there.low == pytest.approx(1.0 / back.high)


def test_the_same_times_give_the_same_interval() -> None:
    sample = np.random.default_rng(1).lognormal(size=10)
    assert independent_ratio(sample, sample[::-1]) == independent_ratio(sample, sample[::-1])


def test_two_runs_are_drawn_apart() -> None:
    """Compared with itself a run is not exactly equal: its noise stays in the interval."""
    sample = np.random.default_rng(1).lognormal(sigma=0.05, size=10)
    itself = independent_ratio(sample, sample)
    assert itself.low < 0.99 < itself.value < 1.01 < itself.high


def test_too_few_rounds_give_no_interval() -> None:
    few = np.ones((MINIMUM_ROUNDS - 1, 1))
    assert not log_medians(few).median(0).has_interval
    assert not independent_ratio(few[:, 0], np.ones(10)).has_interval
    assert not Estimate(5.0).wholly_above(1.0)
    assert not Estimate(0.5).wholly_below(1.0)


def test_the_inverse_of_a_ratio_is_the_ratio_the_other_way_round() -> None:
    medians = log_medians(simulated(7, "skewed", np.random.default_rng(1)))
    there, back = medians.ratio(0, 1).inverse(), medians.ratio(1, 0)
    assert (there.low, there.value, there.high) == pytest.approx((back.low, back.value, back.high))
    assert not Estimate(2.0).inverse().has_interval
