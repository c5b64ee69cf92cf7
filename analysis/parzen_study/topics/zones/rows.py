"""The zones of all starts as a table of few rows: what to use, with how many workers, for what.

A row is a span of serial time. Its ends are boundaries at which the choice changes in some start,
the ones nearest to each other joined until there are few enough; they are rounded to two digits,
and stay within their intervals. choice.py says what a cell holds.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.zones.bands import (
    LEVEL,
    PROCESSES_LEAD,
    PROCESSES_PAY,
    THREADS_PAY,
    Band,
)
from parzen_study.topics.zones.choice import Choice, choice
from parzen_study.topics.zones.evidence import Loop

MOST_ROWS = 6
# Two boundaries nearer than this are one to a reader.
_APART = 1.5


@dataclass(frozen=True)
class Row:
    """From `low` to `high` seconds; `choices` by start, None where nothing was measured."""

    low: float
    high: float
    choices: dict[str, Choice | None]


def rows(
    estimates: Estimates,
    loops: Sequence[Loop],
    bands: Sequence[Band],
    apart: Collection[str],
    most: int = MOST_ROWS,
) -> tuple[Row, ...]:
    """At most so many, which together are all that was measured."""
    cuts = _cuts(bands, most)
    ends = [min(band.low for band in bands), *cuts, max(band.high for band in bands)]
    return tuple(
        Row(
            low,
            high,
            {band.start: choice(estimates, loops, band, (low, high), apart) for band in bands},
        )
        for low, high in itertools.pairwise(ends)
    )


def _cuts(bands: Sequence[Band], most: int) -> list[float]:
    """Where the choice changes come first; then from where on processes pay, as far as there is
    room."""
    kept: list[float] = []
    for kinds in ({THREADS_PAY, LEVEL, PROCESSES_LEAD}, {PROCESSES_PAY}):
        found = [
            (not each.time.low, rounded(each.time.value, each.time))
            for band in bands
            for each in band.boundaries
            if each.what in kinds and band.low < each.time.value < band.high
        ]
        for _, cut in sorted(found):
            near = any(max(cut, each) < _APART * min(cut, each) for each in kept)
            if not near and len(kept) < most - 1:
                kept.append(cut)
    return sorted(kept)


def rounded(value: float, within: Estimate) -> float:
    """To two digits, to more where it left its interval otherwise."""
    for digits in (1, 2, 3):
        found = float(f"{value:.{digits}e}")
        if within.low <= found <= within.high:
            return found
    return value
