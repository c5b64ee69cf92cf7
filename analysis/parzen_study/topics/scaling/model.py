"""How it scales: family scaling, the article's problem with more and more workers.

Laws are fitted to cases without oversubscription, to speedups against the backend's own one worker:
they describe scaling, not overhead. Oversubscription is reported as a ratio of times. Gustafson's
law needs work that grows with the workers: cases of families scaling and sweep whose n is
proportional to their workers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from parzen_study.common.wording import count_of, label_of, significant
from parzen_study.run.case import SERIAL, Case
from parzen_study.run.problems import labels
from parzen_study.stats.bootstrap import Estimate, Floats
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.laws import (
    Rejected,
    Scalability,
    Serial,
    amdahl,
    gustafson,
    karp_flatt,
    scalability,
)

FAMILY = "scaling"
SWEEP = "sweep"
_UNKNOWN_CPUS = Rejected("the number of usable CPUs is unknown")
_NO_ONE_WORKER = Rejected("no time with 1 worker")


@dataclass(frozen=True)
class Line:
    """The cases of one backend and start. `karp_flatt` is by workers up to the CPUs; `beyond`, by
    workers beyond the CPUs, is the time over the best time without oversubscription."""

    backend: str
    start: str
    problem: str
    amdahl: Serial | Rejected
    gustafson: Serial | Rejected
    scalability: Scalability | Rejected
    karp_flatt: tuple[tuple[int, Estimate], ...]
    beyond: tuple[tuple[int, Estimate], ...]

    @property
    def label(self) -> str:
        return label_of(self.backend, self.start, self.problem)


def lines(
    estimates: Estimates, left_out: Collection[str], usable_cpus: int | None
) -> tuple[Line, ...]:
    """One per backend and start, in order of backend; `problem` is named only where there are
    several. `left_out` are names of cases that have no figure."""
    usable = [
        each.case
        for name, each in estimates.measured.items()
        if each.case.family in {FAMILY, SWEEP}
        and name not in left_out
        and each.case.number("workers")
        and each.case.counts_samples
    ]
    scaling = [case for case in usable if case.family == FAMILY and case.backend != SERIAL]
    problems = labels(scaling)
    scaling.sort(key=lambda case: (case.line, case.number("workers")))
    found = []
    for _, group in groupby(scaling, key=lambda case: case.line):
        same = list(group)
        problem = problems[same[0].problem] if len(problems) > 1 else ""
        found.append(_line(estimates, same, usable, usable_cpus, problem))
    return tuple(found)


def _line(
    estimates: Estimates,
    cases: Sequence[Case],
    usable: Sequence[Case],
    cpus: int | None,
    problem: str,
) -> Line:
    """Of cases of rising numbers of workers."""
    within = [case for case in cases if cpus and case.number("workers") <= cpus]
    one = cases[0] if cases[0].number("workers") == 1 else None
    fits: tuple[Serial | Rejected, Serial | Rejected, Scalability | Rejected]
    fractions: tuple[tuple[int, Estimate], ...] = ()
    if one is None or cpus is None:
        rejected = _UNKNOWN_CPUS if cpus is None else _NO_ONE_WORKER
        fits = (rejected, rejected, rejected)
    else:
        workers, speedups = _speedups(estimates, within, one)
        grown = _grown(usable, one, cpus)
        fits = (
            amdahl(workers, speedups),
            gustafson(*_scaled(estimates, grown, one)) if len(grown) > 1 else _of_one_n(one),
            scalability(workers, speedups),
        )
        fractions = tuple(
            (p, karp_flatt(p, speedup))
            for p, speedup in zip(workers, speedups, strict=True)
            if p > 1
        )
    return Line(
        cases[0].backend,
        cases[0].get("start"),
        problem,
        *fits,
        fractions,
        tuple(
            (case.number("workers"), estimates.speedup_of_best([case], within).inverse())
            for case in cases
            if within and case not in within
        ),
    )


def _speedups(estimates: Estimates, cases: Sequence[Case], one: Case) -> tuple[list[int], Floats]:
    """The workers, and the speedups against one of them, [case, sample]."""
    alone = estimates.samples_of(one)
    return (
        [case.number("workers") for case in cases],
        np.stack([alone / estimates.samples_of(case) for case in cases]),
    )


def _scaled(estimates: Estimates, cases: Sequence[Case], one: Case) -> tuple[list[int], Floats]:
    """The same for work that grows with the workers."""
    workers, speedups = _speedups(estimates, cases, one)
    return workers, speedups * np.array(workers, dtype=np.float64)[:, np.newaxis]


def _grown(usable: Iterable[Case], one: Case, cpus: int) -> list[Case]:
    """The cases of the same kind with n proportional to the workers."""

    def way(case: Case) -> tuple[object, ...]:
        alike = {key: value for key, value in case.parameters if key not in {"n", "workers"}}
        return case.backend, alike

    found = {
        case.number("workers"): case
        for case in usable
        if way(case) == way(one)
        and case.number("workers") <= cpus
        and case.number("n") == case.number("workers") * one.number("n")
    }
    return [found[workers] for workers in sorted(found)]


def _of_one_n(one: Case) -> Rejected:
    return Rejected(
        f"all cases have n = {one.number('n'):,}, and the law needs work that grows with the "
        "workers"
    )


def beyond_in_words(found: Collection[Line]) -> str:
    """`beyond_said` in one text."""
    return " ".join(beyond_said(found))


def beyond_said(found: Collection[Line]) -> list[str]:
    """Cost or gain of the largest oversubscription measured, a sentence per verdict."""
    alike: dict[tuple[int, str], list[tuple[str, float]]] = {}
    for line in found:
        if line.beyond:
            workers, ratio = line.beyond[-1]
            verdict = _COSTS if ratio.entirely_above(1.0) else _INCONCLUSIVE
            verdict = _GAINS if ratio.entirely_below(1.0) else verdict
            alike.setdefault((workers, verdict), []).append((line.label, ratio.value))
    return [
        f"{count_of(workers, 'worker')} {verdict}: {'; '.join(label for label, _ in same)} "
        f"({_span([value for _, value in same])} times as long)."
        for (workers, verdict), same in sorted(alike.items())
    ]


_COSTS = "are slower than the best without oversubscription"
_GAINS = "are faster than the best without oversubscription"
_INCONCLUSIVE = "are not significantly slower or faster than the best without oversubscription"


def _span(values: Sequence[float]) -> str:
    low, high = significant(min(values)), significant(max(values))
    return low if low == high else f"{low} to {high}"


def rejections(found: Collection[Line], law: str) -> str:
    """Why a law, named as its field, is not fitted, and for which lines; empty where it is."""
    reasons: dict[str, list[str]] = {}
    for line in found:
        fit = getattr(line, law)
        if isinstance(fit, Rejected):
            reasons.setdefault(fit.reason, []).append(line.label)
    return " ".join(
        f"Rejected{'' if len(labels) == len(found) else ' for ' + '; '.join(labels)}: {reason}."
        for reason, labels in reasons.items()
    )
