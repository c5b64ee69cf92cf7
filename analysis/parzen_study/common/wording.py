"""Figures as words: one place for units and digits. Those with an interval: stats/wording.py."""

from __future__ import annotations

import math
from collections.abc import Iterable

_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "\N{MICRO SIGN}s"), (1e-9, "ns"))
_SUPERSCRIPTS = str.maketrans("0123456789-", "\N{SUPERSCRIPT ZERO}\N{SUPERSCRIPT ONE}"
    "\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT THREE}\N{SUPERSCRIPT FOUR}\N{SUPERSCRIPT FIVE}"
    "\N{SUPERSCRIPT SIX}\N{SUPERSCRIPT SEVEN}\N{SUPERSCRIPT EIGHT}\N{SUPERSCRIPT NINE}"
    "\N{SUPERSCRIPT MINUS}")  # fmt: skip
# Of two digits, one more of the last may be so much more.
_NARROW = 1.1
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


def cpu_time_in_words(ratio: float) -> str:
    """`, CPU time 1.0\N{MULTIPLICATION SIGN}`, as a multiple of serial's; empty where unknown."""
    if not math.isfinite(ratio):
        return ""
    return f", CPU time {significant(ratio, 2)}\N{MULTIPLICATION SIGN}"


def seconds(value: float) -> str:
    if not math.isfinite(value):
        return "unknown"
    if value == 0:
        return "0"
    size, unit = time_unit(value)
    return f"{significant(value / size)} {unit}"


def size(n: float, digits: int = 2) -> str:
    """An interpolated number of samples, rounded: `410`, `40,000`, `3.0 million`."""
    rounded = float(f"{n:.{digits - 1}e}")
    if rounded >= _MILLION:
        return significant(rounded / _MILLION, digits) + _IN_MILLIONS
    return significant(rounded, digits)


def power_of_ten(value: float) -> str:
    """A tick: `1,000`, or a power of ten with the exponent in superscript letters, as formulas are
    off in figures."""
    if 1e-3 < value < 1e5:
        return f"{value:,g}"
    return "10" + str(round(math.log10(value))).translate(_SUPERSCRIPTS)


def percent(value: float) -> str:
    """As the article prints it: two decimals."""
    return f"{value:.2%}"


def count_of(number: int | None, word: str) -> str:
    """`1 worker`, `2 workers`, `unknown workers`."""
    shown = "unknown" if number is None else f"{number:,}"
    return f"{shown} {word}{'' if number == 1 else 's'}"


def sentence(text: str) -> str:
    """With a capital letter."""
    return text[0].upper() + text[1:]


def label_of(*parts: str) -> str:
    """`tbb, warm`: the parts that are not empty."""
    return ", ".join(filter(None, parts))


def listed(words: Iterable[str]) -> str:
    """`1`, `1 and 2`, `1, 2 and 3`."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
