"""The roofline of a problem: decisions a second over decisions a byte, below what reading allows.

After Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for
multicore architectures", CACM 52(4), 2009. A decision is whether one sample counts for one width;
there are n * m of them. The bytes are those that an algorithm has to read, not those that the
hardware moved: a pass a width reads every coordinate for each width, one pass for all widths reads
it once, and a binary search in sorted distances probes some log2(n) of them a width. A roof is the
bandwidth of what only reads, times the decisions a byte.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from parzen_study.common.wording import count_of, power_of_ten, significant
from parzen_study.page.direct_labels import DirectLabel, write_labels
from parzen_study.page.style import INK, WIDTH, BackendStyle, Dash, backend_styles, file_name
from parzen_study.run.case import SERIAL, STREAM_READ, Case
from parzen_study.run.problems import slugs
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.wording import with_interval
from parzen_study.topics.kernels.model import FUSED, INDEXED, Block, Timed, reads_no_sample

# Drawn for the dimensions of the article alone: others have the same form.
DIMENSIONS = 2
_PASS_A_WIDTH = ("literal", "branchless", "eigen", "simd")
_BYTES = 8  # of a coordinate, and of a distance
# In inches: the axes, a row of the legend, all else.
_AXES_HEIGHT, _ROW, _REST = 3.1, 0.195, 1.0
# Space between the outermost points and the frame, as a factor.
_ASIDE, _ABOVE = 2.2, 4.0
# Beyond this ratio of largest to smallest, every second decade has a tick.
_MANY = 1e5
_ROOFS: tuple[Dash, ...] = ("-", (0, (4, 1.5)), (0, (1, 1.2)))


@dataclass(frozen=True)
class Point:
    """A case: `intensity` in decisions a byte, `rate` in decisions a second."""

    label: str
    backend: str
    intensity: float
    rate: Estimate


@dataclass(frozen=True)
class Roof:
    """What a number of workers reads, in bytes a second."""

    workers: int
    bandwidth: Estimate

    @property
    def label(self) -> str:
        read = with_interval(self.bandwidth.scaled(1e-9))
        return f"reading, {count_of(self.workers, 'worker')}: {read} GB/s"


@dataclass(frozen=True)
class RooflineFigure:
    """`label` names the problem in words, `slug` in file names."""

    label: str
    slug: tuple[str, ...]
    points: tuple[Point, ...]
    roofs: tuple[Roof, ...]

    @property
    def name(self) -> str:
        return file_name("roofline", *self.slug)

    @property
    def description(self) -> str:
        """The figure as text, for who cannot see it."""
        points = "; ".join(
            f"{point.label}: {significant(point.intensity)} decisions a byte, "
            f"{point.rate.value:.2e} decisions a second"
            for point in self.points
        )
        roofs = "; ".join(roof.label for roof in self.roofs)
        return (
            f"Decisions a second over decisions a byte at {self.label}, both logarithmic, below "
            f"the roofs of reading. {points}. {roofs}."
        )


def roofline_figures(blocks: Sequence[Block]) -> list[RooflineFigure]:
    """One a problem of two dimensions that has a limit and at least two kernels."""
    counting = [each.case for block in blocks for each in block.timed if each.case.counts_samples]
    slug_of = slugs(counting)
    found = []
    for block in blocks:
        if block.d != DIMENSIONS or not (block.n and block.m):
            continue
        points = tuple(filter(None, (_point(block, each) for each in block.timed)))
        roofs = tuple(
            Roof(each.case.number("workers") or 1, each.bandwidth)
            for each in block.timed
            if each.bandwidth and each.case.get("kernel") == STREAM_READ
        )
        kernels = {each.case.get("kernel") for each in block.timed if _point(block, each)}
        if roofs and len(kernels) > 1:
            found.append(RooflineFigure(block.label, slug_of[block.problem], points, roofs))
    return found


def _point(block: Block, each: Timed) -> Point | None:
    intensity = _intensity(block, each.case)
    if each.time is None or intensity is None:
        return None
    kernel, workers = each.case.get("kernel"), each.case.number("workers")
    label = kernel if workers <= 1 else f"{kernel}, {count_of(workers, 'worker')}"
    rate = each.time.inverse().scaled(float(block.n) * block.m)
    return Point(label, each.case.backend, intensity, rate)


def _intensity(block: Block, case: Case) -> float | None:
    """Decisions a byte; None for what the model does not describe."""
    kernel = case.get("kernel")
    if kernel in _PASS_A_WIDTH:
        return 1.0 / (_BYTES * block.d)
    if kernel == FUSED:
        return block.m / (_BYTES * block.d)
    if kernel == INDEXED and reads_no_sample(case):
        return block.n / (_BYTES * math.log2(max(block.n, 2)))
    return None


def draw(data: RooflineFigure) -> Figure:
    """The figure; its points must have intervals."""
    legend = len(data.roofs) * _ROW + 0.15
    height = _AXES_HEIGHT + legend + _REST
    figure = Figure(figsize=(WIDTH, height))
    bottom = (legend + 0.5) / height
    axes = figure.add_axes((0.145, bottom, 0.815, _AXES_HEIGHT / height))
    axes.set_xscale("log")
    axes.set_yscale("log")
    _scale(axes, data)
    _draw_roofs(axes, data.roofs)
    styles = backend_styles({SERIAL, *(point.backend for point in data.points)})
    for point in data.points:
        _draw_point(axes, point, styles[point.backend])
    axes.set_xlabel("decisions a byte read")
    axes.set_ylabel("decisions a second")
    axes.set_title("\n".join(_title(data)), loc="left")
    figure.legend(
        loc="lower center", bbox_to_anchor=(0.5, 0.0), frameon=False, fontsize=9, handlelength=2.6
    )
    write_labels(
        figure,
        axes,
        [DirectLabel(each.label, each.intensity, each.rate.value) for each in data.points],
    )
    return figure


def _title(data: RooflineFigure) -> tuple[str, str]:
    return (f"{data.label}:", "the loop below what reading allows")


def _scale(axes: Axes, data: RooflineFigure) -> None:
    left = min(point.intensity for point in data.points)
    right = max(point.intensity for point in data.points)
    rates = [point.rate for point in data.points]
    low = min(rate.low for rate in rates)
    high = max(max(rate.high for rate in rates), *(r.bandwidth.high * left for r in data.roofs))
    low = min(low, *(roof.bandwidth.low * left for roof in data.roofs))
    axes.set_xlim(left / _ASIDE, right * _ASIDE)
    axes.set_ylim(low / _ABOVE, high * _ABOVE)
    for axis, span in ((axes.xaxis, right / left), (axes.yaxis, high / low)):
        # Every decade, or every second one where they are many.
        axis.set_major_locator(LogLocator(100.0 if span > _MANY else 10.0))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))


def _draw_roofs(axes: Axes, roofs: Sequence[Roof]) -> None:
    ends = axes.get_xlim()
    for roof, dash in zip(roofs, _dashes(len(roofs)), strict=True):
        low, middle, high = (
            [rate * end for end in ends]
            for rate in (roof.bandwidth.low, roof.bandwidth.value, roof.bandwidth.high)
        )
        axes.fill_between(ends, low, high, color=INK, alpha=0.12, linewidth=0, zorder=1.1)
        axes.plot(
            ends, middle, color=INK, linestyle=dash, linewidth=1.1, zorder=1.2, label=roof.label
        )


def _dashes(number: int) -> list[Dash]:
    return [_ROOFS[min(at, len(_ROOFS) - 1)] for at in range(number)]


def _draw_point(axes: Axes, point: Point, style: BackendStyle) -> None:
    rate = point.rate
    axes.errorbar(
        [point.intensity], [rate.value], yerr=[[rate.value - rate.low], [rate.high - rate.value]],
        color=style.colour, marker=style.marker, linestyle="none", markersize=4.5, elinewidth=1.0,
        capsize=2.0, zorder=3,
    )  # fmt: skip
