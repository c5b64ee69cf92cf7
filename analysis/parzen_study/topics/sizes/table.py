"""Break-even as figures."""

from __future__ import annotations

import math

import pandas as pd

from parzen_study.page.columns import columns
from parzen_study.stats.bootstrap import Estimate
from parzen_study.study import Study
from parzen_study.topics.sizes.model import Sweep


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of figures, by name."""
    return (
        {"sizes": break_evens(study.sweeps)} if any(sweep.lines for sweep in study.sweeps) else {}
    )


def break_evens(sweeps: list[Sweep]) -> pd.DataFrame:
    """A row per backend and start of family sweep: its break-even as serial time, and the
    approximate n; empty outside of the sizes measured, with `break_even` in words."""
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
