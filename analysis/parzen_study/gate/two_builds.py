"""What two builds that were measured side by side amount to: unit by unit, in two stages.

A unit is a backend and a start, such as `tbb warm`, or all counting kernels: a value a block of
four processes, from the log ratios of its cases (two_builds_values.py). What layout or chance may
do to one case is not a regression of the build; a unit has many.

1. Stage 1 measures all units, and flags those that are slower by more than MINIMUM_EFFECT; without
   any, those that are faster by as much, or may still be slower by TOO_MUCH.
2. Stage 2 measures these again. Its blocks alone decide of them, so that what chance picked in the
   first stage counts for nothing. A unit has regressed if the whole interval is above
   MINIMUM_EFFECT, at the level of 95% that Bonferroni's correction leaves to each of them.

A unit is equivalent if two one-sided tests reject that it is slower, and that it is faster, by
MINIMUM_EFFECT (Schuirmann, "A comparison of the two one-sided tests procedure", Journal of
Pharmacokinetics and Biopharmaceutics 15, 1987).

The control compares the two processes of a build with each other, by the order that was drawn for
their block: the same code, so that a difference says that blocks are not what the test assumes, and
the run is invalid.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import fmean
from typing import Any, Final

from parzen_study.common.wording import count_of
from parzen_study.gate.two_builds_values import Block, control_values, unit_values
from parzen_study.gate.verdict import Judgement, Verdict
from parzen_study.run.case import parse_case
from parzen_study.stats.signed_rank import SignedRanks

MINIMUM_EFFECT: Final = 0.02  # of a unit of which no layout is measured, and at the least
TOO_MUCH: Final = 0.05  # a pass says that no unit is slower by as much
LEVEL: Final = 0.05
# In which one of many units can be judged at the corrected level.
LEAST_BLOCKS: Final = 10
# Measured in so little time that many blocks fit; their units are the whole suite's.
CASES: Final = "^(article|sweep|kernels)/"


class Outcome(StrEnum):
    """Of a unit. Worst first, which is the order of the table."""

    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    IMPROVED = "improved"
    EQUIVALENT = "equivalent"


@dataclass(frozen=True)
class Unit:
    """A unit's ratio of times, new over old, with the interval that it was judged by.

    `interval` is None where there were too few blocks for one.
    """

    name: str
    cases: int
    stage: int
    blocks: int
    ratio: float
    interval: tuple[float, float] | None
    outcome: Outcome
    minimum_effect: float = MINIMUM_EFFECT  # what is called slower is slower by more

    @property
    def differs(self) -> bool:
        return self.outcome in (Outcome.REGRESSED, Outcome.IMPROVED)

    @property
    def may_be_too_slow(self) -> bool:
        """Whether a slowdown by TOO_MUCH is not excluded."""
        return self.interval is None or self.interval[1] >= 1.0 + TOO_MUCH

    @property
    def smallest_effect(self) -> float | None:
        """The slowdown from which this interval's width would have shown a regression."""
        if self.interval is None:
            return None
        return (1.0 + self.minimum_effect) * self.ratio / self.interval[0] - 1.0

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "cases": self.cases,
            "stage": self.stage,
            "blocks": self.blocks,
            "ratio": self.ratio,
            "interval": self.interval,
            "outcome": self.outcome.value,
            "minimum_effect": self.minimum_effect,
        }


def units_of(cases: Iterable[str]) -> dict[str, list[str]]:
    """The cases of each unit, by its name; sorted by name. A kernel's few cases are no unit: what
    they execute is counted exactly by `make instructions`."""
    units: dict[str, list[str]] = defaultdict(list)
    for name in cases:
        case = parse_case(name)
        unit = "kernels" if case.family == "kernels" else f"{case.backend} {case.start}".rstrip()
        units[unit].append(name)
    return dict(sorted(units.items()))


def minimum_effect(unit: str, layout: Mapping[str, float]) -> float:
    return max(MINIMUM_EFFECT, layout.get(unit, 0.0))


def judged(
    blocks: Sequence[Block],
    units: Mapping[str, Sequence[str]],
    stage: int,
    layout: Mapping[str, float] | None = None,
) -> list[Unit]:
    """Each unit by the blocks of one stage, in the order of the names. `layout` is what layout
    alone does, by unit: the minimum effect where it is more than MINIMUM_EFFECT."""
    level = LEVEL / max(1, len(units)) if stage == 2 else LEVEL
    return [
        _unit(
            name,
            len(cases),
            stage,
            unit_values(blocks, cases),
            level,
            minimum_effect(name, layout or {}),
        )
        for name, cases in units.items()
    ]


def flagged(units: Sequence[Unit]) -> list[Unit]:
    """The units of stage 1 that stage 2 has to decide; until it has, they are inconclusive."""
    # What is slower comes first and alone: the fewer are measured, the more blocks each has.
    found = [unit for unit in units if unit.ratio > 1.0 + unit.minimum_effect] or [
        unit
        for unit in units
        if unit.ratio < 1.0 / (1.0 + unit.minimum_effect) or unit.may_be_too_slow
    ]
    return [replace(unit, outcome=Outcome.INCONCLUSIVE) for unit in found]


def failed_controls(blocks: Sequence[Block], units: Mapping[str, Sequence[str]]) -> list[str]:
    """The units of which a build is judged to differ from itself."""
    level = LEVEL / max(1, len(units))
    return [
        name
        for name, cases in units.items()
        if _unit(name, len(cases), 1, control_values(blocks, cases), level).differs
    ]


def verdict_of(
    units: Sequence[Unit], broken: Sequence[str], missing: Sequence[str], failed: Sequence[str]
) -> Judgement:
    """Of all units, each as the last of its stages judged it.

    `broken` are the cases that fail in the new build alone, `missing` the units without a case that
    has times in both builds, `failed` the controls that did.
    """
    if broken:
        return Judgement(Verdict.REGRESSED, f"errors in NEW only: {count_of(len(broken), 'case')}")
    if missing:
        return Judgement(Verdict.INVALID, f"no times in both builds: {_listed(missing)}")
    if failed:
        return Judgement(
            Verdict.INVALID, f"a build differs from itself: {_listed(failed)}; measure again"
        )
    if not units:
        return Judgement(Verdict.INVALID, "no case has a time in both builds")
    by_outcome = {
        outcome: [unit.name for unit in units if unit.outcome == outcome] for outcome in Outcome
    }
    if slower := by_outcome[Outcome.REGRESSED]:
        return Judgement(Verdict.REGRESSED, f"slower: {_listed(slower)}")
    unclear = [unit for unit in units if unit.outcome == Outcome.INCONCLUSIVE]
    too_slow = sum(unit.may_be_too_slow for unit in unclear)
    of = count_of(len(units), "unit")
    if 2 * len(unclear) > len(units):
        return Judgement(Verdict.INCONCLUSIVE, f"no verdict: {len(unclear)} of {of} inconclusive")
    if too_slow:
        return Judgement(
            Verdict.INCONCLUSIVE, f"{too_slow} of {of} may be slower by {TOO_MUCH:.0%} or more"
        )
    shown = {
        "equivalent": len(by_outcome[Outcome.EQUIVALENT]),
        "faster": len(by_outcome[Outcome.IMPROVED]),
    }
    found = "".join(f", {number} {what}" for what, number in shown.items() if number)
    return Judgement(Verdict.PASS, f"no unit is slower by {TOO_MUCH:.0%} or more ({of}{found})")


def worst_cases(
    blocks: Sequence[Block], cases: Iterable[str], most: int
) -> list[tuple[str, float]]:
    """The cases that moved most, with their ratios, new over old: where to look, no verdict."""
    ratios = {case: fmean(unit_values(blocks, [case])) for case in cases}
    in_order = sorted(ratios, key=lambda case: -abs(ratios[case]))
    return [(case, math.exp(ratios[case])) for case in in_order[:most]]


def _unit(
    name: str,
    cases: int,
    stage: int,
    ratios: Sequence[float],
    level: float,
    effect: float = MINIMUM_EFFECT,
) -> Unit:
    ranks = SignedRanks(ratios)
    bound = math.log1p(effect)
    found = ranks.interval(level)
    if found and found[0] > bound:
        outcome = Outcome.REGRESSED
    elif found and found[1] < -bound:
        outcome = Outcome.IMPROVED
    elif max(ranks.p_below(bound), ranks.p_above(-bound)) <= LEVEL:
        outcome = Outcome.EQUIVALENT
    else:
        outcome = Outcome.INCONCLUSIVE
    interval = (math.exp(found[0]), math.exp(found[1])) if found else None
    return Unit(name, cases, stage, len(ratios), math.exp(ranks.center), interval, outcome, effect)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
