"""How many rounds a statistic takes; stats/bootstrap.py says why."""

from __future__ import annotations

from typing import Final

# Fewer give no interval.
MINIMUM_ROUNDS: Final = 3
# Fewer give an interval that no verdict may rest on.
VERDICT_ROUNDS: Final = 5
