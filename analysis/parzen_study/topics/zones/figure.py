"""The zone chart: serial time of one call on a log axis, a band per start, coloured by what to use.

Within the interval of a boundary, a band is hatched: there it is inconclusive. It is drawn twice,
for a phone and for a desktop, with letters of the same size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from parzen_study.page.style import GRID, INK, PROCESSES, THREADS, WIDTH, scale_time
from parzen_study.topics.zones import boundaries_figure as boundaries
from parzen_study.topics.zones import evidence
from parzen_study.topics.zones import labels_figure as labels
from parzen_study.topics.zones.bands import EITHER, SERIAL, Band, Boundary, Zone
from parzen_study.topics.zones.model import Mark
from parzen_study.topics.zones.words import STARTED, time

NAME = "zones"
# In inches: a band, its title above, the space below, and the axis.
_BAND, _TITLE, _SPACE, _AXIS, _TOP = 0.29, 0.19, 0.05, 0.46, 0.04
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
    def caption(self) -> str:
        processes = any(
            boundaries.pays_too(band, each) for band in self.bands for each in band.boundaries
        )
        diamond = " Diamond: processes beat serial from there." if processes else ""
        return f"On idle CPUs. Hatched: inconclusive.{diamond}"

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What each boundary is, by its id in the drawing."""
        return tuple((name, boundaries.note(each, band)) for name, each, band in self._marked())

    def _marked(self) -> Iterator[tuple[str, Boundary, Band]]:
        for number, band in enumerate(self.bands):
            for at, each in enumerate(band.boundaries):
                if each in band.decisive or boundaries.pays_too(band, each):
                    yield f"boundary-{number}-{at}", each, band

    def of_band(self, number: int) -> list[tuple[str, Boundary]]:
        return [(name, each) for name, each, band in self._marked() if band is self.bands[number]]


def draw(data: ZonesFigure, width: float = WIDTH) -> Figure:
    """The figure."""
    wide = width > WIDTH
    below = [
        any(boundaries.pays_too(band, each) for each in band.boundaries) * boundaries.LINE
        for band in data.bands
    ]
    above = [
        any(boundaries.is_within(band, each) for each in band.decisive) * boundaries.LINE
        for band in data.bands
    ]
    height = _TOP + _AXIS + len(below) * (_TITLE + _BAND + _SPACE) + sum(below) + sum(above)
    height += 1.5 * boundaries.LINE * bool(data.marks)
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
    form = boundaries.form_below(axes, data.bands, inch)
    top = 0.0
    for number, band in enumerate(data.bands):
        top -= _TITLE
        title = STARTED.get(band.start, band.start)
        axes.text(low / pad, top + 0.04, title, fontsize=9, fontweight="bold", va="bottom")
        top -= above[number] + _BAND
        _draw_band(axes, band, top, inch)
        marked = data.of_band(number)
        boundaries.draw(axes, band, marked, (top, _BAND), inch, form)
        boundaries.write_times(axes, band, [each for _, each in marked], top + _BAND, inch)
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
