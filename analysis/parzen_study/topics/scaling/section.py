"""How it scales: more workers than CPUs, a busy program, and laws."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from parzen_study.common.wording import count_of, seconds, significant
from parzen_study.page.blocks import (
    Block,
    Details,
    Drawing,
    Entries,
    Entry,
    Gallery,
    Heading,
    Paragraph,
    Points,
    Section,
    Table,
)
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.laws import Rejected, Scalability, Serial
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.study import Study
from parzen_study.topics.scaling import model as scaling
from parzen_study.topics.scaling import tail
from parzen_study.topics.scaling.last_core import LastCores
from parzen_study.topics.scaling.model import Line
from parzen_study.topics.scaling.table import tables
from parzen_study.topics.speedup import figure as speedup
from parzen_study.topics.topic import Topic

_LAWS = {
    "amdahl": (
        "Amdahl's law",
        "A serial fraction s of the work gains nothing from workers: the speedup is at most 1 / s "
        "(Amdahl, AFIPS 1967).",
    ),
    "gustafson": (
        "Gustafson's law",
        "The work grows with the workers; a fraction of it stays serial (Gustafson, CACM 31, "
        "1988).",
    ),
    "scalability": (
        "Universal Scalability Law",
        "Contention sigma is Amdahl's fraction. Every pair of workers adds coherency kappa: the "
        "speedup has a peak (Gunther, Guerrilla Capacity Planning, 2007).",
    ),
}


def section(study: Study) -> Section | None:
    """None where the run has neither family scaling nor load."""
    blocks: list[Block] = []
    if study.scaling:
        blocks += _speedups(study)
        blocks += _beyond(study.scaling)
    blocks += _last_core(study.last_core)
    blocks += _tails(study)
    if study.scaling:
        blocks += _laws(study.scaling)
    return Section("scaling", "How it scales", tuple(blocks)) if blocks else None


def _speedups(study: Study) -> list[Block]:
    blocks: list[Block] = [
        Paragraph(
            "The article's problem with more and more workers, up to several times the CPUs "
            "(oversubscription). Speedup is against serial with the same kernel. Bars are 95% CIs. "
            "Hollow markers and dashes: warm."
        )
    ]
    figures = speedup.speedup_figures(study, scaling.FAMILY)
    if figures and study.estimates.has_intervals:
        blocks.append(Gallery(tuple(map(_drawing, figures))))
    return blocks


def _drawing(each: speedup.SpeedupFigure) -> Drawing:
    caption = f"Speedup at {each.problem}, beyond the usable CPUs."
    return Drawing(each.name, caption, each.description, partial(speedup.draw, each))


def _beyond(lines: Sequence[Line]) -> list[Block]:
    if not any(line.beyond for line in lines):
        return []
    workers = sorted({workers for line in lines for workers, _ in line.beyond})
    return [
        Heading("More workers than CPUs"),
        Points(tuple(scaling.beyond_said(lines))),
        Table(
            title="Time over the best time without oversubscription",
            head=("backend", "start", *(f"{count} workers" for count in workers)),
            rows=tuple(
                (*_named(line), *(_cell(dict(line.beyond).get(count)) for count in workers))
                for line in lines
                if line.beyond
            ),
        ),
    ]


def _last_core(cores: LastCores) -> list[Block]:
    if not (cores.found or cores.nothing):
        return []
    heading = Heading("The last core, next to a busy program")
    if cores.nothing:
        return [heading, Paragraph(cores.nothing)]
    (workers,) = {each.workers for each in cores.found}
    return [
        heading,
        Table(
            title=f"Speedup of {count_of(workers, 'worker')} over {workers - 1}",
            head=("backend", "start", "no other program", "next to one", "gain lost"),
            rows=tuple(
                (
                    each.backend,
                    each.start,
                    with_interval(each.quiet) if each.quiet else "not measured",
                    with_interval(each.loaded),
                    each.verdict,
                )
                for each in cores.found
            ),
            compact=True,
        ),
    ]


def _tails(study: Study) -> list[Block]:
    if not study.tails:
        return []
    return [
        Heading("The slowest rounds next to a busy program"),
        Paragraph(tail.in_words(study.tails)),
        Table(
            title="Calls next to a busy program",
            head=(
                *("backend", "n", "start", "workers"),
                *("median", "95th percentile", "worst round", "worst / median"),
            ),
            rows=tuple(
                (
                    each.case.backend,
                    f"{each.case.number('n'):,}",
                    each.case.start,
                    each.case.get("workers"),
                    time_with_interval(each.time),
                    seconds(each.percentile_95),
                    seconds(each.worst),
                    significant(each.worst_over_median),
                )
                for each in study.tails
            ),
        ),
    ]


def _laws(lines: Sequence[Line]) -> list[Block]:
    rejected = {law: scaling.rejections(lines, law) for law in _LAWS}
    entries = [
        Entry(name, " ".join(filter(None, (what, rejected[law]))))
        for law, (name, what) in _LAWS.items()
    ]
    entries.append(
        Entry(
            "Karp-Flatt",
            "The serial fraction that explains one point alone. If it grows with the workers, "
            "overhead grows. If it is constant, the work is serial (Karp and Flatt, CACM 33, "
            "1990).",
        )
    )
    return [
        Heading("Laws"),
        Details(
            "Amdahl, Gustafson, USL, Karp-Flatt",
            (
                Paragraph(
                    "Fitted to speedups over the same backend with one worker, without "
                    "oversubscription. Off: the largest deviation of a fitted speedup from the "
                    "measured one."
                ),
                Paragraph(
                    "A fit needs at least two more points than parameters. A fit is rejected if "
                    "the whole 95% CI of a parameter is out of range. If only a part of it is, the "
                    "parameter is clamped to the range."
                ),
                Entries(tuple(entries), kind="terms"),
                *_table(lines),
            ),
        ),
    ]


_COLUMNS: dict[str, Callable[[Line], str]] = {
    "serial fraction, Amdahl": lambda line: _fraction(line.amdahl),
    "off, Amdahl": lambda line: _off(line.amdahl),
    "serial fraction, Gustafson": lambda line: _fraction(line.gustafson),
    "off, Gustafson": lambda line: _off(line.gustafson),
    "sigma": lambda line: _of(line.scalability, lambda fit: fit.contention),
    "kappa": lambda line: _of(line.scalability, lambda fit: fit.coherency),
    "peak, workers": lambda line: _of(line.scalability, lambda fit: fit.peak),
    "off, USL": lambda line: _off(line.scalability),
}


def _table(lines: Sequence[Line]) -> list[Block]:
    """Without empty columns; Karp-Flatt with the fewest and the most workers."""
    columns = {name: [cell(line) for line in lines] for name, cell in _COLUMNS.items()}
    counts = sorted({workers for line in lines for workers, _ in line.karp_flatt})
    for count in dict.fromkeys((*counts[:1], *counts[-1:])):
        columns[f"Karp-Flatt, {count} workers"] = [
            _cell(dict(line.karp_flatt).get(count)) for line in lines
        ]
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    if not shown:
        return []
    return [
        Table(
            title="What the laws find",
            head=("backend", "start", *shown),
            rows=tuple(
                (*_named(line), *(cells[number] or "rejected" for cells in shown.values()))
                for number, line in enumerate(lines)
            ),
        )
    ]


def _named(line: Line) -> tuple[str, str]:
    return line.backend, ", ".join(filter(None, (line.start, line.problem)))


def _cell(estimate: Estimate | None) -> str:
    return with_interval(estimate) if estimate else ""


def _fraction(fit: Serial | Rejected) -> str:
    return "" if isinstance(fit, Rejected) else with_interval(fit.fraction)


def _of(fit: Scalability | Rejected, which: Callable[[Scalability], Estimate]) -> str:
    return "" if isinstance(fit, Rejected) else _bounded(which(fit))


def _bounded(estimate: Estimate) -> str:
    """`12.0 (9.50 to no peak)`, where more workers always gain."""
    ends = (estimate.low, estimate.high)
    if all(map(math.isfinite, (estimate.value, *ends))) or any(map(math.isnan, ends)):
        return with_interval(estimate)
    value, low, high = (
        significant(each) if math.isfinite(each) else "no peak" for each in (estimate.value, *ends)
    )
    return value if low == high else f"{value} ({low} to {high})"


def _off(fit: Serial | Scalability | Rejected) -> str:
    return "" if isinstance(fit, Rejected) else f"{significant(100.0 * fit.off, 2)}%"


TOPIC = Topic(order=70, section=section, tables=tables)
