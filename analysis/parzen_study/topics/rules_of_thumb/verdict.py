"""What a run says of a rule of thumb."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from parzen_study.stats.bootstrap import Estimate
from parzen_study.topics.claims.evidence import Evidence
from parzen_study.topics.grain.model import Line
from parzen_study.topics.rules_of_thumb.published import Rule
from parzen_study.topics.zones.model import Zones

# Of a MHz.
_HERTZ = 1e6


class Verdict(StrEnum):
    """On a rule."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Backend:
    """As cases name it, and as people do."""

    name: str
    label: str


@dataclass(frozen=True)
class Said:
    """`words` are what decides, a few short sentences. `found` is the figure in them, `predicted`
    the range of what the rule says of it, both in the same unit; None where nothing was measured.
    """

    verdict: Verdict
    words: str
    found: Estimate | None = None
    predicted: tuple[float, float] | None = None


@dataclass(frozen=True)
class Known:
    """What the study has worked out already. `clock_hz` is the range of clock rates that the CPUs
    may have had, None where the run states none."""

    evidence: Evidence
    zones: Zones | None
    grain: Sequence[Line]
    clock_hz: tuple[float, float] | None

    def seconds_of(self, cycles: float) -> tuple[float, float] | None:
        """The least and the most that so many cycles may take."""
        if self.clock_hz is None:
            return None
        slowest, fastest = self.clock_hz
        return cycles / fastest, cycles / slowest


Decider = Callable[[Known, Rule], Said]


def clock_range(stated_mhz: Sequence[float], fastest_mhz: float) -> tuple[float, float] | None:
    """In Hz. No run knows the clock of its CPUs under load: it is at least the lowest that the run
    states, and at most that of the fastest CPU that is sold, or one that the run states."""
    if not stated_mhz:
        return None
    return min(stated_mhz) * _HERTZ, max(*stated_mhz, fastest_mhz) * _HERTZ


def judged(
    found: Estimate, words: str, predicted: tuple[float, float], *, above: Verdict, below: Verdict
) -> Said:
    """The verdict of the side of the prediction on which the whole interval lies. An interval may
    end at infinity, where a break-even is beyond all that was measured."""
    verdict = Verdict.INCONCLUSIVE
    low, high = predicted
    if found.decides and found.low > high:
        verdict = above
    elif found.decides and found.high <= low:
        verdict = below
    return Said(verdict, words, found, predicted)


def not_measured(what: str) -> Said:
    return Said(Verdict.NOT_MEASURED, f"Not measured: {what}.")
