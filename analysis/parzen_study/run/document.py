"""Reading JSON, with errors that name the file and the place."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parzen_study.common.compressed import UnreadableContent, read_bounded
from parzen_study.common.errors import NoData, UnusableData
from parzen_study.common.limits import how_to_raise
from parzen_study.common.shown import shown_json, shown_name, with_escaped_text
from parzen_study.run.case import Case, parse_case

# Google Benchmark's BenchmarkUnit, in seconds.
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}

_SURROGATE = re.compile(r"\\u[dD]")


@dataclass(frozen=True)
class Reader:
    """The checks that every part of the document needs, each naming the file and the place."""

    path: Path
    _cases: dict[str, Case] = field(default_factory=dict, repr=False)

    def rejection(self, what: str, place: str, found: str, next_step: str = "") -> UnusableData:
        return UnusableData(
            what,
            where=f"{shown_name(self.path)}, {place}",
            found=found,
            next_step=next_step or "measure again with 'make bench'; do not edit run.json by hand",
        )

    def case(self, name: str, place: str) -> Case:
        if name not in self._cases:  # every round has the same names
            try:
                self._cases[name] = parse_case(name)
            except ValueError as error:
                raise self.rejection("a case has an invalid name", place, str(error)) from None
        return self._cases[name]


def read_document(path: Path) -> tuple[dict[str, Any], bytes]:
    """The document, and what was read."""
    place = shown_name(path)
    try:
        content = read_bounded(path)
        text = content.decode("utf-8")
        document = json.loads(text)
        # Half a surrogate pair can be written in JSON, as an escape, but is no text that anything
        # can show.
        if _SURROGATE.search(text):
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        if "\\" in text or not text.isascii():  # else nothing in it needs to be escaped
            document = with_escaped_text(document)  # whose text reaches terminals and pages
    except FileNotFoundError:
        raise NoData(
            "no run found", where=place, found="no such file",
            next_step="measure with 'make bench', or name a folder that holds a run.json",
        ) from None  # fmt: skip
    except OSError as error:
        raise NoData(
            "the run cannot be read", where=place, found=error.strerror or str(error),
            next_step=how_to_raise(error) or "make it a readable file, or name another folder",
        ) from None  # fmt: skip
    except UnreadableContent as error:
        raise UnusableData(
            "the file cannot be read as a run", where=place, found=str(error),
            next_step="measure again with 'make bench', or restore a complete copy",
        ) from None  # fmt: skip
    except UnicodeEncodeError as error:
        raise UnusableData(
            "the file holds text that is not valid Unicode", where=place,
            found=f"half a surrogate pair: {error.object[error.start]!a}",
            next_step="measure again with 'make bench'; do not edit run.json by hand",
        ) from None  # fmt: skip
    except (ValueError, RecursionError) as error:  # not UTF-8, truncated, not JSON
        raise UnusableData(
            "the file is truncated or not JSON", where=place, found=str(error),
            next_step="measure again with 'make bench', or restore a complete copy",
        ) from None  # fmt: skip
    if not isinstance(document, dict):
        raise UnusableData(
            "the file is JSON, but not a run", where=place, found=shown_json(document),
            next_step="name a folder whose run.json was written by 'make bench'",
        )  # fmt: skip
    return document, content


def as_float(value: object) -> float:
    """A JSON number as a float; NaN for anything else and for a number beyond all floats."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def split(text: object, separator: str) -> list[str]:
    """The parts of an item of a context that are not empty."""
    return [part.strip() for part in str(text).split(separator) if part.strip()]


def pairs(text: object) -> dict[str, str]:
    """`name: text; name: text`, the form of several items of a context; without a text it is
    empty."""
    parts = (part.partition(":") for part in split(text, ";"))
    return {name.strip(): said.strip() for name, _, said in parts}
