"""Speedup of the user's own loop: over size, drawn by sizes/figure.py, or, of one size, by workers,
drawn by speedup/figure.py."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from parzen_study.common.wording import power_of_ten
from parzen_study.page.style import WIDTH, backend_styles
from parzen_study.run import sysinfo
from parzen_study.run.case import PAUSED, SERIAL
from parzen_study.study import Study
from parzen_study.topics.own_loop.model import Study as OwnLoopStudy
from parzen_study.topics.sizes.figure import SizesFigure, limits
from parzen_study.topics.sizes.model import Line, Point
from parzen_study.topics.speedup.figure import Line as WorkersLine
from parzen_study.topics.speedup.figure import SpeedupFigure

NAME = "own_loop"

# Of a letter of a tick, and between two ticks, as shares of the figure's width.
_LETTER, _BETWEEN = 0.08 / WIDTH, 0.1 / WIDTH
_AXES = 0.8  # as large a share is the axis
_SHORT = 10**6  # from here on a tick is a power of ten


def by_size(study: Study, found: OwnLoopStudy) -> SizesFigure | None:
    """A line per backend and start, of its fastest number of workers at each size; None of one
    size, and where no line has two points to draw a line between."""
    together: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in found.sweep.lines:
        if line.workers > 1:
            together[line.backend, line.start].append(line)
    lines = tuple(_best_line(study, found, own) for own in together.values())
    if not any(len(line.points) > 1 for line in lines):
        return None
    usable_cpus = sysinfo.usable_cpus(study.run)
    most = max(line.workers for own in together.values() for line in own)
    return SizesFigure(
        label="Your loop",
        slug=(NAME,),
        ideal=min(most, usable_cpus) if usable_cpus and usable_cpus > 1 else None,
        lines=lines,
        axis="size",
        ticks=_ticks(sorted({point.n for line in lines for point in line.points})),
        what="speedup by size, best number of workers",
    )


def _best_line(study: Study, found: OwnLoopStudy, lines: Sequence[Line]) -> Line:
    """Of one backend and start with several numbers of workers."""
    serial = found.sweep.serial_for(lines[0].start)
    at: dict[int, list[Point]] = defaultdict(list)
    for line in lines:
        for point in line.points:
            at[point.n].append(point)
    points = []
    for size in sorted(at):
        best = min(at[size], key=lambda point: point.time.value)
        cases = [point.case for point in at[size]]
        speedup = study.estimates.speedup_of_best(cases, [serial[size]])
        points.append(Point(size, best.case, best.time, best.cpu_time, speedup))
    first = lines[0]
    return Line(first.backend, first.mechanism, 0, first.start, tuple(points), None)


def _ticks(sizes: Sequence[int]) -> tuple[tuple[int, str], ...]:
    """The sizes whose labels have room; the largest and the smallest come first."""
    left, right = limits(sizes[0], sizes[-1])
    place = {size: _AXES * math.log(size / left) / math.log(right / left) for size in sizes}
    label = {size: _label(size) for size in sizes}

    def apart(one: int, other: int) -> bool:
        letters = (len(label[one]) + len(label[other])) / 2.0
        return abs(place[one] - place[other]) >= letters * _LETTER + _BETWEEN

    kept: list[int] = []
    for size in [sizes[-1], *sizes[:-1]]:
        if all(apart(size, other) for other in kept):
            kept.append(size)
    return tuple((size, label[size]) for size in sorted(kept))


def _label(size: int) -> str:
    """`250,000`, `2.5x10^6` with an exponent of superscripts."""
    if size < _SHORT:
        return f"{size:,}"
    mantissa, exponent = f"{size:.1e}".split("e")
    power = power_of_ten(10.0 ** int(exponent))
    factor = mantissa.removesuffix(".0")
    return power if factor == "1" else f"{factor}\N{MULTIPLICATION SIGN}{power}"


def by_workers(study: Study, found: OwnLoopStudy) -> SpeedupFigure | None:
    """Of the only size that has times, cold and warm; None where there are several or none."""
    sizes = {point.n for line in found.sweep.lines for point in line.points}
    lines = [line for line in found.sweep.lines if line.start != PAUSED]
    if len(sizes) != 1 or not lines:
        return None
    styles = backend_styles({SERIAL, *(line.backend for line in lines)})
    points: Mapping[tuple[str, str], list[Line]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.workers):
        points[line.backend, line.start].append(line)
    return SpeedupFigure(
        family=NAME,
        problem=f"size {sizes.pop():,}",
        label="Your loop",
        slug=(),
        usable_cpus=sysinfo.usable_cpus(study.run),
        lines=tuple(
            WorkersLine(
                backend,
                start,
                tuple((line.workers, line.points[0].speedup) for line in own),
                styles[backend],
            )
            for (backend, start), own in points.items()
        ),
    )
