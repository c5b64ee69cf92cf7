"""The paired differences of two builds: a row per unit, a point per block, the CI below them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from parzen_study.gate.measured import Differences
from parzen_study.gate.two_builds import TOO_MUCH, Outcome
from parzen_study.page.style import GRID, INK, PAPER, WIDTH

# In inches.
_ROW, _REST, _LEFT = 0.52, 0.75, 1.28
_COLOURS = {
    Outcome.REGRESSED: "#d55e00",
    Outcome.IMPROVED: "#009e73",
    Outcome.EQUIVALENT: "#0072b2",
    Outcome.INCONCLUSIVE: "#7a7a7a",
}
# Of the range of the axis: ratios beyond are drawn at its end, as arrows.
_LEAST, _MOST = 1.12, 2.0


def draw(units: Sequence[Differences]) -> Figure:
    """The figure of at least one unit, worst first."""
    height = _ROW * len(units) + _REST
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes(
        (_LEFT / WIDTH, 0.5 / height, 1 - (_LEFT + 0.1) / WIDTH, 1 - _REST / height)
    )
    end = _end(units)
    _scale(axes, units, end)
    for row, each in enumerate(units):
        _draw_unit(axes, row, each, end)
    return figure


def _end(units: Sequence[Differences]) -> float:
    """The largest ratio of the axis, and the inverse of the smallest: nine of ten points fit."""
    distances = sorted(
        abs(math.log(ratio))
        for each in units
        for ratios in each.ratios.values()
        for ratio in ratios
    )
    within = math.exp(distances[int(0.9 * (len(distances) - 1))])
    ends = [math.exp(abs(math.log(each.unit.ratio))) for each in units]
    return min(_MOST, max(_LEAST, within, 1.02 * max(ends)))


def _scale(axes: Axes, units: Sequence[Differences], end: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(1 / end / 1.01, end * 1.01)
    axes.set_ylim(len(units) - 0.4, -0.6)
    steps = (1.05, 1.1, 1.2, 1.5, 2.0)
    ticks = [step for step in steps if step <= end][-2:]
    axes.xaxis.set_major_locator(FixedLocator([1.0, *ticks, *(1 / each for each in ticks)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.2f}"))
    axes.set_yticks(range(len(units)), [each.unit.name for each in units])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("time of NEW / time of OLD, a point per block")
    axes.axvline(1.0, color=INK, linewidth=0.8, zorder=1.0)
    axes.axvline(1 + TOO_MUCH, color=INK, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1.0)


def _draw_unit(axes: Axes, row: int, each: Differences, end: float) -> None:
    colour = _COLOURS[each.unit.outcome]
    least = 1 + each.unit.minimum_effect
    axes.fill_betweenx(
        [row - 0.5, row + 0.5], 1 / least, least, color=GRID, alpha=0.6, linewidth=0.0, zorder=0.5
    )
    for stage, ratios in sorted(each.ratios.items()):
        decided = stage == each.unit.stage
        for place, ratio in enumerate(ratios):
            # In order from top to bottom: shows a drift.
            height = row - 0.36 + 0.42 * (place + 0.5) / len(ratios)
            marker = "o" if 1 / end <= ratio <= end else "<" if ratio < 1 else ">"
            axes.plot(
                min(max(ratio, 1 / end), end), height, marker, markersize=3.2, color=colour,
                markerfacecolor=colour if decided else PAPER, markeredgewidth=0.6,
                alpha=0.8 if decided else 0.5, zorder=2.0,
            )  # fmt: skip
    below = row + 0.24
    if each.unit.interval:
        low, high = (min(max(value, 1 / end), end) for value in each.unit.interval)
        axes.plot([low, high], [below, below], color=colour, linewidth=2.0, zorder=2.5)
    ratio = min(max(each.unit.ratio, 1 / end), end)
    axes.plot(ratio, below, "|", color=colour, markersize=8.0, markeredgewidth=2.0, zorder=2.6)
