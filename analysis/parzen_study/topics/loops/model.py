"""When do processes beat threads? The example loops of family loops, each against its serial.

The speedup is the time of serial over that of a case with the same loop, size and input. The
fastest threads are compared with the fastest processes in the same start. CIs are corrected for
that choice (Estimates.speedup_of_best).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from parzen_study.common.wording import count_of
from parzen_study.run.case import PAUSED, SERIAL, Case, start_order
from parzen_study.run.own_loop import FAMILY
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.worthwhile import WORTHWHILE, is_ahead

KINDS = ("threads", "processes")


@dataclass(frozen=True)
class Fastest:
    """The fastest case of a mechanism, and its speedup against serial."""

    backend: str
    workers: int
    gain: Estimate

    @property
    def label(self) -> str:
        return f"{self.backend}, {count_of(self.workers, 'worker')}"


@dataclass(frozen=True)
class Comparison:
    """A loop of one size in one start. `serial` in seconds per call. `lead` is the speed of the
    fastest processes over that of the fastest threads, `lag` the inverse: each is corrected for
    choosing the numerator."""

    loop: str
    size: int
    input: str
    start: str
    serial: Estimate
    threads: Fastest
    processes: Fastest
    lead: Estimate
    lag: Estimate

    @property
    def name(self) -> str:
        given = f", input {self.input}" if self.input else ""
        return f"{self.loop}, size {self.size:,}{given}"

    @property
    def ahead(self) -> str:
        """`processes`, `threads`, `no difference` or `inconclusive`: compared with each other."""
        if is_ahead(self.lead):
            return "processes"
        if is_ahead(self.lag):
            return "threads"
        if self.lead.at_most(WORTHWHILE) and self.lag.at_most(WORTHWHILE):
            return "no difference"
        return "inconclusive"

    @property
    def verdict(self) -> str:
        """The same against serial: `serial` where neither is worth having."""
        gains = [each.gain for each in (self.threads, self.processes)]
        if all(gain.at_most(WORTHWHILE) for gain in gains):
            return "serial"
        if not any(is_ahead(gain) for gain in gains):
            return "inconclusive"
        return self.ahead


def comparisons(estimates: Estimates, left_out: Collection[str]) -> tuple[Comparison, ...]:
    """Of the loops with a time of serial, of threads and of processes; by loop, size and start.
    `left_out` are names of cases that have no figure."""
    by_problem: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for name, each in estimates.measured.items():
        if each.case.family == FAMILY and name not in left_out:
            by_problem[each.case.problem].append(each.case)
    found = []
    for cases in by_problem.values():
        # With gaps serial is slower too, so it is compared with serial with gaps.
        serial = {case.start == PAUSED: case for case in cases if case.backend == SERIAL}
        by_start: dict[str, list[Case]] = defaultdict(list)
        for case in cases:
            by_start[case.start].append(case)
        for start, same in by_start.items():
            kinds = [
                [case for case in same if estimates.mechanism(case.backend) == kind]
                for kind in KINDS
            ]
            alone = serial.get(start == PAUSED)
            if alone and all(kinds):
                found.append(_comparison(estimates, start, alone, *kinds))
    return tuple(
        sorted(found, key=lambda each: (each.loop, each.input, each.size, start_order(each.start)))
    )


def _comparison(
    estimates: Estimates, start: str, serial: Case, threads: list[Case], processes: list[Case]
) -> Comparison:
    return Comparison(
        loop=serial.get("loop"),
        size=serial.number("size"),
        input=serial.get("input"),
        start=start,
        serial=estimates.measured[serial.name].time,
        threads=fastest_of(estimates, serial, threads),
        processes=fastest_of(estimates, serial, processes),
        lead=estimates.speedup_of_best(processes, threads),
        lag=estimates.speedup_of_best(threads, processes),
    )


def fastest_of(estimates: Estimates, serial: Case, cases: Sequence[Case]) -> Fastest:
    """The fastest of these cases; the CI is corrected for the choice."""
    fastest = min(cases, key=lambda case: estimates.measured[case.name].time.value)
    return Fastest(
        fastest.backend,
        fastest.number("workers"),
        estimates.speedup_of_best(cases, [serial]),
    )
