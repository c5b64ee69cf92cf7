"""The loop itself: what is gained before any mechanism."""

from __future__ import annotations

from functools import partial

from parzen_study.page.blocks import (
    Block,
    Details,
    Drawing,
    Entries,
    Entry,
    Gallery,
    Heading,
    Paragraph,
    Section,
    method,
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
            "mechanism. The limit, kernel stream_read, reads every coordinate once and counts "
            "nothing: at 100% of it, a loop counts as fast as the samples can be read."
        ),
        *_limits(study),
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
    tables_of_all = tuple(kernel_table(block) for block in study.kernels)
    blocks += [
        method(
            "Medians over rounds, 95% interval in brackets; ratios are paired by round where both "
            "are of the same program. Of the bandwidth ratio: the speedup over that of the limit "
            "with as many workers, so that 100% is all that memory allows.",
            "Kernel indexed sorts the distances once: cold holds the sorting, warm only asks, and "
            "reads no sample, so it has no limit here.",
        ),
        Details("Every kernel, a table a problem", tables_of_all),
    ]
    return Section("kernels", "The loop itself", tuple(blocks))


def _limits(study: Study) -> list[Block]:
    found = roofline.roofline_figures(study.kernels)
    if not (found and study.estimates.has_intervals):
        return []
    return [Gallery(tuple(map(_roofline, found)))]


def _roofline(each: roofline.RooflineFigure) -> Drawing:
    caption = (
        f"Percent of the limit at {each.label}. What is far below 100% is held up by its own "
        "arithmetic. Above it, caches still hold samples, or an early exit skips coordinates."
    )
    return Drawing(each.name, caption, each.description, partial(roofline.draw, each))


TOPIC = Topic(order=50, section=section, tables=tables)
