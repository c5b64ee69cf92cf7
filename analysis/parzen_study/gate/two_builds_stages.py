"""Both stages of a comparison of two builds: the second measures the units that the first flags.

The runner uses it while it measures, the self-test with stored comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from parzen_study.gate.two_builds import (
    Unit,
    failed_controls,
    flagged,
    judged,
    verdict_of,
    worst_cases,
)
from parzen_study.gate.two_builds_values import Block
from parzen_study.gate.verdict import Judgement

MOVED = 3  # cases listed of a unit


@dataclass
class Stages:
    """The units judged so far. `cases` are those of the units to measure next, `layout` the effect
    of code layout by unit."""

    units: dict[str, Unit] = field(default_factory=dict)
    cases: dict[str, list[str]] = field(default_factory=dict)  # by unit
    moved: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    errors: dict[str, Mapping[str, str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)  # controls
    lost: list[str] = field(default_factory=list)  # units all of whose cases have errors
    layout: Mapping[str, float] = field(default_factory=dict)

    def take(
        self, blocks: Sequence[Block], errors: Mapping[str, Mapping[str, str]], stage: int
    ) -> None:
        """Judges what the stage measured, also where it was stopped. `errors` are messages by case
        and name of the build."""
        self.errors |= errors
        cases = {
            unit: [case for case in own if case not in self.errors]
            for unit, own in self.cases.items()
        }
        self.lost += [unit for unit, own in cases.items() if not own]
        cases = {unit: own for unit, own in cases.items() if own}
        found = judged(blocks, cases, stage, self.layout)
        self.units |= {unit.name: unit for unit in found}
        self.failed += failed_controls(blocks, cases)
        for unit in found:
            self.moved.pop(unit.name, None)
            if unit.differs or unit.may_be_too_slow:
                self.moved[unit.name] = worst_cases(blocks, cases[unit.name], MOVED)
        if stage == 1:
            again = flagged(found)
            self.units |= {unit.name: unit for unit in again}
            self.cases = {unit.name: cases[unit.name] for unit in again}

    def judgement(self, missing: Sequence[str] = ()) -> Judgement:
        """The verdict so far; `missing` are units of which the builds have no case in common."""
        broken = [name for name, messages in self.errors.items() if set(messages) == {"NEW"}]
        units = list(self.units.values())
        return verdict_of(units, broken, [*missing, *self.lost], self.failed)
