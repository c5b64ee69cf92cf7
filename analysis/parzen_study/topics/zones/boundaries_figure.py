"""The boundaries on the zone chart: a line in a band where the choice changes, a diamond below it
where processes beat serial though threads are the choice, and what both are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from parzen_study.page.style import INK, PROCESSES
from parzen_study.topics.zones import evidence
from parzen_study.topics.zones import labels_figure as labels
from parzen_study.topics.zones.bands import EITHER, PROCESSES_PAY, Band, Boundary
from parzen_study.topics.zones.words import boundary_time, time

# In inches: a line of text.
LINE = 0.18


def note(each: Boundary, band: Band) -> str:
    """A boundary with its interval, over which loops it was seen, and how far they spread."""
    resolved, seen = len(each.resolved), len(each.seen)
    said = f"{band.start}: {each.what}, {boundary_time(each, band)} of serial time. "
    said += f"Seen over {seen} loop{'s' if seen > 1 else ''}"
    if resolved:
        said += f", {resolved} of them within the sizes measured"
    if not math.isnan(each.spread):
        said += f", which differ by a factor of up to {each.spread:.2g}"
    said += f": {', '.join(one.loop for one in each.seen)}."
    if each.exceptions:
        said += f" Exceptions: {', '.join(each.exceptions)}."
    return said


def pays_too(band: Band, each: Boundary) -> bool:
    """Where processes beat serial though threads are the choice: a mark below the band."""
    if each.what != PROCESSES_PAY or not band.low < each.time.value < band.high:
        return False
    return band.use_at(each.time.value * 1.001) == band.use_at(each.time.value * 0.999)


def is_within(band: Band, each: Boundary) -> bool:
    return band.low < each.time.value < band.high


def _below(each: Boundary, band: Band) -> tuple[str, ...]:
    """What to write below a band, in ever shorter forms."""
    return (
        f"{each.what} from {boundary_time(each, band)}",
        f"{each.what} from {time(each.time.value)}",
        f"{evidence.PROCESSES} from {time(each.time.value)}",
    )


def form_below(axes: Axes, bands: Sequence[Band], inch: float) -> int:
    """The longest for which all bands have room: forms that differ would seem to say two things."""
    below = [
        (_below(each, band), (max(each.time.low, band.low), min(each.time.high, band.high)))
        for band in bands
        for each in band.boundaries
        if pays_too(band, each)
    ]
    for form in range(2):
        if all(labels.side(axes, forms[form], span, inch) for forms, span in below):
            return form
    return 2


def draw(
    axes: Axes,
    band: Band,
    marked: Sequence[tuple[str, Boundary]],
    box: tuple[float, float],
    inch: float,
    form: int,
) -> None:
    """Of a band whose box begins at this height and is this high: each with its id in the drawing.
    `form` is that of the text below it."""
    bottom, height = box
    for name, each in marked:
        low, high = max(each.time.low, band.low), min(each.time.high, band.high)
        mark = Rectangle(
            (low, bottom), high - low, height, facecolor=INK, alpha=0.0, edgecolor="none", zorder=8
        )
        if pays_too(band, each):
            y = bottom - 0.095
            axes.plot([low, high], [y, y], color=PROCESSES, linewidth=2.0, zorder=4)
            axes.plot([each.time.value], [y], marker="D", markersize=5, color=PROCESSES, zorder=5)
            mark.set_bounds(low, bottom - LINE, high - low, LINE)
            labels.label(axes, _below(each, band)[form], (low, high), y, inch)
        elif is_within(band, each):
            axes.plot(
                [each.time.value] * 2, [bottom, bottom + height + 0.05], color=INK, linewidth=2.0,
                zorder=7,
            )  # fmt: skip
        mark.set_gid(name)
        axes.add_patch(mark)


def _short(each: Boundary, band: Band) -> str:
    """The zone that begins at a boundary, in a word; what the boundary is, where none begins."""
    before, after = (band.use_at(each.time.value * factor) for factor in (0.999, 1.001))
    if before == after:
        return each.what
    return "either" if after == EITHER else after


def write_times(
    axes: Axes, band: Band, marked: Sequence[Boundary], bottom: float, inch: float
) -> None:
    """Above the boundaries of a band, from this height on: what they are, and their intervals,
    where there is room."""
    inside = sorted(
        (each for each in marked if is_within(band, each) and not pays_too(band, each)),
        key=lambda each: each.time.value,
    )
    forms = [
        (
            f"{each.what} from {boundary_time(each, band)}",
            f"{_short(each, band)} from {boundary_time(each, band)}",
            f"{_short(each, band)} from {time(each.time.value)}",
            time(each.time.value),
        )
        for each in inside
    ]
    for at, said in labels.longest(axes, [each.time.value for each in inside], forms, inch):
        axes.text(at, bottom + 0.06, said, fontsize=9, ha="center", va="bottom")
