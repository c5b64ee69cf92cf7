"""Speedup over n: a line per backend, a panel per start, break-even marked on the line of serial.

Between two points serial time is a power of n, and every other time affine in serial time, as in
parzen_study.thresholds: a line is bent on these axes, and crosses serial where the mark is, or near
it where break-even was fitted to several points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, NullLocator

from parzen_study.common.wording import power_of_ten
from parzen_study.page.style import (
    INK,
    PAPER,
    WIDTH,
    BackendStyle,
    backend_styles,
    file_name,
    line_style,
)
from parzen_study.run import sysinfo
from parzen_study.run.case import COLD, PAUSED, SERIAL, WARM, start_order
from parzen_study.stats.bootstrap import Estimate
from parzen_study.study import Study
from parzen_study.topics.sizes.model import Line
from parzen_study.topics.sizes.pays_from import Verdict

# In inches: the axes of a panel, what lies between two, a row of the legend, and all else.
_PANEL, _BETWEEN, _ROW, _REST = 2.2, 0.3, 0.195, 1.15
# Left of the panels, and right of them where the legend is there.
_LEFT, _LEGEND = 0.672, 4.4
# Space between the outermost points and the frame, as a factor of n; above and below, of the span;
# and aside where the outermost ticks have long labels.
_ASIDE, _ABOVE, _LABELLED = 1.6, 0.06, 0.06
# Up to this ratio of largest to smallest speedup there is room for ticks at 2 and 5.
_NARROW_SPAN = 50.0
# Parts of a line between two points.
_PARTS = 16
_STARTED = {
    COLD: f"{COLD}: workers created in every call",
    WARM: f"{WARM}: workers ready",
    PAUSED: f"{PAUSED}: workers ready, calls with gaps of 5 ms",
}


@dataclass(frozen=True)
class SizesFigure:
    """Of one kernel and decomposition; `label` and `slug` as in Sweep. `ideal` is as many times as
    workers have CPUs, or None where there are none known. `lines` are those of the most workers.
    `axis` is what rises along the figure, `ticks` where that is not by powers of ten, with their
    labels; `what` is behind the label in the title."""

    label: str
    slug: tuple[str, ...]
    ideal: int | None
    lines: tuple[Line, ...]
    axis: str = "n"
    ticks: tuple[tuple[int, str], ...] = ()
    what: str = "speedup by n, and break-even as serial time"

    @property
    def name(self) -> str:
        return file_name("sizes", *self.slug)

    @property
    def starts(self) -> list[str]:
        return sorted({line.start for line in self.lines}, key=start_order)

    @property
    def description(self) -> str:
        """Alt text."""
        lines = "; ".join(
            f"{name_of(line)}, "
            + ", ".join(f"{point.speedup.value:.3g} at {point.n:,}" for point in line.points)
            for line in self.lines
        )
        return f"Speedup against serial over {self.axis}, both logarithmic, {self.label}. {lines}."


def sizes_figures(study: Study) -> list[SizesFigure]:
    """One per sweep in which some line has two points to draw a line between."""
    found = []
    usable_cpus = sysinfo.usable_cpus(study.run)
    for sweep in study.sweeps:
        if any(len(line.points) > 1 for line in sweep.lines):
            most = max(line.workers for line in sweep.lines)
            ideal = min(most, usable_cpus) if usable_cpus else None
            lines = tuple(line for line in sweep.lines if line.workers == most)
            found.append(SizesFigure(sweep.label, sweep.slug, ideal, lines))
    return found


def name_of(line: Line) -> str:
    """`tbb, cold: 640 µs (610 to 680)`: there is no room for the n, which its mark
    shows."""
    pays = line.break_even
    if pays is None:
        return line.label
    return f"{line.label}: {pays.time_in_words if pays.verdict == Verdict.PAYS else pays.verdict}"


def limits(smallest: int, largest: int) -> tuple[float, float]:
    """Of an axis whose ticks are these sizes and others between."""
    aside = max(_ASIDE, (largest / smallest) ** _LABELLED)
    return smallest / aside, largest * aside


def draw(data: SizesFigure, width: float = WIDTH) -> Figure:
    """The figure, its legend below, or right of it where that is wide; its points must have
    intervals."""
    starts = data.starts
    aside = width > WIDTH
    legend = (len(data.lines) + 2) * _ROW + 0.15
    panels = len(starts) * _PANEL + (len(starts) - 1) * _BETWEEN
    height = (max(panels, legend) if aside else panels + legend) + _REST
    right = width - _LEGEND if aside else 0.96 * WIDTH
    figure = Figure(figsize=(width, height))
    title = f"{data.label}:\n{data.what}"
    figure.text(0.02, 1.0 - 0.13 / height, title, fontsize=10, va="top")
    styles = backend_styles({SERIAL, *(line.backend for line in data.lines)})
    sizes = [point.n for line in data.lines for point in line.points]
    top = height - 0.75
    for number, start in enumerate(starts):
        top -= _PANEL
        axes = figure.add_axes(
            (_LEFT / width, top / height, (right - _LEFT) / width, _PANEL / height)
        )
        top -= _BETWEEN
        own = [line for line in data.lines if line.start == start]
        _draw_panel(axes, own, data, sizes, styles, last=number == len(starts) - 1)
        axes.set_title(_STARTED.get(start, start), loc="left", fontsize=9, pad=3)
    handles: dict[str, Artist] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    figure.legend(
        list(handles.values()), list(handles), loc="center right" if aside else "lower center",
        bbox_to_anchor=(1.0, 0.5) if aside else (0.5, 0.0), frameon=False, fontsize=9,
        handlelength=2.2,
    )  # fmt: skip
    return figure


def _draw_panel(
    axes: Axes, lines: Sequence[Line], data: SizesFigure, sizes: Sequence[int],
    styles: Mapping[str, BackendStyle], *, last: bool,
) -> None:  # fmt: skip
    ideal = data.ideal
    axes.set_xscale("log")
    axes.set_yscale("log")
    left, right = (
        limits(min(sizes), max(sizes)) if data.ticks else (min(sizes) / _ASIDE, max(sizes) * _ASIDE)
    )
    axes.set_xlim(left, right)
    axes.xaxis.set_major_locator(LogLocator(10.0))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
    if data.ticks:
        places, words = zip(*data.ticks, strict=True)
        axes.xaxis.set_major_locator(FixedLocator(places))
        axes.xaxis.set_major_formatter(FixedFormatter(words))
    axes.set_ylabel("speedup against serial")
    place = axes.get_window_extent()
    axes.yaxis.set_label_coords(-0.47 * axes.figure.dpi / place.width, 0.5)
    _scale_speedup(axes, [point.speedup for line in lines for point in line.points], ideal)
    axes.axhline(1.0, color=INK, linewidth=1.0, zorder=1.2, label=SERIAL)
    if ideal:
        axes.axhline(
            ideal, color=INK, linewidth=1.4, linestyle=(0, (1, 1.2)), zorder=1.2,
            label=f"ideal: {ideal} times",
        )  # fmt: skip
    for line in lines:
        _draw_line(axes, line, styles[line.backend])
        _mark(axes, line, styles[line.backend])
    if last:
        axes.set_xlabel(data.axis)
    else:
        axes.tick_params(labelbottom=False)


def _scale_speedup(axes: Axes, speedups: Sequence[Estimate], ideal: int | None) -> None:
    low, high = min(1.0, *(s.low for s in speedups)), max(ideal or 1.0, *(s.high for s in speedups))
    margin = (high / low) ** _ABOVE * 1.05
    axes.set_ylim(low / margin, high * margin)
    axes.yaxis.set_major_locator(
        LogLocator(10.0, subs=(1.0, 2.0, 5.0) if high / low < _NARROW_SPAN else (1.0,))
    )
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))


def _draw_line(axes: Axes, line: Line, style: BackendStyle) -> None:
    sizes = np.array([point.n for point in line.points], dtype=np.float64)
    speedups = [point.speedup for point in line.points]
    times = np.array([point.time.value for point in line.points])
    serial = times * [speedup.value for speedup in speedups]
    steps = np.linspace(0.0, len(sizes) - 1.0, (len(sizes) - 1) * _PARTS + 1)
    along, alone = (
        np.exp(np.interp(steps, np.arange(len(sizes)), np.log(each))) for each in (sizes, serial)
    )
    axes.plot(
        along, alone / np.interp(alone, np.maximum.accumulate(serial), times),
        color=style.colour, marker=style.marker, markevery=_PARTS, markersize=4.0, linewidth=1.1,
        linestyle=line_style(line.start),
        markerfacecolor=PAPER if line.start == WARM else style.colour, label=name_of(line),
    )  # fmt: skip
    axes.errorbar(
        sizes, [s.value for s in speedups],
        yerr=[[s.value - s.low for s in speedups], [s.high - s.value for s in speedups]],
        color=style.colour, linestyle="none", elinewidth=1.0, capsize=2.0, zorder=1.9,
    )  # fmt: skip


def _mark(axes: Axes, line: Line, style: BackendStyle) -> None:
    """Break-even on the line of serial, at the n of its serial time, where that was measured."""
    pays = line.break_even
    if pays is None or pays.verdict != Verdict.PAYS or pays.time.value == 0.0:
        return
    low, high = (
        pays.serial.size_at(end) if end else axes.get_xlim()[0]
        for end in (pays.time.low, pays.time.high)
    )
    axes.errorbar(
        [pays.n], [1.0], xerr=[[pays.n - low], [high - pays.n]],
        color=style.colour, marker="|", markersize=12.0, markeredgewidth=1.6, linestyle="none",
        elinewidth=2.0, zorder=3.5,
    )  # fmt: skip
