"""Where the times of two runs say nothing of the code, none is judged; counts are all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from judged import judged, run_of, slower
from parzen_study.gate.compare import compare
from parzen_study.gate.verdict import Verdict
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from record import small
from synthetic import STATE

Stored = tuple[Run, ...]


@pytest.fixture
def same(recorded: Path) -> Run:
    return load_run(recorded / "same" / "run.json")


def test_with_no_baseline_no_time_is_judged(tmp_path: Path) -> None:
    ten_times_slower = run_of(slower(small(2), 5, 10.0), tmp_path)
    reason = "no times judged: no baseline yet; run 'make baseline'"
    assert judged(ten_times_slower, ()) == (Verdict.INCONCLUSIVE, reason)


@pytest.mark.parametrize(
    "item", ["cpu_model", "kernel", "libc", "compiler", "compiler_flags", "build_type"]
)
def test_on_another_machine_or_build_no_time_is_judged(
    item: str, tmp_path: Path, stored: Stored
) -> None:
    slow = run_of(slower(small(2), 5, 10.0), tmp_path)
    latest = replace(slow, machine={**slow.machine, item: "another"})
    reason = "no times judged: other machine or build; 'make baseline'"
    assert judged(latest, stored) == (Verdict.INCONCLUSIVE, reason)


def test_of_an_unknown_cpu_no_time_is_judged(same: Run, stored: Stored) -> None:
    unknown = {"cpu_model": "unknown", "cpu_flags": "unknown"}
    here, *there = (replace(run, machine={**run.machine, **unknown}) for run in (same, *stored))
    reason = "no times judged: the CPU is unknown"
    assert judged(here, there) == (Verdict.INCONCLUSIVE, reason)


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_of_two_profiles_no_time_is_judged(profile: str, tmp_path: Path, stored: Stored) -> None:
    """A case that is repeated for longer is another measurement."""
    latest = replace(run_of(slower(small(2), 5, 1.3), tmp_path), profile=profile)
    reason = f"no times judged: 0 stored runs of {profile}, 10 needed"
    assert judged(latest, stored) == (Verdict.INCONCLUSIVE, reason)


@pytest.mark.parametrize(
    ("item", "value", "label"),
    [
        ("governor", "powersave", "governor"),
        ("turbo", "on", "turbo"),
        ("power", "battery", "power"),
        ("environment", "GLIBC_TUNABLES=x", "environment"),
    ],
)
def test_under_other_settings_no_time_is_judged(
    item: str, value: str, label: str, same: Run, stored: Stored
) -> None:
    """Even where they changed in the middle of the run."""
    states = (*same.states[:3], *({**state, item: value} for state in same.states[3:]))
    latest = replace(same, states=states)
    reason = f"no times judged: settings differ: {label}"
    assert judged(latest, stored) == (Verdict.INCONCLUSIVE, reason)
    (note,) = compare(latest, stored, "strict").notes
    assert note.startswith(f"Setting {label}: ")


def test_a_setting_that_could_not_be_read_is_no_difference(same: Run, stored: Stored) -> None:
    states = tuple({**state, "governor": "unknown"} for state in same.states)
    assert judged(replace(same, states=states), stored)[0] == Verdict.PASS
    states = tuple({"load_1m": STATE["load_1m"]} for _ in same.states)
    assert judged(replace(same, states=states), stored)[0] == Verdict.PASS


Change = Callable[[Run], Run]


@pytest.mark.parametrize(
    "change",
    [
        lambda run: replace(run, profile="full"),
        lambda run: replace(run, machine={**run.machine, "kernel": "6.9"}),
        lambda run: replace(run, states=tuple({**s, "turbo": "on"} for s in run.states)),
    ],
    ids=["profile", "machine", "settings"],
)
def test_counts_are_judged_all_the_same(change: Change, recorded: Path, stored: Stored) -> None:
    for name in ("wrong_counts", "errored"):
        latest = change(load_run(recorded / name / "run.json"))
        assert judged(latest, stored)[0] == Verdict.REGRESSED


@pytest.mark.parametrize(("runs", "verdict"), [(9, Verdict.INCONCLUSIVE), (10, Verdict.PASS)])
def test_times_take_ten_stored_runs(runs: int, verdict: Verdict, same: Run, stored: Stored) -> None:
    found, reason = judged(same, stored[:runs])
    assert found == verdict
    assert runs == 10 or reason == "no times judged: 9 stored runs of default, 10 needed"


def test_stored_runs_of_other_settings_do_not_count(same: Run, stored: Stored) -> None:
    older = replace(stored[-1], states=tuple({**s, "turbo": "on"} for s in stored[-1].states))
    reason = "no times judged: 9 stored runs of default, 10 needed"
    assert judged(same, (*stored[:-1], older)) == (Verdict.INCONCLUSIVE, reason)


def test_a_stored_run_that_lost_rounds_does_not_count(
    same: Run, stored: Stored, recorded: Path
) -> None:
    lost = load_run(recorded / "mixed" / "run.json").rejected_rounds
    older = replace(stored[-1], rejected_rounds=lost)
    reason = "no times judged: 9 stored runs of default, 10 needed"
    assert judged(same, (*stored[:-1], older)) == (Verdict.INCONCLUSIVE, reason)


def test_a_run_that_is_stored_is_not_compared_with_itself(same: Run, stored: Stored) -> None:
    """As after `make bench`, `make baseline` and `make compare`."""
    reason = "no times judged: 9 stored runs of default, 10 needed"
    assert judged(stored[0], stored) == (Verdict.INCONCLUSIVE, reason)
    (note,) = compare(stored[0], stored, "strict").notes
    assert note == "This run is a stored run: its times are not compared with themselves."
    assert judged(stored[0], (same, *stored))[0] == Verdict.PASS
