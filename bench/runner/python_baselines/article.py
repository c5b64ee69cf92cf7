"""Family article: the article's own program as a user of Python would write it today.

    serial                    one width after the other
    multiprocessing_Pool,     one task a width, with which all samples are sent to a worker; the
    ProcessPoolExecutor,      pool is made and ended in the call, as in the article
    loky

All by kernel article_python, on the problem of the article's chart. Serial is what the pools are
compared with, so a speedup among them is what multiprocessing gains in Python, as in 2014.
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

# Of multiprocessing.Pool as many as the article's chart has; of what is compared with it, fewer.
WORKERS: Final = {"multiprocessing_Pool": (1, *published.processes())}
OTHER_WORKERS: Final = (2, 4)


@contextmanager
def in_parallel(open_pool: OpenPool, workers: int, problem: Problem) -> Iterator[Once]:
    """A call makes the pool, asks it for every width and ends it."""
    query = problem.query[:, None]

    def once() -> list[int]:
        with open_pool(workers) as pool:
            return pool.apply_all(
                kernels.article_count,
                [(problem.samples, query, width) for width in problem.widths],
            )

    with open_pool(1):  # loads the modules of the pool, which no call is to pay for
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
