"""How it scales, as figures: families scaling and load."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from parzen_study.page.columns import columns
from parzen_study.stats.laws import Rejected, Scalability, Serial
from parzen_study.study import Study
from parzen_study.topics.scaling.last_core import LastCores
from parzen_study.topics.scaling.model import Line as ScalingLine


def _scaling(lines: Sequence[ScalingLine]) -> pd.DataFrame:
    """A row per line and number of workers: a serial fraction up to the CPUs; with oversubscription
    the time over the best time without."""
    return pd.DataFrame(
        [
            {
                "backend": line.backend,
                "start": line.start,
                "problem": line.problem,
                "workers": workers,
                **columns("karp_flatt", dict(line.karp_flatt).get(workers)),
                **columns("times_best_within_cpus", dict(line.beyond).get(workers)),
            }
            for line in lines
            for workers, _ in (*line.karp_flatt, *line.beyond)
        ]
    )


def _laws(lines: Sequence[ScalingLine]) -> pd.DataFrame:
    """A row per line and law: its parameters, how far it is off, or why it was rejected."""
    return pd.DataFrame(
        [
            {
                "backend": line.backend,
                "start": line.start,
                "problem": line.problem,
                "law": law,
                "status": "rejected" if isinstance(fit, Rejected) else "ok",
                "reason": fit.reason if isinstance(fit, Rejected) else "",
                **columns("serial", fit.fraction if isinstance(fit, Serial) else None),
                **columns("sigma", fit.contention if isinstance(fit, Scalability) else None),
                **columns("kappa", fit.coherency if isinstance(fit, Scalability) else None),
                **columns("peak_workers", fit.peak if isinstance(fit, Scalability) else None),
                "off": None if isinstance(fit, Rejected) else fit.off,
            }
            for line in lines
            for law, fit in (
                ("Amdahl", line.amdahl),
                ("Gustafson", line.gustafson),
                ("Universal Scalability Law", line.scalability),
            )
        ]
    )


def _last_core(cores: LastCores) -> pd.DataFrame:
    """A row per backend and start: the gain of the last core, quiet and under load."""
    return pd.DataFrame(
        [
            {
                "backend": each.backend,
                "start": each.start,
                "workers": each.workers,
                **columns("gain_quiet", each.quiet),
                **columns("gain_loaded", each.loaded),
                **columns("loaded_over_quiet", each.kept),
            }
            for each in cores.found
        ]
    )


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of figures, by name."""
    found = {
        "scaling": _scaling(study.scaling),
        "laws": _laws(study.scaling),
        "last_core": _last_core(study.last_core),
    }
    return {name: frame for name, frame in found.items() if not frame.empty}
