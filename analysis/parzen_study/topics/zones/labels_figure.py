"""Where the names on the zone chart go: above and below its bands, and none is cut off."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

LETTER = 0.078  # inches of a letter of 9 points, about


def set_ticks(axes: Axes, inch: float, aside: float, *, wide: bool) -> None:
    """One at every power of ten: with its name where there is room."""
    powers = LogLocator(10.0, numticks=99)
    if wide:
        axes.xaxis.set_major_locator(powers)
    else:
        axes.xaxis.set_minor_locator(powers)
        axes.xaxis.set_minor_formatter(NullFormatter())
    left, right = axes.get_xlim()
    name = axes.xaxis.get_major_formatter()

    def unless_cut(value: float, at: int | None) -> str:
        text: str = name(value, at)
        room = math.log(min(value / left, right / value)) / inch + aside
        return text if room >= len(text) * LETTER / 2.0 else ""

    axes.xaxis.set_major_formatter(FuncFormatter(unless_cut))


def placed(axes: Axes, texts: Iterable[tuple[float, str]], inch: float) -> list[tuple[float, str]]:
    """From left to right, each over its place; without those that have no room there."""
    left, right = (math.log(end) for end in axes.get_xlim())
    found = []
    taken = left
    for value, text in texts:
        half = len(text) * LETTER * inch / 2.0
        at = min(max(math.log(value), taken + half), right - half)
        if at - half >= taken and abs(at - math.log(value)) <= half:
            found.append((math.exp(at), text))
            taken = at + half + 0.5 * LETTER * inch
    return found


def label(
    axes: Axes, forms: Sequence[str], span: tuple[float, float], y: float, inch: float
) -> None:
    """Right of an interval, or left of it: the first form that has room there, else the last."""
    left, right = axes.get_xlim()
    rooms = {"left": math.log(right / span[1]), "right": math.log(span[0] / left)}
    apart = math.exp(0.08 * inch)
    places = {"left": span[1] * apart, "right": span[0] / apart}
    able = [
        (text, side)
        for text in forms
        for side, room in rooms.items()
        if room >= len(text) * LETTER * inch
    ]
    text, side = able[0] if able else (forms[-1], max(rooms, key=rooms.__getitem__))
    axes.text(places[side], y, text, fontsize=9, ha=side, va="center")
