"""The article's 3-D cube: the window of h = 1 around the origin, samples inside and outside."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from parzen_study.page.style import GRID, INK, WIDTH
from parzen_study.run import published

NAME = "cube"
DESCRIPTION = (
    "A cube of edge 1 around the origin in three dimensions: three samples lie inside it, seven "
    "outside, so the estimate at the origin is 3 of 10, p = 0.3."
)
_INSIDE, _CUBE = "#d55e00", "#009e73"


def draw() -> Figure:
    example: dict[str, Any] = published.article()["cube_example"]
    figure = Figure(figsize=(WIDTH, 4.0))
    axes: Any = figure.add_axes((0.04, 0.05, 0.88, 0.84), projection="3d")
    for points, colour, marker, label in (
        (example["inside"], _INSIDE, "^", "inside: counted"),
        (example["outside"], INK, "o", "outside"),
    ):
        axes.scatter(*zip(*points, strict=True), color=colour, s=38, marker=marker,
                     depthshade=False, label=f"{len(points)} {label}")  # fmt: skip
    half = example["h"] / 2
    corners = list(product((-half, half), repeat=3))
    for start, end in combinations(corners, 2):
        if sum(a != b for a, b in zip(start, end, strict=True)) == 1:  # an edge
            axes.plot(*zip(start, end, strict=True), color=_CUBE, linewidth=1.6)
    for limits in (axes.set_xlim, axes.set_ylim, axes.set_zlim):
        limits(-1.5, 1.5)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(FixedLocator((-1, 0, 1)))
        # Walls through which the page shows, light or dark.
        axis.pane.set(facecolor="none", edgecolor=GRID, alpha=1.0)
    axes.set_box_aspect((1, 1, 1), zoom=0.92)
    axes.set(xlabel="x", ylabel="y", zlabel="z")
    count = len(example["inside"])
    total = count + len(example["outside"])
    figure.suptitle(f"The window of width h = {example['h']}: p = {count}/{total}", fontsize=10.5)
    figure.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0.94),
        ncol=2,
        frameon=False,
        handletextpad=0.2,
        columnspacing=1.0,
    )
    return figure
