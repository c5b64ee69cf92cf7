"""The report of a run: report.html (one file, nothing outside it), the same as report.md and
report.json, figures/ and tables/."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from parzen_study import sections, side_by_side, tables
from parzen_study.figures import style
from parzen_study.output import staged
from parzen_study.page import Drawing, Page
from parzen_study.study import Study

FORMAT = "parzen-study report"
VERSION = 1
_SIDE_BY_SIDE = "side_by_side"


def write_report(study: Study, folder: Path) -> None:
    """Write the report in all its forms into the run's folder, all or none.

    The same run gives the same bytes: nothing here reads a clock, an environment or a path.
    """
    with staged(folder) as staging:
        _write(sections.page(study), tables.tables(study), staging)


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
    drawn = {each.name: _drawn(each, folder / "figures") for each in page.drawings()}
    tables.write(folder / "tables", frames)
    for name, text in (
        ("report.html", _html(page, drawn)),
        ("report.md", _markdown(page)),
        ("report.json", _json(page, frames)),
    ):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _drawn(drawing: Drawing, folder: Path) -> Markup:
    svg = style.write(drawing.name, drawing.draw, folder)
    # Safe: matplotlib writes every text of the drawing as an outline.
    return Markup(style.inline_svg(drawing.name, svg))


def _html(page: Page, drawn: Mapping[str, Markup]) -> str:
    environment = _environment(autoescape=True)  # names, models and messages come from outside
    environment.filters |= {"unbroken": _unbroken, "code": _code}
    return environment.get_template("report.html").render(page=page, drawn=drawn)


def _markdown(page: Page) -> str:
    environment = _environment(autoescape=False)
    environment.filters |= {"plain": _plain, "cell": _cell}
    return environment.get_template("report.md").render(page=page)


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("parzen_study"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["kind"] = lambda block: type(block).__name__
    return environment


def _unbroken(text: str) -> Markup:
    """A cell's text, with no place for a line break but before an interval and behind an
    underscore."""
    joined = text.replace(" ", "\N{NO-BREAK SPACE}").replace("\N{NO-BREAK SPACE}(", " (")
    return escape(joined).replace("_", Markup("_<wbr>"))


def _code(text: str) -> Markup:
    """A text with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _plain(text: str) -> str:
    """A text that Markdown shows as it is, but for code: nothing from outside is a mark."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(
        part
        if part.startswith("`") and len(part) > 1
        else re.sub(r"([\\`*_\[\]<>#|&~])", r"\\\1", part)
        for part in parts
    )


def _cell(text: str) -> str:
    """The same within a table, where a line break or a bar would end the cell."""
    return _plain(text.replace("\n", " ").replace("`", "'"))


def _json(page: Page, frames: Mapping[str, pd.DataFrame]) -> str:
    """The page's texts and tables as they are read, and under `data` the tables of figures, a
    record a row, as tables/*.csv have them."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "title": page.title,
        "subtitle": page.subtitle,
        "refusals": [dataclasses.asdict(each) for each in page.refusals],
        "warnings": [dataclasses.asdict(each) for each in page.warnings],
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "blocks": [
                    {"kind": type(block).__name__.lower(), **_as_data(block)}
                    for block in section.blocks
                ],
            }
            for section in page.sections
        ],
        "data": {
            name: json.loads(frame.to_json(orient="records")) for name, frame in frames.items()
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _as_data(block: Any) -> dict[str, Any]:
    """The fields of a block; of a figure all but how it is drawn."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(block):
        value = getattr(block, field.name)
        if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            value = [_as_data(each) for each in value]
        if field.name != "draw":
            found[field.name] = value
    return found
