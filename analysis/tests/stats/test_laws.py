"""Laws of scaling against curves of known truth, and what is rejected."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen_study.stats.bootstrap import Floats
from parzen_study.stats.laws import (
    Rejected,
    Scalability,
    Serial,
    amdahl,
    gustafson,
    karp_flatt,
    scalability,
)

WORKERS = (1, 2, 3, 4, 6, 8, 12, 16)
Curve = Callable[[int], float]


def samples(
    curve: Curve, workers: tuple[int, ...] = WORKERS, noise: float = 0.0, seed: int = 1
) -> Floats:
    """Speedups as measured and 400 resamples, the noise of one worker in all of them."""
    generator = np.random.default_rng(seed)
    factors = np.exp(noise * generator.standard_normal((len(workers), 401)))
    truth = np.array([[curve(p)] for p in workers])
    return np.asarray(truth * factors / factors[0])


def by_amdahl(serial: float) -> Curve:
    return lambda p: p / (1.0 + serial * (p - 1))


def by_gustafson(serial: float) -> Curve:
    return lambda p: p - serial * (p - 1)


def by_usl(sigma: float, kappa: float) -> Curve:
    return lambda p: p / (1.0 + sigma * (p - 1) + kappa * p * (p - 1))


@given(st.floats(0.0, 1.0))
def test_amdahl_finds_the_serial_fraction(serial: float) -> None:
    found = amdahl(WORKERS, samples(by_amdahl(serial)))
    assert isinstance(found, Serial)
    assert found.fraction.value == pytest.approx(serial, abs=1e-9)
    assert found.off < 1e-9


@given(st.floats(0.0, 1.0))
def test_gustafson_finds_the_serial_fraction(serial: float) -> None:
    found = gustafson(WORKERS, samples(by_gustafson(serial)))
    assert isinstance(found, Serial)
    assert found.fraction.value == pytest.approx(serial, abs=1e-9)
    assert found.off < 1e-9


@given(st.floats(0.0, 0.9), st.floats(1e-4, 0.1))
def test_the_scalability_law_finds_both_and_the_peak(sigma: float, kappa: float) -> None:
    found = scalability(WORKERS, samples(by_usl(sigma, kappa)))
    assert isinstance(found, Scalability)
    assert found.contention.value == pytest.approx(sigma, abs=1e-9)
    assert found.coherency.value == pytest.approx(kappa, rel=1e-6)
    assert found.peak.value == pytest.approx(max(((1 - sigma) / kappa) ** 0.5, 1.0), rel=1e-5)


def test_noise_of_one_per_cent_leaves_them_within_five_and_within_their_intervals() -> None:
    for seed in range(20):
        serial = amdahl(WORKERS, samples(by_amdahl(0.2), noise=0.01, seed=seed))
        assert isinstance(serial, Serial)
        assert serial.fraction.value == pytest.approx(0.2, rel=0.05)
        assert serial.fraction.low < 0.2 < serial.fraction.high
        assert 0.0 < serial.off < 0.05
        usl = scalability(WORKERS, samples(by_usl(0.1, 0.01), noise=0.002, seed=seed))
        assert isinstance(usl, Scalability)
        assert usl.contention.value == pytest.approx(0.1, rel=0.05)
        assert usl.coherency.value == pytest.approx(0.01, rel=0.05)
        assert usl.peak.value == pytest.approx(90**0.5, rel=0.05)
        for estimate in (usl.contention, usl.coherency, usl.peak):
            assert estimate.low <= estimate.value <= estimate.high


@pytest.mark.parametrize(("fit", "parameters"), [(amdahl, 1), (gustafson, 1), (scalability, 2)])
def test_fewer_points_than_parameters_and_two_are_rejected(
    fit: Callable[..., object], parameters: int
) -> None:
    enough = WORKERS[: parameters + 2]
    assert not isinstance(fit(enough, samples(by_amdahl(0.1), enough)), Rejected)
    few = enough[:-1]
    rejected = fit(few, samples(by_amdahl(0.1), few))
    assert isinstance(rejected, Rejected)
    assert f"needs at least {parameters + 2}" in rejected.reason
    assert rejected.reason.startswith(f"{parameters + 1} points (1")


def test_two_cpus_allow_no_fit() -> None:
    rejected = amdahl((1, 2), samples(by_amdahl(0.1), (1, 2)))
    assert rejected == Rejected("2 points (1 and 2 workers); a fit of 1 parameter needs at least 3")


def test_what_no_fraction_explains_is_rejected() -> None:
    gains_too_much = amdahl(WORKERS, samples(lambda p: p**1.2, noise=0.01))
    assert isinstance(gains_too_much, Rejected)
    assert "the speedup is larger than the law allows" in gains_too_much.reason
    loses = amdahl(WORKERS, samples(lambda p: p**-0.5, noise=0.01))
    assert isinstance(loses, Rejected)
    assert "the speedup is smaller than the law allows" in loses.reason
    other_form = scalability(WORKERS, samples(lambda p: min(p, 4.0) * p**0.2, noise=0.001))
    assert isinstance(other_form, Rejected)
    assert other_form.reason.startswith("contention sigma is out of range, -")


def test_what_leaves_its_range_by_noise_is_held_at_its_end() -> None:
    """Ideal speedup: half of all noise asks for less than nothing to be serial."""
    for seed in range(10):
        serial = amdahl(WORKERS, samples(float, noise=0.01, seed=seed))
        assert isinstance(serial, Serial)
        assert 0.0 <= serial.fraction.low <= serial.fraction.value <= serial.fraction.high < 0.01
        usl = scalability(WORKERS, samples(float, noise=0.01, seed=seed))
        assert isinstance(usl, Scalability)
        assert usl.contention.low == usl.coherency.low == 0.0
        assert usl.peak.high == np.inf


def test_where_one_is_held_the_other_is_the_best_alone() -> None:
    truth = samples(by_amdahl(0.3), noise=0.01)
    # Each resample in turn as if it had been measured.
    turns = [np.concatenate([truth[:, [at]], truth[:, 1:]], axis=1) for at in range(40)]
    pairs = [(scalability(WORKERS, each), amdahl(WORKERS, each)) for each in turns]
    held = [
        (each, alone)
        for each, alone in pairs
        if isinstance(each, Scalability) and each.coherency.value == 0.0
    ]
    assert held
    for each, alone in held:
        assert isinstance(alone, Serial)
        assert each.contention.value == pytest.approx(alone.fraction.value)


@given(st.floats(-0.5, 1.0), st.integers(2, 64))
def test_karp_and_flatt_find_it_at_every_point(serial: float, p: int) -> None:
    speedup = p / (1.0 + serial * (p - 1))
    if speedup > 0:
        assert karp_flatt(p, np.array([speedup, speedup])).value == pytest.approx(serial, abs=1e-9)


def test_too_few_rounds_give_figures_without_intervals() -> None:
    speedups = np.array([[by_usl(0.1, 0.01)(p), np.nan] for p in WORKERS])
    for found in (amdahl(WORKERS, speedups), scalability(WORKERS, speedups)):
        assert not isinstance(found, Rejected)
        estimate = found.fraction if isinstance(found, Serial) else found.contention
        assert not estimate.has_interval
