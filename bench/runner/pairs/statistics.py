"""What blocks of two builds say: ratios of times, intervals, verdicts.

A block gives one log ratio a case: the mean of log B less the mean of log A within the block, in
which a linear drift cancels. Which build takes the outer letters is drawn at random, so that, apart
from the true ratio, a log ratio is as likely as its negative, whatever the noise: drift of any
form, load that comes and goes, heavy tails, two modes. Wilcoxon's signed-rank test assumes no more
(parzen_study/stats/signed_rank.py).

Simulated with a true ratio of 5%, intervals of 95% covered it in 95 to 97% of 20,000 comparisons of
6 to 30 blocks, where noise was normal, of Student's t with 2 degrees of freedom, contaminated,
skewed, bimodal, a drift (in a line, a curve, a random walk), or a load that came in bursts. A t
interval of the mean covered 93 to 99%, and where some blocks were disturbed it was up to seven
times as wide; a percentile bootstrap of the mean covered 82 to 94%. Fewer than six blocks cannot
reject anything at 5%, so they have no interval (t: 88 to 98% for four).

Not covered is noise that one build has and the other has not: with bursts of load in B alone, an
interval of the mean covered 71 to 93%, this one 70 to 81%, as it is about typical blocks.

Many comparisons. Without any difference, one interval in twenty excludes 1. So a verdict of slower
or faster takes a p-value that Holm's method has adjusted ("A simple sequentially rejective multiple
test procedure", Scandinavian Journal of Statistics 6, 1979), for cases and for units apart: of 100
runs with no difference at all, at least 95 call no case slower or faster. It was preferred to
Benjamini and Hochberg's, since it holds however the cases of a process depend on one another, and
since somebody acts on every line. A claim that all are below the margin needs no adjustment: all
must hold.
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
    """The time of build B over that of build A, of one case or of the geometric mean of several.

    `interval` has 95% confidence and is not adjusted; None where there are fewer than
    MINIMUM_BLOCKS. `p` is of a ratio of 1, `adjusted` the same by Holm's method.
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
        """Whether the interval alone would call it a difference."""
        return self.interval is not None and not self.interval[0] <= 1.0 <= self.interval[1]

    def not_slower(self, margin: float) -> bool:
        """Whether the whole interval is below the margin."""
        return self.interval is not None and self.interval[1] < margin

    def verdict(self, margin: float) -> str:
        """SLOWER or FASTER; else NO_DIFFERENCE where it is not slower, or INCONCLUSIVE."""
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
    """All comparisons of a run: of each case, of each backend and start, and of all cases."""

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
    """Of one case in one block; `order` is ABBA or BAAB, `seconds` the times of its letters."""
    logs = list(zip(order, map(math.log, seconds), strict=True))
    means = [fmean(log for letter, log in logs if letter == build) for build in "AB"]
    return means[1] - means[0]


def compare(log_ratios: Mapping[str, Sequence[float]]) -> Result:
    """From the log ratios of each case, block by block; at least one case, and one block.

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
    """The fewest blocks in which one of so many comparisons can be called slower or faster."""
    return max(MINIMUM_BLOCKS, 1 + math.ceil(math.log2(comparisons / LEVEL)))


def _comparison(name: str, cases: int, ratios: Sequence[float]) -> Comparison:
    ranks = SignedRanks(ratios)
    found = ranks.interval(LEVEL)
    interval = (math.exp(found[0]), math.exp(found[1])) if found else None
    p = ranks.p_differs()
    return Comparison(name, cases, math.exp(ranks.center), interval, p, p)


def _holm(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same with their p-values adjusted for one another."""
    adjusted: dict[int, float] = {}
    highest = 0.0
    by_p = sorted(range(len(comparisons)), key=lambda each: comparisons[each].p)
    for position, each in enumerate(by_p):
        highest = max(highest, min(1.0, (len(by_p) - position) * comparisons[each].p))
        adjusted[each] = highest
    return [replace(each, adjusted=adjusted[index]) for index, each in enumerate(comparisons)]
