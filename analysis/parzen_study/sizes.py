"""From which size on a mechanism pays: the break-even n of family sweep.

Between two neighbouring n every time is taken as linear in n: a fixed cost and a cost a sample,
which is what a mechanism adds and what it divides. The difference of two times is then linear too,
and where it changes its sign is solved for directly; interpolating the ratio of the two over the
logarithm of n would miss it by up to half in a decade.

A mechanism pays from n on if it is faster there and at every larger n that was measured: what wins
once and loses again has not paid yet. Every resample solves it anew, so the interval holds all that
is unsure of it. Of a mechanism the fastest backend is meant, at every n and in every resample.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parzen_study import published
from parzen_study.case import COLD, SERIAL, Case
from parzen_study.estimates import Estimates
from parzen_study.run import MECHANISMS, NEITHER, Run
from parzen_study.stats import Estimate, Floats, percentiles

FAMILY = "sweep"


@dataclass(frozen=True)
class Curve:
    """Times over n in seconds: as measured, [n], and of every resample, [n, resample]."""

    sizes: tuple[int, ...]
    measured: Floats
    resampled: Floats

    def fastest(self, other: Curve) -> Curve:
        """At every n the faster of the two, of the same sizes."""
        return Curve(
            self.sizes,
            np.minimum(self.measured, other.measured),
            np.minimum(self.resampled, other.resampled),
        )

    def at(self, sizes: Collection[int]) -> Curve:
        """Of these sizes alone."""
        kept = [number for number, n in enumerate(self.sizes) if n in sizes]
        return Curve(
            tuple(self.sizes[number] for number in kept),
            self.measured[kept],
            self.resampled[kept],
        )


@dataclass(frozen=True)
class BreakEven:
    """From which n on something is faster than something else, up to `largest`, the largest n that
    both were measured at. A bound of 0 means at every n from `smallest` on; infinity, not even at
    `largest`."""

    n: Estimate
    smallest: int
    largest: int

    @property
    def always(self) -> bool:
        return self.n.high == 0.0

    @property
    def never(self) -> bool:
        return bool(np.isinf(self.n.low))

    @property
    def certain(self) -> bool:
        """Whether the whole interval lies within what was measured."""
        return bool(self.n.low > 0.0 and np.isfinite(self.n.high))


@dataclass(frozen=True)
class Payer:
    """A backend (or, of a mechanism, the fastest) against serial. `speedups` are over serial at
    each n. `mechanism` is what the backend says of itself."""

    name: str
    mechanism: str
    break_even: BreakEven
    speedups: tuple[tuple[int, Estimate], ...]
    curve: Curve


@dataclass(frozen=True)
class Sizes:
    """One way to count and one start, over n. `mechanisms` are the fastest of each, the one that
    pays first before the others."""

    kernel: str
    decomposition: str
    start: str
    serial: Curve
    backends: tuple[Payer, ...]
    mechanisms: tuple[Payer, ...]


def sizes(run: Run, estimates: Estimates, reasons: Mapping[str, str]) -> list[Sizes]:
    """By kernel, the article's first, and start; none without intervals, without family sweep, and
    where fewer than two n have serial beside a mechanism.

    `reasons` says of cases by name why they have no figure: an error, or a refusal.
    """
    if not estimates.has_intervals:
        return []
    usable = [case for case in run.cases if case.family == FAMILY and case.name not in reasons]
    ways = dict.fromkeys(
        (case.get("kernel"), case.get("decomposition"), case.get("start"))
        for case in usable
        if case.backend != SERIAL
    )
    found = [_sizes(estimates, usable, *way) for way in sorted(ways, key=_order)]
    return [each for each in found if each and each.backends]


def _order(way: tuple[str, str, str]) -> tuple[object, ...]:
    kernel, decomposition, start = way
    return (kernel != published.KERNEL, kernel, decomposition, start != COLD, start)


def _sizes(
    estimates: Estimates, usable: Sequence[Case], kernel: str, decomposition: str, start: str
) -> Sizes | None:
    by_n = {
        case.number("n"): case
        for case in usable
        if case.backend == SERIAL and case.get("kernel") == kernel
    }
    serial = _curve(estimates, list(by_n.values()))
    parallel = [
        case
        for case in usable
        if case.backend != SERIAL
        and (case.get("kernel"), case.get("decomposition"), case.get("start"))
        == (kernel, decomposition, start)
        and case.number("n") in by_n
        and case.number("workers") > 1
    ]
    backends = []
    for backend in sorted({case.backend for case in parallel}):
        own = _curve(estimates, [case for case in parallel if case.backend == backend])
        if len(own.sizes) > 1:
            backends.append(_payer(backend, estimates.mechanism(backend), serial, own))
    if not backends:
        return None
    return Sizes(
        kernel, decomposition, start, serial, tuple(backends), _mechanisms(serial, backends)
    )


def _mechanisms(serial: Curve, backends: Sequence[Payer]) -> tuple[Payer, ...]:
    """The fastest of each mechanism, at the sizes that all its backends have."""
    found = []
    for mechanism in sorted(MECHANISMS - {NEITHER}):
        own = [each.curve for each in backends if each.mechanism == mechanism]
        common = set.intersection(*(set(curve.sizes) for curve in own)) if own else set()
        if len(common) > 1:
            fastest = own[0].at(common)
            for curve in own[1:]:
                fastest = fastest.fastest(curve.at(common))
            found.append(_payer(mechanism, mechanism, serial, fastest))
    return tuple(sorted(found, key=lambda each: (each.break_even.n.value, each.name)))


def _payer(name: str, mechanism: str, serial: Curve, own: Curve) -> Payer:
    beside = serial.at(own.sizes)
    speedups = tuple((n, ratio(beside, own, number)) for number, n in enumerate(own.sizes))
    return Payer(name, mechanism, break_even(own, beside), speedups, own)


def _curve(estimates: Estimates, cases: Sequence[Case]) -> Curve:
    in_order = sorted(cases, key=lambda case: case.number("n"))
    found = [estimates.medians_of(case) for case in in_order]
    return Curve(
        tuple(case.number("n") for case in in_order),
        np.array([measured for measured, _ in found]),
        np.array([resampled for _, resampled in found]),
    )


def ratio(numerator: Curve, denominator: Curve, at: int) -> Estimate:
    """Of the times of two curves of the same sizes, at one of them by position."""
    drawn = numerator.resampled[at] / denominator.resampled[at]
    return _solved(float(numerator.measured[at] / denominator.measured[at]), drawn)


def break_even(own: Curve, other: Curve) -> BreakEven:
    """From which n on `own` is the faster; both of the same two or more sizes, in order."""
    sizes = np.array(own.sizes, dtype=np.float64)
    value = _last_crossing(sizes, (other.measured - own.measured)[:, np.newaxis])
    drawn = _last_crossing(sizes, other.resampled - own.resampled)
    found = _solved(float(value[0]), drawn)
    return BreakEven(found, own.sizes[0], own.sizes[-1])


def _solved(value: float, drawn: Floats) -> Estimate:
    return percentiles(np.concatenate([[value], drawn]))


def _last_crossing(sizes: Floats, gain: Floats) -> Floats:
    """Of each column of `gain` [n, resample] the n behind which it is positive to the end; 0 where
    it always is, infinity where it is not at the end."""
    loses = gain <= 0.0
    # Of the last n that loses, counted from the end; the one behind it wins, where there is one.
    last = len(sizes) - 1 - np.argmax(loses[::-1], axis=0)
    behind = np.minimum(last + 1, len(sizes) - 1)
    column = np.arange(gain.shape[1])
    before, after = gain[last, column], gain[behind, column]
    share = np.where(behind > last, before / np.where(behind > last, before - after, 1.0), 0.0)
    found = sizes[last] + share * (sizes[behind] - sizes[last])
    return np.where(~loses.any(axis=0), 0.0, np.where(loses[-1], np.inf, found))
