"""Findings about a run: rejections (data excluded as invalid) and warnings (data may mislead).

Each states its cause and the next step, at the top of the report and in the terminal.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from parzen_study.common.wording import count_of, percent
from parzen_study.quality import disturbance_findings, rejections
from parzen_study.run import cpus, sysinfo
from parzen_study.run.case import SERIAL
from parzen_study.run.enough_rounds import MINIMUM_ROUNDS, VERDICT_ROUNDS
from parzen_study.run.finding import Finding
from parzen_study.run.own_loop import OwnLoop
from parzen_study.run.run import UNKNOWN, Run

BUSY_LOAD = 0.5  # CPUs
NOTABLE_STEAL = 0.01
SHORT_MEMORY = 0.10


def findings(run: Run, rejected: Mapping[str, Finding]) -> list[Finding]:
    """All findings, rejections first."""
    found = _grouped(
        *run.rejected_rounds,
        *(_errors_of_own_loop(run) if run.loop else _errors(run)),
        *dict.fromkeys(rejected.values()),
        *filter(None, [rejections.article_counts(run)]),
        *_rounds(run),
        *_mechanisms(run),
        *_machine_warnings(run),
        *_state_warnings(run),
    )
    return [_of_own_loop(each, run.loop) for each in found] if run.loop else found


def _grouped(*found: Finding) -> list[Finding]:
    """One finding for all cases, or rounds, with the same cause, with the first as the example: a
    busy machine can reject so many that they hide the answer."""
    alike: dict[object, list[Finding]] = defaultdict(list)
    for each in found:
        alike[(each.subject, each.cause, each.next_step) if each.subject else each].append(each)
    return [_together(first, len(others)) for first, *others in alike.values()]


def _together(first: Finding, others: int) -> Finding:
    if not others:
        return first
    more = count_of(others, f"other {first.subject}")
    return replace(first, what=f"{first.what}; {more} rejected for the same reason")


def _of_own_loop(finding: Finding, loop: OwnLoop) -> Finding:
    """With the command that measures that loop."""
    measure = f"make bench LOOP={shlex.quote(loop.file)}"
    return replace(finding, next_step=finding.next_step.replace("make bench", measure))


def _errors(run: Run) -> Iterator[Finding]:
    for case in sorted(run.failed):
        own = [error for error in run.errors if error.case == case]
        yield Finding(
            "rejection",
            f"{case} has no time: an error in {len(own)} of {count_of(run.ran[case], 'round')}",
            own[0].message,
            "run its tests with 'make test', repair the backend, then measure again",
            subject="case",
        )


def _errors_of_own_loop(run: Run) -> Iterator[Finding]:
    """One per backend. It rejects no other case."""
    for backend in sorted({case.backend for case in run.cases if case.name in run.failed}):
        own = [case for case in run.cases if case.backend == backend]
        first = next(each for each in run.errors if each.case in {case.name for case in own})
        failed = sum(case.name in run.failed for case in own)
        yield Finding(
            "warning",
            f"{backend} has no time in {failed} of {count_of(len(own), 'case')}: an error",
            f"{first.message} ({first.case})",
            "repair the loop and measure again; the answer excludes these cases",
        )


def _rounds(run: Run) -> Iterator[Finding]:
    if run.interrupted or run.rounds + len(run.rejected_rounds) < run.rounds_planned:
        yield Finding(
            "warning",
            f"the run is incomplete: {run.rounds_in_words}",
            "it was interrupted; the finished rounds were kept",
            "let 'make bench' finish before you rely on small differences",
        )
    if run.fewest_rounds < MINIMUM_ROUNDS:
        yield Finding(
            "warning",
            f"no 95% CIs and no figures of times: only {count_of(run.fewest_rounds, 'round')}",
            f"a 95% CI needs at least {MINIMUM_ROUNDS} rounds",
            f"'make bench', which measures at least {VERDICT_ROUNDS} with the default profile",
        )
    elif run.fewest_rounds < VERDICT_ROUNDS:
        yield Finding(
            "warning",
            f"95% CIs are rough: {count_of(run.fewest_rounds, 'round')}"
            + (" for some cases" if run.fewest_rounds < run.most_rounds else ""),
            f"with fewer than {VERDICT_ROUNDS} rounds a 95% CI covers the truth in less than 95%",
            f"measure at least {VERDICT_ROUNDS} rounds: 'make bench' with the default profile",
        )


def _mechanisms(run: Run) -> Iterator[Finding]:
    # Peers are in no answer.
    solving = {
        case.backend
        for case in run.cases
        if (case.counts_samples or run.loop) and not run.is_of_peer(case)
    }
    unknown = solving - run.mechanisms.keys() - {SERIAL}
    if unknown:
        yield Finding(
            "warning",
            f"the mechanism (threads or processes) is unknown for: {', '.join(sorted(unknown))}",
            "the run states no mechanism for them (backends.mechanisms), so answers exclude them",
            "measure again with this revision's 'make bench'",
        )


def _machine_warnings(run: Run) -> Iterator[Finding]:
    machine = run.machine
    usable, logical = (cpus.number(machine, key) for key in ("usable_cpus", "logical_cpus"))
    if usable and logical and usable < logical:
        yield Finding(
            "warning",
            f"only {usable:.0f} of {logical:.0f} CPUs were usable",
            "an affinity mask or a cpuset limits the process",
            "read every figure as one of a smaller machine, or remove the mask (taskset, cpuset)",
        )
    quota = sysinfo.quota_cpus(run)
    if quota is not None:
        yield Finding(
            "warning",
            f"a quota limits the CPU time: {machine['cpu_quota']}",
            "a control group (container, service) throttles the processes",
            "run without the quota, or read the figures as those with the quota",
        )
    build = machine.get("build_type") or UNKNOWN
    if build.lower() not in {UNKNOWN, "release", "relwithdebinfo", "minsizerel"}:
        yield Finding(
            "warning",
            f"the build is '{build}', not optimised",
            "slow arithmetic hides the overhead of the mechanisms",
            "'make clean', then 'make bench', which builds with the release preset",
        )
    if machine.get("revision_dirty") == "yes":
        yield Finding(
            "warning",
            "the build had uncommitted changes",
            "the git revision alone does not reproduce these times",
            "to keep the run, commit and measure again",
        )


def _state_warnings(run: Run) -> Iterator[Finding]:
    before = run.states[0]
    governor = before.get("governor") or UNKNOWN
    if governor not in {UNKNOWN, "performance"}:
        yield Finding(
            "warning",
            f"the frequency governor is '{governor}'",
            "the clock rate rises only under load, so short cases run slower than long ones",
            "sudo cpupower frequency-set -g performance",
        )
    if before.get("turbo") == "on":
        yield Finding(
            "warning",
            "turbo is on",
            "one busy core has a higher clock rate than several, which lowers every speedup",
            "switch it off (intel_pstate/no_turbo, cpufreq/boost), or state it with the figures",
        )
    if governor == UNKNOWN and (before.get("turbo") or UNKNOWN) == UNKNOWN:
        yield Finding(
            "warning",
            "governor and turbo are unknown",
            "usual on a virtual machine: the host sets the clock rate and may change it",
            "compare runs of this machine only, or measure on a machine that shows its clock rate",
        )
    yield from _busy_before(run)
    yield from filter(
        None,
        [
            disturbance_findings.throughout(run.disturbances, run.foreign_loads),
            disturbance_findings.in_some_rounds(run.disturbances, run.foreign_loads),
        ],
    )
    steal = sysinfo.steal_share(run)
    if steal is not None and steal > NOTABLE_STEAL:
        yield Finding(
            "warning",
            f"the host took {percent(steal)} of the CPU time (steal)",
            "other virtual machines compete for the same cores",
            "measure at a quieter time, or on a dedicated machine",
        )
    throttled = sysinfo.grown(run, "throttled_periods")
    if throttled is not None and throttled > 0:
        yield Finding(
            "warning",
            f"the run was throttled in {throttled:.0f} periods",
            "it exceeded the CPU quota of its control group",
            "raise the quota, or use fewer workers",
        )
    yield from _surroundings(run)


def _busy_before(run: Run) -> Iterator[Finding]:
    """CPU usage right before the first round, or the load average, which includes an earlier
    build."""
    usable = sysinfo.usable_cpus(run)
    load = cpus.number(run.states[0], "load_1m")
    if run.busy_before is not None and usable is not None:
        busy = run.busy_before * usable
        what = f"{busy:.1f} of {count_of(usable, 'CPU')} were busy in the second before the run"
    elif load is not None:
        busy = load
        what = f"the machine was busy before the run: load {load:.2f}"
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
    available = cpus.number(before, "memory_available_bytes")
    total = cpus.number(run.machine, "memory_bytes")
    if available is not None and total and available < SHORT_MEMORY * total:
        yield Finding(
            "warning",
            f"memory is short: {available / 2**30:.1f} of {total / 2**30:.1f} GiB available",
            "pages may be swapped out while a case runs",
            "free memory, then measure again",
        )
    power = before.get("power", "").lower()
    if "battery" in power or "discharging" in power:
        yield Finding(
            "warning",
            "the machine ran on battery",
            "it lowers the clock rate to save power",
            "connect it to mains power, then measure again",
        )
    environment = before.get("environment") or UNKNOWN
    if environment not in {UNKNOWN, "none"}:
        yield Finding(
            "warning",
            f"the environment changes a library's defaults: {environment}",
            "such variables set thread counts, allocators or preloaded code",
            "unset them and measure again, unless they are what you study",
        )
