"""When processes beat threads, by loops of several kinds."""

from __future__ import annotations

from functools import partial

import pandas as pd

from parzen_study.common.wording import count_of, listed
from parzen_study.page.blocks import Block, Drawing, Gallery, Paragraph, Section, Table
from parzen_study.page.columns import columns
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.study import Study
from parzen_study.topics.loops import figure
from parzen_study.topics.loops.model import Comparison
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section | None:
    """None where the run has no family loops."""
    if not study.loops:
        return None
    return Section(
        "loops",
        "Other loops: when do processes beat threads?",
        (
            Paragraph(
                "Example loops, from arithmetic in registers to contention for shared state "
                "(kernels/loops/examples/). Each is compared with its own serial time, with as "
                "many workers as usable CPUs. Speedups are those of the fastest threads and of the "
                "fastest processes. Their 95% CIs are corrected for that choice."
            ),
            Paragraph(_summary(study.loops)),
            *_figure(study),
            _table(study.loops),
        ),
    )


def _figure(study: Study) -> list[Block]:
    data = figure.loops_figure(study.loops)
    if data is None or not study.estimates.has_intervals:
        return []
    caption = "The fastest threads and the fastest processes of each loop. Lines: 95% CIs."
    drawing = Drawing(figure.NAME, caption, data.description, partial(figure.draw, data))
    return [Gallery((drawing,))]


def _summary(comparisons: tuple[Comparison, ...]) -> str:
    ahead = [each for each in comparisons if each.verdict == "processes"]
    rest = {
        verdict: sum(each.verdict == verdict for each in comparisons)
        for verdict in ("threads", "no difference", "serial", "inconclusive")
    }
    compared = count_of(len(comparisons), "comparison")
    if ahead:
        names = listed(dict.fromkeys(each.loop for each in ahead))
        said = f"Processes beat threads in {len(ahead)} of {compared} (loops {names})."
    else:
        said = f"Processes beat threads in none of {compared}."
    others = (
        f"Threads are ahead in {rest['threads']}, and serial is best in {rest['serial']}. "
        f"{rest['no difference']} differ by at most {WORTHWHILE - 1.0:.0%}, and "
        f"{rest['inconclusive']} are inconclusive."
    )
    return f"{said} {others}"


def _table(comparisons: tuple[Comparison, ...]) -> Table:
    return Table(
        title="The fastest threads and processes of each loop, against serial",
        head=("loop", "start", "serial", "threads", "speedup", "processes", "speedup", "ahead"),
        rows=tuple(
            (
                each.name,
                each.start,
                time_with_interval(each.serial),
                each.threads.label,
                with_interval(each.threads.gain),
                each.processes.label,
                with_interval(each.processes.gain),
                each.verdict,
            )
            for each in comparisons
        ),
    )


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """A row per loop, size and start."""
    if not study.loops:
        return {}
    rows = [
        {
            "loop": each.loop,
            "size": each.size,
            "input": each.input,
            "start": each.start,
            **columns("serial", each.serial),
            "threads": each.threads.backend,
            **columns("threads_speedup", each.threads.gain),
            "processes": each.processes.backend,
            **columns("processes_speedup", each.processes.gain),
            **columns("processes_over_threads", each.lead),
            "ahead": each.verdict,
        }
        for each in study.loops
    ]
    return {"loops": pd.DataFrame(rows)}


TOPIC = Topic(order=75, section=section, tables=tables)
