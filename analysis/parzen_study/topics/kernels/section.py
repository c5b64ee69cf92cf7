"""The loop itself: what a faster kernel gains."""

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
            "The same counts by faster loops, mostly in one thread. The limit is kernel "
            "stream_read, which reads every coordinate once and counts nothing. At 100% of the "
            "limit a loop counts as fast as it can read the samples."
        ),
        *_limits(study),
        Paragraph(
            peers(
                study.run,
                kernels.FAMILY,
                "Their counts are the same. Column times fused: the time over that of kernel fused "
                "in one thread.",
            )
        ),
    ]
    if huge_pages := kernels.huge_pages_in_words(study.run, study.kernels):
        blocks.append(Paragraph(huge_pages))
    if study.break_even:
        blocks.append(Heading("After how many queries sorting once pays"))
        blocks.append(Entries(tuple(Entry(e.label, e.sentence) for e in study.break_even)))
    tables_of_all = tuple(kernel_table(block) for block in study.kernels)
    blocks += [
        method(
            "Times are medians over rounds, with the 95% CI in brackets. Ratios are paired by "
            "round within a program. The bandwidth ratio is the speedup of a kernel / that of the "
            "limit with as many workers. 100% is all that memory allows.",
            "Kernel indexed sorts the distances once. Cold includes the sorting. Warm only queries "
            "the sorted distances: it reads no sample, so it has no limit here.",
        ),
        Details("Every kernel, a table per problem", tables_of_all),
    ]
    return Section("kernels", "The loop itself", tuple(blocks))


def _limits(study: Study) -> list[Block]:
    found = roofline.roofline_figures(study.kernels)
    if not (found and study.estimates.has_intervals):
        return []
    return [Gallery(tuple(map(_roofline, found)))]


def _roofline(each: roofline.RooflineFigure) -> Drawing:
    caption = (
        f"Percent of the limit at {each.label}. Far below 100%, arithmetic is the bottleneck. "
        "Above 100%, caches still hold samples, or an early exit skips coordinates."
    )
    return Drawing(each.name, caption, each.description, partial(roofline.draw, each))


TOPIC = Topic(order=50, section=section, tables=tables)
