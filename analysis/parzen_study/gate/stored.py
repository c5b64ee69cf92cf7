"""Stored runs: `<baselines>/<fingerprint>/<UTC time>-<profile>-<revision>.json.xz`, any number.

Each is a raw run.json as the runner wrote it, compressed, and is never edited. Its name says when
its first round began, its profile and the revision of its build, and has to be that of its content:
so no run is there twice, and the latest of a profile are found without reading the others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from parzen_study.common.compressed import SUFFIX
from parzen_study.common.errors import UnusableData
from parzen_study.common.shown import shown_name
from parzen_study.run.fingerprint import differences, fingerprint
from parzen_study.run.load import load_run
from parzen_study.run.run import UNKNOWN, Run
from parzen_study.stats.prediction import MOST_RUNS

_NAME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z-(?P<profile>[a-z]+)-[0-9a-z]+\.json" + re.escape(SUFFIX)
)
# Stored next to the folders of runs: exact counts, and comparisons of the gate with itself.
NO_FINGERPRINTS: Final = frozenset({"counts", "layout", "selftest"})


def stored_name(run: Run) -> str:
    """The file of a run in the folder of its fingerprint; empty where the run does not say when it
    was measured, or has a profile or a revision of another form."""
    try:
        began = datetime.fromisoformat(run.began)
    except ValueError:
        return ""
    if began.tzinfo is None:
        return ""
    when = began.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    name = f"{when}-{run.profile}-{run.machine.get('revision') or UNKNOWN}.json{SUFFIX}"
    return name if _NAME.fullmatch(name) else ""


def find_stored(run: Run, baselines: Path) -> tuple[Run, ...]:
    """The stored runs to compare a run with, latest first, or none.

    First choice: its fingerprint and profile, at most MOST_RUNS; then the latest of its fingerprint
    with any profile; then the latest of the fingerprint that differs in the fewest items. Raises
    UnusableData and OSError for damaged or unreadable files.
    """
    folder = baselines / fingerprint(run)
    if names := names_in(folder):
        same = [name for name in names if profile_of(name) == run.profile]
        return load_stored(folder, same[:MOST_RUNS] or names[:1])
    folders = sorted(os.listdir(baselines)) if baselines.exists() else []
    others = [
        load_stored(baselines / each, names[:1])[0]
        for each in folders
        if not each.startswith(".") and each not in NO_FINGERPRINTS
        if (baselines / each).is_dir() and (names := names_in(baselines / each))
    ]
    nearest = min(others, key=lambda each: len(differences(run, each)), default=None)
    return (nearest,) if nearest else ()


def names_in(folder: Path) -> list[str]:
    """The files of the stored runs of a folder, latest first; none without a folder. Unfinished
    files have hidden names."""
    try:
        names = sorted(os.listdir(folder), reverse=True)
    except FileNotFoundError:
        return []
    except NotADirectoryError:
        raise UnusableData(
            "unusable baseline: not a folder", where=shown_name(folder),
            found="not a folder", next_step="remove it, or name another folder with --baselines",
        ) from None  # fmt: skip
    names = [name for name in names if not name.startswith(".")]
    if foreign := [name for name in names if not _NAME.fullmatch(name)]:
        raise UnusableData(
            "unusable baseline: a file that is not a stored run", where=shown_name(folder),
            found=shown_name(foreign[0]),
            next_step="move it elsewhere; only 'make baseline' adds runs",
        )  # fmt: skip
    return names


def profile_of(name: str) -> str:
    found = _NAME.fullmatch(name)
    return found["profile"] if found else ""


def load_stored(folder: Path, names: Sequence[str]) -> tuple[Run, ...]:
    """Runs of one folder; errors name the baseline."""
    runs = tuple(_load(folder / name) for name in names)
    for place, run in enumerate(runs):
        for earlier in runs[:place]:
            if run.rows == earlier.rows:
                raise _unusable(run, "the same run is stored twice", shown_name(earlier.path))
            if other := other_counts(run, earlier):
                found = f"{other[0]} has other counts in {earlier.path.name}"
                raise _unusable(run, "two stored runs have different counts", found)
    return runs


def other_counts(one: Run, other: Run) -> list[str]:
    """The common cases of two runs that have different counts."""
    counted, there = _counts(one), _counts(other)
    return [name for name, counts in counted.items() if there.get(name, counts) != counts]


def _counts(run: Run) -> dict[str, int]:
    return {row["case"]: row["counts_digest"] for row in run.rows if "counts_digest" in row}


def _load(place: Path) -> Run:
    try:
        stored = load_run(place)
    except UnusableData as error:
        raise UnusableData(
            f"unusable baseline: {error.what}", where=error.where, found=error.found,
            next_step="restore the file (git checkout), or remove it",
        ) from None  # fmt: skip
    if fingerprint(stored) != place.parent.name:
        raise UnusableData(
            "unusable baseline: it is in the wrong folder",
            where=shown_name(place),
            found=f"its own fingerprint is {fingerprint(stored)}",
            next_step="rename its folder back, or remove it and store a new one ('make baseline')",
        )
    if stored_name(stored) != place.name:
        found = f"its content is that of {stored_name(stored) or 'a run without a date'}"
        raise _unusable(stored, "the file was renamed, or edited", found)
    return stored


def _unusable(run: Run, what: str, found: str) -> UnusableData:
    return UnusableData(
        f"unusable baseline: {what}", where=shown_name(run.path), found=found,
        next_step="restore the file (git checkout), or remove it",
    )  # fmt: skip
