"""Hoefler and Belli's twelve rules, checked for a run.

T. Hoefler and R. Belli, "Scientific Benchmarking of Parallel Computing Systems", SC15; the rules
are paraphrased. Rules that the suite keeps in every run have a constant text.
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

PRECISE = 0.03  # the target for half the width of a CI over the median
_REJECTS = 0.05  # significance level of the test for normality
_SLOW = 1.10  # times the median


@dataclass(frozen=True)
class Rule:
    """`evidence` is the reason for the verdict."""

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
            "A speedup states its base case and its time",
            lambda: _base(run, estimates, reasons),
        ),
        ("Exclusions have a reason", lambda: _excluded(run, reasons)),
        ("Arithmetic means are for costs, harmonic means for rates", _no_means),
        ("Ratios are not averaged", _no_average_of_ratios),
        ("Nondeterministic data have confidence intervals", lambda: _intervals(run, estimates)),
        ("Normality is not assumed without a test", lambda: _normality(run)),
        ("Nondeterministic data are compared by statistics", _comparison),
        ("Is the median the right statistic?", lambda: _median(run)),
        ("All factors and the whole setup are documented", lambda: _setup(run)),
        ("How parallel times are measured is documented", lambda: _parallel_times(run)),
        ("Upper bounds are shown", lambda: _bounds(run)),
        ("Figures show variation; lines only where interpolation is valid", _figures),
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
        f"Serial with the same kernel: {words}. Speedups against the best serial and against the "
        "backend's own one worker have their own columns."
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
    return True, f"Serial, not a mechanism with one worker: {words}."


def _excluded(run: Run, reasons: Mapping[str, str]) -> tuple[bool, str]:
    parts = [f"{count_of(len(run.cases), 'case')}, {len(reasons)} of them excluded"]
    if run.largest_n and not run.loop:
        parts.append(f"at most {run.largest_n:,} samples (profile {run.profile})")
    if run.case_filter:
        parts.append(f"filter '{run.case_filter}'")
    for what, found in (("backends", run.backends_left_out), ("peers", run.peers_left_out)):
        if found:
            parts.append(f"{what} skipped: {', '.join(found)}")
    usable, logical = sysinfo.usable_cpus(run), cpus.number(run.machine, "logical_cpus")
    if usable and logical:
        parts.append(f"{usable} of {logical:.0f} CPUs used")
    return True, "; ".join(parts) + ". The reasons are next to the cases and at the top."


def _no_means() -> tuple[bool, str]:
    return True, (
        "The only mean is that of a cost: the time of a call, over the calls of a process. Over "
        "processes the median is taken, and rates are computed from it."
    )


def _no_average_of_ratios() -> tuple[bool, str]:
    return True, "Every ratio is a ratio of two medians. None is averaged over cases."


def _intervals(run: Run, estimates: Estimates) -> tuple[bool, str]:
    precise, every = precise_share(estimates)
    return estimates.has_intervals, (
        f"95% CIs over rounds. Half the width is at most {PRECISE:.0%} of the median for {precise} "
        f"of {count_of(every, 'case')}." + ("" if run.loop else " Counts are exact.")
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
        "No 95% CI assumes normality: the bootstrap resamples rounds. The Shapiro-Wilk test "
        f"rejects it for the logarithms of {rejected} of {count_of(tested, 'case')} at the 5% "
        "level."
    )


def _comparison() -> tuple[bool, str]:
    return True, (
        "Two cases differ if the 95% CI of their ratio, paired by round, excludes 1. Answers and "
        "claims require more."
    )


def _median(run: Run) -> tuple[bool, str]:
    by_case = run.frame.groupby("case")["real_time"]
    slow = int((by_case.max() > _SLOW * by_case.median()).sum())
    return True, (
        "The question is the usual time of a call, not the worst. In "
        f"{slow} of {count_of(len(by_case), 'case')} the slowest round took more than "
        f"{_SLOW - 1.0:.0%} longer than the median. All rounds are in run.json."
    )


def _setup(run: Run) -> tuple[bool, str]:
    items = [*sysinfo.machine_rows(run)]
    unknown = [row.label for row in items if row.value == UNKNOWN]
    words = f"{len(items) - len(unknown)} of {len(items)} items of machine and build are known"
    if unknown:
        words += f" (unknown: {', '.join(unknown)})"
    revision = {
        "no": "The revision is known.",
        "yes": "The build had uncommitted changes.",
    }.get(run.machine.get("revision_dirty", ""), "")
    named = run.machine.get("revision", UNKNOWN) != UNKNOWN and revision
    return run.machine.get("revision_dirty") == "no" and bool(named), (
        f"{words}. The state before and after is next to them. Every factor of a case is in its "
        f"name. {named or 'The revision of the build is unknown.'}"
    )


def _parallel_times(run: Run) -> tuple[bool, str]:
    return True, (
        "Real time of the calling process, from the call until it has all "
        f"{'results' if run.loop else 'counts'}, without a barrier. Cold includes creating and "
        "ending the workers. Google Benchmark takes the mean of the calls of a process; the report "
        "takes the median of the processes."
    )


def _bounds(run: Run) -> tuple[bool, str]:
    reads = any(case.get("kernel") == STREAM_READ for case in run.cases)
    words = "Figures of speedup show the ideal speedup. "
    if run.loop:
        return False, words + "Other limits of a user's own loop are unknown."
    if not reads:
        return False, words + "This run did not measure the time of reading the samples."
    return True, words + "Kernels are compared with the time of reading the samples."


def _figures() -> tuple[bool, str]:
    return True, (
        "Every figure of measurements shows 95% CIs. Lines join the points of a backend over n, "
        "workers or grain, where interpolation is valid."
    )
