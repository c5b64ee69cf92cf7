"""Efficiency over grain: a line per backend and start, METG(50%) of ready workers marked at 50%."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from parzen_study.common.wording import seconds
from parzen_study.page.style import (
    INK,
    PAPER,
    WIDTH,
    BackendStyle,
    backend_styles,
    line_style,
    scale_time,
)
from parzen_study.run.case import WARM
from parzen_study.stats.bootstrap import Estimate
from parzen_study.topics.grain.model import THRESHOLD, Line

# In inches: the axes, a row of the legend, and all else.
_AXES_HEIGHT, _ROW, _REST = 2.9, 0.195, 0.95
# Left of the axes, and right of them where the legend is there.
_LEFT, _LEGEND = 0.714, 4.3
# Space between the outermost points and the frame, as a factor.
_ASIDE = 1.5


@dataclass(frozen=True)
class GrainFigure:
    lines: tuple[Line, ...]
    name: str = "grain"

    @property
    def description(self) -> str:
        """Alt text."""
        lines = "; ".join(
            f"{name_of(line)}, "
            + ", ".join(
                f"{point.efficiency.value:.0%} at {seconds(point.grain.value)}"
                for point in line.points
            )
            for line in self.lines
        )
        return (
            "Efficiency over grain, logarithmic. Warm: with METG(50%). Cold: with the overhead of "
            f"a call. {lines}."
        )


def grain_figure(lines: Sequence[Line]) -> GrainFigure | None:
    """None where no line has two points to draw a line between."""
    return GrainFigure(tuple(lines)) if any(len(line.points) > 1 for line in lines) else None


def name_of(line: Line) -> str:
    """`tbb, warm: 2.00 µs (1.97 to 2.03)`, `tbb, cold: 47.3 µs (45.0 to 49.1) a call`; the
    legend's title says what they are."""
    if line.metg:
        return f"{line.label}: {line.metg_in_words}"
    return f"{line.label}: {line.call_cost_in_words} a call" if line.call_cost else line.label


def draw(data: GrainFigure, width: float = WIDTH) -> Figure:
    """The figure, its legend below, or right of it where that is wide; its points must have
    intervals."""
    aside = width > WIDTH
    legend = (len(data.lines) + 1) * _ROW + 0.15
    tall = max(_AXES_HEIGHT, legend) if aside else _AXES_HEIGHT
    below = 0.0 if aside else legend
    height = tall + below + _REST
    right = width - _LEGEND if aside else 0.96 * WIDTH
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes(
        (_LEFT / width, (below + 0.47) / height, (right - _LEFT) / width, tall / height)
    )
    _scale(axes, data.lines)
    axes.axhline(THRESHOLD, color=INK, linewidth=1.0, zorder=1.2)
    styles = backend_styles(line.backend for line in data.lines)
    for line in data.lines:
        _draw_line(axes, line, styles)
    for line in data.lines:
        _mark(axes, line, styles[line.backend])
    axes.set_xlabel("grain: CPU time of a task")
    axes.set_ylabel("efficiency")
    axes.set_title("Efficiency by grain", loc="left")
    figure.legend(
        loc="upper left" if aside else "lower left",
        bbox_to_anchor=((right + 0.1) / width, 1.0 - 0.3 / height) if aside else (0.005, 0.0),
        frameon=False, fontsize=9, borderaxespad=0.0,
        handlelength=1.3, handletextpad=0.5, borderpad=0.0, alignment="left",
        title="Warm: METG(50%). Cold: overhead of a call.", title_fontsize=9,
    )  # fmt: skip
    return figure


def _scale(axes: Axes, lines: Sequence[Line]) -> None:
    grains = [point.grain for line in lines for point in line.points]
    axes.set_xscale("log")
    axes.set_xlim(min(g.low for g in grains) / _ASIDE, max(g.high for g in grains) * _ASIDE)
    scale_time(axes.xaxis)
    top = max(point.efficiency.high for line in lines for point in line.points)
    axes.set_ylim(-0.03, max(1.0, top) * 1.04)
    axes.yaxis.set_major_locator(MultipleLocator(THRESHOLD / 2.0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))


def _draw_line(axes: Axes, line: Line, styles: Mapping[str, BackendStyle]) -> None:
    style = styles[line.backend]
    values = [point.efficiency for point in line.points]
    axes.errorbar(
        [point.grain.value for point in line.points], [value.value for value in values],
        xerr=_lengths([point.grain for point in line.points]), yerr=_lengths(values),
        color=style.colour, marker=style.marker, linestyle=line_style(line.start), markersize=4.0,
        linewidth=1.1, elinewidth=1.0,
        markerfacecolor=PAPER if line.start == WARM else style.colour, label=name_of(line),
    )  # fmt: skip


def _lengths(values: Sequence[Estimate]) -> list[list[float]]:
    """Of error bars, below and above."""
    return [[v.value - v.low for v in values], [v.high - v.value for v in values]]


def _mark(axes: Axes, line: Line, style: BackendStyle) -> None:
    """METG on the line of 50%, as far as it lies in the sweep."""
    if line.metg is None or not 0.0 < line.metg.value < math.inf:
        return
    left, right = axes.get_xlim()
    low, high = max(line.metg.low, left), min(line.metg.high, right)
    axes.errorbar(
        [line.metg.value], [THRESHOLD], xerr=[[line.metg.value - low], [high - line.metg.value]],
        color=style.colour, marker="|", markersize=12.0, markeredgewidth=1.6, linestyle="none",
        elinewidth=2.0, zorder=3.5,
    )  # fmt: skip
