"""All cases that solve a problem, whatever the other sections show of them."""

from __future__ import annotations

from parzen_study import case_table
from parzen_study.page import Paragraph, Section
from parzen_study.study import Study


def section(study: Study) -> Section | None:
    """None where other sections have them all."""
    tables = case_table.case_tables(study)
    if not tables:
        return None
    return Section(
        "cases",
        "All cases",
        (
            Paragraph(
                "Median over rounds, 95% interval in brackets. CPU time is that of the calling "
                "process and its children together, a call."
            ),
            *tables,
        ),
    )
