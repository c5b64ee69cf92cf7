"""Verdicts: a run beside the baseline of its machine, or beside the nearest other machine's.

A case is slower only if the 95% interval of the ratio latest/baseline lies wholly above
SLOWER_BEYOND, and faster only if wholly below its inverse. The two runs are independent, so their
rounds are drawn apart. In simulation, with rounds that differ by noise alone, about one case in
forty was called slower by chance where its true ratio was exactly at the bound, and hardly any
unchanged one. A shift of a whole run (another layout of memory, another clock) is in no round's
noise, so the interval does not hold it: two runs alone cannot tell it from a change of the code.

Compared are the suite's cases with counts. Those of family dispatch are microseconds of the
operating system, which such a shift moves most; what only reads is a limit; a peer is no code of
this suite, and not in every run. All of these are set beside what they belong to within a run
(dispatch.py, kernels.py), and notes say how many were left aside here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np

from parzen_study import refusals
from parzen_study.case import Case, filter_matcher
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
    IMPLAUSIBLE = "implausible"
    SLOWER = "slower"
    INCONCLUSIVE = "inconclusive"
    FASTER = "faster"
    SAME = "same"
    EQUAL_COUNTS = "equal counts"  # no more is asked across two machines
    NO_COUNTS = "no counts"  # of one of the two, so not even that can be told
    NEW = "new"


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}
_FAILS_ALWAYS = frozenset({Verdict.WRONG_COUNTS, Verdict.ERROR, Verdict.MISSING})
_FAILS_BY_TIME = frozenset({Verdict.IMPLAUSIBLE, Verdict.SLOWER})


@dataclass(frozen=True)
class Row:
    """A case and its verdict. `ratio` is latest/baseline in time; where the machines differ the two
    speedups against serial stand instead."""

    case: Case
    verdict: Verdict
    ratio: Estimate | None = None
    speedups: tuple[Estimate, Estimate] | None = None
    remark: str = ""


@dataclass(frozen=True)
class Comparison:
    """Rows, worst first. `baseline` is None where none is stored at all; `differing` holds the
    fingerprint items with both values, and is empty for the same machine and build. `fault` is what
    is wrong with the latest run as a whole, or empty."""

    latest: Run
    baseline: Run | None
    differing: dict[str, tuple[str, str]]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    times: Times
    fault: str

    @property
    def same_machine(self) -> bool:
        return self.baseline is not None and not self.differing

    @property
    def regressions(self) -> tuple[Row, ...]:
        """The rows that fail the comparison."""
        fails = _FAILS_ALWAYS | (_FAILS_BY_TIME if self.times == "strict" else frozenset())
        return tuple(row for row in self.rows if row.verdict in fails)

    @property
    def failed(self) -> bool:
        return bool(self.regressions or self.fault)


def compare(latest: Run, baseline: Run, times: Times) -> Comparison:
    """Set a run beside the baseline of the same fingerprint.

    Raises UnusableData for a run that lost rounds, and where times decide and there are too few.
    """
    for run in (latest, baseline):
        _whole(run)
        if times == "strict":
            _enough_rounds(run)
    here, there = ({case.name: case for case in _compared(run)} for run in (latest, baseline))
    filtered, beyond = _left_aside(latest, baseline), _beyond_bound(latest, baseline)
    seconds_here, seconds_there = _times_by_case(latest), _times_by_case(baseline)
    own = _Own(latest, Estimates(latest), Estimates(baseline))
    rows = [
        own.fault(case) or Row(case, Verdict.NEW, remark="not in the baseline")
        for name, case in here.items()
        if name not in there
    ]
    for name, case in there.items():
        if name in filtered or name in beyond:
            continue
        if name not in here:
            rows.append(Row(case, Verdict.MISSING, remark="in the baseline, not in this run"))
        elif fault := own.fault(case):
            rows.append(fault)
        elif name in baseline.failed:
            remark = "an error in the baseline: no time to compare with"
            rows.append(Row(case, Verdict.NEW, remark=remark))
        else:
            ratio = independent_ratio(seconds_here[name], seconds_there[name])
            rows.append(Row(case, time_verdict(ratio), ratio))
    notes = _notes(latest, baseline, len(filtered), len(beyond - filtered))
    return Comparison(latest, baseline, {}, _sorted(rows), notes, times, _fault(latest))


def compare_elsewhere(latest: Run, nearest: Run | None, times: Times) -> Comparison:
    """With no baseline of this fingerprint: counts and speedups beside the nearest other's.

    Times of two machines say nothing about the code, so none is judged; equal counts are still
    asked for, since they depend on no machine.
    """
    _whole(latest)
    estimates = Estimates(latest)
    stored = Estimates(nearest) if nearest else None
    own = _Own(latest, estimates, stored)
    rows = []
    for case in _compared(latest):
        other = stored.measured.get(case.name) if stored else None
        fault = own.fault(case)
        if fault or other is None:
            rows.append(fault or Row(case, Verdict.NEW, remark="not in the baseline"))
            continue
        here = estimates.measured[case.name]
        both = (here.speedup, other.speedup) if here.speedup and other.speedup else None
        counted = here.counts_digest is not None and other.counts_digest is not None
        verdict = Verdict.EQUAL_COUNTS if counted else Verdict.NO_COUNTS
        rows.append(Row(case, verdict, speedups=both))
    differing = differences(latest, nearest) if nearest else {}
    notes = _notes(latest, nearest, 0, 0)
    return Comparison(latest, nearest, differing, _sorted(rows), notes, times, _fault(latest))


def time_verdict(ratio: Estimate) -> Verdict:
    """What the interval of a ratio of times allows to say."""
    if ratio.wholly_above(SLOWER_BEYOND):
        return Verdict.SLOWER
    if ratio.wholly_below(1.0 / SLOWER_BEYOND):
        return Verdict.FASTER
    if ratio.low >= 1.0 / SLOWER_BEYOND and ratio.at_most(SLOWER_BEYOND):
        return Verdict.SAME
    return Verdict.INCONCLUSIVE


def _compared(run: Run) -> list[Case]:
    return [case for case in run.cases if case.counts_samples and not run.is_of_peer(case)]


def _whole(run: Run) -> None:
    """A gate that passes on what is left of a run would be no gate."""
    for refused in run.refused_rounds[:1]:
        raise UnusableData(
            refused.what, where=str(run.path), found=refused.cause, next_step=refused.next_step
        )


def _enough_rounds(run: Run) -> None:
    if run.fewest_rounds < VERDICT_ROUNDS:
        raise UnusableData(
            "too few rounds for a verdict on times", where=str(run.path),
            found=f"{count_of(run.fewest_rounds, 'round')}, {VERDICT_ROUNDS} needed",
            next_step="'make bench' at the default profile, or compare with --times advisory",
        )  # fmt: skip


def _times_by_case(run: Run) -> dict[str, Floats]:
    return {
        str(name): times.to_numpy(dtype=np.float64)
        for name, times in run.frame.groupby("case")["real_time"]
    }


class _Own:
    """What is wrong with a case of the latest run, whatever its time is beside the baseline's."""

    def __init__(self, run: Run, latest: Estimates, baseline: Estimates | None) -> None:
        self._errors = {error.case: error.message for error in reversed(run.errors)}
        self._wrong = refusals.wrong_counts(latest)
        self._implausible = refusals.implausible(run, latest)
        self._latest = latest.measured
        self._baseline = baseline.measured if baseline else {}

    def fault(self, case: Case) -> Row | None:
        """The row of a case that failed, counts wrongly or cannot be true; or None."""
        name = case.name
        if name in self._errors:
            return Row(case, Verdict.ERROR, remark=self._errors[name])
        if name in self._wrong:
            return Row(case, Verdict.WRONG_COUNTS, remark="not the counts of serial in this run")
        stored = self._baseline[name].counts_digest if name in self._baseline else None
        found = self._latest[name].counts_digest
        if stored is not None and found != stored:
            told = "none" if found is None else f"{found:08x}"
            remark = f"digest {told}, baseline {stored:08x}"
            return Row(case, Verdict.WRONG_COUNTS, remark=remark)
        if name in self._implausible:
            return Row(case, Verdict.IMPLAUSIBLE, remark="beyond 150% efficiency; see the report")
        return None


def _fault(latest: Run) -> str:
    found = refusals.article_counts(latest)
    return found.what if found else ""


def _left_aside(latest: Run, baseline: Run) -> set[str]:
    """The cases of the baseline that this run lacks because a filter does not match them."""
    here = {case.name for case in latest.cases}
    matches = [_matcher(run) for run in (latest, baseline) if run.case_filter]
    names = [case.name for case in _compared(baseline) if case.name not in here]
    return {name for name in names if not all(match(name) for match in matches)}


def _beyond_bound(latest: Run, baseline: Run) -> set[str]:
    """The cases of the baseline that this run lacks because its profile ends below their n; those
    of no smaller n that it has none of either are named in it."""
    here = {case.name for case in latest.cases}
    return {
        case.name
        for case in _compared(baseline)
        if case.name not in here
        and (case.name in latest.not_planned or 0 < latest.largest_n < case.number("n"))
    }


def _matcher(run: Run) -> Callable[[str], bool]:
    try:
        return filter_matcher(run.case_filter)
    except ValueError as error:
        raise UnusableData(
            "the filter of a run cannot be read, so what it left out is unknown",
            where=str(run.path), found=str(error),
            next_step="measure without --filter, or with a simpler one",
        ) from None  # fmt: skip


def _notes(latest: Run, baseline: Run | None, filtered: int, beyond: int) -> tuple[str, ...]:
    notes = []
    if latest.interrupted or latest.rounds < latest.rounds_planned:
        notes.append(f"This run was cut short: {latest.rounds_in_words}.")
    if baseline and latest.profile != baseline.profile:
        cases = "the same cases" if latest.largest_n == baseline.largest_n else "another largest n"
        notes.append(
            f"This run is of profile {latest.profile}, the baseline of {baseline.profile}: "
            f"other rounds, {cases}."
        )
    planned = {*latest.cases, *(baseline.cases if baseline else ())}
    countless = [case for case in planned if not case.counts_samples]
    if countless:
        families = sorted({case.family for case in countless})
        named = f"{'family' if len(families) == 1 else 'families'} {', '.join(families)}"
        notes.append(f"{count_of(len(countless), 'case')} without counts ({named}): not compared.")
    peers = {
        case
        for run in (latest, baseline)
        if run
        for case in run.cases
        if case.counts_samples and run.is_of_peer(case)
    }
    if peers:
        notes.append(f"{count_of(len(peers), 'case')} of peers: not compared.")
    if filtered:
        notes.append(
            f"A filter left out cases: {count_of(filtered, 'case')} of the baseline left aside."
        )
    if beyond:
        notes.append(
            f"This run planned no n above {latest.largest_n:,}: {count_of(beyond, 'case')} of the "
            "baseline left aside."
        )
    return tuple(notes)


def _sorted(rows: Iterable[Row]) -> tuple[Row, ...]:
    """By verdict, worst first; within one by ratio, largest first; then as cases are read."""
    in_order = sorted(rows, key=lambda row: row.case.order())
    by_ratio = sorted(in_order, key=lambda row: -row.ratio.value if row.ratio else 0.0)
    return tuple(sorted(by_ratio, key=lambda row: _RANK[row.verdict]))
