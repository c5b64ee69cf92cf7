"""Wilcoxon's signed-rank test: the median of paired differences, its interval, and exact p-values.

It assumes that, apart from the true difference, a value is as likely as its negative, and nothing
else of the noise. The interval holds the differences that the test does not reject, and the
estimate is the median of the means of all pairs of values, each with itself too (Hodges and
Lehmann, "Estimates of location based on rank tests", Annals of Mathematical Statistics 34, 1963).
Values are log ratios where times are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, combinations_with_replacement
from statistics import median


class SignedRanks:
    """The test of one sample of at least one value."""

    def __init__(self, values: Sequence[float]) -> None:
        self._means = sorted(
            (one + other) / 2 for one, other in combinations_with_replacement(values, 2)
        )
        self._below_or_equal = _probabilities(len(values))

    @property
    def center(self) -> float:
        return median(self._means)

    def interval(self, level: float) -> tuple[float, float] | None:
        """What is not rejected at this level, two-sided: 0.05 gives 95% confidence. None where so
        few values cannot reject anything."""
        cut = sum(2 * probability <= level for probability in self._below_or_equal)
        return (self._means[cut - 1], self._means[-cut]) if cut else None

    def p_differs(self, bound: float = 0.0) -> float:
        """Of a center of `bound`, two-sided."""
        return min(1.0, 2 * min(self.p_above(bound), self.p_below(bound)))

    # What is exactly equal counts against a difference in both directions.
    def p_above(self, bound: float) -> float:
        """Of a center of at most `bound`: small where the center is above it."""
        return self._below_or_equal[sum(mean <= bound for mean in self._means)]

    def p_below(self, bound: float) -> float:
        """Of a center of at least `bound`: small where the center is below it."""
        return self._below_or_equal[sum(mean >= bound for mean in self._means)]


@lru_cache
def _probabilities(values: int) -> Sequence[float]:
    """[t]: that the sum of the ranks of so many values whose sign is negative is at most t."""
    ways = [1]
    for rank in range(1, values + 1):
        without, with_it = [*ways, *[0] * rank], [*[0] * rank, *ways]
        ways = [one + other for one, other in zip(without, with_it, strict=True)]
    return [total / 2**values for total in accumulate(ways)]
