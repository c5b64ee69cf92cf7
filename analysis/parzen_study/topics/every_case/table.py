"""Every case, with all its figures."""

from __future__ import annotations

import pandas as pd

from parzen_study.page.columns import columns
from parzen_study.run.case import MEMORY
from parzen_study.study import Study


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of figures, by name."""
    return {"cases": cases(study)}


def cases(study: Study) -> pd.DataFrame:
    """A row per case that the run planned: its parts, figures with intervals, and its status."""
    run, reasons = study.run, study.reasons
    rows = []
    for case in run.cases:
        row: dict[str, object] = {"case": case.name, "family": case.family, "backend": case.backend}
        row |= dict(case.parameters)
        row["status"] = (
            "error" if case.name in run.failed
            else "rejected" if case.name in study.rejected
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
