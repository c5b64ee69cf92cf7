"""How small a task may be, and what a call costs that creates its workers."""

from __future__ import annotations

from functools import partial

from parzen_study.page.blocks import (
    Block,
    Details,
    Drawing,
    Gallery,
    Paragraph,
    Points,
    Section,
    Table,
    method,
)
from parzen_study.page.style import WIDE
from parzen_study.run import sysinfo
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.study import Study
from parzen_study.topics.grain import figure
from parzen_study.topics.grain import model as grain
from parzen_study.topics.grain.model import Line
from parzen_study.topics.grain.table import tables
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section | None:
    """None where the run has no family grain."""
    if not study.grain:
        return None
    blocks: list[Block] = [
        Paragraph(
            "The smaller a task, the more of it is handing it over. METG(50%), the minimum "
            "effective task granularity, is the smallest task of which at most half is lost "
            '(Slaughter et al., "Task Bench", SC20).'
        ),
        *(Paragraph(text) for text in grain.said(study.grain)),
    ]
    drawn = figure.grain_figure(study.grain)
    if drawn and study.estimates.has_intervals:
        caption = (
            "Efficiency by grain. Bars are 95% intervals; vertical lines: METG(50%) of ready "
            "workers, with its interval. Hollow markers and dashes: warm; filled ones: cold, "
            "with the cost of a call."
        )
        blocks.append(
            Gallery(
                (
                    Drawing(
                        drawn.name,
                        caption,
                        drawn.description,
                        partial(figure.draw, drawn),
                        partial(figure.draw, drawn, WIDE),
                    ),
                )
            )
        )
    if costs := grain.costs_said(study.grain):
        title = "What a call costs that creates its workers, beyond its work"
        blocks.append(Details(title, (Points(tuple(costs)),)))
    blocks.append(
        method(
            "Each case gives workers the same number of tasks of one small block that stays in the "
            "cache, and from case to case a task counts its block fewer times. Grain is what a "
            "task takes of one CPU, all overhead included. Efficiency is the rate of counting over "
            "the best that any backend reaches with all CPUs.",
            "Each backend hands tasks over as it does everywhere: oneTBB and OpenMP one at a time, "
            "the pool a quarter of a worker's share, fork_pipe all of it at once.",
            *_ready_and_created(study.grain, sysinfo.usable_cpus(study.run)),
        )
    )
    blocks.append(_table(study.grain))
    return Section("grain", "How small a task may be", tuple(blocks))


def _ready_and_created(lines: tuple[Line, ...], usable_cpus: int | None) -> list[str]:
    """Why cold has no METG, and what METG is on two CPUs."""
    tasks = max(line.tasks for line in lines)
    texts = [
        "METG is of ready workers. A call that creates its workers (cold) loses that time "
        f"once, not once a task: with 10 times the {tasks:,} tasks it would be a tenth of it a "
        "task. It has a cost of a call instead: what is left of it without work, by the straight "
        "line through the cases of finest tasks."
    ]
    if usable_cpus == 1.0 / grain.THRESHOLD:
        texts.append(
            "On 2 CPUs, half of what both do is what one does, so METG(50%) is simply the grain at "
            "which a call breaks even with serial."
        )
    return texts


def _table(lines: tuple[Line, ...]) -> Table:
    return Table(
        title="METG(50%) and the cost of a call",
        head=(
            *("backend", "start", "workers", "METG", "cost of a call"),
            *("efficiency, coarsest tasks", "their grain", "efficiency, finest tasks"),
            "their grain",
        ),
        rows=tuple(
            (
                line.backend,
                line.start,
                str(line.workers),
                line.metg_in_words,
                line.call_cost_in_words,
                *(
                    cell
                    for point in (line.points[0], line.points[-1])
                    for cell in (
                        with_interval(point.efficiency.scaled(100.0), unit="%"),
                        time_with_interval(point.grain),
                    )
                ),
            )
            for line in lines
        ),
    )


TOPIC = Topic(order=80, section=section, tables=tables)
