"""Runs of known truth, in the form of results/README.md."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Document = dict[str, Any]

SUFFIX = "/process_time/real_time"
COUNTS = (16, 61, 135, 247, 390, 547, 742, 939, 1194, 1445, 1728, 2022)

MACHINE = {
    "cpu_model": "Example(R) CPU @ 2.00GHz",
    "cpu_flags": "avx avx2 sse2",
    "logical_cpus": "4",
    "physical_cores": "4",
    "usable_cpus": "4",
    "usable_cpu_list": "0-3",
    "cpu_quota": "none",
    "memory_bytes": str(16 * 2**30),
    "virtualisation": "none",
    "kernel": "6.1.0",
    "libc": "glibc 2.36",
    "compiler": "GCC 12.2.0",
    "compiler_flags": "-O3",
    "build_type": "Release",
    "revision": "0123456",
    "revision_dirty": "no",
}
STATE = {
    "governor": "performance",
    "turbo": "off",
    "load_1m": "0.10",
    "steal_ticks": "100",
    "cpu_ticks": "100000",
    "throttled_periods": "0",
    "environment": "none",
    "power": "mains",
    "memory_available_bytes": str(12 * 2**30),
}
PYTHON = {
    "Python version": "3.11.2",
    "compiler": "GCC 12.2.0",
    "system": "Linux",
    "release": "6.1.0",
    "machine": "x86_64",
    "processor": "unknown",
    "CPU count": "4",
    "interpreter": "64bit",
}

# Real seconds of (backend, n, workers, start).
Truth = Callable[[str, int, int, str], float]


def serial_seconds(n: int) -> float:
    return n * 130e-9


def typical(backend: str, n: int, workers: int, start: str) -> float:
    """Four cores: threads pay at both n, processes at the large one alone."""
    if backend == "serial":
        return serial_seconds(n)
    created = {"fork_pipe": 400e-6, "process_pool": 600e-6, "tbb": 8e-6, "openmp": 20e-6}
    overhead = created.get(backend, 30e-6) * (workers if start == "cold" else 0.05)
    return serial_seconds(n) / min(workers, 4) + overhead


@dataclass
class Synthetic:
    """A run to be built; change what a test is about, leave the rest."""

    truth: Truth = typical
    rounds: int = 10
    noise: float = 0.01
    round_noise: float = 0.02
    seed: int = 1
    sizes: tuple[int, ...] = (10_000, 1_000_000)
    workers: tuple[int, ...] = (1, 2, 3, 4, 6)
    processes: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {"fork_pipe": ("cold",), "process_pool": ("cold", "warm")}
    )
    threads: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {"tbb": ("cold", "warm"), "openmp": ("cold", "warm")}
    )
    machine: dict[str, str] = field(default_factory=lambda: dict(MACHINE))
    state: dict[str, str] = field(default_factory=lambda: dict(STATE))
    state_after: dict[str, str] = field(default_factory=lambda: {**STATE, "cpu_ticks": "900000"})
    left_out: str = ""

    def cases(self) -> list[tuple[str, int, int, str]]:
        return [("serial", n, 1, "cold") for n in self.sizes] + [
            (backend, n, workers, start)
            for backend, starts in (self.processes | self.threads).items()
            for start in starts
            for n in self.sizes
            for workers in self.workers
        ]

    def mechanisms(self) -> str:
        pairs = [("serial", "neither")]
        pairs += [(backend, "processes") for backend in self.processes]
        pairs += [(backend, "threads") for backend in self.threads]
        return "; ".join(": ".join(pair) for pair in pairs)

    def document(self) -> Document:
        generator = random.Random(self.seed)
        rounds = [self._round(generator, number) for number in range(self.rounds)]
        return {
            "format": "parzen-study run",
            "version": 1,
            "profile": "default",
            "rounds_planned": self.rounds,
            "interrupted": False,
            "filter": "",
            "cases": sorted(case_name(*case) for case in self.cases()),
            "python": dict(PYTHON),
            "state_after": dict(self.state_after),
            "rounds": rounds,
        }

    def write(self, folder: Path) -> Path:
        return write(self.document(), folder)

    def _round(self, generator: random.Random, number: int) -> Document:
        shared = generator.gauss(0.0, self.round_noise)
        context = {
            "date": "2026-01-02T03:04:05+00:00",
            **{f"machine.{key}": value for key, value in self.machine.items()},
            **{f"state.{key}": value for key, value in self.state.items()},
            "backends.built": ",".join(["serial", *self.processes, *self.threads]),
            "backends.mechanisms": self.mechanisms(),
            "backends.left_out": self.left_out,
            "article.counts": ",".join(map(str, COUNTS)),
            "order_seed": str(number),
        }
        benchmarks = [
            self._benchmark(case, math.exp(shared + generator.gauss(0.0, self.noise)))
            for case in self.cases()
        ]
        generator.shuffle(benchmarks)
        return {"context": context, "benchmarks": benchmarks}

    def _benchmark(self, case: tuple[str, int, int, str], factor: float) -> Document:
        backend, n, _, _ = case
        seconds = self.truth(*case) * factor
        in_children = backend in self.processes
        return {
            "name": case_name(*case) + SUFFIX,
            "run_name": case_name(*case) + SUFFIX,
            "run_type": "iteration",
            "repetition_index": 0,
            "iterations": 10,
            "real_time": seconds * 1e3,
            "cpu_time": 0.1 if in_children else serial_seconds(n) * 1e3,
            "time_unit": "ms",
            "children_cpu_time": serial_seconds(n) if in_children else 0.0,
            "counts_digest": 2166136261.0 + n,
            "involuntary_switches": 0.0,
        }


def case_name(backend: str, n: int, workers: int, start: str) -> str:
    return (
        f"article/{backend}/kernel:literal/decomposition:by_width"
        f"/n:{n}/d:2/m:100/workers:{workers}/start:{start}"
    )


def write(document: Document, folder: Path) -> Path:
    """Write run.json into a folder that is made if need be; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(document), encoding="utf-8")
    return folder
