"""Predictions for held-out cases, and their measured speedups.

Held-out cases are those of families sweep, scaling and article with a width of the literal loop as
task: it only computes, and the time of a task is known from serial.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from parzen_study.run.case import COLD, PAUSED, WARM, Case
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.advice.choice import Prediction, line_of, predict
from parzen_study.topics.advice.model import PROCESSES, THREADS, Advice, Loop

FAMILIES = ("sweep", "scaling", "article")
CLOSE = 0.25
SHARE = 0.9  # of the cases that ought to be close

# Terms that the model lacks: explanations that fit, not measurements, so the report says
# "probably". For the first: in results/study the excess of new processes grows with n up to 50,000
# while serial takes a quarter of the later time per sample, and both end at 100,000.
_MISSING_TERMS: Mapping[tuple[str, str], str] = {
    (PROCESSES, COLD): "untrained branch predictors and cold caches of new processes, while "
    "serial repeats the same call",
    (PROCESSES, WARM): "messages that wait for a CPU on which another worker spins",
    (PROCESSES, PAUSED): "caches that cool in the gap, in every worker",
    (THREADS, COLD): "the time until the system places new threads on idle CPUs",
    (THREADS, WARM): "threads that share a CPU while another is idle",
    (THREADS, PAUSED): "caches that cool in the gap, and CPUs that wake up",
}


@dataclass(frozen=True)
class Held:
    """A case with its speedup against serial, predicted and measured."""

    case: Case
    mechanism: str
    predicted: Prediction
    measured: Estimate

    @property
    def ratio(self) -> float:
        return self.predicted.speedup / self.measured.value

    @property
    def close(self) -> bool:
        return abs(self.ratio - 1.0) <= CLOSE

    @property
    def within(self) -> bool:
        """Whether the predicted interval contains the measured speedup."""
        low, high = self.predicted.interval
        return low <= self.measured.value <= high


@dataclass(frozen=True)
class Group:
    """The cases of a family, start and backend, or of an example loop, start and mechanism.

    `more_than_computing` is what else the loop does, which the model does not know; empty where it
    only computes."""

    family: str
    start: str
    backend: str
    cases: tuple[Held, ...]
    more_than_computing: str = ""

    @property
    def close(self) -> int:
        return sum(each.close for each in self.cases)

    @property
    def within(self) -> int:
        return sum(each.within for each in self.cases)

    @property
    def worst(self) -> Held:
        return max(self.cases, key=lambda each: max(each.ratio, 1.0 / each.ratio))

    @property
    def missing_term(self) -> str:
        """Empty where enough cases are close."""
        if self.close >= SHARE * len(self.cases):
            return ""
        if self.more_than_computing:
            return self.more_than_computing
        return _MISSING_TERMS.get((self.cases[0].mechanism, self.start), "not known")


def groups(advice: Advice, estimates: Estimates, left_out: Collection[str]) -> list[Group]:
    """In order of family, start and backend; none where the run has no such cases."""
    together: dict[tuple[str, str, str], list[Held]] = defaultdict(list)
    for case in (each.case for each in estimates.measured.values()):
        held = None if case.name in left_out else _held(advice, estimates, case)
        if held:
            together[case.family, case.start, case.backend].append(held)
    return [Group(*key, tuple(cases)) for key, cases in sorted(together.items())]


def _held(advice: Advice, estimates: Estimates, case: Case) -> Held | None:
    only_computes = case.get("kernel") == "literal" and case.get("decomposition") == "by_width"
    line = line_of(advice, case.backend, case.start)
    serial = estimates.serial_of(case)
    tasks, speedup = case.number("m"), estimates.measured[case.name].speedup
    if case.family not in FAMILIES or not (only_computes and line and serial and tasks and speedup):
        return None
    task_time = estimates.measured[serial.name].time.value / tasks
    predicted = predict(advice, line, Loop(tasks, task_time), case.number("workers"))
    return Held(case, line.mechanism, predicted, speedup)
