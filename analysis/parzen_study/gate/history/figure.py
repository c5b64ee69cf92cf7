"""A case over the stored runs: a point per run, a step per level, a line where it changed."""

from __future__ import annotations

import math

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from parzen_study.common.wording import time_unit
from parzen_study.gate.history.changes import History
from parzen_study.page.style import INK, WIDTH

_COLOUR = "#0072b2"
_MOST_TICKS = 5


def draw(data: History) -> Figure:
    """The figure of at least one run."""
    times = [point.time for point in data.points]
    size, unit = time_unit(min(times))
    figure = Figure(figsize=(WIDTH, 2.6))
    axes = figure.add_axes((0.15, 0.26, 0.81, 0.66))
    places, sizes = range(len(times)), [each / size for each in times]
    axes.plot(places, sizes, "o", color=_COLOUR, markersize=4.0)
    for level in data.levels:
        value = level.time / size
        axes.plot([level.first - 0.5, level.end - 0.5], [value, value], color=INK, linewidth=1.2)
    for level in data.levels[1:]:
        axes.axvline(level.first - 0.5, color=INK, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_ylim(0.95 * min(times) / size, 1.05 * max(times) / size)
    axes.set_xlim(-0.7, len(times) - 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(_MOST_TICKS, integer=True))
    dates = [point.when[5:10] for point in data.points]
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _date(dates, value)))
    axes.set_xlabel("stored run")
    axes.set_ylabel(f"median time ({unit})")
    return figure


def _date(dates: list[str], value: float) -> str:
    place = math.floor(value)
    return f"{place + 1}\n{dates[place]}" if 0 <= place < len(dates) else ""
