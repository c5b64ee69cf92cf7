"""What to use for the user's own loop, from which size on: of a run that is of one loop alone.

The rules and the statistics are those of the answer by size (topics/answer/by_size.py), with the
argument of the loop's make() as size. Nothing is worked out between two sizes that were measured:
how a user's loop grows with its size is not known, so an answer changes between the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from parzen_study.common.wording import count_of
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
    """The fastest case of several workers, in one start, whatever its mechanism."""

    start: str
    mechanism: str
    fastest: Fastest


@dataclass(frozen=True)
class Size:
    """`serial` are the seconds of a call, None without a time. `tasks` of a call and `result_bytes`
    of a task (of a block where results are merged) are None where no case says them."""

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
class Failed:
    """A backend with errors instead of times, in so many of its cases; the first of them."""

    backend: str
    failed: int
    cases: int
    first: Case
    message: str


@dataclass(frozen=True)
class Study:
    """`answers` has one a start, none where `nothing` says why. `sweep` are the cases that have a
    time, `starts` those that were planned with several workers."""

    loop: OwnLoop
    sizes: tuple[Size, ...]
    sweep: Sweep
    starts: tuple[str, ...]
    answers: tuple[BySize, ...]
    nothing: str
    failed: tuple[Failed, ...]

    def compared(self, start: str) -> BySize | None:
        """The answer of a start, if there is one."""
        return next((each for each in self.answers if each.start == start), None)

    def not_compared(self, answer: BySize) -> tuple[int, ...]:
        """The sizes that lack a time of serial or of a mechanism that has one at others."""
        return tuple(n for n in self.loop.sizes if n not in answer.serial.sizes)


def study(run: Run, estimates: Estimates, reasons: Collection[str]) -> Study | None:
    """None where the run is not of a user's own loop. `reasons` names the cases that have no
    figure."""
    if run.loop is None:
        return None
    cases = sorted(run.cases, key=lambda case: (case.number("size"), case.order()))
    found = sweep(estimates, cases, reasons, by="size", decided=not run.too_few)
    answers = tuple(by_size.answers(estimates, [found]))
    nothing = ""
    if run.too_few:
        nothing = f"No answer: {run.too_few}"
    elif not answers:
        nothing = (
            "No answer: at no size are there times of serial and of several workers; "
            f"{count_of(len(reasons), 'case')} of {len(cases)} have none"
        )
    starts = {case.start for case in cases if case.backend != SERIAL and case.number("workers") > 1}
    return Study(
        loop=run.loop,
        sizes=tuple(_size(run, estimates, found, size) for size in run.loop.sizes),
        sweep=found,
        starts=tuple(sorted(starts, key=start_order)),
        answers=answers,
        nothing=nothing,
        failed=_failed(run),
    )


def _size(run: Run, estimates: Estimates, found: Sweep, size: int) -> Size:
    serial = found.serial.get(size)
    return Size(
        size=size,
        tasks=_counter(run, found, size, TASKS),
        result_bytes=_counter(run, found, size, RESULT_BYTES),
        serial=estimates.measured[serial.name].time if serial else None,
        best=tuple(
            _best(estimates, serial_beside[size], own)
            for start, own in _several_workers(found, size).items()
            if size in (serial_beside := found.serial_beside(start))
        ),
    )


def _several_workers(found: Sweep, size: int) -> Mapping[str, list[Case]]:
    """The cases of this size, by start."""
    together: dict[str, list[Case]] = defaultdict(list)
    for line in found.lines:
        if line.workers > 1 and line.mechanism in KINDS and size in line.curve:
            together[line.start].append(line.curve[size])
    return {start: together[start] for start in sorted(together, key=start_order)}


def _best(estimates: Estimates, serial: Case, cases: list[Case]) -> Best:
    fastest = fastest_of(estimates, serial, cases)
    return Best(cases[0].start, estimates.mechanism(fastest.backend), fastest)


def _counter(run: Run, found: Sweep, size: int, key: str) -> int | None:
    """Every case of a size says the same; None if none says it."""
    names = [case.name for case in found.cases if case.number("size") == size]
    values = run.frame.loc[run.frame["case"].isin(names), key].dropna()
    return None if values.empty else int(values.iloc[0])


def _failed(run: Run) -> tuple[Failed, ...]:
    messages = {error.case: error.message for error in reversed(run.errors)}
    by_backend: dict[str, list[Case]] = defaultdict(list)
    for case in sorted(run.cases, key=lambda case: (case.number("size"), case.order())):
        by_backend[case.backend].append(case)
    return tuple(
        Failed(backend, len(failed), len(cases), failed[0], messages[failed[0].name])
        for backend, cases in sorted(by_backend.items())
        if (failed := [case for case in cases if case.name in messages])
    )
