"""The answer by size as text: the advice, and the evidence for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

from parzen_study.common.wording import count_of, cpu_time_in_words, listed, sentence
from parzen_study.run.case import COLD, PAUSED, SERIAL, WARM
from parzen_study.run.run import NEITHER
from parzen_study.stats.wording import percent_more, with_interval
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.answer.by_size import BySize
from parzen_study.topics.answer.how_many import Choice
from parzen_study.topics.answer.ranges import Gain, Range
from parzen_study.topics.sizes.pays_from import PaysFrom, Verdict

# So many neighbours or more are named by the first and the last.
_RUN = 3
_STARTED = {
    COLD: f"Workers created in every call ({COLD})",
    WARM: f"Workers ready ({WARM})",
    PAUSED: f"Workers ready, calls {PAUSED}",
}


def question(found: BySize) -> str:
    """`Workers ready (warm), kernel literal, by_width`."""
    return ", ".join(filter(None, (_STARTED.get(found.start, found.start), found.label)))


def advice(found: BySize) -> str:
    """What to use from which size on: the parts of it, joined by semicolons."""
    return sentence("; ".join(_parts(found)))


def sentences(found: BySize) -> list[str]:
    """The advice and the evidence, a short sentence each."""
    return [*(f"{sentence(part)}." for part in _parts(found)), *evidence(found)]


def _parts(found: BySize) -> list[str]:
    ranges, sizes = found.ranges, found.serial.sizes
    parts = []
    if len(ranges) == 1:
        where = f"n = {_listed(ranges[0].sizes, sizes)}"
        if not found.undecided:
            where = f"every n measured, {sizes[0]:,} to {sizes[-1]:,}"
        if len(sizes) == 1:
            where = f"n = {sizes[0]:,}, the only one measured"
        comma = "," if len(ranges[0].mechanisms) > 1 else ""
        parts.append(f"{_best(ranges[0])}{comma} at {where}")
    for number, each in enumerate(ranges[1:], start=1):
        boundary = f"n = {each.sizes[0]:,}"
        if each.begins:
            about = found.serial.size_in_words(each.begins.value)
            boundary = f"a serial time of {found.serial.time_in_words(each.begins)}, n {about},"
        if number == 1:
            parts.append(f"{_first(found, boundary)} {_best(ranges[0])}")
        there = number == 1 and each.begins
        parts.append(f"from {'there' if there else boundary} on {named(each)}")
    parts += [_pays_in_words(kind, each) for kind, each in found.pays_from]
    if found.undecided:
        where = f"n = {_listed(found.undecided, sizes)}" if ranges else "every n measured"
        parts.append(f"{Verdict.UNDECIDED} at {where}")
    return parts


def evidence(found: BySize) -> list[str]:
    """What each mechanism gains at the first n that is not serial's and at the largest, and small
    leads of one over another, a sentence each."""
    said = [
        f"Speedup at n = {n:,}, {_which(found, n)}: {'; '.join(map(gain_in_words, gains))}."
        for n, gains in groupby(found.gains, key=lambda gain: gain.n)
    ]
    said += [
        f"{lead.ahead.capitalize()} are ahead of {lead.behind} by {percent_more(lead.ratio)} at "
        f"n = {lead.n:,}."
        for lead in found.leads
    ]
    if any(len(each.mechanisms) > 1 and each.alike for each in found.ranges):
        said.append(f"No difference: one takes at most {WORTHWHILE - 1.0:.0%} longer than another.")
    if skipped := _skipped(found):
        where = _listed(skipped, found.serial.sizes)
        said.append(f"Inconclusive at n = {where}, between two answers.")
    return said


def _which(found: BySize, n: int) -> str:
    largest = n == found.serial.sizes[-1]
    return "the largest measured" if largest else "the first where several workers pay"


def gain_in_words(each: Gain) -> str:
    """`threads 1.96 (1.90 to 2.01), CPU time 1.0\N{MULTIPLICATION SIGN} (tbb, 2 workers)`."""
    workers = count_of(each.fastest.number("workers"), "worker")
    return (
        f"{each.mechanism} {with_interval(each.speedup)}{cpu_time_in_words(each.cpu_time)} "
        f"({each.fastest.backend}, {workers})"
    )


def _skipped(found: BySize) -> list[int]:
    """The n between two ranges that belong to neither."""
    named = {n for each in found.ranges for n in each.sizes} | set(found.undecided)
    return [n for n in found.serial.sizes if n not in named]


def _first(found: BySize, boundary: str) -> str:
    """The first of several ranges: `below ...`, `up to n = 1,000`, or from an n on, if smaller n
    are inconclusive."""
    first, second = found.ranges[:2]
    end = boundary if second.begins else f"n = {first.sizes[-1]:,}"
    if any(n < first.sizes[0] for n in found.undecided):
        start = f"n = {first.sizes[0]:,}"
        return f"at {start}" if start == end else f"from {start} to {end}"
    return f"{'below' if second.begins else 'up to'} {end}"


def _listed(sizes: Collection[int], measured: Sequence[int]) -> str:
    """`100 and 200`, or `100 to 1,000` of three or more that are all that were measured between
    these two."""
    first, last = min(sizes), max(sizes)
    if len(sizes) >= _RUN and all(n in sizes for n in measured if first <= n <= last):
        return f"{first:,} to {last:,}"
    return listed(f"{n:,}" for n in sizes)


def named(each: Range) -> str:
    """`threads (tbb, 2 workers)`, `serial`, `processes (fork_pipe, 2 workers) or threads (tbb, 4
    workers), no difference`."""
    if each.mechanisms == (NEITHER,):
        return SERIAL
    state = (
        "" if len(each.mechanisms) == 1 else ", no difference" if each.alike else ", inconclusive"
    )
    return " or ".join(f"{kind} ({_how(each.how[kind])})" for kind in each.mechanisms) + state


def _how(found: Sequence[Choice]) -> str:
    """`tbb, 2 workers`, `tbb or openmp, 2 workers, 8 from n = 2,000 on, 64 from n = 1,000,000 on
    where no other number was measured`."""
    backends = dict.fromkeys(backend for each in found for backend in each.backends)
    words = [
        (
            f"{each.workers:,} from n = {each.sizes[0]:,} on"
            if number
            else count_of(each.workers, "worker")
        )
        + (" where no other number was measured" if each.only else "")
        for number, each in enumerate(found)
    ]
    return ", ".join([" or ".join(backends), *words])


def _best(each: Range) -> str:
    if len(each.mechanisms) > 1:
        return named(each)
    return f"{named(each)} {'is' if each.mechanisms == (NEITHER,) else 'are'} best"


def _pays_in_words(kind: str, pays: PaysFrom) -> str:
    largest = f"n = {pays.serial.sizes[-1]:,}"
    match pays.verdict:
        case Verdict.PAYS if pays.time.high == 0.0:
            return f"{kind} pay at every n measured"
        case Verdict.PAYS:
            return f"{kind} pay from a serial time of {pays.in_words}"
        case Verdict.NEVER:
            return f"{kind} never pay up to {largest}"
        case Verdict.CEASES:
            return f"{kind} pay only at n = {_listed(pays.ahead, pays.serial.sizes)}"
        case _:
            return f"whether {kind} pay up to {largest} is {Verdict.UNDECIDED}"
