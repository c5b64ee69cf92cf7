"""What to use, by the serial time of one call: what a reader knows of a loop of their own.

bands.py says what boundaries and zones are, evidence.py over which loops they are seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from parzen_study.run import sysinfo
from parzen_study.run.case import MPI, PAUSED, RANKS, start_order
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.sizes.model import Curve, Sweep
from parzen_study.topics.zones import evidence
from parzen_study.topics.zones.bands import (
    LEVEL,
    PROCESSES_LEAD,
    PROCESSES_PAY,
    SERIAL,
    THREADS_PAY,
    Band,
    Boundary,
    Seen,
    joined,
)
from parzen_study.topics.zones.busy import Busy, Extra, Gaps, busy, gaps, memory
from parzen_study.topics.zones.choice import Expected, expected
from parzen_study.topics.zones.rows import MOST_ROWS, Row, rows

# A loop of which the CPUs are shown to do less than this share of what they could is limited by
# something else: by memory, or by what its tasks share.
LIMITED = 0.8


@dataclass(frozen=True)
class Limited:
    """A loop that gains less at its largest size than CPUs could give: by its best case."""

    loop: str
    gain: Estimate


@dataclass(frozen=True)
class Ranks:
    """From where on ranks of MPI beat serial, and what they gain from there on: None where nothing
    was measured there."""

    pays: Boundary
    gain: Expected | None


@dataclass(frozen=True)
class Mark:
    """A size measured of a user's own loop, and the serial time of a call there."""

    size: int
    serial: float


@dataclass(frozen=True)
class Zones:
    """`backends` are the boundaries of single backends against serial, by backend; none of a user's
    own loop, of which `marks` says what was measured. `processes` is what they gain, by start, from
    where on they beat serial. `ranks` are those whose boundary is shown, by start."""

    bands: tuple[Band, ...]
    rows: tuple[Row, ...]
    backends: tuple[tuple[str, Boundary], ...]
    limited: tuple[Limited, ...]
    loops: tuple[str, ...]
    own: bool
    processes: Mapping[str, Expected]
    ranks: Mapping[str, Ranks]
    busy: tuple[Busy, ...] = ()
    gaps: tuple[Gaps, ...] = ()
    memory: tuple[Extra, ...] = ()
    marks: tuple[Mark, ...] = ()

    def band(self, start: str) -> Band | None:
        return next((each for each in self.bands if each.start == start), None)


def zones(
    run: Run, estimates: Estimates, reasons: Collection[str], sweeps: Sequence[Sweep]
) -> Zones | None:
    """None where no start can be answered."""
    found = evidence.loops(run, estimates, reasons, sweeps)
    own = run.loop is not None
    bands = []
    for start in sorted(evidence.starts_of(found), key=start_order):
        low, high = evidence.serial_range(estimates, found, start)
        boundaries = tuple(_boundaries(estimates, found, start, own=own))
        if boundaries and low <= high:
            bands.append(Band(start, low, high, boundaries))
    if not bands:
        return None
    limited = tuple(_limited(estimates, found, sysinfo.usable_cpus(run)))
    backends = tuple(_of_backends(estimates, found, bands, own=own))
    apart = {each.loop for each in limited} if not own else set[str]()
    ranks = dict(_ranks(estimates, found, bands, backends, apart))
    return Zones(
        tuple(bands),
        # Ranks have a row of their own.
        rows(estimates, found, bands, apart, MOST_ROWS - bool(ranks)),
        () if own else backends,
        limited,
        tuple(each.label for each in found),
        own,
        dict(_processes(estimates, found, bands, apart)),
        ranks,
        busy(run, estimates, reasons),
        gaps(run, estimates, reasons),
        memory(estimates, reasons),
        tuple(
            Mark(n, estimates.seconds(case))
            for loop in (found if own else ())
            for n, case in loop.sweep.serial.items()
        ),
    )


def _boundaries(
    estimates: Estimates, loops: Sequence[evidence.Loop], start: str, *, own: bool
) -> Iterable[Boundary]:
    def of(
        what: str, against: str, by: str, factor: float, among: Iterable[evidence.Loop]
    ) -> Boundary | None:
        seen = []
        for loop in among:
            serial: list[Curve] = [loop.sweep.serial_for(start)]
            incumbents = serial if against == SERIAL else loop.curves(start, against)
            each = evidence.boundary(
                estimates, loop, start, loop.curves(start, by), incumbents, factor,
                between_sizes=not own,
            )  # fmt: skip
            if each:
                seen.append(Seen(loop.label, each))
        return joined(what, start, seen, own=own)

    threads = of(THREADS_PAY, SERIAL, evidence.THREADS, WORTHWHILE, loops)
    # Loops of which the threads never pay say nothing of when processes catch up with them.
    of_use = [each for each in loops if not threads or each.label not in threads.exceptions]
    found = (
        threads,
        of(PROCESSES_PAY, SERIAL, evidence.PROCESSES, WORTHWHILE, loops),
        of(LEVEL, evidence.THREADS, evidence.PROCESSES, 1.0 / WORTHWHILE, of_use),
        of(PROCESSES_LEAD, evidence.THREADS, evidence.PROCESSES, WORTHWHILE, of_use),
    )
    return [each for each in found if each]


def _of_backends(
    estimates: Estimates, loops: Sequence[evidence.Loop], bands: Iterable[Band], *, own: bool
) -> Iterable[tuple[str, Boundary]]:
    kinds = {line.backend: line.mechanism for loop in loops for line in loop.lines}
    for band in bands:
        for backend, kind in sorted(kinds.items()):
            seen = []
            for loop in loops:
                serial: Curve = loop.sweep.serial_for(band.start)
                curves = loop.curves(band.start, kind, backend)
                each = evidence.boundary(
                    estimates, loop, band.start, curves, [serial], WORTHWHILE,
                    between_sizes=not own,
                )  # fmt: skip
                if each:
                    seen.append(Seen(loop.label, each))
            if found := joined(f"{backend} beats serial", band.start, seen, own=own):
                yield backend, found


def _processes(
    estimates: Estimates,
    loops: Sequence[evidence.Loop],
    bands: Iterable[Band],
    apart: Collection[str],
) -> Iterable[tuple[str, Expected]]:
    for band in bands:
        pays = band.boundary(PROCESSES_PAY)
        if pays and pays.is_shown:
            span = (pays.time.value, band.high)
            found = expected(estimates, loops, pays, band.start, evidence.PROCESSES, span, apart)
            if found:
                yield band.start, found


def _ranks(
    estimates: Estimates,
    loops: Sequence[evidence.Loop],
    bands: Iterable[Band],
    backends: Iterable[tuple[str, Boundary]],
    apart: Collection[str],
) -> Iterable[tuple[str, Ranks]]:
    highest = {band.start: band.high for band in bands}
    for backend, pays in backends:
        if backend == MPI and pays.is_shown:
            start, span = pays.start, (pays.time.value, highest[pays.start])
            yield start, Ranks(pays, expected(estimates, loops, pays, start, RANKS, span, apart))


def _limited(
    estimates: Estimates, loops: Iterable[evidence.Loop], cpus: int | None
) -> Iterable[Limited]:
    for loop in loops:
        if not loop.sweep.serial:
            continue
        largest = max(loop.sweep.serial)
        cases = [
            line.curve[largest]
            for line in loop.lines
            if largest in line.curve and line.start != PAUSED
        ]
        if not cases:
            continue
        gain = estimates.speedup_of_best(cases, [loop.sweep.serial[largest]])
        most = max(case.number("workers") for case in cases)
        ideal = min(most, cpus) if cpus else most
        if ideal > 1 and gain.entirely_below(LIMITED * ideal):
            yield Limited(loop.label, gain)
