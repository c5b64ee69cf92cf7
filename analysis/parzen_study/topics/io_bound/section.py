"""Tasks that wait: whether workers gain for work that is not CPU-bound."""

from __future__ import annotations

from functools import partial

from parzen_study.page.blocks import (
    Block,
    Details,
    Drawing,
    Entries,
    Entry,
    Gallery,
    Paragraph,
    Section,
)
from parzen_study.study import Study
from parzen_study.topics.io_bound.figure import io_bound_figures
from parzen_study.topics.io_bound.table import tables
from parzen_study.topics.speedup import figure as speedup
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section | None:
    """None where the run has no family io_bound."""
    if not study.io_bound:
        return None
    blocks: list[Block] = [
        Paragraph(
            "The article says that several processes gain for CPU-bound work only. Here tasks wait "
            "for a timer, a pipe, or a block of an uncached file. Waiting takes no CPU, so several "
            "workers can wait at once on any number of CPUs."
        ),
        Entries(
            tuple(Entry(f"Waiting for {each.waits_for}", each.sentence) for each in study.io_bound)
        ),
    ]
    figures = io_bound_figures(study.io_bound)
    if figures and study.estimates.has_intervals:
        drawings = Gallery(tuple(map(_drawing, figures)))
        blocks.append(Details("Speedups by number of workers", (drawings,)))
    return Section("io_bound", "Tasks that wait", tuple(blocks))


def _drawing(each: speedup.SpeedupFigure) -> Drawing:
    caption = (
        f"Speedup of {each.problem}. Bars are 95% CIs. Hollow markers and dashes: warm. Vertical "
        "line: usable CPUs."
    )
    return Drawing(each.name, caption, each.description, partial(speedup.draw, each))


TOPIC = Topic(order=100, section=section, tables=tables)
