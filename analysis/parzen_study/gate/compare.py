"""A run against the baseline of its machine, or against the nearest other machine's: a row a case.

A case is slower only if the whole 95% interval of the ratio latest/baseline is above SLOWER_BEYOND,
and faster only if the whole of it is below the inverse. The two runs are independent, so their
rounds are resampled independently. In simulation, with rounds that differ by noise alone, about one
case in forty was called slower by chance where its true ratio was exactly at the bound, and hardly
any unchanged one. A shift of a whole run (another layout of memory, another clock) is in no round's
noise, so the interval does not hold it: two runs alone do not separate it from a change of the
code.

Counts depend on no machine, so they are compared with whatever baseline there is. What the rows
amount to is in judge.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np

from parzen_study.gate import comparable
from parzen_study.quality import rejections
from parzen_study.run.case import Case
from parzen_study.run.fingerprint import differences
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate, Floats, independent_ratio
from parzen_study.stats.estimates import Estimates

SLOWER_BEYOND = 1.10

Times = Literal["strict", "advisory"]


class Outcome(StrEnum):
    """Of one case. Worst first, which is the order of the table."""

    WRONG_COUNTS = "wrong counts"
    ERROR = "error"
    MISSING = "missing"
    SLOWER = "slower"
    IMPLAUSIBLE = "implausible"
    INCONCLUSIVE = "inconclusive"
    FASTER = "faster"
    SAME = "same"
    EQUAL_COUNTS = "equal counts"  # where times cannot be compared
    NO_COUNTS = "no counts"  # in one of the two: not even counts can be compared
    UNUSABLE_BASELINE = "unusable baseline"  # it has the case, but no time to compare with
    NEW = "new"  # the baseline does not have the case


_RANK = {outcome: rank for rank, outcome in enumerate(Outcome)}


@dataclass(frozen=True)
class Row:
    """A case and its outcome. `ratio` is latest/baseline in time; where times cannot be compared,
    `speedups` holds those of both against serial instead."""

    case: Case
    outcome: Outcome
    ratio: Estimate | None = None
    speedups: tuple[Estimate, Estimate] | None = None
    remark: str = ""


@dataclass(frozen=True)
class Comparison:
    """Rows, worst first. `baseline` is None where none is stored at all; `differing` holds the
    fingerprint items with both values, and is empty for the same machine and build. `obstacle` is
    why times cannot be compared, or empty. `filtered` is how many cases of the baseline were
    skipped because of a filter. `fault` is what is wrong with the counts of the latest run as a
    whole, or empty."""

    latest: Run
    baseline: Run | None
    differing: dict[str, tuple[str, str]]
    obstacle: str
    rows: tuple[Row, ...]
    filtered: int
    notes: tuple[str, ...]
    times: Times
    fault: str

    @property
    def same_machine(self) -> bool:
        return self.baseline is not None and not self.differing

    def count(self, outcome: Outcome) -> int:
        """How many cases have an outcome."""
        return sum(row.outcome == outcome for row in self.rows)

    def counts(self) -> dict[Outcome, int]:
        """The same of all outcomes that there are, worst first."""
        return {each: number for each in Outcome if (number := self.count(each))}


def compare(latest: Run, baseline: Run | None, times: Times) -> Comparison:
    """Compare a run with the baseline of its machine, or with another one's where it has none.

    Raises UnusableData where it is unknown which cases a filter skipped.
    """
    differing = differences(latest, baseline) if baseline else {}
    obstacle = comparable.obstacle(latest, baseline)
    here, there = comparable.compared(latest), comparable.compared(baseline) if baseline else {}
    rows_of = _Rows(latest, baseline, judges_times=not obstacle)
    rows = [rows_of.row(case) for case in here.values()]
    filtered: set[str] = set()
    beyond: set[str] = set()
    # Another machine has other cases: they depend on its CPUs and its memory.
    if baseline and not differing:
        filtered = comparable.filtered(latest, baseline)
        beyond = comparable.beyond_bound(latest, baseline) - filtered
        missing = there.keys() - here.keys() - filtered - beyond
        remark = "in the baseline, not in this run"
        rows += [Row(there[name], Outcome.MISSING, remark=remark) for name in missing]
    return Comparison(
        latest=latest,
        baseline=baseline,
        differing=differing,
        obstacle=obstacle,
        rows=_sorted(rows),
        filtered=len(filtered),
        notes=comparable.notes(latest, baseline, len(filtered), len(beyond)),
        times=times,
        fault=_fault(latest),
    )


def time_outcome(ratio: Estimate) -> Outcome:
    """What the interval of a ratio of times allows to say."""
    if ratio.entirely_above(SLOWER_BEYOND):
        return Outcome.SLOWER
    if ratio.entirely_below(1.0 / SLOWER_BEYOND):
        return Outcome.FASTER
    if ratio.low >= 1.0 / SLOWER_BEYOND and ratio.at_most(SLOWER_BEYOND):
        return Outcome.SAME
    return Outcome.INCONCLUSIVE


class _Rows:
    """The rows of a run's cases against a baseline."""

    def __init__(self, latest: Run, baseline: Run | None, *, judges_times: bool) -> None:
        estimates = Estimates(latest)
        stored = Estimates(baseline) if baseline else None
        self._errors = _errors(latest)
        self._wrong = rejections.wrong_counts(estimates)
        self._impossible = _impossible(latest, estimates)
        self._here = estimates.measured
        self._there = stored.measured if stored else {}
        there = _errors(baseline) if baseline else {}
        self._unusable_there = {name: f"error: {message}" for name, message in there.items()}
        self._seconds = [_times_by_case(run) for run in (latest, baseline) if run and judges_times]
        if baseline and stored and judges_times:
            self._unusable_there = _impossible(baseline, stored) | self._unusable_there

    def row(self, case: Case) -> Row:
        return self._fault(case) or self._no_baseline(case) or self._compared(case)

    def _fault(self, case: Case) -> Row | None:
        """Of a case that failed, counts wrongly or cannot be true, whatever the baseline's time."""
        name = case.name
        if name in self._errors:
            return Row(case, Outcome.ERROR, remark=self._errors[name])
        if name in self._wrong:
            return Row(case, Outcome.WRONG_COUNTS, remark="not the counts of serial in this run")
        stored = self._there[name].counts_digest if name in self._there else None
        found = self._here[name].counts_digest
        if stored is not None and found != stored:
            digest = "none" if found is None else f"{found:08x}"
            remark = f"digest {digest}, baseline {stored:08x}"
            return Row(case, Outcome.WRONG_COUNTS, remark=remark)
        if name in self._impossible:
            return Row(
                case, Outcome.IMPLAUSIBLE, remark=f"{self._impossible[name]}; see the report"
            )
        return None

    def _no_baseline(self, case: Case) -> Row | None:
        """Of a case for which the baseline has no usable time."""
        if reason := self._unusable_there.get(case.name):
            return Row(case, Outcome.UNUSABLE_BASELINE, remark=reason)
        if case.name not in self._there:
            return Row(case, Outcome.NEW, remark="not in the baseline")
        return None

    def _compared(self, case: Case) -> Row:
        name = case.name
        if self._seconds:
            here, there = self._seconds
            ratio = independent_ratio(here[name], there[name])
            return Row(case, time_outcome(ratio), ratio)
        both = self._here[name], self._there[name]
        counted = all(each.counts_digest is not None for each in both)
        outcome = Outcome.EQUAL_COUNTS if counted else Outcome.NO_COUNTS
        here_speedup, there_speedup = (each.speedup for each in both)
        speedups = (here_speedup, there_speedup) if here_speedup and there_speedup else None
        return Row(case, outcome, speedups=speedups)


def _errors(run: Run) -> dict[str, str]:
    """The first error of each case that has one."""
    return {error.case: error.message for error in reversed(run.errors)}


def _impossible(run: Run, estimates: Estimates) -> dict[str, str]:
    """The cases whose times cannot be true, with what is wrong in a few words."""
    return {
        **dict.fromkeys(rejections.implausible(run, estimates), "beyond 150% efficiency"),
        **dict.fromkeys(rejections.impossible_times(run, estimates), "more CPU time than there is"),
    }


def _times_by_case(run: Run) -> dict[str, Floats]:
    return {
        name: np.array([row["real_time"] for row in rows]) for name, rows in run.by_case.items()
    }


def _fault(latest: Run) -> str:
    found = rejections.article_counts(latest)
    return found.what if found else ""


def _sorted(rows: Iterable[Row]) -> tuple[Row, ...]:
    """By outcome, worst first; within one by ratio, largest first; then as cases are read."""
    in_order = sorted(rows, key=lambda row: row.case.order())
    by_ratio = sorted(in_order, key=lambda row: -row.ratio.value if row.ratio else 0.0)
    return tuple(sorted(by_ratio, key=lambda row: _RANK[row.outcome]))
