"""The answer for the user's own loop as text, for the report and the terminal alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from parzen_study.common.wording import count_of, for_cpu_time, listed, seconds
from parzen_study.run.case import COLD, PAUSED, WARM, Case
from parzen_study.run.run import NEITHER
from parzen_study.stats.wording import with_interval
from parzen_study.topics.answer.by_size import BySize, Gain, Range
from parzen_study.topics.answer.by_size_words import named
from parzen_study.topics.own_loop.model import Failed, Size, Study
from parzen_study.topics.sizes.pays_from import Verdict

_STARTED = {
    COLD: f"Workers created in the call ({COLD})",
    WARM: f"Workers that exist ({WARM})",
    PAUSED: f"Workers that exist, {PAUSED}",
}
_NEITHER = "neither: serial"


def question(start: str) -> str:
    """`Workers that exist (warm)`."""
    return _STARTED.get(start, start)


def entries(found: Study) -> Iterator[tuple[str, str, str]]:
    """Of each start: question, advice, evidence."""
    for start in found.starts:
        answer = found.compared(start)
        if answer:
            yield question(start), advice(answer), evidence(answer, found.not_compared(answer))
        elif not found.nothing:
            yield question(start), Verdict.UNDECIDED, "No size has the times that it takes."


def grain(sizes: Iterable[Size]) -> str:
    """What a call is made of, at the smallest size and at the largest; empty where unknown."""
    known = [each for each in sizes if each.tasks and each.task_time]
    ends = known if len(known) < 2 else [known[0], known[-1]]
    if not ends:
        return ""
    return f"In one thread: {listed(_call(each) for each in ends)}."


def _call(each: Size) -> str:
    task = seconds(each.task_time.value) if each.task_time else "unknown"
    result = f" and a result of {count_of(each.result_bytes, 'byte')}" if each.result_bytes else ""
    return f"{count_of(each.tasks, 'task')} of {task}{result} at size {each.size:,}"


def advice(found: BySize) -> str:
    """Which mechanism with how many workers at which sizes."""
    parts = [f"{_named(each)} {_where(found, each)}" for each in found.ranges]
    if inconclusive := _inconclusive(found):
        every = inconclusive == found.serial.sizes
        where = _every(found) if every else f"at {_sizes(inconclusive)}"
        parts.append(f"{Verdict.UNDECIDED} {where}")
    return "; ".join(parts)


def evidence(found: BySize, not_compared: tuple[int, ...]) -> str:
    """Between which sizes the answer changes, and what each mechanism gains."""
    return " ".join([*_changes(found), *_gains(found), *_not_compared(not_compared)])


def failed(each: Failed) -> str:
    """Of a backend that crashed, threw or hung."""
    return (
        f"{each.backend} has an error in {each.failed} of {count_of(each.cases, 'case')}, first in "
        f"{_case(each.first)}: {each.message}"
    )


def _case(case: Case) -> str:
    workers = count_of(case.number("workers"), "worker")
    return f"size {case.number('size'):,}, {workers}, {case.start}"


def _named(each: Range) -> str:
    return _NEITHER if each.mechanisms == (NEITHER,) else named(each)


def _where(found: BySize, each: Range) -> str:
    sizes, first, last = found.serial.sizes, each.sizes[0], each.sizes[-1]
    if each.sizes == sizes:
        return _every(found)
    if each.sizes != tuple(n for n in sizes if first <= n <= last):
        return f"at {_sizes(each.sizes)}"
    if last == sizes[-1]:
        return f"from size {first:,} on"
    if first == sizes[0]:
        return f"up to size {last:,}"
    return f"at size {first:,}" if first == last else f"from size {first:,} to {last:,}"


def _inconclusive(found: BySize) -> tuple[int, ...]:
    """The sizes of no range, whether or not they lie between two."""
    decided = {n for each in found.ranges for n in each.sizes}
    return tuple(n for n in found.serial.sizes if n not in decided)


def _every(found: BySize) -> str:
    sizes = found.serial.sizes
    if len(sizes) == 1:
        return f"at size {sizes[0]:,}, the only one measured"
    return f"at every size measured, {sizes[0]:,} to {sizes[-1]:,}"


def _sizes(sizes: Iterable[int]) -> str:
    found = [f"{n:,}" for n in sizes]
    return f"size{'s' if len(found) > 1 else ''} {listed(found)}"


def _changes(found: BySize) -> Iterator[str]:
    between = [f"{a.sizes[-1]:,} and {b.sizes[0]:,}" for a, b in pairwise(found.ranges)]
    if between:
        yield f"The answer changes between sizes {', then between '.join(between)}."


def _gains(found: BySize) -> Iterator[str]:
    """At the first size at which several workers pay, and at the largest."""
    by_size: dict[int, list[Gain]] = {}
    for gain in found.gains:
        by_size.setdefault(gain.n, []).append(gain)
    for size, gains in by_size.items():
        yield (
            f"At size {size:,}, speed against serial: {'; '.join(_gain(each) for each in gains)}."
        )


def _gain(each: Gain) -> str:
    workers = count_of(each.fastest.number("workers"), "worker")
    return (
        f"{each.mechanism} {with_interval(each.speedup)} times{for_cpu_time(each.cpu_time)} "
        f"({each.fastest.backend}, {workers})"
    )


def _not_compared(sizes: tuple[int, ...]) -> Iterator[str]:
    if sizes:
        yield (f"Not compared: {_sizes(sizes)}, where serial, threads or processes have no time.")
