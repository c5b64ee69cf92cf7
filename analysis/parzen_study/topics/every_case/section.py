"""All cases that solve a problem."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from parzen_study.page.blocks import Details, Paragraph, Section, Table
from parzen_study.page.case_table import case_table
from parzen_study.run import published
from parzen_study.run.case import SERIAL, Case
from parzen_study.run.problems import labels
from parzen_study.study import Study
from parzen_study.topics.dispatch import model as dispatch
from parzen_study.topics.every_case.table import tables
from parzen_study.topics.kernels import model as kernels
from parzen_study.topics.sizes import model as sizes
from parzen_study.topics.topic import Topic

# A family of more problems than these has a table per kernel.
_TABLES_A_FAMILY = 3


def section(study: Study) -> Section | None:
    """None where other sections have all cases."""
    found = case_tables(study)
    if not found:
        return None
    return Section(
        "cases",
        "All cases",
        (
            Paragraph(
                "Median over rounds, 95% CI in brackets. CPU time is that of the calling process "
                "and its children, for one call."
            ),
            Details("Every case, a table per problem", tuple(found)),
        ),
    )


def case_tables(study: Study) -> list[Table]:
    """One table per problem, in order of family and size; rows by backend, kernel, start and
    workers, those of peers last. A family of many problems, such as one that sweeps over n, has one
    per kernel instead, with the problem in columns.

    Families dispatch, kernels and sweep have tables of their own (topics/dispatch,
    topics/kernels, topics/sizes).
    """
    apart = {dispatch.FAMILY, kernels.FAMILY, sizes.FAMILY}
    cases = sorted((case for case in study.run.cases if case.family not in apart), key=Case.order)
    result = []
    for family, own in groupby(cases, key=lambda case: case.family):
        of_family = list(own)
        named = labels(of_family)
        if len(named) > _TABLES_A_FAMILY:
            result += _tables_by_kernel(study, family, of_family)
            continue
        for problem, label in named.items():
            same = sorted((c for c in of_family if c.problem == problem), key=_by_kernel)
            same.sort(key=study.run.is_of_peer)
            result.append(case_table(study, f"{family}, {label}" if label else family, same))
    return result


def _tables_by_kernel(study: Study, family: str, cases: Sequence[Case]) -> list[Table]:
    by_kernel: dict[str, list[Case]] = {}
    for case in sorted(cases, key=lambda case: case.problem_order()):
        by_kernel.setdefault(case.get("kernel"), []).append(case)
    return [
        case_table(study, f"{family}, kernel {kernel}" if kernel else family, own)
        for kernel, own in sorted(by_kernel.items(), key=lambda e: (e[0] != published.KERNEL, e[0]))
    ]


def _by_kernel(case: Case) -> tuple[object, ...]:
    """Leaves the order as it is where there is one kernel; else the article's comes first."""
    kernel = case.get("kernel")
    return (case.backend != SERIAL, case.backend, kernel != published.KERNEL, kernel)


TOPIC = Topic(order=120, section=section, tables=tables, of_any_loop=True)
