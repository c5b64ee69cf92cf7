"""How much memory each backend takes."""

from __future__ import annotations

from parzen_study.common.wording import count_of, label_of
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
                "Proportional set size (PSS) of the program and its processes: a shared page "
                "counts once. Processes share the samples, as threads do. Between calls: workers "
                "exist (warm) or do not (cold). Peak: the largest value during calls. Medians over "
                "rounds."
            ),
            _table(found),
        ),
    )


def _table(found: list[Measured]) -> Table:
    """A row per backend, start and workers, a column per size of the samples."""
    sizes = list(dict.fromkeys(_samples(each) for each in found))
    rows: dict[str, dict[str, str]] = {}
    for each in found:
        between, peak = (f"{size / _MEGABYTE:,.1f}" for size in each.memory or (0.0, 0.0))
        name = label_of(each.case.backend, each.case.start, count_of(each.workers, "worker"))
        rows.setdefault(name, {})[_samples(each)] = f"{peak} ({between})"
    return Table(
        title="Memory in MB: peak, and in brackets between calls",
        head=("backend", *(f"samples of {size} MB" for size in sizes)),
        rows=tuple(
            (name, *(cells.get(size, "not measured") for size in sizes))
            for name, cells in rows.items()
        ),
        compact=True,
    )


def _samples(each: Measured) -> str:
    return f"{8.0 * each.case.number('n') * each.case.number('d') / _MEGABYTE:,.1f}"


def _order(each: Measured) -> tuple[object, ...]:
    case = each.case
    return (
        case.number("n"), case.backend != SERIAL, case.backend, start_order(case.start),
        case.number("workers"),
    )  # fmt: skip


TOPIC = Topic(order=110, section=section)
