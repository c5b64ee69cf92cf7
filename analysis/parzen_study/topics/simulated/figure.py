"""Simulated parallel efficiency by nodes: strong scaling above, weak scaling below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from parzen_study.common.wording import size
from parzen_study.page.style import INK, WIDTH, Dash
from parzen_study.stats.bootstrap import Estimate
from parzen_study.topics.simulated.model import Cluster, Line
from parzen_study.topics.simulated.stored import STRONG, WEAK

NAME = "simulated_efficiency"
_HEIGHT = 4.4
# By platform: no backend is in this figure.
_COLOURS = ("#d55e00", "#8a6d1f", "#0072b2", "#009e73")
_DASHES: tuple[Dash, ...] = ("-", (0, (4, 1.5)))
_MARKERS = ("o", "s", "^", "D")
# Space above 100% and below the lowest efficiency, as a share of what is between.
_ASIDE = 0.08
# How far apart the marks of one number of nodes are, as a power of two.
_SPREAD = 0.5


def share(efficiency: Estimate) -> str:
    """`99.86% (99.82 to 99.89)`: near 100%, where three digits say nothing."""
    value, low, high = (f"{100.0 * end:.2f}" for end in (
        efficiency.value, efficiency.low, efficiency.high))  # fmt: skip
    return f"{value}% ({low} to {high})"


@dataclass(frozen=True)
class EfficiencyFigure:
    clusters: tuple[Cluster, ...]

    @property
    def description(self) -> str:
        """Alt text."""
        ends = "; ".join(
            f"{cluster.platform.label}, {scaling} scaling: "
            f"{share(line.last.efficiency)} on "
            f"{line.last.nodes:,} nodes"
            for cluster in self.clusters
            for scaling, line in cluster.lines.items()
        )
        return f"Simulated parallel efficiency by nodes. {ends}."


def draw(data: EfficiencyFigure) -> Figure:
    """The figure, on one scale of efficiency."""
    figure = Figure(figsize=(WIDTH, _HEIGHT))
    above, below = figure.subplots(2, 1, sharex=True, sharey=True)
    for axes, scaling in ((above, STRONG), (below, WEAK)):
        lines = [(each, each.lines[scaling]) for each in data.clusters if scaling in each.lines]
        for number, (cluster, line) in enumerate(lines):
            aside = 2.0 ** (_SPREAD * ((number + 0.5) / len(lines) - 0.5))
            _draw_line(axes, line, number, cluster.platform.label, aside)
        axes.set_title(_title(scaling, [line for _, line in lines]), loc="left")
        axes.set_ylabel("simulated efficiency")
    _scale(above, below, data)
    handles, labels = above.get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=2, fontsize=8.5, frameon=False)
    figure.subplots_adjust(left=0.2, right=0.97, top=0.95, bottom=0.22, hspace=0.2)
    return figure


def _title(scaling: str, lines: Sequence[Line]) -> str:
    n = f"n = {size(lines[0].n)}" if lines else ""
    return f"{scaling} scaling, {n} {'in all' if scaling == STRONG else 'a node'}"


def _draw_line(axes: Axes, line: Line, number: int, label: str, aside: float) -> None:
    values = [point.efficiency for point in line.points]
    axes.errorbar(
        [point.nodes * aside for point in line.points],
        [each.value for each in values],
        yerr=(
            [each.value - each.low for each in values],
            [each.high - each.value for each in values],
        ),
        color=_COLOURS[number % len(_COLOURS)],
        linestyle=_DASHES[number % len(_DASHES)],
        marker=_MARKERS[number % len(_MARKERS)],
        markersize=4,
        linewidth=1.2,
        capsize=1.5,
        elinewidth=0.8,
        label=label,
    )


def _scale(above: Axes, below: Axes, data: EfficiencyFigure) -> None:
    lines = [line for cluster in data.clusters for line in cluster.lines.values()]
    lowest = min(point.efficiency.low for line in lines for point in line.points)
    margin = _ASIDE * max(1.0 - lowest, 1e-3)
    above.set_ylim(lowest - margin, 1.0 + margin)
    below.set_xscale("log", base=2)
    below.xaxis.set_major_locator(LogLocator(base=4, numticks=12))
    below.xaxis.set_minor_locator(NullLocator())
    below.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    below.set_xlabel("nodes")
    for axes in (above, below):
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100.0 * value:g}%"))
        axes.axhline(1.0, color=INK, linewidth=0.8)
