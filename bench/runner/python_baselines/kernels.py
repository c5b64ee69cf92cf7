"""Family kernels: the article's counts as a user of Python would make them, in one process.

    numpy            the largest difference of each sample, sorted; every width searched for in them
    cKDTree          SciPy's tree asked for all widths at once; warm: the samples' tree was built
                     before, cold: it is built in the call
    KernelDensity    scikit-learn's estimate of the density, by a tophat kernel and the largest
                     difference as the metric; cold: fitted in the call, anew for each width, since
                     a width is its bandwidth; warm: fitted before, the tree it made is asked
    article_python   the article's own function, a loop over samples and dimensions for every width;
                     cold, since nothing of it can be warmed

The problem is the suite's: its samples are those of parzen_bench bit for bit. What a call returns
is held against a count of our own, and the digest of it against parzen_bench's by the analysis.
NumPy, SciPy and scikit-learn are loaded by the case that needs them, so that nothing else is
measured with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from parzen_study.run import published
from runner.python_baselines.peer import Once, Peer, PeerCase

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.spatial import cKDTree

SEED: Final = published.SEED
N: Final = published.N
D: Final = published.D
M: Final = 100
_FIRST_WIDTH: Final = 1.0
_LAST_WIDTH: Final = 1.2


@dataclass(frozen=True)
class Problem:
    """`samples` is n x d, `query` has d coordinates, `widths` are m."""

    samples: NDArray[np.float64]
    query: NDArray[np.float64]
    widths: NDArray[np.float64]


Prepare = Callable[[Problem], Once]  # what is done before the clock runs, and what is timed


@cache
def article_problem() -> Problem:
    """The article's: standard normal samples, the origin, and the widths that it is timed with."""
    import numpy as np

    drawn = np.random.RandomState(SEED).multivariate_normal(np.zeros(D), np.identity(D), N)
    return Problem(drawn, np.zeros(D), np.linspace(_FIRST_WIDTH, _LAST_WIDTH, M))


def exact_counts(problem: Problem) -> list[int]:
    """k_j = #{i : |q_c - x_ic| <= h_j / 2 for every c}, by just that comparison."""
    differences = abs(problem.query - problem.samples)
    return [int((differences <= width / 2).all(axis=1).sum()) for width in problem.widths]


def counts_digest(counts: Iterable[int]) -> int:
    """FNV-1a of 32 bits over the counts as little-endian 64-bit integers: parzen_bench's digest."""
    digest = 2166136261
    for count in counts:
        for byte in count.to_bytes(8, "little", signed=True):
            digest = (digest ^ byte) * 16777619 % 2**32
    return digest


def sorted_distances(problem: Problem) -> Once:
    """NumPy: all is done in the call."""
    import numpy as np

    def once() -> list[int]:
        distances = np.sort(np.abs(problem.samples - problem.query).max(axis=1))
        counts: list[int] = np.searchsorted(distances, problem.widths / 2, side="right").tolist()
        return counts

    return once


def tree_built_before(problem: Problem) -> Once:
    """SciPy's tree, which is there."""
    from scipy.spatial import cKDTree

    tree, query = cKDTree(problem.samples), cKDTree(problem.query[None, :])
    return lambda: _asked(tree, query, problem)


def tree_built_in_the_call(problem: Problem) -> Once:
    """SciPy's tree, which is made of the samples first."""
    from scipy.spatial import cKDTree

    query = cKDTree(problem.query[None, :])
    return lambda: _asked(cKDTree(problem.samples), query, problem)


def _asked(tree: cKDTree, query: cKDTree, problem: Problem) -> list[int]:
    """How many of the tree's samples are within half of each width of the query, in every c."""
    counts: list[int] = query.count_neighbors(tree, problem.widths / 2, p=float("inf")).tolist()
    return counts


def density_fitted_in_the_call(problem: Problem) -> Once:
    """scikit-learn's estimator, a new one for every width."""
    from sklearn.neighbors import KernelDensity

    def log_density(bandwidth: float) -> float:
        estimator = KernelDensity(bandwidth=bandwidth, kernel="tophat", metric="chebyshev")
        return float(estimator.fit(problem.samples).score_samples(problem.query[None, :])[0])

    return lambda: _counts_by_density(log_density, problem)


def density_fitted_before(problem: Problem) -> Once:
    """The tree that scikit-learn's estimator made, asked as the estimator itself asks it."""
    from sklearn.neighbors import KernelDensity

    tree = KernelDensity(metric="chebyshev").fit(problem.samples).tree_
    n, query = len(problem.samples), problem.query[None, :]

    def log_density(bandwidth: float) -> float:
        log_sum = tree.kernel_density(query, bandwidth, kernel="tophat", return_log=True)
        return float(log_sum[0]) - math.log(n)

    return lambda: _counts_by_density(log_density, problem)


def _counts_by_density(log_density: Callable[[float], float], problem: Problem) -> list[int]:
    """Counts from densities by bandwidth: k / n / V, V being the volume of scikit-learn's window.

    Whatever the metric, that is the volume of a ball whose radius is the bandwidth (KernelDensity's
    documentation: its normalisation is right for the Euclidean metric alone); so k comes out as a
    whole number but for rounding. A sample counts there if it lies nearer than the bandwidth, here
    also on the edge: the next double as the bandwidth makes the two the same.
    """
    n, d = problem.samples.shape
    unit_ball = d / 2 * math.log(math.pi) - math.lgamma(d / 2 + 1)
    half_widths = (problem.widths / 2).tolist()
    return [
        round(math.exp(log_density(bandwidth) + math.log(n) + d * math.log(bandwidth) + unit_ball))
        for bandwidth in (math.nextafter(half, math.inf) for half in half_widths)
    ]


def article_count(samples: NDArray[np.float64], query: NDArray[np.float64], width: float) -> int:
    """The article's algorithm, up to the count: the density is one division more a width.

    As there, `query` is a column (d x 1), a sample a row of an array, and each of its quotients an
    array of one element: it is making these that takes the time.
    """
    import numpy as np

    inside = 0
    for sample in samples:
        for quotient in (query - sample[:, np.newaxis]) / width:
            if np.abs(quotient) > 1 / 2:
                break
        else:
            inside += 1
    return inside


def article_function(problem: Problem) -> Once:
    """The article's algorithm for one width after the other."""
    query = problem.query[:, None]
    return lambda: [article_count(problem.samples, query, width) for width in problem.widths]


def _opened(prepare: Prepare) -> AbstractContextManager[Once]:
    return nullcontext(prepare(article_problem()))


def _case(who: str, start: str, prepare: Prepare) -> PeerCase:
    widths = f"{_FIRST_WIDTH}-{_LAST_WIDTH}"
    return PeerCase(
        f"kernels/{who}/n:{N}/d:{D}/m:{M}/widths:{widths}/workers:1/start:{start}",
        f"kernels/n:{N}/d:{D}",
        lambda: exact_counts(article_problem()),
        partial(_opened, prepare),
        counts_digest,
    )


PEERS: Final = (
    Peer("numpy", ("numpy",), (_case("numpy", "warm", sorted_distances),)),
    Peer(
        "cKDTree",
        ("scipy",),
        (
            _case("cKDTree", "warm", tree_built_before),
            _case("cKDTree", "cold", tree_built_in_the_call),
        ),
    ),
    Peer(
        "KernelDensity",
        ("sklearn",),
        (
            _case("KernelDensity", "warm", density_fitted_before),
            _case("KernelDensity", "cold", density_fitted_in_the_call),
        ),
    ),
    Peer(
        published.PYTHON_KERNEL,
        ("numpy",),
        (_case(published.PYTHON_KERNEL, "cold", article_function),),
    ),
)
