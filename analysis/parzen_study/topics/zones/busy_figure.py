"""What parallel work gains while other programs are busy: a bar a call, by its serial time."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure

from parzen_study.common.wording import count_of, significant
from parzen_study.page.bars import Bar, draw_bars
from parzen_study.page.style import THREADS, WIDTH
from parzen_study.topics.zones.busy import Busy
from parzen_study.topics.zones.words import time

NAME = "busy"


@dataclass(frozen=True)
class BusyFigure:
    """All loads and starts; gains without an interval are in none."""

    found: tuple[Busy, ...]

    @property
    def bars(self) -> list[Bar]:
        several = len({each.load for each in self.found}) > 1
        bars = []
        for each in self.found:
            for serial, gain in each.gains:
                if gain.has_interval:
                    ends = (significant(end, 2) for end in (gain.value, gain.low, gain.high))
                    value, low, high = ends
                    name = f"{each.load} busy, " * several + f"{each.start}, {time(serial)}"
                    bars.append(Bar(name, gain, f"{value} ({low} to {high})", THREADS))
        return bars

    @property
    def title(self) -> str:
        loads = sorted({each.load for each in self.found})
        busy = count_of(loads[0], "busy program") if len(loads) == 1 else "busy programs"
        return f"Speedup next to {busy}, by serial time"

    @property
    def description(self) -> str:
        """The figure as text, for who cannot see it."""
        return f"{self.title}: {'; '.join(f'{bar.name}: {bar.text}' for bar in self.bars)}."


def draw(data: BusyFigure, width: float = WIDTH) -> Figure:
    """The figure; it must have bars."""
    return draw_bars((data.title,), data.bars, (1.0, "serial"), width=width)
