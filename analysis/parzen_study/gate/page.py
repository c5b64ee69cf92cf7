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
    "pass": "No unit is slower by 5% or more.",
    "regressed": "This build is slower than the base.",
    "inconclusive": "The comparison is inconclusive: the times vary too much to exclude a slowdown "
    "of 5%. Measure again on a quieter machine.",
    "invalid": "There is no comparison.",
}
_OUTCOMES: Final = {
    Outcome.REGRESSED: "slower: the whole interval is above the minimum effect",
    Outcome.IMPROVED: "faster: the whole interval is below its inverse",
    Outcome.EQUIVALENT: "a slowdown and a gain of the minimum effect are both rejected",
    Outcome.INCONCLUSIVE: "none of these: the upper end of the interval is the largest slowdown "
    "that is not excluded",
}
_MINIMUM_EFFECT: Final = (
    f"{MINIMUM_EFFECT:.0%}, or what the place of the same code in the program alone does to the "
    "unit, where that is more (95% of pairs of shuffled links)."
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
    """What the comparison found, for people."""
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
                "Paired differences: a point a block of four processes, in their order from top to "
                "bottom; hollow where another stage decided. The bar is the interval that decided. "
                f"Grey: within the minimum effect; dashed: {TOO_MUCH:.0%} slower. Arrows: beyond "
                "the axis.",
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
    head = ("unit", "outcome", "NEW/OLD", "interval", "stage", "blocks", "cases")
    return Table("Units, worst first", head, rows, opened=True)


def _found(each: Differences) -> str:
    return f"{each.unit.ratio:.3f} ({_interval(each)}), {each.unit.outcome.value}"


def _interval(each: Differences) -> str:
    return "{:.3f} to {:.3f}".format(*each.unit.interval) if each.unit.interval else "none"
