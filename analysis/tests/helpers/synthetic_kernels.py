"""Family kernels of known truth, to be added to a run of synthetic.py."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from copy import deepcopy

from synthetic import SUFFIX, Document

WIDTHS = "1.0-1.2"
VERSIONS = {
    "peers.versions": "numpy: numpy 1.24.2; cKDTree: scipy 1.10.1; article_python: CPython 3.11.2",
    "peers.left_out": "",
}


def kernel(
    name: str, n: int, d: int = 2, *, workers: int = 1, start: str = "warm", widths: str = WIDTHS
) -> str:
    """The name of a case of the suite; with two workers it is one of tbb."""
    how = "serial" if workers == 1 else "tbb"
    parts = [f"kernels/{how}/kernel:{name}"]
    parts += ["decomposition:by_sample"] if workers > 1 else []
    parts += [f"n:{n}", f"d:{d}"]
    parts += [] if name == "stream_read" else ["m:100", f"widths:{widths}"]
    return "/".join([*parts, f"workers:{workers}", f"start:{start}"])


def peer(name: str, start: str = "warm") -> str:
    return f"kernels/{name}/n:10000/d:2/m:100/widths:{WIDTHS}/workers:1/start:{start}"


# Real seconds per call. At the large n two workers read 1.6 times as fast as one, and count so too.
SMALL: dict[str, float] = {
    kernel("stream_read", 10_000): 4e-6,
    kernel("literal", 10_000): 2000e-6,
    kernel("branchless", 10_000): 500e-6,
    kernel("eigen", 10_000): 480e-6,
    kernel("simd", 10_000): 200e-6,
    kernel("fused", 10_000): 10e-6,
    kernel("indexed", 10_000): 2e-6,
    kernel("indexed", 10_000, start="cold"): 402e-6,
}
LARGE: dict[str, float] = {
    kernel("stream_read", 10**7): 16e-3,
    kernel("stream_read", 10**7, workers=2): 10e-3,
    kernel("fused", 10**7): 20e-3,
    kernel("fused", 10**7, workers=2): 12.5e-3,
    kernel("simd", 10**7): 300e-3,
    kernel("indexed", 10**7): 10e-6,
    kernel("indexed", 10**7, start="cold"): 1.2,
    kernel("fused", 10**7, widths="0.01-6"): 70e-3,
    kernel("stream_read", 10**7, 8): 64e-3,
    kernel("fused", 10**7, 8): 80e-3,
}
PEERS: dict[str, float] = {
    peer("numpy"): 900e-6,
    peer("cKDTree"): 300e-6,
    peer("cKDTree", "cold"): 3e-3,
    peer("article_python", "cold"): 5.0,
}
TRUTH = SMALL | LARGE


def with_kernels(
    document: Document,
    suite: Mapping[str, float] = TRUTH,
    peers: Mapping[str, float] = PEERS,
    *,
    round_noise: float = 0.2,
    noise: float = 0.002,
    seed: int = 7,
) -> Document:
    """A copy of the run with these cases, whose counts agree; without peers as `make bench` leaves
    it."""
    added = deepcopy(document)
    generator = random.Random(seed)
    truth = {**suite, **peers}
    added["cases"] = sorted([*added["cases"], *truth])
    for one_round in added["rounds"]:
        shared = generator.gauss(0.0, round_noise)
        for case, seconds in truth.items():
            entry = {
                "name": case + SUFFIX,
                "run_name": case + SUFFIX,
                "run_type": "iteration",
                "iterations": 10,
                "real_time": seconds * math.exp(shared + generator.gauss(0.0, noise)) * 1e6,
                "cpu_time": 0.1,
                "time_unit": "us",
            }
            if "stream_read" not in case:
                entry["counts_digest"] = 7.0 + 10 * ("widths:0.01" in case)
            one_round["benchmarks"].append(entry)
        one_round["context"] |= VERSIONS if peers else {}
    return added


def fused(name: str) -> str:
    """The name of a case of kernel literal, as one of kernel fused."""
    return name.replace("kernel:literal", "kernel:fused").replace("by_width", "by_sample")


def with_fused(document: Document, gain: float = 500.0) -> Document:
    """A copy of a run of synthetic.py whose family article has kernel fused too, `gain` times as
    fast, with the same counts."""
    added = deepcopy(document)
    added["cases"] = sorted({*added["cases"], *map(fused, added["cases"])})
    for one_round in added["rounds"]:
        one_round["benchmarks"] += [
            each
            | {"run_name": fused(each["run_name"]), "name": fused(each["run_name"])}
            | {key: each[key] / gain for key in ("real_time", "cpu_time", "children_cpu_time")}
            for each in one_round["benchmarks"]
        ]
    return added


def drop(document: Document, unwanted: Callable[[str], bool]) -> None:
    """Takes cases out of a run, by name."""
    document["cases"] = [name for name in document["cases"] if not unwanted(name)]
    for one_round in document["rounds"]:
        one_round["benchmarks"] = [
            each
            for each in one_round["benchmarks"]
            if not unwanted(each["run_name"].removesuffix(SUFFIX))
        ]
