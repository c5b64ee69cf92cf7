"""The same data judged by the rules of other tools, a few lines each, case by case.

Each sees the times of stage 1: of every case, of each build, those of all its processes. A suite
raises an alarm if any case is called slower. Sources, read on 2026-11-29:

    compare.py      Google Benchmark, tools/gbench/report.py: Mann-Whitney U, two-sided, p < 0.05,
                    docs/tools.md; here of times that are slower
    pyperf          pyperf/_utils.py, is_significant(): Student's t test of two samples, pooled
                    variance, 95%; compare_to
    asv             asv_runner/statistics.py, is_different(): Mann-Whitney U, p < 0.002, and the
                    median beyond the factor 1.1 of `asv continuous`
    200%, 10%       github-action-benchmark, README.md: alert-threshold, by default 200% of the
                    value before; and one of 110%, as projects set it
    interval        this project's compare of two runs: the whole 95% interval of the ratio of
                    medians above 1.10 (compare.py and stats/bootstrap.py)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from parzen_study.gate.selftest.power import backends_of, power, shift_of
from parzen_study.gate.selftest.replay import Replayed
from parzen_study.gate.selftest.resampled import Flags, Floats, Pool
from parzen_study.gate.selftest.stored import Stored
from parzen_study.gate.two_builds import units_of

SUITES: Final = 200  # of each number in the table
EFFECTS: Final = (5, 20)  # percent, of one backend
_RESAMPLES: Final = 1_000
_SEED: Final = 1
# Which cases, [case, time] of OLD and of NEW, are called slower.
Rule = Callable[[Floats, Floats], Flags]


def mann_whitney(old: Floats, new: Floats) -> Floats:
    """Two-sided p-values, by the normal approximation with its correction for continuity."""
    number, other = old.shape[1], new.shape[1]
    above = (new[:, :, None] > old[:, None, :]).sum(axis=(1, 2))
    equal = (new[:, :, None] == old[:, None, :]).sum(axis=(1, 2))
    center = number * other / 2
    deviation = math.sqrt(number * other * (number + other + 1) / 12)
    off = np.maximum(np.abs(above + equal / 2 - center) - 0.5, 0.0) / deviation
    return np.asarray(2.0 * stats.norm.sf(off))


def google_benchmark(old: Floats, new: Floats) -> Flags:
    slower = np.mean(new, axis=1) > np.mean(old, axis=1)
    return np.asarray((mann_whitney(old, new) < 0.05) & slower)


def pyperf(old: Floats, new: Floats) -> Flags:
    score, chance = stats.ttest_ind(new, old, axis=1)
    return np.asarray((chance < 0.05) & (score > 0))


def asv(old: Floats, new: Floats) -> Flags:
    slower = np.median(new, axis=1) > 1.1 * np.median(old, axis=1)
    return np.asarray(slower & (mann_whitney(old, new) < 0.002))


def threshold(ratio: float) -> Rule:
    """Of means: a tool that takes one value has that of all processes."""
    return lambda old, new: np.asarray(np.mean(new, axis=1) > ratio * np.mean(old, axis=1))


def interval(old: Floats, new: Floats) -> Flags:
    """The smoothed Bayesian bootstrap of both medians: as many ordered uniform numbers as times,
    and the median between those around one half; the same numbers for every case."""
    random = np.random.default_rng(_SEED)
    low = np.quantile(_medians(new, random) - _medians(old, random), 0.025, axis=1)
    return np.asarray(low > math.log(1.10))


def _medians(times: Floats, random: np.random.Generator) -> Floats:
    number = times.shape[1]
    drawn = random.binomial(number, 0.5, size=_RESAMPLES) - 1 + random.random(_RESAMPLES)
    places: Floats = np.clip(drawn, 0, number - 1)
    first = np.minimum(places.astype(int), number - 2)
    ordered: Floats = np.sort(np.log(times), axis=1)
    part = places - first
    found = ordered[:, first] * (1 - part) + ordered[:, first + 1] * part
    return np.asarray(found)


RULES: Final[Mapping[str, Rule]] = {
    "Google Benchmark compare.py": google_benchmark,
    "pyperf compare_to": pyperf,
    "asv continuous": asv,
    "threshold of 200%": threshold(2.0),
    "threshold of 110%": threshold(1.1),
    "interval above 1.10": interval,
}
OURS: Final = "make gate"


@dataclass(frozen=True)
class Times:
    """A comparison's stage 1: [case, block, process of a build] of each, and each case's unit."""

    old: Floats
    new: Floats
    units: Sequence[str]

    @property
    def measured(self) -> tuple[Floats, Floats]:
        cases = len(self.units)
        return self.old.reshape(cases, -1), self.new.reshape(cases, -1)

    def drawn(self, shift: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
        """Resampled blocks, whose builds change places at random, with NEW slowed."""
        blocks = self.old.shape[1]
        numbers = random.integers(blocks, size=blocks)
        swapped = random.choice([False, True], size=(1, blocks, 1))
        old, new = self.old[:, numbers], self.new[:, numbers]
        first, second = np.where(swapped, new, old), np.where(swapped, old, new)
        cases = len(self.units)
        slower = second * np.exp(shift)[:, None, None]
        return first.reshape(cases, -1), slower.reshape(cases, -1)


def times_of(stored: Stored) -> Times:
    stage = stored.stages[0]
    unit_of = {case: unit for unit, cases in units_of(stage.seconds).items() for case in cases}
    order = np.array([[each == "A" for each in order] for order in stage.orders])
    seconds = np.array([stage.seconds[case] for case in unit_of]).reshape(len(unit_of), -1, 4)
    places = np.argsort(~order, axis=1, kind="stable")  # those of A first
    sorted_by_build = np.take_along_axis(seconds, places[None], axis=2)
    return Times(sorted_by_build[..., :2], sorted_by_build[..., 2:], list(unit_of.values()))


@dataclass(frozen=True)
class Row:
    """A rule's shares of suites: alarms live and resampled; of slowed backends found, and alarms
    about other units, by percent."""

    name: str
    live: str
    false: float
    found: Mapping[int, float]
    others: Mapping[int, float]


def rows(equal: Sequence[Replayed], pools: Sequence[Pool], suites: int = SUITES) -> list[Row]:
    """Of comparisons of equal builds: ours first."""
    times = [times_of(each.stored) for each in equal]
    backends = backends_of(pools)
    several = max(1, suites // len(backends))
    ours = {
        percent: [power(pools, {name: percent / 100}, 5 * several) for name in backends]
        for percent in EFFECTS
    }
    of = len(equal)
    found = [
        Row(
            OURS,
            f"{sum(bool(each.alarms) for each in equal)} of {of}",
            power(pools, {}, 5 * suites).regressed,
            {key: float(np.mean([each.regressed for each in ours[key]])) for key in ours},
            {key: float(np.mean([each.bystanders for each in ours[key]])) for key in ours},
        )
    ]
    for name, rule in RULES.items():
        live = sum(bool(rule(*each.measured).any()) for each in times)
        shares = {
            percent: np.mean(
                [_shares(times, rule, {each: percent / 100}, several) for each in backends], axis=0
            )
            for percent in EFFECTS
        }
        found.append(
            Row(
                name,
                f"{live} of {of}",
                float(_shares(times, rule, {}, suites)[1]),
                {percent: float(both[0]) for percent, both in shares.items()},
                {percent: float(both[1]) for percent, both in shares.items()},
            )
        )
    return found


def _shares(
    times: Sequence[Times], rule: Rule, planted: Mapping[str, float], suites: int
) -> tuple[float, float]:
    """Of suites with an alarm about what is slowed, and about anything else."""
    random = np.random.default_rng(_SEED)
    found = other = 0
    for suite in range(suites):
        each = times[suite % len(times)]
        shift = shift_of(each.units, planted)
        slower = rule(*each.drawn(shift, random))
        found += bool(slower[shift > 0].any())
        other += bool(slower[shift == 0].any())
    return found / suites, other / suites


HEAD: Final = ("rule", "live", "false", "+5%", "others", "+20%", "others")


def cells_of(row: Row) -> tuple[str, ...]:
    """Under HEAD."""
    shares = [row.false]
    for percent in EFFECTS:
        shares += [row.found[percent], row.others[percent]]
    return (row.name, row.live, *(f"{each:.1%}" for each in shares))


def table(found: Sequence[Row]) -> list[str]:
    """At most 80 columns."""
    lines = [
        "The same data by other rules: suites with an alarm, live and resampled; with one",
        "backend slower by 5% and by 20%: about it, and about other units",
    ]
    for cells in (HEAD, *map(cells_of, found)):
        name, live, *shares = cells
        lines.append(f"{name:28} {live:>8}" + "".join(f"{share:>8}" for share in shares))
    return lines
