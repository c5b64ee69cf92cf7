"""The page as JSON, for programs."""

from __future__ import annotations

import dataclasses
import json
import numbers
from collections.abc import Mapping
from typing import Any

import pandas as pd

from parzen_study.page.blocks import Block, Details, Page
from parzen_study.page.columns import DIGITS

FORMAT = "parzen-study report"
VERSION = 3


def data(page: Page, frames: Mapping[str, pd.DataFrame]) -> str:
    """The page's texts and tables as they are read, and under `data` the tables of figures, a
    record per row, as tables/*.csv have them."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "title": page.title,
        "subtitle": page.subtitle,
        "rejections": [dataclasses.asdict(each) for each in page.rejections],
        "warnings": [dataclasses.asdict(each) for each in page.warnings],
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "blocks": [_block(block) for block in section.blocks],
            }
            for section in page.sections
        ],
        "data": {
            name: [
                {column: _plain(value) for column, value in row.items()}
                for row in frame.astype(object).to_dict(orient="records")
            ]
            for name, frame in frames.items()
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """A cell; what is missing is null, and a figure has the digits of tables/*.csv."""
    if pd.isna(value):
        return None
    if isinstance(value, numbers.Integral):
        return bool(value) if isinstance(value, bool) else int(value)
    return float(f"{value:.{DIGITS}g}") if isinstance(value, numbers.Real) else value


def _block(block: Block) -> dict[str, Any]:
    """With its kind; of Details those that it holds likewise."""
    found = {"kind": type(block).__name__.lower(), **_as_data(block)}
    if isinstance(block, Details):
        found["blocks"] = [_block(each) for each in block.blocks]
    return found


def _as_data(block: Any) -> dict[str, Any]:
    """The fields of a block; of a figure all but how it is drawn."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(block):
        value = getattr(block, field.name)
        if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            value = [_as_data(each) for each in value]
        if field.name not in {"draw", "wide"}:
            found[field.name] = value
    return found
