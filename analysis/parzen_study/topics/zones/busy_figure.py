"""What parallel work gains next to busy programs, and with gaps: a bar per call, by serial time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.figure import Figure

from parzen_study.common.wording import count_of
from parzen_study.page.bars import Bar, draw_bars
from parzen_study.page.style import THREADS, WIDTH
from parzen_study.topics.zones.busy import Busy, Gaps, Pays
from parzen_study.topics.zones.words import speedup, time


@dataclass(frozen=True)
class GainsFigure:
    """Gains without an interval are in none."""

    name: str
    title: str
    caption: str
    bars: tuple[Bar, ...]

    @property
    def description(self) -> str:
        """The figure as text, for who cannot see it."""
        return f"{self.title}: {'; '.join(f'{bar.name}: {bar.text}' for bar in self.bars)}."


def of_busy(found: tuple[Busy, ...]) -> GainsFigure:
    """All loads and starts."""
    loads = sorted({each.load for each in found})
    busy = count_of(loads[0], "busy program") if len(loads) == 1 else "busy programs"
    return GainsFigure(
        "busy",
        f"Speedup next to {busy}, by serial time",
        "The fastest of several workers, compared with serial. Both run next to programs that each "
        "keep a CPU busy. Several workers get a larger share of busy CPUs than serial does.",
        tuple(
            bar
            for each in found
            for bar in _bars(f"{each.load} busy, " * (len(loads) > 1) + each.start, each.pays)
        ),
    )


def of_gaps(found: tuple[Gaps, ...]) -> GainsFigure:
    """All lengths and mechanisms."""
    lengths = {each.gap for each in found}
    gap = f"gaps of {time(min(lengths))}" if len(lengths) == 1 else "gaps"
    return GainsFigure(
        "gaps",
        f"Speedup with {gap}, by serial time",
        "The fastest of several warm workers, compared with serial. Both have a gap before each "
        "call.",
        tuple(
            bar
            for each in found
            for bar in _bars(f"{time(each.gap)}, " * (len(lengths) > 1) + each.kind, each.pays)
        ),
    )


def _bars(of: str, pays: Pays) -> Iterable[Bar]:
    for each in pays.calls:
        if each.gain.has_interval:
            yield Bar(f"{of}, {time(each.serial)}", each.gain, speedup(each.gain), THREADS)


def draw(data: GainsFigure, width: float = WIDTH) -> Figure:
    """The figure; it must have bars."""
    return draw_bars((data.title,), data.bars, (1.0, "serial"), width=width)
