"""Quantities as people write them: `12us`, `0.5 ms`, `3s`, `64KiB`, `16MB`, `1e6`.

Each reader raises ValueError with what is wrong and what would be right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from parzen_study.common.shown import quoted

LARGEST = Decimal("1e36")  # of any quantity: products of two stay far below a float's largest
MOST_WORKERS = 4096  # as kernels/backends/backend.hpp

# Exponents of more digits are out of every range, and Decimal refuses some of them.
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?)\s*(\D*)")
_MICRO_SIGN, _GREEK_MU = "\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"
_TIMES: Mapping[str, Decimal] = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    f"{_MICRO_SIGN}s": Decimal("1e-6"),
    f"{_GREEK_MU}s": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
}
_BYTES: Mapping[str, Decimal] = {
    "": Decimal(1),
    "B": Decimal(1),
    **{f"{prefix}B": Decimal(10) ** (3 * power) for power, prefix in enumerate("kMGT", 1)},
    **{f"{prefix}iB": Decimal(2) ** (10 * power) for power, prefix in enumerate("KMGT", 1)},
}
_SHORTEST = Decimal("1e-12")


def duration(text: str) -> float:
    """Seconds, above 0; the unit is required."""
    value = _quantity(text, "a time", _TIMES, "12us, 0.5ms or 3s")
    if value < _SHORTEST:
        raise ValueError(f"{quoted(text)} is not a time of at least 1e-12 s")
    return float(value)


def size(text: str) -> float:
    """Whole bytes, 0 or more, in powers of 1,000 (kB, MB) or of 1,024 (KiB, MiB)."""
    value = _quantity(text, "a size", _BYTES, "8, 64KiB or 16MB")
    if value != value.to_integral_value():
        raise ValueError(f"{quoted(text)} is not a whole number of bytes")
    return float(value)


def count(text: str) -> int:
    """A whole number of at least 1: `1000`, `1e6`."""
    value = _quantity(text, "a count", {"": Decimal(1)}, "1000 or 1e6")
    if value < 1 or value != value.to_integral_value():
        raise ValueError(f"{quoted(text)} is not a whole number of at least 1")
    return int(value)


def workers(text: str) -> int:
    """A count that a backend can start."""
    value = count(text)
    if value > MOST_WORKERS:
        raise ValueError(f"{quoted(text)} is above {MOST_WORKERS}, the most workers of a backend")
    return value


def share(text: str) -> float:
    """From 0 to 1; `10%` is 0.1."""
    units = {"": Decimal(1), "%": Decimal("0.01")}
    value = _quantity(text, "a share", units, "0.1 or 10%")
    if value > 1:
        raise ValueError(f"{quoted(text)} is not a share from 0 to 1")
    return float(value)


def _quantity(text: str, what: str, units: Mapping[str, Decimal], examples: str) -> Decimal:
    found = _QUANTITY.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{quoted(text)} is not {what}, such as {examples}")
    number, unit = Decimal(found[1]), found[2]
    if unit not in units:
        known = ", ".join(filter(None, units))
        unknown = f"has the unknown unit {quoted(unit)}" if unit else "has no unit"
        remedy = f"units of {what}: {known}" if known else f"write {what} such as {examples}"
        raise ValueError(f"{quoted(text)} {unknown}; {remedy}")
    value = number * units[unit]
    if value < 0:
        raise ValueError(f"{quoted(text)} is negative")
    if value > LARGEST:
        raise ValueError(f"{quoted(text)} is above {LARGEST:e}, the most that is supported")
    return value
