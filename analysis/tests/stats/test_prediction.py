"""Prediction intervals hold the next value as often as they say, whatever the noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from parzen_study.stats.bootstrap import Floats
from parzen_study.stats.prediction import LEAST_RUNS, MOST_RUNS, factor, predicted

DRAWN = 200_000


def outside(values: Floats, level: float) -> float:
    """How often the last of [sample, value] is outside of what the others predict; predicted() by
    columns."""
    earlier, latest = np.sort(values[:, :-1], axis=1), values[:, -1]
    runs, tenth = earlier.shape[1], earlier.shape[1] // 10
    earlier = np.clip(earlier, earlier[:, [tenth]], earlier[:, [runs - 1 - tenth]])
    half = factor(runs, level) * earlier.std(axis=1, ddof=1)
    return float((abs(latest - earlier.mean(axis=1)) > half).mean())


def test_the_columns_above_are_what_is_tested() -> None:
    values = np.random.default_rng(1).standard_t(3, (50, 21))
    found = [predicted(row[:-1].tolist(), 0.02) for row in values]
    beyond = [abs(row[-1] - p.center) > p.half for row, p in zip(values, found, strict=True)]
    assert outside(values, 0.02) == pytest.approx(np.mean(beyond))


@pytest.mark.parametrize("runs", [10, 11, 14, 19, 20, 24, 30])
@pytest.mark.parametrize("level", [0.05, 0.007])
def test_with_heavy_tails_so_many_lie_outside_and_no_more(runs: int, level: float) -> None:
    values = np.random.default_rng(runs).standard_t(3, (DRAWN, runs + 1))
    error = 4 * math.sqrt(level / DRAWN)
    exact = runs in (10, 19, 20, 30)
    assert outside(values, level) <= 1.03 * level + error
    assert not exact or outside(values, level) >= 0.95 * level - error


@pytest.mark.parametrize("runs", [10, 30])
def test_of_normal_values_fewer_lie_outside(runs: int) -> None:
    values = np.random.default_rng(runs).standard_normal((DRAWN, runs + 1))
    assert outside(values, 0.004) < 0.001


def test_one_outlying_value_hardly_widens_it() -> None:
    values = [0.0, 0.01, -0.01, 0.02, -0.02, 0.015, -0.005, 0.0, 0.005, 0.01]
    clean = predicted(values, 0.01).half
    for outlier in (0.3, 3.0):
        assert predicted([*values[:-1], outlier], 0.01).half < 1.4 * clean


def test_a_lower_level_is_wider_and_levels_between_lie_between() -> None:
    for runs in range(LEAST_RUNS, MOST_RUNS + 1):
        found = [factor(runs, level) for level in (0.05, 0.03, 0.01, 0.004, 0.001, 0.0001)]
        assert found == sorted(found)
        assert found[0] == pytest.approx(factor(runs, 0.0500001), rel=1e-4)
    assert factor(10, 0.01) == pytest.approx(7.60)
    assert factor(10, 0.0001) == pytest.approx(17.18 * 10 ** (1 / 3), rel=0.05)
