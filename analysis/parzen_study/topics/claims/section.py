"""What the article claims, a row per claim."""

from __future__ import annotations

from parzen_study.page.blocks import Paragraph, Section, Table
from parzen_study.study import Study
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section | None:
    """None where no time means anything."""
    if not study.claims:
        return None
    return Section(
        "claims",
        "The article's claims, tested here",
        (
            Paragraph(
                "A claim is confirmed or refuted where the whole 95% CI is on one side of its "
                "bound. Otherwise it is inconclusive. The program is the article's, in C++ and, "
                "with `make peers`, in Python. Its workers are created in every call (cold) or "
                "exist already (warm)."
            ),
            Table(
                title="Claims of 2014",
                head=("claim", "program", "verdict", "what decides"),
                rows=tuple((c.text, c.program, c.verdict, c.figure) for c in study.claims),
                words=True,
                opened=True,
            ),
        ),
    )


TOPIC = Topic(order=30, section=section)
