"""Family sweep of known truth: a fixed cost and a cost per sample, to be added to a synthetic
run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.answer.by_size import BySize
from parzen_study.topics.answer.by_size_words import question
from synthetic import Document, Synthetic, write
from synthetic_kernels import with_kernels

WORKERS = 4
SIZES = tuple(10**power for power in range(2, 7))
LITERAL, FUSED = ("literal", "by_width"), ("fused", "by_sample")
# Seconds per sample in one thread, by kernel.
A_SAMPLE: Mapping[str, float] = {"literal": 130e-9, "fused": 1e-9}
# Seconds before the first sample is counted, and how many times as fast as serial it is from then
# on, by backend and start.
Costs = Mapping[tuple[str, str], tuple[float, float]]
SERIAL = ("serial", "cold")
TYPICAL: Costs = {
    ("serial", "cold"): (0.0, 1.0),
    ("fork_pipe", "cold"): (1600e-6, 3.6),
    ("process_pool", "cold"): (2400e-6, 3.8),
    ("tbb", "cold"): (32e-6, 3.9),
    ("openmp", "cold"): (80e-6, 3.7),
    ("process_pool", "warm"): (30e-6, 3.8),
    ("tbb", "warm"): (2e-6, 3.9),
    ("openmp", "warm"): (5e-6, 3.7),
}


def sweep_case(
    backend: str, n: int, start: str, way: tuple[str, str] = LITERAL, workers: int = WORKERS
) -> str:
    kernel, decomposition = way
    return (
        f"sweep/{backend}/kernel:{kernel}/decomposition:{decomposition}/n:{n}/d:2/m:100"
        f"/workers:{1 if backend == 'serial' else workers}/start:{start}"
    )


def affine(costs: Costs, n: int, backend: str, start: str, kernel: str) -> float:
    fixed, gain = costs[backend, start]
    return fixed + A_SAMPLE[kernel] * n / gain


def sweep(
    costs: Costs = TYPICAL, sizes: Iterable[int] = SIZES, way: tuple[str, str] = LITERAL
) -> dict[str, float]:
    """Real seconds, by name."""
    return {
        sweep_case(backend, n, start, way): affine(costs, n, backend, start, way[0])
        for n in sizes
        for backend, start in costs
    }


def true_size(
    costs: Costs, backend: str, start: str, kernel: str = "literal", factor: float = 1.0
) -> float:
    """The n from which on a backend is `factor` times as fast as serial."""
    (serial, _), (fixed, gain) = costs["serial", "cold"], costs[backend, start]
    return (factor * fixed - serial) / (A_SAMPLE[kernel] * (1.0 - factor / gain))


def true_time(
    costs: Costs, backend: str, start: str, kernel: str = "literal", factor: float = 1.0
) -> float:
    """The serial time from which on a backend is `factor` times as fast as serial."""
    n = true_size(costs, backend, start, kernel, factor)
    return costs["serial", "cold"][0] + A_SAMPLE[kernel] * n


def with_sweep(
    truth: Mapping[str, float], *, rounds: int = 8, noise: float = 0.015, seed: int = 3
) -> Document:
    """A run of a small family article and these cases; rounds differ as wholes as well."""
    article = Synthetic(rounds=rounds, sizes=(10_000,), workers=(1, WORKERS)).document()
    return with_kernels(article, truth, {}, round_noise=0.1, noise=noise, seed=seed)


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def changed(truth: Mapping[str, float], seconds: Callable[[str, float], float]) -> dict[str, float]:
    """The same cases with other times, from name and time."""
    return {name: seconds(name, taken) for name, taken in truth.items()}


def by_question(
    truth: Mapping[str, float], folder: Path, noise: float = 0.015
) -> dict[str, BySize]:
    found = studied(with_sweep(truth, noise=noise), folder).by_size
    return {question(each): each for each in found}


def cold(costs: Costs, folder: Path, noise: float = 0.015) -> BySize:
    """The one answer of a sweep of literal alone."""
    (found,) = by_question(sweep(costs), folder, noise).values()
    return found
