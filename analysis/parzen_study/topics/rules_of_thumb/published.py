"""Rules of thumb that others give, with their sources: the package carries a copy of
results/published/rules_of_thumb.json."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from parzen_study.common.errors import UnusableData
from parzen_study.common.shown import shown_json

FILE: Final = "data/rules_of_thumb.json"
CYCLES, SECONDS, TIMES = UNITS = ("cycles", "seconds", "times")
_MOST: Final = 300  # characters of a text
_LARGEST: Final = 1e15
_ID = re.compile(r"[a-z][a-z_]{0,63}")
_ADDRESS = re.compile(r"https://[a-z0-9.-]+/[A-Za-z0-9./_~%+-]*")


@dataclass(frozen=True)
class Source:
    title: str
    publisher: str
    version: str
    address: str


@dataclass(frozen=True)
class Rule:
    """`threshold` is the figure in it, of one of UNITS; NaN and empty where it has none. `read_as`
    is what it is taken to predict, `quote` the sentence that it comes from."""

    id: str
    text: str
    threshold: float
    unit: str
    read_as: str
    quote: str
    source: Source


@dataclass(frozen=True)
class Rules:
    """`fastest_clock` in MHz, of the CPU named: no other that is sold has a higher one."""

    rules: tuple[Rule, ...]
    fastest_clock: float
    fastest_cpu: str


@cache
def rules_of_thumb() -> Rules:
    """Those of the package; raises UnusableData for a file that is not of the form."""
    return read(files("parzen_study").joinpath(FILE).read_bytes())


def read(content: bytes) -> Rules:
    """The rules in a file's content; raises UnusableData, which names the item that is wrong."""
    try:
        document = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _rejection("the file", "is no JSON", str(error)) from None
    top = _mapping(document, "the file")
    clock = _mapping(top.get("fastest_clock"), "fastest_clock")
    rules = top.get("rules")
    if not isinstance(rules, list) or not rules:
        raise _rejection("rules", "must be a list of rules", shown_json(rules))
    found = tuple(_rule(each, f"rules[{number}]") for number, each in enumerate(rules))
    ids = [each.id for each in found]
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise _rejection("rules", "an id is listed twice", twice[0])
    return Rules(
        found,
        _positive(clock.get("mhz"), "fastest_clock.mhz"),
        _text(clock.get("of"), "fastest_clock.of"),
    )


def _rule(item: object, place: str) -> Rule:
    given = _mapping(item, place)
    source = _mapping(given.get("source"), f"{place}.source")
    threshold, unit = math.nan, ""
    if "threshold" in given:
        figure = _mapping(given["threshold"], f"{place}.threshold")
        threshold = _positive(figure.get("value"), f"{place}.threshold.value")
        unit = _text(figure.get("unit"), f"{place}.threshold.unit")
        if unit not in UNITS:
            what = f"must be one of {', '.join(UNITS)}"
            raise _rejection(f"{place}.threshold.unit", what, shown_json(unit))
    return Rule(
        _text(given.get("id"), f"{place}.id", _ID),
        _text(given.get("rule"), f"{place}.rule"),
        threshold,
        unit,
        _text(given.get("read_as"), f"{place}.read_as"),
        _text(given.get("quote"), f"{place}.quote"),
        Source(
            _text(source.get("title"), f"{place}.source.title"),
            _text(source.get("publisher"), f"{place}.source.publisher"),
            _text(source.get("version"), f"{place}.source.version"),
            _text(source.get("address"), f"{place}.source.address", _ADDRESS),
        ),
    )


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _rejection(place, "must be an object", shown_json(value))
    return value


def _text(value: object, place: str, form: re.Pattern[str] | None = None) -> str:
    """One line that a page may show."""
    if not (isinstance(value, str) and value.strip() == value and value.isprintable()):
        raise _rejection(place, "must be a line of text", shown_json(value))
    if not 0 < len(value) <= _MOST:
        raise _rejection(place, f"must have 1 to {_MOST} characters", shown_json(value))
    if form and not form.fullmatch(value):
        raise _rejection(place, f"must match {form.pattern}", shown_json(value))
    return value


def _positive(value: object, place: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0.0 < value <= _LARGEST:
        return float(value)
    raise _rejection(place, f"must be a number above 0, at most {_LARGEST:g}", shown_json(value))


def _rejection(place: str, what: str, found: str) -> UnusableData:
    return UnusableData(
        f"rules of thumb: {place} {what}",
        where=f"parzen_study/{FILE}",
        found=found,
        next_step="correct results/published/rules_of_thumb.json, and copy it there",
    )
