"""Horizontal bars with labels on the left, values on the right, and a reference line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from parzen_study.page.style import INK, WIDTH
from parzen_study.stats.bootstrap import Estimate

# In inches: a letter of 9 points, a bar, a line of title or legend, and the space around.
_LETTER, _BAR, _LINE, _ASIDE = 0.076, 0.2, 0.19, 0.08


@dataclass(frozen=True)
class Bar:
    """`text`: the value as text. `name`: the label, empty if it is that of the bar above."""

    name: str
    value: Estimate
    text: str
    colour: str


def draw_bars(
    title: Sequence[str],
    bars: Sequence[Bar],
    line: tuple[float, str],
    legend: Sequence[tuple[str, str]] = (),
    width: float = WIDTH,
    *,
    ratios: bool = False,
) -> Figure:
    """Draw the figure from top to bottom; bars must have intervals. `line`: the value of the
    reference line, and its label. `legend`: colours and their labels. `ratios`: bars begin at the
    line, on a logarithmic axis: half as fast is as long as twice as fast."""
    above = _LINE * (len(title) + 1 + bool(legend)) + _ASIDE
    height = above + _BAR * len(bars) + _ASIDE
    left = _ASIDE + _LETTER * max(len(bar.name) for bar in bars) + 0.05
    right = _LETTER * max(len(bar.text) for bar in bars) + _ASIDE
    figure = Figure(figsize=(width, height))
    for number, text in enumerate(title):
        figure.text(
            _ASIDE / width, 1.0 - (_ASIDE / 2 + _LINE * number) / height, text, va="top",
            fontsize=10.0 if not number else 9.0,
        )  # fmt: skip
    axes = figure.add_axes(
        (
            left / width,
            _ASIDE / height,
            1.0 - (left + right) / width,
            1.0 - (above + _ASIDE) / height,
        )
    )
    for position, bar in enumerate(bars):
        value = bar.value
        begin = line[0] if ratios else 0.0
        axes.barh(
            position, value.value - begin, left=begin, height=0.7, color=bar.colour, alpha=0.85
        )
        axes.errorbar(
            value.value, position, xerr=[[value.value - value.low], [value.high - value.value]],
            color=INK, elinewidth=1.0, capsize=2.0,
        )  # fmt: skip
        axes.text(
            1.0, position, f" {bar.text}", va="center", fontsize=9,
            transform=axes.get_yaxis_transform(),
        )  # fmt: skip
    at, what = line
    least = min(at, *(bar.value.low for bar in bars)) / 1.05 if ratios else 0.0
    most = 1.05 * max(at, *(bar.value.high for bar in bars))
    axes.set_xscale("log" if ratios else "linear")
    axes.set_xlim(least, most)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.axvline(at, linestyle="dashed", color=INK, linewidth=1.1, zorder=3)
    axes.set_yticks(range(len(bars)), [bar.name for bar in bars], fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([])
    axes.set_xticks([], minor=True)
    axes.grid(visible=False)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    # Above the line, within the figure wherever the line stands.
    share = math.log(at / least) / math.log(most / least) if ratios else at / most
    middle = left + (width - left - right) * share
    half = _LETTER * len(what) / 2.0
    middle = min(max(middle, half + _ASIDE), width - half - _ASIDE)
    figure.text(
        middle / width, 1.0 - (above - 0.02) / height, what, fontsize=9, ha="center", va="bottom"
    )
    if legend:
        figure.legend(
            handles=[Patch(color=colour, alpha=0.85, label=label) for colour, label in legend],
            loc="upper left", bbox_to_anchor=(0.0, 1.0 - _LINE * len(title) / height),
            ncol=len(legend), frameon=False, fontsize=9, borderpad=0.2,
        )  # fmt: skip
    return figure
