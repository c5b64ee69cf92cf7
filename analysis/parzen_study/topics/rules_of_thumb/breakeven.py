"""Rules about how long a loop or a task must take before parallel work pays."""

from __future__ import annotations

from dataclasses import replace

from parzen_study.common.wording import count_of
from parzen_study.run.case import WARM
from parzen_study.stats.wording import threshold
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.rules_of_thumb.published import Rule
from parzen_study.topics.rules_of_thumb.verdict import (
    Backend,
    Known,
    Said,
    Verdict,
    judged,
    not_measured,
)
from parzen_study.topics.zones.bands import Band, Boundary
from parzen_study.topics.zones.words import boundary_time, time, time_range

_NO_CLOCK = "the clock rate, which the run does not state"
_LOST = f"{WORTHWHILE - 1.0:.0%}"


def loop_needs(known: Known, rule: Rule, *, backend: Backend, start: str) -> Said:
    """Confirmed where a backend does not beat serial before so many cycles, by the whole interval;
    refuted where it does."""
    if one := one_cpu(known):
        return one
    at = _boundary(known, backend.name, start)
    if at is None:
        return not_measured(f"{backend.label} at rising sizes")
    predicted = known.seconds_of(rule.threshold)
    if predicted is None:
        return not_measured(_NO_CLOCK)
    boundary, band = at
    return judged(
        boundary.time,
        f"{backend.label} beats serial from: {boundary_time(boundary, band)}. "
        f"{rule.threshold:,.0f} cycles take {time_range(*predicted)}.",
        predicted,
        above=Verdict.CONFIRMED,
        below=Verdict.REFUTED,
    )


def chunk_needs(known: Known, rule: Rule, *, backend: Backend) -> Said:
    """Confirmed where tasks of fewer cycles lose more than WORTHWHILE, by the whole interval;
    refuted where shorter ones lose less."""
    line = next(
        (each for each in known.grain if (each.backend, each.start) == (backend.name, WARM)), None
    )
    if line is None or line.enough is None:
        return not_measured(f"{backend.label} with tasks of decreasing size")
    predicted = known.seconds_of(rule.threshold)
    if predicted is None:
        return not_measured(_NO_CLOCK)
    finest, coarsest = line.points[-1].grain.value, line.points[0].grain.value
    enough = threshold(line.enough, finest, coarsest)
    return judged(
        replace(line.enough, decides=line.decides),
        f"Tasks of {backend.label} lose at most {_LOST} from: {enough}. "
        f"{rule.threshold:,.0f} cycles take {time_range(*predicted)}.",
        predicted,
        above=Verdict.CONFIRMED,
        below=Verdict.REFUTED,
    )


def short_loops_lose(known: Known, _: Rule, *, backend: Backend) -> Said:
    """Confirmed where break-even is above the shortest call measured, by the whole interval;
    refuted where the backend pays at every size of every loop, and is shown to at that call."""
    if one := one_cpu(known):
        return one
    at = _boundary(known, backend.name, WARM)
    if at is None:
        return not_measured(f"{backend.label} at rising sizes")
    boundary, band = at
    words = (
        f"{backend.label} beats serial from: {boundary_time(boundary, band)}. "
        f"The shortest call measured takes {time(band.low)}."
    )
    times = [each.time for each in boundary.seen]
    if (
        times
        and all(each.value == 0.0 for each in times)
        and min(each.high for each in times) <= band.low
    ):
        return Said(Verdict.REFUTED, words, boundary.time, (band.low, band.low))
    return judged(
        boundary.time,
        words,
        (band.low, band.low),
        above=Verdict.CONFIRMED,
        below=Verdict.REFUTED,
    )


def one_cpu(known: Known) -> Said | None:
    """Where nothing can run in parallel."""
    cpus = known.evidence.cpus
    if cpus is None or cpus > 1:
        return None
    return not_measured(f"needs at least 2 usable CPUs, {count_of(cpus, 'usable CPU')} here")


def _boundary(known: Known, backend: str, start: str) -> tuple[Boundary, Band] | None:
    band = known.zones.band(start) if known.zones else None
    if known.zones is None or band is None:
        return None
    for name, boundary in known.zones.backends:
        if name == backend and boundary.start == start:
            return boundary, band
    return None
