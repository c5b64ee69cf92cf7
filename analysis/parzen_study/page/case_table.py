"""Tables of cases for readers: parameters that all rows share are above the table."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from parzen_study.common.wording import seconds
from parzen_study.page.blocks import Table
from parzen_study.run.case import Case
from parzen_study.run.problems import readable, shared_and_varying
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.study import Study

# The second only where the problem has several kernels: elsewhere it is the first.
FIGURES = (
    *("time", "speedup, serial", "speedup, best serial"),
    *("speedup, own 1", "efficiency", "CPU time"),
)


def case_table(
    study: Study, title: str, cases: Sequence[Case], without: Collection[str] = ()
) -> Table:
    """A row per case, in the given order. A figure of FIGURES has a column if a case has it, and if
    it is not in `without`."""
    shared, varying = shared_and_varying(cases)
    figures = [_figures(study, case) for case in cases]
    shown = [
        number
        for number, name in enumerate(FIGURES)
        if name not in without and any(row[number] for row in figures)
    ]
    return Table(
        title=title,
        shared=shared,
        head=("backend", *varying, *(FIGURES[number] for number in shown)),
        rows=tuple(
            (
                case.backend,
                *(readable(case.get(key)) for key in varying),
                *(row[number] for number in shown),
            )
            for case, row in zip(cases, figures, strict=True)
        ),
        remarks=tuple(study.reasons.get(case.name, "") for case in cases),
    )


def _figures(study: Study, case: Case) -> tuple[str, ...]:
    each = study.estimates.measured.get(case.name)
    if each is None:
        return ("error", *[""] * (len(FIGURES) - 1))
    if case.name in study.rejected:
        return ("rejected", *[""] * (len(FIGURES) - 1))
    return (
        time_with_interval(each.time),
        with_interval(each.speedup) if each.speedup else "",
        with_interval(each.speedup_best) if each.speedup_best else "",
        with_interval(each.speedup_own) if each.speedup_own else "",
        with_interval(each.efficiency.scaled(100.0), unit="%") if each.efficiency else "",
        seconds(each.total_cpu_time),
    )
