"""What cannot be true, or has too few rounds: a case that is rejected is in no figure, no answer
and no claim."""

from __future__ import annotations

from parzen_study.common.wording import count_of, percent, seconds
from parzen_study.run import published, sysinfo
from parzen_study.run.case import SERIAL
from parzen_study.run.enough_rounds import VERDICT_ROUNDS
from parzen_study.run.finding import Finding
from parzen_study.run.run import Run
from parzen_study.stats.estimates import Estimates

IMPLAUSIBLE_EFFICIENCY = 1.5
# Of the CPU time that the usable CPUs can give; what clocks and ticks leave inexact is below it.
IMPOSSIBLE_CPU_TIME = 1.2


def rejected_cases(run: Run, estimates: Estimates) -> dict[str, Finding]:
    """By name: too few rounds, impossible times and speedups, wrong counts."""
    return (
        too_few_rounds(run)
        | impossible_times(run, estimates)
        | implausible(run, estimates)
        | wrong_counts(estimates)
    )


def too_few_rounds(run: Run) -> dict[str, Finding]:
    """The cases that have too few rounds where others have enough; a finding for all that have the
    same number."""
    short = run.short_of_rounds
    found = {
        rounds: Finding(
            "rejection",
            f"{count_of(list(short.values()).count(rounds), 'case')} rejected for too few rounds: "
            f"{rounds}, and a verdict takes {VERDICT_ROUNDS}",
            "rounds were rejected, and there was no time to measure these cases again",
            "stop other programs, then measure again, or with more time: make bench PROFILE=full",
            transient=True,
        )
        for rounds in set(short.values())
    }
    return {name: found[rounds] for name, rounds in short.items()}


def impossible_times(run: Run, estimates: Estimates) -> dict[str, Finding]:
    """The cases that used more CPU time than there was.

    In a second of real time each CPU gives one second of CPU time, so more says that one of the
    two clocks went wrong: it was set, or stopped with the virtual machine.
    """
    usable = sysinfo.cpus_at_once(run)
    rejected: dict[str, Finding] = {}
    for name, each in estimates.measured.items():
        time = estimates.seconds(each.case)
        there = usable * (time + each.case.pause) if usable else 0.0
        share = each.total_cpu_time / there if there else 0.0
        if share > IMPOSSIBLE_CPU_TIME:  # NaN, where it is unknown, is not
            rejected[name] = Finding(
                "rejection",
                f"{name}: {seconds(each.total_cpu_time)} of CPU time in "
                f"{seconds(time)}, {percent(share)} of what "
                f"{count_of(usable, 'usable CPU')} can give",
                "the clock of real time or that of CPU time went wrong: set, or stopped with the "
                "virtual machine",
                "make sure that nothing sets the clock, and measure again",
            )
    return rejected


def implausible(run: Run, estimates: Estimates) -> dict[str, Finding]:
    """The cases of more than 150% efficiency.

    A speedup can at best reach the number of workers, or of usable CPUs where there are fewer.
    Caches can lift it somewhat above; 150% of that bound is beyond any cache, so either the
    reference or the case was not measured rightly. Both speedups are held against it.
    """
    usable = sysinfo.cpus_at_once(run)
    rejected: dict[str, Finding] = {}
    for name, each in estimates.measured.items():
        bound = min(each.workers, usable) if usable else each.workers
        limit = IMPLAUSIBLE_EFFICIENCY * bound
        one, serial = estimates.one_worker_of(each.case), estimates.serial_of(each.case)
        for speedup_of, against, reference in (
            (estimates.speedup_against_own_one_worker, one, "its own one worker"),
            (estimates.speedup_against_serial, serial, "serial"),
        ):
            # An interval holds the figure: only where that is beyond is there a need to resample.
            if not against or estimates.seconds(against) <= limit * estimates.seconds(each.case):
                continue
            # Noise must reject nothing, so the whole interval has to lie beyond: even a rough one.
            speedup = speedup_of(each.case)
            if speedup and speedup.has_interval and speedup.low > limit:
                rejected[name] = Finding(
                    "rejection",
                    f"{name}: {speedup.value:.2f} times the speed of {reference} with "
                    f"{count_of(each.workers, 'worker')} on {count_of(usable, 'usable CPU')} is "
                    f"{percent(speedup.value / bound)} efficiency, and beyond "
                    f"{IMPLAUSIBLE_EFFICIENCY:.0%} none can be",
                    "it or its reference was disturbed, or did not do the whole work",
                    "measure again on a quiet machine; if it stays, look at the backend's counts",
                )
    return rejected


def wrong_counts(estimates: Estimates) -> dict[str, Finding]:
    """The cases that count otherwise than serial does, whatever the kernel of either.

    Serial is the case of the oracle's kernel where the problem has one: of two kernels that do not
    agree it is the one to believe.
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
                f"{name}: its counts are not those of serial "
                f"(digest {found:08x}, serial {expected:08x})",
                "the kernel or the backend counts wrongly, and was not caught when it ran",
                "run 'make test', repair it, then measure again",
            )
    return rejected


def article_counts(run: Run) -> Finding | None:
    """Whether this build counts the article's own problem wrongly; then no time means anything."""
    expected = tuple(published.article()["density_table"]["counts"])
    if not run.article_counts or run.article_counts == expected:
        return None
    return Finding(
        "rejection",
        "the counts of the article's twelve widths are not the article's, so no time here means "
        "anything",
        f"counted {', '.join(map(str, run.article_counts))}; "
        f"expected {', '.join(map(str, expected))}",
        "run 'make test': the generator or the kernel is wrong; repair it, then measure again",
    )
