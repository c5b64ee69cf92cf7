"""Runs of a user's own loop, of known truth."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from record import small
from synthetic import SUFFIX, Document

MECHANISMS = (
    "serial: neither; fork_pipe: processes; process_pool: processes; tbb: threads; openmp: threads"
)
# Cold and warm, as the backends of the suite have them.
STARTS = {
    "fork_pipe": ("cold",),
    "process_pool": ("cold", "warm"),
    "tbb": ("cold", "warm"),
    "openmp": ("cold", "warm"),
}
PAUSE = "/pause:5ms"
DIGEST = "0123456789abcdef" * 4
TASK_SECONDS = 1e-6
MOST_TASKS = 10**6  # of a call, whatever its size

# Seconds of (backend, size, workers, start), where start may be with the pause.
Truth = Callable[[str, int, int, str], float]


def serial(size: int) -> float:
    return min(size, MOST_TASKS) * TASK_SECONDS


def gains(threads: Callable[[int], float], processes: Callable[[int], float]) -> Truth:
    """By mechanism the speedup with several workers, of a size; with one worker there is none."""

    def truth(backend: str, size: int, workers: int, _start: str) -> float:
        if workers == 1:
            return serial(size)
        gain = threads if backend in {"tbb", "openmp"} else processes
        return serial(size) / gain(size)

    return truth


def case_name(backend: str, size: int, workers: int, start: str, loop: str = "mine") -> str:
    return f"loops/{backend}/loop:{loop}/size:{size}/workers:{workers}/start:{start}"


def own_loop(
    truth: Truth,
    sizes: Sequence[int] = (1_000, 100_000),
    *,
    workers: Sequence[int] = (1, 2),
    rounds: int = 8,
    noise: float = 0.004,
    name: str = "mine",
    **item: Any,
) -> Document:
    """A run of a loop of `size` tasks, up to MOST_TASKS; `item` changes what the run says of it."""
    document = small(1, rounds=rounds)
    generator = random.Random(5)
    cases = [("serial", size, 1, "cold") for size in sizes]
    cases += [("serial", size, 1, f"cold{PAUSE}") for size in sizes]
    for size in sizes:
        for backend, starts in STARTS.items():
            cases += [(backend, size, each, start) for start in starts for each in workers]
            if "warm" in starts:
                cases.append((backend, size, max(workers), f"warm{PAUSE}"))
    document |= {
        "profile": "quick",
        "cases": sorted(case_name(*case, name) for case in cases),
        "loop": {
            "name": name,
            "file": f"{name}.cpp",
            "file_sha256": DIGEST,
            "flags": "-O3",
            "sizes": list(sizes),
            "sizes_chosen": False,
            **item,
        },
    }
    for one_round in document["rounds"]:
        shared = generator.gauss(0.0, 0.02)
        context = one_round["context"]
        context["backends.mechanisms"] = MECHANISMS
        context["backends.built"] = "serial,fork_pipe,process_pool,tbb,openmp"
        del context["article.counts"]
        one_round["benchmarks"] = [
            {
                "name": case_name(*case, name) + SUFFIX,
                "run_name": case_name(*case, name) + SUFFIX,
                "run_type": "iteration",
                "iterations": 10,
                "real_time": truth(*case) * math.exp(shared + generator.gauss(0.0, noise)) * 1e6,
                "cpu_time": 0.1,
                "time_unit": "us",
                "tasks": float(min(case[1], MOST_TASKS)),
                "result_bytes": 8.0,
            }
            for case in cases
        ]
    return document


def fail(document: Document, part: str, message: str) -> Document:
    """The same run with this error, in every round, in the cases whose names hold the part."""
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            if part in each["run_name"]:
                del each["real_time"], each["cpu_time"]
                each |= {"error_occurred": True, "error_message": message}
    return document
