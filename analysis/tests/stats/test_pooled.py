"""Pooling over loops: coverage of a further loop's boundary, of known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.pooled import pooled

Z = 1.959964


def observed(true: float, error: float, generator: np.random.Generator) -> Estimate:
    """A boundary with a 95% interval of this error of its logarithm."""
    at = math.log(true) + error * generator.standard_normal()
    return Estimate(math.exp(at), math.exp(at - Z * error), math.exp(at + Z * error))


def coverage(
    loops: int, spread: float, error: float, censored: float = 0.0, *, heavy: bool = False
) -> float:
    """How often the interval holds the boundary of one more loop, in 200 draws. `heavy`: loops
    differ by Student's t of 3 degrees of freedom instead, of the same scale."""
    generator = np.random.default_rng([loops, round(100 * spread), round(100 * error)])

    def deviation() -> float:
        return float(generator.standard_t(3) if heavy else generator.standard_normal())

    inside = 0
    for _ in range(200):
        seen = []
        for number in range(loops):
            true = math.exp(spread * deviation())
            each = observed(true, error, generator)
            if number < censored * loops:
                # Only sizes above, or only below, some serial time near the boundary.
                bound = true * math.exp(abs(generator.standard_normal()))
                each = Estimate(0.0, 0.0, bound)
                if number % 2:
                    each = Estimate(math.inf, true / (bound / true), math.inf)
            seen.append(each)
        found = pooled(seen)
        assert found is not None
        inside += found.low <= math.exp(spread * deviation()) <= found.high
    return inside / 200


@pytest.mark.simulation
@pytest.mark.parametrize("loops", [1, 2, 4, 10])
@pytest.mark.parametrize("spread", [0.0, 0.25, 0.5])
@pytest.mark.parametrize("error", [0.02, 0.3])
def test_a_further_loop_is_in_the_interval(loops: int, spread: float, error: float) -> None:
    assert coverage(loops, spread, error) >= 0.9


@pytest.mark.simulation
@pytest.mark.parametrize("loops", [4, 10])
def test_bounds_count_as_what_they_are(loops: int) -> None:
    assert coverage(loops, 0.4, 0.1, censored=0.5) >= 0.9


@pytest.mark.simulation
def test_loops_that_are_not_normally_spread() -> None:
    assert coverage(8, 0.4, 0.1, heavy=True) >= 0.87


@pytest.mark.simulation
def test_loops_of_a_spread_that_the_prior_does_not_expect() -> None:
    assert coverage(10, 1.0, 0.1) >= 0.85


def test_agreement_of_many_loops_narrows_the_interval() -> None:
    one = Estimate(1e-3, 0.9e-3, 1.1e-3)
    alone, many = pooled([one]), pooled([one] * 10)
    assert alone
    assert many
    assert alone.high / alone.low > 2 * many.high / many.low
    assert alone.value == pytest.approx(many.value, rel=0.02) == pytest.approx(1e-3, rel=0.05)


def test_the_spread_between_loops_is_in_the_interval_however_small_the_noise() -> None:
    found = pooled([Estimate(x, 0.99 * x, 1.01 * x) for x in (1.0, 2.0, 4.0, 8.0)])
    assert found
    assert found.low < 1.0
    assert found.high > 8.0


def test_bounds_alone_give_a_bound() -> None:
    below = pooled([Estimate(0.0, 0.0, 1.0)] * 3)
    above = pooled([Estimate(math.inf, 1.0, math.inf)] * 3)
    assert below
    assert above
    assert below.value < 1.0 < above.value


def test_nothing_known_is_nothing() -> None:
    assert pooled([]) is None
    assert pooled([Estimate(1.0, 0.0, math.inf)]) is None
