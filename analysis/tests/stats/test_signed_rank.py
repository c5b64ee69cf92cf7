"""signed_rank.py: p-values by another implementation, and how often intervals hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import wilcoxon

from parzen_study.stats.signed_rank import SignedRanks


@pytest.mark.parametrize("size", [1, 2, 6, 15, 40])
@pytest.mark.parametrize("bound", [0.0, 0.3, -0.3])
def test_p_values_are_those_of_scipy(size: int, bound: float) -> None:
    values = np.random.default_rng(size).normal(0.1, 1.0, size)
    ranks = SignedRanks(list(values))
    for ours, alternative in (
        (ranks.p_above(bound), "greater"),
        (ranks.p_below(bound), "less"),
        (ranks.p_differs(bound), "two-sided"),
    ):
        theirs = wilcoxon(values - bound, alternative=alternative, method="exact").pvalue
        assert ours == pytest.approx(theirs, rel=1e-9)


def test_the_interval_holds_what_the_test_does_not_reject() -> None:
    ranks = SignedRanks(list(np.random.default_rng(3).normal(0.1, 1.0, 12)))
    low, high = ranks.interval(0.05) or (math.nan, math.nan)
    for bound in np.linspace(low + 1e-6, high - 1e-6, 50):
        assert ranks.p_differs(bound) > 0.05
    assert max(ranks.p_differs(low - 1e-6), ranks.p_differs(high + 1e-6)) <= 0.05
    assert low < ranks.center < high


def test_five_values_cannot_reject_anything_at_five_percent() -> None:
    assert SignedRanks([1.0] * 5).interval(0.05) is None
    assert SignedRanks([1.0] * 6).interval(0.05) == (1.0, 1.0)


def test_values_at_the_bound_count_against_a_difference() -> None:
    ranks = SignedRanks([0.0] * 30)
    assert ranks.p_above(0.0) == ranks.p_below(0.0) == ranks.p_differs() == 1.0


@pytest.mark.simulation
@pytest.mark.parametrize("kind", ["normal", "heavy tails", "two modes", "bursts"])
@pytest.mark.parametrize("size", [10, 30])
def test_intervals_hold_the_truth_as_often_as_they_say(kind: str, size: int) -> None:
    generator = np.random.default_rng(7)
    samples = {
        "normal": generator.normal(size=(2000, size)),
        "heavy tails": generator.standard_t(2, size=(2000, size)),
        "two modes": generator.choice([-1.0, 1.0], (2000, size))
        + generator.normal(0.0, 0.1, (2000, size)),
        "bursts": generator.normal(size=(2000, size))
        * np.where(generator.random((2000, size)) < 0.1, 10.0, 1.0),
    }[kind]
    intervals = [SignedRanks(list(row)).interval(0.05) for row in samples]
    held = sum(each is not None and each[0] <= 0.0 <= each[1] for each in intervals)
    assert 0.94 <= held / 2000 <= 0.97
