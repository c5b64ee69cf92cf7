"""Verdicts: a run beside the baseline of its machine, or beside the nearest other machine's.

A case is slower only if the 95% interval of the ratio latest/baseline lies wholly above
SLOWER_BEYOND, and faster only if wholly below its inverse. The two runs are independent, so their
rounds are drawn apart. About one case in forty, if its true ratio were exactly at the bound, would
be called slower by chance; an unchanged case practically never is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np

from parzen_study import checks
from parzen_study.case import Case
from parzen_study.errors import UnusableData
from parzen_study.estimates import Estimates
from parzen_study.fingerprint import differences
from parzen_study.phrasing import count_of
from parzen_study.run import Run
from parzen_study.stats import VERDICT_ROUNDS, Estimate, Floats, independent_ratio

SLOWER_BEYOND = 1.10

Times = Literal["strict", "advisory"]


class Verdict(StrEnum):
    """Worst first, which is the order of the table."""

    WRONG_COUNTS = "wrong counts"
    ERROR = "error"
    MISSING = "missing"
    SLOWER = "slower"
    INCONCLUSIVE = "inconclusive"
    FASTER = "faster"
    SAME = "same"
    EQUAL_COUNTS = "equal counts"  # no more is asked across two machines
    NEW = "new"


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}
_FAILS_ALWAYS = frozenset({Verdict.WRONG_COUNTS, Verdict.ERROR, Verdict.MISSING})


@dataclass(frozen=True)
class Row:
    """A case and its verdict. `ratio` is latest/baseline in time; where the machines differ the two
    speedups against the best serial stand instead."""

    case: Case
    verdict: Verdict
    ratio: Estimate | None = None
    speedups: tuple[Estimate, Estimate] | None = None
    remark: str = ""


@dataclass(frozen=True)
class Comparison:
    """Rows, worst first. `baseline` is None where none is stored at all; `differing` holds the
    fingerprint items with both values, and is empty for the same machine and build."""

    latest: Run
    baseline: Run | None
    differing: dict[str, tuple[str, str]]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    times: Times

    @property
    def same_machine(self) -> bool:
        return self.baseline is not None and not self.differing

    @property
    def regressions(self) -> tuple[Row, ...]:
        """The rows that fail the comparison."""
        fails = _FAILS_ALWAYS | ({Verdict.SLOWER} if self.times == "strict" else frozenset())
        return tuple(row for row in self.rows if row.verdict in fails)


def compare(latest: Run, baseline: Run, times: Times) -> Comparison:
    """Set a run beside the baseline of the same fingerprint.

    Raises UnusableData for implausible times and, where times decide, for too few rounds.
    """
    estimates = _plausible(latest)
    if times == "strict":
        for run in (latest, baseline):
            _enough_rounds(run)
    same_plan = latest.profile == baseline.profile
    here = {case.name: case for case in latest.cases}
    there = {case.name: case for case in baseline.cases}
    seconds_here, seconds_there = _times_by_case(latest), _times_by_case(baseline)
    counts = _Counts(estimates, Estimates(baseline))
    rows = [
        _not_in_baseline(latest, case, counts) for name, case in here.items() if name not in there
    ]
    for name, case in there.items():
        if name in latest.failed:
            rows.append(_error(latest, case))
        elif name not in here:
            if same_plan:
                rows.append(Row(case, Verdict.MISSING, remark="in the baseline, not in this run"))
        elif name in baseline.failed:
            remark = "an error in the baseline: no time to compare with"
            rows.append(Row(case, Verdict.NEW, remark=remark))
        elif wrong := counts.wrong(case):
            rows.append(wrong)
        else:
            ratio = independent_ratio(seconds_here[name], seconds_there[name])
            rows.append(Row(case, time_verdict(ratio), ratio))
    notes = [*_interrupted(latest), *_plan_notes(latest, baseline)]
    return Comparison(latest, baseline, {}, _sorted(rows), tuple(notes), times)


def compare_elsewhere(latest: Run, nearest: Run | None, times: Times) -> Comparison:
    """With no baseline of this fingerprint: counts and speedups beside the nearest other's.

    Times of two machines say nothing about the code, so none is judged; equal counts are still
    asked for, since they depend on no machine.
    """
    estimates = _plausible(latest)
    stored = Estimates(nearest) if nearest else None
    counts = _Counts(estimates, stored)
    rows = []
    for case in latest.cases:
        other = stored.measured.get(case.name) if stored else None
        if other is None or case.name in latest.failed:
            rows.append(_not_in_baseline(latest, case, counts))
            continue
        speedup = estimates.measured[case.name].speedup
        both = (speedup, other.speedup) if speedup and other.speedup else None
        rows.append(counts.wrong(case) or Row(case, Verdict.EQUAL_COUNTS, speedups=both))
    notes = list(_interrupted(latest))
    differing = differences(latest, nearest) if nearest else {}
    if nearest:
        notes += _plan_notes(latest, nearest)
    return Comparison(latest, nearest, differing, _sorted(rows), tuple(notes), times)


def time_verdict(ratio: Estimate) -> Verdict:
    """What the interval of a ratio of times allows to say."""
    if ratio.wholly_above(SLOWER_BEYOND):
        return Verdict.SLOWER
    if ratio.wholly_below(1.0 / SLOWER_BEYOND):
        return Verdict.FASTER
    if ratio.has_interval and ratio.low >= 1.0 / SLOWER_BEYOND and ratio.high <= SLOWER_BEYOND:
        return Verdict.SAME
    return Verdict.INCONCLUSIVE


def _plausible(run: Run) -> Estimates:
    estimates = Estimates(run)
    refused = list(checks.implausible(run, estimates).values())
    if refused:
        raise UnusableData(
            f"{len(refused)} of {len(run.cases)} cases cannot be true", where=str(run.path),
            found=refused[0].what, next_step=refused[0].next_step,
        )  # fmt: skip
    return estimates


def _enough_rounds(run: Run) -> None:
    if run.rounds < VERDICT_ROUNDS:
        raise UnusableData(
            "too few rounds for a verdict on times", where=str(run.path),
            found=f"{run.rounds} rounds, {VERDICT_ROUNDS} needed",
            next_step="'make bench' at the default profile, or compare with --times advisory",
        )  # fmt: skip


def _times_by_case(run: Run) -> dict[str, Floats]:
    return {
        str(name): times.to_numpy(dtype=np.float64)
        for name, times in run.frame.groupby("case")["real_time"]
    }


class _Counts:
    """Whether a case counts rightly: as serial does in the same run, and as in the baseline."""

    def __init__(self, latest: Estimates, baseline: Estimates | None) -> None:
        self._within = checks.wrong_counts(latest)
        self._latest = latest.measured
        self._baseline = baseline.measured if baseline else {}

    def wrong(self, case: Case) -> Row | None:
        """The row of a wrong case, or None."""
        if case.name in self._within:
            remark = "not the counts of serial in this run"
            return Row(case, Verdict.WRONG_COUNTS, remark=remark)
        stored = self._baseline.get(case.name)
        found = self._latest[case.name].counts_digest
        if stored is None or found == stored.counts_digest:
            return None
        digests = [f"{x:08x}" if x is not None else "none" for x in (found, stored.counts_digest)]
        remark = f"digest {digests[0]}, baseline {digests[1]}"
        return Row(case, Verdict.WRONG_COUNTS, remark=remark)


def _not_in_baseline(latest: Run, case: Case, counts: _Counts) -> Row:
    """The row of a case that the baseline lacks."""
    if case.name in latest.failed:
        return _error(latest, case)
    return counts.wrong(case) or Row(case, Verdict.NEW, remark="not in the baseline")


def _error(latest: Run, case: Case) -> Row:
    message = next(error.message for error in latest.errors if error.case == case.name)
    return Row(case, Verdict.ERROR, remark=message)


def _interrupted(latest: Run) -> list[str]:
    if not latest.interrupted:
        return []
    return [f"This run was interrupted after {latest.rounds} of {latest.rounds_planned} rounds."]


def _plan_notes(latest: Run, baseline: Run) -> list[str]:
    """What is left aside because the two runs did not plan the same cases."""
    if latest.profile == baseline.profile:
        return []
    aside = len({case.name for case in baseline.cases} - {case.name for case in latest.cases})
    note = (
        f"This run is of profile {latest.profile}, the baseline of {baseline.profile}: "
        "they are compared on the cases that both planned"
    )
    return [
        f"{note}; {count_of(aside, 'case')} of the baseline left aside." if aside else f"{note}."
    ]


def _sorted(rows: Iterable[Row]) -> tuple[Row, ...]:
    """By verdict, worst first; within one by ratio, largest first; then as cases are read."""
    in_order = sorted(rows, key=lambda row: row.case.order())
    by_ratio = sorted(in_order, key=lambda row: -row.ratio.value if row.ratio else 0.0)
    return tuple(sorted(by_ratio, key=lambda row: _RANK[row.verdict]))
