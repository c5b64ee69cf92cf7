"""False alarms and power of each rule: a row per rule, shares of suites."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from parzen_study.gate.selftest.others import EFFECTS, OURS, Row
from parzen_study.page.style import GRID, INK, PAPER, WIDTH

# In inches.
_ROW, _REST, _LEFT, _LEGEND = 0.34, 0.55, 2.2, 0.3
_FALSE, _FOUND = "#d55e00", "#0072b2"


def draw(rules: Sequence[Row]) -> Figure:
    """The figure of at least one rule, in their order from top to bottom."""
    height = _ROW * len(rules) + _REST + _LEGEND
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes(
        (
            _LEFT / WIDTH,
            (_REST - 0.1) / height,
            1 - (_LEFT + 0.15) / WIDTH,
            1 - (_REST + _LEGEND - 0.1) / height,
        )
    )
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(len(rules) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_yticks(range(len(rules)), [each.name for each in rules])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("share of suites")
    few, many = EFFECTS
    for row, each in enumerate(rules):
        if each.name == OURS:
            axes.axhspan(row - 0.5, row + 0.5, color=GRID, alpha=0.6, zorder=0.5)
        ends = (each.found[few], each.found[many])
        axes.plot(ends, (row, row), color=_FOUND, linewidth=1.2, zorder=1.5)
    places = range(len(rules))
    marks = (
        ([each.found[few] for each in rules], "o", _FOUND, PAPER, f"{few}% slower, found"),
        ([each.found[many] for each in rules], "o", _FOUND, _FOUND, f"{many}% slower, found"),
        ([each.false for each in rules], "X", _FALSE, _FALSE, "false alarm"),
    )
    for shares, marker, edge, face, label in marks:
        axes.plot(
            shares, places, marker, markersize=6.0, color=edge, markerfacecolor=face,
            markeredgewidth=1.0, label=label, zorder=2.0, linestyle="none", clip_on=False,
        )  # fmt: skip
    figure.legend(
        loc="upper right", ncols=len(marks), frameon=False, labelcolor=INK, handletextpad=0.2,
        columnspacing=1.2, borderaxespad=0.2,
    )  # fmt: skip
    return figure
