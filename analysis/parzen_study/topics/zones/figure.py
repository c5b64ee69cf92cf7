"""The zone chart: serial time of one call on a log axis, a band per start, coloured by what to use.

Within the interval of a boundary, a band is hatched: there it is inconclusive. It is drawn twice,
for a phone and for a desktop, with letters of the same size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from parzen_study.page.style import GRID, INK, PROCESSES, THREADS, WIDTH, scale_time
from parzen_study.topics.zones import evidence
from parzen_study.topics.zones import labels_figure as labels
from parzen_study.topics.zones.bands import EITHER, PROCESSES_PAY, SERIAL, Band, Boundary, Zone
from parzen_study.topics.zones.model import Mark
from parzen_study.topics.zones.words import STARTED, boundary_time, time

NAME = "zones"
# In inches: a band, its title above, a line of times, the space below, and the axis.
_BAND, _TITLE, _LINE, _SPACE, _AXIS, _TOP = 0.29, 0.19, 0.18, 0.05, 0.46, 0.04
# On a colour, the same in light and dark; not a role of style.py, so one bit off.
_LIGHT, _DARK = "#fefefe", "#1b1f25"
_LABEL = "time of one call in one thread"


@dataclass(frozen=True)
class ZonesFigure:
    """The bands, and the sizes measured of a user's own loop."""

    bands: tuple[Band, ...]
    marks: tuple[Mark, ...] = ()

    @property
    def ends(self) -> tuple[float, float]:
        return min(each.low for each in self.bands), max(each.high for each in self.bands)

    @property
    def description(self) -> str:
        """The figure as text, for who cannot see it."""
        bands = ". ".join(
            f"{STARTED.get(band.start, band.start)}: "
            + ", ".join(
                f"{each.use} from {time(each.low)} to {time(each.high)}" for each in band.zones
            )
            for band in self.bands
        )
        return f"What to use by the serial time of one call, a band per start of workers. {bands}."

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What each boundary is, by its id in the drawing."""
        return tuple((name, note(each, band)) for name, each, band in self._marked())

    def _marked(self) -> Iterator[tuple[str, Boundary, Band]]:
        for number, band in enumerate(self.bands):
            for at, each in enumerate(band.boundaries):
                if each in band.decisive or _pays_too(band, each):
                    yield f"boundary-{number}-{at}", each, band

    def of_band(self, number: int) -> list[tuple[str, Boundary]]:
        return [(name, each) for name, each, band in self._marked() if band is self.bands[number]]


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


def _pays_too(band: Band, each: Boundary) -> bool:
    """Where processes beat serial though threads are the choice: a mark below the band."""
    if each.what != PROCESSES_PAY or not band.low < each.time.value < band.high:
        return False
    return band.use_at(each.time.value * 1.001) == band.use_at(each.time.value * 0.999)


def _is_within(band: Band, each: Boundary) -> bool:
    return band.low < each.time.value < band.high


def draw(data: ZonesFigure, width: float = WIDTH) -> Figure:
    """The figure."""
    wide = width > WIDTH
    below = [any(_pays_too(band, each) for each in band.boundaries) * _LINE for band in data.bands]
    above = [any(_is_within(band, each) for each in band.decisive) * _LINE for band in data.bands]
    height = _TOP + _AXIS + len(below) * (_TITLE + _BAND + _SPACE) + sum(below) + sum(above)
    height += 1.5 * _LINE * bool(data.marks)
    figure = Figure(figsize=(width, height))
    aside = 0.12
    axes = figure.add_axes(
        (aside / width, _AXIS / height, 1 - 2 * aside / width, 1 - (_AXIS + _TOP) / height)
    )
    low, high = data.ends
    axes.set_xscale("log")
    pad = (high / low) ** 0.01 if high > low else 2.0
    axes.set_xlim(low / pad, high * pad)
    axes.set_ylim(_AXIS - height + _TOP, 0.0)
    scale_time(axes.xaxis)
    axes.set_yticks([])
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel(_LABEL)
    inch = math.log(high * pad * pad / low) / (width - 2 * aside)
    labels.set_ticks(axes, inch, aside, wide=wide)
    top = 0.0
    for number, band in enumerate(data.bands):
        top -= _TITLE
        title = STARTED.get(band.start, band.start)
        axes.text(low / pad, top + 0.04, title, fontsize=9, fontweight="bold", va="bottom")
        top -= above[number] + _BAND
        _draw_band(axes, band, top, inch)
        _draw_boundaries(axes, data, number, top, inch)
        _write_times(axes, band, [each for _, each in data.of_band(number)], top, inch)
        top -= _SPACE + below[number]
    for each in data.marks:
        axes.plot([each.serial], [top], marker="^", color=INK, markersize=6, clip_on=False)
    if data.marks:
        said = "sizes measured of this loop"
        axes.text(
            low / pad, top - 0.14, f"\N{BLACK UP-POINTING TRIANGLE} {said}", fontsize=9, va="center"
        )
    return figure


def _draw_band(axes: Axes, band: Band, bottom: float, inch: float) -> None:
    for zone in band.zones:
        for low, high, colour in _fills(zone):
            axes.add_patch(
                _box(zone.low, zone.high, bottom + low * _BAND, (high - low) * _BAND, colour)
            )
    hatched = _together([(low, high) for _, low, high in band.inconclusive])
    for low, high in hatched:
        for zone in band.zones:
            begin, end = max(low, zone.low), min(high, zone.high)
            if begin < end:
                axes.add_patch(_hatch(begin, end, bottom, INK if zone.use == SERIAL else _LIGHT))
    for zone in band.zones:
        # In the part that is not hatched, where there is room; else anywhere in it.
        for low, high in (_free(zone, hatched), (zone.low, zone.high)):
            if _name(axes, zone.use, low, high, bottom, inch):
                break
    axes.add_patch(
        Rectangle((band.low, bottom), band.high - band.low, _BAND, facecolor="none", edgecolor=INK,
                  linewidth=0.8, zorder=5)
    )  # fmt: skip


def _together(parts: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Parts that overlap as one: hatched twice they would look like another kind."""
    found: list[tuple[float, float]] = []
    for low, high in sorted(parts):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def _fills(zone: Zone) -> list[tuple[float, float, str]]:
    """The parts of a band's height, and their colours."""
    if zone.use == EITHER:
        return [(0.5, 1.0, THREADS), (0.0, 0.5, PROCESSES)]
    return [
        (
            0.0,
            1.0,
            {SERIAL: GRID, evidence.THREADS: THREADS, evidence.PROCESSES: PROCESSES}[zone.use],
        )
    ]


def _box(low: float, high: float, bottom: float, height: float, colour: str) -> Rectangle:
    return Rectangle(
        (low, bottom), high - low, height, facecolor=colour, edgecolor="none", zorder=2
    )


def _hatch(low: float, high: float, bottom: float, colour: str) -> Rectangle:
    return Rectangle(
        (low, bottom), high - low, _BAND, facecolor="none", edgecolor=colour, hatch="/////",
        linewidth=0.0, zorder=3,
    )  # fmt: skip


def _free(zone: Zone, hatched: list[tuple[float, float]]) -> tuple[float, float]:
    """The longest part of a zone that is not hatched, on a logarithmic scale; all of it where there
    is no such part."""
    parts = [(zone.low, zone.high)]
    for low, high in hatched:
        parts = [
            piece
            for begin, end in parts
            for piece in ((begin, min(end, low)), (max(begin, high), end))
            if piece[1] > piece[0]
        ]
    parts = parts or [(zone.low, zone.high)]
    return max(parts, key=lambda part: part[1] / part[0])


def _name(axes: Axes, use: str, low: float, high: float, bottom: float, inch: float) -> bool:
    """Of a zone, in it; whether there is room."""
    room = math.log(high / low) / inch
    middle = math.sqrt(low * high)
    if use == EITHER:
        texts = [("threads or", 0.75, _LIGHT), ("processes", 0.25, _DARK)]
    else:
        colour = {SERIAL: INK, evidence.THREADS: _LIGHT, evidence.PROCESSES: _DARK}[use]
        texts = [(use, 0.5, colour)]
    if room < max(len(text) for text, _, _ in texts) * labels.LETTER:
        return False
    for text, share, colour in texts:
        axes.text(
            middle, bottom + share * _BAND, text, color=colour, fontsize=8 if use == EITHER else 9,
            ha="center", va="center" if use == EITHER else "center_baseline", zorder=4,
            bbox={"facecolor": _under(use, share), "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip
    return True


def _under(use: str, share: float) -> str:
    """The colour of a zone at this share of its height: what a name is written on."""
    parts = _fills(Zone(0.0, 0.0, use))
    return next(colour for low, high, colour in parts if low <= share <= high)


def _draw_boundaries(
    axes: Axes, data: ZonesFigure, number: int, bottom: float, inch: float
) -> None:
    band = data.bands[number]
    for name, each in data.of_band(number):
        low, high = max(each.time.low, band.low), min(each.time.high, band.high)
        mark = Rectangle(
            (low, bottom), high - low, _BAND, facecolor=INK, alpha=0.0, edgecolor="none", zorder=8
        )
        if _pays_too(band, each):
            y = bottom - 0.095
            axes.plot([low, high], [y, y], color=PROCESSES, linewidth=2.0, zorder=4)
            axes.plot([each.time.value], [y], marker="D", markersize=5, color=PROCESSES, zorder=5)
            mark.set_bounds(low, bottom - _LINE, high - low, _LINE)
            forms = (
                f"{each.what} from {boundary_time(each, band)}",
                f"{each.what} from {time(each.time.value)}",
                f"processes from {time(each.time.value)}",
            )
            labels.label(axes, forms, (low, high), y, inch)
        elif _is_within(band, each):
            axes.plot(
                [each.time.value] * 2, [bottom, bottom + _BAND + 0.05], color=INK, linewidth=2.0,
                zorder=7,
            )  # fmt: skip
        mark.set_gid(name)
        axes.add_patch(mark)


def _write_times(
    axes: Axes, band: Band, marked: Sequence[Boundary], bottom: float, inch: float
) -> None:
    """Above the boundaries of a band: what they are, and their intervals, where there is room."""
    inside = sorted(
        (each for each in marked if _is_within(band, each) and not _pays_too(band, each)),
        key=lambda each: each.time.value,
    )
    forms: tuple[Callable[[Boundary], str], ...] = (
        lambda each: f"{each.what} from {boundary_time(each, band)}",
        lambda each: boundary_time(each, band),
        lambda each: time(each.time.value),
    )
    placed: list[tuple[float, str]] = []
    for form in forms:
        placed = labels.placed(axes, [(each.time.value, form(each)) for each in inside], inch)
        if len(placed) == len(inside):
            break
    for at, said in placed:
        axes.text(at, bottom + _BAND + 0.06, said, fontsize=9, ha="center", va="bottom")
