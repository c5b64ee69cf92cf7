"""Ratios of two builds from their blocks, with confidence intervals and verdicts.

A block gives one log ratio per case: the mean of log B minus the mean of log A in the block. A
linear drift cancels in it. Which build runs first and last is random. So, apart from the true
ratio, a log ratio is as likely as its negative, whatever the noise: drift of any form, changing
load, heavy tails, two modes. Wilcoxon's signed-rank test assumes no more
(parzen_study/stats/signed_rank.py).

Simulations with a true ratio of 1.05: the 95% intervals covered it in 95 to 97% of 20,000
comparisons of 6 to 30 blocks. The noise was normal, Student's t with 2 degrees of freedom,
contaminated, skewed or bimodal. It was also a drift (linear, curved, a random walk), or load in
bursts. A t interval of the mean covered 93 to 99%, and with some disturbed blocks it was up to
seven times as wide. A percentile bootstrap of the mean covered 82 to 94%. With fewer than six
blocks no test can reject at 5%, so there is no interval (t: 88 to 98% for four).

The test does not cover noise in one build only. With bursts of load in B alone, an interval of
the mean covered 71 to 93%. This one covered 70 to 81%, since it is about typical blocks.

Multiple comparisons: without any difference, one interval in twenty excludes 1. So slower and
faster need a p-value adjusted by Holm's method, separately for cases and for units. Of 100 runs
without a difference, at least 95 call no case slower or faster. Source: "A simple sequentially
rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979. It was preferred to
Benjamini and Hochberg's: it is valid for any dependence between the cases of a process, and
readers act on every line. The claim that all are below the margin needs no adjustment, since it
requires each to be.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Final

from parzen_study.run.case import parse_case
from parzen_study.stats.signed_rank import SignedRanks

LEVEL: Final = 0.05
MINIMUM_BLOCKS: Final = 6

SLOWER: Final = "slower"
FASTER: Final = "faster"
NO_DIFFERENCE: Final = "no difference found"
INCONCLUSIVE: Final = "inconclusive"


@dataclass(frozen=True)
class Comparison:
    """The time of build B over that of build A: of one case, or the geometric mean of several.

    `interval` is the 95% interval, not adjusted; None with fewer than MINIMUM_BLOCKS. `p` tests
    a ratio of 1; `adjusted` is the same by Holm's method.
    """

    name: str
    cases: int
    ratio: float
    interval: tuple[float, float] | None
    p: float
    adjusted: float

    @property
    def differs(self) -> bool:
        return self.interval is not None and self.adjusted <= LEVEL

    @property
    def excludes_one(self) -> bool:
        """Whether the unadjusted interval excludes 1."""
        return self.interval is not None and not self.interval[0] <= 1.0 <= self.interval[1]

    def not_slower(self, margin: float) -> bool:
        """Whether the whole interval is below the margin."""
        return self.interval is not None and self.interval[1] < margin

    def verdict(self, margin: float) -> str:
        """SLOWER or FASTER; otherwise NO_DIFFERENCE if it is not slower, else INCONCLUSIVE."""
        if self.differs:
            return SLOWER if self.ratio > 1.0 else FASTER
        return NO_DIFFERENCE if self.not_slower(margin) else INCONCLUSIVE

    def as_json(self, margin: float) -> dict[str, Any]:
        return {
            "name": self.name,
            "cases": self.cases,
            "ratio": self.ratio,
            "interval": self.interval,
            "p": self.p,
            "adjusted_p": self.adjusted,
            "not_slower": self.not_slower(margin),
            "verdict": self.verdict(margin),
        }


@dataclass(frozen=True)
class Result:
    """All comparisons: one per case, one per backend and start, and one of all cases."""

    blocks: int
    cases: Sequence[Comparison]
    units: Sequence[Comparison]
    overall: Comparison

    def as_json(self, margin: float) -> dict[str, Any]:
        return {
            "overall": self.overall.as_json(margin),
            "units": [each.as_json(margin) for each in self.units],
            "cases": [each.as_json(margin) for each in self.cases],
        }


def log_ratio(order: str, seconds: Sequence[float]) -> float:
    """Of one case in one block; `order` is ABBA or BAAB, `seconds` are the times in that order."""
    logs = list(zip(order, map(math.log, seconds), strict=True))
    means = [fmean(log for letter, log in logs if letter == build) for build in "AB"]
    return means[1] - means[0]


def compare(log_ratios: Mapping[str, Sequence[float]]) -> Result:
    """Compares by the log ratios of each case, block by block. Needs at least one case and block.

    A unit is a backend and a start, such as `openmp warm`.
    """
    units: dict[str, list[str]] = defaultdict(list)
    for name in log_ratios:
        case = parse_case(name)
        units[f"{case.backend} {case.start}".rstrip()].append(name)

    def mean_of(names: Sequence[str]) -> list[float]:
        return [fmean(block) for block in zip(*(log_ratios[each] for each in names), strict=True)]

    everything = mean_of(list(log_ratios))
    return Result(
        len(everything),
        _holm([_comparison(name, 1, ratios) for name, ratios in log_ratios.items()]),
        _holm(
            [_comparison(unit, len(names), mean_of(names)) for unit, names in sorted(units.items())]
        ),
        _comparison("all", len(log_ratios), everything),
    )


def least_blocks(comparisons: int) -> int:
    """The fewest blocks that allow to call one of this many comparisons slower or faster."""
    return max(MINIMUM_BLOCKS, 1 + math.ceil(math.log2(comparisons / LEVEL)))


def _comparison(name: str, cases: int, ratios: Sequence[float]) -> Comparison:
    ranks = SignedRanks(ratios)
    found = ranks.interval(LEVEL)
    interval = (math.exp(found[0]), math.exp(found[1])) if found else None
    p = ranks.p_differs()
    return Comparison(name, cases, math.exp(ranks.center), interval, p, p)


def _holm(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons with p-values adjusted for their number."""
    adjusted: dict[int, float] = {}
    highest = 0.0
    by_p = sorted(range(len(comparisons)), key=lambda each: comparisons[each].p)
    for position, each in enumerate(by_p):
        highest = max(highest, min(1.0, (len(by_p) - position) * comparisons[each].p))
        adjusted[each] = highest
    return [replace(each, adjusted=adjusted[index]) for index, each in enumerate(comparisons)]
