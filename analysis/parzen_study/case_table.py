"""The cases table as people read it: what all cases of a table share is said once, above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parzen_study.case import Case
from parzen_study.phrasing import seconds, time_with_interval, with_interval
from parzen_study.problems import labels, readable
from parzen_study.study import Study


@dataclass(frozen=True)
class CaseTable:
    """Cells are text. A row without figures has its reason in `remarks`, by position."""

    title: str
    shared: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...]


FIGURES = ("time", "speedup, serial", "speedup, own 1", "efficiency", "CPU time")


def case_tables(study: Study) -> list[CaseTable]:
    """One table a problem, in order of family and size; rows by backend, start and workers."""
    cases = sorted(study.run.cases, key=Case.order)
    reasons = study.reasons
    result = []
    for problem, label in labels(cases).items():
        same = [case for case in cases if case.problem == problem]
        shared, varying = shared_and_varying(same)
        title = f"{same[0].family}, {label}" if label else same[0].family
        result.append(
            CaseTable(
                title=title,
                shared=shared,
                head=("backend", *varying, *FIGURES),
                rows=tuple(
                    (case.backend, *(case.get(key) for key in varying), *_figures(study, case))
                    for case in same
                ),
                remarks=tuple(reasons.get(case.name, "") for case in same),
            )
        )
    return result


def shared_and_varying(cases: Sequence[Case]) -> tuple[str, list[str]]:
    """What is the same for all cases, as words, and the parameters that tell them apart."""
    keys = dict.fromkeys(key for case in cases for key, _ in case.parameters)
    shared, varying = [], []
    for key in keys:
        values = {case.get(key) for case in cases}
        if len(values) == 1:
            shared.append(f"{key} {readable(values.pop())}")
        else:
            varying.append(key)
    return ", ".join(shared), varying


def _figures(study: Study, case: Case) -> tuple[str, ...]:
    each = study.estimates.measured.get(case.name)
    if each is None:
        return ("error", *[""] * (len(FIGURES) - 1))
    if case.name in study.refused:
        return ("refused", *[""] * (len(FIGURES) - 1))
    return (
        time_with_interval(each.time),
        with_interval(each.speedup) if each.speedup else "",
        with_interval(each.speedup_own) if each.speedup_own else "",
        with_interval(each.efficiency.scaled(100.0), unit="%") if each.efficiency else "",
        seconds(each.total_cpu_time),
    )
