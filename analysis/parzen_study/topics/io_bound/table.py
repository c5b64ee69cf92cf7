"""Tasks that wait, as figures."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from parzen_study.page.columns import columns
from parzen_study.study import Study
from parzen_study.topics.io_bound.model import Operation


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of figures, by name."""
    return {"io_bound": speedups(study.io_bound)} if study.io_bound else {}


def speedups(operations: Sequence[Operation]) -> pd.DataFrame:
    """A row per case; each has the gain of the fastest, and that of more workers than CPUs."""
    return pd.DataFrame(
        [
            {
                "operation": each.name,
                "tasks": each.tasks,
                "backend": line.backend,
                "start": line.start,
                "workers": workers,
                **columns("speedup_serial", speedup),
                **columns("fastest_gain", each.gain),
                **columns("gain_beyond_cpus", each.beyond),
            }
            for each in operations
            for line in each.lines
            for workers, speedup in line.points
        ]
    )
