"""How many samples one core counts per second: what a simulated node does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from parzen_study.common.errors import NoData
from parzen_study.quality.rejections import rejected_cases
from parzen_study.run.case import PAUSED, SERIAL
from parzen_study.run.folder import run_in
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates, Measured

FAMILY = "sweep"
KERNEL, DECOMPOSITION = "fused", "by_sample"


@dataclass(frozen=True)
class Rate:
    """Of serial: `samples` a second, in a case of `n` samples."""

    case: str
    n: int
    samples: Estimate

    def whole(self) -> Rate:
        """The same in whole samples a second, as `simulate` takes them."""
        value, low, high = map(round, (self.samples.value, self.samples.low, self.samples.high))
        return replace(self, samples=Estimate(value, low, high))


def rate_of(estimates: Estimates, left_out: Collection[str]) -> Rate:
    """The rate of serial at the largest n, where samples come from memory as they do on a node.

    `left_out` are cases without a figure. Raises NoData where no time has an interval.
    """
    found = _serial(estimates, left_out)
    if not found:
        raise NoData(
            "no rate: a simulated node counts as fast as serial does in this run",
            where=f"family {FAMILY}, {SERIAL}, {KERNEL} {DECOMPOSITION}",
            found="no case with an interval",
            next_step="measure again without a filter: make bench",
        )
    last = found[-1]
    n = last.case.number("n")
    return Rate(last.case.name, n, last.time.inverse().scaled(n))


def rate_in(folder: Path) -> Rate:
    """The same of a run's folder, without what its report rejects; raises as run_in does, too."""
    run = run_in(folder)
    estimates = Estimates(run)
    rejected = rejected_cases(run, estimates)
    return rate_of(Estimates(run, rejected), {*rejected, *run.failed})


def _serial(estimates: Estimates, left_out: Collection[str]) -> list[Measured]:
    """By rising n."""
    found = (
        each
        for name, each in estimates.measured.items()
        if each.case.family == FAMILY
        and (each.case.backend, each.case.get("kernel")) == (SERIAL, KERNEL)
        and each.case.get("decomposition") == DECOMPOSITION
        and each.case.start != PAUSED
        and name not in left_out
        and each.time.has_interval
    )
    return sorted(found, key=lambda each: each.case.number("n"))
