"""Whether tasks that wait gain from workers: family io_bound, compared with serial.

The article says that several processes gain for CPU-bound work only. Here every task waits for a
timer, a pipe or a block of an uncached file. The speedup is the time of serial over that of a case
of the same operation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from parzen_study.common.wording import count_of
from parzen_study.run.case import SERIAL, Case
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.stats.worthwhile import WORTHWHILE

FAMILY = "io_bound"
# In the order in which they are read, with what a task waits for; others follow.
_WAITS = {
    "timer": "a timer",
    "pipe": "a pipe",
    "file_direct": "a file (by O_DIRECT)",
    "file_dropped": "a file (dropped from the page cache before)",
}


@dataclass(frozen=True)
class Line:
    """Speedups against serial, by workers, of one backend and start."""

    backend: str
    start: str
    points: tuple[tuple[int, Estimate], ...]


@dataclass(frozen=True)
class Operation:
    """What tasks wait for. `serial` in seconds for all `tasks`; `gain` is the speedup of the
    fastest case of several workers. `beyond` is the speed of the fastest with more workers than
    CPUs over that of the fastest with no more, serial among them; None where the run has no such
    two or does not know its CPUs.
    Of both the interval allows for having chosen (Estimates.speedup_of_best)."""

    name: str
    tasks: int
    usable_cpus: int | None
    serial: Estimate
    lines: tuple[Line, ...]
    fastest: str
    gain: Estimate
    beyond: Estimate | None

    @property
    def waits_for(self) -> str:
        return _WAITS.get(self.name, self.name or "something")

    @property
    def sentence(self) -> str:
        """Whether they gain, and whether beyond the CPUs."""
        text = (
            f"Tasks that wait for {self.waits_for} {_verdict(self.gain)}. Serial takes "
            f"{time_with_interval(self.serial)} for {count_of(self.tasks, 'task')}; the fastest, "
            f"{self.fastest}, has a speedup of {with_interval(self.gain)}."
        )
        if self.beyond is None:
            return text
        cpus = count_of(self.usable_cpus, "usable CPU")
        return (
            f"{text} More workers than the {cpus} {_verdict(self.beyond)}: "
            f"{with_interval(self.beyond)} times as fast as without oversubscription."
        )


def _verdict(gain: Estimate) -> str:
    """A gain counts as in the answer."""
    if gain.entirely_above(WORTHWHILE):
        return "gain too"
    if gain.at_most(WORTHWHILE):
        return "lose" if gain.entirely_below(1.0) else "gain nothing"
    return "may gain (inconclusive)"


def operations(
    estimates: Estimates, left_out: Collection[str], usable_cpus: int | None
) -> tuple[Operation, ...]:
    """Those with a time of serial and one of several workers. `left_out` are names of cases that
    have no figure."""
    by_problem: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for name, each in estimates.measured.items():
        if each.case.family == FAMILY and name not in left_out and each.case.number("workers"):
            by_problem[each.case.problem].append(each.case)
    order = list(_WAITS)
    found = []
    for cases in sorted(by_problem.values(), key=lambda cases: cases[0].problem_order()):
        serial = next((case for case in cases if case.backend == SERIAL), None)
        parallel = [case for case in cases if case.backend != SERIAL]
        if serial and any(case.number("workers") > 1 for case in parallel):
            found.append(_operation(estimates, serial, parallel, usable_cpus))
    return tuple(
        sorted(found, key=lambda each: order.index(each.name) if each.name in order else len(order))
    )


def _operation(
    estimates: Estimates, serial: Case, parallel: Sequence[Case], cpus: int | None
) -> Operation:
    several = [case for case in parallel if case.number("workers") > 1]
    fastest = min(several, key=lambda case: estimates.measured[case.name].time.value)
    more = [case for case in parallel if cpus and case.number("workers") > cpus]
    within = [serial, *(case for case in parallel if case not in more)]
    together: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in sorted(parallel, key=lambda case: case.number("workers")):
        together[case.backend, case.get("start")].append(case)
    tasks = serial.get("tasks")
    return Operation(
        name=serial.get("operation"),
        tasks=int(tasks) if tasks.isdecimal() else 0,
        usable_cpus=cpus,
        serial=estimates.measured[serial.name].time,
        lines=tuple(
            Line(
                backend,
                start,
                tuple(
                    (case.number("workers"), estimates.speedup_between(case, serial))
                    for case in same
                ),
            )
            for (backend, start), same in sorted(together.items())
        ),
        fastest=f"{fastest.backend} with {count_of(fastest.number('workers'), 'worker')}",
        gain=estimates.speedup_of_best(several, [serial]),
        beyond=estimates.speedup_of_best(more, within) if more else None,
    )
