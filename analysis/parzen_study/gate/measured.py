"""Reads a finished `make gate`: the paired differences of each unit.

results/gate/stage1/paired.json    all times by block, as runner.pairs writes them
results/gate/stage2/paired.json    where stage 1 flagged units
results/gate/verdict.json
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.common.regular_file import read_regular
from parzen_study.gate.two_builds import Outcome, Unit, units_of
from parzen_study.gate.two_builds_text import sorted_units
from parzen_study.gate.two_builds_values import unit_values
from parzen_study.gate.verdict import FILE as VERDICT
from parzen_study.gate.verdict import Verdict
from parzen_study.run.schema import problem_of

_PAIRED: Final = "paired.json"
_NAMES: Final = {"A": "OLD", "B": "NEW"}
_AGAIN: Final = "compare again: make gate"
_NUMBER: Final = {"type": "number", "minimum": 1e-12}
_LETTER: Final = {
    "type": "object",
    "required": ["build", "context", "seconds", "errors"],
    "properties": {
        "build": {"enum": ["A", "B"]},
        "context": {"type": "object"},
        "seconds": {"type": "object", "additionalProperties": _NUMBER},
        "errors": {"type": "object"},
    },
}
_STAGE: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["format", "version", "blocks"],
    "properties": {
        "format": {"const": "parzen-study paired"},
        "version": {"const": 1},
        "blocks": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["order", "letters"],
                "properties": {
                    "order": {"enum": ["ABBA", "BAAB"]},
                    "letters": {"type": "array", "items": _LETTER, "minItems": 4, "maxItems": 4},
                },
            },
        },
    },
}
_UNIT: Final = {
    "type": "object",
    "required": ["name", "cases", "stage", "blocks", "ratio", "interval", "outcome"],
    "properties": {
        "name": {"type": "string"},
        "cases": {"type": "integer", "minimum": 1},
        "stage": {"enum": [1, 2]},
        "blocks": {"type": "integer", "minimum": 1},
        "ratio": {"type": "number", "minimum": 1e-9},
        "outcome": {"enum": [each.value for each in Outcome]},
    },
}
_INTERVAL: Final = {
    "type": "array",
    "items": {"type": "number", "minimum": 1e-9},
    "minItems": 2,
    "maxItems": 2,
}
_JUDGED: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["format", "verdict", "reason", "units"],
    "properties": {
        "format": {"const": "parzen-study verdict"},
        "verdict": {"enum": [each.word for each in Verdict]},
        "reason": {"type": "string"},
        "units": {"type": "array", "items": _UNIT},
    },
}


@dataclass(frozen=True)
class Differences:
    """A judged unit, and NEW over OLD of each block of each stage."""

    unit: Unit
    ratios: Mapping[int, Sequence[float]]  # by stage


@dataclass(frozen=True)
class Measured:
    """`revisions` are those of OLD and NEW; `units` are worst first."""

    verdict: str
    reason: str
    cpu_model: str
    when: str
    revisions: tuple[str, str]
    units: Sequence[Differences]


def read(folder: Path) -> Measured:
    """Raises NoData where no comparison was finished there, UnusableData for damaged files."""
    judged = _document(folder / VERDICT, _JUDGED)
    stages = {1: _document(folder / "stage1" / _PAIRED, _STAGE)["blocks"]}
    if any(unit["stage"] == 2 for unit in judged["units"]):
        stages[2] = _document(folder / "stage2" / _PAIRED, _STAGE)["blocks"]
    units = [_unit(unit) for unit in judged["units"]]
    ratios = {stage: _ratios(blocks) for stage, blocks in stages.items()}
    contexts = {each["build"]: each["context"] for each in stages[1][0]["letters"]}
    return Measured(
        verdict=judged["verdict"],
        reason=judged["reason"],
        cpu_model=str(contexts["A"].get("machine.cpu_model", "unknown CPU")),
        when=str(contexts["A"].get("date", "unknown"))[:10],
        revisions=(_revision(contexts["A"]), _revision(contexts["B"])),
        units=[
            Differences(
                unit,
                {stage: found[unit.name] for stage, found in ratios.items() if unit.name in found},
            )
            for unit in sorted_units(units)
        ],
    )


def _unit(unit: Mapping[str, Any]) -> Unit:
    low_and_high = unit["interval"]
    interval = (low_and_high[0], low_and_high[1]) if low_and_high else None
    return Unit(**{**unit, "interval": interval, "outcome": Outcome(unit["outcome"])})


def _ratios(blocks: Sequence[Any]) -> dict[str, list[float]]:
    times = [letter["seconds"] for block in blocks for letter in block["letters"]]
    everywhere = sorted(set(times[0]).intersection(*times[1:]))
    return {
        unit: [math.exp(each) for each in unit_values(blocks, cases)]
        for unit, cases in units_of(everywhere).items()
    }


def _revision(context: Mapping[str, Any]) -> str:
    dirty = context.get("machine.revision_dirty") == "yes"
    return f"{context.get('machine.revision', 'unknown')}{', changed since' if dirty else ''}"


def _document(path: Path, schema: Mapping[str, Any]) -> Any:
    try:
        document = json.loads(read_regular(path))
        problem = str(problem_of(schema, document) or _inner_problem(document) or "")
    except OSError as error:
        raise NoData(
            "no comparison of two builds found", where=str(path),
            found=error.strerror or str(error), next_step=_AGAIN,
        ) from None  # fmt: skip
    except (ValueError, RecursionError) as error:
        problem = str(error)
    if problem:
        raise UnusableData(
            "damaged comparison of two builds", where=str(path), found=problem,
            next_step=_AGAIN,
        )  # fmt: skip
    return document


def _inner_problem(document: Mapping[str, Any]) -> object:
    """Rules that a schema cannot express."""
    for block in document.get("blocks", ()):
        builds = "".join(letter["build"] for letter in block["letters"])
        if builds != block["order"]:
            return f"a block of order {block['order']} has processes in order {builds}"
    intervals = (unit["interval"] for unit in document.get("units", ()))
    problems = (problem_of(_INTERVAL, each) for each in intervals if each is not None)
    return next(filter(None, problems), None)
