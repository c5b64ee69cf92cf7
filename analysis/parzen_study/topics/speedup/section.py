"""Speedup by workers, in the article's family."""

from __future__ import annotations

from functools import partial

from parzen_study.page.blocks import Block, Details, Drawing, Gallery, Paragraph, Section
from parzen_study.run import published
from parzen_study.study import Study
from parzen_study.topics.speedup import figure as speedup
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section:
    """Always present; without a figure it says why."""
    found = speedup.speedup_figures(study)
    figures: list[Block] = [
        Paragraph(
            "No figure: see the warnings above."
            if found
            else f"No figure: family {published.FAMILY} of this run has no serial case next to one "
            "of several workers."
        )
    ]
    if found and study.estimates.has_intervals:
        kernel = found[0].kernel
        own = [each for each in found if each.kernel == kernel]
        others = [each for each in found if each.kernel != kernel]
        figures = [Gallery(tuple(map(_drawing, own)))]
        if others:
            title = "The same by other kernels"
            figures.append(Details(title, (Gallery(tuple(map(_drawing, others))),)))
    return Section(
        "speedup",
        "Speedup by workers",
        (
            Paragraph(
                "Speedup against serial with the same kernel, on a logarithmic axis. Below 1 the "
                "overhead is larger than the gain. Points are shifted slightly so that none hides "
                "another. Bars are 95% CIs. Hollow markers and dashes: warm."
            ),
            *figures,
        ),
    )


def drawings(study: Study) -> list[Drawing]:
    """Every figure; none without intervals."""
    return (
        list(map(_drawing, speedup.speedup_figures(study))) if study.estimates.has_intervals else []
    )


def _drawing(each: speedup.SpeedupFigure) -> Drawing:
    caption = (
        f"Speedup at {each.problem}, kernel {each.kernel}, decomposition {each.decomposition}."
    )
    return Drawing(each.name, caption, each.description, partial(speedup.draw, each))


TOPIC = Topic(order=60, section=section)
