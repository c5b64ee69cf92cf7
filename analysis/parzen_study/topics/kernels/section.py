"""The loop itself: what is gained before any mechanism."""

from __future__ import annotations

from functools import partial

from parzen_study.page.blocks import (
    Block,
    Drawing,
    Entries,
    Entry,
    Gallery,
    Heading,
    Paragraph,
    Section,
)
from parzen_study.page.peers import peers
from parzen_study.study import Study
from parzen_study.topics.kernels import figure as roofline
from parzen_study.topics.kernels import model as kernels
from parzen_study.topics.kernels.table import kernel_table, tables
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section | None:
    """None where the run has no family kernels."""
    if not study.kernels:
        return None
    blocks: list[Block] = [
        Paragraph(
            "The same counts by other loops, mostly in one thread: what is gained before any "
            "mechanism. Median over rounds, 95% interval in brackets; ratios are paired by "
            "round where both are of the same program. The limit, kernel stream_read, reads every "
            "coordinate once and counts nothing: a case at 100% of it counts as fast as the "
            "samples can be read by as many workers. Of the bandwidth ratio: its speedup over that "
            "of the limit with as many workers, so that 100% is all that memory allows. Kernel "
            "indexed sorts the distances once: cold holds the sorting, warm only asks, and reads "
            "no sample, so it has no limit here."
        ),
        Paragraph(
            peers(
                study.run,
                kernels.FAMILY,
                "They count the same problem with the same counts. Times fused: how many times as "
                "long as kernel fused in one thread.",
            )
        ),
    ]
    if huge_pages := kernels.huge_pages_in_words(study.run, study.kernels):
        blocks.append(Paragraph(huge_pages))
    if study.break_even:
        blocks.append(Heading("How many questions pay for sorting once"))
        blocks.append(Entries(tuple(Entry(e.label, e.sentence) for e in study.break_even)))
    rooflines = roofline.roofline_figures(study.kernels)
    if rooflines and study.estimates.has_intervals:
        blocks += [
            Heading("Rooflines"),
            Paragraph(
                "A decision is whether one sample counts for one width. What lies on a roof "
                "decides as fast as memory lets it, what lies far below is held up by its own "
                "arithmetic. Bars are 95% intervals, bands those of the roofs."
            ),
            Gallery(tuple(map(_roofline, rooflines))),
        ]
    blocks += [kernel_table(block) for block in study.kernels]
    return Section("kernels", "The loop itself", tuple(blocks))


def _roofline(each: roofline.RooflineFigure) -> Drawing:
    caption = (
        f"Roofline at {each.label}: bytes are those that each algorithm has to read, which is "
        "untrue of literal, whose early exits skip coordinates, and of whatever a cache still "
        "holds, so that points may lie above a roof."
    )
    return Drawing(each.name, caption, each.description, partial(roofline.draw, each))


TOPIC = Topic(order=50, section=section, tables=tables)
