"""What makes a run doubtful: refusals (it cannot be true) and warnings (it may mislead).

A refusal takes a case out of the figures and the answer; a warning states its cause and the next
step. Both are shown at the top of the report and in the terminal, never in a footnote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from parzen_study import published, sysinfo
from parzen_study.case import SERIAL
from parzen_study.estimates import Estimates
from parzen_study.phrasing import count_of, percent
from parzen_study.run import UNKNOWN, Run
from parzen_study.stats import MINIMUM_ROUNDS, VERDICT_ROUNDS

IMPLAUSIBLE_EFFICIENCY = 1.5
BUSY_LOAD = 0.5  # CPUs
NOTABLE_STEAL = 0.01
SHORT_MEMORY = 0.10


@dataclass(frozen=True)
class Finding:
    """`refusal`: data left out. `warning`: data kept, with care."""

    kind: Literal["refusal", "warning"]
    what: str
    cause: str
    next_step: str


def refused_cases(run: Run, estimates: Estimates) -> dict[str, Finding]:
    """The cases that cannot be true, by name: wrong counts and impossible speedups."""
    return implausible(run, estimates) | wrong_counts(estimates)


def implausible(run: Run, estimates: Estimates) -> dict[str, Finding]:
    """The cases of more than 150% efficiency.

    A speedup can at best reach the number of workers, or of usable CPUs where there are fewer.
    Caches can lift it somewhat above; 150% of that bound is beyond any cache, so either the
    reference or the case was not measured rightly. Both speedups are held against it.
    """
    usable = sysinfo.usable_cpus(run)
    refused: dict[str, Finding] = {}
    for name, each in estimates.measured.items():
        bound = min(each.workers, usable) if usable else each.workers
        for speedup, reference in (
            (each.speedup_own, "its own one worker"),
            (each.speedup, "serial"),
        ):
            # Noise must refuse nothing, so the whole interval has to lie beyond.
            if speedup and speedup.wholly_above(IMPLAUSIBLE_EFFICIENCY * bound):
                refused[name] = Finding(
                    "refusal",
                    f"{name}: {speedup.value:.2f} times the speed of {reference} with "
                    f"{count_of(each.workers, 'worker')} on {count_of(usable, 'usable CPU')} is "
                    f"{percent(speedup.value / bound)} efficiency, and beyond "
                    f"{IMPLAUSIBLE_EFFICIENCY:.0%} none can be",
                    "it or its reference was disturbed, or did not do the whole work",
                    "measure again on a quiet machine; if it stays, look at the backend's counts",
                )
    return refused


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
    refused: dict[str, Finding] = {}
    for name, each in estimates.measured.items():
        serial = oracle.get(each.case.problem) or estimates.best_serial_of(each.case)
        expected = estimates.measured[serial.name].counts_digest if serial else None
        found = each.counts_digest
        if found is not None and expected is not None and found != expected:
            refused[name] = Finding(
                "refusal",
                f"{name}: its counts are not those of serial "
                f"(digest {found:08x}, serial {expected:08x})",
                "the kernel or the backend counts wrongly, and was not caught when it ran",
                "run 'make test', repair it, then measure again",
            )
    return refused


def article_counts(run: Run) -> Finding | None:
    """Whether this build counts the article's own problem wrongly; then no time means anything."""
    expected = tuple(published.article()["density_table"]["counts"])
    if not run.article_counts or run.article_counts == expected:
        return None
    return Finding(
        "refusal",
        "the counts of the article's twelve widths are not the article's, so no time here means "
        "anything",
        f"counted {', '.join(map(str, run.article_counts))}; "
        f"expected {', '.join(map(str, expected))}",
        "run 'make test': the generator or the kernel is wrong; repair it, then measure again",
    )


def findings(run: Run, refused: Mapping[str, Finding]) -> list[Finding]:
    """Everything to say about a run's quality, refusals first."""
    return [
        *_errors(run),
        *refused.values(),
        *filter(None, [article_counts(run)]),
        *_rounds(run),
        *_mechanisms(run),
        *_machine_warnings(run),
        *_state_warnings(run),
    ]


def _errors(run: Run) -> Iterator[Finding]:
    for case in sorted(run.failed):
        own = [error for error in run.errors if error.case == case]
        yield Finding(
            "refusal",
            f"{case} has no time: an error in {len(own)} of {count_of(run.rounds, 'round')}",
            own[0].message,
            "run its tests with 'make test', repair the backend, then measure again",
        )


def _rounds(run: Run) -> Iterator[Finding]:
    if run.interrupted or run.rounds < run.rounds_planned:
        yield Finding(
            "warning",
            f"the run was cut short: {run.rounds} of {count_of(run.rounds_planned, 'round')}",
            "it was interrupted, and the finished rounds were kept",
            "let 'make bench' finish before you rely on small differences",
        )
    if run.rounds < MINIMUM_ROUNDS:
        yield Finding(
            "warning",
            f"no time has an interval, and no figure of times is drawn: {run.rounds} rounds",
            f"an interval takes at least {MINIMUM_ROUNDS} rounds",
            f"'make bench', which measures at least {VERDICT_ROUNDS} at the default profile",
        )
    elif run.rounds < VERDICT_ROUNDS:
        yield Finding(
            "warning",
            f"the intervals are rough: {run.rounds} rounds",
            f"with fewer than {VERDICT_ROUNDS} rounds a 95% interval covers less than 90%",
            f"measure at least {VERDICT_ROUNDS} rounds: 'make bench' at the default profile",
        )


def _mechanisms(run: Run) -> Iterator[Finding]:
    solving = {case.backend for case in run.cases if case.counts_samples}
    # A peer is in no answer, so nobody asks what it is.
    unknown = solving - run.mechanisms.keys() - run.peers.keys() - {SERIAL}
    if unknown:
        yield Finding(
            "warning",
            f"whether it is threads or processes is unknown of: {', '.join(sorted(unknown))}",
            "the run says no mechanism for them (backends.mechanisms), so no answer includes them",
            "measure again with this revision's 'make bench'",
        )


def _machine_warnings(run: Run) -> Iterator[Finding]:
    machine = run.machine
    usable, logical = (sysinfo.number(machine, key) for key in ("usable_cpus", "logical_cpus"))
    if usable and logical and usable < logical:
        yield Finding(
            "warning",
            f"only {usable:.0f} of {logical:.0f} CPUs could be used",
            "an affinity mask or a cpuset narrows the process",
            "read every figure as one of the smaller machine, or lift the mask (taskset, cpuset)",
        )
    quota = sysinfo.quota_cpus(run)
    if quota is not None:
        yield Finding(
            "warning",
            f"a quota limits the CPU time: {machine['cpu_quota']}",
            "a control group (container, service) throttles whatever runs longer",
            "run without the quota, or read the figures as those of the quota",
        )
    build = machine.get("build_type") or UNKNOWN
    if build.lower() not in {UNKNOWN, "release", "relwithdebinfo", "minsizerel"}:
        yield Finding(
            "warning",
            f"the build is '{build}', not an optimised one",
            "its times say little about the mechanism: unoptimised arithmetic hides the overhead",
            "'make clean', then 'make bench', which builds with the release preset",
        )
    if machine.get("revision_dirty") == "yes":
        yield Finding(
            "warning",
            "the build had uncommitted changes",
            "the git revision alone does not give these times again",
            "commit, then measure again, if the run is to be kept",
        )


def _state_warnings(run: Run) -> Iterator[Finding]:
    before = run.states[0]
    governor = before.get("governor") or UNKNOWN
    if governor not in {UNKNOWN, "performance"}:
        yield Finding(
            "warning",
            f"the frequency governor is '{governor}'",
            "the clock rises only under load, so short cases run slower than long ones",
            "sudo cpupower frequency-set -g performance",
        )
    if before.get("turbo") == "on":
        yield Finding(
            "warning",
            "turbo is on",
            "one busy core clocks higher than several, which understates every speedup",
            "switch it off (intel_pstate/no_turbo, cpufreq/boost), or mention it with the figures",
        )
    if governor == UNKNOWN and (before.get("turbo") or UNKNOWN) == UNKNOWN:
        yield Finding(
            "warning",
            "governor and turbo cannot be read",
            "usual on a virtual machine: the host decides on the clock rate, and may change it",
            "compare runs of this machine only; repeat on hardware that shows its clock",
        )
    yield from _busy_before(run)
    steal = sysinfo.steal_share(run)
    if steal is not None and steal > NOTABLE_STEAL:
        yield Finding(
            "warning",
            f"the host took {percent(steal)} of the CPU time away (steal)",
            "other virtual machines compete for the same cores",
            "measure at a quieter hour or on a machine of your own",
        )
    throttled = sysinfo.grown(run, "throttled_periods")
    if throttled is not None and throttled > 0:
        yield Finding(
            "warning",
            f"the run was throttled in {throttled:.0f} periods",
            "the CPU quota of the control group was used up",
            "raise the quota, or use fewer workers",
        )
    yield from _surroundings(run)


def _busy_before(run: Run) -> Iterator[Finding]:
    """What the CPUs did right before the first round, where the run says it.

    The load average remembers minutes, such as the build that a run follows.
    """
    usable = sysinfo.usable_cpus(run)
    load = sysinfo.number(run.states[0], "load_1m")
    if run.busy_before is not None and usable is not None:
        busy = run.busy_before * usable
        what = f"{busy:.1f} of {count_of(usable, 'CPU')} were busy in the second before the start"
    elif load is not None:
        busy = load
        what = f"the machine was busy before the start: load {load:.2f}"
    else:
        return
    if busy > BUSY_LOAD:
        yield Finding(
            "warning",
            what,
            "other programs share the CPUs with the workers",
            "stop them, then measure again",
        )


def _surroundings(run: Run) -> Iterator[Finding]:
    before = run.states[0]
    available = sysinfo.number(before, "memory_available_bytes")
    total = sysinfo.number(run.machine, "memory_bytes")
    if available is not None and total and available < SHORT_MEMORY * total:
        yield Finding(
            "warning",
            f"memory is short: {available / 2**30:.1f} of {total / 2**30:.1f} GiB available",
            "pages may be dropped or swapped while a case runs",
            "free memory, then measure again",
        )
    power = before.get("power", "").lower()
    if "battery" in power or "discharging" in power:
        yield Finding(
            "warning",
            "the machine ran on its battery",
            "it saves power by clocking down",
            "connect it to the mains, then measure again",
        )
    environment = before.get("environment") or UNKNOWN
    if environment not in {UNKNOWN, "none"}:
        yield Finding(
            "warning",
            f"the environment changes a library's defaults: {environment}",
            "such variables set thread counts, allocators or preloaded code",
            "unset them and measure again, unless they are what you study",
        )
