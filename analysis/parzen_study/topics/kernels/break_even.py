"""After how many queries it pays to sort the distances once.

q queries cost `cold + (q - 1) * warm` with kernel indexed (cold sorts and queries, warm only
queries) and `q * fused` without it. The two are equal at

    q = (cold - warm) / (fused - warm)

Where warm is not below fused there is no such q: sorting never pays. Every resample solves the
equation with its own three medians.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from parzen_study.run.case import COLD, WARM
from parzen_study.stats.bootstrap import Estimate, percentiles
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.topics.kernels.model import FUSED, INDEXED, Block

# Keeps a whole number that the arithmetic left a last bit too large from the next one.
_ROUNDED = 1.0 - 1e-9


@dataclass(frozen=True)
class BreakEven:
    """`questions` is the number of queries, each of all widths of the problem. It is None where
    sorting never pays (`never`) and where that is inconclusive."""

    label: str
    questions: Estimate | None
    never: bool
    sentence: str


def break_even(block: Block, estimates: Estimates) -> BreakEven | None:
    """Of one problem; None where serial indexed, cold and warm, or serial fused has no time."""
    fused, warm, cold = (
        block.counting(FUSED), block.counting(INDEXED, WARM), block.counting(INDEXED, COLD),
    )  # fmt: skip
    if not (fused and warm and cold and fused.time and warm.time and cold.time):
        return None
    gain = estimates.speedup_between(warm.case, fused.case)
    if gain.at_most(1.0):
        lost = with_interval(gain.inverse())
        sentence = f"Sorting once never pays: a query takes {lost} times as long as with fused."
        return BreakEven(block.label, None, True, sentence)
    questions = _questions(estimates, block)
    if not (gain.entirely_above(1.0) and math.isfinite(questions.high)):
        sentence = (
            f"Whether sorting once pays is inconclusive: a query is {with_interval(gain)} times as "
            "fast as with fused."
        )
        return BreakEven(block.label, None, False, sentence)
    first, low, high = (
        math.ceil(q * _ROUNDED) for q in (questions.value, questions.low, questions.high)
    )
    within = f" ({low:,} to {high:,})" if low < high else ""
    start = f"from {first:,}{within} queries on" if high > 1 else "from the first query on"
    sentence = (
        f"Sorting once pays {start}. A query takes {time_with_interval(fused.time)} with fused, "
        f"{time_with_interval(warm.time)} once sorted; with the sorting it takes "
        f"{time_with_interval(cold.time)}."
    )
    return BreakEven(block.label, questions, False, sentence)


def _questions(estimates: Estimates, block: Block) -> Estimate:
    """At least one."""
    found = [block.counting(FUSED), block.counting(INDEXED, WARM), block.counting(INDEXED, COLD)]
    fused, warm, cold = (estimates.samples_of(each.case) for each in found if each)
    gained, spent = fused - warm, cold - warm
    # Where a resample gains nothing, no number of questions is enough.
    solved = percentiles(np.where(gained > 0, spent / np.where(gained > 0, gained, 1.0), np.inf))
    return Estimate(max(solved.value, 1.0), max(solved.low, 1.0), max(solved.high, 1.0))
