"""A comparison of two builds for a terminal, for a CI's summary (Markdown) and tests (JUnit)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from parzen_study.gate.two_builds import Outcome, Unit
from parzen_study.gate.verdict import Judgement, Verdict

Moved = Mapping[str, Sequence[tuple[str, float]]]  # by unit: its cases that moved most

_HEAD = ("unit", "cases", "stage", "blocks", "NEW/OLD", "interval", "outcome")
_WIDTHS = (19, 5, 5, 6, 7, 14)  # with two blanks in between, and the outcome: 80 columns
_ORDER = {outcome: rank for rank, outcome in enumerate(Outcome)}


def sorted_units(units: Sequence[Unit]) -> list[Unit]:
    """Worst first, and by ratio."""
    return sorted(units, key=lambda unit: (_ORDER[unit.outcome], -unit.ratio))


def table(units: Sequence[Unit], moved: Moved) -> str:
    lines = [_line(_HEAD)]
    for unit in sorted_units(units):
        lines.append(_line(_cells(unit)))
        for case, ratio in moved.get(unit.name, ()):
            lines.append(f"    {ratio:.3f}  {case if len(case) <= 68 else case[:65] + '...'}")
    return "\n".join(lines)


def markdown(title: str, units: Sequence[Unit], judgement: Judgement, about: str = "") -> str:
    """`about` says what was compared, in a line below the table; empty for nothing."""
    rows = [_HEAD, tuple("---" for _ in _HEAD), *(_cells(unit) for unit in sorted_units(units))]
    lines = [f"| {' | '.join(row)} |" for row in rows] if units else []
    said = [about, ""] if about else []
    return "\n".join([f"### {title}", "", *lines, "", *said, f"**{judgement.line}**", ""])


def junit(units: Sequence[Unit], judgement: Judgement) -> bytes:
    """A test case a unit: it fails if it has regressed, and is skipped if it is inconclusive. An
    invalid comparison is one error."""
    suite = ET.Element("testsuite", name="gate", tests=str(len(units) or 1))
    if judgement.verdict == Verdict.INVALID:
        ET.SubElement(_case(suite, "comparison"), "error", message=judgement.text)
    counts = dict.fromkeys(("failure", "skipped"), 0)
    for unit in sorted_units(units):
        case = _case(suite, unit.name)
        kind = {Outcome.REGRESSED: "failure", Outcome.INCONCLUSIVE: "skipped"}.get(unit.outcome)
        if kind:
            counts[kind] += 1
            ET.SubElement(case, kind, message=f"NEW/OLD {unit.ratio:.3f}, {_interval(unit)}")
    suite.set("failures", str(counts["failure"]))
    suite.set("skipped", str(counts["skipped"]))
    suite.set("errors", str(int(judgement.verdict == Verdict.INVALID)))
    return bytes(ET.tostring(suite, encoding="utf-8", xml_declaration=True))


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname="gate", name=name)


def _cells(unit: Unit) -> tuple[str, ...]:
    return (
        unit.name, str(unit.cases), str(unit.stage), str(unit.blocks), f"{unit.ratio:.3f}",
        _interval(unit), unit.outcome.value,
    )  # fmt: skip


def _interval(unit: Unit) -> str:
    return "{:.3f} to {:.3f}".format(*unit.interval) if unit.interval else "none"


def _line(cells: Sequence[str]) -> str:
    name, *rest, outcome = cells
    width, *widths = _WIDTHS
    name = name if len(name) <= width else f"{name[: width - 3]}..."
    middle = "  ".join(f"{cell:>{wide}}" for cell, wide in zip(rest, widths, strict=True))
    return f"{name:{width}}  {middle}  {outcome}"
