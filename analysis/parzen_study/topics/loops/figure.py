"""Speedups of threads and of processes, a pair of bars a loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from parzen_study.common.wording import significant
from parzen_study.page.bars import Bar, draw_bars
from parzen_study.page.style import PROCESSES, THREADS, WIDTH
from parzen_study.run.case import start_order
from parzen_study.topics.loops.model import Comparison

NAME = "loops"


@dataclass(frozen=True)
class LoopsFigure:
    """Of each loop its largest size, in one start."""

    start: str
    comparisons: tuple[Comparison, ...]

    @property
    def description(self) -> str:
        """Alt text."""
        said = "; ".join(
            f"{each.name}: threads {significant(each.threads.gain.value)}, processes "
            f"{significant(each.processes.gain.value)}"
            for each in self.comparisons
        )
        return f"Speedup of threads and of processes against serial, start {self.start}. {said}."


def loops_figure(comparisons: Sequence[Comparison]) -> LoopsFigure | None:
    """In the start that most loops have, ready workers before others; None without any."""
    starts = [each.start for each in comparisons]
    if not starts:
        return None
    start = max(set(starts), key=lambda each: (starts.count(each), start_order(each)))
    largest: dict[tuple[str, str], Comparison] = {}
    for each in comparisons:
        if each.start == start:
            known = largest.get((each.loop, each.input))
            if known is None or known.size < each.size:
                largest[each.loop, each.input] = each
    found = sorted(largest.values(), key=lambda each: -each.threads.gain.value)
    return LoopsFigure(start, tuple(found))


def draw(data: LoopsFigure, width: float = WIDTH) -> Figure:
    """The figure; its bars must have intervals."""
    bars = []
    for each in data.comparisons:
        name = ", ".join(filter(None, (each.loop, each.input)))
        for kind, colour, found in (
            (name, THREADS, each.threads), ("", PROCESSES, each.processes),
        ):  # fmt: skip
            low, high = (significant(end, 2) for end in (found.gain.low, found.gain.high))
            text = f"{significant(found.gain.value, 2)} ({low} to {high})"
            bars.append(Bar(kind, found.gain, text, colour))
    title = (f"Speedup of each loop at its largest size, {data.start}",)
    legend = ((THREADS, "threads"), (PROCESSES, "processes"))
    return draw_bars(title, bars, (1.0, "serial"), legend, width, ratios=True)
