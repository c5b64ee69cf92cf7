"""A case over the stored runs of a machine: its times, and where their level changed.

For runs that are stored every night (`make baseline`). A lasting change of level comes from the
code or the machine; a single run that differs is noise. The change points are those of PELT with a
squared error (Killick, Fearnhead and Eckley, "Optimal detection of changepoints with a linear
computational cost", Journal of the American Statistical Association 107, 2012), by the package
`ruptures`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.common.shown import quoted, shown_name
from parzen_study.common.wording import count_of, seconds
from parzen_study.gate.stored import NO_FINGERPRINTS, load_stored, names_in, profile_of

LEAST_RUNS: Final = 8  # before and after a change together
_SEGMENT: Final = 3  # runs that a level must last
# Of the squared deviation times the logarithm of the runs. BIC's for a level is 2; more is needed
# here, since runs of one hour are not independent.
_PENALTY: Final = 6.0
_LISTED: Final = 8


@dataclass(frozen=True)
class Point:
    """A stored run: when it began, of which revision, and the median of its rounds, in seconds."""

    when: str
    revision: str
    time: float


@dataclass(frozen=True)
class Level:
    """Runs that follow one another, from `first` to before `end`, and the median of their times."""

    first: int
    end: int
    time: float


@dataclass(frozen=True)
class History:
    """Points in order of time; levels cover all of them."""

    case: str
    machine: str
    profile: str
    points: Sequence[Point]
    levels: Sequence[Level]


def history(baselines: Path, machine: str, profile: str, pattern: str) -> History:
    """Of the one case whose name matches the pattern, a regular expression.

    `machine` is a folder of stored runs, or empty where there is one only. Raises NoData where
    nothing is stored of them, UnusableData where a stored run is damaged.
    """
    folder = baselines / (machine or _only_machine(baselines))
    names = [name for name in names_in(folder) if profile_of(name) == profile]
    if not names:
        raise NoData(
            "no history", where=shown_name(folder),
            found=f"no stored run of profile {profile}",
            next_step="store runs: make bench PROFILE=quick, then make baseline",
        )  # fmt: skip
    runs = sorted(load_stored(folder, names), key=lambda run: run.began)
    case = _only_case(sorted({row["case"] for run in runs for row in run.rows}), pattern, folder)
    points = []
    for run in runs:
        if times := [row["real_time"] for row in run.rows if row["case"] == case]:
            revision = str(run.machine.get("revision", "unknown"))
            points.append(Point(run.began[:16].replace("T", " "), revision, median(times)))
    return History(case, folder.name, profile, points, levels([point.time for point in points]))


def levels(times: Sequence[float]) -> list[Level]:
    """Where the times stay at one level; one level where there are too few runs to tell.

    Raises NoData without the package ruptures.
    """
    ends = [len(times)]
    logs = [math.log(each) for each in times]
    if len(times) >= LEAST_RUNS and (deviation := _deviation(logs)):
        ends = _change_points(logs, _PENALTY * deviation**2 * math.log(len(logs)))
    firsts = [0, *ends[:-1]]
    return [
        Level(first, end, median(times[first:end])) for first, end in zip(firsts, ends, strict=True)
    ]


def lines(found: History) -> list[str]:
    """For a terminal of 80 columns."""
    text = [f"{found.case}", f"{count_of(len(found.points), 'run')} of profile {found.profile}", ""]
    for number, level in enumerate(found.levels):
        begin, last = found.points[level.first], found.points[level.end - 1]
        change = ""
        if number:
            change = f"{level.time / found.levels[number - 1].time - 1:+.1%}"
        runs = count_of(level.end - level.first, "run")
        text.append(
            f"{begin.when} to {last.when}  {seconds(level.time):>9}  {change:>7}  {runs:>8}"
            f"{f'  since {begin.revision}' if number else ''}"
        )
    if len(found.points) < LEAST_RUNS:
        text += ["", f"Changes of level need {LEAST_RUNS} runs."]
    return text


def _deviation(logs: Sequence[float]) -> float:
    """Of one run, from the differences between neighbours, which a change of level hardly moves."""
    steps = [abs(after - before) for before, after in pairwise(logs)]
    return 1.4826 * median(steps) / math.sqrt(2.0)


def _change_points(logs: Sequence[float], penalty: float) -> list[int]:
    try:
        from numpy import array
        from ruptures import Pelt
    except ImportError:
        raise NoData(
            "cannot detect changes of level", where="make history",
            found="no package ruptures",
            next_step="install it: make .venv/.extra, or pip install ruptures",
        ) from None  # fmt: skip
    found = Pelt(model="l2", min_size=_SEGMENT, jump=1).fit(array(logs).reshape(-1, 1))
    return [int(end) for end in found.predict(pen=penalty)]


def _only_machine(baselines: Path) -> str:
    folders = sorted(each.name for each in baselines.iterdir() if _is_machine(each))
    if len(folders) == 1:
        return folders[0]
    raise NoData(
        "no history" if not folders else "there are several machines",
        where=shown_name(baselines),
        found=", ".join(folders) or "no folder of stored runs",
        next_step="name one: MACHINE=folder" if folders else "store runs: make baseline",
    )


def _is_machine(folder: Path) -> bool:
    return folder.is_dir() and folder.name not in NO_FINGERPRINTS


def _only_case(cases: Sequence[str], pattern: str, folder: Path) -> str:
    try:
        matching = [case for case in cases if re.search(pattern, case)]
    except re.error as error:
        raise UnusableData(
            "invalid regular expression", where="CASE",
            found=f"{quoted(pattern)}: {error}",
            next_step="write one, such as CASE='grain/tbb/.*tasks:100/'",
        ) from None  # fmt: skip
    if pattern in matching or len(matching) == 1:
        return pattern if pattern in matching else matching[0]
    more = f" and {len(matching) - _LISTED} more" if len(matching) > _LISTED else ""
    raise NoData(
        f"{len(matching) or 'no'} cases match",
        where=shown_name(folder),
        found=", ".join(map(shown_name, matching[:_LISTED])) + more or quoted(pattern),
        next_step="name one case: CASE=regex",
    )
