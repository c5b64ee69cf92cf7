"""Family grain as figures."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from parzen_study.page.columns import columns
from parzen_study.study import Study
from parzen_study.topics.grain.model import Line


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of figures, by name."""
    return {"grain": points(study.grain)} if study.grain else {}


def points(lines: Sequence[Line]) -> pd.DataFrame:
    """A row per case, coarsest first. METG(50%) of ready workers, without a figure where it lies
    outside of the sweep, and the cost of a call that creates them are in each row of their line."""
    return pd.DataFrame(
        [
            {
                "backend": line.backend,
                "start": line.start,
                "workers": line.workers,
                "iterations": point.iterations,
                **columns("grain_s", point.grain),
                **columns("efficiency", point.efficiency),
                "metg_bound": line.bound,
                **columns("metg_s", None if line.bound else line.metg),
                **columns("call_cost_s", line.call_cost),
            }
            for line in lines
            for point in line.points
        ]
    )
