"""Laws of scaling, fitted to speedups against one worker; S is the speedup of p workers.

- Amdahl ("Validity of the single processor approach to achieving large scale computing
  capabilities", AFIPS 1967): a fraction s of the work is serial, p / S = 1 + s (p - 1).
- Universal Scalability Law (Gunther, "Guerrilla Capacity Planning", 2007): besides contention
  sigma, which is Amdahl's s, every pair of workers costs coherency kappa,
  p / S = 1 + sigma (p - 1) + kappa p (p - 1); most is done by sqrt((1 - sigma) / kappa) workers.
- Gustafson ("Reevaluating Amdahl's law", CACM 31(5), 1988): of work that grows with the workers a
  fraction s stays serial, S = p - s (p - 1), S being p times the time of one worker's work by one
  worker over the time of p times that work by p.
- Karp and Flatt ("Measuring parallel processor performance", CACM 33(5), 1990): no fit but a figure
  a point, the fraction e = (1/S - 1/p) / (1 - 1/p) that would explain it alone. One that grows with
  p says that overhead grows; one that stays says that the work itself is serial.

All are linear in their parameters, so least squares has a closed form, solved anew in every
resample. Residuals are relative, since noise is a factor. The point of one worker holds by
definition and counts as a point. A fit of fewer points than parameters + 2 is rejected; so is one
with a parameter whose whole interval lies outside of its range. One that leaves its range within
the noise alone is held at the end of the range, the other fitted with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parzen_study.common.wording import count_of, listed
from parzen_study.stats.bootstrap import Estimate, Floats, percentiles

# How far a parameter may lie outside of its range by arithmetic alone.
_ROUNDED = 1e-9


@dataclass(frozen=True)
class Rejected:
    """Without a fit, for a reason."""

    reason: str


@dataclass(frozen=True)
class Serial:
    """The serial fraction by Amdahl or Gustafson, 0 to 1. `off`: the largest deviation of a fitted
    speedup from the measured one, as a share."""

    fraction: Estimate
    off: float


@dataclass(frozen=True)
class Scalability:
    """The Universal Scalability Law: `contention` sigma from 0 to 1, `coherency` kappa of at least
    0, and the workers that do most: `peak`, infinite where more always do more."""

    contention: Estimate
    coherency: Estimate
    peak: Estimate
    off: float


def amdahl(workers: Sequence[int], speedups: Floats) -> Serial | Rejected:
    """`speedups` are [point, sample] in the order of `workers`, one worker among them; the first
    sample is as measured, the others are resamples."""
    if rejected := _too_few(workers, parameters=1):
        return rejected
    p, cost = _costs(workers, speedups)
    free = _slope((p - 1.0) / cost, (cost - 1.0) / cost)
    if rejected := _outside("the serial fraction", free, 0.0, 1.0):
        return rejected
    fraction = np.clip(free, 0.0, 1.0)
    return Serial(percentiles(fraction), _off(1.0 + fraction * (p - 1.0), cost))


def gustafson(workers: Sequence[int], speedups: Floats) -> Serial | Rejected:
    """The same of scaled speedups."""
    if rejected := _too_few(workers, parameters=1):
        return rejected
    p, cost = _costs(workers, speedups)
    scaled = p / cost
    free = _slope((p - 1.0) / scaled, (p - scaled) / scaled)
    if rejected := _outside("the serial fraction", free, 0.0, 1.0):
        return rejected
    fraction = np.clip(free, 0.0, 1.0)
    return Serial(percentiles(fraction), _off(scaled, p - fraction * (p - 1.0)))


def scalability(workers: Sequence[int], speedups: Floats) -> Scalability | Rejected:
    """As amdahl."""
    if rejected := _too_few(workers, parameters=2):
        return rejected
    p, cost = _costs(workers, speedups)
    lost = (cost - 1.0) / cost
    alone, pairs = (p - 1.0) / cost, p * (p - 1.0) / cost
    contention, coherency = _slopes(alone, pairs, lost)
    if rejected := (
        _outside("contention sigma", contention, 0.0, 1.0)
        or _outside("coherency kappa", coherency, 0.0, np.inf)
    ):
        return rejected
    # Least squares of two bounded parameters: one clamped, and the best value of the other.
    sigma = np.where(coherency < 0.0, _slope(alone, lost), contention)
    kappa = np.where(contention < 0.0, _slope(pairs, lost), coherency)
    sigma = np.where(contention < 0.0, 0.0, np.clip(sigma, 0.0, 1.0))
    kappa = np.where(coherency < 0.0, 0.0, np.maximum(kappa, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        peak = np.where(kappa > _ROUNDED, np.sqrt((1.0 - sigma) / kappa), np.inf)
    peak[np.isnan(kappa)] = np.nan
    return Scalability(
        percentiles(sigma),
        percentiles(kappa),
        percentiles(np.maximum(peak, 1.0)),
        _off(1.0 + sigma * (p - 1.0) + kappa * p * (p - 1.0), cost),
    )


def karp_flatt(workers: int, speedup: Floats) -> Estimate:
    """The experimentally determined serial fraction of one point of several workers, [sample];
    negative for a speedup above the workers."""
    return percentiles((1.0 / speedup - 1.0 / workers) / (1.0 - 1.0 / workers))


def _too_few(workers: Sequence[int], *, parameters: int) -> Rejected | None:
    needed = parameters + 2
    if len(workers) >= needed:
        return None
    which = f" ({listed(map(str, sorted(workers)))} workers)" if len(workers) > 1 else ""
    return Rejected(
        f"{count_of(len(workers), 'point')}{which}; a fit of {count_of(parameters, 'parameter')} "
        f"needs at least {needed}"
    )


def _outside(name: str, free: Floats, low: float, high: float) -> Rejected | None:
    found = percentiles(free)
    if found.entirely_below(low - _ROUNDED):
        what = "the speedup is larger than the law allows"
    elif found.entirely_above(high + _ROUNDED):
        what = "the speedup is smaller than the law allows"
    else:
        return None
    return Rejected(f"{name} is out of range, {found.low:.3g} to {found.high:.3g}: {what}")


def _costs(workers: Sequence[int], speedups: Floats) -> tuple[Floats, Floats]:
    """The workers as a column, and p / S, the CPU time over that of one worker."""
    p = np.array(workers, dtype=np.float64)[:, np.newaxis]
    return p, p / speedups


def _slope(x: Floats, y: Floats) -> Floats:
    """Of y = a x, for every sample."""
    return np.asarray((x * y).sum(axis=0) / (x * x).sum(axis=0))


def _slopes(x: Floats, z: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Of y = a x + b z, for every sample."""
    xx, zz, xz = (x * x).sum(axis=0), (z * z).sum(axis=0), (x * z).sum(axis=0)
    xy, zy = (x * y).sum(axis=0), (z * y).sum(axis=0)
    determinant = xx * zz - xz * xz
    return (xy * zz - zy * xz) / determinant, (zy * xx - xy * xz) / determinant


def _off(fitted: Floats, measured: Floats) -> float:
    """Of the first sample, which is as measured."""
    return float(np.abs(measured[:, 0] / fitted[:, 0] - 1.0).max())
