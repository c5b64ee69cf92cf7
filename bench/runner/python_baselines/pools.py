"""The pools of processes that a user of Python would otherwise pick, each behind the same calls.

Every pool is used as its own documentation does it: in a with statement, which also ends it, and
with the chunk size that it chooses itself. multiprocessing and concurrent.futures fork their
workers, which is their default on Linux up to Python 3.13 and was the article's. loky starts a
fresh interpreter for each, which loads what its tasks need.
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
    """The questions that every pool answers.

    `apply` asks one task and waits for it, `map` a function of every value, several to a task.
    `apply_all` asks one task for each tuple of arguments, every one before it waits for the first.
    """

    apply: Callable[[Task, int], int]
    map: Callable[[Task, Iterable[int]], list[int]]
    apply_all: Callable[[Callable[..., int], Iterable[Arguments]], list[int]]


OpenPool = Callable[[int], AbstractContextManager[Pool]]


def die_with(parent: int) -> None:
    """Initialises a worker: it ends with the process that measures, even one that was killed.

    Not every pool sees to that: the workers of a ProcessPoolExecutor hold both ends of the pipe
    from which they read, so they would wait for ever.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:  # it died before the line above
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
    """loky's ProcessPoolExecutor, of which its reusable executor is made."""
    import loky  # only where it is installed

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


# A pool's name in those of its cases, the module that it comes with, and how it is made.
POOLS: Final[tuple[tuple[str, str, OpenPool], ...]] = (
    ("multiprocessing_Pool", "multiprocessing", multiprocessing_pool),
    ("ProcessPoolExecutor", "concurrent", process_pool_executor),
    ("loky", "loky", loky_executor),
)
