"""The page of a comparison of two builds: gate.html, one file that loads nothing."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from parzen_study.common.output import write_whole
from parzen_study.gate.figure import draw
from parzen_study.gate.measured import Differences, Measured
from parzen_study.gate.two_builds import MINIMUM_EFFECT, TOO_MUCH, Outcome
from parzen_study.page import style
from parzen_study.page.blocks import (
    Block,
    Drawing,
    Entries,
    Entry,
    Gallery,
    Page,
    Section,
    Table,
)
from parzen_study.report.html import html

FILE: Final = "gate.html"

_VERDICTS: Final = {
    "pass": f"No unit is slower by {TOO_MUCH:.0%} or more.",
    "regressed": "NEW is slower than OLD.",
    "inconclusive": f"The noise is too large to exclude a slowdown of {TOO_MUCH:.0%}. "
    "Measure again on a quieter machine.",
    "invalid": "The comparison is invalid.",
}
_OUTCOMES: Final = {
    Outcome.REGRESSED: "Slower: the whole CI is above 1 by more than the minimum effect",
    Outcome.IMPROVED: "Faster: the whole CI is below 1 by more than the minimum effect",
    Outcome.EQUIVALENT: "Two tests reject a slowdown and a gain by the minimum effect",
    Outcome.INCONCLUSIVE: "None of these. The upper end of the CI is the largest slowdown that is "
    "not excluded",
}
_MINIMUM_EFFECT: Final = (
    f"{MINIMUM_EFFECT:.0%}, or the effect of code layout on the unit, where that is larger. "
    "Layout: the difference of 95% of pairs of shuffled links."
)


def write_page(measured: Measured, folder: Path) -> Path:
    """Writes FOLDER/gate.html, whole or not at all; returns it."""
    whole = page(measured)
    with tempfile.TemporaryDirectory() as drawn:
        svgs = {
            each.name: style.write(each.name, each.draw, Path(drawn)) for each in whole.drawings()
        }
    write_whole(folder / FILE, html(whole, svgs).encode())
    return folder / FILE


def page(measured: Measured) -> Page:
    """Verdict, figure, table and terms."""
    old, new = measured.revisions
    verdict = Entries((Entry(measured.verdict, measured.reason, _VERDICTS[measured.verdict]),))
    blocks: list[Block] = [verdict]
    if measured.units:
        blocks += [_gallery(measured), _table(measured)]
    terms = Entries(
        (
            *(Entry(outcome.value, f"{what}.") for outcome, what in _OUTCOMES.items()),
            Entry("minimum effect", _MINIMUM_EFFECT),
        ),
        "terms",
    )
    blocks.append(terms)
    return Page(
        title="Has this change made anything slower?",
        subtitle=f"NEW ({new}) against OLD ({old}), measured side by side on {measured.cpu_model}, "
        f"{measured.when}.",
        about=measured.cpu_model,
        rejections=(),
        warnings=(),
        sections=(Section("comparison", "Verdict", tuple(blocks)),),
    )


def _gallery(measured: Measured) -> Gallery:
    return Gallery(
        (
            Drawing(
                "differences",
                "Paired differences: one point per block of four processes, the first at the top. "
                "Filled: the stage that decided. Bar: its CI. Grey: within the minimum effect. "
                f"Dashed: {TOO_MUCH:.0%} slower. Arrows: beyond the axis.",
                "Times of NEW over OLD by unit: "
                + "; ".join(f"{each.unit.name} {_found(each)}" for each in measured.units),
                partial(draw, measured.units),
            ),
        )
    )


def _table(measured: Measured) -> Table:
    rows = tuple(
        (
            each.unit.name, each.unit.outcome.value, f"{each.unit.ratio:.3f}", _interval(each),
            str(each.unit.stage), str(each.unit.blocks), str(each.unit.cases),
        )
        for each in measured.units
    )  # fmt: skip
    head = ("unit", "outcome", "NEW/OLD", "CI", "stage", "blocks", "cases")
    return Table("Units, worst first", head, rows, opened=True)


def _found(each: Differences) -> str:
    return f"{each.unit.ratio:.3f} ({_interval(each)}), {each.unit.outcome.value}"


def _interval(each: Differences) -> str:
    return "{:.3f} to {:.3f}".format(*each.unit.interval) if each.unit.interval else "none"
