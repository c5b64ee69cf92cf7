"""Speedup of tasks that wait, by workers: a figure per operation, drawn by speedup/figure.py."""

from __future__ import annotations

from collections.abc import Sequence

from parzen_study.page.style import backend_styles
from parzen_study.run.case import SERIAL
from parzen_study.topics.io_bound.model import FAMILY, Operation
from parzen_study.topics.speedup.figure import Line, SpeedupFigure


def io_bound_figures(operations: Sequence[Operation]) -> list[SpeedupFigure]:
    """One an operation with several numbers of workers. The ideal speedup is the number of workers
    on any number of CPUs, since waiting needs none."""
    styles = backend_styles({SERIAL, *(line.backend for each in operations for line in each.lines)})
    figures = [
        SpeedupFigure(
            family=FAMILY,
            problem=f"tasks that wait for {each.waits_for}",
            label=f"waiting for {each.waits_for}",
            slug=(each.name,),
            usable_cpus=each.usable_cpus,
            lines=tuple(
                Line(line.backend, line.start, line.points, styles[line.backend])
                for line in each.lines
            ),
            waits=True,
        )
        for each in operations
    ]
    return [each for each in figures if len(each.workers) > 1]
