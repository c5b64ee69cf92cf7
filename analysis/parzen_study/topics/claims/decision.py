"""A claim's verdict, and the figure that decides it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from parzen_study.run.case import Case
from parzen_study.run.problems import readable
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.wording import with_interval
from parzen_study.topics.claims.evidence import Evidence, Program


class Verdict(StrEnum):
    """On a claim."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


Decision = tuple[Verdict, str]
Decider = Callable[[Evidence, Program], Decision]


def decided(
    figure: Estimate,
    bound: float,
    words: str,
    above: Verdict = Verdict.CONFIRMED,
    below: Verdict = Verdict.REFUTED,
) -> Decision:
    """The verdict of the side of the bound on which the whole 95% CI lies, and a sentence."""
    if figure.entirely_above(bound):
        return above, f"{words}."
    if figure.at_most(bound):
        return below, f"{words}."
    return Verdict.INCONCLUSIVE, f"{words}."


def not_measured(what: str) -> Decision:
    return Verdict.INCONCLUSIVE, f"Not measured: {what}."


def at(cases: Sequence[Case]) -> str:
    return f", at n = {readable(cases[0].get('n'))}"


def workers(cases: Sequence[Case]) -> str:
    return ", ".join(case.get("workers") for case in cases)


def times(ratio: Estimate) -> str:
    return f"{with_interval(ratio)} times"
