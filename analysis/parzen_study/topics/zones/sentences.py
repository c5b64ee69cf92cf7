"""What decides besides the time of a call, in sentences below the table of the answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from parzen_study.common.wording import count_of, listed, significant
from parzen_study.run.case import COLD, PAUSED, WARM
from parzen_study.topics.zones.bands import PROCESSES_PAY, THREADS_PAY
from parzen_study.topics.zones.busy import Call, Pays
from parzen_study.topics.zones.choice import Expected
from parzen_study.topics.zones.model import Zones
from parzen_study.topics.zones.words import TIMES, boundary_time, cpu, speedup, time

_PROCESSES = {
    COLD: "Cold processes",
    WARM: "Warm processes, back to back,",
    PAUSED: "Warm processes, with gaps of 5 ms,",
}
# Example loops whose tasks do so (kernels/loops/examples/).
_CONTENDED = {"atomic_counter", "locked_library", "shared_pointer"}
_NAMES = {COLD: "cold", WARM: "warm", PAUSED: "with gaps"}
# Places in the page: the chart, those of the example loops, next to busy programs, and with gaps.
FIGURE, _LOOPS = "figure-zones", "figure-loops"
_BUSY, _GAPS = "figure-busy", "figure-gaps"


@dataclass(frozen=True)
class Said:
    """A sentence, or two, and the place in the page that shows it."""

    text: str
    see: str


def lines(found: Zones) -> Iterator[Said]:
    """What decides besides the time of a call."""
    yield from _busy(found)
    yield from _gaps(found)
    yield from _only_processes(found)
    yield from _exceptions(found)
    for each in found.limited:
        yield Said(
            f"Memory or shared data limits the speedup of {each.loop} at its largest size: "
            f"{speedup(each.gain)}.",
            _LOOPS,
        )
    yield from _memory(found)


def _only_processes(found: Zones) -> Iterator[Said]:
    advice = "If a task may crash or hang, or a library is not thread-safe, use processes. "
    for band in found.bands:
        pays = band.boundary(PROCESSES_PAY)
        who = _PROCESSES[band.start]
        if pays is None:
            continue
        if pays.is_shown:
            said = f"{who} beat serial from {boundary_time(pays, band)}"
            if gain := found.processes.get(band.start):
                said += f". Speedup from there on: {_seen(gain)}"
                said += f", {cpu(gain)}" if gain.cpu_time else ""
        else:
            said = f"{who.rstrip(',')}, compared with serial: {boundary_time(pays, band)}"
        yield Said(f"{advice}{said}.", FIGURE)
        advice = ""


def _seen(found: Expected) -> str:
    """`median of the loops 1.9, range 1.4 to 27`: they differ too much for one number."""
    if len(found.seen) == 1:
        return speedup(found.speedup)
    low, middle, high = (
        significant(each, 2) for each in (found.seen[0], median(found.seen), found.seen[-1])
    )
    return f"median of the loops {middle}, range {low} to {high}"


def _exceptions(found: Zones) -> Iterator[Said]:
    named = _starts_of_exceptions(found, THREADS_PAY)
    if named:
        shared = " Their tasks write shared data or share a lock." * (named.keys() <= _CONTENDED)
        yield Said(
            f"Threads never beat serial in these loops: {listed(named)}.{shared}",
            _LOOPS,
        )
    named = _starts_of_exceptions(found, PROCESSES_PAY)
    if named:
        loops = [
            f"{loop.replace(', input ', ' with input of ')} ({', '.join(starts)})"
            for loop, starts in named.items()
        ]
        yield Said(
            f"Processes never beat serial in these loops: {listed(loops)}.",
            _LOOPS,
        )


def _starts_of_exceptions(found: Zones, what: str) -> dict[str, list[str]]:
    """Of each loop that never crosses this boundary, the starts in which it does not."""
    named: dict[str, list[str]] = {}
    for band in found.bands:
        pays = band.boundary(what)
        for loop in pays.exceptions if pays else ():
            named.setdefault(loop, []).append(_NAMES[band.start])
    return named


def _gaps(found: Zones) -> Iterator[Said]:
    for gap, same in groupby(found.gaps, key=lambda each: each.gap):
        said = ""
        for each in same:
            who = each.kind.capitalize()
            if not said:
                rates = _ends(1.0 / (gap + call.serial) for call in each.pays.calls)
                who = f"With gaps of {time(gap)} ({rates} calls/s), {each.kind}"
            said += f" {_compared(who, each.pays)}"
            if faster := each.pays.faster:
                said += f" Fastest: {_fastest(faster)}."
        yield Said(said.strip(), _GAPS)


def _fastest(calls: Sequence[Call]) -> str:
    """`openmp, speedup 1.2-1.8, CPU 1.5x-4.7x`: of these calls."""
    named = listed(sorted({each.backend for each in calls}))
    said = f"{named}, speedup {_ends(each.gain.value for each in calls)}"
    known = [each.cpu_time for each in calls if math.isfinite(each.cpu_time)]
    return f"{said}, CPU {_ends(known, TIMES)}" if known else said


def _ends(values: Iterable[float], unit: str = "") -> str:
    """`1.5x-4.7x`: the least and the most."""
    found = sorted(values)
    ends = dict.fromkeys(f"{significant(each, 2)}{unit}" for each in (found[0], found[-1]))
    return "\N{EN DASH}".join(ends)


def _busy(found: Zones) -> Iterator[Said]:
    where = "In a loaded server ({}),"
    warm_first = sorted(found.busy, key=lambda each: each.start == COLD)
    for start, same in groupby(warm_first, key=lambda each: each.start):
        said = ""
        for each in same:
            who = f"With {each.load:,} busy programs, they"
            if not said:
                who = f"{where.format(count_of(each.load, 'busy program'))} {start} workers"
                where = "Next to {},"
            said += f" {_compared(who, each.pays)}"
        yield Said(said.strip(), _BUSY)


def _compared(who: str, found: Pays) -> str:
    """`... are slower than serial up to 45 \N{MICRO SIGN}s. From 230 \N{MICRO SIGN}s on they are
    faster.`"""
    slower, from_, largest = found.slower_to, found.from_, time(found.calls[-1].serial)
    if slower is None and from_ is None:
        return f"{who} are not significantly faster than serial up to {largest}."
    if from_ is None:
        said = f"{who} are slower than serial up to {time(slower or 0.0)}."
        unclear = f" From there to {largest}, the largest size: inconclusive."
        return said + unclear * (found.unclear_to is not None)
    if slower is not None:
        said = f"{who} are slower than serial up to {time(slower)}."
        between = "not measured" if found.unclear_to is None else "inconclusive"
        return f"{said} From {time(from_)} on they are faster. In between: {between}."
    if found.unclear_to is not None:
        said = f"{who} are faster than serial from {time(from_)} on."
        return f"{said} Below: inconclusive."
    return f"{who} are faster than serial at all sizes measured (from {time(from_)})."


def _memory(found: Zones) -> Iterator[Said]:
    parts = [f"{each.kind} {each.extra / 1e6:+.1f} MB" for each in found.memory]
    if parts:
        yield Said(
            f"Peak memory (PSS, proportional set size) compared with serial, "
            f"{found.memory[0].workers} workers: "
            f"{listed(parts)}.",
            "memory",
        )
