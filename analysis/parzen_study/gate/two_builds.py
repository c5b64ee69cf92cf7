"""Judges two builds that were measured side by side: unit by unit, in two stages.

A unit is a backend and a start, such as `tbb warm`, or all counting kernels. It has one value per
block of four processes, from the log ratios of its cases (two_builds_values.py). A single case may
change by layout or chance; a unit has many cases.

1. Stage 1 measures all units, and flags those that are slower by more than MINIMUM_EFFECT; without
any, those that are faster by as much, or may still be slower by TOO_MUCH. 2. Stage 2 measures these
again. Only its blocks decide, so that the choice by chance in stage 1 does not count. A unit has
regressed if the whole CI is above MINIMUM_EFFECT; CIs are Bonferroni-corrected.

A unit is equivalent if two one-sided tests reject that it is slower, and that it is faster, by
MINIMUM_EFFECT (Schuirmann, "A comparison of the two one-sided tests procedure", Journal of
Pharmacokinetics and Biopharmaceutics 15, 1987).

The control compares the two processes of a build with each other, by their random order in a block.
It is the same code: a difference violates the assumptions of the test, and the run is invalid.
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

MINIMUM_EFFECT: Final = 0.02  # the lower limit; layout may raise it
TOO_MUCH: Final = 0.05  # excluded for all units in a pass
LEVEL: Final = 0.05
# Needed to judge one of many units at the corrected level.
LEAST_BLOCKS: Final = 10
# Short cases, so that many blocks fit; they cover all units of the suite.
CASES: Final = "^(article|sweep|kernels)/"


class Outcome(StrEnum):
    """Of a unit. Worst first, which is the order of the table."""

    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    IMPROVED = "improved"
    EQUIVALENT = "equivalent"


@dataclass(frozen=True)
class Unit:
    """A unit's ratio of times, new over old, with the CI that decided; None with too few blocks."""

    name: str
    cases: int
    stage: int
    blocks: int
    ratio: float
    interval: tuple[float, float] | None
    outcome: Outcome
    minimum_effect: float = MINIMUM_EFFECT

    @property
    def differs(self) -> bool:
        return self.outcome in (Outcome.REGRESSED, Outcome.IMPROVED)

    @property
    def may_be_too_slow(self) -> bool:
        """Whether a slowdown by TOO_MUCH is not excluded."""
        return self.interval is None or self.interval[1] >= 1.0 + TOO_MUCH

    @property
    def smallest_effect(self) -> float | None:
        """The smallest slowdown that would be a regression with this width of the CI."""
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
    """The cases of each unit, sorted by name. All kernels are one unit; `make instructions` counts
    each kernel exactly."""
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
    """Each unit by the blocks of one stage, in the order of the names. `layout` is the effect of
    code layout by unit: the minimum effect if it is above MINIMUM_EFFECT."""
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
    """The units of stage 1 for stage 2, inconclusive until then."""
    # Slower units exclude all others: fewer units get more blocks each.
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
    """The verdict by all units, each from its last stage.

    `broken` are the cases that fail only in the new build, `missing` the units without a case with
    times in both builds, `failed` the failed controls.
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
    """The cases with the largest changes, with their ratios, new over old. Not a verdict."""
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
