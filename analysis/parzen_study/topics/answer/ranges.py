"""Ranges of sizes with the same answer, and the evidence for them: gains and small leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parzen_study.run.case import Case
from parzen_study.run.run import NEITHER
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.worthwhile import WORTHWHILE, is_ahead
from parzen_study.topics.answer.how_many import Choice


@dataclass(frozen=True)
class Range:
    """Neighbouring n with the same answer: several mechanisms if none is behind another. `alike`:
    they differ by at most WORTHWHILE at all of these n. `begins` is the serial time of the boundary
    in seconds: None for the first range, and where only the n is known. `how` has the number of
    workers by mechanism, not for serial."""

    mechanisms: tuple[str, ...]
    sizes: tuple[int, ...]
    alike: bool
    begins: Estimate | None
    how: Mapping[str, tuple[Choice, ...]]


@dataclass(frozen=True)
class Lead:
    """At one n per mechanism is `ratio` times as fast as another."""

    n: int
    ahead: str
    behind: str
    ratio: Estimate


@dataclass(frozen=True)
class Gain:
    """Of a mechanism over serial at one n, by its fastest case; `cpu_time` is that case's over
    serial's, NaN where unknown."""

    n: int
    mechanism: str
    fastest: Case
    speedup: Estimate
    cpu_time: float


def fastest(estimates: Estimates, cases: Iterable[Case]) -> Case:
    """As measured."""
    return min(cases, key=lambda case: estimates.measured[case.name].time.value)


def leads(
    estimates: Estimates, at: Mapping[int, Mapping[str, list[Case]]], ranges: Iterable[Range]
) -> Iterable[Lead]:
    """As in BySize; `at` are the cases by n and mechanism."""
    for each in ranges:
        if len(each.mechanisms) > 1 or each.mechanisms == (NEITHER,):
            continue
        (ahead,) = each.mechanisms
        for n in each.sizes:
            for behind in sorted(at[n].keys() - {ahead, NEITHER}):
                ratio = estimates.speedup_of_best(at[n][ahead], at[n][behind])
                if is_ahead(ratio) and not ratio.entirely_above(WORTHWHILE):
                    yield Lead(n, ahead, behind, ratio)


def gains(
    estimates: Estimates, at: Mapping[int, Mapping[str, list[Case]]], ranges: Iterable[Range]
) -> tuple[Gain, ...]:
    """At the first n only of the mechanisms that are the answer there, at the largest of all."""
    largest = max(at)
    shown = {largest: at[largest].keys() - {NEITHER}}
    first = next((each for each in ranges if each.mechanisms != (NEITHER,)), None)
    if first:
        shown.setdefault(first.sizes[0], set(first.mechanisms))
    return tuple(
        gain
        for n, kinds in sorted(shown.items())
        for gain in sorted(
            (_gain(estimates, n, kind, at[n]) for kind in kinds),
            key=lambda gain: -gain.speedup.value,
        )
    )


def _gain(estimates: Estimates, n: int, kind: str, at: Mapping[str, list[Case]]) -> Gain:
    (serial,) = at[NEITHER]
    best = fastest(estimates, at[kind])
    return Gain(
        n,
        kind,
        best,
        estimates.speedup_of_best(at[kind], [serial]),
        estimates.cpu_time_between(best, serial),
    )
