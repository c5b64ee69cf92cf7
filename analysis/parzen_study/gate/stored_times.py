"""The times of a run against those of stored runs of its machine, build and profile.

Runs of one build differ by more than the noise of their rounds: by 2.4% within an hour, by 4 to 7%
between hours (memory layout, clock rate, neighbours), and each case by 2.8% of its own. More rounds
do not help. So a run is one value, and LEAST_RUNS stored runs or more show its variation
(stats/prediction.py).

Judged are units of many cases, not single cases. A run's value of a unit (a backend and a start, or
the kernels) is the mean over its cases of the log time over the stored runs' mean. Judged are the
median of all units, ALL_UNITS, which has the shift of the whole run; and each unit relative to the
median of the others, which removes the shift. With fewer than five units, each is judged with the
shift.

Intervals are Bonferroni-corrected: at most about 5% of comparisons of an unchanged build have a
unit outside. That is a warning, not a regression, since the machine may have changed: a comparison
side by side decides. Differences below MINIMUM_EFFECT are ignored.

In simulation (test_stored_times.py; a shift of 5% a run, 2% of a unit's own, 11 units, 1,000
comparisons each): how many in 100 warn of an unchanged build, and how many of the one unit that is
slower by 10% and by 20%. With outliers, one stored run has that unit 30% slower, another all.

                              10 stored runs            30 stored runs
                              unchanged  +10%  +20%     unchanged  +10%  +20%
    normal                          0.4     6    56           0.0     5    86
      with outliers                 0.3     2    33           0.0     3    77
    Student's t, 3 df               4.4    25    85           4.3    33    99
      with outliers                 3.6    10    62           4.2    22    98
    two modes, each half            0.0     2    39           0.0     1    66
      with outliers                 0.0     1    21           0.0     0    56
    a mode of one run in ten        3.3    23    74           0.6    26    90
      with outliers                 3.2     9    39           0.3    13    74

Half the variation of a unit halves the detectable effect. So a warning is worth a check, but its
absence proves little: that needs paired measurements.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, median
from typing import Any, Final

from parzen_study.gate.two_builds import MINIMUM_EFFECT, units_of
from parzen_study.stats.prediction import LEAST_RUNS, Prediction, predicted

LEVEL: Final = 0.05
ALL_UNITS: Final = "all units"
_FEWEST_UNITS: Final = 5  # for a robust median of the others

LogTimes = Mapping[str, float]  # of a run, by case


class Moved(StrEnum):
    """Compared with the prediction. Worst first, as in the table."""

    SLOWER = "slower"
    FASTER = "faster"
    AS_PREDICTED = "as predicted"


@dataclass(frozen=True)
class Unit:
    """A unit's time in the latest run over that in the stored ones, with its prediction interval.

    `relative`: divided by the median of the other units.
    """

    name: str
    cases: int
    relative: bool
    ratio: float
    expected: tuple[float, float]
    moved: Moved

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "cases": self.cases,
            "relative": self.relative,
            "ratio": self.ratio,
            "expected": self.expected,
            "outcome": self.moved.value,
        }


def judged_units(latest: LogTimes, stored: Sequence[LogTimes]) -> list[Unit]:
    """All units, worst first, by the cases of the latest run that LEAST_RUNS stored runs have."""
    centers = _centers(latest, stored)
    if not centers:
        return []
    names = units_of(centers)
    runs = [_by_unit(run, names, centers) for run in (*stored, latest)]
    runs = [run for run in runs[:-1] if run.keys() == runs[-1].keys()] + runs[-1:]
    if len(runs) <= LEAST_RUNS:
        return []
    sizes = {name: len(cases) for name, cases in names.items()}
    relative = len(names) >= _FEWEST_UNITS
    series = {name: [_value(run, name, relative) for run in runs] for name in names}
    if relative:
        series = {ALL_UNITS: [median(run.values()) for run in runs], **series}
        sizes[ALL_UNITS] = len(centers)
    level = LEVEL / len(series)
    units = [
        _unit(name, sizes[name], relative and name != ALL_UNITS, values, level)
        for name, values in series.items()
    ]
    rank = list(Moved).index
    return sorted(units, key=lambda unit: (rank(unit.moved), unit.name != ALL_UNITS, unit.name))


def expected_ratio(case: str, latest: LogTimes, stored: Sequence[LogTimes]) -> Unit | None:
    """The same for one case, at 95%, with the shift of its run; None where fewer than LEAST_RUNS
    stored runs have its time. One case in twenty of an unchanged build may be outside."""
    values = [run[case] for run in stored if case in run]
    if case not in latest or len(values) < LEAST_RUNS:
        return None
    return _unit(case, 1, False, [*values, latest[case]], LEVEL)


def _centers(latest: LogTimes, stored: Sequence[LogTimes]) -> dict[str, float]:
    """The mean log times of the stored runs, of the cases that are compared."""
    by_case = {case: [run[case] for run in stored if case in run] for case in latest}
    return {case: fmean(own) for case, own in by_case.items() if len(own) >= LEAST_RUNS}


def _by_unit(
    run: LogTimes, units: Mapping[str, Sequence[str]], centers: Mapping[str, float]
) -> dict[str, float]:
    own = {name: [case for case in cases if case in run] for name, cases in units.items()}
    return {
        name: fmean(run[case] - centers[case] for case in cases)
        for name, cases in own.items()
        if cases
    }


def _value(run: Mapping[str, float], name: str, relative: bool) -> float:
    if not relative:
        return run[name]
    return run[name] - median(value for other, value in run.items() if other != name)


def _unit(name: str, cases: int, relative: bool, values: Sequence[float], level: float) -> Unit:
    """By the last value, which is the latest run's."""
    found, least = predicted(values[:-1], level), math.log1p(MINIMUM_EFFECT)
    within = Prediction(found.center, max(found.half, least))
    distance = values[-1] - within.center
    if abs(distance) <= within.half:
        moved = Moved.AS_PREDICTED
    else:
        moved = Moved.SLOWER if distance > 0 else Moved.FASTER
    expected = (math.exp(-within.half), math.exp(within.half))
    return Unit(name, cases, relative, math.exp(distance), expected, moved)


def log_times(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """The log of each case's median time over the rounds of a run."""
    by_case: dict[str, list[float]] = {}
    for row in rows:
        by_case.setdefault(row["case"], []).append(math.log(row["real_time"]))
    return {case: median(logs) for case, logs in by_case.items()}
