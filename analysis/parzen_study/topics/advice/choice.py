"""What the model chooses for a loop: mechanism, backend and workers, and what would change that."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from parzen_study.run.case import COLD, PAUSED, WARM
from parzen_study.topics.advice.model import (
    MIDDLE,
    NEITHER,
    PROCESSES,
    THREADS,
    Advice,
    Draw,
    Line,
    Loop,
    draws,
    seconds,
    timer,
)

STARTS: Final = {"cold": COLD, "warm": WARM, "pause": PAUSED}
_TAIL: Final = 0.025
_AS_GOOD: Final = 1.05  # times the shortest time
_EVERY_NUMBER: Final = 16  # of workers, up to which each is tried
_OVERSUBSCRIBED: Final = 4  # times the CPUs, up to which more workers may be as good
_MOST_TASKS: Final = 1e15
_DRAWS_OF_THRESHOLD: Final = 200
_FAR: Final = 100.0  # times a threshold, within which its interval is looked for
_SHORTEST, _LONGEST = 1e-12, 1e6  # seconds of a task among which a threshold is looked for


@dataclass(frozen=True)
class Prediction:
    """A backend with so many workers: speedup against serial and its 95% interval."""

    line: Line
    workers: int
    speedup: float
    interval: tuple[float, float]

    @property
    def verdict(self) -> str:
        """`faster`, `slower` or `inconclusive`, against serial."""
        low, high = self.interval
        return "faster" if low > 1.0 else "slower" if high < 1.0 else "inconclusive"


@dataclass(frozen=True)
class Threshold:
    """Where the answer changes as one figure of the loop does: beyond `value`, above or below it,
    `mechanism` is expected to be the fastest. `interval`: 95% of break-even, infinite where it may
    never come; None where the change is from one mechanism to another."""

    value: float
    interval: tuple[float, float] | None
    above: bool
    mechanism: str


@dataclass(frozen=True)
class Choice:
    """`best` is the fastest parallel prediction; `others` the fastest of each other
    mechanism. `as_good`: the fewest and the most workers within 5% of its time. `apart`: whether
    `best` is significantly faster than the first of the others, None without any. `extrapolated`:
    what of the loop lies outside of what was measured."""

    loop: Loop
    start: str
    best: Prediction
    others: tuple[Prediction, ...]
    apart: bool | None
    as_good: tuple[int, int]
    extrapolated: tuple[str, ...]

    @property
    def mechanism(self) -> str:
        """`neither` also where the gain of the best is inconclusive."""
        return self.best.line.mechanism if self.best.verdict == "faster" else NEITHER


def line_of(advice: Advice, backend: str, start: str) -> Line | None:
    """Its line in that start; or None."""
    found = (line for line in advice.lines if line.backend == backend and line.start == start)
    return next(found, None)


def candidates(advice: Advice, start: str) -> list[Line]:
    """All backends in that start; those whose workers are never ready create them in any."""
    ready = [line for line in advice.lines if line.start == start]
    able = {line.backend for line in advice.lines if line.start != "cold"}
    created = [line for line in advice.lines if line.backend not in able]
    return ready if start == "cold" or not ready else [*ready, *created]


def predict(advice: Advice, line: Line, loop: Loop, workers: int) -> Prediction:
    """Speedup with its interval."""
    serial = loop.serial
    taken = timer(advice, line, loop, workers)
    middle = serial / taken(MIDDLE)
    ratios = sorted(serial / taken(draw) for draw in draws(line))
    low, high = _ends(ratios)
    return Prediction(line, workers, middle, (min(low, middle), max(high, middle)))


def choose(advice: Advice, loop: Loop, start: str, workers: int | None = None) -> Choice | None:
    """None where the run has no workers in that start. With `workers`, only that number."""
    lines = candidates(advice, start)
    if not lines:
        return None
    line, number = _fastest(advice, loop, lines, workers)
    best = predict(advice, line, loop, number)
    others = []
    for mechanism in (THREADS, PROCESSES):
        same = [each for each in lines if each.mechanism == mechanism]
        if same and mechanism != line.mechanism:
            other, its_number = _fastest(advice, loop, same, workers)
            others.append(predict(advice, other, loop, its_number))
    return Choice(
        loop=loop,
        start=start,
        best=best,
        others=tuple(others),
        apart=_apart(advice, loop, best, others[0]) if others else None,
        as_good=_as_good(advice, loop, best) if workers is None else (number, number),
        extrapolated=tuple(_extrapolated(advice, best, loop)),
    )


def _as_good(advice: Advice, loop: Loop, best: Prediction) -> tuple[int, int]:
    """The fewest and the most workers around the best number, none between them slower."""
    most = _AS_GOOD * seconds(advice, best.line, loop, best.workers)
    ends = []
    for step in (-1, 1):
        end = best.workers
        while 1 <= end + step <= _OVERSUBSCRIBED * max(advice.cpus, best.line.workers):
            if seconds(advice, best.line, loop, end + step) > most:
                break
            end += step
        ends.append(end)
    return ends[0], ends[1]


def middle_answer(advice: Advice, loop: Loop, start: str, workers: int | None = None) -> str:
    """The mechanism of the shortest expected time, without intervals."""
    line, number = _fastest(advice, loop, candidates(advice, start), workers)
    return line.mechanism if seconds(advice, line, loop, number) < loop.serial else NEITHER


def by_task_time(advice: Advice, choice: Choice, workers: int | None) -> list[Threshold]:
    """Where another mechanism is expected to be the fastest: shorter tasks, then longer ones."""
    search = _Search(
        advice,
        choice.start,
        workers,
        lambda task_time: replace(choice.loop, task_time=task_time),
    )
    at = choice.loop.task_time
    return [*search.change(at, _SHORTEST), *search.change(at, max(at, _LONGEST))]


def by_tasks(advice: Advice, choice: Choice, workers: int | None) -> list[Threshold]:
    """The same for the number of tasks."""
    search = _Search(
        advice,
        choice.start,
        workers,
        lambda tasks: replace(choice.loop, tasks=max(1, round(tasks))),
    )
    at = float(choice.loop.tasks)
    found = [*search.change(at, 1.0), *search.change(at, max(at, _MOST_TASKS))]
    return [
        replace(
            each,
            value=_whole(each.value),
            interval=each.interval and (_whole(each.interval[0]), _whole(each.interval[1])),
        )
        for each in found
    ]


def _whole(tasks: float) -> float:
    return float(max(1, round(tasks))) if math.isfinite(tasks) else tasks


@dataclass(frozen=True)
class _Search:
    """For the value of one figure of a loop at which the answer changes."""

    advice: Advice
    start: str
    workers: int | None
    loop: Callable[[float], Loop]

    def change(self, begin: float, end: float) -> Iterator[Threshold]:
        """The first one on the way from `begin` to `end`, if there is any."""
        now, up = self._answer(begin), end > begin
        inner, outer = begin, begin
        while inner != end:
            outer = min(2.0 * inner, end) if up else max(0.5 * inner, end)
            if self._answer(outer) != now:
                break
            inner = outer
        else:
            return
        inner, outer = _bisected(inner, outer, lambda value: self._answer(value) == now)
        beyond = self._answer(outer)
        interval = self._interval(inner, outer) if NEITHER in (now, beyond) else None
        yield Threshold(inner, interval, up, beyond)

    def _answer(self, value: float) -> str:
        """The mechanism of the shortest expected time, without intervals."""
        loop = self.loop(value)
        line, number = self._fastest(loop)
        return line.mechanism if seconds(self.advice, line, loop, number) < loop.serial else NEITHER

    def _fastest(self, loop: Loop) -> tuple[Line, int]:
        return _fastest(self.advice, loop, candidates(self.advice, self.start), self.workers)

    def _interval(self, inner: float, outer: float) -> tuple[float, float]:
        """Of where the mechanism that is chosen there breaks even, draw by draw."""
        line, number = self._fastest(self.loop(outer))
        low, high = sorted((inner, outer))
        values = []
        for draw in draws(line)[:_DRAWS_OF_THRESHOLD]:

            def pays(value: float, draw: Draw = draw) -> bool:
                loop = self.loop(value)
                return seconds(self.advice, line, loop, number, draw) < loop.serial

            ends = _bisected(low / _FAR, high * _FAR, lambda value: not pays(value))
            values.append(ends[0] if pays(high * _FAR) else math.inf)
        found = _ends(sorted(values))
        return min(found[0], inner), max(found[1], inner)


def _bisected(
    inner: float, outer: float, holds: Callable[[float], bool], steps: int = 24
) -> tuple[float, float]:
    """Closer ends of a range, of which `holds` holds at the first and not at the second."""
    for _ in range(steps):
        between = math.sqrt(inner * outer)
        if holds(between):
            inner = between
        else:
            outer = between
    return inner, outer


def _fastest(
    advice: Advice, loop: Loop, lines: Sequence[Line], workers: int | None
) -> tuple[Line, int]:
    """Of the shortest expected time; of equal ones that of the fewest workers."""
    return min(
        ((line, number) for line in lines for number in _numbers(advice, line, workers)),
        key=lambda each: (seconds(advice, each[0], loop, each[1]), each[1]),
    )


def _numbers(advice: Advice, line: Line, workers: int | None) -> list[int]:
    """Numbers of workers to try: each up to 16, then eight a doubling, and all usable CPUs."""
    if workers:
        return [workers]
    found, number = {line.workers, max(2, advice.cpus)}, 2
    while number < advice.cpus:
        found.add(number)
        number += max(1, number // 8 if number >= _EVERY_NUMBER else 1)
    return sorted(found)


def _apart(advice: Advice, loop: Loop, one: Prediction, other: Prediction) -> bool:
    """Whether the 95% interval of the ratio of their times excludes 1."""
    both = zip(draws(one.line), draws(other.line), strict=True)
    of_one = timer(advice, one.line, loop, one.workers)
    of_other = timer(advice, other.line, loop, other.workers)
    ratios = sorted(of_other(theirs) / of_one(ours) for ours, theirs in both)
    return _ends(ratios)[0] > 1.0


def _ends(ordered: Sequence[float]) -> tuple[float, float]:
    cut = int(_TAIL * len(ordered))
    return ordered[cut], ordered[-1 - cut]


def _extrapolated(advice: Advice, one: Prediction, loop: Loop) -> Iterator[str]:
    """What lies outside of the measured range."""
    shortest, longest = advice.task_times
    if not shortest <= loop.task_time <= longest:
        yield "task time"
    if one.workers > one.line.workers:
        yield "workers"
    if not 1 / 10 <= loop.tasks / one.line.tasks <= 10:
        yield "number of tasks"
