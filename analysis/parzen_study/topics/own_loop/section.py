"""The user's own loop: processes, threads or neither, how many, and from which size on."""

from __future__ import annotations

from functools import partial

import pandas as pd

from parzen_study.common.wording import seconds
from parzen_study.page.blocks import (
    Block,
    Details,
    Drawing,
    Entries,
    Entry,
    Gallery,
    Paragraph,
    Section,
    Table,
    method,
)
from parzen_study.page.columns import columns
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.study import Study
from parzen_study.topics.own_loop import figure, words
from parzen_study.topics.own_loop.model import Size
from parzen_study.topics.own_loop.model import Study as OwnLoopStudy
from parzen_study.topics.sizes import figure as sizes_figure
from parzen_study.topics.speedup import figure as speedup_figure
from parzen_study.topics.topic import Topic

_NOT_MEASURED = "not measured"
_DIGEST = 12  # digits of SHA-256 shown


def section(study: Study) -> Section | None:
    """None where the run is not of a user's own loop."""
    found = study.own_loop
    if found is None:
        return None
    blocks: list[Block] = []
    if found.nothing:
        blocks.append(Paragraph(f"{found.nothing}."))
    else:
        blocks.append(
            Entries(
                tuple(
                    Entry(each.question, "".join(each.evidence[:1]), each.advice, each.evidence[1:])
                    for each in words.answers(found)
                )
            )
        )
    if said := words.grain(found.sizes):
        blocks.append(Paragraph(said))
    if drawing := _drawing(study, found):
        blocks.append(Gallery((drawing,)))
    blocks += [_table(found), _file(found), _note()]
    title = "Details by size" if study.zones else "The answer"
    return Section("own_loop", title, tuple(blocks))


def _note() -> Details:
    counts = f"{WORTHWHILE - 1.0:.0%}"
    return method(
        "Speedup is against serial in the same state. In brackets: its 95% CI, corrected for "
        "choosing the fastest of several cases. Several workers are the answer where the whole 95% "
        f"CI is more than {counts} above 1, serial where the whole CI is at most that.",
        "One mechanism is ahead of another where the whole 95% CI of their ratio is above 1. There "
        f"is no difference where the whole CI is at most {counts} above 1. Otherwise the "
        "comparison is inconclusive.",
        f"The number of workers is the fewest that take at most {counts} longer, on average, than "
        "the fastest number. Other sizes are unknown. CPU time is a multiple of serial's.",
    )


def _table(found: OwnLoopStudy) -> Table:
    return Table(
        title="By size: serial, and the fastest with several workers",
        head=(
            "size",
            "tasks",
            "a task, one thread",
            "result, bytes",
            "serial",
            *(each.start for each in found.starts),
        ),
        rows=tuple(
            (
                f"{each.size:,}",
                _number(each.tasks),
                seconds(each.task_time.value) if each.task_time else "unknown",
                _number(each.result_bytes),
                time_with_interval(each.serial) if each.serial else _NOT_MEASURED,
                *(_best(each, start.start) for start in found.starts),
            )
            for each in found.sizes
        ),
        opened=True,
    )


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _best(size: Size, start: str) -> str:
    for each in size.best:
        if each.start == start:
            return f"{with_interval(each.fastest.gain)} ({each.fastest.label})"
    return _NOT_MEASURED


def _file(found: OwnLoopStudy) -> Table:
    loop = found.loop
    sizes = "chosen with LOOP_SIZES" if loop.sizes_chosen else "the loop's own"
    return Table(
        title="Which loop",
        head=("item", "here"),
        rows=(
            ("loop", loop.name),
            ("file", loop.file),
            ("flags", loop.flags or "none"),
            ("SHA-256 of the file", f"{loop.file_sha256[:_DIGEST]}..."),
            ("sizes", f"{', '.join(f'{size:,}' for size in loop.sizes)}; {sizes}"),
        ),
        words=True,
    )


def _drawing(study: Study, found: OwnLoopStudy) -> Drawing | None:
    """None without intervals, and without anything to draw."""
    if not study.estimates.has_intervals:
        return None
    of_loop = f"of loop {found.loop.name}, against serial in the same state, with 95% CIs"
    if sizes := figure.by_size(study, found):
        caption = f"Speedup {of_loop}: each backend with its fastest number of workers."
        return Drawing(sizes.name, caption, sizes.description, partial(sizes_figure.draw, sizes))
    if workers := figure.by_workers(study, found):
        caption = f"Speedup {of_loop}, at {workers.problem}."
        return Drawing(
            workers.name, caption, workers.description, partial(speedup_figure.draw, workers)
        )
    return None


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """A row per size and start."""
    found = study.own_loop
    if found is None:
        return {}
    rows = [
        {
            "size": each.size,
            "tasks": each.tasks,
            "result_bytes": each.result_bytes,
            **columns("serial_s", each.serial),
            "task_s": each.task_time.value if each.task_time else None,
            "start": best.start,
            "mechanism": best.mechanism,
            "backend": best.fastest.backend,
            "workers": best.fastest.workers,
            **columns("speedup", best.fastest.gain),
        }
        for each in found.sizes
        for best in each.best
    ]
    return {"own_loop": pd.DataFrame(rows)}


TOPIC = Topic(order=5, section=section, tables=tables, of_any_loop=True)
