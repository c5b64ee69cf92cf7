"""Rejected cases: invalid times, speedups or counts, or too few rounds. A rejected case is excluded
from figures, answers and claims."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping

from parzen_study.common.wording import count_of, percent, seconds
from parzen_study.run import published, sysinfo
from parzen_study.run.case import MPI, SERIAL, Case
from parzen_study.run.enough_rounds import VERDICT_ROUNDS
from parzen_study.run.finding import Finding
from parzen_study.run.own_loop import FAMILY as LOOPS
from parzen_study.run.run import Run
from parzen_study.stats.estimates import Estimates

IMPLAUSIBLE_EFFICIENCY = 1.5
# Of the CPU time of all usable CPUs; errors of clocks and ticks are smaller.
IMPOSSIBLE_CPU_TIME = 1.2
# By how many seconds a pause may be longer than asked for: the slack of timers, and a wake-up.
# Waiting workers may spin meanwhile.
_LATE = 3e-4


def rejected_cases(run: Run, estimates: Estimates) -> dict[str, Finding]:
    """By name: too few rounds, impossible times and speedups, wrong counts."""
    return (
        too_few_rounds(run)
        | impossible_times(run, estimates)
        | implausible(run, estimates)
        | wrong_counts(estimates)
    )


def too_few_rounds(run: Run) -> dict[str, Finding]:
    """The cases with too few rounds, where others have enough."""
    return {
        name: Finding(
            "rejection",
            f"{name}: too few rounds ({rounds}, and a verdict needs {VERDICT_ROUNDS})",
            "rounds were rejected, and no time was left to repeat these cases",
            "stop other programs and measure again, or allow more time: make bench PROFILE=full",
            transient=True,
            subject="case",
        )
        for name, rounds in run.short_of_rounds.items()
    }


def impossible_times(run: Run, estimates: Estimates) -> dict[str, Finding]:
    """The cases that used more CPU time than the CPUs have, in at least half of their rounds: one
    of the two clocks was wrong. Both times are of the same round: on a busy machine, the medians of
    the two may be of different rounds.

    Ranks of MPI may have the CPUs of several machines, of which the run describes one.
    """
    usable = sysinfo.cpus_at_once(run)
    rejected: dict[str, Finding] = {}
    for name, each in estimates.measured.items():
        if not usable or each.case.backend == MPI:
            continue
        pause = each.case.pause + _LATE if each.case.pause else 0.0
        shares = sorted(
            (cpu_time / (usable * (time + pause)), cpu_time, time)
            for cpu_time, time in each.cpu_and_real_times
        )
        share, cpu_time, time = shares[len(shares) // 2] if shares else (0.0, 0.0, 0.0)
        if share > IMPOSSIBLE_CPU_TIME:
            rejected[name] = Finding(
                "rejection",
                f"{name}: {seconds(cpu_time)} of CPU time in {seconds(time)}, {percent(share)} of "
                f"the maximum of {count_of(usable, 'usable CPU')}",
                "the clock of real time or of CPU time was wrong: it was set, or it stopped with "
                "the virtual machine",
                "check that nothing sets the clock, and measure again",
                subject="case",
            )
    return rejected


def implausible(run: Run, estimates: Estimates) -> dict[str, Finding]:
    """The cases whose efficiency is above IMPLAUSIBLE_EFFICIENCY, by either speedup.

    The ideal speedup is the number of workers, or of usable CPUs where there are fewer, but ranks
    of MPI may be on several machines. Caches can raise it somewhat; beyond 150% the case or its
    reference is invalid. Where a worker's share of the samples fits into a cache and the whole does
    not, the ideal is larger by as much as serial itself shows (`_cache_gain`).
    """
    usable = sysinfo.cpus_at_once(run)
    serial_lines = _serial_lines(estimates)
    serial_of_loops = {
        each.case.problem: each.case
        for each in estimates.measured.values()
        # A user's own loop is answered all the same, with a warning (topics/own_loop/).
        if each.case.family == LOOPS and each.case.backend == SERIAL and not run.loop
    }
    rejected: dict[str, Finding] = {}
    for name, each in estimates.measured.items():
        cpus = usable if each.case.backend != MPI else None
        at_once = min(each.workers, cpus) if cpus else each.workers
        line = serial_lines.get(_line(each.case), {})
        bound = at_once * _cache_gain(line, each.case, at_once)
        limit = IMPLAUSIBLE_EFFICIENCY * bound
        one = estimates.one_worker_of(each.case)
        serial = estimates.serial_of(each.case) or serial_of_loops.get(each.case.problem)
        for against, reference in ((one, "its own one worker"), (serial, "serial")):
            # A CI contains its figure, so resampling is needed only where that is beyond.
            if not against or estimates.seconds(against) <= limit * estimates.seconds(each.case):
                continue
            # The whole CI has to be beyond, so that noise rejects nothing.
            speedup = estimates.speedup_between(each.case, against)
            if speedup.has_interval and speedup.low > limit:
                rejected[name] = Finding(
                    "rejection",
                    f"{name}: a speedup of {speedup.value:.2f} against {reference} with "
                    f"{count_of(each.workers, 'worker')} on {count_of(usable, 'usable CPU')} is an "
                    f"efficiency of {percent(speedup.value / bound)}, above the plausible "
                    f"{IMPLAUSIBLE_EFFICIENCY:.0%}",
                    "the case or its reference was disturbed, or did not do all of its work",
                    "measure again on a quiet machine; if it persists, check the backend's counts",
                    subject="case",
                )
    return rejected


def _size(case: Case) -> int:
    """Of its problem: the number of samples, or a loop's size."""
    return case.number("size" if case.family == LOOPS else "n")


def _line(case: Case) -> tuple[str, ...]:
    """Cases that differ in their size alone, however they are computed."""
    same = {**case.problem_parameters(), "kernel": case.get("kernel"), "n": "", "size": ""}
    return (case.family, *(f"{key}:{value}" for key, value in sorted(same.items())))


def _serial_lines(estimates: Estimates) -> dict[tuple[str, ...], dict[int, float]]:
    """The seconds of serial per sample, or per unit of a loop's size, by size, of each line."""
    found: dict[tuple[str, ...], dict[int, float]] = defaultdict(dict)
    for each in estimates.measured.values():
        if each.case.backend == SERIAL and (n := _size(each.case)):
            line = found[_line(each.case)]
            line[n] = min(line.get(n, math.inf), estimates.seconds(each.case) / n)
    return found


def _cache_gain(line: Mapping[int, float], case: Case, workers: int) -> float:
    """How many times as long serial takes per sample as on the share of one worker: of the nearest
    size measured that is no larger. At least 1, and 1 where no larger size confirms the time of the
    whole: it may be a disturbed one."""
    n = _size(case)
    shares = [size for size in line if size <= n / workers]
    larger = [size for size in line if size > n]
    if n not in line or not shares or not larger:
        return 1.0
    return max(1.0, min(line[n], line[min(larger)]) / line[max(shares)])


def wrong_counts(estimates: Estimates) -> dict[str, Finding]:
    """The cases whose counts differ from those of serial, with any kernels.

    Serial is that of the oracle's kernel, if the problem has one.
    """
    oracle = {
        each.case.problem: each.case
        for each in estimates.measured.values()
        if each.case.backend == SERIAL and each.case.get("kernel") == published.KERNEL
    }
    rejected: dict[str, Finding] = {}
    for name, each in estimates.measured.items():
        serial = oracle.get(each.case.problem) or estimates.best_serial_of(each.case)
        expected = estimates.measured[serial.name].counts_digest if serial else None
        found = each.counts_digest
        if found is not None and expected is not None and found != expected:
            rejected[name] = Finding(
                "rejection",
                f"{name}: its counts differ from those of serial "
                f"(digest {found:08x}, serial {expected:08x})",
                "the kernel or the backend counts wrongly, and no check found it in the run",
                "run 'make test', repair it, then measure again",
                subject="case",
            )
    return rejected


def article_counts(run: Run) -> Finding | None:
    """Whether this build counts the article's problem wrongly: then all times are invalid."""
    expected = tuple(published.article()["density_table"]["counts"])
    if not run.article_counts or run.article_counts == expected:
        return None
    return Finding(
        "rejection",
        "all times are invalid: the counts of the article's twelve widths are wrong",
        f"counted {', '.join(map(str, run.article_counts))}; "
        f"expected {', '.join(map(str, expected))}",
        "run 'make test': the generator or the kernel is wrong; repair it, then measure again",
    )
