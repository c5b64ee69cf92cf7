"""Between which values a further run of the same code is expected, from those of earlier runs.

One value per run. The interval is center ± factor x scale, of winsorised values: the least and the
most tenth of them each count as the next one does, so that one outlying run hardly widens it.

The factors hold for heavy tails: they are quantiles of |next - center| / scale where values follow
Student's t with 3 degrees of freedom, a million times drawn (test_prediction.py draws them again).
Of normal values fewer lie outside: 0.3% of whole comparisons where 5% were asked for, which is the
price. Two modes of about the same weight give fewer as well; a mode of one run in ten, about as
many as were asked for.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final

LEAST_RUNS: Final = 10
MOST_RUNS: Final = 30  # of more, the latest

# Of so many runs, at each level. In between, those of fewer runs, which are wider.
_LEVELS: Final = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_FACTORS: Final = {
    10: (4.00, 5.84, 7.60, 9.81, 13.49, 17.18),
    12: (3.60, 5.22, 6.77, 8.69, 12.11, 15.38),
    15: (3.26, 4.73, 6.14, 7.87, 10.79, 13.70),
    19: (3.01, 4.32, 5.59, 7.13, 9.81, 12.51),
    20: (3.51, 5.06, 6.52, 8.35, 11.48, 14.42),
    25: (3.21, 4.60, 5.94, 7.56, 10.36, 12.97),
    30: (3.37, 4.84, 6.24, 7.98, 11.01, 13.90),
}


@dataclass(frozen=True)
class Prediction:
    """The next value is expected to lie within `half` of `center`."""

    center: float
    half: float


def predicted(values: Sequence[float], level: float) -> Prediction:
    """For the next value, of LEAST_RUNS to MOST_RUNS earlier ones; it lies outside with at most
    about this probability, two-sided."""
    winsorised = _winsorised(values)
    return Prediction(fmean(winsorised), factor(len(values), level) * stdev(winsorised))


def factor(runs: int, level: float) -> float:
    """How many scales the interval reaches to either side; `level` is at most 0.05."""
    tabulated = sorted(_FACTORS)
    factors = _FACTORS[tabulated[bisect_right(tabulated, runs) - 1]]
    known = [(math.log(each), math.log(f)) for each, f in zip(_LEVELS, factors, strict=True)]
    # A straight line between the nearest two in logarithms, and beyond them: tails are powers.
    after = next((n for n, each in enumerate(_LEVELS) if n and each <= level), len(_LEVELS) - 1)
    (x, y), (x_after, y_after) = known[after - 1], known[after]
    return math.exp(y + (y_after - y) * (math.log(level) - x) / (x_after - x))


def _winsorised(values: Sequence[float]) -> list[float]:
    ordered, tenth = sorted(values), len(values) // 10
    low, high = ordered[tenth], ordered[-tenth - 1]
    return [min(max(each, low), high) for each in ordered]
