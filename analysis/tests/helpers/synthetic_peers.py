"""The article's program in Python with known truth, to be added to a run of synthetic.py."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from synthetic import SUFFIX, Document

N = 10_000
VERSIONS = (
    "multiprocessing_Pool: CPython 3.11.2; ProcessPoolExecutor: CPython 3.11.2; loky: loky 3.4.1; "
    "article_python: numpy 1.24.2"
)


def python(backend: str, workers: int = 1) -> str:
    """The name of a case."""
    return (
        f"article/{backend}/kernel:article_python/decomposition:by_width"
        f"/n:{N}/d:2/m:100/workers:{workers}/start:cold"
    )


# Real seconds per call: two CPUs, and what a pool costs.
SECONDS: dict[str, float] = {
    python("serial"): 2.4,
    **{python("multiprocessing_Pool", w): 2.4 / min(w, 2) + 0.02 * w for w in (1, 2, 3, 4, 6)},
    **{python("ProcessPoolExecutor", w): 1.3 for w in (2, 4)},
    **{python("loky", w): 1.5 + 0.1 * w for w in (2, 4)},
}


def with_python(document: Document, seconds: Mapping[str, float] = SECONDS) -> Document:
    """A copy of the run with these cases, whose counts are those of the run's own at N.

    The times of a round are all longer or shorter by the same, so ratios have no noise.
    """
    added = deepcopy(document)
    added["cases"] = sorted([*added["cases"], *seconds])
    for number, one_round in enumerate(added["rounds"]):
        one_round["benchmarks"] += [
            {
                "name": case + SUFFIX,
                "run_name": case + SUFFIX,
                "run_type": "iteration",
                "iterations": 1,
                "real_time": time * (1.0 + 0.001 * (number % 5)) * 1e6,
                "cpu_time": 0.1,
                "time_unit": "us",
                "counts_digest": 2166136261.0 + N,
            }
            for case, time in seconds.items()
        ]
        one_round["context"] |= {"peers.versions": VERSIONS, "peers.left_out": ""}
    return added
