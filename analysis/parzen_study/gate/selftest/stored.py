"""Stored comparisons of a build with itself: one file each, results/baselines/selftest/*.json.xz.

A file holds what the judge of `make gate` needs to judge again: of both stages the order of each
block, and of each of its four processes the seconds of every case, with four significant digits. Of
the machine it holds what tells one from another, and no name of it.

    {"format": "parzen-study selftest", "version": 1,
     "planted": "none",               or what NEW was slowed by, in percent: "tbb:5", "all:5"
     "when": "2026-11-29T06:17:44+00:00", "seed": 5, "profile": "quick", "filter": "...",
     "revision": "5587304...", "revision_dirty": "no", "toolchain": {...}, "machine": {...},
     "load": "0.30",                  of the minute before the first process
     "verdict": "pass",               of the gate that measured it
     "errors": {case: ["OLD"]},       the builds in which a case had an error; it has no times then
     "cases": [...],
     "stages": [{"orders": "AB...",   of each block what ran first: A of ABBA, B of BAAB
                 "elapsed": 326.0,    seconds of all blocks; null if not known
                 "cases": [0, ...],   positions in "cases"
                 "exponents": [-6, ...],    of each of these
                 "times": [[1410, ...]]}]}  the times in units of that power of ten, four a block

Needs the standard library alone, since the runner writes these files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.common.limits import how_to_raise
from parzen_study.common.regular_file import read_regular
from parzen_study.common.shown import shown, shown_name
from parzen_study.gate.layout.effects import layout_effects, toolchain_name
from parzen_study.gate.layout.packed import (
    MACHINE,
    NOT_READABLE,
    TOOLCHAIN,
    date_of,
    packed_column,
    packed_text,
    seconds_of,
    text_of,
    unpacked_text,
)

FOLDER: Final = Path("results/baselines/selftest")
SUFFIX: Final = ".json.xz"
NOTHING_PLANTED: Final = "none"
FORMAT, VERSION = "parzen-study selftest", 1
ORDERS: Final = {"A": "ABBA", "B": "BAAB"}
_NEXT: Final = "remove it, or restore it from the repository"


@dataclass(frozen=True)
class Stage:
    """Blocks as they were measured: `seconds` by case holds four a block, in their order."""

    orders: Sequence[str]
    elapsed: float | None
    seconds: Mapping[str, Sequence[float]]

    def blocks(self) -> list[dict[str, Any]]:
        """As runner.pairs.blocks has them, which is what the judge reads."""
        return [
            {
                "order": order,
                "letters": [
                    {
                        "build": build,
                        "seconds": {
                            case: times[4 * block + position]
                            for case, times in self.seconds.items()
                        },
                        "errors": {},
                    }
                    for position, build in enumerate(order)
                ],
            }
            for block, order in enumerate(self.orders)
        ]


@dataclass(frozen=True)
class Stored:
    """A comparison; its fields are those of the file, and `layout` what layout alone does to its
    units."""

    name: str
    planted: str
    when: datetime
    seed: int
    profile: str
    filter: str
    revision: str
    toolchain: Mapping[str, str]
    machine: Mapping[str, str]
    load: str
    verdict: str
    errors: Mapping[str, Sequence[str]]
    stages: Sequence[Stage]
    layout: Mapping[str, float] = field(default_factory=dict)


def packed(
    stages: Sequence[Mapping[str, Any]], planted: str, verdict: str, when: datetime
) -> bytes:
    """The file of a comparison, from the paired.json of its stages.

    `when` is for programs that did not say when they ran.
    """
    first = stages[0]
    contexts = [letter["context"] for letter in first["blocks"][0]["letters"]]
    context = contexts[0]
    errors: dict[str, set[str]] = {}
    for letter in (each for one in stages for block in one["blocks"] for each in block["letters"]):
        for case in letter["errors"]:
            errors.setdefault(case, set()).add({"A": "OLD", "B": "NEW"}[letter["build"]])
    cases = sorted(first["blocks"][0]["letters"][0]["seconds"].keys() | errors.keys())
    document = {
        "format": FORMAT,
        "version": VERSION,
        "planted": planted,
        "when": (date_of(context) or when).astimezone(UTC).isoformat(timespec="seconds"),
        "seed": first["seed"],
        "profile": first["profile"],
        "filter": first["filter"],
        "revision": text_of(context, "machine.revision"),
        "revision_dirty": text_of(context, "machine.revision_dirty"),
        "toolchain": {item: text_of(context, f"machine.{item}") for item in TOOLCHAIN},
        "machine": {item: text_of(context, f"machine.{item}") for item in MACHINE},
        "load": text_of(context, "state.load_1m"),
        "verdict": verdict,
        "errors": {case: sorted(builds) for case, builds in sorted(errors.items())},
        "cases": cases,
        "stages": [_packed_stage(stage["blocks"], cases, errors) for stage in stages],
    }
    return packed_text(document)


def file_name(content: bytes) -> str:
    """Of a packed comparison: the date and time of its first process."""
    when = unpacked(content, "a comparison").when
    return f"{when:%Y-%m-%dT%H%M%SZ}{SUFFIX}"


def unpacked(content: bytes, name: str) -> Stored:
    """Raises UnusableData for what is not such a file."""
    try:
        return _read(json.loads(unpacked_text(content)), name)
    except NOT_READABLE as error:
        raise UnusableData(
            "a file is not a stored comparison of the gate with itself", where=shown_name(name),
            found=f"{type(error).__name__}: {shown(str(error))}", next_step=_NEXT,
        ) from None  # fmt: skip


def read_all(folder: Path) -> list[Stored]:
    """Every comparison of a folder, by date. Raises NoData where there is none, UnusableData for a
    file that is not one."""
    remedy = "measure one: make gate-selftest ADD=1"
    try:
        files = sorted(file for file in folder.iterdir() if file.name.endswith(SUFFIX))
        found = [unpacked(read_regular(file), str(file)) for file in files]
    except FileNotFoundError:
        found = []
    except OSError as error:
        raise NoData(
            "stored comparisons cannot be read", where=shown_name(folder),
            found=error.strerror or str(error), next_step=how_to_raise(error) or _NEXT,
        ) from None  # fmt: skip
    if not found:
        raise NoData(
            "there is no stored comparison", where=shown_name(folder), found="none",
            next_step=remedy,
        )  # fmt: skip
    layouts = {name: layout_effects(name) for name in map(_toolchain, found)}
    found = [replace(each, layout=layouts[_toolchain(each)]) for each in found]
    return sorted(found, key=lambda each: each.when)


def _toolchain(stored: Stored) -> str:
    return toolchain_name(stored.toolchain)


def _packed_stage(
    blocks: Sequence[Mapping[str, Any]], cases: Sequence[str], errors: Mapping[str, object]
) -> dict[str, Any]:
    letters = [letter for block in blocks for letter in block["letters"]]
    chosen = [
        (place, case)
        for place, case in enumerate(cases)
        if case in letters[0]["seconds"] and case not in errors
    ]
    columns = [packed_column([each["seconds"][case] for each in letters]) for _, case in chosen]
    first, last = date_of(letters[0]["context"]), date_of(letters[-1]["context"])
    elapsed = None
    if first and last:  # the dates are of when processes began
        elapsed = round((last - first) / timedelta(seconds=1) * len(letters) / (len(letters) - 1))
    return {
        "orders": "".join(block["order"][0] for block in blocks),
        "elapsed": elapsed,
        "cases": [place for place, _ in chosen],
        "exponents": [exponent for exponent, _ in columns],
        "times": [times for _, times in columns],
    }


def _read(document: Any, name: str) -> Stored:
    if (document["format"], document["version"]) != (FORMAT, VERSION):
        raise ValueError("another format or version")
    cases = [str(case) for case in document["cases"]]
    when = datetime.fromisoformat(document["when"])
    if not when.tzinfo:
        raise ValueError("a date without a time zone")
    stages = [_stage(stage, cases) for stage in document["stages"]]
    if not 1 <= len(stages) <= 2:
        raise ValueError(f"{len(stages)} stages")
    return Stored(
        name=name,
        when=when.astimezone(UTC),
        seed=int(document["seed"]),
        errors={str(case): list(builds) for case, builds in document["errors"].items()},
        toolchain={str(item): str(value) for item, value in document["toolchain"].items()},
        machine={str(item): str(value) for item, value in document["machine"].items()},
        stages=stages,
        planted=str(document["planted"]),
        profile=str(document["profile"]),
        filter=str(document["filter"]),
        revision=str(document["revision"]),
        load=str(document["load"]),
        verdict=str(document["verdict"]),
    )


def _stage(stage: Mapping[str, Any], cases: Sequence[str]) -> Stage:
    orders = [ORDERS[first] for first in stage["orders"]]
    if not orders:
        raise ValueError("a stage without blocks")
    seconds = {}
    for place, exponent, times in zip(
        stage["cases"], stage["exponents"], stage["times"], strict=True
    ):
        seconds[cases[place]] = seconds_of(exponent, times, 4 * len(orders))
    elapsed = stage["elapsed"]
    return Stage(orders, None if elapsed is None else float(elapsed), seconds)
