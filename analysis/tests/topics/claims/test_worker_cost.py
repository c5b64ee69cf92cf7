"""What a worker costs, from runs of known truth: how often its interval covers it."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from parzen_study.run.case import Case, parse_case
from parzen_study.run.enough_rounds import MINIMUM_ROUNDS, VERDICT_ROUNDS
from parzen_study.run.load import load_run
from parzen_study.stats.bootstrap import Estimate, Floats, median
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.claims.worker_cost import creation_cost, worker_cost
from synthetic import Synthetic, case_name, write

WORKERS = (1, 2, 3, 4, 6)
CREATION, MESSAGE = 0.4e-3, 0.04e-3
RUNS = 400
# Two standard errors of a share near 95% of so many runs.
TOLERATED = 2 * math.sqrt(0.95 * 0.05 / RUNS)


def noise(kind: str, shape: tuple[int, int], generator: np.random.Generator) -> Floats:
    """Logarithms of times of median 0."""
    normal: Floats = generator.standard_normal(shape)
    if kind == "skewed":
        normal = generator.exponential(size=shape) - math.log(2.0)
    elif kind == "two modes":
        slow, half = 0.35, 0.5
        at_median = NormalDist().inv_cdf(half / (1.0 - slow))
        normal = half * (normal - at_median) + 8.0 * (generator.random(shape) < slow)
    return 0.02 * normal


class Simulated(Estimates):
    """Estimates with times of their own, without a run."""

    def __init__(self, times: Floats, cases: list[Case]) -> None:
        self._times = times
        self._index = {case.name: number for number, case in enumerate(cases)}


def cases(start: str, cpus: int) -> list[Case]:
    return [
        parse_case(case_name("process_pool", 10_000, workers, start))
        for workers in WORKERS
        if workers >= cpus
    ]


@pytest.mark.simulation
@pytest.mark.parametrize("kind", ["normal", "skewed", "two modes"])
@pytest.mark.parametrize(("cpus", "rounds"), [(1, 5), (2, 5), (2, 20), (4, 8)])
def test_an_interval_covers_the_truth_as_often_as_it_says(
    cpus: int, rounds: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all that a worker costs cold and warm, and of its creation, in 93 to 97%."""
    monkeypatch.setattr("parzen_study.stats.bootstrap.RESAMPLES", 1000)
    cold, warm = cases("cold", cpus), cases("warm", cpus)
    workers = np.array([case.number("workers") for case in cold])
    truth = np.concatenate([10e-3 + (CREATION + MESSAGE) * workers, 8e-3 + MESSAGE * workers])
    generator = np.random.default_rng(5)
    covered = np.zeros(3)
    for _ in range(RUNS):
        shared = 0.02 * generator.standard_normal((rounds, 1))
        times = truth * np.exp(shared + noise(kind, (rounds, len(truth)), generator))
        run = Simulated(times, [*cold, *warm])
        found = worker_cost(run, cold), worker_cost(run, warm), creation_cost(run, cold, warm)
        for which, true in enumerate((CREATION + MESSAGE, MESSAGE, CREATION)):
            covered[which] += found[which].low <= true <= found[which].high
    shares = covered / RUNS
    assert np.all(shares >= 0.93 - TOLERATED), shares
    assert np.all(shares <= 0.97 + TOLERATED), shares


def test_the_cost_is_exact_without_noise_whatever_the_order(tmp_path: Path) -> None:
    def truth(backend: str, _n: int, workers: int, start: str) -> float:
        each = MESSAGE + (CREATION if start == "cold" else 0.0)
        return 10e-3 + each * workers

    document = Synthetic(truth, sizes=(10_000,), noise=0.0, round_noise=0.0).document()
    estimates = Estimates(load_run(write(document, tmp_path) / "run.json"))
    cold, warm = cases("cold", 2), cases("warm", 2)
    cost = worker_cost(estimates, cold[::-1])
    assert (cost.low, cost.value, cost.high) == pytest.approx([CREATION + MESSAGE] * 3)
    assert creation_cost(estimates, cold, warm).value == pytest.approx(CREATION)


def test_what_a_round_shares_hardly_widens_it() -> None:
    """A round of twice the time is twice the cost in that round alone."""
    cold = cases("cold", 2)
    workers = np.array([case.number("workers") for case in cold])
    shared = np.exp(0.1 * np.random.default_rng(2).standard_normal((20, 1)))
    cost = worker_cost(Simulated((10e-3 + CREATION * workers) * shared, cold), cold)
    assert 0.85 * CREATION < cost.low < CREATION < cost.high < 1.15 * CREATION


def test_rounds_that_lack_a_case_do_not_count() -> None:
    cold = cases("cold", 4)
    times = np.array([[10.0, 12.0], [11.0, 13.0], [12.0, 14.0], [9.0, 11.0], [8.0, 10.0]])
    whole = worker_cost(Simulated(times, cold), cold)
    assert (whole.value, whole.decides) == (1.0, True)
    times[VERDICT_ROUNDS - 1, 0] = math.nan
    assert not worker_cost(Simulated(times, cold), cold).decides
    times[MINIMUM_ROUNDS - 1 :, 0] = math.nan
    few = worker_cost(Simulated(times, cold), cold)
    assert (few.value, few.has_interval) == (1.0, False)
    times[:, 0] = math.nan
    assert math.isnan(worker_cost(Simulated(times, cold), cold).value)


def test_a_median_of_figures_moves_with_them_whatever_their_sign() -> None:
    values = np.random.default_rng(1).standard_normal(9)
    one, moved, turned = median(values), median(values - 100.0), median(-values)
    assert (moved.low, moved.high) == pytest.approx((one.low - 100.0, one.high - 100.0))
    assert turned.value == pytest.approx(-one.value)
    assert isinstance(one, Estimate)
    assert one.low < one.value < one.high
