"""An estimate as the columns of a table."""

from __future__ import annotations

import math

from parzen_study.stats.bootstrap import Estimate

# Enough digits to tell any two medians apart, few enough that no platform's last bit shows.
DIGITS = 9


def columns(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    """`name`, `name_low` and `name_high`; empty where there is none, or no finite one."""
    ends = (estimate.value, estimate.low, estimate.high) if estimate else (None,) * 3
    return {
        f"{name}{end}": value if value is not None and math.isfinite(value) else None
        for end, value in zip(("", "_low", "_high"), ends, strict=True)
    }
