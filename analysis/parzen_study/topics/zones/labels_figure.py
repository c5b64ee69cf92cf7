"""Where the names on the zone chart go: above and below its bands, and none is cut off."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product

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


def longest(
    axes: Axes, values: Sequence[float], forms: Sequence[Sequence[str]], inch: float
) -> list[tuple[float, str]]:
    """As `placed`, of each place's forms, from the longest to the shortest, as many as have room
    together, as long as possible. The last form is worth less than it is shorter."""
    last = max((len(each) for each in forms), default=0) - 1
    found: list[tuple[float, str]] = []
    for lengths in sorted(
        product(*(range(len(each)) for each in forms)),
        key=lambda each: sum(each) + last * each.count(last),
    ):
        texts = [each[length] for each, length in zip(forms, lengths, strict=True)]
        one = placed(axes, zip(values, texts, strict=True), inch)
        if len(one) > len(found):
            found = one
        if len(found) == len(values):
            break
    return found


def side(axes: Axes, text: str, span: tuple[float, float], inch: float) -> str | None:
    """On which side of an interval a text has room: `right` before `left`."""
    rooms = _rooms(axes, span)
    return next((each for each in rooms if rooms[each] >= len(text) * LETTER * inch), None)


def label(axes: Axes, text: str, span: tuple[float, float], y: float, inch: float) -> None:
    """Right of an interval, or left of it; where there is more room if neither has enough."""
    rooms = _rooms(axes, span)
    where = side(axes, text, span, inch) or max(rooms, key=rooms.__getitem__)
    apart = math.exp(0.08 * inch)
    at = span[1] * apart if where == "right" else span[0] / apart
    axes.text(at, y, text, fontsize=9, ha="left" if where == "right" else "right", va="center")


def _rooms(axes: Axes, span: tuple[float, float]) -> dict[str, float]:
    left, right = axes.get_xlim()
    return {"right": math.log(right / span[1]), "left": math.log(span[0] / left)}
