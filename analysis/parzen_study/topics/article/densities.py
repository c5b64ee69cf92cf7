"""The article's twelve densities, and the article's error.

One set of samples does not show which width is best: with few of them counted, an estimate may be
close by luck. The samples are standard normal and the query is the centre, so bias and variance of
the estimate are known: a sample lies in the cube of width h with probability P = erf(h / 2
sqrt(2))^d, and k is binomial. The best width has the smallest root mean squared error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from parzen_study.common.wording import significant
from parzen_study.run import published
from parzen_study.run.run import Run


@dataclass(frozen=True)
class DensityRow:
    """One width of the article: counts here and in 2014, and the density under both normalisers.

    None where this build gave no count. `error` is the root mean squared error (RMSE) of k/n/h^d as
    an estimate of the true density, over all sets of so many samples.
    """

    h: float
    count: int | None
    count_published: int
    as_published: float | None
    volume: float | None
    true: float
    error: float


def densities(run: Run) -> list[DensityRow]:
    """The twelve densities: k/n/h as published, k/n/h^d as it should be."""
    table = published.article()["density_table"]
    n, d = table["n"], table["d"]
    here: list[int | None] = list(run.article_counts)
    if len(here) != len(table["h"]):  # not counted by this build: shown as missing, not as wrong
        here = [None] * len(table["h"])
    return [
        DensityRow(
            h=h,
            count=count,
            count_published=count_published,
            as_published=None if count is None else count / n / h,
            volume=None if count is None else count / n / h**d,
            true=table["true_density"],
            error=_error(h),
        )
        for h, count, count_published in zip(table["h"], here, table["counts"], strict=True)
    ]


def _error(h: float) -> float:
    table = published.article()["density_table"]
    n, d, true = table["n"], table["d"], table["true_density"]
    inside = math.erf(h / 2.0 / math.sqrt(2.0)) ** d
    bias = inside / h**d - true
    variance = inside * (1.0 - inside) / n / h ** (2 * d)
    return math.sqrt(bias**2 + variance)


def best_width(rows: list[DensityRow]) -> str:
    """Which of the twelve comes closest here, and which is best by RMSE; empty without counts."""
    counted = [row for row in rows if row.volume is not None]
    if not counted:
        return ""
    closest = min(counted, key=lambda row: abs((row.volume or 0.0) - row.true))
    best = min(counted, key=lambda row: row.error)
    text = f"A density is divided by the volume: then h = {closest.h} is the closest of the twelve"
    if closest.h == best.h:
        error = significant(best.error, 2)
        return f"{text}. Its root mean squared error (RMSE) is the smallest too: {error}."
    return (
        f"{text}, by luck. It counts {closest.count} samples: the root mean squared error (RMSE) "
        f"is {significant(closest.error, 2)}, {closest.error / closest.true:.0%} of the density. "
        f"The smallest RMSE is that of h = {best.h}: {significant(best.error, 2)}."
    )


def erratum() -> str:
    """The article's mistake; the widths come from the counts."""
    table = published.article()["density_table"]
    pairs = list(zip(table["h"], table["counts"], strict=True))

    def closest(exponent: int) -> float:
        true, n = table["true_density"], table["n"]
        best: float = min(pairs, key=lambda pair: abs(pair[1] / n / pair[0] ** exponent - true))[0]
        return best

    return (
        f"The article divides by h, not by the volume h**{table['d']}: its point_x is a column, so "
        f"point_x.shape[1] is 1. Hence it finds that h = {closest(1)} is the best width. Divided "
        f"by the volume, h = {closest(table['d'])} is closest to the true density, and the "
        "estimate tends to fall from h = 0.5 on. Counts, cube and timings are right."
    )
