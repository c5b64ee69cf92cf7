"""The answer in serial time as text: for the page and for the terminal alike."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from parzen_study.common.wording import count_of, listed, significant, time_unit
from parzen_study.run.case import COLD, PAUSED, WARM
from parzen_study.stats.bootstrap import Estimate
from parzen_study.topics.zones.bands import (
    EITHER,
    PROCESSES_PAY,
    SERIAL,
    THREADS_PAY,
    Band,
    Boundary,
)
from parzen_study.topics.zones.busy import Pays
from parzen_study.topics.zones.choice import Choice, Expected
from parzen_study.topics.zones.evidence import THREADS
from parzen_study.topics.zones.model import Zones
from parzen_study.topics.zones.rows import Row

STARTED = {
    COLD: "Workers created in the call (cold)",
    WARM: "Workers ready, calls back to back (warm)",
    PAUSED: "Workers ready, calls with gaps of 5 ms",
}
HEADS = {COLD: "created in the\ncall (cold)", WARM: "ready, back\nto back (warm)",
         PAUSED: "ready, gaps\nof 5 ms"}  # fmt: skip
_SHORT = {
    COLD: "created in the call",
    WARM: "that are ready",
    PAUSED: "that are ready, with gaps,",
}
_NAMES = {COLD: "cold", WARM: "warm", PAUSED: "with gaps"}
# Places in the page: the chart, those of the example loops, next to busy programs, and with gaps.
FIGURE, _LOOPS = "figure-zones", "figure-loops"
_BUSY, _GAPS = "figure-busy", "figure-gaps"
TIMES = "\N{MULTIPLICATION SIGN}"
# How sure it is, in short.
SURE = "intervals are 95%"
# CPU time of less than so many times serial's is not shown.
DEARER = 1.2


def legend(found: Zones) -> str:
    """Of the table."""
    gaps = "; with gaps it includes workers that spin" if found.band(PAUSED) else ""
    ranks = " Ranks: mpirun starts the whole program several times." if found.ranks else ""
    return (
        f"{TIMES}: speedup over serial (95% interval). CPU: CPU time relative to serial, "
        f"the least of those within 5% of the fastest, shown from {DEARER:g}{TIMES} on{gaps}. "
        "Threads include the calling one. Maybe: most of the row is inconclusive, or, for serial, "
        "the interval includes 1."
        f"{ranks}"
    )


def terms(found: Zones) -> str:
    """Of the starts that it answers."""
    said = "Cold: each call creates its workers. Warm: they exist already, and calls follow each "
    said += "other at once."
    if found.band(PAUSED):
        said += " In a gap of 5 ms workers go to sleep, or they spin, which costs CPU time. Serial "
        said += "is slower after a gap too: use the time of a call after one. Shorter gaps are "
        said += "closer to warm."
    return said


def time(seconds: float) -> str:
    """`300 \N{MICRO SIGN}s`: two digits, as far as a boundary of other loops is worth."""
    size, unit = time_unit(seconds)
    return f"{significant(seconds / size, 2)} {unit}"


def time_range(low: float, high: float) -> str:
    """`9.1 to 300 \N{MICRO SIGN}s`, `0.5 to 12 ms`: a unit once, where both have the same."""
    (_, one), (_, other) = time_unit(low), time_unit(high)
    return f"{time(low).removesuffix(f' {other}') if one == other else time(low)} to {time(high)}"


def boundary_time(each: Boundary, band: Band) -> str:
    """`300 \N{MICRO SIGN}s (160 to 520 \N{MICRO SIGN}s)`, `below 53 \N{MICRO SIGN}s`, `not up to
    12 s`."""
    low, value, high = each.time.low, each.time.value, each.time.high
    if not each.is_shown:
        if low >= band.high:
            return f"not up to {time(band.high)}"
        return f"inconclusive from {time(low)} on" if low > band.low else "inconclusive"
    if low == value == 0.0:
        return f"below {time(high)}"
    if math.isinf(high):
        return f"{time(value)} (from {time(low)} on)"
    return f"{time(value)} ({time_range(low, high) if low else f'below {time(high)}'})"


def speedup(found: Estimate) -> str:
    """`1.9 (1.5 to 2.3)`."""
    low, high = (significant(end, 2) for end in (found.low, found.high))
    return f"{significant(found.value, 2)} ({low} to {high})"


def span(row: Row, *, first: bool, last: bool) -> str:
    """Of a row: `below 9.1 \N{MICRO SIGN}s`."""
    if first and last:
        return f"{time_range(row.low, row.high)}"
    if first:
        return f"below {time(row.high)}"
    return f"above {time(row.low)}" if last else time_range(row.low, row.high)


def cell(choice: Choice | None, row: Row) -> tuple[str, ...]:
    """Of a row: what to use, with how many workers, the speedup, CPU time, and how far it was
    measured; a line each."""
    if choice is None:
        return ("not measured",)
    what = _uses(choice)
    if choice.expected:
        found: tuple[str, ...] = (f"{what}:", *_expected(choice.expected))
    else:
        found = (what,) if choice.uses[-1].what == SERIAL else (f"{what}:", "gain not measured")
    if choice.measured:
        found = (*found[:-1], f"{found[-1]};", _measured(choice.measured, row))
    return found


def ranks(found: Zones) -> tuple[tuple[str, ...], ...]:
    """A row of the table, from where on ranks of MPI beat serial; none where they do not."""
    if not found.ranks:
        return ()
    cells = []
    for band in found.bands:
        shown = found.ranks.get(band.start)
        # Ranks exist before a call.
        missing = "does not apply" if band.start == COLD else "not shown"
        cells.append(f"beat serial\nfrom {boundary_time(shown, band)}" if shown else missing)
    return (("ranks of MPI", *cells),)


def _uses(choice: Choice) -> str:
    """`serial; 2 threads from 12 \N{MICRO SIGN}s, maybe processes from 1.5 ms`."""
    last = choice.uses[-1].what
    kinds = {last, THREADS} if last == EITHER else {last}
    said, counted = "", choice.expected is None
    for at, use in enumerate(choice.uses):
        before = choice.uses[at - 1].what if at else ""
        where = f" from {time(use.low)}" if at else ""
        if use.what == before:
            # What may be as good already is not repeated.
            more = use.maybe.removesuffix(f" or {choice.uses[at - 1].maybe}")
            said += f", maybe {more}{where}"
            continue
        what = use.what
        if before == THREADS and what == EITHER:
            maybe = "processes" in choice.uses[at - 1].maybe
            said += f"; either{where}" if maybe else f" or processes{where}"
            continue
        if choice.expected and not counted and what in kinds and what != SERIAL:
            what = f"{' to '.join(f'{each:,}' for each in choice.expected.workers)} {what}"
            counted = True
        said += "; " * bool(at) + what + where + (f", maybe {use.maybe}" if use.maybe else "")
    return said


def _measured(part: tuple[float, float], row: Row) -> str:
    low, high = part
    if low == row.low:
        return f"measured to {time(high)}"
    if high == row.high:
        return f"measured from {time(low)}"
    return f"measured {time_range(low, high)}"


def _expected(found: Expected) -> Iterator[str]:
    """`1.9x (1.5-2.3),`, `CPU 3.3x`: a line each. The latter only where parallel work costs
    others something."""
    dear = bool(found.cpu_time) and found.cpu_time[1] >= DEARER
    low, high = (significant(end, 2) for end in (found.speedup.low, found.speedup.high))
    yield f"{significant(found.speedup.value, 2)}{TIMES} ({low}\N{EN DASH}{high})" + "," * dear
    if dear:
        yield _cpu(found)


def _cpu(found: Expected) -> str:
    return f"CPU {significant(found.cpu_time[1], 2)}{TIMES}"


@dataclass(frozen=True)
class Said:
    """A sentence, or two, and the place in the page that shows it."""

    text: str
    see: str


def lines(found: Zones) -> Iterator[Said]:
    """What decides besides the time of a call."""
    yield from _gaps(found)
    yield from _only_processes(found)
    yield from _exceptions(found)
    for each in found.limited:
        yield Said(
            f"Memory or shared data limits the speedup of {each.loop} at its largest size: "
            f"{speedup(each.gain)}.",
            _LOOPS,
        )
    yield from _busy(found)
    yield from _memory(found)


def _only_processes(found: Zones) -> Iterator[Said]:
    advice = "If a task may crash or hang, or a library is not thread-safe, use processes. "
    for band in found.bands:
        pays = band.boundary(PROCESSES_PAY)
        where = _SHORT.get(band.start, band.start)
        if pays is None:
            continue
        if pays.is_shown:
            said = f"Processes {where} beat serial from {boundary_time(pays, band)}"
            if gain := found.processes.get(band.start):
                said += f". Speedup from there on: {_seen(gain)}"
                said += f", {_cpu(gain)}" if gain.cpu_time else ""
        else:
            said = (
                f"Processes {where.rstrip(',')}, compared with serial: {boundary_time(pays, band)}"
            )
        yield Said(f"{advice}{said}.", FIGURE)
        advice = ""


def _seen(found: Expected) -> str:
    """`1.9 in the median loop (1.4 to 27)`: the loops differ too much for one number."""
    if len(found.seen) == 1:
        return speedup(found.speedup)
    low, middle, high = (
        significant(each, 2) for each in (found.seen[0], median(found.seen), found.seen[-1])
    )
    return f"{middle} in the median loop ({low} to {high})"


def _exceptions(found: Zones) -> Iterator[Said]:
    named = _starts_of_exceptions(found, THREADS_PAY)
    if named:
        yield Said(
            "Threads beat serial at no measured size where tasks write shared data or share a "
            f"lock: {listed(named)}.",
            _LOOPS,
        )
    named = _starts_of_exceptions(found, PROCESSES_PAY)
    if named:
        loops = [f"{loop} ({', '.join(starts)})" for loop, starts in named.items()]
        yield Said(f"Processes beat serial at no measured size of these: {listed(loops)}.", _LOOPS)


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
            who = each.kind.capitalize() if said else f"With gaps of {time(gap)}, {each.kind}"
            said += f" {_compared(who, each.pays)}"
        yield Said(said.strip(), _GAPS)


def _busy(found: Zones) -> Iterator[Said]:
    for start, same in groupby(found.busy, key=lambda each: each.start):
        said = ""
        for each in same:
            who = f"With {each.load:,}, they"
            if not said:
                which = _SHORT.get(start, start).rstrip(",")
                who = f"With {count_of(each.load, 'busy program')}, workers {which}"
            said += f" {_compared(who, each.pays)}"
        yield Said(said.strip(), _BUSY)


def _compared(who: str, found: Pays) -> str:
    """`... are slower than serial up to 45 \N{MICRO SIGN}s. From 230 \N{MICRO SIGN}s on they are
    faster.`"""
    slower, from_ = found.slower_to, found.from_
    if slower is None and from_ is None:
        return f"{who} are not significantly faster than serial up to {time(found.largest)}."
    if from_ is None:
        said = f"{who} are slower than serial up to {time(slower or 0.0)}."
        unclear = f" Up to {time(found.largest)}, it is inconclusive."
        return said + unclear * (found.unclear_to is not None)
    if slower is not None:
        said = f"{who} are slower than serial up to {time(slower)}."
        return f"{said} From {time(from_)} on they are faster."
    if found.unclear_to is not None:
        said = f"{who} are faster than serial from {time(from_)} on."
        return f"{said} Below, it is inconclusive."
    return f"{who} are faster than serial at all sizes measured (from {time(from_)})."


def _memory(found: Zones) -> Iterator[Said]:
    parts = [f"{each.kind} {each.extra / 1e6:+.1f} MB" for each in found.memory]
    if parts:
        yield Said(
            f"Memory (PSS, peak) compared with serial, {found.memory[0].workers} workers: "
            f"{listed(parts)}.",
            "memory",
        )


def sure(found: Zones) -> str:
    """How sure it is."""
    if found.own:
        return "Boundaries lie between two sizes measured of this loop; intervals are 95%."
    return (
        f"Intervals are 95%, for a further loop like the {len(found.loops)} measured, exceptions "
        "excluded. They cover noise and the spread between loops. Other machines differ."
    )
