"""The answer in serial time as text: for the page and for the terminal alike."""

from __future__ import annotations

import math
from collections.abc import Iterator

from parzen_study.common.wording import listed, significant, time_unit
from parzen_study.run.case import COLD, PAUSED, WARM
from parzen_study.stats.bootstrap import Estimate
from parzen_study.topics.zones.bands import (
    EITHER,
    SERIAL,
    Band,
    Boundary,
)
from parzen_study.topics.zones.choice import Choice, Expected
from parzen_study.topics.zones.evidence import THREADS
from parzen_study.topics.zones.model import Ranks, Zones
from parzen_study.topics.zones.rows import Row

STARTED = {
    COLD: "Workers created in the call (cold)",
    WARM: "Workers ready, calls back to back (warm)",
    PAUSED: "Workers ready, calls with gaps of 5 ms",
}
HEADS = {COLD: "created in the\ncall (cold)", WARM: "ready, back\nto back (warm)",
         PAUSED: "ready, gaps of 5 ms\n(<\N{NO-BREAK SPACE}200 calls/s)"}  # fmt: skip
TIMES = "\N{MULTIPLICATION SIGN}"
# How sure it is, in short.
SURE = "intervals are 95%"
# CPU time of less than so many times serial's is omitted.
DEARER = 1.2


def legend(found: Zones) -> str:
    """Of the table."""
    ranks = (
        " Ranks: processes that mpirun starts, in this row only. Speedup: from that time on."
        if found.ranks
        else ""
    )
    return (
        f"{TIMES}: speedup over serial (95% interval). CPU: CPU time relative to serial, omitted "
        f"below {DEARER:g}{TIMES}; spinning in gaps raises it. Threads include the calling one. "
        "Maybe: no significant difference in most of the row; serial also if the interval begins "
        f"below 1{TIMES}."
        f"{ranks}"
    )


def terms(found: Zones) -> str:
    """Of the starts that it answers."""
    said = "Cold: each call creates its workers. Warm: they exist already. Back to back: each call "
    said += "follows the last one immediately."
    if found.band(PAUSED):
        said += " During a gap of 5 ms, workers sleep or spin. A gap slows serial too: "
        said += "measure your call after a gap."
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
    return f"{factor(found.value)} ({factor(found.low)} to {factor(found.high)})"


def factor(value: float) -> str:
    """To two digits, to more where a loss would be shown as 1.0."""
    found = significant(value, 2)
    for digits in (3, 4):
        if value < 1.0 <= float(found):
            found = significant(value, digits)
    return found


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
        cells.append("\n".join(_of_ranks(shown, band)) if shown else missing)
    return (("ranks of MPI", *cells),)


def _of_ranks(shown: Ranks, band: Band) -> Iterator[str]:
    yield "beat serial"
    yield f"from {boundary_time(shown.pays, band)}" + ":" * bool(shown.gain)
    if shown.gain:
        yield from _expected(shown.gain)


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
    value, low, high = map(factor, (found.speedup.value, found.speedup.low, found.speedup.high))
    yield f"{value}{TIMES} ({low}\N{EN DASH}{high})" + "," * dear
    if dear:
        yield cpu(found)


def cpu(found: Expected) -> str:
    return f"CPU {significant(found.cpu_time[1], 2)}{TIMES}"


def sure(found: Zones) -> str:
    """How sure it is."""
    if found.own:
        return (
            "Boundaries lie between two sizes measured of this loop; intervals are 95%. Other "
            "machines differ."
        )
    said = (
        "Intervals are 95% prediction intervals for another loop like the "
        f"{len(found.loops)} measured, without the exceptions. "
    )
    narrow = (("next to busy programs", found.busy), ("with short gaps", found.gaps))
    if where := [words for words, some in narrow if some]:
        kernels = {kernel for _, some in narrow for each in some for kernel in each.pays.kernels}
        loops = "one loop" if len(kernels) == 1 else f"{len(kernels)} loops"
        were = "was" if len(kernels) == 1 else "were"
        said += f"Only {loops}, {listed(sorted(kernels))}, {were} measured {listed(where)}: "
        said += "there, intervals cover noise only. "
    return f"{said}Other machines differ."
