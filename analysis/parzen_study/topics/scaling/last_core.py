"""What the last core gains, on a quiet machine and next to a busy program.

On the article's four cores the fourth process gained almost nothing: the article blames the rest of
the system. Family load measures P - 1 and P workers on P usable CPUs next to one busy program,
family scaling the same without it. The gain is the time with P - 1 workers over that with P.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from parzen_study.common.wording import count_of
from parzen_study.run.case import SERIAL, Case
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.scaling.model import FAMILY as QUIET

FAMILY = "load"


@dataclass(frozen=True)
class LastCore:
    """The gain from `workers` - 1 to `workers`, one per CPU: `quiet` is None where family scaling
    lacks the cases, and so is `kept`, the gain under load over the quiet one."""

    backend: str
    start: str
    workers: int
    loaded: Estimate
    quiet: Estimate | None
    kept: Estimate | None

    @property
    def verdict(self) -> str:
        """How much of the gain the other process takes."""
        if self.kept is None:
            return "unknown"
        if self.kept.entirely_below(1.0):
            return "yes"
        return "no" if self.kept.entirely_above(1.0) else "inconclusive"


@dataclass(frozen=True)
class LastCores:
    """One per backend and start; where there is none though the run has family load, `nothing` says
    why."""

    found: tuple[LastCore, ...] = ()
    nothing: str = ""


def last_cores(
    estimates: Estimates, left_out: Collection[str], usable_cpus: int | None
) -> LastCores:
    """`left_out` are names of cases that have no figure."""
    cases = {
        _key(each.case): each.case
        for name, each in estimates.measured.items()
        if (each.case.family == QUIET or is_next_to_one(each.case)) and name not in left_out
    }
    loaded = [case for case in cases.values() if case.family == FAMILY]
    if not loaded:
        return LastCores()
    if usable_cpus is None or usable_cpus < 2:
        return LastCores(
            nothing="The gain of the last core needs at least 2 usable CPUs: "
            f"{count_of(usable_cpus, 'usable CPU')} here."
        )
    found = []
    for case in sorted(loaded, key=lambda case: (case.backend, case.get("start"))):
        if case.backend == SERIAL or case.number("workers") != usable_cpus:
            continue
        fewer = cases.get(_key(case, workers=usable_cpus - 1))
        if fewer:
            found.append(_last_core(estimates, case, fewer, cases))
    if not found:
        return LastCores(
            nothing=f"No backend has times with both {usable_cpus - 1} and {usable_cpus} workers "
            "next to a busy program."
        )
    return LastCores(tuple(found))


def is_next_to_one(case: Case) -> bool:
    """Whether it was measured next to one busy program."""
    return case.family == FAMILY and case.get("load") == "1"


Key = tuple[str, str, frozenset[tuple[str, str]]]


def _key(case: Case, *, family: str = "", workers: int = 0) -> Key:
    """What a case is, but for the load; of another family or number of workers if given."""
    parameters = {key: value for key, value in case.parameters if key != "load"}
    if workers:
        parameters["workers"] = str(workers)
    return family or case.family, case.backend, frozenset(parameters.items())


def _last_core(estimates: Estimates, case: Case, fewer: Case, cases: dict[Key, Case]) -> LastCore:
    quiet, quiet_fewer = (cases.get(_key(each, family=QUIET)) for each in (case, fewer))
    both = (quiet, quiet_fewer) if quiet and quiet_fewer else None
    return LastCore(
        backend=case.backend,
        start=case.get("start"),
        workers=case.number("workers"),
        loaded=estimates.speedup_between(case, fewer),
        quiet=estimates.speedup_between(*both) if both else None,
        kept=estimates.ratio_of_speedups((case, fewer), both) if both else None,
    )
