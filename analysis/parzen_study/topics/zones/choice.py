"""What to use within a span of serial time in one start, and what a call gains there.

The span may hold several zones. In each of them a boundary is inconclusive where its interval
covers more than half of the zone's part of the span, on a log axis: then the mechanism on the other
side of the boundary may be as good, and is named as well. So is serial where the interval of the
speedup begins below 1.

What a call gains is that of a further loop (stats/pooled.py), from the sizes of all loops whose
serial time lies in the span, by the mechanism that the last zone names; in its conclusive part,
where that is most of it. Not among them are loops that are exceptions to the boundary of this
mechanism, and those that something else limits: these are named apart. Above the whole interval of
this boundary a further loop is not slower than serial, where all sizes measured there are faster,
by more than WORTHWHILE. Of a user's own loop all are its own.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from statistics import median

from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.pooled import SPEEDUPS, pooled
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.zones.bands import (
    EITHER,
    LEVEL,
    PROCESSES_LEAD,
    PROCESSES_PAY,
    SERIAL,
    THREADS_PAY,
    Band,
    Boundary,
    Zone,
)
from parzen_study.topics.zones.evidence import PROCESSES, THREADS, Gain, Loop, gains

# A zone of which a span holds less than this factor is no part of it.
_SLIVER = 1.1
# Where a boundary is inconclusive in a zone: what to use, and what may be as good.
_SIDES = {
    (THREADS_PAY, SERIAL): (SERIAL, THREADS),
    (THREADS_PAY, THREADS): (THREADS, SERIAL),
    (THREADS_PAY, EITHER): (EITHER, SERIAL),
    (THREADS_PAY, PROCESSES): (PROCESSES, THREADS),
    (PROCESSES_PAY, SERIAL): (SERIAL, PROCESSES),
    (PROCESSES_PAY, PROCESSES): (PROCESSES, SERIAL),
    (LEVEL, THREADS): (THREADS, PROCESSES),
    (LEVEL, EITHER): (THREADS, PROCESSES),
    (PROCESSES_LEAD, PROCESSES): (PROCESSES, THREADS),
}


@dataclass(frozen=True)
class Expected:
    """`speedup` over serial, of a further loop; `seen` are those of the loops measured, by size;
    `cpu_time` as multiples of serial's, from the least to the most of these loops, empty where
    unknown; `workers` likewise."""

    speedup: Estimate
    seen: tuple[float, ...]
    cpu_time: tuple[float, ...]
    workers: tuple[int, ...]
    loops: tuple[str, ...]


@dataclass(frozen=True)
class Use:
    """What to use from `low` seconds on. `maybe` is what may be as good, or better: empty where the
    choice is conclusive."""

    low: float
    what: str
    maybe: str


@dataclass(frozen=True)
class Choice:
    """What to use in a span, by rising serial time. `expected` is None for serial, and where no
    loop has a size there. `measured` is the part of the span that was measured, in seconds, where
    that is less than half of it on a log axis."""

    uses: tuple[Use, ...]
    expected: Expected | None
    measured: tuple[float, float] | None


def choice(
    estimates: Estimates,
    loops: Sequence[Loop],
    band: Band,
    span: tuple[float, float],
    apart: Collection[str],
) -> Choice | None:
    """None where nothing was measured in the span."""
    low, high = max(span[0], band.low), min(span[1], band.high)
    parts = [
        Zone(max(low, zone.low), min(high, zone.high), zone.use)
        for zone in band.zones
        if zone.high > low * _SLIVER and zone.low < high / _SLIVER
    ]
    if low >= high or not parts:
        return None
    uses: list[Use] = []
    for part in parts:
        use = _use(band, part)
        if not uses or (use.what, use.maybe) != (uses[-1].what, uses[-1].maybe):
            uses.append(use)
    found = None
    if (last := uses[-1].what) != SERIAL:
        kind = PROCESSES if last == PROCESSES else THREADS
        begin = next(each.low for each in uses if each.what in (last, kind))
        pays = band.boundary(THREADS_PAY if kind == THREADS else PROCESSES_PAY)
        spans = [(_conclusive(pays, begin, high), high), (begin, high)]
        gains = (expected(estimates, loops, pays, band.start, kind, each, apart) for each in spans)
        found = next(filter(None, gains), None)
        if found and found.speedup.value < 1.0:
            uses = _serial_first(uses)
        elif found and found.speedup.low < 1.0:  # serial may be faster for a further loop
            uses = [
                replace(each, maybe=_or_serial(each.maybe)) if each.what != SERIAL else each
                for each in uses
            ]
    most = high / low > math.sqrt(span[1] / span[0])
    return Choice(tuple(uses), found, None if most else (low, high))


def _conclusive(pays: Boundary | None, low: float, high: float) -> float:
    """From where on a mechanism pays for sure, where that is most of a span; else all of it."""
    sure = pays.time.high if pays else low
    return sure if low < sure and high / sure > math.sqrt(high / low) else low


def _serial_first(uses: Sequence[Use]) -> list[Use]:
    """Serial is expected to be faster for a further loop, and what was faster may be."""
    found: list[Use] = []
    for each in uses:
        others = [each.what, *each.maybe.split(" or ")]
        maybe = " or ".join(other for other in others if other not in ("", SERIAL))
        if not found or maybe != found[-1].maybe:
            found.append(Use(each.low, SERIAL, maybe))
    return found


def _or_serial(maybe: str) -> str:
    return maybe if maybe == SERIAL else f"{maybe} or {SERIAL}" if maybe else SERIAL


def _use(band: Band, part: Zone) -> Use:
    """Of one zone's part of a span."""
    for boundary, low, high in band.inconclusive:
        begin, end = max(part.low, low), min(part.high, high)
        sides = _SIDES.get((boundary.what, part.use))
        if sides and begin < end and end / begin > math.sqrt(part.high / part.low):
            return Use(part.low, *sides)
    return Use(part.low, part.use, "")


def expected(
    estimates: Estimates,
    loops: Sequence[Loop],
    pays: Boundary | None,
    start: str,
    kind: str,
    span: tuple[float, float],
    apart: Collection[str],
) -> Expected | None:
    """Of a mechanism whose boundary against serial is `pays`."""
    exceptions = set(pays.exceptions if pays else ())
    found: dict[str, list[Gain]] = {}
    for loop in loops:
        if loop.label in exceptions:
            continue
        own = [
            gain
            for gain in gains(estimates, loop, start, kind)
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
        # The boundary rests on more loops than are measured in a short span.
        beyond = pays is not None and span[0] >= pays.time.high
        if beyond and all(each.speedup.value > WORTHWHILE for each in every):
            speedup = replace(speedup, low=max(speedup.low, 1.0))
    cpu = [each.cpu_time for each in middles if math.isfinite(each.cpu_time)]
    workers = sorted(each.workers for each in every)
    return Expected(
        speedup,
        tuple(sorted(each.speedup.value for each in middles)),
        (min(cpu), median(cpu), max(cpu)) if cpu else (),
        tuple(dict.fromkeys((workers[0], workers[-1]))),
        tuple(found),
    )
