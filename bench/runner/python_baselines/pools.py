"""Python's process pools, with one interface.

Every pool is used as in its documentation: in a with statement, which also ends it, and with its
own default chunk size. multiprocessing and concurrent.futures fork their workers, which is their
default on Linux up to Python 3.13, and was the article's. loky starts a fresh interpreter for
each worker, which imports what its tasks need.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

_LIBC: Final = ctypes.CDLL(None)
_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>

Task = Callable[[int], int]
Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Pool:
    """The interface of every pool.

    `apply` runs one task and waits for it. `map` runs a function for every value, several per
    task. `apply_all` starts one task for each tuple of arguments, all of them before it waits
    for the first.
    """

    apply: Callable[[Task, int], int]
    map: Callable[[Task, Iterable[int]], list[int]]
    apply_all: Callable[[Callable[..., int], Iterable[Arguments]], list[int]]


OpenPool = Callable[[int], AbstractContextManager[Pool]]


def die_with(parent: int) -> None:
    """Initialises a worker: it ends with the measuring process, even if that is killed.

    Not every pool ensures this. The workers of a ProcessPoolExecutor hold both ends of the pipe
    that they read, so they would wait forever.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:  # the parent died before the line above
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def multiprocessing_pool(workers: int) -> Iterator[Pool]:
    """multiprocessing.Pool."""
    with multiprocessing.get_context("fork").Pool(workers, die_with, (os.getpid(),)) as pool:

        def apply_all(task: Callable[..., int], calls: Iterable[Arguments]) -> list[int]:
            asked = [pool.apply_async(task, call) for call in calls]
            return [each.get() for each in asked]

        yield Pool(lambda task, value: pool.apply(task, (value,)), pool.map, apply_all)


@contextmanager
def process_pool_executor(workers: int) -> Iterator[Pool]:
    """concurrent.futures.ProcessPoolExecutor."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, context, die_with, (os.getpid(),)) as executor:
        yield _asked_by_futures(executor)


@contextmanager
def loky_executor(workers: int) -> Iterator[Pool]:
    """loky's ProcessPoolExecutor, on which its reusable executor is based."""
    import loky  # imported here, since it may be missing

    with loky.ProcessPoolExecutor(
        workers, initializer=die_with, initargs=(os.getpid(),)
    ) as executor:
        yield _asked_by_futures(executor)


def _asked_by_futures(executor: Executor) -> Pool:
    def apply_all(task: Callable[..., int], calls: Iterable[Arguments]) -> list[int]:
        asked = [executor.submit(task, *call) for call in calls]
        return [each.result() for each in asked]

    return Pool(
        lambda task, value: executor.submit(task, value).result(),
        lambda task, values: list(executor.map(task, values)),
        apply_all,
    )


# The name of a pool in its cases, its module, and its constructor.
POOLS: Final[tuple[tuple[str, str, OpenPool], ...]] = (
    ("multiprocessing_Pool", "multiprocessing", multiprocessing_pool),
    ("ProcessPoolExecutor", "concurrent", process_pool_executor),
    ("loky", "loky", loky_executor),
)
