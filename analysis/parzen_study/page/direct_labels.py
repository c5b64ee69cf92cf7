"""Labels next to points: they overlap neither each other nor a point, and none is cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from parzen_study.page.style import INK, PAPER

_LETTERS = 9.0
# In points: from a point to its name, half a marker, one step up or down, and between two names.
_GAP, _MARKER, _STEP, _BETWEEN = 7.0, 4.0, 3.0, 1.0
# Down rather than up, since names are placed from the top: so they stand in their points' order.
_STEPS, _UP = 40, 8
_STEPS_IN_ORDER = sorted(
    range(-_STEPS, _STEPS + 1), key=lambda step: step + _UP if step > 0 else -step
)


@dataclass(frozen=True)
class DirectLabel:
    """`span`: the ends of its interval along x, if labels must not overlap that either."""

    text: str
    x: float
    y: float
    span: tuple[float, float] | None = None

    def edge(self, side: int) -> float:
        """Where the label is placed: left of the point for a side of -1, right of it for 1."""
        return (self.span or (self.x, self.x))[side > 0]


def write_labels(figure: Figure, axes: Axes, labels: Sequence[DirectLabel]) -> None:
    """Write each label right or left of its point: at the same height if there is room, otherwise
    as little above or below as possible. A thin line leads to the point if that is unclear.

    The axes must have their final limits. If no place is free, the label is at the height of its
    point, on the side with more room and within the frame: an overlap is better than a missing or
    cut label.
    """
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    pixels = figure.dpi / 72.0
    frame = axes.get_window_extent()
    points = [axes.transData.transform((label.x, label.y)) for label in labels]
    taken = [_around(x, y, _MARKER * pixels) for x, y in points]
    places = [(side, step) for step in _STEPS_IN_ORDER for side in (1, -1)]
    for label, (x, y) in sorted(zip(labels, points, strict=True), key=lambda each: -each[1][1]):
        own = _around(x, y, _MARKER * pixels)
        others = [box for box in taken if box.bounds != own.bounds]
        size = _size(axes, label.text)
        for side, step in places:
            start, _ = axes.transData.transform((label.edge(side), label.y))
            box = _placed(start, y + step * _STEP * pixels, size, side * _GAP * pixels)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1
            inside = inside and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if inside and not any(box.overlaps(other) for other in others):
                break
        else:
            side, step = 1 if frame.x1 - x >= x - frame.x0 else -1, 0
            start, _ = axes.transData.transform((label.edge(side), label.y))
            box = _placed(x, y, size, side * _GAP * pixels)
            box = box.translated(min(0.0, frame.x1 - box.x1) + max(0.0, frame.x0 - box.x0), 0.0)
        taken.append(box.padded(_BETWEEN * pixels))
        _write(axes, label, side, ((box.x0 if side > 0 else box.x1) - start) / pixels, step)


def _size(axes: Axes, text: str) -> Bbox:
    written = axes.text(0.0, 0.0, text, fontsize=_LETTERS)
    size = written.get_window_extent()
    written.remove()
    return size


def _write(axes: Axes, label: DirectLabel, side: int, gap: float, step: int) -> None:
    # From the end of the name that is nearer to the point, so that the line crosses no other name.
    line = {
        "arrowstyle": "-", "color": INK, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3,
        "relpos": (0.0 if side > 0 else 1.0, 0.5),
    }  # fmt: skip
    axes.annotate(
        label.text, (label.edge(side), label.y), xytext=(gap, step * _STEP),
        textcoords="offset points", va="center", ha="left" if side > 0 else "right",
        fontsize=_LETTERS, zorder=4, arrowprops=line if abs(step) * _STEP > _GAP else None,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5, "alpha": 0.85},
    )  # fmt: skip


def _around(x: float, y: float, half: float) -> Bbox:
    return Bbox.from_extents(x - half, y - half, x + half, y + half)


def _placed(x: float, y: float, size: Bbox, gap: float) -> Bbox:
    left = x + gap if gap > 0 else x + gap - size.width
    return Bbox.from_bounds(left, y - size.height / 2.0, size.width, size.height)
