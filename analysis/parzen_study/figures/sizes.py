"""Speedup over n: a line a backend, a panel a start, and where each begins to pay."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from parzen_study.case import COLD, WARM
from parzen_study.figures.style import (
    INK,
    PAPER,
    WIDTH,
    BackendStyle,
    backend_styles,
    file_name,
    line_style,
)
from parzen_study.phrasing import count_of, power_of_ten
from parzen_study.size_words import in_words
from parzen_study.sizes import Curve, Payer, Sizes

# In inches: a panel with its title, the label below the last, a row of the legend.
_PANEL, _LABELS, _ROW = 2.35, 0.5, 0.2
_PARTS = 16  # of a line between two points
_STARTED = {COLD: "workers made inside the call (cold)", WARM: "workers there already (warm)"}


@dataclass(frozen=True)
class SizesFigure:
    """All starts of one kernel and decomposition."""

    kernel: str
    decomposition: str
    panels: tuple[Sizes, ...]
    usable_cpus: int | None

    @property
    def name(self) -> str:
        return file_name("sizes", self.kernel, self.decomposition)

    @property
    def description(self) -> str:
        """The figure as text, for who cannot see it."""
        told = "; ".join(
            f"{panel.start or 'start unknown'}: "
            + ", ".join(f"{each.name} pays {in_words(each.break_even)}" for each in panel.backends)
            for panel in self.panels
        )
        return f"Speedup over serial by number of samples, kernel {self.kernel}. {told}."


def sizes_figures(found: Sequence[Sizes], usable_cpus: int | None) -> list[SizesFigure]:
    """One a kernel and decomposition."""
    ways = groupby(found, key=lambda each: (each.kernel, each.decomposition))
    return [SizesFigure(*way, tuple(panels), usable_cpus) for way, panels in ways]


def draw(data: SizesFigure) -> Figure:
    """Both axes are logarithmic; the limits are the same for all panels."""
    styles = backend_styles(each.name for panel in data.panels for each in panel.backends)
    rows = math.ceil((len(styles) + 1) / 2)
    height = _PANEL * len(data.panels) + _LABELS + _ROW * rows
    legend = _ROW * rows / height
    layout = ConstrainedLayoutEngine(rect=(0.0, legend, 1.0, 1.0 - legend))
    figure = Figure(figsize=(WIDTH, height), layout=layout)
    panels = figure.subplots(len(data.panels), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, panel in zip(panels, data.panels, strict=True):
        _draw_panel(axes, panel, styles, data.usable_cpus)
    panels[-1].set_xlabel("samples n")
    named = {
        label: handle
        for axes in reversed(panels)  # the first one's stays
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        list(named.values()), list(named), loc="lower center", ncol=2, frameon=False, fontsize=9,
        handlelength=2.6, columnspacing=1.2, borderaxespad=0.0,
    )  # fmt: skip
    return figure


def _draw_panel(
    axes: Axes, panel: Sizes, styles: Mapping[str, BackendStyle], usable_cpus: int | None
) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(LogLocator(10, numticks=12))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda n, _: power_of_ten(n)))
    axes.yaxis.set_major_locator(LogLocator(10, numticks=9))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
    axes.set_title(_STARTED.get(panel.start, panel.start or "start unknown"), loc="left")
    axes.set_ylabel("speedup against serial")
    axes.axhline(1.0, color=INK, linewidth=1.0, zorder=1.2)
    if usable_cpus and usable_cpus > 1:
        axes.axhline(
            usable_cpus, color=INK, linewidth=1.2, linestyle=(0, (1, 1.2)), zorder=1.2,
            label=f"ideal, {count_of(usable_cpus, 'usable CPU')}",
        )  # fmt: skip
    for each in panel.backends:
        _draw_line(axes, each, panel.serial, styles[each.name], panel.start)


def _draw_line(axes: Axes, each: Payer, serial: Curve, style: BackendStyle, start: str) -> None:
    """Between two n the line is what break-even is solved from, both times linear in n: bent on
    these axes, it crosses the line of serial where the mark is."""
    sizes = np.array(each.curve.sizes, dtype=np.float64)
    speedups = [speedup for _, speedup in each.speedups]
    along = np.geomspace(sizes[0], sizes[-1], (len(sizes) - 1) * _PARTS + 1)
    beside = serial.at(each.curve.sizes).measured
    axes.plot(
        along, np.interp(along, sizes, beside) / np.interp(along, sizes, each.curve.measured),
        color=style.colour, linestyle=line_style(start), linewidth=1.1,
    )  # fmt: skip
    axes.errorbar(
        sizes, [s.value for s in speedups],
        yerr=[
            [max(s.value - s.low, 0.0) for s in speedups],
            [max(s.high - s.value, 0.0) for s in speedups],
        ],
        color=style.colour, marker=style.marker, linestyle="none", markersize=4.0, elinewidth=1.0,
        capsize=2.0, markerfacecolor=PAPER if start == WARM else style.colour, label=each.name,
    )  # fmt: skip
    found = each.break_even
    if found.certain:
        # On the line of serial, from where to where it begins to pay.
        axes.plot(
            (found.n.low, found.n.high), (1.0, 1.0), color=style.colour, linewidth=5.0, alpha=0.45,
            solid_capstyle="butt", zorder=1.5,
        )  # fmt: skip
