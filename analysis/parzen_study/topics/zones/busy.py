"""What a call costs others and is cost by them: families load (busy CPUs) and memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from parzen_study.run.case import SERIAL, Case, start_order
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.loops.model import KINDS

FAMILY, MEMORY_FAMILY = "load", "memory"


@dataclass(frozen=True)
class Busy:
    """With so many programs that compute all the time. `not_up_to` is the serial time, in seconds,
    of the largest call up to which no parallel work is shown to be worth having, `from_` that of
    the first from which on it is; None where there is none. `gain` is that at the `largest`,
    `gains` are all, by rising serial time."""

    load: int
    start: str
    not_up_to: float | None
    from_: float | None
    largest: float
    gain: Estimate
    gains: tuple[tuple[float, Estimate], ...] = ()


def busy(run: Run, estimates: Estimates, reasons: Collection[str]) -> tuple[Busy, ...]:
    """One a load and start, by rising load; none where the run has no such family."""
    by_load: dict[int, list[Case]] = defaultdict(list)
    for case in run.cases:
        usable = case.name in estimates.measured and case.name not in reasons
        if case.family == FAMILY and usable and case.get("load").isdecimal():
            by_load[case.number("load")].append(case)
    found = []
    for load, cases in sorted(by_load.items()):
        serial = {case.problem: case for case in cases if case.backend == SERIAL}
        for start in sorted({case.start for case in cases}, key=start_order):
            gains = []
            for problem, alone in serial.items():
                several = [
                    case
                    for case in cases
                    if case.problem == problem
                    and case.start == start
                    and case.number("workers") > 1
                    and estimates.mechanism(case.backend) in KINDS
                ]
                if several:
                    gains.append(
                        (estimates.seconds(alone), estimates.speedup_of_best(several, [alone]))
                    )
            if gains and not run.too_few:
                found.append(_of(load, start, sorted(gains, key=lambda each: each[0])))
    return tuple(found)


def _of(load: int, start: str, gains: list[tuple[float, Estimate]]) -> Busy:
    pays = [gain.entirely_above(WORTHWHILE) for _, gain in gains]
    last = max((at for at, each in enumerate(pays) if not each), default=-1)
    return Busy(
        load,
        start,
        gains[last][0] if last >= 0 else None,
        gains[last + 1][0] if last + 1 < len(gains) else None,
        *gains[-1],
        tuple(gains),
    )


@dataclass(frozen=True)
class Extra:
    """By how many bytes more than serial a program takes at the most (PSS, peak), of the backend of
    this mechanism that takes most of them."""

    kind: str
    workers: int
    extra: float


def memory(estimates: Estimates, reasons: Collection[str]) -> tuple[Extra, ...]:
    """Of the smallest data that were measured, with the most workers; none without the family."""
    cases = [
        case
        for name, each in estimates.measured.items()
        if (case := each.case).family == MEMORY_FAMILY and each.memory and name not in reasons
    ]
    if not cases:
        return ()
    smallest = min(case.number("n") for case in cases)
    same = [case for case in cases if case.number("n") == smallest]
    serial = next((case for case in same if case.backend == SERIAL), None)
    most = max(case.number("workers") for case in same)
    if serial is None:
        return ()

    def peak(case: Case) -> float:
        return (estimates.measured[case.name].memory or (0.0, 0.0))[1]

    found = []
    for kind in KINDS:
        peaks = [
            peak(case) - peak(serial)
            for case in same
            if estimates.mechanism(case.backend) == kind and case.number("workers") == most
        ]
        if peaks:
            found.append(Extra(kind, most, max(peaks)))
    return tuple(found)
