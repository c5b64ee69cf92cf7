"""Speedup by workers: a line per backend, one figure per n, with the ideal and the CPUs' limit.

For any family whose cases differ in workers: the article's, scaling, and io_bound.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from parzen_study.common.wording import count_of, label_of
from parzen_study.page.style import (
    INK,
    PAPER,
    WIDTH,
    BackendStyle,
    Dash,
    backend_styles,
    file_name,
    line_style,
)
from parzen_study.run import published, sysinfo
from parzen_study.run.case import SERIAL, WARM
from parzen_study.run.problems import labels, slugs, variant_labels, variant_of
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Measured
from parzen_study.study import Study

# Beyond this ratio of largest to smallest speedup, ticks at 1, 2 and 5 are enough.
_WIDE_SPAN = 8.0
# Space between the outermost interval and the frame, as a factor.
_MARGIN = 1.12
# The largest number of workers that a linear axis shows well.
_LINEAR_UP_TO = 8
# How near two ticks of a logarithmic axis may lie, as a share of it.
_NARROWEST = 1.0 / 14.0
# The total shift between the lines of one figure, in workers (or doublings).
_SPREAD = 0.42
# In inches: the axes, a row of the legend, and a further line of the title.
_AXES_HEIGHT, _ROW, _LINE = 2.9, 0.195, 0.17
# In inches, left of the axes: the label with its gaps, and a digit of a tick.
_LABEL, _DIGIT = 0.32, 0.08
# Where the axes end, as a share of the width.
_RIGHT = 0.98
# Letters of a line of the title.
_TITLE_LETTERS = 42
# The longest name, in letters, that leaves room for another next to it.
_TWO_COLUMNS_UP_TO = 22


@dataclass(frozen=True)
class Line:
    """Speedups against serial of the same kernel, by workers, of one backend and start."""

    backend: str
    start: str
    points: tuple[tuple[int, Estimate], ...]
    style: BackendStyle

    @property
    def label(self) -> str:
        return label_of(self.backend, self.start)


@dataclass(frozen=True)
class SpeedupFigure:
    """`problem` names the problem in words, `slug` in file names; `label` adds the kernel where the
    problem has several. `waits`: tasks need no CPU, so the ideal is not limited by CPUs."""

    family: str
    problem: str
    label: str
    slug: tuple[str, ...]
    usable_cpus: int | None
    lines: tuple[Line, ...]
    n: int = 0
    kernel: str = ""
    decomposition: str = ""
    waits: bool = False

    @property
    def workers(self) -> list[int]:
        return sorted({workers for line in self.lines for workers, _ in line.points})

    @property
    def name(self) -> str:
        of_article = self.family == published.FAMILY
        return file_name(
            "speedup" if of_article else self.family, self.kernel, self.decomposition, *self.slug
        )

    @property
    def description(self) -> str:
        """Alt text."""
        lines = "; ".join(
            f"{line.label}: "
            + ", ".join(f"{speedup.value:.2f} with {workers}" for workers, speedup in line.points)
            for line in self.lines
        )
        return f"Speedup against serial by workers, {self.label}. {lines}."


def speedup_figures(study: Study, family: str = published.FAMILY) -> list[SpeedupFigure]:
    """Of one family: a figure an n (and kernel and decomposition, where there are more). Wrong
    counts have none."""
    if study.wrong_counts:
        return []
    estimates, usable_cpus = study.estimates, sysinfo.usable_cpus(study.run)
    parallel = [
        each
        for name, each in estimates.measured.items()
        if each.case.family == family
        and each.case.backend != SERIAL
        and each.speedup
        and name not in study.rejected
        and each.case.counts_samples
        and each.case.get("workers")
    ]
    cases = [each.case for each in parallel]
    problems, named, slug_of = labels(cases), variant_labels(cases), slugs(cases)
    # By the whole family, so that a backend has the same colour in all figures.
    styles = backend_styles(
        each.case.backend
        for each in estimates.measured.values()
        if each.case.family == family and each.case.counts_samples
    )
    order = list(slug_of)
    panels = [list(panel) for _, panel in groupby(sorted(parallel, key=_panel), key=_panel)]
    panels.sort(
        key=lambda panel: (
            panel[0].case.get("kernel") == published.PYTHON_KERNEL,
            panel[0].case.get("kernel") != published.KERNEL,
            panel[0].case.get("kernel"),
            panel[0].case.get("decomposition"),
            order.index(panel[0].case.problem),
        )
    )
    figures = [
        SpeedupFigure(
            family=family,
            problem=problems[panel[0].case.problem],
            label=named[variant_of(panel[0].case)],
            slug=slug_of[panel[0].case.problem],
            usable_cpus=usable_cpus,
            lines=_lines(panel, styles),
            n=panel[0].case.number("n"),
            kernel=panel[0].case.get("kernel"),
            decomposition=panel[0].case.get("decomposition"),
        )
        for panel in panels
    ]
    return [each for each in figures if len(each.workers) > 1]


def _panel(each: Measured) -> tuple[str, ...]:
    return (*each.case.problem, each.case.get("kernel"), each.case.get("decomposition"))


def _lines(panel: Sequence[Measured], styles: Mapping[str, BackendStyle]) -> tuple[Line, ...]:
    points: dict[tuple[str, str], list[tuple[int, Estimate]]] = defaultdict(list)
    for each in sorted(panel, key=lambda each: each.workers):
        if each.speedup:
            points[each.case.backend, each.case.get("start")].append((each.workers, each.speedup))
    return tuple(
        Line(backend, start, tuple(found), styles[backend])
        for (backend, start), found in sorted(points.items())
    )


def draw(data: SpeedupFigure) -> Figure:
    """The figure; its points must have intervals.

    The axis is logarithmic, since speedups are ratios: halved and doubled are equally far from 1.
    """
    entries = len(data.lines) + 2
    longest = max(len(line.label) for line in data.lines)
    rows = (entries + 1) // 2 if longest <= _TWO_COLUMNS_UP_TO else entries
    legend = rows * _ROW + 0.15
    title = f"{data.label}: speedup by workers"
    if len(title) > _TITLE_LETTERS:
        title = f"{data.label}:\nspeedup by workers"
    height = _AXES_HEIGHT + legend + 0.8 + _LINE * title.count("\n")
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0.0, (legend + 0.47) / height, 1.0, _AXES_HEIGHT / height))
    workers = data.workers
    limit = min(data.usable_cpus or workers[-1], workers[-1])
    ideal_up_to = workers[-1] if data.waits else limit
    values = [speedup for line in data.lines for _, speedup in line.points]
    bottom, top = min(1.0, *(v.low for v in values)), max(ideal_up_to, *(v.high for v in values))
    axes.set_yscale("log")
    low, high = bottom / _MARGIN, top * _MARGIN
    axes.set_ylim(low, high)
    _scale_workers(axes, workers)
    axes.yaxis.set_major_locator(LogLocator(10, subs=_ticks(top / bottom)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ticks = [f"{tick:g}" for tick in axes.get_yticks() if low <= tick <= high]
    longest_tick = max(map(len, ticks), default=0)
    left = (_LABEL + _DIGIT * longest_tick) / WIDTH
    place = axes.get_position()
    axes.set_position((left, place.y0, _RIGHT - left, place.height))
    axes.set_xlabel("workers")
    axes.set_ylabel("speedup against serial")
    axes.set_title(title, loc="left")
    _draw_references(axes, workers, limit, ideal_up_to=ideal_up_to)
    for number, line in enumerate(data.lines):
        # A little to the left or right each, so that no interval hides another.
        aside = _SPREAD * ((number + 0.5) / len(data.lines) - 0.5)
        _draw_line(axes, line, aside)
    _write_legend(figure, axes)
    return figure


def _ticks(span: float) -> tuple[float, ...]:
    return (1.0, 2.0, 5.0) if span > _WIDE_SPAN else (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0)


def _scale_workers(axes: Axes, workers: Sequence[int]) -> None:
    """Linear where every number has room, as for 1 to 6 workers; else each doubling as wide."""
    if workers[-1] > _LINEAR_UP_TO:
        axes.set_xscale("log", base=2)
        axes.set_xlim(workers[0] / 1.3, workers[-1] * 1.3)
    else:
        axes.set_xlim(workers[0] - 0.4, workers[-1] + 0.4)
    axes.xaxis.set_major_locator(FixedLocator(_with_room(workers)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _with_room(workers: Sequence[int]) -> list[int]:
    """Ticks whose labels do not overlap; of many doublings every one."""
    kept = [workers[0]]
    for count in workers[1:]:
        if (
            workers[-1] <= _LINEAR_UP_TO
            or count / kept[-1] >= (workers[-1] / kept[0]) ** _NARROWEST
        ):
            kept.append(count)
    return kept


def _draw_line(axes: Axes, line: Line, aside: float) -> None:
    style = line.style
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
        label=line.label,
    )  # fmt: skip


def _draw_references(axes: Axes, workers: Sequence[int], limit: int, *, ideal_up_to: int) -> None:
    """Serial, the usable CPUs, and the ideal speedup."""
    left, right = axes.get_xlim()
    dotted: Dash = (0, (1, 1.2))
    axes.plot((left, right), (1.0, 1.0), color=INK, linewidth=1.0, zorder=1.2, label="serial")
    corners = sorted({workers[0], *(w for w in workers if w < ideal_up_to), ideal_up_to})
    label = "ideal"
    along, up = [float(corner) for corner in corners], [float(corner) for corner in corners]
    if limit < workers[-1]:
        axes.axvline(limit, linestyle=dotted, color=INK, linewidth=0.8, zorder=1.1)
        if ideal_up_to == limit:
            label = f"ideal, {count_of(limit, 'usable CPU')}"
    if ideal_up_to < workers[-1]:
        along, up = [*along, right], [*up, float(ideal_up_to)]
    axes.plot(along, up, linestyle=dotted, color=INK, linewidth=1.4, zorder=1.3, label=label)


def _write_legend(figure: Figure, axes: Axes) -> None:
    """Below the axes, where the longest name has room."""
    handles, labels = axes.get_legend_handles_labels()
    longest = max(map(len, labels))
    figure.legend(
        handles, labels, loc="lower center", bbox_to_anchor=(0.5, 0.0), frameon=False, fontsize=9,
        ncol=2 if longest <= _TWO_COLUMNS_UP_TO else 1, columnspacing=1.2, handlelength=2.6,
    )  # fmt: skip
