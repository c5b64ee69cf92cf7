"""The answer in serial time as text: for the page and for the terminal alike."""

from __future__ import annotations

import math
from collections.abc import Iterator

from parzen_study.common.wording import count_of, listed, significant, time_unit
from parzen_study.run.case import COLD, PAUSED, WARM
from parzen_study.stats.bootstrap import Estimate
from parzen_study.topics.zones.bands import EITHER, PROCESSES_PAY, THREADS_PAY, Band, Boundary
from parzen_study.topics.zones.model import Zones
from parzen_study.topics.zones.rows import Choice, Expected, Row

STARTED = {
    COLD: "Workers created in the call (cold)",
    WARM: "Workers ready, call after call (warm)",
    PAUSED: "Workers ready, calls with gaps of 5 ms",
}
HEADS = {COLD: "workers created\nin the call (cold)", WARM: "workers\nready (warm)",
         PAUSED: "ready, calls\nwith gaps (5 ms)"}  # fmt: skip
_SHORT = {COLD: "created in the call", WARM: "ready", PAUSED: "with gaps"}
TIMES = "\N{MULTIPLICATION SIGN}"


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


def cell(choice: Choice | None) -> tuple[str, ...]:
    """Of a row: what to use, with how many workers, the speedup, CPU time; a line each."""
    if choice is None:
        return ("not measured",)
    uses = [choice.use, *(f"{use} from {time(at)}" for at, use in choice.then)]
    if choice.expected:
        # How many, of what the row ends with.
        workers = " to ".join(f"{each:,}" for each in choice.expected.workers)
        uses[-1] = f"{workers} {uses[-1]}"
    uses[1:] = [each.replace(EITHER, "of either") for each in uses[1:]]
    what = "; ".join(uses) + (" (inconclusive)" if choice.inconclusive else "")
    return (f"{what}:", *_expected(choice.expected)) if choice.expected else (what,)


def _expected(found: Expected) -> Iterator[str]:
    """`1.9 (1.5 to 2.3),`, `CPU 1.1x`: a line each, or all in one."""
    yield speedup(found.speedup) + ("," if found.cpu_time else "")
    if found.cpu_time:
        yield _cpu(found)


def _cpu(found: Expected) -> str:
    return f"CPU {significant(found.cpu_time[1], 2)}{TIMES}"


def lines(found: Zones) -> Iterator[str]:
    """What decides besides the time of a call: a few short sentences each."""
    yield from _only_processes(found)
    yield from _exceptions(found)
    if found.limited:
        named = listed(f"{each.loop} {speedup(each.gain)}" for each in found.limited)
        yield f"Memory or shared data limits loops at their largest sizes: {named} times serial."
    yield from _busy(found)
    yield from _memory(found)


def _only_processes(found: Zones) -> Iterator[str]:
    parts = []
    for band in found.bands:
        pays = band.boundary(PROCESSES_PAY)
        where = _SHORT.get(band.start, band.start)
        if pays is None:
            continue
        if not pays.is_shown:
            parts.append(f"{where}, against serial: {boundary_time(pays, band)}.")
            continue
        said = f"{where}, they beat serial from {boundary_time(pays, band)}"
        if gain := found.processes.get(band.start):
            said += f": {speedup(gain.speedup)}{TIMES}"
            said += f", {_cpu(gain)}" if gain.cpu_time else ""
        parts.append(f"{said}.")
    yield " ".join(
        [
            "May a task crash or hang, or is a library not thread-safe?",
            "Then only processes will do.",
            *(f"{each[0].upper()}{each[1:]}" for each in parts),
        ]
    )


def _exceptions(found: Zones) -> Iterator[str]:
    named = dict.fromkeys(
        loop
        for band in found.bands
        if (pays := band.boundary(THREADS_PAY))
        for loop in pays.exceptions
    )
    if named:
        yield (
            f"Threads never beat serial where tasks share what they write or lock: {listed(named)}."
        )


def _busy(found: Zones) -> Iterator[str]:
    for each in found.busy:
        where = f"{count_of(each.load, 'busy program')} next to it, workers "
        where += _SHORT.get(each.start, each.start)
        if each.from_ is None:
            yield (
                f"{where}: no gain is shown up to {time(each.largest)}, where it is "
                f"{speedup(each.gain)}{TIMES}."
            )
        elif each.not_up_to is None:
            yield f"{where}: parallel work still pays from {time(each.from_)} on."
        else:
            yield (
                f"{where}: serial is best up to {time(each.not_up_to)}, parallel from "
                f"{time(each.from_)} on."
            )


def _memory(found: Zones) -> Iterator[str]:
    parts = [f"{each.kind} {each.extra / 1e6:+.1f} MB" for each in found.memory]
    if parts:
        yield (
            f"Memory (PSS, peak) compared with serial, {found.memory[0].workers} workers: "
            f"{listed(parts)}."
        )


def sure(found: Zones) -> str:
    """How sure it is."""
    if found.own:
        return "Boundaries lie between two sizes measured of this loop; intervals are 95%."
    return (
        f"Intervals are 95%, for a further loop like the {len(found.loops)} measured. "
        "They cover noise and the spread between loops. Other machines differ."
    )
