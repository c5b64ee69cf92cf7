"""The densities and the bars of the article's charts, as figures."""

from __future__ import annotations

import dataclasses

import pandas as pd

from parzen_study.page.columns import columns
from parzen_study.run.run import Run
from parzen_study.study import Study
from parzen_study.topics.article.densities import densities
from parzen_study.topics.article.figure import ArticleChart, article_charts


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of figures, by name."""
    return {"densities": density_rows(study.run), "article": bars(article_charts(study))}


def density_rows(run: Run) -> pd.DataFrame:
    """A row per width."""
    rows = pd.DataFrame([dataclasses.asdict(row) for row in densities(run)])
    return rows.astype({"count": "Int64"})


def bars(charts: list[ArticleChart]) -> pd.DataFrame:
    """The bars of every article chart, next to 2014."""
    return pd.DataFrame(
        [
            {
                "backend": chart.backend,
                "n": chart.n,
                "problem": chart.label,
                "start": chart.start,
                "label": bar.label,
                **columns("time_s", bar.time),
                "cpu_time_s": bar.cpu_time,
                **columns("speed_of_serial", bar.speed),
                "speed_of_serial_2014": bar.published,
            }
            for chart in charts
            for bar in chart.bars
        ]
    )
