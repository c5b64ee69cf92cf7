"""The tables of what scales: families grain, scaling, load and io_bound."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from parzen_study.columns import columns
from parzen_study.grain import Line
from parzen_study.study import Study


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """Those that the run has something for, by name."""
    found = {"grain": _grain(study.grain)}
    return {name: frame for name, frame in found.items() if not frame.empty}


def _grain(lines: Sequence[Line]) -> pd.DataFrame:
    """A row a case, coarsest first; METG(50%) stands in each of its line, without a figure where it
    lies outside of the sweep."""
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
            }
            for line in lines
            for point in line.points
        ]
    )
