"""The article, regenerated: its chart, its densities and its system table, compared with 2014."""

from __future__ import annotations

from functools import partial

from parzen_study.common.wording import significant
from parzen_study.page.blocks import Block, Drawing, Gallery, Heading, Paragraph, Section, Table
from parzen_study.page.peers import peers
from parzen_study.run import published, sysinfo
from parzen_study.run.enough_rounds import MINIMUM_ROUNDS
from parzen_study.study import Study
from parzen_study.topics.article import cube_figure as cube
from parzen_study.topics.article import figure as article_chart
from parzen_study.topics.article.densities import DensityRow, best_width, densities, erratum
from parzen_study.topics.article.figure import article_charts
from parzen_study.topics.article.table import tables
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section:
    """Always there."""
    rows = densities(study.run)
    machine = published.article()["speedup_chart"]["machine"]
    blocks: list[Block] = [
        Paragraph(
            "Bars are times on this machine, workers created in every call where the backend can "
            "do so; right of each stands the speed relative to serial with its interval. A diamond "
            "stands where a bar would end at the speed that the article published for its machine "
            f"({machine})."
        ),
        _charts(study),
        Paragraph(
            peers(
                study.run,
                published.FAMILY,
                "Their charts are of the article's own function, compared with serial of the same.",
            )
        ),
        Heading("The twelve densities"),
        Paragraph(erratum()),
        Paragraph(best_width(rows)),
        _densities(rows),
        Gallery((_cube(),)),
        _system(study),
    ]
    return Section("article", "The article, compared with 2014", tuple(blocks))


def _charts(study: Study) -> Block:
    # A figure without intervals is not drawn.
    charts = article_charts(study)
    if not (charts and study.estimates.has_intervals):
        return Paragraph(
            "No chart: a figure without an interval is not drawn, an interval takes "
            f"{MINIMUM_ROUNDS} rounds, and what was rejected is drawn nowhere."
        )
    return Gallery(
        tuple(
            Drawing(
                chart.name,
                f"{chart.title}: {chart.counted}, {chart.label}"
                + (f", start {chart.start}" if chart.start else ""),
                chart.description,
                partial(article_chart.draw, chart),
            )
            for chart in charts
        )
    )


def _cube() -> Drawing:
    caption = (
        "The article's example in three dimensions: a sample counts when it lies within half a "
        "width of the query in every direction."
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
