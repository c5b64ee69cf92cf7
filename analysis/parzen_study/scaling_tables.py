"""The tables of what scales: families grain, scaling, load and io_bound."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from parzen_study.columns import columns
from parzen_study.grain import Line
from parzen_study.io_bound import Operation
from parzen_study.last_core import LastCores
from parzen_study.laws import Refused, Scalability, Serial
from parzen_study.scaling import Line as ScalingLine
from parzen_study.study import Study


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """Those that the run has something for, by name."""
    found = {
        "grain": _grain(study.grain),
        "scaling": _scaling(study.scaling),
        "laws": _laws(study.scaling),
        "last_core": _last_core(study.last_core),
        "io_bound": _io_bound(study.io_bound),
    }
    return {name: frame for name, frame in found.items() if not frame.empty}


def _grain(lines: Sequence[Line]) -> pd.DataFrame:
    """A row a case, coarsest first. METG(50%) of ready workers, without a figure where it lies
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


def _scaling(lines: Sequence[ScalingLine]) -> pd.DataFrame:
    """A row a line and number of workers: a serial fraction where each has a CPU, beyond that how
    many times as long it takes as the best that have."""
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
    """A row a line and law: its parameters, how far it is off, or why it was refused."""
    return pd.DataFrame(
        [
            {
                "backend": line.backend,
                "start": line.start,
                "problem": line.problem,
                "law": law,
                "status": "refused" if isinstance(fit, Refused) else "ok",
                "reason": fit.reason if isinstance(fit, Refused) else "",
                **columns("serial", fit.fraction if isinstance(fit, Serial) else None),
                **columns("sigma", fit.contention if isinstance(fit, Scalability) else None),
                **columns("kappa", fit.coherency if isinstance(fit, Scalability) else None),
                **columns("peak_workers", fit.peak if isinstance(fit, Scalability) else None),
                "off": None if isinstance(fit, Refused) else fit.off,
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
    """A row a backend and start: the gain of the last core, quiet and under load."""
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


def _io_bound(operations: Sequence[Operation]) -> pd.DataFrame:
    """A row a case; what the fastest gains, and what more workers than CPUs, stands in each."""
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
