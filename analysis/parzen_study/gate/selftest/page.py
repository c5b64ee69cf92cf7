"""The page of the self-test: selftest.html, one file that loads nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from parzen_study.common.output import write_whole
from parzen_study.gate.selftest.figure import draw
from parzen_study.gate.selftest.others import EFFECTS, Row, cells_of
from parzen_study.gate.selftest.power import Size
from parzen_study.page import style
from parzen_study.page.blocks import Drawing, Entries, Entry, Gallery, Page, Section, Table
from parzen_study.report.html import html

FILE: Final = "selftest.html"
_LEAST, _MOST = EFFECTS
_HEAD: Final = (
    "rule", "live", "false alarm", f"+{_LEAST}%: it", "others", f"+{_MOST}%: it", "other ones",
)  # fmt: skip


def write_page(
    live: Sequence[str], sizes: Sequence[Size], rules: Sequence[Row], folder: Path
) -> Path:
    """Writes FOLDER/selftest.html, whole or not at all; returns it."""
    whole = page(live, sizes, rules)
    with tempfile.TemporaryDirectory() as drawn:
        svgs = {
            each.name: style.write(each.name, each.draw, Path(drawn)) for each in whole.drawings()
        }
    write_whole(folder / FILE, html(whole, svgs).encode())
    return folder / FILE


def page(live: Sequence[str], sizes: Sequence[Size], rules: Sequence[Row]) -> Page:
    """How often the gate raises a false alarm and what it finds, next to other rules."""
    ours = rules[0]
    facts = Entries(
        (
            Entry(
                "False alarms",
                f"Live comparisons of a build with itself that report a slowdown. {live[0]}.",
                ours.live,
            ),
            Entry(
                "Power",
                "Share of suites in which the gate finds one slower backend. Suites are stored "
                "comparisons, resampled, with the slowdown added.",
                f"{ours.found[_LEAST]:.0%} at {_LEAST}%, {ours.found[_MOST]:.0%} at {_MOST}%",
            ),
        )
    )
    return Page(
        title="Can this gate be trusted?",
        subtitle="Its false alarms and its power, measured on builds that are the same.",
        about=live[0],
        rejections=(),
        warnings=(),
        sections=(
            Section("rules", "Next to other rules", (facts, _gallery(rules), _rules(rules))),
            Section("power", "What it finds", (_sizes(sizes),)),
        ),
    )


def _gallery(rules: Sequence[Row]) -> Gallery:
    said = "; ".join(
        f"{each.name}: false alarms {each.false:.0%}, found {each.found[_LEAST]:.0%} and "
        f"{each.found[_MOST]:.0%}"
        for each in rules
    )
    return Gallery(
        (
            Drawing(
                "rules",
                "The same times judged by each rule. Cross: share of suites with a false alarm. "
                f"Circles: share in which it finds one backend that is {_LEAST}% (hollow) or "
                f"{_MOST}% slower (filled). A rule with many false alarms also has high power.",
                f"Shares of suites. {said}.",
                partial(draw, rules),
            ),
        )
    )


def _rules(rules: Sequence[Row]) -> Table:
    return Table(
        "Suites with an alarm: live, and resampled; with one backend slower, about it and about "
        "others",
        _HEAD,
        tuple(map(cells_of, rules)),
        opened=True,
    )


def _sizes(sizes: Sequence[Size]) -> Table:
    head = ("slower by", "one backend", "the worst", "found", "another named", "all slower")
    rows = tuple(
        (
            f"{size.percent}%",
            f"{size.mean.regressed:.1%}",
            size.worst,
            f"{size.by_backend[size.worst].regressed:.1%}",
            f"{size.mean.bystanders:.2%}",
            f"{size.everywhere.regressed:.1%}",
        )
        for size in sizes
    )
    return Table("Share of suites that are called regressed", head, rows, opened=True)
