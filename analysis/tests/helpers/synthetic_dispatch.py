"""Family dispatch of known truth, to be added to a run of synthetic.py."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from copy import deepcopy

from synthetic import SUFFIX, Document

# Real seconds an iteration, by case; peers apart.
SUITE: dict[str, float] = {
    "eventfd_ping_pong/operation:apply/wait:block": 8e-6,
    "eventfd_ping_pong/operation:apply/wait:block/processors:1": 4e-6,
    "pipe_ping_pong/operation:apply/wait:block": 10e-6,
    "spin_ping_pong/operation:apply/wait:spin": 0.4e-6,
    "pool_shared/operation:apply/workers:1/wait:block": 12e-6,
    "pool_shared/operation:apply/workers:1/wait:block/processors:1": 5e-6,
    "pool_shared/operation:apply/workers:1/wait:spin": 1e-6,
    "pool_shared/operation:apply/workers:2/wait:block": 14e-6,
    "pool_shared/operation:apply/workers:2/wait:spin": 0.5e-6,
    "pool_pipe/operation:apply/workers:1/wait:block": 25e-6,
    "fork_pipe/operation:apply/workers:1": 400e-6,
    "tbb/operation:apply/workers:1": 2e-6,
    "tbb/operation:apply/workers:2": 0.1e-6,  # 20 times its own one worker: no efficiency here
    "pool_shared/operation:map/tasks:100/workers:2/wait:block": 300e-6,
    "pool_shared/operation:map/tasks:100/workers:2/wait:spin": 100e-6,
    "memcpy/operation:payload/bytes:8": 2e-9,
    "memcpy/operation:payload/bytes:268435456": 0.05,
    "pool_shared/operation:payload/bytes:8/workers:1/wait:block": 12e-6,
    "pool_shared/operation:payload/bytes:268435456/workers:1/wait:block": 0.08,
    "pool_shared/operation:lifetime/workers:2": 800e-6,
    "fork/operation:fork/resident:0": 150e-6,
    "fork/operation:fork/resident:1600000000": 9e-3,
}
# What is there to compare with in the suite itself; stored runs may have none of it.
SCHEDULERS: dict[str, float] = {
    "std_thread/operation:apply/workers:1": 25e-6,
    "thread_pool/operation:apply/workers:2": 5e-6,
    "thread_pool/operation:apply/workers:2/pause:5ms": 30e-6,
    "std_thread/operation:map/tasks:100/workers:2": 35e-6,
    "std_par/operation:map/tasks:100/workers:2": 7e-6,
    "std_par/operation:map/tasks:100/workers:2/pause:5ms": 26e-6,
    "pthreadpool/operation:map/tasks:100/workers:2": 5e-6,
    "pthreadpool/operation:map/tasks:100/workers:2/pause:5ms": 20e-6,
    "thread_pool/operation:map/tasks:100/workers:2": 60e-6,
    "thread_pool/operation:map/tasks:100/workers:2/pause:5ms": 150e-6,
    "pthreadpool/operation:lifetime/workers:2": 40e-6,
    "thread_pool/operation:lifetime/workers:2": 50e-6,
}
PEERS: dict[str, float] = {
    "multiprocessing_Pool/operation:apply/workers:1": 60e-6,
    "multiprocessing_Pool/operation:map/tasks:100/workers:2": 250e-6,
    "loky/operation:lifetime/workers:2": 0.08,
}
VERSIONS = {
    "peers.versions": "multiprocessing_Pool: CPython 3.11.2; loky: loky 3.4.1",
    "peers.left_out": "ProcessPoolExecutor: Python 3.11.2 has no module concurrent",
}


def with_dispatch(
    document: Document,
    suite: Mapping[str, float] = SUITE,
    peers: Mapping[str, float] = PEERS,
    *,
    round_noise: float = 0.2,
    noise: float = 0.002,
    seed: int = 5,
) -> Document:
    """A copy of the run with these cases; without peers as `make bench` leaves it."""
    added = deepcopy(document)
    generator = random.Random(seed)
    truth = {f"dispatch/{name}": seconds for name, seconds in {**suite, **peers}.items()}
    added["cases"] = sorted([*added["cases"], *truth])
    for one_round in added["rounds"]:
        shared = generator.gauss(0.0, round_noise)
        one_round["benchmarks"] += [
            {
                "name": case + SUFFIX,
                "run_name": case + SUFFIX,
                "run_type": "iteration",
                "iterations": 10,
                "real_time": seconds * math.exp(shared + generator.gauss(0.0, noise)) * 1e6,
                "cpu_time": 0.1,
                "time_unit": "us",
            }
            for case, seconds in truth.items()
        ]
        one_round["context"] |= VERSIONS if peers else {}
    return added
