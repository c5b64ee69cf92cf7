"""What each mechanism costs with no work in it."""

from __future__ import annotations

from functools import partial

from parzen_study.page.blocks import Block, Drawing, Gallery, Paragraph, Section, method
from parzen_study.page.peers import peers
from parzen_study.page.style import WIDE
from parzen_study.study import Study
from parzen_study.topics.dispatch import figure
from parzen_study.topics.dispatch import model as dispatch
from parzen_study.topics.dispatch.table import dispatch_table, tables
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section | None:
    """None where the run has no family dispatch."""
    if not study.dispatch:
        return None
    compared = any(cost.times_pool for block in study.dispatch for cost in block.costs)
    compared_with = (
        f"A peer is compared with {dispatch.POOL} with as many workers, by whichever way of "
        "waiting is faster."
        if compared
        else f"The run has no {dispatch.POOL} to compare them with."
    )
    return Section(
        "dispatch",
        "What dispatch costs",
        (
            Paragraph(
                "Each mechanism with no work in it: median over rounds, 95% interval in brackets. "
                "A limit is the same step with nothing around it, measured in the same run: a byte "
                "to another process and back by the same way of waiting, or a copy of the same "
                "bytes."
            ),
            Paragraph(
                peers(
                    study.run,
                    dispatch.FAMILY,
                    "The lifetime of a peer holds one task, since executors start no worker before "
                    f"it. {compared_with}",
                )
            ),
            *_figure(study),
            method(
                "Ratios are paired by round, as speedups are, where both are of the same program.",
                "Where processors is 1, all processes of the case are kept on one. Elsewhere the "
                "system chooses, and a wake-up that has to reach another processor costs several "
                "times as much.",
                *_threads_in_the_call(study),
            ),
            *(dispatch_table(block) for block in study.dispatch),
        ),
    )


def _threads_in_the_call(study: Study) -> list[str]:
    """What a reader would otherwise take std_thread for; empty where the run has none of it."""
    measured = {cost.case.backend for block in study.dispatch for cost in block.costs}
    if "std_thread" not in measured:
        return []
    return [
        "std_thread creates its threads in every call, the others have theirs before. A scheduler "
        "that runs a single task in the calling thread has no apply."
    ]


def _figure(study: Study) -> list[Block]:
    drawn = figure.dispatch_figure(study.dispatch, study.run)
    if drawn is None or not study.estimates.has_intervals:
        return []
    caption = (
        "What each mechanism takes, by its fastest number of workers. Bars are 95% "
        "intervals; coloured is what is a backend of this suite, hollow what a user of Python "
        "would otherwise pick."
    )
    drawing = Drawing(
        drawn.name,
        caption,
        drawn.description,
        partial(figure.draw, drawn),
        partial(figure.draw, drawn, WIDE),
    )
    return [Gallery((drawing,))]


TOPIC = Topic(order=90, section=section, tables=tables)
