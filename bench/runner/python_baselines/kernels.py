"""Family kernels: the article's counts in Python, in one process.

    numpy            sorts the largest difference of each sample; searches it for every width
    cKDTree          SciPy's tree, for all widths at once; warm: the samples' tree exists already;
                     cold: it is built in the call
    KernelDensity    scikit-learn's density estimate with a tophat kernel and the largest difference
                     as the metric; cold: fitted in the call, again for each width, since a width
                     is its bandwidth; warm: fitted before, and the call uses its tree
    article_python   the article's own function, a loop over samples and dimensions for every width;
                     always cold, since it has nothing to prepare

The problem is the suite's: its samples equal those of parzen_bench bit for bit. The result of a
call is compared with separate counts here. The analysis compares its digest with parzen_bench's.
Each case imports NumPy, SciPy or scikit-learn only if it needs it, so that nothing else is measured
with them.
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


Prepare = Callable[[Problem], Once]  # prepares before the clock starts, and returns the timed call


@cache
def article_problem() -> Problem:
    """The article's problem: standard normal samples, the origin, and the widths of its timings."""
    import numpy as np

    drawn = np.random.RandomState(SEED).multivariate_normal(np.zeros(D), np.identity(D), N)
    return Problem(drawn, np.zeros(D), np.linspace(_FIRST_WIDTH, _LAST_WIDTH, M))


def exact_counts(problem: Problem) -> list[int]:
    """k_j = #{i : |q_c - x_ic| <= h_j / 2 for every c}, by this comparison itself."""
    differences = abs(problem.query - problem.samples)
    return [int((differences <= width / 2).all(axis=1).sum()) for width in problem.widths]


def counts_digest(counts: Iterable[int]) -> int:
    """parzen_bench's digest: FNV-1a, 32 bits, over the counts as little-endian 64-bit integers."""
    digest = 2166136261
    for count in counts:
        for byte in count.to_bytes(8, "little", signed=True):
            digest = (digest ^ byte) * 16777619 % 2**32
    return digest


def sorted_distances(problem: Problem) -> Once:
    """NumPy, with all work in the call."""
    import numpy as np

    def once() -> list[int]:
        distances = np.sort(np.abs(problem.samples - problem.query).max(axis=1))
        counts: list[int] = np.searchsorted(distances, problem.widths / 2, side="right").tolist()
        return counts

    return once


def tree_built_before(problem: Problem) -> Once:
    """SciPy's tree, built before the call."""
    from scipy.spatial import cKDTree

    tree, query = cKDTree(problem.samples), cKDTree(problem.query[None, :])
    return lambda: _asked(tree, query, problem)


def tree_built_in_the_call(problem: Problem) -> Once:
    """SciPy's tree, built in the call."""
    from scipy.spatial import cKDTree

    query = cKDTree(problem.query[None, :])
    return lambda: _asked(cKDTree(problem.samples), query, problem)


def _asked(tree: cKDTree, query: cKDTree, problem: Problem) -> list[int]:
    """The number of samples within half of each width of the query, in every c."""
    counts: list[int] = query.count_neighbors(tree, problem.widths / 2, p=float("inf")).tolist()
    return counts


def density_fitted_in_the_call(problem: Problem) -> Once:
    """scikit-learn's estimator, fitted for every width."""
    from sklearn.neighbors import KernelDensity

    def log_density(bandwidth: float) -> float:
        estimator = KernelDensity(bandwidth=bandwidth, kernel="tophat", metric="chebyshev")
        return float(estimator.fit(problem.samples).score_samples(problem.query[None, :])[0])

    return lambda: _counts_by_density(log_density, problem)


def density_fitted_before(problem: Problem) -> Once:
    """The tree of scikit-learn's estimator, called as the estimator itself calls it."""
    from sklearn.neighbors import KernelDensity

    tree = KernelDensity(metric="chebyshev").fit(problem.samples).tree_
    n, query = len(problem.samples), problem.query[None, :]

    def log_density(bandwidth: float) -> float:
        log_sum = tree.kernel_density(query, bandwidth, kernel="tophat", return_log=True)
        return float(log_sum[0]) - math.log(n)

    return lambda: _counts_by_density(log_density, problem)


def _counts_by_density(log_density: Callable[[float], float], problem: Problem) -> list[int]:
    """Counts from densities by bandwidth: k / n / V, where V is the volume of scikit-learn's
    window.

    For any metric, V is the volume of a ball whose radius is the bandwidth (documentation of
    KernelDensity: it is right for the Euclidean metric only). So k is an integer up to rounding.
    The estimator counts a sample if it is nearer than the bandwidth; here samples on the edge
    count too. So the bandwidth is the next larger double.
    """
    n, d = problem.samples.shape
    unit_ball = d / 2 * math.log(math.pi) - math.lgamma(d / 2 + 1)
    half_widths = (problem.widths / 2).tolist()
    return [
        round(math.exp(log_density(bandwidth) + math.log(n) + d * math.log(bandwidth) + unit_ball))
        for bandwidth in (math.nextafter(half, math.inf) for half in half_widths)
    ]


def article_count(samples: NDArray[np.float64], query: NDArray[np.float64], width: float) -> int:
    """The article's algorithm, up to the count; the density needs one more division per width.

    As in the article, `query` is a column (d x 1) and a sample is a row of an array. Each
    quotient is an array of one element. Creating these takes most of the time.
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
