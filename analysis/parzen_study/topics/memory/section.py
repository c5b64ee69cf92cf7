"""How much memory each backend takes."""

from __future__ import annotations

from parzen_study.page.blocks import Paragraph, Section, Table
from parzen_study.run.case import SERIAL, start_order
from parzen_study.stats.estimates import Measured
from parzen_study.study import Study
from parzen_study.topics.topic import Topic

FAMILY = "memory"
_MEGABYTE = 1e6


def section(study: Study) -> Section | None:
    """None where the run has no family memory."""
    found = sorted(
        (
            each
            for name, each in study.estimates.measured.items()
            if each.case.family == FAMILY and each.memory and name not in study.reasons
        ),
        key=_order,
    )
    if not found:
        return None
    return Section(
        "memory",
        "How much memory each backend takes",
        (
            Paragraph(
                "The proportional set size (PSS) of the program and of all its processes: a page "
                "that several processes share counts once. Between calls: with workers that are "
                "ready (warm), or with none (cold). Peak: the most that was seen while calls were "
                "made. The samples are shared by processes as by threads, so that they are there "
                "once, whatever the number of workers; medians over rounds."
            ),
            Table(
                title="Memory, in MB",
                head=("backend", "data", "start", "workers", "between calls", "peak"),
                rows=tuple(map(_row, found)),
            ),
        ),
    )


def _order(each: Measured) -> tuple[object, ...]:
    case = each.case
    return (
        case.number("n"), case.backend != SERIAL, case.backend, start_order(case.start),
        case.number("workers"),
    )  # fmt: skip


def _row(each: Measured) -> tuple[str, ...]:
    case = each.case
    between, peak = each.memory or (0.0, 0.0)
    samples = 8.0 * case.number("n") * case.number("d")
    return (
        case.backend,
        f"{samples / _MEGABYTE:,.1f}",
        case.start,
        str(each.workers),
        f"{between / _MEGABYTE:,.1f}",
        f"{peak / _MEGABYTE:,.1f}",
    )


TOPIC = Topic(order=110, section=section)
