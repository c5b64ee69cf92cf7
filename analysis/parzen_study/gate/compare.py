"""Compares a run with the stored runs of its machine, or of the nearest other machine: a row
per case, and its times by unit (stored_times.py).

Counts do not depend on the machine: they are compared with the latest stored run, the baseline. A
case is slower or faster where its time is outside of its 95% prediction interval. One case in
twenty is so by chance, so a row is not a verdict (judge.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from parzen_study.gate import comparable
from parzen_study.gate.stored_times import (
    LogTimes,
    Moved,
    Unit,
    expected_ratio,
    judged_units,
    log_times,
)
from parzen_study.quality import rejections
from parzen_study.run.case import Case
from parzen_study.run.enough_rounds import VERDICT_ROUNDS
from parzen_study.run.fingerprint import differences
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates

Times = Literal["strict", "advisory"]


class Outcome(StrEnum):
    """Of one case. Worst first, which is the order of the table."""

    WRONG_COUNTS = "wrong counts"
    ERROR = "error"
    MISSING = "missing"
    IMPLAUSIBLE = "implausible"
    SLOWER = "slower"
    FASTER = "faster"
    TOO_FEW_ROUNDS = "too few rounds"
    AS_PREDICTED = "as predicted"
    EQUAL_COUNTS = "equal counts"  # where times cannot be compared
    NO_COUNTS = "no counts"  # in one of the two runs
    UNUSABLE_BASELINE = "unusable baseline"  # without a valid time there
    NEW = "new"  # not in the baseline, or in too few stored runs


_MOVED = {
    Moved.SLOWER: Outcome.SLOWER,
    Moved.FASTER: Outcome.FASTER,
    Moved.AS_PREDICTED: Outcome.AS_PREDICTED,
}


_RANK = {outcome: rank for rank, outcome in enumerate(Outcome)}


@dataclass(frozen=True)
class Row:
    """A case and its outcome. `time` is its time compared with the stored ones; with another
    machine or profile, `speedups` has those of both runs against serial instead."""

    case: Case
    outcome: Outcome
    time: Unit | None = None
    speedups: tuple[Estimate, Estimate] | None = None
    remark: str = ""


@dataclass(frozen=True)
class Comparison:
    """Rows and units, worst first. `baseline` is None where none is stored; `alike` is the number
    of stored runs with comparable times; `differing` are the fingerprint items that differ, with
    both values. `obstacle` is why times cannot be compared, or empty; with one there are no units.
    `filtered` is the number of baseline cases skipped by a filter. `fault` says that the counts of
    the whole run are wrong, or is empty."""

    latest: Run
    baseline: Run | None
    alike: int
    differing: dict[str, tuple[str, str]]
    obstacle: str
    rows: tuple[Row, ...]
    units: tuple[Unit, ...]
    filtered: int
    notes: tuple[str, ...]
    times: Times
    fault: str

    @property
    def same_machine(self) -> bool:
        return self.baseline is not None and not self.differing

    @property
    def moved(self) -> tuple[Unit, ...]:
        """The units outside of their intervals."""
        return tuple(unit for unit in self.units if unit.moved != Moved.AS_PREDICTED)

    def count(self, outcome: Outcome) -> int:
        """How many cases have an outcome."""
        return sum(row.outcome == outcome for row in self.rows)

    def counts(self) -> dict[Outcome, int]:
        """The same of all outcomes that there are, worst first."""
        return {each: number for each in Outcome if (number := self.count(each))}


def compare(latest: Run, stored: Sequence[Run], times: Times) -> Comparison:
    """Compare a run with stored runs, the latest first, as find_stored() gives them.

    Raises UnusableData where it is unknown which cases a filter skipped.
    """
    baseline = stored[0] if stored else None
    differing = differences(latest, baseline) if baseline else {}
    obstacle = comparable.obstacle(latest, stored)
    alike = comparable.alike(latest, stored)
    here, there = comparable.compared(latest), comparable.compared(baseline) if baseline else {}
    rows_of = _Rows(latest, baseline, [] if obstacle else alike)
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
        alike=len(alike),
        differing=differing,
        obstacle=obstacle,
        rows=_sorted(rows),
        units=tuple(rows_of.units(here)),
        filtered=len(filtered),
        notes=comparable.notes(latest, stored, len(filtered), len(beyond)),
        times=times,
        fault=_fault(latest),
    )


class _Rows:
    """The rows of a run's cases, compared with a baseline and with the times of `alike` runs."""

    def __init__(self, latest: Run, baseline: Run | None, alike: Sequence[Run]) -> None:
        estimates = Estimates(_compared_alone(latest))
        stored = Estimates(_compared_alone(baseline)) if baseline else None
        self._errors = _errors(latest)
        self._wrong = rejections.wrong_counts(estimates)
        self._impossible = _impossible(latest, estimates)
        self._here = estimates.measured
        self._there = stored.measured if stored else {}
        there = _errors(baseline) if baseline else {}
        self._unusable_there = {name: f"error: {message}" for name, message in there.items()}
        self._short = latest.short_of_rounds
        self._times = log_times(latest.rows) if alike else {}
        self._stored_times = [log_times(run.rows) for run in alike]
        # Speedups are shown in place of times that cannot be compared.
        self._shows_speedups = baseline is not None and (
            bool(differences(latest, baseline)) or latest.profile != baseline.profile
        )
        if baseline and stored and alike:
            self._unusable_there = _impossible(baseline, stored) | self._unusable_there

    def units(self, cases: Iterable[str]) -> list[Unit]:
        """By those of the cases whose times can be judged."""
        usable: LogTimes = {
            name: self._times[name]
            for name in cases
            if name in self._times
            and name not in self._short
            and name not in self._impossible
            and name not in self._unusable_there
        }
        return judged_units(usable, self._stored_times)

    def row(self, case: Case) -> Row:
        return self._fault(case) or self._no_baseline(case) or self._compared(case)

    def _fault(self, case: Case) -> Row | None:
        """The row of a case that failed, counts wrongly or is invalid."""
        name = case.name
        if name in self._errors:
            return Row(case, Outcome.ERROR, remark=self._errors[name])
        if name in self._wrong:
            remark = "differs from serial in this run"
            return Row(case, Outcome.WRONG_COUNTS, remark=remark)
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
        if self._stored_times:
            if name in self._short:
                remark = f"{self._short[name]} rounds, {VERDICT_ROUNDS} needed"
                return Row(case, Outcome.TOO_FEW_ROUNDS, remark=remark)
            time = expected_ratio(name, self._times, self._stored_times)
            if time is None:
                return Row(case, Outcome.NEW, remark="not in enough stored runs")
            return Row(case, _MOVED[time.moved], time)
        both = self._here[name], self._there[name]
        counted = all(each.counts_digest is not None for each in both)
        outcome = Outcome.EQUAL_COUNTS if counted else Outcome.NO_COUNTS
        if not self._shows_speedups:
            return Row(case, outcome)
        here_speedup, there_speedup = (each.speedup for each in both)
        speedups = (here_speedup, there_speedup) if here_speedup and there_speedup else None
        return Row(case, outcome, speedups=speedups)


def _compared_alone(run: Run) -> Run:
    """A run without the cases that are not compared, for speed."""
    cases = comparable.compared(run)
    rows = tuple(row for row in run.rows if row["case"] in cases)
    return replace(run, cases=tuple(cases.values()), rows=rows)


def _errors(run: Run) -> dict[str, str]:
    """The first error of each case that has one."""
    return {error.case: error.message for error in reversed(run.errors)}


def _impossible(run: Run, estimates: Estimates) -> dict[str, str]:
    """The cases with invalid times, with the reason in a few words."""
    return {
        **dict.fromkeys(rejections.implausible(run, estimates), "efficiency above 150%"),
        **dict.fromkeys(rejections.impossible_times(run, estimates), "impossible CPU time"),
    }


def _fault(latest: Run) -> str:
    found = rejections.article_counts(latest)
    return found.what if found else ""


def _sorted(rows: Iterable[Row]) -> tuple[Row, ...]:
    """By outcome, worst first; within one by ratio, largest first; then as cases are read."""
    in_order = sorted(rows, key=lambda row: row.case.order())
    by_ratio = sorted(in_order, key=lambda row: -row.time.ratio if row.time else 0.0)
    return tuple(sorted(by_ratio, key=lambda row: _RANK[row.outcome]))
