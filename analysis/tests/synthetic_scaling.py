"""Families grain, scaling, load and io_bound of known truth, to be added to a synthetic run."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from copy import deepcopy

from synthetic import SUFFIX, Document

CPUS = 4
# Cold and warm, as the backends of the suite have them.
STARTS: Mapping[str, tuple[str, ...]] = {
    "fork_pipe": ("cold",),
    "openmp": ("cold", "warm"),
    "process_pool": ("cold", "warm"),
    "tbb": ("cold", "warm"),
}
MECHANISMS = (
    "serial: neither; fork_pipe: processes; openmp: threads; process_pool: processes; tbb: threads"
)


def with_cases(
    document: Document,
    truth: Mapping[str, float],
    *,
    round_noise: float = 0.2,
    noise: float = 0.002,
    seed: int = 11,
) -> Document:
    """A copy of the run with these cases, real seconds by name; the counts of all agree."""
    added = deepcopy(document)
    generator = random.Random(seed)
    added["cases"] = sorted([*added["cases"], *truth])
    for one_round in added["rounds"]:
        shared = generator.gauss(0.0, round_noise)
        one_round["context"]["backends.mechanisms"] = MECHANISMS
        one_round["benchmarks"] += [
            {
                "name": case + SUFFIX,
                "run_name": case + SUFFIX,
                "run_type": "iteration",
                "iterations": 10,
                "real_time": seconds * math.exp(shared + generator.gauss(0.0, noise)) * 1e6,
                "cpu_time": 0.1,
                "time_unit": "us",
                **({"counts_digest": 7.0} if "/n:" in case else {}),
            }
            for case, seconds in truth.items()
        ]
    return added


def every_backend(workers: Iterable[int]) -> Iterable[tuple[str, int, str]]:
    """Serial, then every backend, number of workers and start."""
    yield "serial", 1, "cold"
    for count in workers:
        for backend, starts in STARTS.items():
            for start in starts:
                yield backend, count, start


# Seconds a block and what a task costs on top of its work, by backend and start.
BLOCK = 200e-9
OVERHEAD: Mapping[tuple[str, str], float] = {
    ("fork_pipe", "cold"): 60e-6,
    ("openmp", "cold"): 2e-6,
    ("openmp", "warm"): 0.5e-6,
    ("process_pool", "cold"): 100e-6,
    ("process_pool", "warm"): 3e-6,
    ("tbb", "cold"): 1.5e-6,
    ("tbb", "warm"): 1e-6,
}
ITERATIONS = tuple(4**power for power in range(8))


def grain_case(backend: str, iterations: int, workers: int, start: str) -> str:
    return (
        f"grain/{backend}/kernel:literal/decomposition:by_width/iterations:{iterations}"
        f"/n:128/d:2/m:{32 * CPUS}/workers:{workers}/start:{start}"
    )


def grain(
    overhead: Mapping[tuple[str, str], float] = OVERHEAD, iterations: Iterable[int] = ITERATIONS
) -> dict[str, float]:
    """Every task costs the overhead and its blocks, on CPUS that share the tasks evenly."""
    return {
        grain_case(backend, each, workers, start): 32
        * CPUS
        / workers
        * (overhead.get((backend, start), 0.0) + BLOCK * each)
        for each in iterations
        for backend, workers, start in every_backend([CPUS])
        if backend == "serial" or (backend, start) in overhead
    }
