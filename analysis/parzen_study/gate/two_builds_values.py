"""The value of a unit in a block, robust to bursts of other load.

With four processes and some twenty cases, most blocks have a burst in one of them. So

1. a case's value in a block is the log ratio of the faster process of each build, since other load
   can only slow a process down;
2. over the blocks, a case's center is Huber's estimate ("Robust estimation of a location
   parameter", Annals of Mathematical Statistics 35, 1964), and the distance of a block from it is
   limited to TUNING deviations;
3. a unit's value in a block is the mean of its cases', with smaller weights for noisier ones, none
   more than twice the median weight.

A slowdown of some cases moves this mean by their share. The median of the cases would miss a
slowdown of less than half of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median, variance
from typing import Any, Final

Block = Mapping[str, Any]  # as runner.pairs.blocks makes it
TUNING: Final = 1.5  # deviations: 96% efficiency where noise is normal
_MOST_STEPS: Final = 50
_LEAST_DEVIATION: Final = 1e-9  # below what rounding does to a logarithm


def log_ratio(block: Block, case: str) -> float:
    """Of new over old: of the faster process of each."""
    return min(_logs(block, case, "B")) - min(_logs(block, case, "A"))


def own_log_ratio(block: Block, case: str) -> float:
    """Of a build over itself, the later process over the earlier one: the mean of both builds. The
    block's order was drawn, so a drift has either sign."""
    sign = 1.0 if block["order"] == "ABBA" else -1.0
    both = (_logs(block, case, build) for build in "AB")
    return sign * fmean(second - first for first, second in both)


def unit_values(blocks: Sequence[Block], cases: Sequence[str]) -> list[float]:
    """Of new over old, a value per block."""
    return weighted([[log_ratio(block, case) for block in blocks] for case in cases])


def control_values(blocks: Sequence[Block], cases: Sequence[str]) -> list[float]:
    """The same of both builds against themselves."""
    return weighted([[own_log_ratio(block, case) for block in blocks] for case in cases])


def limited(values: Sequence[float]) -> list[float]:
    """What each value adds to Huber's estimate, which is their mean. Where most are equal, there is
    no deviation to limit them by, and they stay as they are."""
    center = median(values)
    deviation = 1.4826 * median(abs(value - center) for value in values)
    if deviation < _LEAST_DEVIATION:
        return list(values)
    limit = TUNING * deviation
    for _ in range(_MOST_STEPS):
        off = [min(max(value - center, -limit), limit) for value in values]
        inside = sum(abs(value - center) <= limit for value in values)
        step = math.fsum(off) / inside
        if abs(step) <= 1e-9 * deviation:
            break
        center += step
    share = inside / len(values)
    return [center + each / share for each in off]


def weighted(by_case: Sequence[Sequence[float]]) -> list[float]:
    """The values of a unit from its cases', a value per block."""
    found = [limited(values) for values in by_case]
    spreads = [variance(values) if len(values) > 1 else 0.0 for values in found]
    usual = median(spreads)
    weights = [1.0 / (each + usual) if each + usual else 1.0 for each in spreads]
    if not usual:  # half of them or more do not vary at all
        weights = [1.0] * len(found)
    total = math.fsum(weights)
    return [
        math.fsum(weight * value for weight, value in zip(weights, block, strict=True)) / total
        for block in zip(*found, strict=True)
    ]


def _logs(block: Block, case: str, build: str) -> list[float]:
    return [math.log(each["seconds"][case]) for each in block["letters"] if each["build"] == build]
