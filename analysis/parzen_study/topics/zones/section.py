"""The answer: what to use, by the serial time of one call."""

from __future__ import annotations

import math
from functools import partial

import pandas as pd

from parzen_study.common.wording import count_of
from parzen_study.page.blocks import Block, Drawing, Gallery, Paragraph, Points, Section, Table
from parzen_study.page.columns import columns
from parzen_study.page.style import WIDE
from parzen_study.study import Study
from parzen_study.topics.topic import Topic
from parzen_study.topics.zones import busy_figure, figure, sentences, words
from parzen_study.topics.zones.bands import Band, Boundary
from parzen_study.topics.zones.model import Zones

TITLE = "What to use on idle CPUs, by the time of one call"

_CACHES = "A speedup may exceed the number of CPUs: together their caches hold more."
_LOOPS = (
    "Loops: literal is the article's loop, fused the same counts in one pass. by_width: a task per "
    "window width; by_sample: a task per block of samples. grain: tasks of chosen length. The "
    "others are examples (kernels/loops/examples/). A round is one fresh process that runs cases "
    "once."
)


def section(study: Study) -> Section | None:
    """None where no start can be answered."""
    found = study.zones
    if found is None:
        return None
    said = list(sentences.lines(found))
    blocks: list[Block] = [
        Gallery((drawing(found),)),
        table(found),
        Paragraph(words.legend(found), note=True),
        Points(tuple(each.text for each in said), tuple(each.see for each in said)),
        Paragraph(f"{words.sure(found)} {_machine(study)}"),
        Paragraph(f"{words.terms(found)} {_CACHES}", note=True),
    ]
    drawings = tuple(
        Drawing(each.name, each.caption, each.description, partial(busy_figure.draw, each))
        for each in (busy_figure.of_busy(found.busy), busy_figure.of_gaps(found.gaps))
        if each.bars
    )
    if drawings:
        blocks.append(Gallery(drawings))
    if not found.own:
        blocks += [Paragraph(_LOOPS, note=True), *_evidence(found)]
    return Section("zones", "The answer", tuple(blocks), leads=True)


def drawing(found: Zones) -> Drawing:
    data = figure.ZonesFigure(found.bands, found.marks)
    return Drawing(
        figure.NAME,
        data.caption,
        data.description,
        partial(figure.draw, data),
        partial(figure.draw, data, WIDE),
        data.notes,
    )


def table(found: Zones) -> Table:
    """At most six rows, of which one is of ranks of MPI where they beat serial."""
    last = len(found.rows) - 1
    return Table(
        title=TITLE,
        head=(
            "one call",
            *(words.HEADS.get(each.start, each.start) for each in found.bands),
        ),
        rows=tuple(
            (
                words.span(row, first=at == 0, last=at == last),
                *("\n".join(words.cell(row.choices[each.start], row)) for each in found.bands),
            )
            for at, row in enumerate(found.rows)
        )
        + words.ranks(found),
        compact=True,
    )


def _machine(study: Study) -> str:
    """Whether its CPUs are cores or hyperthreads, as far as that is known."""
    logical, cores = (study.run.machine.get(key, "") for key in ("logical_cpus", "physical_cores"))
    if not (logical.isdecimal() and cores.isdecimal()):
        return "Whether the CPUs of this one are cores or hyperthreads is unknown."
    if int(cores) < int(logical):
        return f"The {logical} CPUs of this one are hyperthreads of {count_of(int(cores), 'core')}."
    return f"This one reports {count_of(int(cores), 'core')} and no hyperthreads."


def _evidence(found: Zones) -> list[Table]:
    by_start = {band.start: band for band in found.bands}
    every = [each for band in found.bands for each in band.boundaries]
    backends = [each for _, each in found.backends]
    spread = "spread: largest / smallest of the loops"
    return [
        Table(
            title=title,
            head=("boundary", "serial time", "loops", "spread", "exceptions"),
            rows=tuple(_boundary(each, by_start[each.start]) for each in boundaries),
            words=True,
        )
        for title, boundaries in (
            (f"Boundaries, in serial time of one call ({spread})", every),
            ("From where on each backend of the sweeps beats serial", backends),
        )
        if boundaries
    ]


def _boundary(each: Boundary, band: Band) -> tuple[str, ...]:
    return (
        f"{each.what}, {each.start}",
        words.boundary_time(each, band),
        str(len(each.seen)),
        "" if math.isnan(each.spread) else f"{each.spread:.2g}",
        ", ".join(each.exceptions),
    )


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """A row per boundary and loop, and one for all loops together."""
    if study.zones is None:
        return {}
    rows = [
        {"start": band.start, "boundary": each.what, "loop": loop, **columns("serial_s", time)}
        for band in study.zones.bands
        for each in band.boundaries
        for loop, time in [("", each.time), *((seen.loop, seen.time) for seen in each.seen)]
    ]
    return {"zones": pd.DataFrame(rows)}


TOPIC = Topic(order=1, section=section, tables=tables, of_any_loop=True)
