"""Reports without pictures or figures: those take most of the time, and few tests look at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from parzen_study.page import style
from parzen_study.page.blocks import Page
from parzen_study.report.markdown import markdown
from parzen_study.report.page import page
from parzen_study.study import Study
from parzen_study.topics.topic import Topic, topics_of

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


def text_of(study: Study, *topics: str) -> str:
    """What report.md has of these topics, by folder; without any, the whole of it. No figure is
    drawn for it."""
    if not topics:
        return markdown(page(study))
    own = [each.section(study) for each in topics_of(study) if _folder(each) in topics]
    empty = Page("", "", "", (), (), ())
    return markdown(replace(empty, sections=tuple(filter(None, own))))


def _folder(topic: Topic) -> str:
    return topic.section.__module__.split(".")[-2]


def lay_out(figure: Figure) -> None:
    """Put every text and mark in its place, for tests of where they are."""
    FigureCanvasAgg(figure)  # its fonts are those of the pictures
    figure.draw_without_rendering()
