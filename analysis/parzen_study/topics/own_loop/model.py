"""What to use for the user's own loop, by size.

Rules and statistics are those of the answer by size (topics/answer/by_size.py); the size is the
argument of the loop's make(). Boundaries are not interpolated: how the loop grows with its size is
unknown, so an answer changes between two sizes measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from parzen_study.run.case import RESULT_BYTES, SERIAL, TASKS, Case, start_order
from parzen_study.run.own_loop import OwnLoop
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.answer import by_size
from parzen_study.topics.answer.by_size import BySize
from parzen_study.topics.loops.model import KINDS, Fastest, fastest_of
from parzen_study.topics.sizes.model import Sweep, sweep


@dataclass(frozen=True)
class Best:
    """The fastest parallel case, in one start, of any mechanism."""

    start: str
    mechanism: str
    fastest: Fastest


@dataclass(frozen=True)
class Size:
    """`serial` is in seconds per call, None without a time. `tasks` of a call and `result_bytes` of
    a task (of a block where results are merged) are None where unknown."""

    size: int
    tasks: int | None
    result_bytes: int | None
    serial: Estimate | None
    best: tuple[Best, ...]

    @property
    def task_time(self) -> Estimate | None:
        """Seconds of a task in one thread."""
        return self.serial.scaled(1.0 / self.tasks) if self.serial and self.tasks else None


@dataclass(frozen=True)
class Gap:
    """Sizes at which `what`, serial or a mechanism, was planned and has no time."""

    what: str
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Start:
    """`answer` is None where no size has times of serial and of several workers, or where there
    are too few rounds for a verdict."""

    start: str
    answer: BySize | None
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Study:
    """`starts` are those planned with several workers. `sweep` has the cases. `nothing` is why no
    start has an answer, or empty."""

    loop: OwnLoop
    sizes: tuple[Size, ...]
    sweep: Sweep
    starts: tuple[Start, ...]
    nothing: str


def study(run: Run, estimates: Estimates, reasons: Collection[str]) -> Study | None:
    """None where the run is not of a user's own loop. `reasons` names the cases that have no
    figure."""
    if run.loop is None:
        return None
    cases = sorted(run.cases, key=lambda case: (case.number("size"), case.order()))
    found = sweep(estimates, cases, reasons, by="size", decided=not run.too_few)
    answers = {each.start: each for each in by_size.answers(estimates, [found], measured_only=True)}
    parallel = [case for case in cases if _kind(run, case) and case.number("workers") > 1]
    starts = sorted({case.start for case in parallel}, key=start_order)
    return Study(
        loop=run.loop,
        sizes=tuple(_size(run, estimates, found, size) for size in run.loop.sizes),
        sweep=found,
        starts=tuple(
            Start(start, answers.get(start), _gaps(run, found, start, parallel)) for start in starts
        ),
        nothing="" if answers else _nothing(run, starts),
    )


def _nothing(run: Run, starts: Collection[str]) -> str:
    if run.too_few:
        return f"No answer: {run.too_few}"
    if not starts:
        return "No answer: no case has several workers of threads or processes"
    return "No answer: no size has times both of serial and of several workers"


def _kind(run: Run, case: Case) -> str:
    """Threads or processes, or empty."""
    kind = run.mechanisms.get(case.backend, "")
    return kind if kind in KINDS else ""


def _size(run: Run, estimates: Estimates, found: Sweep, size: int) -> Size:
    serial = found.serial.get(size)
    return Size(
        size=size,
        tasks=_counter(run, found, size, TASKS),
        result_bytes=_counter(run, found, size, RESULT_BYTES),
        serial=estimates.measured[serial.name].time if serial else None,
        best=tuple(
            _best(estimates, found.serial_for(start)[size], cases)
            for start, cases in _several_workers(found, size).items()
        ),
    )


def _several_workers(found: Sweep, size: int) -> Mapping[str, list[Case]]:
    """The parallel cases of this size with a time and a serial time, by start."""
    together: dict[str, list[Case]] = defaultdict(list)
    for line in found.lines:
        if line.workers > 1 and line.mechanism in KINDS and size in line.curve:
            together[line.start].append(line.curve[size])
    return {start: together[start] for start in sorted(together, key=start_order)}


def _best(estimates: Estimates, serial: Case, cases: list[Case]) -> Best:
    fastest = fastest_of(estimates, serial, cases)
    return Best(cases[0].start, estimates.mechanism(fastest.backend), fastest)


def _counter(run: Run, found: Sweep, size: int, key: str) -> int | None:
    """The same for all cases of a size; None if unknown."""
    names = [case.name for case in found.cases if case.number("size") == size]
    values = run.frame.loc[run.frame["case"].isin(names), key].dropna()
    return None if values.empty else int(values.iloc[0])


def _gaps(run: Run, found: Sweep, start: str, parallel: Iterable[Case]) -> tuple[Gap, ...]:
    """A size without serial time is a gap of serial only."""
    planned: dict[str, set[int]] = defaultdict(set)
    for case in parallel:
        if case.start == start:
            planned[_kind(run, case)].add(case.number("size"))
    serial = set(found.serial_for(start))
    gaps = {SERIAL: set().union(*planned.values()) - serial}
    for kind, sizes in sorted(planned.items()):
        timed = {
            size
            for size in sizes
            for case in _several_workers(found, size).get(start, [])
            if _kind(run, case) == kind
        }
        gaps[kind] = (sizes & serial) - timed
    return tuple(Gap(what, tuple(sorted(sizes))) for what, sizes in gaps.items() if sizes)
