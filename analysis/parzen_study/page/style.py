"""The style of all figures: a colour and marker for each backend. Also writes them as files."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import matplotlib as mpl
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from parzen_study.common.wording import time_unit
from parzen_study.run.case import COLD, SERIAL, WARM

# Each stands for a role and appears nowhere else, so that `inline_svg` can hand it to the page.
INK = "#1b1f24"
PAPER = "#ffffff"
GRID = "#d0d4da"

# Width in inches at which 9 point text is still read on a phone's 330 pixels; and on a desktop's
# 1,000, for figures that have a form of their own there.
WIDTH, WIDE = 4.2, 11.6

# After Okabe and Ito, "Color Universal Design" (2008): distinct for colour-blind readers too, and
# each at least 3:1 on light and on dark paper, which leaves out their orange, sky blue and yellow.
# Processes take the warm colours, threads the cold ones.
_STYLES = {
    SERIAL: (INK, "o"),
    "fork_pipe": ("#d55e00", "s"),
    "process_pool": ("#cc79a7", "D"),
    "tbb": ("#0072b2", "^"),
    "openmp": ("#009e73", "v"),
    "multiprocessing_Pool": ("#8a6d1f", "P"),
    "ProcessPoolExecutor": ("#8a5cd6", "X"),
    "loky": ("#c0392b", "d"),
}
# Of mechanisms, where no backend is named: one of the colours of theirs.
THREADS, PROCESSES = "#0072b2", "#d55e00"
_SPARE_COLOURS = ("#8a6d1f", "#7a7a7a", "#8a5cd6", "#c0392b")
_SPARE_MARKERS = ("<", ">", "p", "h", "*")
# The marks of 2014: no backend has their colour, and a dark edge makes up for its being light.
PUBLISHED = "#f0e442"

# Of a logarithmic axis of times.
_MOST_TICKS = 7

# What matplotlib takes as a line style: a name, or an offset and the lengths of dashes and gaps.
Dash = str | tuple[float, tuple[float, ...]]
_LINES: dict[str, Dash] = {COLD: "-", WARM: (0, (4, 1.5))}


@dataclass(frozen=True)
class BackendStyle:
    colour: str
    marker: str


def backend_styles(backends: Iterable[str]) -> dict[str, BackendStyle]:
    """The styles of a run's backends. New ones take the unused styles in order of their names, so
    that no two look alike and a run looks the same in every figure."""
    given = set(backends)
    spare = (
        BackendStyle(
            _SPARE_COLOURS[number % len(_SPARE_COLOURS)],
            _SPARE_MARKERS[number % len(_SPARE_MARKERS)],
        )
        for number in count()
    )
    known = {name: BackendStyle(*_STYLES[name]) for name in given & _STYLES.keys()}
    return known | {name: next(spare) for name in sorted(given - _STYLES.keys())}


def line_style(start: str) -> Dash:
    """Solid for cold, dashed for warm."""
    return _LINES.get(start, (0, (1, 1.5)))


def scale_time(axis: Axis) -> None:
    """Ticks of a logarithmic axis of seconds, such as `100 \N{MICRO SIGN}s`: at each power of ten,
    or at every second or third one if there are many."""
    axis.set_major_locator(LogLocator(10.0, numticks=_MOST_TICKS))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: _power_of_seconds(value)))


def _power_of_seconds(value: float) -> str:
    size, unit = time_unit(value * (1.0 + 1e-9))  # the tick of 1 ms may lie a last bit below it
    return f"{value / size:g} {unit}"


@contextmanager
def _look(name: str) -> Iterator[None]:
    """The settings of every figure, whatever the user's own matplotlibrc says."""
    with mpl.rc_context():
        # Not mpl.rcdefaults(): it imports matplotlib.style, which reads the user's style files.
        defaults = mpl.rcParamsDefault.items()
        mpl.rcParams.update({key: value for key, value in defaults if key != "backend"})
        mpl.rcParams.update(
            {
                "font.family": "DejaVu Sans",  # matplotlib brings it along
                "font.size": 9.0,
                "axes.titlesize": 10.0,
                "axes.edgecolor": INK,
                "axes.labelcolor": INK,
                "axes.facecolor": PAPER,
                "axes.axisbelow": True,
                "axes.grid": True,
                "figure.facecolor": PAPER,
                "grid.color": GRID,
                "grid.linewidth": 0.7,
                "text.color": INK,
                "xtick.color": INK,
                "ytick.color": INK,
                "legend.edgecolor": GRID,
                "legend.facecolor": PAPER,
                "text.parse_math": False,  # a backend's name is no formula
                "svg.fonttype": "path",
                # Element ids are drawn from this salt: equal in every run, different a figure.
                "svg.hashsalt": f"parzen-study {name}",
            }
        )
        yield


def file_name(*parts: str) -> str:
    """A figure's name, valid as a file name on any system, from text of users."""
    return "_".join(re.sub(r"[^A-Za-z0-9_-]+", "-", part) for part in parts if part)


def write(name: str, draw: Callable[[], Figure], folder: Path) -> str:
    """Draw a figure, write it as NAME.svg and NAME.png, and return the SVG.

    Without a date or a program's version: the same data always give the same bytes.
    """
    with _look(name):
        figure = draw()
        svg = folder / f"{name}.svg"
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(svg, format="svg", metadata=nothing)
        figure.savefig(folder / f"{name}.png", format="png", dpi=200, metadata={"Software": None})
    return svg.read_text(encoding="utf-8")


# What says where something is. A hundredth of a point is not seen.
_PLACES = re.compile(r'\b(d|x|y)="([^"]*)"')


_MORE = re.compile(r"(\.\d\d)\d+")


def _short(places: re.Match[str]) -> str:
    short = _MORE.sub(r"\1", places[2])
    return f'{places[1]}="{short}"'


def inline_svg(name: str, svg: str, keep: Collection[str] = ()) -> str:
    """An SVG file's drawing for a page: with unique ids, and the page's colours and width.

    Every id begins with `name`, since all figures of a page share one document. Ids without a
    reference are removed, except those in `keep`. The three roles of colour become the page's, so
    that a figure follows light and dark. Positions have two decimals of a point.
    """
    drawing = svg[svg.index("<svg") :]
    drawing = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r'(<svg\b[^>]*?)\s+width="[^"]*"', r"\1", drawing, count=1)
    drawing = re.sub(r'(<svg\b[^>]*?)\s+height="[^"]*"', r"\1", drawing, count=1)
    drawing = re.sub(r"\s*\n\s*", " ", re.sub(r">\s+<", "><", drawing))
    used = {*re.findall(r'(?:href="#|url\(#)([^")]+)', drawing), *keep}
    drawing = re.sub(r' id="([^"]*)"', lambda id_: id_[0] if id_[1] in used else "", drawing)
    drawing = re.sub(r'\b(id="|href="#)', rf"\g<1>{name}-", drawing)
    drawing = drawing.replace("url(#", f"url(#{name}-").replace("-DejaVuSans-", "-")
    drawing = _PLACES.sub(_short, drawing)
    for colour, role in ((INK, "currentColor"), (PAPER, "var(--paper)"), (GRID, "var(--grid)")):
        drawing = drawing.replace(colour, role)
    return drawing
