"""What a call costs others and is cost by them: families load (busy CPUs), gaps and memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import takewhile

from parzen_study.run.case import SERIAL, Case, start_order
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.loops.model import KINDS

LOAD_FAMILY, GAPS_FAMILY, MEMORY_FAMILY = "load", "gaps", "memory"


@dataclass(frozen=True)
class Call:
    """A call that takes `serial` seconds in one thread: the speedup of the best of several workers,
    and of the case that is fastest by medians the backend and the CPU time, as a multiple of
    serial's, NaN where unknown."""

    serial: float
    gain: Estimate
    backend: str
    cpu_time: float


@dataclass(frozen=True)
class Pays:
    """Serial times of calls, in seconds. Up to `slower_to` all parallel calls are significantly
    slower than serial, up to `unclear_to` not significantly faster, from `from_` on all are
    significantly faster by more than WORTHWHILE; None where there is no such call. `calls` are all,
    by rising serial time, and `kernels` what they run."""

    slower_to: float | None
    unclear_to: float | None
    from_: float | None
    calls: tuple[Call, ...]
    kernels: tuple[str, ...]

    @property
    def faster(self) -> tuple[Call, ...]:
        """Those from `from_` on."""
        return tuple(
            each for each in self.calls if self.from_ is not None and each.serial >= self.from_
        )


@dataclass(frozen=True)
class Busy:
    """With `load` programs that compute all the time."""

    load: int
    start: str
    pays: Pays


@dataclass(frozen=True)
class Gaps:
    """With gaps of `gap` seconds between calls of warm workers."""

    gap: float
    kind: str
    pays: Pays


def busy(run: Run, estimates: Estimates, reasons: Collection[str]) -> tuple[Busy, ...]:
    """One per load and start, by start and rising load; none where the run has no such family."""
    by_load: dict[int, list[Case]] = defaultdict(list)
    for case in _usable(run, estimates, reasons, LOAD_FAMILY):
        if case.get("load").isdecimal():
            by_load[case.number("load")].append(case)
    found = []
    for load, cases in by_load.items():
        for start in {case.start for case in cases}:
            same = [case for case in cases if case.start == start or case.backend == SERIAL]
            if pays := _pays(estimates, same, KINDS):
                found.append(Busy(load, start, pays))
    return tuple(sorted(found, key=lambda each: (start_order(each.start), each.load)))


def gaps(run: Run, estimates: Estimates, reasons: Collection[str]) -> tuple[Gaps, ...]:
    """One per length and mechanism, by rising length; none where the run has no such family."""
    by_gap: dict[float, list[Case]] = defaultdict(list)
    for case in _usable(run, estimates, reasons, GAPS_FAMILY):
        by_gap[case.pause].append(case)
    return tuple(
        Gaps(gap, kind, pays)
        for gap, cases in sorted(by_gap.items())
        for kind in KINDS
        if (pays := _pays(estimates, cases, (kind,)))
    )


def _usable(
    run: Run, estimates: Estimates, reasons: Collection[str], family: str
) -> Iterable[Case]:
    if run.too_few:
        return
    for case in run.cases:
        if case.family == family and case.name in estimates.measured and case.name not in reasons:
            yield case


def _pays(estimates: Estimates, cases: Collection[Case], kinds: Collection[str]) -> Pays | None:
    """Of the fastest of several workers of these mechanisms, compared with serial."""
    calls = []
    kernels = set()
    for alone in (case for case in cases if case.backend == SERIAL):
        several = [
            case
            for case in cases
            if case.problem == alone.problem
            and case.number("workers") > 1
            and estimates.mechanism(case.backend) in kinds
        ]
        if several:
            fastest = min(several, key=estimates.seconds)
            calls.append(
                Call(
                    estimates.seconds(alone),
                    estimates.best_speedup(several, alone),
                    fastest.backend,
                    estimates.cpu_time_between(fastest, alone),
                )
            )
            kernels.add(alone.get("kernel"))
    if not calls:
        return None
    calls.sort(key=lambda each: each.serial)
    slower = list(takewhile(lambda each: each.gain.entirely_below(1.0), calls))
    worth = [each.gain.entirely_above(WORTHWHILE) for each in calls]
    last = max((at for at, each in enumerate(worth) if not each), default=-1)
    return Pays(
        slower[-1].serial if slower else None,
        calls[last].serial if last >= len(slower) else None,
        calls[last + 1].serial if last + 1 < len(calls) else None,
        tuple(calls),
        tuple(sorted(kernels)),
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
