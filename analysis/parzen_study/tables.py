"""The tables: what the report shows and tables/*.csv hold, the same figures in both."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from parzen_study import published, scaling_tables, sysinfo
from parzen_study.break_even import BreakEven
from parzen_study.case import COLD, MEMORY
from parzen_study.columns import DIGITS, columns
from parzen_study.densities import densities
from parzen_study.dispatch import POOL
from parzen_study.dispatch import Block as DispatchBlock
from parzen_study.figures.article_chart import ArticleChart
from parzen_study.kernels import INDEXED, Block
from parzen_study.run import Run
from parzen_study.sizes import Sweep
from parzen_study.stats import Estimate
from parzen_study.study import Study


def cases(study: Study) -> pd.DataFrame:
    """A row a case that the run planned: its parts, figures with intervals, and its status."""
    run, reasons = study.run, study.reasons
    rows = []
    for case in run.cases:
        row: dict[str, object] = {"case": case.name, "family": case.family, "backend": case.backend}
        row |= dict(case.parameters)
        row["status"] = (
            "error" if case.name in run.failed
            else "refused" if case.name in study.refused
            else "ok"
        )  # fmt: skip
        row["reason"] = reasons.get(case.name, "")
        each = study.estimates.measured.get(case.name)
        if each:
            row |= columns("time_s", each.time)
            row |= {"cpu_time_s": each.cpu_time, "children_cpu_time_s": each.children_cpu_time}
            row |= columns("speedup_serial", each.speedup)
            row |= columns("speedup_best_serial", each.speedup_best)
            row |= columns("speedup_own", each.speedup_own)
            row |= columns("efficiency", each.efficiency)
            row |= dict(zip(("time_p95_s", "time_worst_s"), each.slowest, strict=True))
            row |= dict(zip(MEMORY, each.memory or (), strict=False))
            row["involuntary_switches"] = each.involuntary_switches
            row["counts_digest"] = each.counts_digest
        rows.append(row)
    frame = pd.DataFrame(rows)
    front = ["case", "family", "backend"]
    parameters = list(dict.fromkeys(key for case in run.cases for key, _ in case.parameters))
    rest = [column for column in frame.columns if column not in {*front, *parameters}]
    frame = frame[[*front, *parameters, *rest]]
    if "counts_digest" in frame.columns:
        frame["counts_digest"] = frame["counts_digest"].astype("Int64")
    return frame


def dispatch(blocks: list[DispatchBlock]) -> pd.DataFrame:
    """A row a case of family dispatch: its parts, time, and both ratios with their intervals."""
    costs = [cost for block in blocks for cost in block.costs]
    keys = dict.fromkeys(key for cost in costs for key, _ in cost.case.parameters)
    return pd.DataFrame(
        [
            {
                "mechanism": cost.case.backend,
                **{key: cost.case.get(key) for key in keys},
                "status": "ok" if cost.time else "error",
                "reason": cost.reason,
                **columns("time_s", cost.time),
                "limit": cost.limit.backend if cost.limit else "",
                **columns("times_limit", cost.times_limit),
                **columns(f"times_{POOL}", cost.times_pool),
            }
            for cost in costs
        ]
    )


def kernels(blocks: list[Block], break_evens: list[BreakEven]) -> pd.DataFrame:
    """A row a case of family kernels and block, so that a limit stands in each that it is of. How
    many questions pay for sorting stands at the case that sorts."""
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
                    "status": "ok" if each.time else "left out",
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


def sizes(sweeps: list[Sweep]) -> pd.DataFrame:
    """A row a backend and start of family sweep: its break-even as serial time, and about which n
    that is; empty where it is outside of the sizes measured, which `break_even` has in words."""
    rows = []
    for sweep in sweeps:
        for line in sweep.lines:
            last, pays = line.points[-1], line.break_even
            rows.append(
                {
                    "kernel": last.case.get("kernel"),
                    "decomposition": last.case.get("decomposition"),
                    "backend": line.backend,
                    "mechanism": line.mechanism,
                    "start": line.start,
                    "workers": line.workers,
                    "verdict": pays.verdict if pays else "",
                    "break_even": pays.in_words if pays else "",
                    **columns("break_even_serial_time_s", _within(pays.time) if pays else None),
                    "break_even_n_about": pays.n if pays and 0.0 < pays.n < math.inf else math.nan,
                    "smallest_n": line.points[0].n,
                    "largest_n": last.n,
                    **columns("speedup_serial_at_largest_n", last.speedup),
                    **columns("time_s_at_largest_n", last.time),
                    "cpu_time_s_at_largest_n": last.cpu_time,
                }
            )
    return pd.DataFrame(rows)


def _within(time: Estimate) -> Estimate:
    """With NaN for an end that is below the smallest time measured, which is 0."""
    value, low, high = (end or math.nan for end in (time.value, time.low, time.high))
    return Estimate(value, low, high, time.decides)


def article_bars(charts: list[ArticleChart]) -> pd.DataFrame:
    """The bars of every article chart, beside 2014."""
    return pd.DataFrame(
        [
            {
                "backend": chart.backend,
                "n": chart.n,
                "problem": chart.label,
                "start": chart.start,
                "label": bar.label,
                **columns("time_s", bar.time),
                "cpu_time_s": bar.cpu_time,
                **columns("speed_of_serial", bar.speed),
                "speed_of_serial_2014": bar.published,
            }
            for chart in charts
            for bar in chart.bars
        ]
    )


def system(run: Run) -> pd.DataFrame:
    """All items: the article's eight with 2014, then the machine's, then the state's."""
    rows = [
        {"group": "article", "item": row.label, "value": row.here, "article_2014": row.article}
        for row in sysinfo.article_rows(run, published.sysinfo())
    ]
    rows += [
        {"group": "machine", "item": row.label, "value": row.value}
        for row in sysinfo.machine_rows(run)
    ]
    rows += [
        {"group": "state", "item": row.label, "value": row.before, "value_after": row.after}
        for row in sysinfo.state_rows(run)
    ]
    return pd.DataFrame(rows, columns=["group", "item", "article_2014", "value", "value_after"])


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """Every table of the run, by name."""
    run = study.run
    found = {
        "densities": pd.DataFrame([dataclasses.asdict(row) for row in densities(run)]).astype(
            {"count": "Int64"}
        ),
        "cases": cases(study),
        "article": article_bars(study.charts),
        "system": system(run),
        "backends": pd.DataFrame(
            [{"backend": name, "built": "yes", "reason": ""} for name in run.backends_built]
            + [
                {"backend": name, "built": "no", "reason": reason}
                for name, reason in run.backends_left_out.items()
            ],
            columns=["backend", "built", "reason"],
        ),
    }
    if study.dispatch:
        found["dispatch"] = dispatch(study.dispatch)
    if any(sweep.lines for sweep in study.sweeps):
        found["sizes"] = sizes(study.sweeps)
    if study.kernels:
        found["kernels"] = kernels(study.kernels, study.break_even)
    return found | scaling_tables.tables(study)


def write(folder: Path, frames: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as CSV, a file each, into a folder that exists."""
    for name, table in frames.items():
        table.to_csv(
            folder / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8",
            float_format=f"%.{DIGITS}g",
        )  # fmt: skip
