"""Family dispatch: the overhead of Python's pools with empty tasks.

operation:apply            one empty task; the workers exist already
operation:map/tasks:100    100 empty tasks in one call; the workers exist already
operation:lifetime         creates a pool, runs one task, ends the pool: the executors start no
                           worker before the first task
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from runner.python_baselines.peer import Once, Peer, PeerCase
from runner.python_baselines.pools import POOLS, OpenPool, Pool

WORKERS: Final = (1, 2)
TASKS: Final = 100
WORKERS_SECONDS: Final = 30.0  # timeout for the start of all workers of a pool

_VALUE: Final = 7


def empty_task(value: int) -> int:
    """Does nothing. Returning its argument shows that it ran."""
    return value


def worker_number(_value: int) -> int:
    """The process that runs it. The delay makes another worker take the next task."""
    time.sleep(0.001)
    return os.getpid()


@contextmanager
def _apply(open_pool: OpenPool, workers: int) -> Iterator[Once]:
    with open_pool(workers) as pool:
        await_workers(pool, workers)
        yield lambda: pool.apply(empty_task, _VALUE)


@contextmanager
def _map(open_pool: OpenPool, workers: int) -> Iterator[Once]:
    with open_pool(workers) as pool:
        await_workers(pool, workers)
        yield lambda: pool.map(empty_task, range(TASKS))


@contextmanager
def _lifetime(open_pool: OpenPool, workers: int) -> Iterator[Once]:
    def once() -> int:
        with open_pool(workers) as pool:
            return pool.apply(empty_task, _VALUE)

    yield once


def await_workers(pool: Pool, workers: int) -> None:
    """Waits until every worker has run a task: a worker that still starts would affect
    the times."""
    deadline = time.monotonic() + WORKERS_SECONDS
    begun = set(pool.map(worker_number, range(workers)))
    while len(begun) < workers:
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"{len(begun)} of {workers} workers started within {WORKERS_SECONDS:g} s"
            )
        begun.update(pool.map(worker_number, range(workers)))


def cases(who: str, open_pool: OpenPool) -> Iterator[PeerCase]:
    """The cases of a pool, for each number of workers."""
    for workers in WORKERS:
        for operation, expected, opened in (
            ("apply", lambda: _VALUE, _apply),
            (f"map/tasks:{TASKS}", lambda: list(range(TASKS)), _map),
            ("lifetime", lambda: _VALUE, _lifetime),
        ):
            yield PeerCase(
                f"dispatch/{who}/operation:{operation}/workers:{workers}",
                f"dispatch/{operation}",
                expected,
                partial(opened, open_pool, workers),
                kind="cost",
            )


PEERS: Final = tuple(
    Peer(who, (module,), tuple(cases(who, open_pool))) for who, module, open_pool in POOLS
)
