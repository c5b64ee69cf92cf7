"""From which size each mechanism pays: break-even."""

from __future__ import annotations

from functools import partial

from parzen_study.common.wording import seconds
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
            "A mechanism costs something before it gains anything: workers are made or woken, "
            "tasks handed over, counts brought together. Break-even is the serial time of a call "
            "from which on a backend is faster than serial by the same kernel."
        ),
        method(
            "It is worked out from the sizes around it, anew in every resample: between them a "
            "call takes a fixed cost and a share of the serial time. As a time it holds for other "
            "loops that scale alike. The n next to it is that of this loop, read between two sizes "
            "measured.",
            f"Faster means faster at all. The answer asks for {WORTHWHILE - 1.0:.0%} more, so its "
            "serial times are somewhat longer.",
            "CPU time is that of the calling process and its children together. After a pause it "
            "is that of the pause too: what workers that wait busily take from other programs.",
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
        f"Speedup by n, {each.label}. Bars are 95% intervals; vertical marks on "
        "the line of serial: break-even with its interval, which the legend names. Hollow markers "
        "and dashes: warm."
    )
    return Drawing(
        each.name,
        caption,
        each.description,
        partial(figure.draw, each),
        partial(figure.draw, each, WIDE),
    )


def sweep_table(study: Study, sweep: Sweep) -> Table:
    """The cases of one sweep, by n. Its best serial may be of another, and only serial has one
    worker."""
    title = f"Every case, {sweep.label}"
    return case_table(study, title, sweep.cases, ("speedup, best serial", "speedup, own 1"))


TOPIC = Topic(order=40, section=section, tables=tables)
