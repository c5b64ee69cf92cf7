"""`make baseline`: adds a run to the stored runs."""

from __future__ import annotations

from pathlib import Path

from parzen_study.common.compressed import compressed, read_bounded
from parzen_study.common.errors import UnusableData
from parzen_study.common.output import write_whole
from parzen_study.common.wording import count_of
from parzen_study.gate.stored import (
    load_stored,
    names_in,
    other_counts,
    profile_of,
    stored_name,
)
from parzen_study.quality import disturbance_findings
from parzen_study.quality.rejections import rejected_cases
from parzen_study.quality.warnings import findings
from parzen_study.run.enough_rounds import VERDICT_ROUNDS
from parzen_study.run.fingerprint import fingerprint
from parzen_study.run.run import Run
from parzen_study.stats.estimates import Estimates

_AGAIN = "'make bench', then 'make baseline'"


def store_baseline(run: Run, baselines: Path) -> tuple[Path, int]:
    """Add a run to those of its fingerprint, byte for byte, compressed.

    Returns the new file, and how many runs of the profile there are now. Raises UnusableData, and
    changes nothing, for a run that would mislead: of a build with uncommitted changes, interrupted,
    filtered, too short, disturbed, with errors or implausible figures, with a name of the machine,
    with other counts than the stored runs, or already stored.
    """
    folder, name = baselines / fingerprint(run), stored_name(run)
    reason = _unfit(run) or _unnamed(name) or _unlike(run, folder)
    if reason:
        found, next_step = reason
        raise UnusableData(
            "this run cannot be a baseline", where=str(run.path), found=found, next_step=next_step
        )
    place = folder / name
    write_whole(place, compressed(read_bounded(run.path)))
    return place, sum(profile_of(each) == run.profile for each in names_in(folder))


def _unfit(run: Run) -> tuple[str, str] | None:
    if run.loop:
        return (
            "it measures a loop of your own; baselines measure the suite's loops",
            "'make bench' without LOOP, then 'make baseline'",
        )
    if run.machine.get("revision_dirty") != "no":
        return (
            "its build had uncommitted changes or no commit, so it cannot be reproduced",
            f"commit, {_AGAIN}",
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
    if run.case_filter:
        return "it has only the cases of a filter", f"without a filter: {_AGAIN}"
    if run.fewest_rounds < VERDICT_ROUNDS:
        return (
            f"it has {count_of(run.fewest_rounds, 'round')}, and a verdict needs {VERDICT_ROUNDS}",
            f"without --rounds: {_AGAIN}",
        )
    for disturbed in (
        disturbance_findings.throughout(run.disturbances, run.foreign_loads),
        disturbance_findings.in_some_rounds(run.disturbances, run.foreign_loads),
    ):
        if disturbed:
            return f"{disturbed.what} ({disturbed.cause})", disturbed.next_step
    found = findings(run, rejected_cases(run, Estimates(run)))
    rejections = [each for each in found if each.kind == "rejection"]
    if rejections:
        return f"{rejections[0].what} ({rejections[0].cause})", rejections[0].next_step
    if run.private_keys:
        return (
            f"its context has {', '.join(run.private_keys)}, which name a machine",
            "measure with 'make bench', which removes them",
        )
    return None


def _unnamed(name: str) -> tuple[str, str] | None:
    if name:
        return None
    return (
        "its date, profile or revision is not valid in a file name",
        "measure with 'make bench', in a clone with its history; then 'make baseline'",
    )


def _unlike(run: Run, folder: Path) -> tuple[str, str] | None:
    """Whether it is already stored, or has other counts than the stored runs."""
    for stored in load_stored(folder, names_in(folder)):
        if stored.rows == run.rows or stored.path.name == stored_name(run):
            return f"it is already stored: {stored.path.name}", f"measure another: {_AGAIN}"
        if other := other_counts(run, stored):
            return (
                f"{count_of(len(other), 'case')} of it, such as {other[0]}, differ in counts from "
                f"{stored.path.name}",
                "run 'make test'; if the problem itself has changed, remove the stored runs",
            )
    return None
