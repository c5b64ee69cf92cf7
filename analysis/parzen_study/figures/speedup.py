"""Speedup by workers: a line a backend, one figure an n, with the ideal and the CPUs' limit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from parzen_study import published
from parzen_study.case import SERIAL, WARM
from parzen_study.estimates import Estimates, Measured
from parzen_study.figures.style import INK, PAPER, WIDTH, Dash, backend_style, file_name, line_style
from parzen_study.stats import Estimate

# Beyond this ratio of largest to smallest speedup, ticks at 1, 2 and 5 are enough.
_WIDE_SPAN = 8.0
# Space between the outermost interval and the frame, as a factor.
_MARGIN = 1.12
# The largest number of workers that a linear axis shows well.
_LINEAR_UP_TO = 8
# How far, in workers (or doublings), the lines of one figure lie apart in all.
_SPREAD = 0.42


@dataclass(frozen=True)
class Line:
    """Speedups against the best serial, by workers, of one backend and start."""

    backend: str
    start: str
    points: tuple[tuple[int, Estimate], ...]

    @property
    def label(self) -> str:
        return f"{self.backend}, {self.start}" if self.start else self.backend


@dataclass(frozen=True)
class SpeedupFigure:
    n: int
    kernel: str
    decomposition: str
    usable_cpus: int | None
    lines: tuple[Line, ...]

    @property
    def workers(self) -> list[int]:
        return sorted({workers for line in self.lines for workers, _ in line.points})

    @property
    def name(self) -> str:
        return file_name("speedup", self.kernel, self.decomposition, f"n{self.n}")

    @property
    def description(self) -> str:
        """The figure as text, for who cannot see it."""
        lines = "; ".join(
            f"{line.label}: "
            + ", ".join(f"{speedup.value:.2f} with {workers}" for workers, speedup in line.points)
            for line in self.lines
        )
        return f"Speedup against the best serial by workers at n = {self.n:,}. {lines}."


def speedup_figures(
    estimates: Estimates, refused: Collection[str], usable_cpus: int | None
) -> list[SpeedupFigure]:
    """The article's family: a figure an n (and kernel and decomposition, where there are more)."""
    parallel = [
        each
        for name, each in estimates.measured.items()
        if each.case.family == published.FAMILY
        and each.case.backend != SERIAL
        and each.speedup
        and name not in refused
        and each.case.get("n")
        and each.case.get("workers")
    ]
    panels = [list(panel) for _, panel in groupby(sorted(parallel, key=_panel), key=_panel)]
    figures = [
        SpeedupFigure(
            panel[0].case.number("n"),
            panel[0].case.get("kernel"),
            panel[0].case.get("decomposition"),
            usable_cpus,
            _lines(panel),
        )
        for panel in panels
    ]
    return sorted(
        (each for each in figures if len(each.workers) > 1),
        key=lambda figure: (figure.kernel, figure.decomposition, figure.n),
    )


def _panel(each: Measured) -> tuple[str, ...]:
    return (*each.case.problem, each.case.get("kernel"), each.case.get("decomposition"))


def _lines(panel: Sequence[Measured]) -> tuple[Line, ...]:
    points: dict[tuple[str, str], list[tuple[int, Estimate]]] = defaultdict(list)
    for each in sorted(panel, key=lambda each: each.workers):
        if each.speedup:
            points[each.case.backend, each.case.get("start")].append((each.workers, each.speedup))
    return tuple(Line(*which, tuple(found)) for which, found in sorted(points.items()))


def draw(data: SpeedupFigure) -> Figure:
    """The figure; its points must have intervals.

    The axis is logarithmic, since speedups are ratios: halved and doubled are equally far from 1.
    """
    figure = Figure(figsize=(WIDTH, 4.1))
    axes = figure.add_axes((0.115, 0.125, 0.575, 0.79))
    workers = data.workers
    limit = min(data.usable_cpus or workers[-1], workers[-1])
    values = [speedup for line in data.lines for _, speedup in line.points]
    bottom, top = min(1.0, *(v.low for v in values)), max(limit, *(v.high for v in values))
    axes.set_yscale("log")
    axes.set_ylim(bottom / _MARGIN, top * _MARGIN)
    _scale_workers(axes, workers)
    axes.yaxis.set_major_locator(LogLocator(10, subs=_ticks(top / bottom)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("workers")
    axes.set_ylabel("speedup against the best serial")
    axes.set_title(f"n = {data.n:,}: speedup by workers", loc="left")
    labels = _draw_references(axes, workers, limit)
    for number, line in enumerate(data.lines):
        # A little to the left or right each, so that no interval hides another.
        aside = _SPREAD * ((number + 0.5) / len(data.lines) - 0.5)
        labels.append(_draw_line(axes, line, aside))
    _write_labels(axes, labels)
    return figure


@dataclass(frozen=True)
class _Label:
    """A line's name, where the line ends (in data) and what it looks like."""

    text: str
    x: float
    y: float
    colour: str
    linestyle: Dash
    marker: str = ""
    filled: bool = True


def _ticks(span: float) -> tuple[float, ...]:
    return (1.0, 2.0, 5.0) if span > _WIDE_SPAN else (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0)


def _scale_workers(axes: Axes, workers: Sequence[int]) -> None:
    """Linear where every number has room, as for 1 to 6 workers; else each doubling as wide."""
    if workers[-1] > _LINEAR_UP_TO:
        axes.set_xscale("log", base=2)
        axes.set_xlim(workers[0] / 1.3, workers[-1] * 1.3)
    else:
        axes.set_xlim(workers[0] - 0.4, workers[-1] + 0.4)
    axes.xaxis.set_major_locator(FixedLocator(workers))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _draw_line(axes: Axes, line: Line, aside: float) -> _Label:
    style = backend_style(line.backend)
    doubling = axes.get_xscale() == "log"
    at = [count * 2.0**aside if doubling else count + aside for count, _ in line.points]
    speedups = [speedup for _, speedup in line.points]
    filled = line.start != WARM
    dash = line_style(line.start)
    axes.errorbar(
        at, [s.value for s in speedups],
        yerr=[[s.value - s.low for s in speedups], [s.high - s.value for s in speedups]],
        color=style.colour, marker=style.marker, linestyle=dash, markersize=4.5, linewidth=1.1,
        elinewidth=1.0, capsize=2.0, markerfacecolor=style.colour if filled else PAPER,
    )  # fmt: skip
    return _Label(line.label, at[-1], speedups[-1].value, style.colour, dash, style.marker, filled)


def _draw_references(axes: Axes, workers: Sequence[int], limit: int) -> list[_Label]:
    """Serial, and the ideal: as many times as there are workers, up to the usable CPUs."""
    left, right = axes.get_xlim()
    dotted: Dash = (0, (1, 1.2))
    axes.plot((left, right), (1.0, 1.0), color=INK, linewidth=1.0, zorder=1.2)
    corners = sorted({workers[0], *(w for w in workers if w < limit), limit})
    axes.plot(
        [*corners, right] if limit < workers[-1] else corners,
        [*corners, limit] if limit < workers[-1] else corners,
        linestyle=dotted, color=INK, linewidth=1.4, zorder=1.3,
    )  # fmt: skip
    end = right if limit < workers[-1] else float(limit)
    if limit < workers[-1]:
        axes.axvline(limit, linestyle=dotted, color=INK, linewidth=0.8, zorder=1.1)
        ideal = f"ideal, {limit} usable CPU{'' if limit == 1 else 's'}"
    else:
        ideal = "ideal"
    return [_Label("serial", right, 1.0, INK, "-"), _Label(ideal, end, limit, INK, dotted)]


def _write_labels(axes: Axes, labels: Sequence[_Label]) -> None:
    """All names right of the axes, each as near to its line's end as the others allow."""
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = [to_axes.transform((label.x, label.y)) for label in labels]
    places = spread([float(y) for _, y in ends], gap=0.055, low=0.0, high=1.0)
    size = min(8.0, 140.0 / max(len(label.text) for label in labels))  # the longest still fits
    for label, (x, y), place in zip(labels, ends, places, strict=True):
        axes.plot(
            (float(x) + 0.015, 1.045), (float(y), place), transform=axes.transAxes,
            clip_on=False, color=label.colour, linewidth=0.6,
        )  # fmt: skip
        axes.plot(
            (1.055, 1.0925, 1.13), (place, place, place), transform=axes.transAxes,
            clip_on=False, color=label.colour, linestyle=label.linestyle, linewidth=1.4,
            marker=label.marker or None, markevery=[1], markersize=4.5,
            markerfacecolor=label.colour if label.filled else PAPER,
        )  # fmt: skip
        axes.text(
            1.145, place, label.text, transform=axes.transAxes, va="center", fontsize=size
        )  # fmt: skip


def spread(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Places as near to the wanted ones as a gap between neighbours allows, in the same order.

    Pushes upwards from the lowest, then back down from `high`; where `high - low` is too short for
    all gaps, the lowest end below `low`.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    places = list(wanted)
    floor = low
    for index in order:
        places[index] = max(places[index], floor)
        floor = places[index] + gap
    ceiling = high
    for index in reversed(order):
        places[index] = min(places[index], ceiling)
        ceiling = places[index] - gap
    return places
