"""From which size each mechanism pays: break-even."""

from __future__ import annotations

from functools import partial

from parzen_study.common.wording import seconds, significant
from parzen_study.page.blocks import (
    Block,
    Details,
    Drawing,
    Gallery,
    Paragraph,
    Section,
    Table,
    method,
)
from parzen_study.page.case_table import case_table
from parzen_study.page.style import WIDE
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.study import Study
from parzen_study.topics.sizes import figure
from parzen_study.topics.sizes.model import Sweep
from parzen_study.topics.sizes.table import tables
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section | None:
    """None where the run has no family sweep."""
    if not study.sweeps:
        return None
    blocks: list[Block] = [
        Paragraph(
            "A mechanism has an overhead: it creates or wakes workers, hands over tasks and merges "
            "results. Break-even is the serial time of a call from which on a backend is faster "
            "than serial with the same kernel."
        ),
        method(
            "Break-even is interpolated between the sizes around it, in every resample: a call is "
            "modelled as a fixed cost plus a share of the serial time. The serial time applies to "
            "other loops that scale alike; the n applies to this loop only.",
            "Break-even is a speedup of 1. The answer requires a speedup of "
            f"{significant(WORTHWHILE)}, so its serial times are somewhat longer.",
            "CPU time is that of the calling process and its children. With gaps it includes the "
            "gap, during which workers may spin.",
        ),
    ]
    if study.run.too_few:
        blocks.append(Paragraph(f"No break-even: {study.run.too_few}."))
    if any(sweep.lines for sweep in study.sweeps):
        blocks.append(_table(study.sweeps))
    figures = figure.sizes_figures(study)
    if figures and study.estimates.has_intervals:
        first, *others = map(_drawing, figures)
        blocks.append(Gallery((first,)))
        blocks += [
            Details(f"The same, {each.label}", (Gallery((drawing,)),))
            for each, drawing in zip(figures[1:], others, strict=True)
        ]
    blocks += [sweep_table(study, sweep) for sweep in study.sweeps]
    return Section("sizes", "From which size each mechanism pays", tuple(blocks))


def _table(sweeps: list[Sweep]) -> Table:
    return Table(
        title="Break-even",
        head=(
            *("backend", "mechanism", "start", "workers", "kernel"),
            *("break-even (serial time)", "speedup at the largest n", "time", "CPU time"),
            "largest n",
        ),
        rows=tuple(
            (
                line.backend,
                line.mechanism,
                line.start,
                str(line.workers),
                sweep.label.removeprefix("kernel "),
                line.break_even.in_words if line.break_even else "",
                with_interval(line.points[-1].speedup),
                time_with_interval(line.points[-1].time),
                seconds(line.points[-1].cpu_time),
                f"{line.points[-1].n:,}",
            )
            for sweep in sweeps
            for line in sweep.lines
        ),
    )


def _drawing(each: figure.SizesFigure) -> Drawing:
    caption = (
        f"Speedup by n, {each.label}. Bars are 95% CIs. Vertical marks on the line of serial are "
        "break-even with its 95% CI, as in the legend. Hollow markers and dashes: warm."
    )
    return Drawing(
        each.name,
        caption,
        each.description,
        partial(figure.draw, each),
        partial(figure.draw, each, WIDE),
    )


def sweep_table(study: Study, sweep: Sweep) -> Table:
    """The cases of one sweep, by n. Without the speedups that no sweep has: its best serial case
    may be in another sweep, and only serial has one worker."""
    title = f"Every case, {sweep.label}"
    return case_table(study, title, sweep.cases, ("speedup, best serial", "speedup, own 1"))


TOPIC = Topic(order=40, section=section, tables=tables)
