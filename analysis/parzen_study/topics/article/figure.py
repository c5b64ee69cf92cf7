"""The article's chart once: small multiples, its horizontal green bars, the speed right of each.

One panel per backend and problem, with the article's arithmetic and decomposition. Workers are
created inside the timed call where the backend can do so. A bar is the speed relative to serial;
the speed published in 2014 is marked. The article's own function in Python has panels of its own,
compared with its own serial time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from parzen_study.common.wording import percent, time_unit
from parzen_study.page.style import INK, PUBLISHED, WIDTH
from parzen_study.run import published
from parzen_study.run.case import COLD, SERIAL, Case
from parzen_study.run.problems import labels
from parzen_study.run.run import UNKNOWN
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.study import Study

_EDGE = "#2a8f4a"  # of a bar: its pale green alone is too faint on paper
NAME = "article"
# In inches: the least width of a panel, its title, a bar, the space below, the heading of a row of
# panels, and the legend; left of the bars, and right of them for the speed.
_PANEL, _TITLE, _BAR, _SPACE, _HEADING, _LEGEND = 1.9, 0.23, 0.2, 0.1, 0.27, 0.33
_LEFT, _RIGHT = 0.38, 0.5


@dataclass(frozen=True)
class Bar:
    """`speed` is relative to serial (1 for serial itself), `published` that of 2014 or None; times
    in seconds, NaN for a CPU time that is unknown."""

    label: str
    time: Estimate
    cpu_time: float
    speed: Estimate
    published: float | None


@dataclass(frozen=True)
class ArticleChart:
    """`label` names the problem in words."""

    backend: str
    in_python: bool
    mechanism: str
    n: int
    label: str
    start: str
    bars: tuple[Bar, ...]

    @property
    def counted(self) -> str:
        """What the axis counts: processes, threads, or workers where the run does not say."""
        return "workers" if self.mechanism == UNKNOWN else self.mechanism

    @property
    def heading(self) -> str:
        """What it shares with its neighbours."""
        return f"{self.label}{self._language}, start {self.start or 'unknown'}"

    @property
    def _language(self) -> str:
        return " in Python" if self.in_python else ""

    @property
    def description(self) -> str:
        """Alt text."""
        scale, unit = time_unit(max(bar.time.value for bar in self.bars))
        speeds = "; ".join(
            f"{bar.label}: {bar.time.value / scale:.3g} {unit}, {percent(bar.speed.value)}"
            + (f" (2014: {percent(bar.published)})" if bar.published else "")
            for bar in self.bars
        )
        return f"{self.backend} by number of {self.counted}, {self.heading}: {speeds}."

    @property
    def parallel(self) -> tuple[Bar, ...]:
        """All but serial."""
        return self.bars[1:]


@dataclass(frozen=True)
class ArticleFigure:
    """Panels of the same problem and language stand side by side."""

    charts: tuple[ArticleChart, ...]

    @property
    def rows(self) -> dict[str, list[ArticleChart]]:
        """By heading."""
        found: dict[str, list[ArticleChart]] = {}
        for chart in sorted(self.charts, key=lambda each: (each.in_python, each.n)):
            found.setdefault(chart.heading, []).append(chart)
        return found

    @property
    def description(self) -> str:
        """Alt text."""
        panels = " ".join(chart.description for own in self.rows.values() for chart in own)
        return f"Speed relative to serial, one panel per backend, and that of 2014. {panels}"


def article_charts(study: Study) -> list[ArticleChart]:
    """The charts of all parallel backends, sorted by backend and n; those in Python last. Wrong
    counts have none."""
    if study.wrong_counts:
        return []
    estimates = study.estimates
    cases = [
        each.case
        for name, each in estimates.measured.items()
        if name not in study.rejected and _is_of_the_article(each.case)
    ]
    named = labels(cases)
    charts = []
    parallel = {(_in_python(case), case.backend) for case in cases if case.backend != SERIAL}
    for program in sorted(parallel):
        for problem, label in named.items():
            own = [
                case
                for case in cases
                if case.problem == problem and (_in_python(case), case.backend) == program
            ]
            chart = _chart(estimates, own, cases, label)
            if chart:
                charts.append(chart)
    return charts


def _is_of_the_article(case: Case) -> bool:
    return (
        case.family == published.FAMILY
        and case.get("kernel") in {published.KERNEL, published.PYTHON_KERNEL}
        and case.get("decomposition") == published.DECOMPOSITION
        and case.counts_samples
    )


def _in_python(case: Case) -> bool:
    return case.get("kernel") == published.PYTHON_KERNEL


def _chart(
    estimates: Estimates, own: list[Case], cases: list[Case], label: str
) -> ArticleChart | None:
    starts = sorted({case.get("start") for case in own}, key=lambda s: (s != COLD, s))
    serial = estimates.serial_of(own[0], among=cases) if own else None
    if serial is None:
        return None
    speeds = published.speed_by_label()
    measured = estimates.measured[serial.name]
    one = Estimate(1.0, 1.0, 1.0)
    bars = [Bar(SERIAL, measured.time, measured.total_cpu_time, one, speeds[SERIAL])]
    by_workers = {case.get("workers"): case for case in own if case.get("start") == starts[0]}
    # The article's numbers of workers; where this run measured none of them, its own.
    found = [number for number in speeds if number in by_workers]
    for number in found or sorted(by_workers, key=int):
        case = by_workers[number]
        measured = estimates.measured[case.name]
        bars.append(
            Bar(
                number,
                measured.time,
                measured.total_cpu_time,
                estimates.speedup_between(case, serial),
                speeds.get(number),
            )
        )
    return ArticleChart(
        own[0].backend,
        _in_python(own[0]),
        estimates.mechanism(own[0].backend),
        own[0].number("n"),
        label,
        starts[0],
        tuple(bars),
    )


def draw(data: ArticleFigure, width: float = WIDTH) -> Figure:
    """The figure; its bars must have intervals."""
    rows = data.rows
    columns = min(max(int(width / _PANEL), 1), max(map(len, rows.values())))
    lines = [
        (heading if not at else "", own[at : at + columns])
        for heading, own in rows.items()
        for at in range(0, len(own), columns)
    ]
    heights = [_panel_height(panels) for _, panels in lines]
    height = _LEGEND + sum(heights) + _HEADING * len(rows)
    figure = Figure(figsize=(width, height))
    most = max(max(bar.speed.high, bar.published or 0.0) for c in data.charts for bar in c.bars)
    top = height - _LEGEND
    for (heading, panels), tall in zip(lines, heights, strict=True):
        if heading:
            top -= _HEADING
            figure.text(
                0.06 / width, (top + 0.07) / height, heading, fontsize=10, fontweight="bold"
            )
        for column, chart in enumerate(panels):
            place = (
                (column * width / columns + _LEFT) / width,
                (top - tall + _SPACE) / height,
                (width / columns - _LEFT - _RIGHT) / width,
                (tall - _SPACE - _TITLE) / height,
            )
            _draw_panel(figure.add_axes(place), chart, most)
        top -= tall
    _write_legend(figure, height)
    return figure


def _panel_height(panels: Sequence[ArticleChart]) -> float:
    return _TITLE + _SPACE + _BAR * (max(len(chart.parallel) for chart in panels) + 0.2)


def _draw_panel(axes: Axes, chart: ArticleChart, most: float) -> None:
    for position, bar in enumerate(chart.parallel):
        speed = bar.speed
        axes.barh(
            position, speed.value, height=0.74, linewidth=1.0, facecolor=to_rgba("g", 0.4),
            edgecolor=_EDGE,
        )  # fmt: skip
        axes.errorbar(
            speed.value, position, xerr=[[speed.value - speed.low], [speed.high - speed.value]],
            color=INK, elinewidth=1.2, capsize=2.0,
        )  # fmt: skip
        if bar.published:
            axes.plot(
                bar.published, position, marker="D", markersize=5.5, linestyle="none",
                markerfacecolor=PUBLISHED, markeredgecolor=INK, zorder=4,
            )  # fmt: skip
        axes.text(
            1.0, position, f" {100.0 * speed.value:,.0f}%", va="center", fontsize=9,
            transform=axes.get_yaxis_transform(),
        )  # fmt: skip
    axes.set_xlim(0.0, 1.04 * most)
    axes.set_ylim(-0.6, max(len(chart.parallel), 1) - 0.4)
    axes.axvline(1.0, linestyle="dashed", color=INK, linewidth=1.1, zorder=1.5)
    axes.set_yticks(range(len(chart.parallel)), [bar.label for bar in chart.parallel], fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([])
    axes.grid(visible=False)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_title(chart.backend, loc="left", fontsize=9, pad=3)


def _write_legend(figure: Figure, height: float) -> None:
    """Once, above all panels."""
    handles = [
        Patch(facecolor=to_rgba("g", 0.4), edgecolor=_EDGE, label="here"),
        Line2D([], [], marker="D", markersize=5.5, linestyle="none", markerfacecolor=PUBLISHED,
               markeredgecolor=INK, label="published in 2014"),
        Line2D([], [], linestyle="dashed", color=INK, linewidth=1.1, label="serial: 100%"),
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.0, 1.0 - 0.02 / height), ncol=3,
        frameon=False, fontsize=9, handlelength=1.8, handletextpad=0.5, columnspacing=1.3,
        borderpad=0.2,
    )  # fmt: skip
