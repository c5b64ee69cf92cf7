"""The article's chart in its own form: horizontal green bars, the speed right of each.

One chart a backend and n, of the article's own arithmetic and decomposition, workers started inside
the timed call where the backend can. The 2014 speeds are marked at the times that they would mean
for this machine's serial time. The article's own function in Python, where the run has it, has
charts of its own, compared with its own serial.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from parzen_study.common.wording import percent, time_unit
from parzen_study.page.style import INK, PAPER, PUBLISHED, WIDTH, file_name
from parzen_study.run import published
from parzen_study.run.case import COLD, SERIAL, Case
from parzen_study.run.problems import labels, slugs
from parzen_study.run.run import UNKNOWN
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.study import Study

_EDGE = "#2a8f4a"  # of a bar: its pale green alone is too faint on paper
# Where the diamond lies on its bar: above the middle, which is the interval's.
_DIAMOND_ABOVE = 0.22
# Letters of a line of the title; inches of the whole with one line, and of each further one.
_TITLE_LETTERS = 54
_HEIGHT, _LINE = 4.1, 0.19
_PUBLISHED_LABEL = "where the speed published in 2014 would be"


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
    """`label` names the problem in words, `slug` in file names."""

    backend: str
    in_python: bool
    mechanism: str
    n: int
    label: str
    slug: tuple[str, ...]
    start: str
    bars: tuple[Bar, ...]

    @property
    def name(self) -> str:
        return file_name("article", "python" * self.in_python, self.backend, *self.slug)

    @property
    def counted(self) -> str:
        """What the axis counts: processes, threads, or workers where the run does not say."""
        return "workers" if self.mechanism == UNKNOWN else self.mechanism

    @property
    def title(self) -> str:
        return f"Serial vs. {self.backend} via Parzen-window estimation{self._language}"

    @property
    def _language(self) -> str:
        return " in Python" if self.in_python else ""

    @property
    def description(self) -> str:
        """The chart as text, for who cannot see it."""
        scale, unit = time_unit(max(bar.time.value for bar in self.bars))
        speeds = "; ".join(
            f"{bar.label}: {bar.time.value / scale:.3g} {unit}, {percent(bar.speed.value)}"
            + (f" (2014: {percent(bar.published)})" if bar.published else "")
            for bar in self.bars
        )
        return (
            f"Horizontal bars of the time at {self.label}{self._language} for serial and for "
            f"{self.backend} by number of {self.counted}, with the share of the serial speed. "
            f"{speeds}."
        )


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
    named, slug_of = labels(cases), slugs(cases)
    charts = []
    parallel = {(_in_python(case), case.backend) for case in cases if case.backend != SERIAL}
    for program in sorted(parallel):
        for problem, label in named.items():
            own = [
                case
                for case in cases
                if case.problem == problem and (_in_python(case), case.backend) == program
            ]
            chart = _chart(estimates, own, cases, label, slug_of[problem])
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
    estimates: Estimates, own: list[Case], cases: list[Case], label: str, slug: tuple[str, ...]
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
        slug,
        starts[0],
        tuple(bars),
    )


def draw(chart: ArticleChart) -> Figure:
    """The chart; its bars must have intervals."""
    title = fill(chart.title, _TITLE_LETTERS)
    height = _HEIGHT + _LINE * title.count("\n")
    of_height = _HEIGHT / height
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0.165, 0.125 * of_height, 0.815, 0.70 * of_height))
    scale, unit = time_unit(max(bar.time.value for bar in chart.bars))
    serial = chart.bars[0].time.value / scale
    ends = []
    for position, bar in enumerate(chart.bars):
        time = bar.time.scaled(1.0 / scale)
        axes.barh(
            position,
            time.value,
            align="center",
            height=0.72,
            linewidth=1.0,
            facecolor=to_rgba("g", 0.4),
            edgecolor=_EDGE,
        )
        axes.errorbar(
            time.value, position, xerr=[[time.value - time.low], [time.high - time.value]],
            color=INK, elinewidth=1.2, capsize=3,
        )  # fmt: skip
        ends.append(time.high)
        if bar.published and bar.label != SERIAL:
            axes.plot(
                serial / bar.published, position + _DIAMOND_ABOVE, marker="D", markersize=6.5,
                linestyle="none", markerfacecolor=PUBLISHED, markeredgecolor=INK, zorder=4,
                label=_PUBLISHED_LABEL if position == 1 else None,
            )  # fmt: skip
            ends[-1] = max(time.high, serial / bar.published + 0.025 * serial)
    right = 1.53 * max(ends)
    axes.set_xlim(0, right)
    axes.set_ylim(-1, len(chart.bars) - 0.4)
    for position, (bar, end) in enumerate(zip(chart.bars, ends, strict=True)):
        _annotate(axes, bar, end + 0.015 * right, position)
    axes.axvline(serial, linestyle="dashed", color=INK, linewidth=1.1, zorder=1.5)
    axes.set_yticks(range(len(chart.bars)), [bar.label for bar in chart.bars], fontsize=10)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_xlabel(f"time in {_UNIT_NAMES[unit]} for n={chart.n}")
    axes.set_ylabel(f"number of {chart.counted}")
    figure.suptitle(title, fontsize=9.5, x=0.51, y=1.0 - 0.015 * of_height)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="upper center", bbox_to_anchor=(0.55, 0.925 * of_height),
        frameon=False, fontsize=9, handletextpad=0.2, borderpad=0.0,
    )  # fmt: skip
    return figure


_UNIT_NAMES = {"s": "seconds", "ms": "milliseconds", "\N{MICRO SIGN}s": "microseconds",
               "ns": "nanoseconds"}  # fmt: skip


def _annotate(axes: Axes, bar: Bar, x: float, y: int) -> None:
    """The speed, and under it its interval, on paper so that the dashed line does not cross it."""
    behind = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.8}
    if bar.label == SERIAL:
        axes.text(x, y, percent(bar.speed.value), va="center", fontsize=9, bbox=behind, zorder=3)
        return
    axes.text(x, y, percent(bar.speed.value), va="bottom", fontsize=9, bbox=behind, zorder=3)
    axes.text(
        x, y - 0.04, f"{100 * bar.speed.low:.1f} to {100 * bar.speed.high:.1f}",
        va="top", fontsize=9, bbox=behind, zorder=3,
    )  # fmt: skip
