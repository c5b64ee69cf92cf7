"""Break-even: the serial time from which on one way to run a loop is faster than another.

Over serial time. At the same n a call takes T serially, and about c + k T with a mechanism: c is
the overhead of a call, k the share of the slowest worker. That is affine in T, but not in n, where
serial time is not linear: branch predictors learn small inputs, and caches end. So times are
compared over T: the difference of two is affine, and its zero is break-even.

Locally. k changes with the size: memory is slower than a cache, for eight workers more than for
one. So only the sizes around break-even count: from the last at which one way is significantly
behind to the first after it at which it is significantly ahead. If these are neighbours, or have
one size between them, break-even is the last crossing between two neighbours. With more sizes
between, the two ways take almost the same time over a plateau, and noise decides on the last
crossing: there a line is fitted to all of these sizes, by least squares of relative residuals,
since noise is a factor.

How well it covers. In simulation (test_thresholds.py repeats it in short) of serial times
that are not linear in n, shares k that change with the size, plateaus, 64 workers, and normal,
skewed and bimodal noise, intervals from 5 to 20 rounds covered 93 to 99%, with three exceptions.
Where noise is bimodal and 64 workers take the same time at all sizes around break-even, they
covered 84 to 91%, since the median of few rounds is then 3% too high in each of them. Where k
changes between two neighbouring sizes no data show it. Where parallel time is a
power of serial time, of 0.9 or 0.95, the plateau is curved, and the line misses it: with noise
of 3% they covered 67 to 97%, with noise of 10% or two modes 53 to 63%, of break-evens
that were up to four times too low. A term of the square root of T corrects most of that, but does
not help for straight plateaus.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parzen_study.stats.bootstrap import CONFIDENCE, Floats

# With so few sizes, of which only the middle one is undecided, neighbours are better than a line.
_NEIGHBOURS = 3


@dataclass(frozen=True)
class Race:
    """The times of two ways and of serial at rising sizes, in seconds: [size, sample], of which the
    first sample is as measured and the others are resamples."""

    serial: Floats
    challenger: Floats
    incumbent: Floats


def overtaking(race: Race, factor: float = 1.0) -> Floats:
    """The serial time from which on the challenger is more than `factor` times as fast as the
    incumbent, up to the largest measured, of every sample: 0 where that is below the smallest
    measured, infinite where it is beyond the largest, NaN where a time is."""
    lead = race.incumbent - factor * race.challenger
    signs = _signs(lead)
    last = len(lead) - 1
    start = int(np.flatnonzero(signs < 0)[-1]) if (signs < 0).any() else 0
    behind = np.flatnonzero(lead[:, 0] <= 0.0)  # as measured; what follows is ahead for good
    ahead = np.flatnonzero(signs > 0)
    ahead = ahead[ahead > (behind[-1] if len(behind) else -1)]
    end = int(ahead[0]) if len(ahead) else last
    if start == end:  # ahead at the first size, or behind at the last
        start, end = max(start - 1, 0), min(max(end, 1), last)
    around = slice(start, end + 1)
    if end - start + 1 <= _NEIGHBOURS:
        found = _last_crossing(race.serial[around], lead[around])
    else:
        found = _zero_of_line(race.serial[around], lead[around], race.challenger[around])
    # Also for the ends of an interval.
    smallest = np.maximum(race.serial.min(axis=0), race.serial[:, 0].min())
    largest = race.serial.max(axis=0)
    found = np.where(found <= smallest, 0.0, np.where(found > largest, math.inf, found))
    found[np.isnan(lead).any(axis=0)] = math.nan
    return found


def _signs(lead: Floats) -> NDArray[np.int64]:
    """1 at a size where the challenger is significantly ahead, -1 where it is significantly behind,
    else 0; all 0 without resamples."""
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(lead[:, 1:], [tail, 1.0 - tail], axis=1)
    return np.where(low > 0.0, 1, np.where(high < 0.0, -1, 0))


def _last_crossing(serial: Floats, lead: Floats) -> Floats:
    """Where the lead is above 0 from there to the last size, affine between neighbours: 0 where it
    is everywhere, infinite where it is not at the last."""
    behind = ~(lead > 0.0)
    last = len(lead) - 1
    last_behind = last - behind[::-1].argmax(axis=0)
    found = np.where(behind.any(axis=0), math.inf, 0.0)
    (crossing,) = np.nonzero(behind.any(axis=0) & (last_behind < last))
    below = last_behind[crossing]
    lost, gained = -lead[below, crossing], lead[below + 1, crossing]
    before, after = serial[below, crossing], serial[below + 1, crossing]
    found[crossing] = before + (after - before) * lost / (lost + gained)
    return found


def _zero_of_line(serial: Floats, lead: Floats, scale: Floats) -> Floats:
    """Where a + b T, fitted to the lead as a share of `scale`, becomes positive for good: 0 where
    it always is, infinite where it never does or where the lead falls."""
    one, time, share = 1.0 / scale, serial / scale, lead / scale
    aa, bb, ab = ((x * y).sum(axis=0) for x, y in ((one, one), (time, time), (one, time)))
    ya, yb = (share * one).sum(axis=0), (share * time).sum(axis=0)
    a, b = ya * bb - yb * ab, yb * aa - ya * ab  # times the same positive determinant
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(b > 0.0, np.maximum(-a / b, 0.0), math.inf)
    return found
