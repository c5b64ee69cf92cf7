"""The bootstrap: right on average, the same every time, and symmetric in what it compares."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen_study.run.enough_rounds import MINIMUM_ROUNDS, VERDICT_ROUNDS
from parzen_study.stats.bootstrap import Estimate, Floats, independent_ratio, log_medians

# Seconds, equal or at least a nanosecond apart: times that differ by rounding alone may change
# places in another unit, and then other rounds are drawn for them.
times = st.lists(st.integers(1, 10**12), min_size=MINIMUM_ROUNDS, max_size=12).map(
    lambda nanoseconds: 1e-9 * np.array(nanoseconds)
)


SIMULATED_RUNS = 1000
# Two standard errors of a share near 95% of so many runs: 1.4 points. Draws are the same every
# time; other ones would go beyond a bound that the truth just keeps in 1 of 44.
MARGIN = 2 * math.sqrt(0.95 * 0.05 / SIMULATED_RUNS)


def noise(kind: str, shape: tuple[int, int], generator: np.random.Generator) -> Floats:
    """Logarithms of times of median 0: of whatever spread, since intervals scale with it."""
    normal: Floats = generator.standard_normal(shape)
    if kind == "skewed":
        normal = generator.exponential(size=shape) - math.log(2.0)
    elif kind == "contaminated":
        normal = normal * np.where(generator.random(shape) < 0.1, 5.0, 1.0)
    return 0.02 * normal


def intervals(measured: Floats, resampled: Floats) -> tuple[Floats, Floats]:
    """What stats.interval gives for one run, for many at once and as logarithms: `measured` [run]
    and `resampled` [run, resample]."""
    low, high = np.quantile(resampled, [0.025, 0.975], axis=1)
    return np.minimum(low, measured), np.maximum(high, measured)


def simulated_coverage(rounds: int, kind: str) -> Floats:
    """How often a 95% interval covers the truth, as shares of SIMULATED_RUNS: of a median, of a
    speedup within the same rounds and of a ratio of different rounds."""
    generator = np.random.default_rng(7)
    together = 100  # runs side by side as cases: each is drawn as if it were alone
    covered = np.zeros(3)
    for stream in range(SIMULATED_RUNS // together):
        logs = np.full((2 * rounds, 3 * together), np.nan)
        logs[:rounds, : 2 * together] = noise(kind, (rounds, 2 * together), generator)
        logs[rounds:, 2 * together :] = noise(kind, (rounds, together), generator)
        medians = log_medians(np.exp(logs), stream=stream, resamples=1000)
        measured = medians.measured.reshape(3, together)
        resampled = medians.resampled.reshape(3, together, -1)
        estimates = (medians.median(0), medians.ratio(0, together), medians.ratio(0, 2 * together))
        for which, first in enumerate(estimates):
            low, high = intervals(
                measured[0] - (measured[which] if which else 0.0),
                resampled[0] - (resampled[which] if which else 0.0),
            )
            assert np.exp([low[0], high[0]]) == pytest.approx([first.low, first.high])
            covered[which] += ((low <= 0.0) & (high >= 0.0)).sum()
    return covered / SIMULATED_RUNS


@pytest.mark.simulation
@pytest.mark.parametrize("kind", ["normal", "skewed", "contaminated"])
@pytest.mark.parametrize("rounds", [VERDICT_ROUNDS, 8, 20])
def test_an_interval_covers_the_truth_as_often_as_it_says(rounds: int, kind: str) -> None:
    """In 93 to 97%; what is resampled independently in up to a point more."""
    shares = simulated_coverage(rounds, kind)
    assert np.all(shares >= 0.93 - MARGIN), shares
    assert np.all(shares <= np.array([0.97, 0.97, 0.98]) + MARGIN), shares


@pytest.mark.simulation
@pytest.mark.parametrize(("rounds", "least"), [(MINIMUM_ROUNDS, 0.87), (4, 0.92)])
def test_rough_intervals_cover_less_but_not_much(rounds: int, least: float) -> None:
    median = simulated_coverage(rounds, "normal")[0]
    assert least - MARGIN <= median <= 0.95 - MARGIN


def test_outliers_do_not_widen_an_interval() -> None:
    quiet = np.exp(0.01 * np.random.default_rng(3).standard_normal(12))
    disturbed = quiet.copy()
    disturbed[quiet.argmax()] *= 100.0
    of_quiet, of_disturbed = (
        log_medians(each[:, np.newaxis]).median(0) for each in (quiet, disturbed)
    )
    assert of_disturbed.low == of_quiet.low
    assert of_disturbed.high < 1.001 * of_quiet.high


def test_cases_of_the_same_rounds_are_drawn_as_if_there_were_no_others() -> None:
    times = np.exp(0.1 * np.random.default_rng(5).standard_normal((9, 4)))
    whole = log_medians(times)
    times[6:, 3] = np.nan
    some = log_medians(times)
    assert np.array_equal(some.resampled[:3], whole.resampled[:3])
    assert np.array_equal(some.measured[:3], whole.measured[:3])
    alone = log_medians(times[:6, 3:])
    assert np.array_equal(some.resampled[3], alone.resampled[0])
    assert some.measured[3] == alone.measured[0]


def test_cases_of_other_rounds_are_drawn_apart() -> None:
    """However alike they are: nothing of a round that only one of them was in can cancel."""
    sample = np.exp(0.3 * np.random.default_rng(3).standard_normal(8))
    times = np.full((9, 3), np.nan)
    times[:8, 0], times[:8, 1], times[1:, 2] = 2.0 * sample, sample, sample
    medians = log_medians(times)
    paired, apart = medians.ratio(0, 1), medians.ratio(0, 2)
    assert (paired.low, paired.high) == pytest.approx((2.0, 2.0))
    assert apart.low < 1.9 < 2.1 < apart.high
    one, other = medians.resampled[1:]
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05


def medians_by_definition(times: Floats, resamples: int) -> Floats:
    """Of one case, without regard to speed: the text at the head of bootstrap.py, line by line."""
    rounds = len(times)
    generator = np.random.default_rng([20140620, 0, *range(rounds)])
    drawn = generator.integers(rounds, size=(resamples, rounds))
    rank = np.argsort(np.argsort(times, kind="stable"), kind="stable")
    numbers = np.sort((rank[drawn] + generator.random((resamples, rounds))) / rounds, axis=1)
    logs = np.sort(np.log(times))
    found = []
    for ordered in numbers:
        below = int((ordered <= 0.5).sum())
        left = ordered[below - 1] if below else 0.0
        right = ordered[below] if below < rounds else 1.0
        at = below + (0.5 - left) / (right - left)
        median = np.interp(at, np.arange(1, rounds + 1), logs)
        if below == 0:
            median -= (right - 0.5) * (rounds + 1) * (logs[1] - logs[0])
        elif below == rounds:
            median += (0.5 - left) * (rounds + 1) * (logs[-1] - logs[-2])
        found.append(median)
    return np.array(found)


@pytest.mark.parametrize("rounds", [MINIMUM_ROUNDS, 4, 5, 8, 21])
def test_medians_are_those_of_the_definition(rounds: int) -> None:
    times = np.exp(0.1 * np.random.default_rng(rounds).standard_normal((rounds, 2)))
    times[1, 1] = times[0, 1]  # as two times of a coarse clock may be
    resampled = log_medians(times, resamples=400).resampled
    for case in range(2):
        assert np.array_equal(resampled[case], medians_by_definition(times[:, case], 400))


def test_a_case_of_too_few_rounds_has_no_interval_next_to_one_that_has() -> None:
    times = np.ones((MINIMUM_ROUNDS, 2))
    times[0, 1] = np.nan
    medians = log_medians(times)
    assert medians.median(0).has_interval
    assert not medians.median(1).has_interval
    assert not medians.ratio(0, 1).has_interval


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
    assert not Estimate(5.0).entirely_above(1.0)
    assert not Estimate(0.5).entirely_below(1.0)


def test_the_inverse_of_a_ratio_is_the_ratio_the_other_way_round() -> None:
    medians = log_medians(np.exp(noise("skewed", (7, 2), np.random.default_rng(1))))
    there, back = medians.ratio(0, 1).inverse(), medians.ratio(1, 0)
    assert (there.low, there.value, there.high) == pytest.approx((back.low, back.value, back.high))
    assert not Estimate(2.0).inverse().has_interval


@pytest.mark.parametrize("rounds", [MINIMUM_ROUNDS, VERDICT_ROUNDS - 1, VERDICT_ROUNDS])
def test_an_interval_of_few_rounds_is_drawn_and_decides_nothing(rounds: int) -> None:
    whole = np.exp(0.001 * np.random.default_rng(1).standard_normal((VERDICT_ROUNDS, 2)))
    whole[:, 1] *= 2.0
    some = whole.copy()
    some[rounds:, 1] = np.nan
    enough = rounds == VERDICT_ROUNDS
    ratio = log_medians(some).ratio(1, 0)
    assert ratio.has_interval
    for each in (ratio, ratio.scaled(3.0), ratio.inverse().inverse()):
        assert each.decides == each.entirely_above(1.5) == each.at_most(9.0) == enough
    assert ratio.inverse().entirely_below(0.9) == enough
    assert log_medians(some).median(0).decides
    apart = independent_ratio(whole[:rounds, 1], whole[:, 0])
    assert apart.has_interval
    assert apart.entirely_above(1.5) == enough
