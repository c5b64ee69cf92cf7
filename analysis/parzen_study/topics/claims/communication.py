"""The claim that every additional process costs inter-process communication.

One row for cold calls and one for warm ones: creating a worker is not communication, and in the
article's calls it is most of the cost of another process.
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

_STARTED = {COLD: "workers created in the call (cold)", WARM: "workers ready (warm)"}


def created(evidence: Evidence, program: Program) -> Decision:
    """Of cold calls, as the article's are, with the share of creation."""
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
        figure += f" Cold minus warm, the cost of creation: {time_with_interval(creation)}."
    return verdict, figure


def ready(evidence: Evidence, program: Program) -> Decision:
    """Of warm calls, so that messages remain."""
    verdict, figure = _costs(evidence, program, WARM)
    return verdict, figure + _message(evidence, program)


def _costs(evidence: Evidence, program: Program, start: str) -> Decision:
    """Confirmed where, at the published n, each worker beyond the CPUs makes the call longer;
    refuted where none does."""
    measured, cpus = evidence.article(program, start=start), sysinfo.cpus_at_once(evidence.run)
    if not measured:
        return not_measured(f"{program.backend} at the article's problem, {_STARTED[start]}")
    if not cpus:
        return Verdict.INCONCLUSIVE, "The number of CPUs is unknown."
    cases = _no_fewer_than_cpus(evidence, program, start)
    if len(cases) < 2:
        return Verdict.INCONCLUSIVE, (
            f"Needs two numbers of workers that are at least the {count_of(cpus, 'CPU')}: below "
            f"that, a further worker also takes over work. Measured{at(measured)}: "
            f"{workers(measured)}."
        )
    each = worker_cost(evidence.estimates, cases)
    figure = (
        f"{program.backend}, up to {cases[-1].number('workers')} workers, {_STARTED[start]}: each "
        f"worker beyond the {count_of(cpus, 'CPU')} adds {time_with_interval(each)} to a "
        f"call{at(cases)}"
    )
    return decided(each, 0.0, figure)


def _no_fewer_than_cpus(evidence: Evidence, program: Program, start: str) -> list[Case]:
    """By all CPUs: a quota does not limit a call of milliseconds."""
    cpus = sysinfo.cpus_at_once(evidence.run)
    return [
        case
        for case in evidence.article(program, start=start)
        if cpus and case.number("workers") >= cpus
    ]


def _message(evidence: Evidence, program: Program) -> str:
    """The round trip of an empty task, for comparison."""
    backend = "pool_pipe" if program is CPP else program.backend
    apply = [
        case
        for case in evidence.find(family="dispatch", backend=backend, operation="apply", workers=1)
        if not case.get("processors")
    ]
    if not apply:
        return ""
    time = evidence.estimates.measured[apply[0].name].time
    return f" The round trip of an empty task takes {time_with_interval(time)} ({backend})."
