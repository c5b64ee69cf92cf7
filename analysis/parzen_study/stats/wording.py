"""Estimates as words: a figure and its interval, in one unit."""

from __future__ import annotations

import math

from parzen_study.common.wording import seconds, significant, time_unit
from parzen_study.stats.bootstrap import Estimate

# A figure so many times smaller than an end of its interval takes the end's unit.
_SMALL = 100.0


def with_interval(estimate: Estimate, *, unit: str = "") -> str:
    """`1.95 (1.93 to 1.97)`; the bare figure without an interval, and where it is exact by
    definition, such as the speedup of a case against itself."""
    text = significant(estimate.value)
    if unit:
        text += "%" if unit == "%" else f" {unit}"
    if estimate.has_interval and estimate.low < estimate.high:
        text += f" ({interval_alone(estimate)})"
    return text


def interval_alone(estimate: Estimate) -> str:
    """`1.93 to 1.97`, where there is no room for more; the figure where there is no interval."""
    if not estimate.has_interval:
        return significant(estimate.value)
    return f"{significant(estimate.low)} to {significant(estimate.high)}"


def time_with_interval(estimate: Estimate) -> str:
    """In the unit of the figure, or of the ends of its interval where these are much larger."""
    ends = [abs(end) for end in (estimate.low, estimate.high) if math.isfinite(end)]
    span = max(ends, default=0.0)
    size, unit = time_unit(span if abs(estimate.value) * _SMALL < span else estimate.value)
    return with_interval(estimate.scaled(1.0 / size), unit=unit)


def threshold(estimate: Estimate, smallest: float, largest: float) -> str:
    """`640 µs (610 to 680)`, `640 µs (< 53.0 µs to 680
    µs)`, `< 53.0 µs`: a time among those from the smallest to the largest
    measured; 0 is below them, infinity beyond."""
    if estimate.low > 0.0 and math.isfinite(estimate.high):
        return time_with_interval(estimate)
    value = _bounded(estimate.value, smallest, largest)
    if math.isnan(estimate.low) or estimate.low == estimate.high:
        return value
    return f"{value} ({threshold_range(estimate, smallest, largest)})"


def threshold_range(estimate: Estimate, smallest: float, largest: float) -> str:
    """The interval of the same alone."""
    return " to ".join(_bounded(end, smallest, largest) for end in (estimate.low, estimate.high))


def _bounded(time: float, smallest: float, largest: float) -> str:
    if time == 0.0:
        return f"< {seconds(smallest)}"
    return f"> {seconds(largest)}" if math.isinf(time) else seconds(time)


def percent_more(ratio: Estimate) -> str:
    """Of a ratio by how much it is above 1: `6.3% (1.3% to 11.9%)`."""
    value, low, high = (f"{end - 1.0:.1%}" for end in (ratio.value, ratio.low, ratio.high))
    return f"{value} ({low} to {high})" if ratio.has_interval else value
