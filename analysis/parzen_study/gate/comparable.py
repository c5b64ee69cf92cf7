"""Which cases of two runs are compared, and whether their times can be.

Compared are the suite's cases with counts. Skipped and reported: cases of family dispatch, which
measure the operating system; limits, which only read; and peers, which are not code of this suite.
These are compared within a run (topics/dispatch, topics/kernels).

Times are compared only between runs of one fingerprint (machine and build), one profile (a case
that is repeated for longer is another measurement) and the same settings of the machine, and with
LEAST_RUNS of them or more (stored_times.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parzen_study.common.errors import UnusableData
from parzen_study.common.shown import shown_json
from parzen_study.common.wording import count_of
from parzen_study.run.case import Case, filter_matcher
from parzen_study.run.enough_rounds import VERDICT_ROUNDS
from parzen_study.run.fingerprint import differences
from parzen_study.run.run import UNKNOWN, Run
from parzen_study.stats.prediction import LEAST_RUNS

# Settings among the state items: they change times. The others, such as load, are noise.
_SETTINGS = {
    "governor": "governor",
    "turbo": "turbo",
    "power": "power",
    "environment": "environment",
    "transparent_huge_pages": "huge pages",
    "transparent_huge_pages_shared": "shared huge pages",
    "address_space_randomisation": "address randomisation",
}


def compared(run: Run) -> dict[str, Case]:
    """The cases of a run that are compared, by name."""
    cases = (case for case in run.cases if case.counts_samples and not run.is_of_peer(case))
    return {case.name: case for case in cases}


def alike(latest: Run, stored: Sequence[Run]) -> list[Run]:
    """The stored runs with comparable times: the same fingerprint, profile and settings, and not
    the run itself."""
    return [
        each
        for each in stored
        if not differences(latest, each)
        and each.profile == latest.profile
        and not differing_settings(latest, each)
        and not each.rejected_rounds  # by a rule that came after it was stored
        and each.rows != latest.rows
    ]


def obstacle(latest: Run, stored: Sequence[Run]) -> str:
    """Why a run's times cannot be compared with stored ones and what to do, in a few words; else
    empty."""
    if not stored:
        return "no baseline yet; run 'make baseline'"
    baseline, number = stored[0], len(alike(latest, stored))
    if differences(latest, baseline):
        return "other machine or build; 'make baseline'"
    if {latest.machine.get(key) or UNKNOWN for key in ("cpu_model", "cpu_flags")} == {UNKNOWN}:
        return "the CPU is unknown"  # so that equal fingerprints prove nothing
    settings = differing_settings(latest, baseline)
    if latest.profile == baseline.profile and settings and number < LEAST_RUNS:
        return f"settings differ: {', '.join(settings)}"
    if number < LEAST_RUNS:
        return f"{count_of(number, 'stored run')} of {latest.profile}, {LEAST_RUNS} needed"
    if latest.most_rounds < VERDICT_ROUNDS:
        return f"{count_of(latest.most_rounds, 'round')}, {VERDICT_ROUNDS} needed"
    return ""


def differing_settings(latest: Run, baseline: Run) -> dict[str, tuple[str, str]]:
    """The settings of the machine in which two runs differ, by label, with both values; unknown
    values do not differ."""
    both = {
        label: (_setting(latest, key), _setting(baseline, key)) for key, label in _SETTINGS.items()
    }
    return {label: pair for label, pair in both.items() if all(pair) and pair[0] != pair[1]}


def _setting(run: Run, key: str) -> str:
    """Its value, or values where it changed between rounds; empty where it is unknown."""
    return " / ".join(sorted({state.get(key) or UNKNOWN for state in run.states} - {UNKNOWN}))


def filtered(latest: Run, baseline: Run) -> set[str]:
    """The cases of the baseline that this run lacks because a filter does not match them."""
    matches = [_matcher(run) for run in (latest, baseline) if run.case_filter]
    return {
        name for name in _lacking(latest, baseline) if not all(match(name) for match in matches)
    }


def beyond_bound(latest: Run, baseline: Run) -> set[str]:
    """The cases of the baseline that this run lacks because its profile ends below their n, or
    because it lists them as not planned."""
    return {
        name
        for name, case in _lacking(latest, baseline).items()
        if name in latest.not_planned or 0 < latest.largest_n < case.number("n")
    }


def _lacking(latest: Run, baseline: Run) -> dict[str, Case]:
    here = {case.name for case in latest.cases}
    return {name: case for name, case in compared(baseline).items() if name not in here}


def _matcher(run: Run) -> Callable[[str], bool]:
    try:
        return filter_matcher(run.case_filter)
    except ValueError as error:
        raise UnusableData(
            "a run has an invalid filter, so which cases it skipped is unknown",
            where=str(run.path), found=str(error),
            next_step="measure without --filter, or with a simpler one",
        ) from None  # fmt: skip


def notes(latest: Run, stored: Sequence[Run], filtered: int, beyond: int) -> tuple[str, ...]:
    """Notes on a run and the latest stored one, a sentence each. `filtered` and `beyond` are how
    many cases of the baseline are skipped, by a filter and by the profile's largest n."""
    baseline = stored[0] if stored else None
    itself = any(run.rows == latest.rows for run in stored)
    return (
        *(["This run is a stored run: its times are not compared with themselves."] * itself),
        *_notes_on_rounds("This run", latest),
        *(_notes_on_rounds("The baseline", baseline) if baseline else ()),
        *(_notes_on_conditions(latest, baseline) if baseline else ()),
        *_notes_on_skipped(latest, baseline),
        *(
            [f"Skipped {count_of(filtered, 'case')} of the baseline (--filter)."]
            if filtered
            else []
        ),
        *(
            [
                f"Skipped {count_of(beyond, 'case')} of the baseline: n above "
                f"{latest.largest_n:,} was not planned."
            ]
            if beyond
            else []
        ),
    )


def _notes_on_rounds(name: str, run: Run) -> list[str]:
    found = []
    if run.interrupted or run.rounds < run.rounds_planned:
        found.append(f"{name} is incomplete: {run.rounds_in_words}.")
    if run.case_filter:
        found.append(f"{name} has only the {count_of(len(run.cases), 'case')} of a filter.")
    return found


def _notes_on_conditions(latest: Run, baseline: Run) -> list[str]:
    found = []
    if latest.profile != baseline.profile:
        cases = "the same cases" if latest.largest_n == baseline.largest_n else "another largest n"
        found.append(
            f"This run has profile {latest.profile}, the baseline has {baseline.profile}: "
            f"other rounds, {cases}."
        )
    for label, (here, there) in differing_settings(latest, baseline).items():
        found.append(f"Setting {label}: {shown_json(here)}, in the baseline {shown_json(there)}.")
    return found


def _notes_on_skipped(latest: Run, baseline: Run | None) -> list[str]:
    found = []
    runs = [run for run in (latest, baseline) if run]
    countless = {case for run in runs for case in run.cases if not case.counts_samples}
    if countless:
        families = sorted({case.family for case in countless})
        named = f"{'family' if len(families) == 1 else 'families'} {', '.join(families)}"
        found.append(f"{count_of(len(countless), 'case')} without counts ({named}): not compared.")
    peers = {
        case for run in runs for case in run.cases if case.counts_samples and run.is_of_peer(case)
    }
    if peers:
        found.append(f"{count_of(len(peers), 'case')} of peers: not compared.")
    return found
