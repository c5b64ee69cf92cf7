"""Runs of family sweep whose truth is a fixed cost and a cost a sample, so that every break-even n
is known."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from synthetic import SUFFIX, Document, Synthetic

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
A_SAMPLE = 100e-9  # seconds, of serial


@dataclass(frozen=True)
class Cost:
    """Seconds of a call of n samples: `fixed + share * A_SAMPLE * n`."""

    fixed: float
    share: float = 0.5

    def seconds(self, n: int) -> float:
        return self.fixed + self.share * A_SAMPLE * n

    @property
    def break_even(self) -> float:
        """From which n on it is faster than serial."""
        return self.fixed / (A_SAMPLE * (1.0 - self.share))


def name(backend: str, n: int, start: str, kernel: str = "literal") -> str:
    workers = 1 if backend == "serial" else 2
    return (
        f"sweep/{backend}/kernel:{kernel}/decomposition:by_width/n:{n}/d:2/m:100"
        f"/workers:{workers}/start:{start}"
    )


def swept(
    costs: Mapping[tuple[str, str], Cost], *, rounds: int = 10, noise: float = 0.01,
    sizes: tuple[int, ...] = SIZES, seed: int = 1,
) -> Document:  # fmt: skip
    """A run of this family alone, of backends and starts at these costs, beside serial."""
    document = Synthetic(rounds=rounds, sizes=(), seed=seed).document()
    generator = np.random.default_rng(seed)
    truth = {name("serial", n, "cold"): Cost(0.0, 1.0).seconds(n) for n in sizes}
    truth |= {
        name(backend, n, start): cost.seconds(n)
        for (backend, start), cost in costs.items()
        for n in sizes
    }
    document = deepcopy(document)
    document["cases"] = sorted(truth)
    for one_round in document["rounds"]:
        one_round["benchmarks"] = [
            {
                "run_name": case + SUFFIX,
                "real_time": seconds * float(np.exp(noise * generator.standard_normal())),
                "cpu_time": 0.0,
                "time_unit": "s",
            }
            for case, seconds in truth.items()
        ]
    return document
