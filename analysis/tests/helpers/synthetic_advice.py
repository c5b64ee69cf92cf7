"""Runs with families grain and dispatch of known truth, for the model of advice."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.advice.fit import fit
from parzen_study.topics.advice.model import Advice, Line, Spread
from record import small
from synthetic import SUFFIX, Document, write
from synthetic_scaling import MECHANISMS, STARTS

BLOCK = 240e-9  # seconds of one iteration of a task
ITERATIONS = tuple(4**power for power in range(7))
_MOST_BLOCKS_OF_SERIAL = 1 << 20
# What each backend is called in dispatch, and the start that its cost per task is of.
_DISPATCH = {
    "tbb": ("tbb", "warm"),
    "pool_shared": ("process_pool", "warm"),
    "pool_pipe": ("fork_pipe", "cold"),
}


@dataclass(frozen=True)
class Cost:
    """Seconds per call and per task, what each CPU still does when all are busy, and of how many
    seconds of work half of `bend` times the call are added: not linear. `chunks` a worker, else
    every task goes by itself."""

    call: float
    task: float
    efficiency: float = 0.95
    bend: float = 0.0
    half: float = 1e-3
    chunks: int = 0

    def seconds(self, tasks: int, task_time: float, cpus: int) -> float:
        """Of a call with a worker per CPU, which takes the next chunk when it is done."""
        work = tasks * task_time
        call = self.call * (1.0 + self.bend * work / (work + self.half))
        longest = self._of_the_last_worker(tasks, cpus) * task_time / self.efficiency
        return call + tasks * self.task + longest

    def _of_the_last_worker(self, tasks: int, cpus: int) -> int:
        if not self.chunks:
            return math.ceil(tasks / cpus)
        size = math.ceil(tasks / (self.chunks * cpus))
        taken = [0] * cpus
        for begin in range(0, tasks, size):
            heapq.heapreplace(taken, taken[0] + min(size, tasks - begin))
        return max(taken)


Costs = Mapping[tuple[str, str], Cost]
TYPICAL: Costs = {
    ("fork_pipe", "cold"): Cost(900e-6, 20e-9, 0.90),
    ("openmp", "cold"): Cost(90e-6, 5e-9, 0.95),
    ("openmp", "warm"): Cost(3e-6, 5e-9, 0.97),
    ("process_pool", "cold"): Cost(1500e-6, 30e-9, 0.92, chunks=4),
    ("process_pool", "warm"): Cost(60e-6, 30e-9, 0.92, chunks=4),
    ("tbb", "cold"): Cost(300e-6, 10e-9, 0.96),
    ("tbb", "warm"): Cost(3e-6, 10e-9, 0.98),
}


def drawn(generator: random.Random, *, bent: bool = False) -> Costs:
    """Costs of a machine that nobody has."""
    calls = {"cold": (-4.3, -2.7), "warm": (-5.7, -4.0)}
    return {
        (backend, start): Cost(
            call=10.0 ** generator.uniform(*calls[start]),
            task=10.0 ** generator.uniform(-9.0, -7.5),
            efficiency=generator.uniform(0.75, 1.0),
            bend=generator.uniform(0.0, 1.0) if bent else 0.0,
            half=10.0 ** generator.uniform(-5.0, -2.0),
            chunks=TYPICAL[backend, start].chunks,
        )
        for backend, starts in STARTS.items()
        for start in starts
    }


def grain_name(backend: str, start: str, iterations: int, cpus: int) -> str:
    workers = 1 if backend == "serial" else cpus
    return (
        f"grain/{backend}/kernel:literal/decomposition:by_width/iterations:{iterations}"
        f"/n:128/d:2/m:{32 * cpus}/workers:{workers}/start:{start}"
    )


def _truth(costs: Costs, cpus: int) -> dict[str, float]:
    tasks = 32 * cpus
    truth = {
        grain_name(backend, start, each, cpus): cost.seconds(tasks, each * BLOCK, cpus)
        for (backend, start), cost in costs.items()
        for each in ITERATIONS
    }
    for each in ITERATIONS:
        if tasks * each <= _MOST_BLOCKS_OF_SERIAL:
            truth[grain_name("serial", "cold", each, cpus)] = tasks * each * BLOCK
    for name, key in _DISPATCH.items():
        truth[f"dispatch/{name}/operation:apply/workers:2"] = 1e-6
        each_task = costs[key].task
        truth[f"dispatch/{name}/operation:map/tasks:100/workers:2"] = 1e-6 + 100 * each_task
    for size, took in ((8, 1e-6), (65_536, 11e-6), (1_048_576, 211e-6)):
        truth[f"dispatch/pool_shared/operation:payload/bytes:{size}/workers:1"] = took
    truth["dispatch/memcpy/operation:payload/bytes:268435456"] = 0.0268435456
    return truth


def document(
    costs: Costs = TYPICAL,
    *,
    cpus: int = 2,
    rounds: int = 8,
    seed: int = 1,
    noise: float = 0.03,
    modes: bool = False,
    loaded: bool = False,
) -> Document:
    """A run with these costs. `modes`: in 3 of 10 rounds threads that are created take 5 ms longer.
    `loaded`: in 3 of 10 rounds other programs slow all workers down."""
    generator = random.Random(seed)
    made = deepcopy(small(1, rounds=rounds))
    truth = _truth(costs, cpus)
    made["cases"] = sorted([*made["cases"], *truth])
    for one_round in made["rounds"]:
        one_round["context"] |= {
            "backends.mechanisms": MECHANISMS,
            "machine.usable_cpus": str(cpus),
            "machine.logical_cpus": str(cpus),
        }
        shared = generator.gauss(0.0, noise)
        disturbed = loaded and generator.random() < 0.3
        for name, took in truth.items():
            time = took * math.exp(shared + generator.gauss(0.0, noise))
            if disturbed and "/serial/" not in name:
                time *= generator.uniform(1.0, 1.8)
            threads = "/openmp/" in name or "/tbb/" in name
            if modes and threads and "start:cold" in name and generator.random() < 0.3:
                time += 5e-3
            one_round["benchmarks"].append(
                {
                    "name": name + SUFFIX,
                    "run_name": name + SUFFIX,
                    "run_type": "iteration",
                    "iterations": 10,
                    "real_time": time * 1e6,
                    "cpu_time": 0.1,
                    "time_unit": "us",
                    **({"counts_digest": 7.0} if "/n:" in name else {}),
                }
            )
    return made


def loaded_run(made: Document, folder: Path) -> tuple[Run, Estimates]:
    run = load_run(write(made, folder) / "run.json")
    return run, Estimates(run)


def fitted(made: Document, folder: Path, cpus: int = 2) -> Advice:
    run, estimates = loaded_run(made, folder)
    return fit(run, estimates, (), cpus)


def line(
    backend: str = "tbb",
    mechanism: str = "threads",
    start: str = "warm",
    *,
    call: float = 10e-6,
    speed: float = 2.0,
    error: float = 0.02,
    workers: int = 2,
    task: tuple[float, float] = (0.0, 0.0),
    chunks: int = 0,
    transfer: tuple[tuple[float, float], ...] = (),
    fork: float = 0.0,
    slow: float = 0.0,
) -> Line:
    """A line without noise of its own but the error of the model."""
    return Line(
        backend=backend,
        mechanism=mechanism,
        start=start,
        workers=workers,
        tasks=32 * workers,
        call=Spread(call, call, call),
        speed=Spread(speed, speed, speed),
        task=task,
        error=error,
        slow=slow,
        chunks=chunks,
        transfer=transfer,
        fork=fork,
    )


def advice(*lines: Line, cpus: int = 2, copy_rate: float = 20e9) -> Advice:
    return Advice(
        cpus=cpus,
        cpu_model="Example CPU",
        measured_on="2026-01-02",
        rounds=8,
        has_intervals=True,
        task_times=(BLOCK, 1e-3),
        copy_rate=copy_rate,
        lines=lines,
    )
