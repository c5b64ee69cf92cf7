"""The article, regenerated: its chart, its densities and its system table, compared with 2014."""

from __future__ import annotations

from functools import partial

from parzen_study.common.wording import percent, significant
from parzen_study.page.blocks import (
    Block,
    Details,
    Drawing,
    Gallery,
    Paragraph,
    Section,
    Table,
)
from parzen_study.page.peers import peers
from parzen_study.page.style import WIDE
from parzen_study.run import published, sysinfo
from parzen_study.run.enough_rounds import MINIMUM_ROUNDS
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.study import Study
from parzen_study.topics.article import cube_figure as cube
from parzen_study.topics.article import figure as article_chart
from parzen_study.topics.article.densities import DensityRow, best_width, densities, erratum
from parzen_study.topics.article.figure import ArticleChart, article_charts
from parzen_study.topics.article.table import tables
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section:
    """Always there."""
    rows = densities(study.run)
    machine = published.article()["speedup_chart"]["machine"]
    blocks: list[Block] = [
        Paragraph(
            "The article's chart, one panel per backend: speed relative to serial by number of "
            "workers. Workers are created in every call where the backend can do so. Lines on bars "
            f"are 95% CIs. Diamonds are the speeds published in 2014 for a {machine}."
        ),
        *_charts(study),
        Paragraph(
            peers(
                study.run,
                published.FAMILY,
                "Their panels show the article's own function, compared with its own serial time.",
            )
        ),
        Details(
            "The twelve densities, and the article's error",
            (
                *(Paragraph(text) for text in (erratum(), best_width(rows)) if text),
                _densities(rows),
                Gallery((_cube(),)),
            ),
        ),
        _system(study),
    ]
    return Section("article", "The article, compared with 2014", tuple(blocks))


def _charts(study: Study) -> list[Block]:
    charts = article_charts(study)
    if not (charts and study.estimates.has_intervals):
        return [
            Paragraph(
                f"No chart: a figure needs 95% CIs, and these need {MINIMUM_ROUNDS} rounds. "
                "Rejected cases are excluded."
            )
        ]
    data = article_chart.ArticleFigure(tuple(charts))
    drawing = Drawing(
        article_chart.NAME,
        "Serial and each backend, as in the article. Left: number of workers. Right: speed "
        "relative to serial.",
        data.description,
        partial(article_chart.draw, data),
        partial(article_chart.draw, data, WIDE),
    )
    return [Gallery((drawing,)), _speeds(charts)]


def _speeds(charts: list[ArticleChart]) -> Table:
    return Table(
        title="Times, and speeds relative to serial",
        head=("backend", "problem", "workers", "time", "speed", "speed in 2014"),
        rows=tuple(
            (
                chart.backend,
                chart.heading,
                bar.label,
                time_with_interval(bar.time),
                with_interval(bar.speed.scaled(100.0), unit="%"),
                percent(bar.published) if bar.published else "",
            )
            for chart in charts
            for bar in chart.bars
        ),
    )


def _cube() -> Drawing:
    caption = (
        "The article's example in three dimensions. A sample counts if it is within half a width "
        "of the query in every direction."
    )
    return Drawing(cube.NAME, caption, cube.DESCRIPTION, cube.draw)


def _densities(rows: list[DensityRow]) -> Table:
    unknown = "unknown"
    return Table(
        title="Twelve widths, counted here and in 2014",
        head=(
            *("h", "count", "count, article", "as published, k/n/h"),
            *("volume, k/n/h\N{SUPERSCRIPT TWO}", "true density", "RMSE"),
        ),
        rows=tuple(
            (
                str(row.h),
                unknown if row.count is None else str(row.count),
                str(row.count_published),
                unknown if row.as_published is None else f"{row.as_published:.12g}",
                unknown if row.volume is None else f"{row.volume:.6g}",
                str(row.true),
                significant(row.error, 2),
            )
            for row in rows
        ),
    )


def _system(study: Study) -> Table:
    rows = sysinfo.article_rows(study.run, published.sysinfo())
    return Table(
        title="The article's system table",
        head=("item", "2014", "here"),
        rows=tuple((row.label, row.article, row.here) for row in rows),
        words=True,
    )


TOPIC = Topic(order=20, section=section, tables=tables)
