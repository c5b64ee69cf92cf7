"""Simulated clusters of known truth: a merge of some seconds per step, and a rate."""

from __future__ import annotations

import math
from collections.abc import Callable

from parzen_study.stats.bootstrap import Estimate
from parzen_study.topics.simulated.rate import Rate
from parzen_study.topics.simulated.stored import STRONG, WEAK, Call, Platform, Stored

RATE = Estimate(1e9, 0.8e9, 1.25e9)
STRONG_N, WEAK_N = 10**10, 10**8
NODES = tuple(2**power for power in range(11))
STEP = 20e-6
AS_SERIAL = Rate("sweep/serial/n:100000000", 10**8, RATE)
FLAT = Platform("flat_10g", "flat", "10Gbps", "5us", 1024)


def log_of_nodes(nodes: int) -> float:
    """Seconds of a merge in steps, as the model has it."""
    return STEP * math.log2(nodes)


def calls(
    merge: Callable[[int], float] = log_of_nodes,
    platform: str = FLAT.name,
    rate: Estimate = RATE,
    nodes: tuple[int, ...] = NODES,
) -> tuple[Call, ...]:
    """Strong and weak, a call per number of nodes."""
    found = []
    for scaling in (STRONG, WEAK):
        for each in nodes:
            n = STRONG_N if scaling == STRONG else WEAK_N * each
            value, low, high = (
                math.ceil(n / each) / one + merge(each) for one in (rate.value, rate.high, rate.low)
            )
            found.append(Call(platform, scaling, each, n, Estimate(value, low, high)))
    return tuple(found)


def stored(
    of: tuple[Call, ...] | None = None,
    platforms: tuple[Platform, ...] = (FLAT,),
    rate: Rate = AS_SERIAL,
) -> Stored:
    return Stored("SimGrid 3.32", ("--cfg=a:b",), rate, platforms, of or calls(rate=rate.samples))
