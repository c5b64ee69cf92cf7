"""What becomes of each case of a comparison; the verdict of them all is in test_judge.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from parzen_study.common.errors import UnusableData
from parzen_study.gate.compare import Comparison, Outcome, compare
from parzen_study.gate.stored_times import Moved
from parzen_study.run.case import parse_case
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from parzen_study.stats import bootstrap
from record import WORSE, small
from synthetic import MACHINE, SUFFIX, write

Stored = tuple[Run, ...]


@pytest.fixture
def baseline(recorded: Path) -> Run:
    return load_run(recorded / "baseline" / "run.json")


@pytest.fixture
def less(recorded: Path) -> Run:
    """A run that lacks a case."""
    return load_run(recorded / "missing" / "run.json")


@pytest.fixture
def same(recorded: Path) -> Run:
    return load_run(recorded / "same" / "run.json")


def names(comparison: Comparison, outcome: Outcome) -> list[str]:
    return [row.case.name for row in comparison.rows if row.outcome == outcome]


def test_one_case_is_slower_and_stands_first(recorded: Path, stored: Stored) -> None:
    comparison = compare(load_run(recorded / "slower" / "run.json"), stored, "strict")
    assert (comparison.rows[0].case.name, comparison.rows[0].outcome) == (WORSE, Outcome.SLOWER)
    assert {row.outcome for row in comparison.rows[1:]} == {Outcome.AS_PREDICTED}
    assert [unit.name for unit in comparison.moved] == ["tbb cold"]
    assert comparison.moved[0].ratio == pytest.approx(1.5**0.5, rel=0.03)


def test_the_other_way_round_it_is_faster(recorded: Path, stored: Stored) -> None:
    half = [
        {**row, "real_time": row["real_time"] / (1.4 if row["case"] == WORSE else 1)}
        for row in load_run(recorded / "same" / "run.json").rows
    ]
    latest = replace(load_run(recorded / "same" / "run.json"), rows=tuple(half))
    comparison = compare(latest, stored, "strict")
    assert names(comparison, Outcome.FASTER) == [WORSE]
    assert [unit.moved for unit in comparison.moved] == [Moved.FASTER]


def test_a_case_that_too_few_stored_runs_have_is_new(same: Run, stored: Stored) -> None:
    """Though the latest of them has it, and its counts are compared."""
    older = [
        replace(run, rows=tuple(row for row in run.rows if row["case"] != WORSE))
        for run in stored[1:]
    ]
    comparison = compare(same, (stored[0], *older), "strict")
    assert names(comparison, Outcome.NEW) == [WORSE]
    assert {unit.name: unit.cases for unit in comparison.units}["tbb cold"] == 1


def test_a_case_of_too_few_rounds_is_called_so_and_in_no_unit(same: Run, stored: Stored) -> None:
    fewer = tuple(row for row in same.rows if row["case"] != WORSE or row["round"] < 4)
    comparison = compare(replace(same, rows=fewer), stored, "strict")
    assert names(comparison, Outcome.TOO_FEW_ROUNDS) == [WORSE]
    assert {unit.name: unit.cases for unit in comparison.units}["tbb cold"] == 1


def test_a_case_that_the_baseline_lacks_is_new(same: Run, less: Run) -> None:
    comparison = compare(same, (less,), "strict")
    assert names(comparison, Outcome.NEW) == [WORSE]
    assert comparison.counts() == {Outcome.EQUAL_COUNTS: 4, Outcome.NEW: 1}


def test_a_case_that_failed_in_the_baseline_has_no_time_to_compare_with(
    same: Run, recorded: Path
) -> None:
    comparison = compare(same, (load_run(recorded / "errored" / "run.json"),), "strict")
    assert names(comparison, Outcome.UNUSABLE_BASELINE) == [WORSE]
    assert not names(comparison, Outcome.NEW)


def test_on_another_machine_counts_are_compared_and_times_are_not(
    recorded: Path, baseline: Run
) -> None:
    """Its speedups are shown instead, and what it lacks says nothing: cases depend on CPUs."""
    elsewhere = replace(baseline, machine={**MACHINE, "cpu_model": "Other CPU"})
    comparison = compare(load_run(recorded / "slower" / "run.json"), (elsewhere,), "strict")
    assert comparison.counts() == {Outcome.EQUAL_COUNTS: 5}
    assert all(row.speedups and not row.time for row in comparison.rows)
    assert comparison.differing == {"cpu_model": ("Example(R) CPU @ 2.00GHz", "Other CPU")}
    comparison = compare(load_run(recorded / "wrong_counts" / "run.json"), (elsewhere,), "strict")
    assert comparison.counts() == {Outcome.WRONG_COUNTS: 5}
    comparison = compare(load_run(recorded / "missing" / "run.json"), (elsewhere,), "strict")
    assert comparison.counts() == {Outcome.EQUAL_COUNTS: 4}


def test_wrong_counts_show_even_where_nothing_is_stored(tmp_path: Path) -> None:
    document = small(2)
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            each["counts_digest"] += each["run_name"] == WORSE + SUFFIX
    run = load_run(write(document, tmp_path) / "run.json")
    assert names(compare(run, (), "strict"), Outcome.WRONG_COUNTS) == [WORSE]


def test_without_digests_nothing_is_called_equal(same: Run, baseline: Run) -> None:
    bare_rows = tuple(
        {key: value for key, value in row.items() if key != "counts_digest"}
        for row in baseline.rows
    )
    bare = replace(baseline, rows=bare_rows, profile="full")
    assert compare(same, (bare,), "strict").counts() == {Outcome.NO_COUNTS: 5}


@pytest.mark.parametrize(
    ("case_filter", "missing"),
    [("serial|fork_pipe|workers:1/", 0), ("-tbb.*workers:2/", 0), ("real_time$", 1), ("", 1)],
)
def test_what_a_filter_left_out_is_not_missing(
    case_filter: str, missing: int, less: Run, baseline: Run
) -> None:
    comparison = compare(replace(less, case_filter=case_filter), (baseline,), "strict")
    assert comparison.count(Outcome.MISSING) == missing
    assert comparison.filtered == 1 - missing
    said = "Skipped 1 case of the baseline (--filter)." in comparison.notes
    assert said == (missing == 0)


@pytest.mark.parametrize(
    ("largest_n", "named", "missing"),
    [(0, False, 1), (9_999, False, 0), (10_000, False, 1), (10_000, True, 0)],
)
def test_what_was_too_large_to_be_planned_is_not_missing(
    largest_n: int, named: bool, missing: int, less: Run, baseline: Run
) -> None:
    """All cases are of n = 10,000; by name, where a family ends below the bound of the profile."""
    lost = {case.name for case in baseline.cases} - {case.name for case in less.cases}
    assert len(lost) == 1
    not_planned = frozenset(lost if named else ())
    smaller = replace(less, largest_n=largest_n, not_planned=not_planned)
    comparison = compare(smaller, (baseline,), "strict")
    assert comparison.count(Outcome.MISSING) == missing
    note = f"Skipped 1 case of the baseline: n above {largest_n:,} was not planned."
    assert (note in comparison.notes) == (missing == 0)
    assert len(comparison.rows) == 4 + missing


def test_a_case_that_two_reasons_leave_out_is_counted_once(less: Run, baseline: Run) -> None:
    every = frozenset(case.name for case in baseline.cases)
    both = replace(less, case_filter="serial|fork_pipe|workers:1/", not_planned=every)
    notes = compare(both, (baseline,), "strict").notes
    assert [note for note in notes if "Skipped" in note or "skipped" in note] == [
        "Skipped 1 case of the baseline (--filter)."
    ]


def test_another_bound_of_n_is_not_called_the_same_cases(same: Run, baseline: Run) -> None:
    comparison = compare(replace(same, profile="full", largest_n=10**8), (baseline,), "strict")
    assert "other rounds, another largest n." in comparison.notes[0]


def test_a_filter_that_cannot_be_read_is_rejected(less: Run, baseline: Run) -> None:
    with pytest.raises(UnusableData, match="filter"):
        compare(replace(less, case_filter="("), (baseline,), "strict")


def test_a_run_without_counts_of_the_article_is_compared(same: Run, baseline: Run) -> None:
    assert compare(replace(same, article_counts=()), (baseline,), "strict").fault == ""


@pytest.mark.parametrize("stored", ["missing", "errored", "short", "wrong_counts"])
@pytest.mark.parametrize("latest", ["same", "missing", "errored"])
def test_any_two_runs_give_a_row_a_case(latest: str, stored: str, recorded: Path) -> None:
    here, there = (load_run(recorded / name / "run.json") for name in (latest, stored))
    every = {case.name for run in (here, there) for case in run.cases}
    assert {row.case.name for row in compare(here, (there,), "strict").rows} == every


def test_to_compare_with_stored_runs_nothing_is_resampled(
    same: Run, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was most of the time of a comparison, which is to take less than two seconds."""

    def draws(*_: object) -> None:
        raise AssertionError("a comparison of times needs no resample")

    monkeypatch.setattr(bootstrap, "_draws", draws)
    assert compare(same, stored, "strict").counts() == {Outcome.AS_PREDICTED: 5}
    assert compare(same, stored[:3], "strict").counts() == {Outcome.EQUAL_COUNTS: 5}


def test_only_cases_that_are_compared_are_worked_out(same: Run) -> None:
    """Those that count nothing are half of a study's."""
    other = parse_case("dispatch/tbb/operation:map/tasks:1/workers:2")
    rows = tuple({**row, "case": other.name} for row in same.rows if row["case"] == WORSE)
    more = replace(same, cases=(*same.cases, other), rows=(*same.rows, *rows))
    assert {row.case.family for row in compare(more, (same,), "strict").rows} == {"article"}
