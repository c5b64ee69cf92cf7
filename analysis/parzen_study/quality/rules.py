"""Hoefler and Belli's twelve rules, filled in from a run.

T. Hoefler and R. Belli, "Scientific Benchmarking of Parallel Computing Systems", SC15. The rules
stand here in short words of our own. What the suite does in every run is said as such; what
depends on the run is worked out from it, and where it falls short the rule is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from parzen_study.common.wording import count_of
from parzen_study.run import cpus, published, sysinfo
from parzen_study.run.case import PAUSED, SERIAL, STREAM_READ
from parzen_study.run.enough_rounds import VERDICT_ROUNDS
from parzen_study.run.run import UNKNOWN, Run
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.wording import time_with_interval

KEPT, NOT_KEPT = "kept", "not kept"

# Of the median: the suite wants half the width of an interval to be no more.
PRECISE = 0.03
_REJECTS = 0.05  # the level at which a test rejects normality
_SLOW = 1.10  # times the median: a round that a median hides


@dataclass(frozen=True)
class Rule:
    """`evidence` says by what it is kept or not."""

    text: str
    verdict: str
    evidence: str


def precise_share(estimates: Estimates) -> tuple[int, int]:
    """How many cases have a 95% interval whose half width is at most PRECISE of the median, and how
    many there are."""
    times = [each.time for each in estimates.measured.values()]
    precise = [
        time
        for time in times
        if time.has_interval and (time.high - time.low) / 2.0 <= PRECISE * time.value
    ]
    return len(precise), len(times)


def rules(run: Run, estimates: Estimates, reasons: Mapping[str, str]) -> list[Rule]:
    """All twelve, in their order."""
    texts_and_checks: tuple[tuple[str, Callable[[], tuple[bool, str]]], ...] = (
        (
            "A speedup says what its base is, and its time",
            lambda: _base(run, estimates, reasons),
        ),
        ("What is excluded has a reason", lambda: _excluded(run, reasons)),
        ("Arithmetic means are for costs, harmonic ones for rates", _no_means),
        ("Ratios are not averaged", _no_average_of_ratios),
        ("What varies has a confidence interval", lambda: _intervals(run, estimates)),
        ("Normality is not assumed untested", lambda: _normality(run)),
        ("What varies is compared by statistics", _comparison),
        ("Is the median the right statistic?", lambda: _median(run)),
        ("All factors and the whole setup are documented", lambda: _setup(run)),
        ("How parallel times are taken is documented", lambda: _parallel_times(run)),
        ("Upper bounds are shown", lambda: _bounds(run)),
        ("Figures show what is needed, lines only where between is meant", _figures),
    )
    return [
        Rule(f"{number}. {text}", KEPT if kept else NOT_KEPT, evidence)
        for number, (text, check) in enumerate(texts_and_checks, start=1)
        for kept, evidence in (check(),)
    ]


def _base(run: Run, estimates: Estimates, reasons: Mapping[str, str]) -> tuple[bool, str]:
    if run.loop:
        return _base_of_own_loop(estimates, reasons)
    serial = [
        each
        for each in estimates.measured.values()
        if each.case.backend == SERIAL
        and each.case.name not in reasons
        and each.case.family == published.FAMILY
        and each.case.get("kernel") == published.KERNEL
    ]
    if not serial:
        return False, "This run has no serial case of the article's problem."
    words = ", ".join(
        f"{time_with_interval(each.time)} at n = {each.case.number('n'):,}" for each in serial
    )
    return True, (
        f"Serial of the same kernel, not one worker of a mechanism: {words}. The best serial and "
        "the mechanism's own one worker have columns of their own."
    )


def _base_of_own_loop(estimates: Estimates, reasons: Mapping[str, str]) -> tuple[bool, str]:
    serial = sorted(
        (
            each
            for name, each in estimates.measured.items()
            if each.case.backend == SERIAL and each.case.start != PAUSED and name not in reasons
        ),
        key=lambda each: each.case.number("size"),
    )
    if not serial:
        return False, "Serial has no time."
    words = ", ".join(
        f"{time_with_interval(each.time)} at size {each.case.number('size'):,}" for each in serial
    )
    return True, f"Serial, not one worker of a mechanism: {words}."


def _excluded(run: Run, reasons: Mapping[str, str]) -> tuple[bool, str]:
    parts = [f"{count_of(len(run.cases), 'case')}, of which {len(reasons)} have no figure"]
    if run.largest_n and not run.loop:
        parts.append(f"none of more than {run.largest_n:,} samples (profile {run.profile})")
    if run.case_filter:
        parts.append(f"only those that match '{run.case_filter}'")
    for what, found in (("backends", run.backends_left_out), ("peers", run.peers_left_out)):
        if found:
            parts.append(f"{what} skipped: {', '.join(found)}")
    usable, logical = sysinfo.usable_cpus(run), cpus.number(run.machine, "logical_cpus")
    if usable and logical:
        parts.append(f"{usable} of {logical:.0f} CPUs used")
    return True, "; ".join(parts) + ". The reasons stand with the cases and in the boxes."


def _no_means() -> tuple[bool, str]:
    return True, (
        "The one mean is of a cost: the time of an iteration, over those of a process. Over "
        "processes a case's figure is the median; rates are worked out of it."
    )


def _no_average_of_ratios() -> tuple[bool, str]:
    return True, "Every ratio is one of two medians, and none is averaged over cases."


def _intervals(run: Run, estimates: Estimates) -> tuple[bool, str]:
    precise, every = precise_share(estimates)
    return estimates.has_intervals, (
        f"95% intervals over rounds; of {precise} of {count_of(every, 'case')} half the width is "
        f"at most {PRECISE:.0%} of the median." + ("" if run.loop else " Counts are exact.")
    )


def _normality(run: Run) -> tuple[bool, str]:
    from scipy.stats import shapiro  # takes longer to import than all else together

    tested = rejected = 0
    for _, times in run.frame.groupby("case")["real_time"]:
        logs = np.log(times.to_numpy())
        if len(logs) >= VERDICT_ROUNDS and np.ptp(logs) > 0:
            tested += 1
            rejected += int(shapiro(logs).pvalue < _REJECTS)
    return True, (
        "No interval assumes it: the bootstrap resamples rounds. Shapiro and Wilk's test rejects "
        f"it, of the logarithms, for {rejected} of {count_of(tested, 'case')} at the 5% level."
    )


def _comparison() -> tuple[bool, str]:
    return True, (
        "Two cases differ where the interval of their ratio, resampled together round by round, "
        "leaves out 1; answers and claims ask for more."
    )


def _median(run: Run) -> tuple[bool, str]:
    by_case = run.frame.groupby("case")["real_time"]
    slow = int((by_case.max() > _SLOW * by_case.median()).sum())
    return True, (
        "The question is what a call usually takes, not its worst. In "
        f"{slow} of {count_of(len(by_case), 'case')} the slowest round took more than "
        f"{_SLOW - 1.0:.0%} longer than the median; all rounds are in run.json."
    )


def _setup(run: Run) -> tuple[bool, str]:
    items = [*sysinfo.machine_rows(run)]
    unknown = [row.label for row in items if row.value == UNKNOWN]
    words = f"{len(items) - len(unknown)} of {len(items)} items of machine and build could be read"
    if unknown:
        words += f" (unknown: {', '.join(unknown)})"
    revision = {
        "no": "The revision is named.",
        "yes": "The build had uncommitted changes.",
    }.get(run.machine.get("revision_dirty", ""), "")
    named = run.machine.get("revision", UNKNOWN) != UNKNOWN and revision
    return run.machine.get("revision_dirty") == "no" and bool(named), (
        f"{words}; the state before and after is next to them. Every factor of a case is in its "
        f"name. {named or 'Which revision was built is unknown.'}"
    )


def _parallel_times(run: Run) -> tuple[bool, str]:
    return True, (
        "Real time of the calling process, from the call until all "
        f"{'results' if run.loop else 'counts'} are there: workers "
        "begin when the call hands them tasks, and no barrier is added. Cold holds making and "
        "ending the workers. Iterations of one process are summed up by Google Benchmark's mean, "
        "processes by the median."
    )


def _bounds(run: Run) -> tuple[bool, str]:
    reads = any(case.get("kernel") == STREAM_READ for case in run.cases)
    words = "Figures of speedup draw the ideal, as many times as there are usable CPUs. "
    if run.loop:
        return False, words + "What else limits a user's own loop is not known."
    if not reads:
        return False, words + "This run did not measure what reading the samples takes."
    return True, words + "Kernels are compared with the time in which the samples can only be read."


def _figures() -> tuple[bool, str]:
    return True, (
        "Every figure draws its intervals, and none is drawn without. Lines join the same backend "
        "over n, workers or grain, where what lies between is meant."
    )
