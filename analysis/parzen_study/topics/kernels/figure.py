"""Bars of percent of the limit: how close each kernel comes to reading the samples alone.

The limit is the rate at which kernel stream_read reads the samples with as many workers: the roof
of a roofline (Williams, Waterman and Patterson, CACM 52(4), 2009). Every bar is a share of it. The
bytes are those that one pass has to read, not those that the hardware moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from parzen_study.common.wording import count_of, label_of, significant
from parzen_study.page.bars import Bar, draw_bars
from parzen_study.page.style import WIDTH, backend_styles, file_name
from parzen_study.run.case import COLD, SERIAL, STREAM_READ
from parzen_study.run.problems import slugs
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.wording import with_interval
from parzen_study.topics.kernels.model import Block, Timed

# Of the article; figures of other dimensions look the same.
DIMENSIONS = 2


@dataclass(frozen=True)
class Share:
    """Of a case, by kernel, start where that is cold, and workers: `of_limit` is 1 at the limit."""

    label: str
    backend: str
    of_limit: Estimate

    @property
    def text(self) -> str:
        """`61% (57 to 66)`, of less than a percent `0.012%`: its bar is a line."""
        share = self.of_limit.scaled(100.0)
        value, low, high = (significant(each, 2) for each in (share.value, share.low, share.high))
        return f"{value}%" + (f" ({low} to {high})" if share.value >= 1.0 else "")


@dataclass(frozen=True)
class Limit:
    """What a number of workers reads, in bytes per second."""

    workers: int
    bandwidth: Estimate

    @property
    def label(self) -> str:
        read = with_interval(self.bandwidth.scaled(1e-9))
        return f"reading, {count_of(self.workers, 'worker')}: {read} GB/s"


@dataclass(frozen=True)
class RooflineFigure:
    """`label` names the problem in words, `slug` in file names."""

    label: str
    slug: tuple[str, ...]
    shares: tuple[Share, ...]
    limits: tuple[Limit, ...]

    @property
    def name(self) -> str:
        return file_name("roofline", *self.slug)

    @property
    def description(self) -> str:
        """Alt text."""
        shares = "; ".join(f"{each.label}: {each.text}" for each in self.shares)
        limits = "; ".join(each.label for each in self.limits)
        return f"Percent of the limit at {self.label}, as bars. {shares}. The limit: {limits}."


def roofline_figures(blocks: Sequence[Block]) -> list[RooflineFigure]:
    """One per problem of two dimensions of which at least two kernels have a limit."""
    counting = [each.case for block in blocks for each in block.timed if each.case.counts_samples]
    slug_of = slugs(counting)
    found = []
    for block in blocks:
        if block.d != DIMENSIONS or not (block.n and block.m):
            continue
        shares = tuple(filter(None, map(_share, block.timed)))
        limits = tuple(
            Limit(each.case.number("workers") or 1, each.bandwidth)
            for each in block.timed
            if each.bandwidth and each.case.get("kernel") == STREAM_READ
        )
        kernels = {each.case.get("kernel") for each in block.timed if each.of_limit}
        if limits and len(kernels) > 1:
            found.append(RooflineFigure(block.label, slug_of[block.problem], shares, limits))
    return found


def _share(each: Timed) -> Share | None:
    if each.of_limit is None:
        return None
    case, workers = each.case, each.case.number("workers")
    label = label_of(
        case.get("kernel") or case.backend,
        COLD if case.start == COLD else "",
        count_of(workers, "worker") if workers > 1 else "",
    )
    return Share(label, case.backend, each.of_limit)


def draw(data: RooflineFigure, width: float = WIDTH) -> Figure:
    """The figure; its bars must have intervals."""
    styles = backend_styles({SERIAL, *(each.backend for each in data.shares)})
    bars = [
        Bar(each.label, each.of_limit, each.text, styles[each.backend].colour)
        for each in data.shares
    ]
    title = (f"{data.label}:", "percent of the limit", *(each.label for each in data.limits))
    return draw_bars(title, bars, (1.0, "100%: as fast as reading"), width=width)
