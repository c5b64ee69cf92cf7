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


# Seconds per block and what a task costs on top of its work, by backend and start.
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


# Amdahl's serial fraction and the costs of a pair of workers, by backend and start.
CURVES: Mapping[tuple[str, str], tuple[float, float]] = {
    ("fork_pipe", "cold"): (0.2, 0.02),
    ("openmp", "cold"): (0.1, 0.0),
    ("openmp", "warm"): (0.05, 0.0),
    ("process_pool", "cold"): (0.3, 0.03),
    ("process_pool", "warm"): (0.05, 0.01),
    ("tbb", "cold"): (0.02, 0.001),
    ("tbb", "warm"): (0.0, 0.0),
}
SERIAL_SECONDS = 13e-3
# Every further doubling beyond the CPUs takes so many times as long.
OVERSUBSCRIBED = 1.1


def article_case(
    family: str, backend: str, workers: int, start: str, *, n: int = 100_000, load: str = ""
) -> str:
    return (
        f"{family}/{backend}/kernel:literal/decomposition:by_width/n:{n}/d:2/m:100{load}"
        f"/workers:{workers}/start:{start}"
    )


def scaled(curve: tuple[float, float], workers: int, cpus: int) -> float:
    """Seconds, by the Universal Scalability Law as far as there are CPUs."""
    sigma, kappa = curve
    busy = min(workers, cpus)
    taken = SERIAL_SECONDS * (1.0 + sigma * (busy - 1) + kappa * busy * (busy - 1)) / busy
    return float(taken * OVERSUBSCRIBED ** math.log2(max(workers / cpus, 1)))


def scaling(
    curves: Mapping[tuple[str, str], tuple[float, float]] = CURVES, cpus: int = CPUS
) -> dict[str, float]:
    """Serial takes as long as one worker."""
    below = [count for count in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64) if count < cpus]
    workers = [*below, cpus, 2 * cpus, 4 * cpus, 8 * cpus]
    found = {article_case("scaling", "serial", 1, "cold"): SERIAL_SECONDS}
    for (backend, start), curve in curves.items():
        for count in workers:
            case = article_case("scaling", backend, count, start)
            found[case] = scaled(curve, count, cpus)
    return found


def load(
    kept: Mapping[str, float],
    cpus: int = CPUS,
    *,
    curves: Mapping[tuple[str, str], tuple[float, float]] = CURVES,
) -> dict[str, float]:
    """Under load the gain of the last core is so many times the quiet one, by backend; everything
    takes twice as long."""
    workers = sorted({1, max(cpus - 1, 1), cpus, cpus + 1})
    found = {article_case("load", "serial", 1, "cold", load="/load:1"): 2.0 * SERIAL_SECONDS}
    for backend, share in kept.items():
        for count in workers:
            taken = 2.0 * scaled(curves[backend, "cold"], count, cpus)
            found[article_case("load", backend, count, "cold", load="/load:1")] = (
                taken / share if count >= cpus else taken
            )
    return found


# How many workers can wait at once, by operation.
AT_ONCE: Mapping[str, int] = {"timer": 16, "pipe": 8, "file_direct": 1}
WAIT = 1e-3


def io_bound(
    at_once: Mapping[str, int] = AT_ONCE, workers: Iterable[int] = (1, 2, 4, 8, 16)
) -> dict[str, float]:
    """16 tasks that wait 1 ms each."""
    return {
        f"io_bound/{backend}/operation:{operation}/tasks:16/workers:{count}/start:{start}": 16
        * WAIT
        / min(count, together)
        for operation, together in at_once.items()
        for backend, count, start in every_backend(workers)
        if start == "warm" or backend in {"serial", "fork_pipe"}
    }


def on(cpus: int, document: Document) -> Document:
    """The run on a machine of so many CPUs; 0: of which that is unknown."""
    for one_round in document["rounds"]:
        one_round["context"]["machine.usable_cpus"] = str(cpus) if cpus else "unknown"
        one_round["context"]["machine.logical_cpus"] = str(cpus) if cpus else "unknown"
    return document
