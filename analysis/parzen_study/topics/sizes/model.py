"""From which size each backend pays: family sweep, the same problem at every size.

Break-even is the serial time of a call from which on a backend is faster than serial with the same
kernel, up to the largest n measured (thresholds.py). Its n is interpolated from the serial times,
as a power of n between two sizes. That n is approximate and has no CI: it may be 10% off where the
time per sample grows with n.

A backend pays if the whole CI of its break-even is within the sweep, never if the whole CI is
beyond it; otherwise the result is inconclusive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parzen_study.common.wording import label_of
from parzen_study.run import published
from parzen_study.run.case import PAUSED, SERIAL, Case
from parzen_study.run.problems import readable
from parzen_study.run.run import Run
from parzen_study.stats import thresholds
from parzen_study.stats.bootstrap import Estimate, Floats, percentiles
from parzen_study.stats.estimates import Estimates
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.sizes.pays_from import PaysFrom, SerialTimes

FAMILY = "sweep"
# The parameters that differ within a sweep.
_WITHIN = frozenset({"n", "workers", "start", "pause"})

# Cases of one way to count, by n.
Curve = Mapping[int, Case]


@dataclass(frozen=True)
class Point:
    """A case; `speedup` is against serial of the same n and kernel, `cpu_time` in seconds."""

    n: int
    case: Case
    time: Estimate
    cpu_time: float
    speedup: Estimate


@dataclass(frozen=True)
class Line:
    """One backend, number of workers and start, by rising n. `break_even` is None with too few
    rounds for a verdict."""

    backend: str
    mechanism: str
    workers: int
    start: str
    points: tuple[Point, ...]
    break_even: PaysFrom | None

    @property
    def label(self) -> str:
        return label_of(self.backend, self.start)

    @property
    def curve(self) -> Curve:
        return {point.n: point.case for point in self.points}


@dataclass(frozen=True)
class Sweep:
    """One kernel and decomposition. `label` names them in words, `slug` in file names; `cases` are
    all planned cases, `serial` and `serial_after_pause` the serial ones that have a time."""

    label: str
    slug: tuple[str, ...]
    cases: tuple[Case, ...]
    serial: Curve
    serial_after_pause: Curve
    lines: tuple[Line, ...]

    def serial_for(self, start: str) -> Curve:
        """Serial in the same state as the workers: with gaps it is slower too."""
        return self.serial_after_pause if start == PAUSED else self.serial


def sweeps(run: Run, estimates: Estimates, reasons: Collection[str]) -> list[Sweep]:
    """One per kernel and decomposition, the article's first; none where the run has no such family.

    `reasons` names the cases that have no figure.
    """
    decided = not run.too_few
    together: dict[tuple[tuple[str, str], ...], list[Case]] = defaultdict(list)
    for case in sorted(run.cases, key=Case.order):
        if case.family == FAMILY and case.counts_samples:
            key = tuple(part for part in case.parameters if part[0] not in _WITHIN)
            together[key].append(case)
    differing = _differing(together)
    keys = sorted(together, key=lambda key: (dict(key).get("kernel") != published.KERNEL, key))
    return [
        sweep(estimates, together[key], reasons, *_names(dict(key), differing), decided=decided)
        for key in keys
    ]


def _differing(keys: Iterable[tuple[tuple[str, str], ...]]) -> set[str]:
    """The parameters that differ between keys."""
    values: dict[str, set[str]] = defaultdict(set)
    every = [dict(key) for key in keys]
    for parameters in every:
        for name in {name for each in every for name in each}:
            values[name].add(parameters.get(name, ""))
    return {name for name, found in values.items() if len(found) > 1}


def _names(parameters: Mapping[str, str], differing: set[str]) -> tuple[str, tuple[str, ...]]:
    """Label and slug of a sweep."""
    words = [f"kernel {parameters.get('kernel', 'none')}", parameters.get("decomposition", "")]
    slug = [parameters.get("kernel", ""), parameters.get("decomposition", "")]
    for name, value in parameters.items():
        if name in differing - {"kernel", "decomposition"}:
            words.append(f"{name} = {readable(value)}")
            slug.append(f"{name}{value}")
    return ", ".join(filter(None, words)), tuple(filter(None, slug))


def sweep(
    estimates: Estimates, cases: Sequence[Case], reasons: Collection[str], label: str = "",
    slug: tuple[str, ...] = (), *, by: str = "n", decided: bool,
) -> Sweep:  # fmt: skip
    """The sweep of the cases of one problem at rising n, or another parameter `by`; `decided`:
    there are enough rounds for a verdict."""
    usable = [case for case in cases if case.name not in reasons]
    serial, after_pause = (
        _serial(estimates, (each for each in usable if (each.start == PAUSED) == paused), by)
        for paused in (False, True)
    )
    parallel: dict[tuple[str, str, int], list[Case]] = defaultdict(list)
    for case in usable:
        alone = after_pause if case.start == PAUSED else serial
        if case.backend != SERIAL and case.number(by) in alone:
            parallel[case.backend, case.start, case.number("workers")].append(case)
    return Sweep(
        label=label,
        slug=slug,
        cases=tuple(cases),
        serial=serial,
        serial_after_pause=after_pause,
        lines=tuple(
            _line(
                estimates,
                same,
                after_pause if start == PAUSED else serial,
                by,
                decided=decided,
            )
            for (_, start, _), same in sorted(parallel.items())
        ),
    )


def _serial(estimates: Estimates, usable: Iterable[Case], by: str) -> dict[int, Case]:
    """By rising size; the fastest where there are several."""
    found: dict[int, Case] = {}
    for case in usable:
        if case.backend == SERIAL:
            n = case.number(by)
            found[n] = min(
                found.get(n, case), case, key=lambda each: estimates.measured[each.name].time.value
            )
    return found


def _line(
    estimates: Estimates, cases: Sequence[Case], serial: Curve, by: str, *, decided: bool
) -> Line:
    """Of cases of rising size."""
    points = tuple(
        Point(
            case.number(by),
            case,
            estimates.measured[case.name].time,
            estimates.measured[case.name].total_cpu_time,
            estimates.speedup_between(case, serial[case.number(by)]),
        )
        for case in cases
    )
    curve = {point.n: point.case for point in points}
    own_serial = {n: serial[n] for n in curve}
    first = cases[0]
    return Line(
        backend=first.backend,
        mechanism=estimates.mechanism(first.backend),
        workers=first.number("workers"),
        start=first.start,
        points=points,
        break_even=PaysFrom(
            overtaking(estimates, own_serial, [curve], [own_serial]),
            serial_times(estimates, own_serial),
            tuple(point.n for point in points if point.speedup.entirely_above(WORTHWHILE)),
        )
        if decided
        else None,
    )


def serial_times(estimates: Estimates, serial: Curve) -> SerialTimes:
    """Of the cases of serial at rising n."""
    return SerialTimes(
        tuple(serial), tuple(estimates.measured[case.name].time.value for case in serial.values())
    )


def overtaking(
    estimates: Estimates,
    serial: Curve,
    challengers: Sequence[Curve],
    incumbents: Sequence[Curve],
    factor: float = 1.0,
    *,
    within: tuple[Floats, Floats] = (np.zeros(1), np.full(1, np.inf)),
) -> Estimate:
    """From which serial time on one of the challengers is more than `factor` times as fast as every
    incumbent; 0 and infinity as in PaysFrom. Its samples are cut off at those of two serial times.

    Of the sizes that two of them share with serial, and some two must. It is that of the challenger
    that is the first to be ahead, and of the incumbent that it overtakes last, both as measured.
    Noise may have favoured them, so the interval is as wide as holds for whichever had been picked
    (as in Estimates.speedup_of_best): the first of every resample would be picked by noise twice.
    """

    def race(challenger: Curve, incumbent: Curve) -> Floats | None:
        sizes = [n for n in serial if n in challenger and n in incumbent]
        if not sizes:
            return None
        times = (
            np.stack([estimates.samples_of(curve[n]) for n in sizes])
            for curve in (serial, challenger, incumbent)
        )
        return thresholds.overtaking(thresholds.Race(*times), factor)

    found = [
        [each for incumbent in incumbents if (each := race(challenger, incumbent)) is not None]
        for challenger in challengers
    ]
    overtaken = [max(races, key=lambda each: float(each[0])) for races in found if races]
    first = min(overtaken, key=lambda each: float(each[0]))
    candidates = len(challengers) + len(incumbents) - 1
    return percentiles(np.clip(first, *within), candidates=candidates)
