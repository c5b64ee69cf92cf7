"""Figures without pictures: those take most of the time of a report, and few tests look at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from parzen_study.page import style

_write = style.write


def write_unrendered(name: str, draw: Callable[[], Figure], folder: Path) -> str:
    """Stands in for style.write: draws the figure, and writes files that hold its name alone."""
    draw()
    svg = f"<svg>{name}</svg>"
    for form in ("svg", "png"):
        (folder / f"{name}.{form}").write_text(svg, encoding="utf-8")
    return svg


@contextmanager
def rendering() -> Iterator[None]:
    """Reports that are written meanwhile have their pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "write", _write)
        yield


def lay_out(figure: Figure) -> None:
    """Put every text and mark in its place, for tests of where they are."""
    FigureCanvasAgg(figure)  # its fonts are those of the pictures
    figure.draw_without_rendering()
