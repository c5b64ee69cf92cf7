"""The zones of all starts as a table of few rows: what to use, with how many workers, for what.

A row is a span of serial time. Its ends are boundaries at which the choice changes in some start,
the ones nearest to each other joined until there are few enough; they are rounded to two digits,
and stay within their intervals.

What a call gains there is that of a further loop (stats/pooled.py), from the sizes of all loops
whose serial time lies in the row, by the mechanism that the zone names. Not among them are loops
that are exceptions to the boundary of this mechanism, and those that something else limits: these
are named apart. Of a user's own loop all are its own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from statistics import median

from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.pooled import SPEEDUPS, pooled
from parzen_study.topics.zones.bands import (
    LEVEL,
    PROCESSES_LEAD,
    PROCESSES_PAY,
    SERIAL,
    THREADS_PAY,
    Band,
)
from parzen_study.topics.zones.evidence import PROCESSES, THREADS, Gain, Loop, gains

MOST_ROWS = 6
# Two boundaries nearer than this are one to a reader.
_APART = 1.5


@dataclass(frozen=True)
class Expected:
    """`speedup` over serial, of a further loop; `cpu_time` as multiples of serial's, from the least
    to the most of these loops, empty where unknown; `workers` likewise."""

    speedup: Estimate
    cpu_time: tuple[float, ...]
    workers: tuple[int, ...]
    loops: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """What to use in a row in one start. `then` is what is used from where on, if the choice
    changes within the row. `inconclusive`: the middle of what is left of the row lies within the
    interval of a boundary. `expected` is None for serial, and where no loop has a size there."""

    use: str
    then: tuple[tuple[float, str], ...]
    inconclusive: bool
    expected: Expected | None


@dataclass(frozen=True)
class Row:
    """From `low` to `high` seconds; `choices` by start, None where nothing was measured."""

    low: float
    high: float
    choices: dict[str, Choice | None]


def rows(
    estimates: Estimates, loops: Sequence[Loop], bands: Sequence[Band], apart: Collection[str]
) -> tuple[Row, ...]:
    """At most MOST_ROWS, which together are all that was measured."""
    cuts = _cuts(bands)
    ends = [min(band.low for band in bands), *cuts, max(band.high for band in bands)]
    return tuple(
        Row(
            low,
            high,
            {band.start: _choice(estimates, loops, band, low, high, apart) for band in bands},
        )
        for low, high in itertools.pairwise(ends)
    )


def _cuts(bands: Sequence[Band]) -> list[float]:
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
            if not near and len(kept) < MOST_ROWS - 1:
                kept.append(cut)
    return sorted(kept)


def rounded(value: float, within: Estimate) -> float:
    """To two digits, to more where it left its interval otherwise."""
    for digits in (1, 2, 3):
        found = float(f"{value:.{digits}e}")
        if within.low <= found <= within.high:
            return found
    return value


def _choice(
    estimates: Estimates,
    loops: Sequence[Loop],
    band: Band,
    low: float,
    high: float,
    apart: Collection[str],
) -> Choice | None:
    low, high = max(low, band.low), min(high, band.high)
    if low >= high:
        return None
    inside = [each for each in band.zones if each.high > low * 1.1 and each.low < high / 1.1]
    if not inside:
        return None
    last = inside[-1]
    begin, end = max(low, last.low), min(high, last.high)
    found = None
    if last.use != SERIAL:
        kind = PROCESSES if last.use == PROCESSES else THREADS
        found = expected(estimates, loops, band, kind, (begin, end), apart)
    return Choice(
        inside[0].use,
        tuple((each.low, each.use) for each in inside[1:]),
        band.inconclusive_at(math.sqrt(begin * end)),
        found,
    )


def expected(
    estimates: Estimates,
    loops: Sequence[Loop],
    band: Band,
    kind: str,
    span: tuple[float, float],
    apart: Collection[str],
) -> Expected | None:
    boundary = band.boundary(THREADS_PAY if kind == THREADS else PROCESSES_PAY)
    exceptions = set(boundary.exceptions if boundary else ())
    found: dict[str, list[Gain]] = {}
    for loop in loops:
        if loop.label in exceptions:
            continue
        own = [
            gain
            for gain in gains(estimates, loop, band.start, kind)
            if span[0] <= gain.serial <= span[1] and gain.speedup.has_interval
        ]
        if own:
            found[loop.label] = own
    # What limits all of them is no exception.
    found = {label: own for label, own in found.items() if label not in apart} or found
    if not found:
        return None
    # A loop counts once, whatever its number of sizes there: by the one in the middle.
    middles = [
        sorted(own, key=lambda gain: gain.speedup.value)[len(own) // 2] for own in found.values()
    ]
    every = [gain for own in found.values() for gain in own]
    speedup = middles[0].speedup
    if len(loops) > 1:
        speedup = pooled([each.speedup for each in middles], SPEEDUPS) or speedup
        # What none of them might have shown is no expectation.
        most = max(each.speedup.high for each in middles)
        speedup = replace(speedup, high=max(min(speedup.high, most), speedup.value))
    cpu = [each.cpu_time for each in middles if math.isfinite(each.cpu_time)]
    workers = sorted(each.workers for each in every)
    return Expected(
        speedup,
        (min(cpu), median(cpu), max(cpu)) if cpu else (),
        tuple(dict.fromkeys((workers[0], workers[-1]))),
        tuple(found),
    )
