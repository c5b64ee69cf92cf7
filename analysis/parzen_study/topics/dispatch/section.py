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
        f"A peer is compared with {dispatch.POOL} with as many workers, by the faster of spin and "
        "block."
        if compared
        else f"The run has no {dispatch.POOL} to compare them with."
    )
    return Section(
        "dispatch",
        "What dispatch costs",
        (
            Paragraph(
                "The overhead of each mechanism without work: median over rounds, 95% CI in "
                "brackets. The limit is the bare step, measured in the same run: the round trip of "
                "a byte, waiting in the same way, or a copy of the same bytes."
            ),
            Paragraph(
                peers(
                    study.run,
                    dispatch.FAMILY,
                    "The lifetime of a peer includes one task: executors start no worker before "
                    f"the first. {compared_with}",
                )
            ),
            *_figure(study),
            method(
                "Ratios are paired by round within a program.",
                "With processors 1, all processes of the case are pinned to one CPU. Otherwise the "
                "system places them, and waking a worker on another CPU takes several times as "
                "long.",
                *_threads_in_the_call(study),
            ),
            *(dispatch_table(block) for block in study.dispatch),
        ),
    )


def _threads_in_the_call(study: Study) -> list[str]:
    """That std_thread is cold; empty where the run has none."""
    measured = {cost.case.backend for block in study.dispatch for cost in block.costs}
    if "std_thread" not in measured:
        return []
    return [
        "std_thread creates its threads in every call, the others before. A scheduler that runs a "
        "single task in the calling thread has no apply."
    ]


def _figure(study: Study) -> list[Block]:
    drawn = figure.dispatch_figure(study.dispatch, study.run)
    if drawn is None or not study.estimates.has_intervals:
        return []
    caption = (
        "Time of each mechanism, with its fastest number of workers. Bars are 95% CIs. Coloured: "
        "backends of this suite. Hollow: Python libraries."
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
