"""The report of a run: report.html (one file, nothing outside it), the same as report.md and
report.json, figures/ and tables/; and advice.json, the model that `advise` loads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from parzen_study.common.output import staged
from parzen_study.page import style
from parzen_study.page.blocks import Page
from parzen_study.report import side_by_side, tables
from parzen_study.report.data import data
from parzen_study.report.html import html
from parzen_study.report.markdown import markdown
from parzen_study.report.page import page
from parzen_study.study import Study
from parzen_study.topics.advice import stored

_SIDE_BY_SIDE = "side_by_side"


def write_report(study: Study, folder: Path) -> None:
    """Write the report in all its forms into the run's folder, all or none.

    The same run gives the same bytes: nothing here reads a clock, an environment or a path.
    """
    with staged(folder) as staging:
        _write(page(study), tables.tables(study), staging)
        text = stored.as_text(study.advice)
        (staging / stored.NAME).write_text(text, encoding="utf-8", newline="\n")


def write_side_by_side(one: Study, other: Study, folder: Path) -> Path:
    """Write the report of two runs, in the same forms, into a folder of its own in the folder of
    the first; returns that folder."""
    with staged(folder) as staging:
        place = staging / _SIDE_BY_SIDE
        place.mkdir()
        _write(side_by_side.page(one, other), {"times": side_by_side.times(one, other)}, place)
    return folder / _SIDE_BY_SIDE


def _write(page: Page, frames: Mapping[str, pd.DataFrame], folder: Path) -> None:
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    svgs = {
        name: style.write(name, draw, folder / "figures")
        for each in page.drawings()
        for name, draw in each.forms.items()
    }
    tables.write(folder / "tables", frames)
    for name, text in (
        ("report.html", html(page, svgs)),
        ("report.md", markdown(page)),
        ("report.json", data(page, frames)),
    ):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
