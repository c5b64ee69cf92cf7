"""The claim that every additional process costs inter-process communication.

A row each for calls that create their workers and for calls whose workers are ready: creation is no
communication, and in the article's calls it is most of what another process costs.
"""

from __future__ import annotations

from parzen_study.common.wording import count_of
from parzen_study.run import sysinfo
from parzen_study.run.case import COLD, WARM, Case
from parzen_study.stats.wording import time_with_interval
from parzen_study.topics.claims.decision import (
    Decision,
    Verdict,
    at,
    decided,
    not_measured,
    workers,
)
from parzen_study.topics.claims.evidence import CPP, Evidence, Program
from parzen_study.topics.claims.worker_cost import creation_cost, worker_cost

_STARTED = {COLD: "workers created in it (cold)", WARM: "workers ready (warm)"}


def created(evidence: Evidence, program: Program) -> Decision:
    """Of calls that create their workers, as the article's do, with the share of creation."""
    verdict, figure = _costs(evidence, program, COLD)
    cold, warm = (
        {case.number("workers"): case for case in _no_fewer_than_cpus(evidence, program, start)}
        for start in (COLD, WARM)
    )
    both = sorted(cold.keys() & warm.keys())
    if len(both) > 1:
        creation = creation_cost(
            evidence.estimates, [cold[each] for each in both], [warm[each] for each in both]
        )
        figure += f" Creation is {time_with_interval(creation)} of it, cold less warm."
    return verdict, figure


def ready(evidence: Evidence, program: Program) -> Decision:
    """Of calls whose workers are ready, so that messages are left."""
    verdict, figure = _costs(evidence, program, WARM)
    return verdict, figure + _message(evidence, program)


def _costs(evidence: Evidence, program: Program, start: str) -> Decision:
    """Confirmed where, at the published n, each worker beyond the CPUs makes the call longer;
    refuted where none does."""
    measured, cpus = evidence.article(program, start=start), sysinfo.cpus_at_once(evidence.run)
    if not measured:
        return not_measured(f"{program.backend} at the article's problem, {_STARTED[start]}")
    if not cpus:
        return Verdict.UNDECIDED, "The number of CPUs is unknown."
    cases = _no_fewer_than_cpus(evidence, program, start)
    if len(cases) < 2:
        return Verdict.UNDECIDED, (
            f"It takes two numbers of workers of at least the {count_of(cpus, 'CPU')}, "
            "since one more of fewer also takes over a share of the work; measured"
            f"{at(measured)}: {workers(measured)}."
        )
    each = worker_cost(evidence.estimates, cases)
    figure = (
        f"From {cases[0].number('workers')} to {cases[-1].number('workers')} workers of "
        f"{program.backend}, on {count_of(cpus, 'CPU')}, each one more adds "
        f"{time_with_interval(each)} to a call with {_STARTED[start]}{at(cases)}"
    )
    return decided(each, 0.0, figure)


def _no_fewer_than_cpus(evidence: Evidence, program: Program, start: str) -> list[Case]:
    """A quota leaves a call of milliseconds all CPUs, so those count."""
    cpus = sysinfo.cpus_at_once(evidence.run)
    return [
        case
        for case in evidence.article(program, start=start)
        if cpus and case.number("workers") >= cpus
    ]


def _message(evidence: Evidence, program: Program) -> str:
    """What a task's way to a worker and back takes, for comparison."""
    backend = "pool_pipe" if program is CPP else program.backend
    apply = [
        case
        for case in evidence.find(family="dispatch", backend=backend, operation="apply", workers=1)
        if not case.get("processors")
    ]
    if not apply:
        return ""
    time = evidence.estimates.measured[apply[0].name].time
    return f" An empty task to a worker of {backend} and back takes {time_with_interval(time)}."
