"""From outcomes to a verdict: which one wins, when times are judged, what the last line says."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest

from judged import judged, run_of
from parzen_study.gate.compare import Outcome, compare
from parzen_study.gate.judge import details, judge
from parzen_study.gate.verdict import Judgement, Verdict
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from record import WORSE, entry, small
from synthetic import Document


@pytest.fixture
def baseline(recorded: Path) -> Run:
    return load_run(recorded / "baseline" / "run.json")


@pytest.fixture
def same(recorded: Path) -> Run:
    return load_run(recorded / "same" / "run.json")


Stored = tuple[Run, ...]


def test_a_pass_says_that_counts_and_times_held(same: Run, stored: Stored) -> None:
    reason = "counts equal, times as predicted (5 cases)"
    assert judged(same, stored) == (Verdict.PASS, reason)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "1 of 5 cases: 1 missing"),
        ("errored", "1 of 5 cases: 1 error"),
        ("wrong_counts", "5 of 5 cases: 5 wrong counts"),
    ],
)
def test_a_regression_counts_the_cases(
    name: str, reason: str, recorded: Path, baseline: Run
) -> None:
    latest = load_run(recorded / name / "run.json")
    assert judged(latest, (baseline,)) == (Verdict.REGRESSED, reason)


def test_another_profile_hides_no_missing_case(recorded: Path, baseline: Run) -> None:
    less = load_run(recorded / "missing" / "run.json")
    assert judged(replace(less, profile="quick"), (baseline,))[0] == Verdict.REGRESSED


def test_what_stored_runs_do_not_predict_is_a_warning_and_no_regression(
    recorded: Path, stored: Stored
) -> None:
    latest = load_run(recorded / "slower" / "run.json")
    reason = "warning: of 3 units 1 slower; 'make gate'"
    assert judged(latest, stored) == (Verdict.INCONCLUSIVE, reason)
    found = judge(compare(latest, stored, "strict"))
    assert int(found.verdict) == 11


def test_wrong_counts_come_before_a_warning(recorded: Path, stored: Stored) -> None:
    slow = load_run(recorded / "slower" / "run.json")
    wrong = tuple({**row, "counts_digest": 1} for row in slow.rows)
    assert judged(replace(slow, rows=wrong), stored)[0] == Verdict.REGRESSED


def test_too_few_rounds_make_times_inconclusive(recorded: Path, stored: Stored) -> None:
    short = load_run(recorded / "short" / "run.json")
    reason = "no times judged: 4 rounds, 5 needed"
    assert judged(short, stored) == (Verdict.INCONCLUSIVE, reason)


def without(run: Run, names: Collection[str]) -> Run:
    return replace(
        run,
        cases=tuple(case for case in run.cases if case.name not in names),
        rows=tuple(row for row in run.rows if row["case"] not in names),
    )


def test_thinned_baselines_are_no_pass(same: Run, stored: Stored) -> None:
    """They would hide that the other cases became slower."""
    names = [case.name for case in same.cases][:2]
    thin = [without(run, names) for run in stored]
    reason = "2 of 5 cases not judged: new; 'make baseline'"
    assert judged(same, thin) == (Verdict.INCONCLUSIVE, reason)


def test_a_filtered_run_is_no_pass(same: Run, stored: Stored) -> None:
    names = [case.name for case in same.cases if case.backend == "tbb"]
    thin = replace(without(same, names), case_filter="-tbb")
    reason = "2 of 5 cases not judged: skipped by --filter"
    assert judged(thin, stored) == (Verdict.INCONCLUSIVE, reason)
    notes = compare(thin, stored, "strict").notes
    assert "This run has only the 3 cases of a filter." in notes
    notes = compare(same, (thin,), "strict").notes
    assert "The baseline has only the 3 cases of a filter." in notes


def test_an_interrupted_baseline_is_said(same: Run, baseline: Run) -> None:
    cut = replace(baseline, interrupted=True, rounds_planned=9)
    assert "The baseline is incomplete: 6 of 9 rounds." in compare(same, (cut,), "strict").notes


def test_nothing_to_compare_is_no_pass(same: Run, stored: Stored) -> None:
    here = replace(same, cases=(), rows=())
    there = [replace(run, cases=()) for run in stored]
    reason = "no case with counts to compare"
    assert judged(here, there) == (Verdict.INCONCLUSIVE, reason)


def too_fast(document: Document) -> Document:
    for one_round in document["rounds"]:
        entry(one_round, WORSE)["real_time"] /= 9
    return document


def too_much_cpu_time(document: Document) -> Document:
    for one_round in document["rounds"]:
        entry(one_round, WORSE)["cpu_time"] *= 99
    return document


def failed(document: Document, name: str = WORSE) -> Document:
    entry(document["rounds"][2], name).update(
        {"error_occurred": True, "error_message": "7 is, 8 should"}
    )
    return document


@pytest.mark.parametrize("change", [too_fast, too_much_cpu_time])
def test_impossible_times_make_a_run_invalid_where_times_count(
    change: Callable[[Document], Document], tmp_path: Path, baseline: Run
) -> None:
    latest = run_of(change(small(2)), tmp_path)
    reason = "1 of 5 cases with impossible times; measure again"
    assert judged(latest, (baseline,)) == (Verdict.INVALID, reason)
    assert judged(latest, ()) == (Verdict.INVALID, reason)
    advisory = judge(compare(latest, (baseline,), "advisory"))
    assert advisory.verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (too_fast, "impossible CPU time"),
        (too_much_cpu_time, "impossible CPU time"),
        (failed, "error: 7 is, 8 should"),
    ],
)
def test_a_time_of_the_baseline_that_cannot_be_used_is_called_so_with_its_reason(
    change: Callable[[Document], Document], reason: str, tmp_path: Path, same: Run, stored: Stored
) -> None:
    comparison = compare(same, (run_of(change(small(1)), tmp_path), *stored), "strict")
    assert comparison.counts() == {Outcome.AS_PREDICTED: 4, Outcome.UNUSABLE_BASELINE: 1}
    assert [row.remark for row in comparison.rows if row.case.name == WORSE] == [reason]
    assert {unit.name: unit.cases for unit in comparison.units}["tbb cold"] == 1
    assert judge(comparison) == Judgement(
        Verdict.PASS, "counts equal, times as predicted (5 cases, 1 not judged)"
    )


def test_a_run_that_lost_rounds_is_invalid(recorded: Path, baseline: Run) -> None:
    mixed = load_run(recorded / "mixed" / "run.json")
    reason = "1 of 6 rounds rejected; measure again"
    assert judged(mixed, (baseline,)) == (Verdict.INVALID, reason)
    assert judged(mixed, ()) == (Verdict.INVALID, reason)


def test_of_a_run_that_lost_rounds_counts_are_judged_and_times_are_not(
    recorded: Path, tmp_path: Path, baseline: Run
) -> None:
    for name, verdict in (("slower", Verdict.INVALID), ("wrong_counts", Verdict.REGRESSED)):
        whole = load_run(recorded / name / "run.json")
        lost = load_run(recorded / "mixed" / "run.json").rejected_rounds
        assert judged(replace(whole, rejected_rounds=lost), (baseline,))[0] == verdict


@pytest.mark.parametrize("stored", [True, False])
def test_wrong_counts_of_the_articles_problem_are_a_regression(
    stored: bool, same: Run, baseline: Run
) -> None:
    wrong = replace(same, article_counts=(1,) * 12)
    reason = "wrong counts of the article's own problem"
    assert judged(wrong, (baseline,) if stored else ()) == (Verdict.REGRESSED, reason)


@pytest.mark.parametrize(("name", "moved"), [("same", "no unit"), ("slower", "1 unit")])
def test_advisory_times_are_never_a_pass(
    name: str, moved: str, recorded: Path, stored: Stored
) -> None:
    latest = load_run(recorded / name / "run.json")
    assert judge(compare(latest, stored, "advisory")) == Judgement(
        Verdict.INCONCLUSIVE, f"no times judged: they are advisory ({moved} moved)"
    )


@pytest.mark.parametrize("name", ["missing", "wrong_counts", "errored"])
def test_with_advisory_times_all_else_counts(name: str, recorded: Path, baseline: Run) -> None:
    latest = load_run(recorded / name / "run.json")
    assert judge(compare(latest, (baseline,), "advisory")).verdict == Verdict.REGRESSED


def test_the_details_say_what_was_compared_and_name_no_machine(
    recorded: Path, stored: Stored
) -> None:
    slow = load_run(recorded / "slower" / "run.json")
    identity = {
        "fingerprint": "example-cpu-2-00ghz-144bd1767e7c",
        "profile": "default",
        "rounds": 6,
        "revision": "0123456",
        "revision_dirty": "no",
    }
    found = details(compare(slow, stored, "strict"))
    units = found.pop("units")
    assert found == {
        "times_judged": True,
        "stored_runs": 10,
        "stored_runs_needed": 10,
        "cases": {"slower": 1, "as predicted": 4},
        "latest": identity,
        "baseline": identity,
    }
    assert [unit["name"] for unit in units] == ["tbb cold", "fork_pipe cold", "serial cold"]
    assert units[0].keys() == {"name", "cases", "relative", "ratio", "expected", "outcome"}
    assert units[0]["outcome"] == "slower"
    assert not units[0]["relative"]  # three units are too few
    alone = details(compare(slow, (), "strict"))
    assert (alone["times_judged"], alone["baseline"]) == (False, None)
    assert alone["cases"] == {Outcome.NEW.value: 5}
    assert details(compare(slow, stored, "advisory"))["times_judged"] is False
