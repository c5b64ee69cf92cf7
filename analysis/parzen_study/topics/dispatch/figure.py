"""What dispatch costs: a dot per mechanism, by operation, on one axis of time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from parzen_study.page.direct_labels import DirectLabel, write_labels
from parzen_study.page.style import INK, PAPER, WIDTH, BackendStyle, backend_styles, scale_time
from parzen_study.run.case import PAUSED, Case
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.wording import time_with_interval
from parzen_study.topics.dispatch.model import Block, Cost

# In the order in which they are drawn; a payload has a size of its own, and only a table.
_TITLES = {
    "apply": "one empty task (apply)",
    "map": "one of many empty tasks (map)",
    "lifetime": "creating and ending a pool (lifetime)",
    "fork": "forking children that do nothing (fork)",
}
Kind = Literal["backend", "suite", "peer"]
# For mechanisms that are not backends; the marker of a peer is hollow.
_NO_BACKEND = BackendStyle(INK, "d")
# In inches: a row, and all else.
_ROW, _REST = 0.17, 0.95
# Space between the outermost intervals and the frame, as a factor.
_ASIDE = 2.0


@dataclass(frozen=True)
class Dot:
    """A mechanism: its time in seconds, and whether it is a backend, else of this suite or not."""

    label: str
    mechanism: str
    kind: Kind
    time: Estimate


@dataclass(frozen=True)
class DispatchFigure:
    """`groups` are titles with dots, fastest first."""

    groups: tuple[tuple[str, tuple[Dot, ...]], ...]
    name: str = "dispatch"

    @property
    def description(self) -> str:
        """Alt text."""
        groups = ". ".join(
            f"{title}: " + "; ".join(f"{dot.label} {time_with_interval(dot.time)}" for dot in dots)
            for title, dots in self.groups
        )
        return f"Time of each mechanism without work, on a logarithmic axis. {groups}."


def dispatch_figure(blocks: Sequence[Block], run: Run) -> DispatchFigure | None:
    """The fastest number of workers of each mechanism, way of waiting and memory; cases pinned to
    one CPU only if there are no others. None without any."""
    found = {block.operation: _dots(block, run) for block in blocks}
    groups = tuple((title, found[name]) for name, title in _TITLES.items() if found.get(name))
    return DispatchFigure(groups) if groups else None


def _dots(block: Block, run: Run) -> tuple[Dot, ...]:
    together: dict[tuple[str, ...], list[tuple[bool, Estimate, Cost]]] = defaultdict(list)
    for cost in block.costs:
        if cost.time:
            case = cost.case
            way = (case.backend, *(case.get(key) for key in ("wait", "pause", "resident", "tasks")))
            kept = bool(case.get("processors"))
            together[way].append((kept, cost.time.scaled(1.0 / _tasks(cost)), cost))
    fastest = [min(same, key=lambda each: (each[0], each[1].value)) for same in together.values()]
    waits = {(*_line(cost.case), cost.case.get("wait")) for _, _, cost in fastest}
    several = Counter((backend, pause) for backend, pause, _ in waits)
    return tuple(
        Dot(
            _label(cost.case, names_wait=several[_line(cost.case)] > 1),
            cost.case.backend,
            _kind(cost.case, run),
            time,
        )
        for _, time, cost in sorted(fastest, key=lambda each: each[1].value)
    )


def _line(case: Case) -> tuple[str, str]:
    return case.backend, case.get("pause")


def _tasks(cost: Cost) -> int:
    number = cost.case.get("tasks")
    return max(int(number), 1) if number.isdecimal() else 1


def _label(case: Case, *, names_wait: bool) -> str:
    """With the wait if the mechanism has several, and with resident memory if any."""
    resident = case.get("resident")
    parts = [case.backend]
    parts += [case.get("wait")] if names_wait else []
    parts += [PAUSED] if case.get("pause") else []
    parts += (
        [f"{int(resident) / 1e9:g} GB in memory"] if resident.isdecimal() and int(resident) else []
    )
    return ", ".join(parts)


def _kind(case: Case, run: Run) -> Kind:
    if case.backend in run.peers:
        return "peer"
    return "backend" if case.backend in run.backends_built else "suite"


def draw(data: DispatchFigure, width: float = WIDTH) -> Figure:
    """The figure; its dots must have intervals."""
    rows = sum(1 + len(dots) for _, dots in data.groups)
    height = rows * _ROW + _REST
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.065, 0.5 / height, 0.87, rows * _ROW / height))
    _scale(axes, [dot.time for _, dots in data.groups for dot in dots], rows)
    styles = backend_styles(
        dot.mechanism for _, dots in data.groups for dot in dots if dot.kind == "backend"
    )
    labels = []
    row = 0
    for title, dots in data.groups:
        axes.axhline(row - 0.5, color=INK, linewidth=0.8)
        axes.text(
            0.012, row, title, transform=axes.get_yaxis_transform(), va="center", fontsize=9,
            fontweight="bold",
        )  # fmt: skip
        for at, dot in enumerate(dots, start=row + 1):
            time = dot.time
            _draw_dot(axes, dot, at, styles.get(dot.mechanism, _NO_BACKEND))
            labels.append(DirectLabel(dot.label, time.value, at, (time.low, time.high)))
        row += 1 + len(dots)
    axes.set_xlabel("time")
    axes.set_title("What dispatch costs, with no work in it", loc="left")
    write_labels(figure, axes, labels)
    return figure


def _scale(axes: Axes, times: Collection[Estimate], rows: int) -> None:
    axes.set_xscale("log")
    axes.set_xlim(min(t.low for t in times) / _ASIDE, max(t.high for t in times) * _ASIDE)
    axes.set_ylim(rows - 0.5, -0.5)
    scale_time(axes.xaxis)
    axes.yaxis.set_major_locator(NullLocator())


def _draw_dot(axes: Axes, dot: Dot, row: int, style: BackendStyle) -> None:
    axes.errorbar(
        [dot.time.value], [row],
        xerr=[[dot.time.value - dot.time.low], [dot.time.high - dot.time.value]],
        color=style.colour, marker=style.marker, markersize=4.0, elinewidth=1.2, capsize=2.0,
        markerfacecolor=PAPER if dot.kind == "peer" else style.colour,
    )  # fmt: skip
