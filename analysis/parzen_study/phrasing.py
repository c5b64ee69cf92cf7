"""Figures as words: one place for units, digits and intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parzen_study.stats import Estimate

_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "\N{MICRO SIGN}s"), (1e-9, "ns"))
_SUPERSCRIPTS = str.maketrans("0123456789-", "\N{SUPERSCRIPT ZERO}\N{SUPERSCRIPT ONE}"
    "\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT THREE}\N{SUPERSCRIPT FOUR}\N{SUPERSCRIPT FIVE}"
    "\N{SUPERSCRIPT SIX}\N{SUPERSCRIPT SEVEN}\N{SUPERSCRIPT EIGHT}\N{SUPERSCRIPT NINE}"
    "\N{SUPERSCRIPT MINUS}")  # fmt: skip
# Of two digits, one more of the last may be so much more.
_NARROW = 1.1
# A figure so many times smaller than an end of its interval takes the end's unit.
_SMALL = 100.0
_MILLION, _IN_MILLIONS = 1e6, " million"


def time_unit(seconds: float) -> tuple[float, str]:
    """The unit in which a span reads best: its size in seconds, and its name."""
    units = ((size, name) for size, name in _TIME_UNITS if abs(seconds) >= size)
    return next(units, _TIME_UNITS[-1])


def significant(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, without an exponent."""
    if not math.isfinite(value):
        return "unknown"
    rounded = float(f"{value:.{digits - 1}e}")  # 0.9996 becomes 1.00, not 1.000
    exponent = math.floor(math.log10(abs(rounded))) if rounded else digits - 1
    return f"{rounded:,.{max(digits - 1 - exponent, 0)}f}"


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
    """In the unit of the figure, or of the ends of its interval where it is small beside them."""
    ends = [abs(end) for end in (estimate.low, estimate.high) if math.isfinite(end)]
    span = max(ends, default=0.0)
    size, unit = time_unit(span if abs(estimate.value) * _SMALL < span else estimate.value)
    return with_interval(estimate.scaled(1.0 / size), unit=unit)


def for_cpu_time(ratio: float) -> str:
    """` for 1.0 times its CPU time`, of a case compared with serial; empty where it is unknown."""
    return f" for {significant(ratio, 2)} times its CPU time" if math.isfinite(ratio) else ""


def seconds(value: float) -> str:
    if not math.isfinite(value):
        return "unknown"
    if value == 0:
        return "0"
    size, unit = time_unit(value)
    return f"{significant(value / size)} {unit}"


def size(n: float, digits: int = 2) -> str:
    """A number of samples that was worked out, as far as that is worth: `410`, `40,000`, `3.0
    million`."""
    rounded = float(f"{n:.{digits - 1}e}")
    if rounded >= _MILLION:
        return significant(rounded / _MILLION, digits) + _IN_MILLIONS
    return significant(rounded, digits)


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


def power_of_ten(value: float) -> str:
    """Of a tick: as a number where that is short. Formulas are off in figures, so the exponent is
    of letters."""
    if 1e-3 < value < 1e5:
        return f"{value:,g}"
    return "10" + str(round(math.log10(value))).translate(_SUPERSCRIPTS)


def percent(value: float) -> str:
    """As the article prints it: two decimals."""
    return f"{value:.2%}"


def percent_more(ratio: Estimate) -> str:
    """Of a ratio by how much it is above 1: `6.3% (1.3% to 11.9%)`."""
    value, low, high = (f"{end - 1.0:.1%}" for end in (ratio.value, ratio.low, ratio.high))
    return f"{value} ({low} to {high})" if ratio.has_interval else value


def count_of(number: int | None, word: str) -> str:
    """`1 worker`, `2 workers`, `unknown workers`."""
    shown = "unknown" if number is None else f"{number:,}"
    return f"{shown} {word}{'' if number == 1 else 's'}"


def label_of(*parts: str) -> str:
    """`tbb, warm`: a backend with its start, and whatever else, as far as there is any."""
    return ", ".join(filter(None, parts))


def listed(words: Iterable[str]) -> str:
    """`1`, `1 and 2`, `1, 2 and 3`."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
