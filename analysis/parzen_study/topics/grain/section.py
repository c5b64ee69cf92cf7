"""How small a task may be, and the overhead of a call that creates its workers."""

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
            "The smaller a task, the larger the share of overhead. METG(50%), the minimum "
            "effective task granularity, is the smallest task with an efficiency of at least 50% "
            '(Slaughter et al., "Task Bench", SC20).'
        ),
        *(Paragraph(text) for text in grain.said(study.grain)),
    ]
    drawn = figure.grain_figure(study.grain)
    if drawn and study.estimates.has_intervals:
        caption = (
            "Efficiency by grain. Bars are 95% CIs. Vertical lines: METG(50%) of warm workers, "
            "with its 95% CI. Hollow markers and dashes: warm. Filled markers: cold, with the "
            "overhead of a call."
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
        title = "Overhead of a call that creates its workers"
        blocks.append(Details(title, (Points(tuple(costs)),)))
    blocks.append(
        method(
            "All cases have the same number of tasks. A task counts a small block, which stays in "
            "the cache, a number of times; that number is the grain. The grain is given as CPU "
            "time of a task with its overhead. Efficiency is the counting rate over the best rate "
            "of any backend with all CPUs.",
            "Chunks are those of each backend: one task with oneTBB and OpenMP, a quarter of a "
            "worker's share with the pool, the whole share with fork_pipe.",
            *_ready_and_created(study.grain, sysinfo.usable_cpus(study.run)),
        )
    )
    blocks.append(_table(study.grain))
    return Section("grain", "How small a task may be", tuple(blocks))


def _ready_and_created(lines: tuple[Line, ...], usable_cpus: int | None) -> list[str]:
    """Why cold has no METG; METG on two CPUs."""
    tasks = max(line.tasks for line in lines)
    texts = [
        "METG is for warm workers. A cold call creates its workers once, so its cost per task "
        f"depends on the number of tasks, {tasks:,} here. A cold call has an overhead per call "
        "instead: the intercept of a straight line through the finest grains."
    ]
    if usable_cpus == 1.0 / grain.THRESHOLD:
        texts.append(
            "On 2 CPUs, an efficiency of 50% is a speedup of 1: METG(50%) is the break-even grain."
        )
    return texts


def _table(lines: tuple[Line, ...]) -> Table:
    return Table(
        title="METG(50%) and the overhead of a call",
        head=(
            *("backend", "start", "workers", "METG", "overhead of a call"),
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
