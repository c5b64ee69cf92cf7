"""Stored comparisons, judged again by the present judge of `make gate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parzen_study.gate.selftest.stored import Stored
from parzen_study.gate.two_builds import Outcome, Unit, units_of
from parzen_study.gate.two_builds_stages import Stages
from parzen_study.gate.verdict import Judgement


@dataclass(frozen=True)
class Replayed:
    """What the judge says of a comparison now.

    `unmeasured` are units that it would have had measured by stage 2 and that were not, since
    another judge measured: they stay inconclusive.
    """

    stored: Stored
    judgement: Judgement
    units: Sequence[Unit]
    unmeasured: Sequence[str]

    @property
    def alarms(self) -> list[str]:
        """The units that are called slower."""
        return [unit.name for unit in self.units if unit.outcome == Outcome.REGRESSED]


def replayed(stored: Stored) -> Replayed:
    """Judges both stages again."""
    first, *later = stored.stages
    stages = Stages(cases=units_of(sorted({*first.seconds, *stored.errors})), layout=stored.layout)
    errors = {case: dict.fromkeys(builds, "") for case, builds in stored.errors.items()}
    stages.take(first.blocks(), errors, 1)
    unmeasured = []
    if stages.cases:
        there = set(later[0].seconds) if later else set()
        unmeasured = [unit for unit, cases in stages.cases.items() if not there.issuperset(cases)]
        stages.cases = {
            unit: cases for unit, cases in stages.cases.items() if unit not in unmeasured
        }
    if stages.cases:
        stages.take(later[0].blocks(), {}, 2)
    return Replayed(stored, stages.judgement(), list(stages.units.values()), unmeasured)
