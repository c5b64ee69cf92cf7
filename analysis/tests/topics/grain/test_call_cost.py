"""What a call costs that creates its workers, against runs of known truth."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from parzen_study.run.load import load_run
from parzen_study.stats.bootstrap import log_medians, percentiles
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.grain import model as metg
from parzen_study.topics.grain.model import Line
from record import small
from synthetic import Document, write
from synthetic_scaling import BLOCK, CPUS, ITERATIONS, OVERHEAD, grain, grain_case, with_cases


def by_label(document: Document, folder: Path) -> dict[str, Line]:
    estimates = Estimates(load_run(write(document, folder) / "run.json"))
    return {line.label: line for line in metg.lines(estimates, (), CPUS)}


def test_a_call_that_creates_its_workers_has_a_cost_instead(tmp_path: Path) -> None:
    """Of a call, not of a task: what the overheads of all its tasks come to."""
    found = by_label(with_cases(small(1), grain(), round_noise=0.02), tmp_path)
    assert found.keys() == {"serial, cold", *map(", ".join, OVERHEAD)}
    for line in found.values():
        overhead = OVERHEAD.get((line.backend, line.start))
        if line.start == "cold" and overhead:
            true = 32 * overhead
            assert line.call_cost
            assert line.call_cost.value == pytest.approx(true, rel=0.05)
            assert line.call_cost.low <= true * 1.005
            assert line.call_cost.high >= true * 0.995
        else:
            assert (line.call_cost, line.call_cost_in_words) == (None, "")


def test_the_cost_of_a_call_does_not_depend_on_its_tasks(tmp_path: Path) -> None:
    """As METG would: of ten times the tasks it would be a tenth."""
    cost = 2e-3
    for tasks in (64, 640):
        costs = {
            name.replace(f"/m:{32 * CPUS}/", f"/m:{tasks}/"): tasks / CPUS * BLOCK * iterations
            + (0.0 if "/serial/" in name else cost)
            for iterations in ITERATIONS
            for name in grain(iterations=[iterations])
        }
        document = with_cases(small(1), costs, round_noise=0.0, noise=0.001)
        found = by_label(document, tmp_path / str(tasks))
        line = found["process_pool, cold"].call_cost
        assert line
        assert line.value == pytest.approx(cost, rel=0.01)


@pytest.mark.parametrize("slower", [1.3, 0.8])
def test_work_that_is_not_straight_hardly_moves_the_cost_of_a_call(
    slower: float, tmp_path: Path
) -> None:
    """Coarse tasks at another rate than fine ones: their memory, or a clock that falls."""
    costs = grain()
    for iterations in ITERATIONS[-3:]:
        costs[grain_case("openmp", iterations, CPUS, "cold")] *= slower
    line = by_label(with_cases(small(1), costs, round_noise=0.02), tmp_path)
    cost = line["openmp, cold"].call_cost
    assert cost
    assert cost.value == pytest.approx(32 * OVERHEAD["openmp", "cold"], rel=0.01)


@pytest.mark.simulation
@pytest.mark.parametrize("modes", [1, 2])
@pytest.mark.parametrize("rounds", [5, 20])
def test_an_interval_covers_the_cost_of_a_call_as_often_as_it_says(rounds: int, modes: int) -> None:
    """In 93 to 97%, of 400 runs: cost and work of a call are alike in the finest case."""
    cost, work, runs = 20e-6, 6.4e-6, 400
    iterations = ITERATIONS[::-1]
    generator = np.random.default_rng(3)
    noise = 0.02 * generator.standard_normal((rounds, runs, len(iterations)))
    if modes > 1:
        noise += 0.1 * (generator.random(noise.shape) < 0.5) - 0.05
    times = (cost + work * np.array(iterations)) * np.exp(noise)
    medians = log_medians(times.reshape(rounds, -1), resamples=1000)
    samples = np.exp(np.concatenate([medians.measured[:, np.newaxis], medians.resampled], axis=1))
    found = [
        percentiles(metg.call_costs(iterations, one))
        for one in samples.reshape(runs, len(iterations), -1)
    ]
    share = sum(each.low <= cost <= each.high for each in found) / runs
    tolerated = 2 * math.sqrt(0.95 * 0.05 / runs)
    assert 0.93 - tolerated <= share <= 0.97 + tolerated


def test_a_single_case_has_no_cost_of_a_call(tmp_path: Path) -> None:
    found = by_label(with_cases(small(1), grain(iterations=[1])), tmp_path)
    assert found["process_pool, cold"].call_cost is None
