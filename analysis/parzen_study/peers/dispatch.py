"""Family dispatch: what a pool of Python's costs with no work in it.

    operation:apply            one empty task, asked and answered; the workers are there
    operation:map/tasks:100    100 empty tasks in one call; the workers are there
    operation:lifetime         a pool made, one task answered, the pool ended: the executors start
                               no worker before the first task

Every pool is used as its own documentation does it: in a with statement, which also ends it, and
with the chunk size that it chooses itself.
multiprocessing and concurrent.futures fork their workers; loky starts them its own way.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from parzen_study.peers.peer import Once, Peer, PeerCase

WORKERS: Final = (1, 2)
TASKS: Final = 100
WORKERS_SECONDS: Final = 30.0  # in which all workers of a pool must have begun

_VALUE: Final = 7
_LIBC: Final = ctypes.CDLL(None)
_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>

Task = Callable[[int], int]


def empty_task(value: int) -> int:
    """Does nothing; its argument comes back as a sign that it was called."""
    return value


def worker_number(_value: int) -> int:
    """The process that ran it, a little later: so that another worker takes the next task."""
    time.sleep(0.001)
    return os.getpid()


def die_with(parent: int) -> None:
    """Initialises a worker: it ends with the process that measures, even one that was killed.

    Not every pool sees to that: the workers of a ProcessPoolExecutor hold both ends of the pipe
    from which they read, so they would wait for ever.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:  # it died before the line above
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Pool:
    """The two questions that every pool answers."""

    apply: Callable[[Task, int], int]
    map: Callable[[Task, Iterable[int]], list[int]]


OpenPool = Callable[[int], AbstractContextManager[Pool]]


@contextmanager
def multiprocessing_pool(workers: int) -> Iterator[Pool]:
    """multiprocessing.Pool."""
    with multiprocessing.get_context("fork").Pool(workers, die_with, (os.getpid(),)) as pool:
        yield Pool(lambda task, value: pool.apply(task, (value,)), pool.map)


@contextmanager
def process_pool_executor(workers: int) -> Iterator[Pool]:
    """concurrent.futures.ProcessPoolExecutor."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, context, die_with, (os.getpid(),)) as executor:
        yield _asked_by_futures(executor)


@contextmanager
def loky_executor(workers: int) -> Iterator[Pool]:
    """loky's ProcessPoolExecutor, of which its reusable executor is made."""
    import loky  # only where it is installed

    with loky.ProcessPoolExecutor(
        workers, initializer=die_with, initargs=(os.getpid(),)
    ) as executor:
        yield _asked_by_futures(executor)


def _asked_by_futures(executor: Executor) -> Pool:
    return Pool(
        lambda task, value: executor.submit(task, value).result(),
        lambda task, values: list(executor.map(task, values)),
    )


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
    """Returns when every worker has answered: a worker that still begins would be measured too."""
    deadline = time.monotonic() + WORKERS_SECONDS
    begun = set(pool.map(worker_number, range(workers)))
    while len(begun) < workers:
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"{len(begun)} of {workers} workers began within {WORKERS_SECONDS:g} s"
            )
        begun.update(pool.map(worker_number, range(workers)))


def cases(who: str, open_pool: OpenPool) -> Iterator[PeerCase]:
    """The cases of a pool, workers of each number."""
    for workers in WORKERS:
        for operation, expected, opened in (
            ("operation:apply", lambda: _VALUE, _apply),
            (f"operation:map/tasks:{TASKS}", lambda: list(range(TASKS)), _map),
            ("operation:lifetime", lambda: _VALUE, _lifetime),
        ):
            yield PeerCase(
                f"dispatch/{who}/{operation}/workers:{workers}",
                expected,
                partial(opened, open_pool, workers),
            )


PEERS: Final = tuple(
    Peer(who, module, tuple(cases(who, open_pool)))
    for who, module, open_pool in (
        ("multiprocessing_Pool", "multiprocessing", multiprocessing_pool),
        ("ProcessPoolExecutor", "concurrent", process_pool_executor),
        ("loky", "loky", loky_executor),
    )
)
