"""The answer for the user's own loop as text, for the report and the terminal alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from parzen_study.common.wording import count_of, listed, seconds
from parzen_study.quality.rejections import IMPLAUSIBLE_EFFICIENCY
from parzen_study.run.case import COLD, PAUSED, WARM
from parzen_study.run.run import NEITHER
from parzen_study.topics.answer.by_size import BySize
from parzen_study.topics.answer.by_size_words import gain_in_words, named
from parzen_study.topics.answer.ranges import Range
from parzen_study.topics.own_loop.model import Gap, Size, Study
from parzen_study.topics.sizes.pays_from import Verdict

_STARTED = {
    COLD: f"Workers created in the call ({COLD})",
    WARM: f"Workers ready ({WARM})",
    PAUSED: f"Workers ready, calls {PAUSED}",
}
_NEITHER = "neither: serial"


@dataclass(frozen=True)
class Answer:
    """For one start of workers: the advice, and the evidence, a sentence each."""

    question: str
    advice: str
    evidence: tuple[str, ...]


def answers(found: Study) -> Iterator[Answer]:
    """One per start; none where no start has an answer."""
    sizes = found.loop.sizes
    for each in () if found.nothing else found.starts:
        question = _STARTED.get(each.start, each.start)
        if each.answer:
            evidence = [
                *_changes(each.answer),
                *_gains(each.answer),
                *_beyond_cpus(found.sizes, each.start),
                *map(_gap, each.gaps),
            ]
            yield Answer(question, _advice(each.answer, sizes), tuple(evidence))
        else:
            yield Answer(question, Verdict.UNDECIDED, tuple(map(_gap, each.gaps)))


def grain(sizes: Iterable[Size]) -> str:
    """Tasks of a call at the smallest and the largest size; empty where unknown."""
    known = [each for each in sizes if each.tasks and each.task_time]
    ends = known if len(known) < 2 else [known[0], known[-1]]
    return f"In one thread: {listed(map(_call, ends))}." if ends else ""


def _call(each: Size) -> str:
    task = seconds(each.task_time.value) if each.task_time else "unknown"
    result = f", result {count_of(each.result_bytes, 'byte')}," if each.result_bytes else ""
    return f"{count_of(each.tasks, 'task')} of {task}{result} at size {each.size:,}"


def _advice(found: BySize, sizes: Sequence[int]) -> str:
    """Which mechanism with how many workers at which of the sizes, in their order."""
    parts = [(each.sizes, _best(each)) for each in found.ranges]
    if inconclusive := _inconclusive(found):
        parts.append((inconclusive, Verdict.UNDECIDED))
    return "; ".join(f"{what} {_where(own, sizes)}" for own, what in sorted(parts))


def _best(each: Range) -> str:
    if each.mechanisms == (NEITHER,):
        return _NEITHER
    return f"{named(each)}{',' if len(each.mechanisms) > 1 else ''}"


def _inconclusive(found: BySize) -> tuple[int, ...]:
    """The sizes of no range, whether or not they lie between two."""
    decided = {n for each in found.ranges for n in each.sizes}
    return tuple(n for n in found.serial.sizes if n not in decided)


def _where(own: tuple[int, ...], sizes: Sequence[int]) -> str:
    """`from size 1,000 on`, `at sizes 1 and 3`; `own` are some of the sizes, rising."""
    first, last = own[0], own[-1]
    if len(sizes) > 1 and own == sizes:
        return f"at every size measured, {first:,} to {last:,}"
    if len(sizes) == 1 or own != tuple(n for n in sizes if first <= n <= last):
        return f"at {_listed(own)}"
    if last == sizes[-1]:
        return f"from size {first:,} on"
    if first == sizes[0]:
        return f"up to size {last:,}"
    return f"at size {first:,}" if first == last else f"from size {first:,} to {last:,}"


def _listed(sizes: Sequence[int]) -> str:
    return f"size{'s' if len(sizes) > 1 else ''} {listed(f'{n:,}' for n in sizes)}"


def _changes(found: BySize) -> Iterator[str]:
    """Between which sizes measured the answer changes."""
    between = [_between(*pair) for pair in pairwise(found.ranges)]
    if between:
        yield f"The answer changes {listed(between)}."


def _between(before: Range, after: Range) -> str:
    return f"between sizes {before.sizes[-1]:,} and {after.sizes[0]:,}"


def _gains(found: BySize) -> Iterator[str]:
    """At the first size at which several workers pay, and at the largest."""
    for size, gains in groupby(found.gains, key=lambda gain: gain.n):
        yield f"Speedup at size {size:,}: {'; '.join(gain_in_words(each) for each in gains)}."


def _beyond_cpus(sizes: Iterable[Size], start: str) -> Iterator[str]:
    """Where the speedup is larger than the workers can explain."""
    for size in sizes:
        for best in (each for each in size.best if each.start == start):
            gain, workers = best.fastest.gain, best.fastest.workers
            if gain.has_interval and gain.low > IMPLAUSIBLE_EFFICIENCY * workers:
                yield (
                    f"At size {size.size:,} the speedup is too large for "
                    f"{count_of(workers, 'worker')}: something else slows serial down, such as "
                    "caches or how its code was compiled. Check serial first."
                )


def _gap(gap: Gap) -> str:
    return f"No time of {gap.what} at {_listed(gap.sizes)}."
