"""The machine and its state, a row per item."""

from __future__ import annotations

import pandas as pd

from parzen_study.run import published, sysinfo
from parzen_study.run.run import Run
from parzen_study.study import Study


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of figures, by name."""
    return {"system": system(study.run)}


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
