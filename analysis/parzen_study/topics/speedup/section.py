"""Speedup by workers, in the article's family."""

from __future__ import annotations

from functools import partial

from parzen_study.page.blocks import Block, Details, Drawing, Gallery, Paragraph, Section
from parzen_study.run import published
from parzen_study.study import Study
from parzen_study.topics.speedup import figure as speedup
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section:
    """Always there: where there is no figure it says so."""
    found = speedup.speedup_figures(study)
    figures: list[Block] = [
        Paragraph(
            "No figure: see the warnings above."
            if found
            else "No figure: the run has no case of several workers, with serial, in family "
            f"{published.FAMILY}."
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
                "Against serial of the same kernel, on a logarithmic axis: below the line at 1 the "
                "mechanism costs more than it gains. Points lie a little left or right of their "
                "number of workers so that none hides another; bars are 95% intervals. Hollow "
                "markers and dashes: warm."
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
