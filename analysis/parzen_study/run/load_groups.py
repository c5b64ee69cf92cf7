"""The groups of run.json: which cases a round ran that did not run all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parzen_study.common.shown import shown_json
from parzen_study.run.case import Case
from parzen_study.run.document import Reader


def groups_of_cases(
    read: Reader, document: Mapping[str, Any], cases: Mapping[str, Case]
) -> dict[str, list[str]]:
    """The cases of each group, of a run whose rounds ran groups; else empty."""
    groups: dict[str, list[str]] = {}
    grouped: set[str] = set()
    for group, names in document.get("groups", {}).items():
        place = f"groups, {shown_json(group)}"
        groups[group] = [read.case(name, place).name for name in names]
        for name in groups[group]:
            if name not in cases or name in grouped:
                what = "a case is in two groups" if name in grouped else "a case was not planned"
                raise read.rejection(what, place, name)
            grouped.add(name)
    if groups and len(grouped) < len(cases):
        missing = next(name for name in cases if name not in grouped)
        raise read.rejection("a case is in no group", "groups", missing)
    return groups


def cases_of_round(
    read: Reader, one_round: Mapping[str, Any], cases: Mapping[str, Case],
    groups: Mapping[str, list[str]], place: str,
) -> Mapping[str, Case]:  # fmt: skip
    """What a round ran: the cases of the groups that it names, or all where it names none."""
    if "groups" not in one_round:
        return cases
    own: dict[str, Case] = {}
    for group in one_round["groups"]:
        if group not in groups:
            raise read.rejection(
                "a round names a group that the run has not", place, shown_json(group)
            )
        own |= {name: cases[name] for name in groups[group]}
    if not own:
        raise read.rejection("a round ran no case", place, shown_json(one_round["groups"]))
    return own
