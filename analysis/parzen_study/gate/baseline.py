"""Baselines: `<baselines>/<fingerprint>/run.json`, the runs that later ones are compared with."""

from __future__ import annotations

import os
from pathlib import Path

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.common.output import write_whole
from parzen_study.common.regular_file import read_regular
from parzen_study.common.wording import count_of
from parzen_study.quality import disturbance_findings
from parzen_study.quality.rejections import rejected_cases
from parzen_study.quality.warnings import findings
from parzen_study.run.enough_rounds import VERDICT_ROUNDS
from parzen_study.run.fingerprint import baseline_path, differences, fingerprint
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from parzen_study.stats.estimates import Estimates


def store_baseline(run: Run, baselines: Path) -> Path:
    """Store a run as the baseline of its fingerprint, byte for byte; returns the new file.

    Raises UnusableData for a run that no later one should be held against: interrupted, too short,
    disturbed, with errors or implausible figures, or with what names the measuring machine.
    """
    reason = _unfit(run)
    if reason:
        found, next_step = reason
        raise UnusableData(
            "this run cannot be a baseline", where=str(run.path), found=found, next_step=next_step
        )
    place = baseline_path(baselines, run)
    write_whole(place, read_regular(run.path))
    return place


def _unfit(run: Run) -> tuple[str, str] | None:
    if run.loop:
        return (
            "it is of a loop of your own, and baselines are of the suite's own loops",
            "'make bench' without LOOP, then 'make baseline'",
        )
    if run.rejected_rounds:
        return f"{run.rejected_rounds[0].what} ({run.rejected_rounds[0].cause})", (
            run.rejected_rounds[0].next_step
        )
    if run.interrupted or run.rounds < run.rounds_planned:
        return (
            f"it was interrupted: {run.rounds_in_words}",
            "let 'make bench' finish, then 'make baseline'",
        )
    if run.fewest_rounds < VERDICT_ROUNDS:
        return (
            f"it has {count_of(run.fewest_rounds, 'round')}, and a verdict takes {VERDICT_ROUNDS}",
            "'make bench' at the default profile, then 'make baseline'",
        )
    if disturbed := disturbance_findings.throughout(run.disturbances, run.foreign_loads):
        return f"{disturbed.what} ({disturbed.cause})", disturbed.next_step
    found = findings(run, rejected_cases(run, Estimates(run)))
    rejections = [each for each in found if each.kind == "rejection"]
    if rejections:
        return f"{rejections[0].what} ({rejections[0].cause})", rejections[0].next_step
    if run.private_keys:
        return (
            f"its context holds {', '.join(run.private_keys)}, which name a machine",
            "measure with 'make bench', which leaves them out",
        )
    return None


def find_baseline(run: Run, baselines: Path) -> Run | None:
    """The baseline of the run's own fingerprint, or that of all which differs from it in the fewest
    items, or None where none is stored.

    Raises NoData and OSError for what is there and cannot be read: that is not the same as nothing.
    """
    own = baseline_path(baselines, run)
    if _is_there(own):
        return _load_stored(own)
    names = sorted(os.listdir(baselines)) if _is_there(baselines) else []
    places = [baselines / name / "run.json" for name in names]
    stored = [_load_stored(place) for place in places if _is_there(place)]
    return min(stored, key=lambda each: len(differences(run, each)), default=None)


def replaced(run: Run, baselines: Path) -> str | None:
    """What storing a run will replace, in words: `measured on DATE`; None for nothing.

    Raises NoData and OSError for what is there and cannot be read.
    """
    place = baseline_path(baselines, run)
    if not _is_there(place):
        return None
    try:
        return f"measured on {_load_stored(place).measured_on}"
    except NoData:
        raise
    except UnusableData as error:
        return error.what


def _is_there(path: Path) -> bool:
    """Unlike Path.exists(), which newer Pythons also call False where it cannot be looked at.

    A file next to the folders of baselines, such as a README, holds none.
    """
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        if path.parent.is_file():
            return False
        raise NoData(
            "unusable baseline: what should be its folder is not one", where=str(path),
            found="not a folder", next_step="remove it, or name another folder with --baselines",
        ) from None  # fmt: skip
    return True


def _load_stored(place: Path) -> Run:
    """A stored run; errors say that it is a baseline that they are about."""
    try:
        stored = load_run(place)
    except NoData as error:
        raise NoData(
            f"unusable baseline: {error.what}",
            where=error.where, found=error.found, next_step=error.next_step,
        ) from None  # fmt: skip
    except UnusableData as error:
        raise UnusableData(
            f"unusable baseline: {error.what}", where=error.where, found=error.found,
            next_step="restore it, or replace it: 'make bench', then 'make baseline'",
        ) from None  # fmt: skip
    if fingerprint(stored) != place.parent.name:
        raise UnusableData(
            "unusable baseline: it does not belong where it is stored",
            where=str(place),
            found=f"its own fingerprint is {fingerprint(stored)}",
            next_step="rename its folder back, or remove it and store a new one ('make baseline')",
        )
    return stored
