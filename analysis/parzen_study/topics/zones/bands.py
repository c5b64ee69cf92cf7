"""Boundaries in serial time, and the zones between them: what to use for a call of which length.

Four comparisons make the zones of a start: threads and processes each against serial (more than
WORTHWHILE as fast), and processes against threads, once to be no more than that behind, once to be
ahead by more. Where the comparison of processes and threads is inconclusive, both are named.

A boundary is seen over several loops. Of a further loop it is what stats/pooled.py says, with its
95% interval. Loops for which a boundary exists and loops for which it does not (such as threads
whose tasks share a lock) are not of one kind: the larger number decides whether there is a
boundary; the others are exceptions, named and not pooled. A loop whose sizes end below the
interval is no exception: it is pooled as a bound. Of a user's own loop it is what that loop shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.pooled import pooled
from parzen_study.topics.zones.evidence import PROCESSES, THREADS

SERIAL, EITHER = "serial", "threads or processes"
THREADS_PAY, PROCESSES_PAY = "threads beat serial", "processes beat serial"
LEVEL, PROCESSES_LEAD = "processes are as fast as threads", "processes beat threads"


@dataclass(frozen=True)
class Seen:
    """A boundary of one loop, as evidence.boundary gives it."""

    loop: str
    time: Estimate

    @property
    def says_something(self) -> bool:
        return self.time.low > 0.0 or math.isfinite(self.time.high)


@dataclass(frozen=True)
class Boundary:
    """From which serial time on `what` holds, in seconds: 0 where that is below all that was
    measured. Infinite where it was not shown; the lower end of its interval is then from where on
    it might be. `seen` are the loops that it rests on, `exceptions` those of the other kind."""

    what: str
    start: str
    time: Estimate
    seen: tuple[Seen, ...]
    exceptions: tuple[str, ...] = ()

    @property
    def is_shown(self) -> bool:
        return math.isfinite(self.time.value)

    @property
    def resolved(self) -> list[float]:
        """Of the loops of which it lies within what was measured."""
        return [
            each.time.value
            for each in self.seen
            if each.time.low > 0.0 and math.isfinite(each.time.high)
        ]

    @property
    def spread(self) -> float:
        """The largest of these over the smallest; NaN of fewer than two."""
        found = self.resolved
        return max(found) / min(found) if len(found) > 1 else math.nan

    @property
    def begins(self) -> float:
        """From where on it is reckoned with: inconclusive is both for two that pay."""
        return self.time.low if self.what == LEVEL and not self.is_shown else self.time.value


@dataclass(frozen=True)
class Zone:
    """From one serial time to another, in seconds, what to use."""

    low: float
    high: float
    use: str


@dataclass(frozen=True)
class Band:
    """The zones of one start, from the smallest serial time measured to the largest."""

    start: str
    low: float
    high: float
    boundaries: tuple[Boundary, ...]

    def boundary(self, what: str) -> Boundary | None:
        return next((each for each in self.boundaries if each.what == what), None)

    def use_at(self, time: float) -> str:
        held = {each.what for each in self.boundaries if time >= each.begins}
        if THREADS_PAY not in held:
            return PROCESSES if PROCESSES_PAY in held else SERIAL
        if PROCESSES_PAY not in held or LEVEL not in held:
            return THREADS
        return PROCESSES if PROCESSES_LEAD in held else EITHER

    @property
    def zones(self) -> tuple[Zone, ...]:
        cuts = sorted({b.begins for b in self.boundaries if self.low < b.begins < self.high})
        found: list[Zone] = []
        for begin, end in zip([self.low, *cuts], [*cuts, self.high], strict=True):
            use = self.use_at(math.sqrt(begin * end))
            if found and found[-1].use == use:
                found[-1] = Zone(found[-1].low, end, use)
            else:
                found.append(Zone(begin, end, use))
        return tuple(found)

    @property
    def decisive(self) -> list[Boundary]:
        """Those at which the choice changes, or may, within what was measured."""
        return [each for each in self.boundaries if self._decides(each)]

    @property
    def inconclusive(self) -> list[tuple[Boundary, float, float]]:
        """Each of them with the part of its interval in which the choice depends on it, in
        seconds."""
        found = []
        threads = self.boundary(THREADS_PAY)
        for each in self.decisive:
            low, high = max(each.time.low, self.low), min(each.time.high, self.high)
            if threads and each.what == PROCESSES_PAY:
                high = min(high, threads.time.high)
            elif threads and each.what in (LEVEL, PROCESSES_LEAD):
                low = max(low, threads.time.low)
            if low < high:
                found.append((each, low, high))
        return found

    def _decides(self, each: Boundary) -> bool:
        if not each.time.low < self.high or each.time.high <= self.low:
            return False
        if each.what == PROCESSES_PAY:
            # Where threads pay already, they are the choice.
            threads = self.boundary(THREADS_PAY)
            return threads is None or threads.time.high > each.time.low
        if each.what == LEVEL:
            pays = self.boundary(PROCESSES_PAY)
            return pays is not None and pays.is_shown
        if each.what == PROCESSES_LEAD:
            return each.is_shown
        return True


def joined(what: str, start: str, seen: Sequence[Seen], *, own: bool = False) -> Boundary | None:
    """Of what was seen over several loops; of a user's own loop, which is one, what was seen. None
    where nothing was compared."""
    if not seen:
        return None
    known = [each for each in seen if each.says_something]
    if not known:  # inconclusive everywhere
        return Boundary(what, start, Estimate(math.inf, 0.0, math.inf), ())
    if own:
        return Boundary(what, start, known[0].time, tuple(known))
    holds = [each for each in known if math.isfinite(each.time.high)]
    others = [each for each in known if not math.isfinite(each.time.high)]
    found = pooled([each.time for each in holds])
    if found is None:
        return _not_shown(what, start, others, [])
    within = [each for each in others if each.time.low <= found.high]
    exceptions = [each for each in others if each.time.low > found.high]
    if exceptions and len(exceptions) >= len(holds):
        return _not_shown(what, start, others, holds)
    together = [*holds, *within]
    found = pooled([each.time for each in together]) or found
    if all(each.time.value == 0.0 for each in together):
        # Below all that was measured; how far below is unknown.
        smallest = min(each.time.high for each in together)
        found = Estimate(0.0, 0.0, max(found.high, smallest))
    return Boundary(what, start, found, tuple(together), tuple(each.loop for each in exceptions))


def _not_shown(what: str, start: str, seen: Sequence[Seen], exceptions: Iterable[Seen]) -> Boundary:
    """Where it might be at the least, all these bounds together say."""
    least = pooled([each.time for each in seen])
    time = Estimate(math.inf, least.low if least else 0.0, math.inf)
    return Boundary(what, start, time, tuple(seen), tuple(each.loop for each in exceptions))
