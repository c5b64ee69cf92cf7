"""The times of family kernels: for people, and as figures."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from parzen_study.common.wording import seconds
from parzen_study.page.blocks import Table
from parzen_study.page.columns import columns
from parzen_study.run.case import COLD
from parzen_study.run.problems import readable, shared_and_varying
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.study import Study
from parzen_study.topics.kernels.break_even import BreakEven
from parzen_study.topics.kernels.model import INDEXED, Block, Timed


def kernel_table(block: Block) -> Table:
    """The cases of one problem; a column only for what some row has."""
    of_title = ("n", "d", "widths")
    cases = [each.case for each in block.timed]
    _, varying = shared_and_varying(cases, titled=(*of_title, "m"))
    # stream_read has no m; the kernels that count share theirs.
    counting = [case for case in cases if case.counts_samples] or cases
    shared, _ = shared_and_varying(counting, titled=(*of_title, *varying))
    columns = {name: [cell(each) for each in block.timed] for name, cell in _KERNEL_COLUMNS.items()}
    columns = {name: cells for name, cells in columns.items() if name == "time" or any(cells)}
    return Table(
        title=block.label,
        shared=shared,
        head=("backend", *varying, *columns),
        rows=tuple(
            (
                each.case.backend,
                *(readable(each.case.get(key)) for key in varying),
                *(cells[number] for cells in columns.values()),
            )
            for number, each in enumerate(block.timed)
        ),
        remarks=tuple(each.reason for each in block.timed),
    )


def _percent(share: Estimate | None) -> str:
    return with_interval(share.scaled(100.0), unit="%") if share else ""


def _times(ratio: Estimate | None) -> str:
    return with_interval(ratio) if ratio else ""


_KERNEL_COLUMNS: dict[str, Callable[[Timed], str]] = {
    "time": lambda each: time_with_interval(each.time) if each.time else "none",
    "GB/s": lambda each: _times(each.bandwidth and each.bandwidth.scaled(1e-9)),
    "of the limit": lambda each: _percent(each.of_limit),
    "times literal": lambda each: _times(each.times_literal),
    "speedup, serial": lambda each: _times(each.speedup),
    "of the bandwidth ratio": lambda each: _percent(each.of_bandwidth_ratio),
    "CPU time": lambda each: seconds(each.cpu_time) if each.speedup and each.cpu_time else "",
    "times fused": lambda each: _times(each.times_fused),
}


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of figures, by name."""
    return {"kernels": times(study.kernels, study.break_even)} if study.kernels else {}


def times(blocks: list[Block], break_evens: list[BreakEven]) -> pd.DataFrame:
    """A row per case of family kernels and block; a limit has a row in each of its blocks. After
    how many queries sorting pays is in the row of the case that sorts."""
    keys = dict.fromkeys(
        key for block in blocks for each in block.timed for key, _ in each.case.parameters
    )
    questions = {each.label: each for each in break_evens}
    rows = []
    for block in blocks:
        for each in block.timed:
            sorts = (each.case.get("kernel"), each.case.get("start")) == (INDEXED, COLD)
            pays = questions.get(block.label) if sorts else None
            rows.append(
                {
                    "block": block.label,
                    "backend": each.case.backend,
                    **{key: each.case.get(key) for key in keys},
                    "status": "ok" if each.time else "excluded",
                    "reason": each.reason,
                    **columns("time_s", each.time),
                    **columns("bytes_per_s", each.bandwidth),
                    **columns("of_limit", each.of_limit),
                    **columns("times_literal", each.times_literal),
                    "cpu_time_s": each.cpu_time,
                    **columns("speedup_serial", each.speedup),
                    **columns("of_bandwidth_ratio", each.of_bandwidth_ratio),
                    **columns("times_fused", each.times_fused),
                    "huge_page_share": each.huge_page_share,
                    **columns("sorting_pays_from", pays.questions if pays else None),
                    "sorting_never_pays": ("yes" if pays.never else "no") if pays else "",
                }
            )
    return pd.DataFrame(rows)
