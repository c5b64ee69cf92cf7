"""The serial time from which on a mechanism pays, also in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from parzen_study.common.wording import listed, size
from parzen_study.stats.bootstrap import Estimate, Floats
from parzen_study.stats.wording import threshold, threshold_range


class Verdict(StrEnum):
    """Whether it pays from some size on."""

    PAYS = "pays"
    CEASES = "ceases to pay"
    NEVER = "never pays"
    UNDECIDED = "inconclusive"


@dataclass(frozen=True)
class SerialTimes:
    """What serial takes at rising sizes, in seconds."""

    sizes: tuple[int, ...]
    seconds: tuple[float, ...]

    def size_at(self, seconds: float) -> float:
        """The n of which serial takes so long, between the smallest and the largest measured."""
        return float(np.exp(np.interp(math.log(seconds), np.log(self._rising), np.log(self.sizes))))

    @property
    def ends(self) -> tuple[float, float]:
        return self.seconds[0], self.seconds[-1]

    def time_in_words(self, time: Estimate) -> str:
        """`640 µs (610 to 680)`; of a time below all of these, 0, `< 53.0
        µs`."""
        return threshold(time, *self.ends)

    def size_in_words(self, seconds: float) -> str:
        """`about 1,700`, `below 100`."""
        return f"about {size(self.size_at(seconds))}" if seconds else f"below {self.sizes[0]:,}"

    @property
    def _rising(self) -> Floats:
        """Made monotonic: where noise lets more samples take less time."""
        rising: Floats = np.maximum.accumulate(np.array(self.seconds))
        return rising


@dataclass(frozen=True)
class PaysFrom:
    """`time`: the serial time in seconds from which on it pays, up to the largest size measured; 0
    where that is below the smallest size, infinite where it is beyond the largest, of `serial`.
    `ahead` are the sizes at which the whole CI of its gain is above WORTHWHILE."""

    time: Estimate
    serial: SerialTimes
    ahead: tuple[int, ...]

    @property
    def verdict(self) -> Verdict:
        if math.isfinite(self.time.high):
            return Verdict.PAYS
        if math.isfinite(self.time.low):
            return Verdict.UNDECIDED
        return Verdict.CEASES if self.ahead else Verdict.NEVER

    @property
    def n(self) -> float:
        """About, where serial takes `time`; 0 and infinity as there."""
        inside = 0.0 < self.time.value < math.inf
        return self.serial.size_at(self.time.value) if inside else self.time.value

    @property
    def time_in_words(self) -> str:
        """`640 µs (610 to 680)`, `< 53.0 µs`."""
        return self.serial.time_in_words(self.time)

    @property
    def in_words(self) -> str:
        """`640 µs (610 to 680), n about 1,700`, `< 53 µs, n below 100`,
        `never up to n = 1,000`, `only at n = 100 and 1,000`,
        `inconclusive (2.1 ms to > 130 ms)`."""
        match self.verdict:
            case Verdict.PAYS:
                return f"{self.time_in_words}, n {self.serial.size_in_words(self.time.value)}"
            case Verdict.NEVER:
                return f"never up to n = {self.serial.sizes[-1]:,}"
            case Verdict.CEASES:
                return f"only at n = {listed(f'{n:,}' for n in self.ahead)}"
            case _:
                within = threshold_range(self.time, *self.serial.ends)
                return f"{self.verdict} ({within})" if self.time.low else self.verdict
