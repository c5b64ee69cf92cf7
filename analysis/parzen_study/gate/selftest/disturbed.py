"""Stored comparisons of equal builds, with disturbed times: none is a regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from parzen_study.gate.selftest.resampled import Floats, judged_suites, pool_of
from parzen_study.gate.selftest.stored import Stage, Stored

SUITES: Final = 2_000
_SEED: Final = 1
# By how much each process of each block takes longer, [block, position], given which are NEW.
Disturbance = Callable[[np.ndarray, np.random.Generator], Floats]


def _doubled(new: np.ndarray, _random: np.random.Generator) -> Floats:
    return np.full(new.shape, 2.0)


def _drift(new: np.ndarray, _random: np.random.Generator) -> Floats:
    return np.asarray(1.005 ** np.arange(new.size).reshape(new.shape), dtype=float)


def _bursts(new: np.ndarray, random: np.random.Generator) -> Floats:
    return np.where(random.random(new.shape) < 0.1, 3.0, 1.0)


def _one_block(new: np.ndarray, _random: np.random.Generator) -> Floats:
    factors = np.ones(new.shape)
    middle = len(new) // 2
    factors[middle, new[middle]] = 5.0
    return factors


DISTURBANCES: Final[Mapping[str, Disturbance]] = {
    "a machine twice as slow": _doubled,
    "a drift of 0.5% a process": _drift,
    "every tenth process 3 times as slow": _bursts,
    "NEW 5 times as slow in one block": _one_block,
}


def disturbed(stored: Stored, disturbance: Disturbance) -> Stored:
    """The same comparison with all times of a process multiplied."""
    random = np.random.default_rng(_SEED)
    return replace(stored, stages=[_disturbed(each, disturbance, random) for each in stored.stages])


def _disturbed(stage: Stage, disturbance: Disturbance, random: np.random.Generator) -> Stage:
    new = np.array([[build == "B" for build in order] for order in stage.orders])
    factors = disturbance(new, random).ravel()
    seconds = {case: (np.array(times) * factors).tolist() for case, times in stage.seconds.items()}
    return replace(stage, seconds=seconds)


def lines(equal: Sequence[Stored], suites: int = SUITES) -> list[str]:
    """A line per disturbance: in how many suites something is called slower."""
    found = [f"Disturbed, {suites} suites of equal builds each: called slower"]
    for name, disturbance in DISTURBANCES.items():
        random = np.random.default_rng(_SEED)
        each = max(1, suites // len(equal))
        alarms = 0
        for stored in equal:
            pool = pool_of(disturbed(stored, disturbance))
            judged = judged_suites(pool, each, np.zeros(len(pool.units)), random)
            alarms += int(judged.regressed.any(axis=1).sum())
        found.append(f"  {name:38} {alarms:5} ({alarms / each / len(equal):.2%})")
    return found
