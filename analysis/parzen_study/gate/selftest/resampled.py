"""Resamples suites from the blocks of stored comparisons, and judges them as the gate does.

A suite resamples one random comparison: its blocks, with replacement, and each block's builds
change places at random, as both builds are the same. So the true difference is 0, with the noise of
the blocks. A planted effect adds its logarithm to the values of a unit, which multiplies all times
of NEW in it.

The number of blocks of stage 2 follows from its time and the length of the blocks of stage 1. A
unit that stage 2 measured has blocks from there, any other unit new resamples of stage 1.

All suites of a comparison are judged at once, by the rules of two_builds.py in terms of arrays;
tests compare the two. A block's contribution to a unit's value (two_builds_values.py) is that of
the whole comparison.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from parzen_study.gate.selftest.stored import Stored
from parzen_study.gate.two_builds import (
    LEAST_BLOCKS,
    LEVEL,
    MINIMUM_EFFECT,
    TOO_MUCH,
    minimum_effect,
    units_of,
)
from parzen_study.gate.two_builds_values import Block, control_values, unit_values
from parzen_study.gate.verdict import Verdict

STAGE_SECONDS: Final = 330  # of gate.py, and its blocks of stage 2
MOST_BLOCKS: Final = 160

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Values = Callable[[Sequence[Block], Sequence[str]], list[float]]


@dataclass(frozen=True)
class Pool:
    """The blocks of a comparison as values: [unit, block]; of stage 2 by unit that it measured."""

    units: Sequence[str]
    cases: NDArray[np.int64]
    first: Floats
    controls: Floats
    second: Mapping[int, Floats]
    seconds: float  # of a block, a case
    effects: Floats  # minimum effects: [unit]

    @property
    def bounds(self) -> Floats:
        """The same as log ratios."""
        return np.log1p(self.effects)


@dataclass(frozen=True)
class Judged:
    """Of so many suites: [suite, unit] and [suite]."""

    regressed: Flags
    verdicts: NDArray[np.int64]


def pool_of(
    stored: Stored, values: Values = unit_values, controls: Values = control_values
) -> Pool:
    """A comparison's blocks; `values` and `controls` are those of the judge."""
    first = stored.stages[0]
    units = units_of(first.seconds)
    blocks = first.blocks()
    second = {}
    for stage in stored.stages[1:]:
        later = stage.blocks()
        for place, cases in enumerate(units.values()):
            if set(cases) <= stage.seconds.keys():
                second[place] = np.array(values(later, cases))
    each = first.elapsed or STAGE_SECONDS
    return Pool(
        units=list(units),
        cases=np.array([len(cases) for cases in units.values()]),
        first=np.array([values(blocks, cases) for cases in units.values()]),
        controls=np.array([controls(blocks, cases) for cases in units.values()]),
        second=second,
        seconds=each / len(blocks) / len(first.seconds),
        effects=np.array([minimum_effect(unit, stored.layout) for unit in units]),
    )


def judged_suites(
    pool: Pool, suites: int, shift: Floats, random: np.random.Generator, flip: bool = True
) -> Judged:
    """Draws so many suites of a comparison and judges them; `shift` are the log ratios that are
    planted in each unit."""
    draw = _Draws(suites, random, flip)
    numbers, signs = draw.of(pool.first.shape[1], pool.first.shape[1])
    first = pool.first[:, numbers] * signs + shift[:, None, None]
    controls = pool.controls[:, numbers] * signs
    failed = np.any(_differs(controls, LEVEL / len(pool.units)), axis=0)
    unclear, too_slow, again = _stage_1(first, pool.bounds[:, None, None])
    regressed = np.zeros_like(again)
    chosen = again.sum(axis=0)
    seconds = np.maximum(pool.seconds * (again * pool.cases[:, None]).sum(axis=0), 1e-9)
    blocks = np.clip(STAGE_SECONDS // seconds, LEAST_BLOCKS, MOST_BLOCKS).astype(int)
    of_first = draw.of(pool.first.shape[1], MOST_BLOCKS)
    of_second = draw.of(len(next(iter(pool.second.values()), [0])), MOST_BLOCKS)
    for unit in range(len(pool.units)):
        source = pool.second.get(unit, pool.first[unit])
        numbers, signs = of_second if unit in pool.second else of_first
        for number in np.unique(blocks[again[unit]]):
            rows = np.flatnonzero(again[unit] & (blocks == number))
            values = source[numbers[rows, :number]] * signs[rows, :number] + shift[unit]
            slower, clear, slow = _stage_2(values, LEVEL / chosen[rows], pool.bounds[unit])
            regressed[unit, rows] = slower
            unclear[unit, rows] = ~clear
            too_slow[unit, rows] = slow
    return Judged(regressed.T, _verdicts(np.asarray(failed), regressed, unclear, too_slow))


class _Draws:
    def __init__(self, suites: int, random: np.random.Generator, flip: bool) -> None:
        self._suites, self._random, self._flip = suites, random, flip

    def of(self, blocks: int, wanted: int) -> tuple[NDArray[np.int64], Floats]:
        """Which blocks, and with which sign: [suite, block]."""
        shape = (self._suites, wanted)
        numbers = self._random.integers(blocks, size=shape)
        signs = self._random.choice((-1.0, 1.0), size=shape) if self._flip else np.ones(shape)
        return numbers, signs


def _stage_1(values: Floats, bound: Floats) -> tuple[Flags, Flags, Flags]:
    """Which units are unclear, may be too slow, and are measured again: [unit, suite]."""
    number = values.shape[-1]
    means = number * (number + 1) // 2
    above, below = _at_most(values, bound), _at_most(values, -bound)
    slower, faster = 2 * above < means, 2 * (means - below) < means
    too_slow = _reaches(values, LEVEL)
    again = np.where(slower.any(axis=0), slower, faster | too_slow)
    return ~_equivalent(above, below, number) | again, too_slow, again


def _stage_2(values: Floats, level: Floats, bound: float) -> tuple[Flags, Flags, Flags]:
    """Which are slower, judged in any way, and may be too slow."""
    number = values.shape[-1]
    means = number * (number + 1) // 2
    above, below = _at_most(values, bound), _at_most(values, -bound)
    cut = cuts(number, level)
    slower, faster = above < cut, means - below < cut
    clear = slower | faster | _equivalent(above, below, number)
    return slower, clear, _reaches(values, level)


def _equivalent(above: NDArray[Any], below: NDArray[Any], number: int) -> Flags:
    cut = cuts(number, np.array([2 * LEVEL]))[0]
    means = number * (number + 1) // 2
    return np.asarray((means - above < cut) & (below < cut))


def _reaches(values: Floats, level: Floats | float) -> Flags:
    """Whether a slowdown by TOO_MUCH is not excluded."""
    number = values.shape[-1]
    below = number * (number + 1) // 2 - _at_most(values, math.log1p(TOO_MUCH))
    return np.asarray(below >= cuts(number, np.asarray(level)))


def _differs(values: Floats, level: float) -> Flags:
    number = values.shape[-1]
    cut = cuts(number, np.asarray(level))
    bound = math.log1p(MINIMUM_EFFECT)
    below = number * (number + 1) // 2 - _at_most(values, -bound)
    return np.asarray((_at_most(values, bound) < cut) | (below < cut))


def _at_most(values: Floats, bound: Floats | float) -> NDArray[np.int64]:
    """How many means of two values, or of one with itself, are at most the bound: the sum of the
    ranks of those that are, by their distance."""
    off = values - bound
    order = np.argsort(np.abs(off), axis=-1)
    low = np.take_along_axis(off <= 0.0, order, axis=-1)
    return np.asarray(low @ np.arange(1, values.shape[-1] + 1))


def cuts(number: int, level: NDArray[Any]) -> NDArray[np.int64]:
    """Of so many values at a two-sided level: how few means beyond a bound reject it. 0 where none
    can."""
    return np.searchsorted(_tails(number), np.asarray(level) / 2, side="right")


@cache
def _tails(number: int) -> Floats:
    """As stats.signed_rank has them, in floating point."""
    chances = np.ones(1)
    for rank in range(1, number + 1):
        longer = np.zeros(len(chances) + rank)
        longer[: len(chances)] += chances / 2
        longer[rank:] += chances / 2
        chances = longer
    return np.asarray(np.cumsum(chances))


def _verdicts(
    failed: Flags, regressed: Flags, unclear: Flags, too_slow: Flags
) -> NDArray[np.int64]:
    undecided = (2 * unclear.sum(axis=0) > len(unclear)) | (unclear & too_slow).any(axis=0)
    choices = [failed, regressed.any(axis=0), undecided]
    found = [int(each) for each in (Verdict.INVALID, Verdict.REGRESSED, Verdict.INCONCLUSIVE)]
    return np.select(choices, found, default=int(Verdict.PASS))
