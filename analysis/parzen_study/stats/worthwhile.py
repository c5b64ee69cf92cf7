"""How much a mechanism must gain before it is worth having."""

from __future__ import annotations

from parzen_study.stats.bootstrap import Estimate

WORTHWHILE = 1.05


def is_ahead(lead: Estimate) -> bool:
    """Whether a ratio is above 1 by its whole interval, and may be more than WORTHWHILE."""
    return lead.entirely_above(1.0) and not lead.at_most(WORTHWHILE)
