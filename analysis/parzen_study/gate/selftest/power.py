"""The power of the gate, by suites resampled from the stored comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from parzen_study.gate.selftest.live import clopper_pearson, share
from parzen_study.gate.selftest.replay import Replayed
from parzen_study.gate.selftest.resampled import Floats, Pool, judged_suites
from parzen_study.gate.selftest.stored import NOTHING_PLANTED
from parzen_study.gate.verdict import Verdict

SUITES: Final = 10_000  # of equal builds
SUITES_OF_AN_EFFECT: Final = 2_000
EFFECTS: Final = (2, 3, 5, 7, 10, 15, 20)  # percent
ALL: Final = "all"
TARGETS: Final = ((0.03, 0.90), (0.08, 0.99))
PARTS: Final = ("regressed", "named", "bystanders")
_SEED: Final = 1  # so that the same data give the same table


@dataclass(frozen=True)
class Power:
    """Shares of suites: regressed; that name a slowed unit; that name another unit."""

    regressed: float
    named: float
    bystanders: float


def backends_of(pools: Sequence[Pool]) -> list[str]:
    """The backends, which can be slowed one by one; the counting kernels have none."""
    units = {unit for pool in pools for unit in pool.units}
    return sorted({unit.split()[0] for unit in units if unit != "kernels"})


def power(pools: Sequence[Pool], planted: Mapping[str, float], suites: int) -> Power:
    """Of NEW that takes more time by so much in each backend (0.05 is 5%), or in all of them."""
    random = np.random.default_rng(_SEED)
    each = max(1, suites // len(pools))
    counts = np.zeros(3)
    for pool in pools:
        shift = shift_of(pool.units, planted)
        judged = judged_suites(pool, each, shift, random)
        slowed = shift > 0
        counts += (
            (judged.verdicts == Verdict.REGRESSED).sum(),
            judged.regressed[:, slowed].any(axis=1).sum(),
            judged.regressed[:, ~slowed].any(axis=1).sum(),
        )
    return Power(*(counts / each / len(pools)))


def shift_of(units: Sequence[str], planted: Mapping[str, float]) -> Floats:
    """The log ratio of each unit; of `all` the counting kernels as well."""
    everywhere = planted.get(ALL, 0.0)
    return np.array(
        [math.log1p(planted.get(unit.split()[0], everywhere)) for unit in units], dtype=float
    )


def equal_lines(pools: Sequence[Pool], suites: int = SUITES) -> list[str]:
    """False alarms and verdicts of resampled suites of equal builds.

    The interval is over comparisons, which are drawn again as well: blocks of one are not
    independent of each other. Where none has an alarm, it is that of as many suites as there are
    comparisons.
    """
    random = np.random.default_rng(_SEED)
    each = max(1, suites // len(pools))
    alarms, verdicts = np.zeros(len(pools)), np.zeros((len(pools), 13))
    for place, pool in enumerate(pools):
        judged = judged_suites(pool, each, np.zeros(len(pool.units)), random)
        alarms[place] = judged.regressed.any(axis=1).sum()
        verdicts[place] = np.bincount(judged.verdicts, minlength=13)
    total = each * len(pools)
    drawn = random.integers(len(pools), size=(2_000, len(pools)))
    low, high = np.quantile(alarms[drawn].sum(axis=1) / total, (0.025, 0.975))
    bound = clopper_pearson(int(alarms.sum()), total)[1]
    said = ", ".join(
        f"{verdict.word} {verdicts[:, verdict].sum() / total:.1%}"
        for verdict in (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.INVALID)
    )
    return [
        f"{total} suites of equal builds, resampled from {len(pools)}; given these data:",
        f"  false alarms {int(alarms.sum())} ({alarms.sum() / total:.2%}), "
        f"by comparison {low:.2%} to {max(high, bound):.2%}",
        f"  {said}",
    ]


@dataclass(frozen=True)
class Size:
    """The power for a slowdown by so many percent: of each backend, and of all together."""

    percent: int
    by_backend: Mapping[str, Power]
    everywhere: Power

    @property
    def worst(self) -> str:
        return min(self.by_backend, key=lambda name: self.by_backend[name].regressed)

    @property
    def mean(self) -> Power:
        """Over the backends."""
        found = list(self.by_backend.values())
        return Power(*(float(np.mean([vars(each)[part] for each in found])) for part in PARTS))


def sizes_of(pools: Sequence[Pool], suites: int = SUITES_OF_AN_EFFECT) -> list[Size]:
    """Every size, by scaled pairs."""
    backends = backends_of(pools)
    return [
        Size(
            percent,
            {name: power(pools, {name: percent / 100}, suites) for name in backends},
            power(pools, {ALL: percent / 100}, suites),
        )
        for percent in EFFECTS
    ]


def power_lines(sizes: Sequence[Size], suites: int = SUITES_OF_AN_EFFECT) -> list[str]:
    """The table of all sizes: of one backend at a time, their mean and the worst, and of all."""
    lines = [
        f"NEW slowed, by scaled pairs, {suites} suites each; blocks of stage 2 that were not",
        "measured are resampled from stage 1; given these data:",
        f"{'':6} {'one backend':>11} {'the worst of them':>25} {'named':>6} {'wrong unit':>10} "
        f"{'all slower':>10}",
    ]
    for size in sizes:
        mean, worst = size.mean, size.by_backend[size.worst]
        lines.append(
            f"{f'+{size.percent}%':6} {mean.regressed:11.1%} {size.worst:>18} "
            f"{worst.regressed:6.1%} {mean.named:6.1%} {mean.bystanders:10.2%} "
            f"{size.everywhere.regressed:10.1%}"
        )
    return lines


def slowed_lines(found: Sequence[Replayed], pools: Sequence[Pool]) -> list[str]:
    """What was measured of a build that is slower on purpose, next to what scaled pairs say of it:
    the two should agree."""
    lines = []
    slowed = [each for each in found if each.stored.planted != NOTHING_PLANTED]
    for planted in sorted({each.stored.planted for each in slowed}):
        own = [each for each in slowed if each.stored.planted == planted]
        backend, _, percent = planted.partition(":")
        regressed = sum(each.judgement.verdict == Verdict.REGRESSED for each in own)
        named = [each for each in own if any(_is_of(unit, backend) for unit in each.alarms)]
        others = [each for each in own if not all(_is_of(unit, backend) for unit in each.alarms)]
        lines.append(f"NEW slowed by {planted}%, live: regressed {share(regressed, len(own))}")
        lines.append(f"  slowed backend named in {len(named)}, another one in {len(others)}")
        if pools and percent.isdecimal():
            scaled = power(pools, {backend: int(percent) / 100}, SUITES_OF_AN_EFFECT)
            lines.append(f"  by scaled pairs: regressed {scaled.regressed:.1%}")
    return lines


def _is_of(unit: str, backend: str) -> bool:
    return backend in (ALL, unit.split()[0])


def target_lines(pools: Sequence[Pool], suites: int = SUITES_OF_AN_EFFECT) -> list[str]:
    """Those of the minimum effect and some points more, for the worst backend."""
    lines = []
    for more, target in TARGETS:
        found = {}
        for name in backends_of(pools):
            effect = max(_minimum_effect(pool, name) for pool in pools) + more
            found[name] = (power(pools, {name: effect}, suites).regressed, effect)
        worst = min(found, key=lambda name: found[name][0])
        share, effect = found[worst]
        met = "met" if share >= target else "missed"
        lines += [
            f"target at the minimum effect + {100 * more:.0f} points: {target:.0%} of each backend",
            f"  {worst} at +{effect:.1%}: {share:.1%}, {met}",
        ]
    return lines


def _minimum_effect(pool: Pool, backend: str) -> float:
    return max(
        float(effect)
        for unit, effect in zip(pool.units, pool.effects, strict=True)
        if unit.split()[0] == backend
    )
