"""Family article: the article's own program in today's Python.

    serial                    one width after the other
    multiprocessing_Pool,     one task per width, which sends all samples to a worker; the pool is
    ProcessPoolExecutor,      created and ended in the call, as in the article
    loky

All use kernel article_python on the problem of the article's chart. Serial is the baseline of the
pools. So the speedup is the gain of multiprocessing in Python, as in 2014.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Final

from parzen_study.run import published
from runner.python_baselines import kernels
from runner.python_baselines.kernels import D, M, N, Problem
from runner.python_baselines.peer import Once, Peer, PeerCase
from runner.python_baselines.pools import POOLS, OpenPool

# multiprocessing.Pool has the numbers of the article's chart; the other pools have fewer.
WORKERS: Final = {"multiprocessing_Pool": (1, *published.processes())}
OTHER_WORKERS: Final = (2, 4)


@contextmanager
def in_parallel(open_pool: OpenPool, workers: int, problem: Problem) -> Iterator[Once]:
    """Each call creates the pool, runs a task for every width, and ends the pool."""
    query = problem.query[:, None]

    def once() -> list[int]:
        with open_pool(workers) as pool:
            return pool.apply_all(
                kernels.article_count,
                [(problem.samples, query, width) for width in problem.widths],
            )

    with open_pool(1):  # imports the pool's modules outside of the timed calls
        pass
    yield once


def _in_order() -> AbstractContextManager[Once]:
    return nullcontext(kernels.article_function(kernels.article_problem()))


def _by_pool(open_pool: OpenPool, workers: int) -> AbstractContextManager[Once]:
    return in_parallel(open_pool, workers, kernels.article_problem())


def _case(who: str, workers: int, opened: Callable[[], AbstractContextManager[Once]]) -> PeerCase:
    return PeerCase(
        f"{published.FAMILY}/{who}/kernel:{published.PYTHON_KERNEL}"
        f"/decomposition:{published.DECOMPOSITION}/n:{N}/d:{D}/m:{M}"
        f"/workers:{workers}/start:cold",
        f"{published.FAMILY}/n:{N}/d:{D}/m:{M}",
        lambda: kernels.exact_counts(kernels.article_problem()),
        opened,
        kernels.counts_digest,
    )


PEERS: Final = (
    Peer(published.PYTHON_KERNEL, ("numpy",), (_case("serial", 1, _in_order),)),
    *(
        Peer(
            who,
            (module, "numpy"),
            tuple(
                _case(who, workers, partial(_by_pool, open_pool, workers))
                for workers in WORKERS.get(who, OTHER_WORKERS)
            ),
        )
        for who, module, open_pool in POOLS
    ),
)
