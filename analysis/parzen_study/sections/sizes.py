"""From which size on each mechanism pays."""

from __future__ import annotations

from functools import partial

from parzen_study.figures import sizes as sizes_figure
from parzen_study.page import Drawing, Gallery, Paragraph, Section, Table
from parzen_study.phrasing import with_interval
from parzen_study.size_words import in_words
from parzen_study.study import Study


def section(study: Study) -> Section | None:
    """None where the run has no family sweep, or too few rounds for intervals."""
    if not study.sizes:
        return None
    rows = [
        (
            payer.name, payer.mechanism, found.kernel, found.start, in_words(payer.break_even),
            f"{payer.speedups[-1][0]:,}", with_interval(payer.speedups[-1][1]),
        )
        for found in study.sizes
        for payer in found.backends
    ]  # fmt: skip
    return Section(
        "sizes",
        "From which size on it pays",
        (
            Paragraph(
                "The article's problem with more and with fewer samples, as many workers as usable "
                "CPUs. Break-even is the n from which on a backend is faster than serial of the "
                "same kernel, at every larger n that was measured too. Between two n each time is "
                "taken as a fixed cost and a cost a sample, so that the n is solved for; every "
                "resample solves it anew."
            ),
            Gallery(tuple(map(_drawing, study.size_figures))),
            Table(
                title="Break-even n",
                head=("backend", "mechanism", "kernel", "start", "pays", "largest n",
                      "speedup there"),
                rows=tuple(rows),
            ),
        ),
    )  # fmt: skip


def _drawing(each: sizes_figure.SizesFigure) -> Drawing:
    caption = (
        f"Speedup over the number of samples, kernel {each.kernel} {each.decomposition}: below "
        "the line at 1 serial is faster. Bars are 95% intervals; the broad marks on that line are "
        "those of the break-even n."
    )
    return Drawing(each.name, caption, each.description, partial(sizes_figure.draw, each))
