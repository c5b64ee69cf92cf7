"""Resampled suites: that they are judged as the gate judges, and what they say of known truths."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from parzen_study.gate.selftest import resampled
from parzen_study.gate.selftest.power import (
    backends_of,
    equal_lines,
    power,
    power_lines,
    sizes_of,
    target_lines,
)
from parzen_study.gate.selftest.replay import replayed
from parzen_study.gate.selftest.resampled import Pool, cuts, judged_suites, pool_of
from parzen_study.gate.verdict import Verdict
from parzen_study.stats.signed_rank import SignedRanks
from self_comparisons import UNITS, paired, stored

NAMES = sorted(UNITS)


class AsMeasured:
    """Draws each block once, in its place."""

    def __init__(self, suites: int, _random: object, _flip: bool) -> None:
        self._suites = suites

    def of(self, blocks: int, wanted: int) -> tuple[np.ndarray, np.ndarray]:
        numbers = np.arange(wanted) % blocks
        return np.tile(numbers, (self._suites, 1)), np.ones((self._suites, wanted))


@pytest.mark.parametrize("level", [0.05, 0.05 / 3, 0.05 / 9])
@pytest.mark.parametrize("number", [1, 5, 10, 22, 60])
def test_a_cut_is_that_of_the_signed_rank_test(number: int, level: float) -> None:
    values = [0.01 * place for place in range(number)]
    means = sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:])
    interval = SignedRanks(values).interval(level)
    cut = int(cuts(number, np.array([level]))[0])
    assert (cut == 0) == (interval is None)
    if interval:
        assert means[cut - 1] == pytest.approx(interval[0])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("factor", [{}, {"tbb warm": 1.04}, {"tbb cold": 0.93, "openmp warm": 1.1}])
def test_undrawn_suites_are_judged_as_the_comparison_itself(
    monkeypatch: pytest.MonkeyPatch, factor: Mapping[str, float], seed: int
) -> None:
    """With the blocks of stage 2 that there are: so many as its time allows."""
    first = paired(20, noise=0.02 + 0.01 * (seed % 4), factor=factor, seed=seed)
    alone = stored(first)
    again = replayed(alone).unmeasured
    stages = [first]
    if again:
        cases = [case for unit in again for case in UNITS[unit]]
        blocks = int(330 // (79 / 20 / 10 * len(cases)))  # of four processes a second apart
        stages.append(paired(min(blocks, 160), factor=factor, seed=seed + 100, cases=cases))
    measured = stored(*stages)
    pool = pool_of(measured)
    monkeypatch.setattr(resampled, "STAGE_SECONDS", 10**6)
    monkeypatch.setattr(resampled, "MOST_BLOCKS", len(measured.stages[-1].orders))
    monkeypatch.setattr(resampled, "_Draws", AsMeasured)
    found = judged_suites(pool, 2, np.zeros(len(NAMES)), np.random.default_rng(1))
    expected = replayed(measured)
    named = [NAMES[unit] for unit in np.flatnonzero(found.regressed[0])]
    assert (named, found.verdicts[0]) == (expected.alarms, int(expected.judgement.verdict))


@pytest.fixture(scope="module")
def pools() -> list[Pool]:
    return [pool_of(stored(paired(22, noise=0.03, seed=seed))) for seed in (1, 2)]


def test_equal_builds_are_seldom_called_slower(pools: list[Pool]) -> None:
    counted, alarms, verdicts = equal_lines(pools, 2000)
    assert counted == "2000 suites of equal builds, resampled from 2; given these data:"
    assert alarms.startswith("  false alarms ")
    assert int(alarms.split()[2]) <= 6
    assert "pass" in verdicts


def test_a_drawn_suite_forgets_what_its_comparison_happened_to_show() -> None:
    """Builds change places, so the mean of a comparison is no effect that all its suites have."""
    pool = pool_of(stored(paired(22, noise=0.03, factor={"tbb warm": 1.1})))
    random = np.random.default_rng(1)
    judged = judged_suites(pool, 500, np.zeros(len(NAMES)), random)
    assert judged.regressed.mean() < 0.01
    kept = judged_suites(pool, 500, np.zeros(len(NAMES)), random, flip=False)
    assert kept.regressed[:, NAMES.index("tbb warm")].mean() > 0.9


def test_what_is_planted_is_found_and_named(pools: list[Pool]) -> None:
    found = power(pools, {"tbb": 0.2}, 400)
    assert found.regressed > 0.98
    assert found.named > 0.98
    assert found.bystanders < 0.02
    assert power(pools, {"all": 0.2}, 400).regressed > 0.98
    assert power(pools, {}, 400).regressed < 0.02
    assert power(pools, {"tbb": 0.03}, 400).regressed < found.regressed


def test_twice_the_time_on_another_machine_says_nothing(pools: list[Pool]) -> None:
    slow = paired(22, noise=0.03, seed=1)
    for block in slow["blocks"]:
        for letter in block["letters"]:
            letter["seconds"] = {case: 2 * time for case, time in letter["seconds"].items()}
    (twice,) = [pool_of(stored(slow))]
    assert twice.first == pytest.approx(pools[0].first, abs=2e-3)


def test_a_block_that_needs_no_time_to_measure_is_bounded() -> None:
    pool = pool_of(stored(paired(12)))
    shift = np.full(len(NAMES), math.log(1.2))
    judged = judged_suites(pool, 20, shift, np.random.default_rng(1))
    assert (judged.verdicts == Verdict.REGRESSED).mean() > 0.9


def test_the_table_names_backends_and_targets(pools: list[Pool]) -> None:
    assert backends_of(pools) == ["openmp", "serial", "tbb"]
    lines = power_lines(sizes_of(pools, 60), 60)
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[3:10]] == [
        "+2%", "+3%", "+5%", "+7%", "+10%", "+15%", "+20%"
    ]  # fmt: skip
    targets = target_lines(pools, 60)
    assert max(map(len, targets)) <= 80
    assert "minimum effect + 3 points: 90% of each backend" in targets[0]
    assert targets[1].endswith((", met", ", missed"))
