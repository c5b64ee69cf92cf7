"""The effect of code layout on times: measured by shuffled links, read by the gate.

The same object files linked in another order execute the same instructions at other addresses, with
other times (Mytkowicz et al., "Producing wrong data without doing anything obviously wrong", ASPLOS
2009). A smaller difference of a unit is not a slowdown.

    results/baselines/layout/<toolchain>/layout.json.xz

    {"format": "parzen-study layout", "version": 1, "when": "...", "revision": "...",
     "toolchain": {...}, "machine": {...}, "links": 12, "rounds": 20, "cases": [...],
     "exponents": [-6, ...],  of each case
     "times": [[1410, ...]]}  in units of that power of ten: of each round, the time in each link
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from statistics import fmean, median, variance
from typing import Any, Final

from parzen_study.common.errors import UnusableData
from parzen_study.common.regular_file import read_regular
from parzen_study.common.shown import shown, shown_name
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
from parzen_study.gate.two_builds import units_of
from parzen_study.gate.two_builds_values import weighted

FOLDER: Final = Path("results/baselines/layout")
FILE: Final = "layout.json.xz"
_FORMAT, _VERSION = "parzen-study layout", 1
_QUANTILE: Final = 1.96 * math.sqrt(2.0)  # of the difference of two, in standard deviations
_NAMED: Final = ("compiler", "libc")


@dataclass(frozen=True)
class Layout:
    """`seconds` by case: [round, link]."""

    when: str
    revision: str
    toolchain: Mapping[str, str]
    machine: Mapping[str, str]
    links: int
    rounds: int
    seconds: Mapping[str, Sequence[Sequence[float]]]


@dataclass(frozen=True)
class Effect:
    """Of layout on a unit: in 95% of all pairs of links the times differ by at most `share`.

    `error` is the standard error of a link's mean by noise, as a share.
    """

    share: float
    error: float


def toolchain_name(machine: Mapping[str, str]) -> str:
    """A name for a folder: the items that decide on layout."""
    words = " ".join(text_of(machine, item) for item in _NAMED)
    return re.sub(r"[^a-z0-9.]+", "-", words.lower()).strip("-.")


def packed(rounds: Sequence[Sequence[Mapping[str, float]]], context: Mapping[str, Any]) -> bytes:
    """The file of what was measured: of each round and link the seconds by case."""
    cases = sorted(rounds[0][0])
    columns = [packed_column([link[case] for one in rounds for link in one]) for case in cases]
    when = date_of(context)
    return packed_text(
        {
            "format": _FORMAT,
            "version": _VERSION,
            "when": when.astimezone(UTC).isoformat(timespec="seconds") if when else "unknown",
            "revision": text_of(context, "machine.revision"),
            "toolchain": {item: text_of(context, f"machine.{item}") for item in TOOLCHAIN},
            "machine": {item: text_of(context, f"machine.{item}") for item in MACHINE},
            "links": len(rounds[0]),
            "rounds": len(rounds),
            "cases": cases,
            "exponents": [exponent for exponent, _ in columns],
            "times": [times for _, times in columns],
        }
    )


def read(path: Path) -> Layout:
    """Raises UnusableData for a damaged file; OSError."""
    content = read_regular(path)
    try:
        found = json.loads(unpacked_text(content))
        if (found["format"], found["version"]) != (_FORMAT, _VERSION):
            raise ValueError("another format or version")
        links, rounds = int(found["links"]), int(found["rounds"])
        if not (2 <= links <= 1000 and 2 <= rounds <= 10_000):
            raise ValueError(f"{links} links, {rounds} rounds")
        seconds = {}
        for case, exponent, times in zip(
            found["cases"], found["exponents"], found["times"], strict=True
        ):
            all_times = seconds_of(exponent, times, links * rounds)
            seconds[str(case)] = [all_times[at : at + links] for at in range(0, len(times), links)]
        units_of(seconds)
        return Layout(
            seconds=seconds, links=links, rounds=rounds,
            when=str(found["when"]), revision=str(found["revision"]),
            toolchain={str(item): str(value) for item, value in found["toolchain"].items()},
            machine={str(item): str(value) for item, value in found["machine"].items()},
        )  # fmt: skip
    except NOT_READABLE as error:
        raise UnusableData(
            "damaged layout file", where=shown_name(path),
            found=f"{type(error).__name__}: {shown(str(error))}",
            next_step="restore it, or measure again: make gate-layout",
        ) from None  # fmt: skip


def layout_effects(toolchain: str, folder: Path = FOLDER) -> dict[str, float]:
    """The effect of layout by unit, as a share; empty where none is stored for the toolchain.

    Raises UnusableData.
    """
    try:
        layout = read(folder / toolchain / FILE)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UnusableData(
            "a measured layout cannot be read", where=shown_name(folder / toolchain / FILE),
            found=error.strerror or str(error), next_step="make it readable, or remove it",
        ) from None  # fmt: skip
    return {unit: effect.share for unit, effect in effects(layout).items()}


def effects(layout: Layout) -> dict[str, Effect]:
    """By unit.

    A link's effect is the mean over rounds of the distance of its log times from the round's median
    link. The variance by noise of these means is subtracted (one-way random effects).
    """
    found = {}
    for unit, cases in units_of(layout.seconds).items():
        off = {case: [_off(times) for times in layout.seconds[case]] for case in cases}
        by_link = [
            weighted([[one[link] for one in off[case]] for case in cases])
            for link in range(layout.links)
        ]
        means = [fmean(values) for values in by_link]
        noise = fmean(variance(values) / len(values) for values in by_link)
        own = max(0.0, variance(means) - noise)
        found[unit] = Effect(math.expm1(_QUANTILE * math.sqrt(own)), math.expm1(math.sqrt(noise)))
    return found


def _off(times: Sequence[float]) -> list[float]:
    logs = [math.log(each) for each in times]
    center = median(logs)
    return [each - center for each in logs]
