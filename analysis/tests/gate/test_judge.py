"""From outcomes to a verdict: which one wins, when times are judged, what the last line says."""

from __future__ import annotations

from collections.abc import Callable
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
from synthetic import Document, Synthetic


@pytest.fixture
def baseline(recorded: Path) -> Run:
    return load_run(recorded / "baseline" / "run.json")


@pytest.fixture
def same(recorded: Path) -> Run:
    return load_run(recorded / "same" / "run.json")


def noisy(document: Document, cases: int) -> Document:
    for one_round in document["rounds"][::2]:
        for name in document["cases"][:cases]:
            entry(one_round, name)["real_time"] *= 1.5
    return document


def many(seed: int) -> Document:
    """Ten cases."""
    run = Synthetic(seed=seed, rounds=6, sizes=(10_000,), workers=(1, 2, 3),
                    processes={"fork_pipe": ("cold",)},
                    threads={"tbb": ("cold",), "openmp": ("cold",)})  # fmt: skip
    return run.document()


def test_a_pass_says_that_counts_and_times_held(same: Run, baseline: Run) -> None:
    reason = "counts equal, no case slower (5 cases)"
    assert judged(same, baseline) == (Verdict.PASS, reason)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("slower", "1 of 5 cases: 1 slower"),
        ("missing", "1 of 5 cases: 1 missing"),
        ("errored", "1 of 5 cases: 1 error"),
        ("wrong_counts", "5 of 5 cases: 5 wrong counts"),
    ],
)
def test_a_regression_counts_the_cases(
    name: str, reason: str, recorded: Path, baseline: Run
) -> None:
    latest = load_run(recorded / name / "run.json")
    assert judged(latest, baseline) == (Verdict.REGRESSED, reason)


def test_another_profile_hides_no_missing_case(recorded: Path, baseline: Run) -> None:
    less = load_run(recorded / "missing" / "run.json")
    assert judged(replace(less, profile="quick"), baseline)[0] == Verdict.REGRESSED


@pytest.mark.parametrize(("cases", "verdict"), [(2, Verdict.PASS), (3, Verdict.INCONCLUSIVE)])
def test_up_to_a_fifth_of_the_cases_may_be_too_noisy(
    cases: int, verdict: Verdict, tmp_path: Path
) -> None:
    latest = run_of(noisy(many(2), cases), tmp_path / "latest")
    found, reason = judged(latest, run_of(many(1), tmp_path / "baseline"))
    assert found == verdict
    said = {
        2: "counts equal, no case slower (10 cases, 2 not judged)",
        3: "3 of 10 cases not judged: too noisy; measure again",
    }
    assert reason == said[cases]


def test_one_slower_case_among_noisy_ones_is_a_regression(tmp_path: Path) -> None:
    document = noisy(many(2), 9)
    for one_round in document["rounds"]:
        entry(one_round, document["cases"][9])["real_time"] *= 1.5
    latest, stored = run_of(document, tmp_path / "a"), run_of(many(1), tmp_path / "b")
    assert judged(latest, stored) == (Verdict.REGRESSED, "1 of 10 cases: 1 slower")


@pytest.mark.parametrize("latest_is_short", [True, False])
def test_too_few_rounds_of_either_make_times_inconclusive(
    latest_is_short: bool, recorded: Path, baseline: Run, same: Run
) -> None:
    short = load_run(recorded / "short" / "run.json")
    latest, stored = (short, baseline) if latest_is_short else (same, short)
    reason = "5 of 5 cases not judged: under 5 rounds; 'make bench'"
    assert judged(latest, stored) == (Verdict.INCONCLUSIVE, reason)


def test_a_thinned_baseline_is_no_pass(tmp_path: Path) -> None:
    """It would hide that the other cases became slower."""
    thin = many(1)
    thin["cases"] = thin["cases"][:7]
    for one_round in thin["rounds"]:
        one_round["benchmarks"] = [entry(one_round, name) for name in thin["cases"]]
    latest = run_of(many(2), tmp_path / "latest")
    reason = "3 of 10 cases not judged: new; 'make baseline'"
    assert judged(latest, run_of(thin, tmp_path / "thin")) == (Verdict.INCONCLUSIVE, reason)


def test_a_filtered_run_is_no_pass(tmp_path: Path) -> None:
    thin = many(2)
    thin["cases"] = [name for name in thin["cases"] if "tbb" not in name]
    thin["filter"] = "-tbb"
    for one_round in thin["rounds"]:
        one_round["benchmarks"] = [entry(one_round, name) for name in thin["cases"]]
    latest, stored = run_of(thin, tmp_path / "thin"), run_of(many(1), tmp_path / "stored")
    reason = "3 of 10 cases not judged: skipped by --filter"
    assert judged(latest, stored) == (Verdict.INCONCLUSIVE, reason)
    notes = compare(latest, stored, "strict").notes
    assert "This run has the cases of a filter alone (7)." in notes
    notes = compare(stored, latest, "strict").notes
    assert "The baseline has the cases of a filter alone (7)." in notes


def test_an_interrupted_baseline_is_said(same: Run, baseline: Run) -> None:
    cut = replace(baseline, interrupted=True, rounds_planned=9)
    assert "The baseline was cut short: 6 of 9 rounds." in compare(same, cut, "strict").notes


def test_nothing_to_compare_is_no_pass(same: Run, baseline: Run) -> None:
    here, there = (replace(run, cases=(), rows=()) for run in (same, baseline))
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
    assert judged(latest, baseline) == (Verdict.INVALID, reason)
    assert judged(latest, None) == (Verdict.INVALID, reason)
    advisory = judge(compare(latest, baseline, "advisory"))
    assert advisory.verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (too_fast, "more CPU time than there is"),
        (too_much_cpu_time, "more CPU time than there is"),
        (failed, "error: 7 is, 8 should"),
    ],
)
def test_a_time_of_the_baseline_that_cannot_be_used_is_called_so_with_its_reason(
    change: Callable[[Document], Document], reason: str, tmp_path: Path, same: Run
) -> None:
    comparison = compare(same, run_of(change(small(1)), tmp_path), "strict")
    assert comparison.counts() == {Outcome.SAME: 4, Outcome.UNUSABLE_BASELINE: 1}
    assert [row.remark for row in comparison.rows if row.case.name == WORSE] == [reason]
    assert judge(comparison) == Judgement(
        Verdict.PASS, "counts equal, no case slower (5 cases, 1 not judged)"
    )


def test_baseline_times_that_cannot_be_used_are_no_pass(tmp_path: Path) -> None:
    stored = many(1)
    for name in stored["cases"][:3]:
        failed(stored, name)
    reason = "3 of 10 cases not judged: unusable baseline"
    latest = run_of(many(2), tmp_path / "latest")
    assert judged(latest, run_of(stored, tmp_path / "stored")) == (Verdict.INCONCLUSIVE, reason)


def test_a_run_that_lost_rounds_is_invalid(recorded: Path, baseline: Run, same: Run) -> None:
    mixed = load_run(recorded / "mixed" / "run.json")
    reason = "1 of 6 rounds cannot be used; measure again"
    assert judged(mixed, baseline) == (Verdict.INVALID, reason)
    assert judged(mixed, None) == (Verdict.INVALID, reason)
    reason = "unusable baseline: 1 of 6 rounds cannot be used"
    assert judged(same, mixed) == (Verdict.INVALID, reason)


def test_of_a_run_that_lost_rounds_counts_are_judged_and_times_are_not(
    recorded: Path, tmp_path: Path, baseline: Run
) -> None:
    for name, verdict in (("slower", Verdict.INVALID), ("wrong_counts", Verdict.REGRESSED)):
        whole = load_run(recorded / name / "run.json")
        lost = load_run(recorded / "mixed" / "run.json").rejected_rounds
        assert judged(replace(whole, rejected_rounds=lost), baseline)[0] == verdict


@pytest.mark.parametrize("stored", [True, False])
def test_wrong_counts_of_the_articles_problem_are_a_regression(
    stored: bool, same: Run, baseline: Run
) -> None:
    wrong = replace(same, article_counts=(1,) * 12)
    reason = "wrong counts of the article's own problem"
    assert judged(wrong, baseline if stored else None) == (Verdict.REGRESSED, reason)


@pytest.mark.parametrize(("name", "slower"), [("same", "no case"), ("slower", "1 case")])
def test_advisory_times_are_never_a_pass(
    name: str, slower: str, recorded: Path, baseline: Run
) -> None:
    latest = load_run(recorded / name / "run.json")
    assert judge(compare(latest, baseline, "advisory")) == Judgement(
        Verdict.INCONCLUSIVE, f"no times judged: they are advisory ({slower} slower)"
    )


@pytest.mark.parametrize("name", ["missing", "wrong_counts", "errored"])
def test_with_advisory_times_all_else_counts(name: str, recorded: Path, baseline: Run) -> None:
    latest = load_run(recorded / name / "run.json")
    assert judge(compare(latest, baseline, "advisory")).verdict == Verdict.REGRESSED


def test_the_details_say_what_was_compared_and_name_no_machine(
    recorded: Path, baseline: Run
) -> None:
    slow = load_run(recorded / "slower" / "run.json")
    identity = {
        "fingerprint": "example-cpu-2-00ghz-8a369a0fd486",
        "profile": "default",
        "rounds": 6,
        "revision": "0123456",
        "revision_dirty": "no",
    }
    assert details(compare(slow, baseline, "strict")) == {
        "times_judged": True,
        "cases": {"slower": 1, "same": 4},
        "latest": identity,
        "baseline": identity,
    }
    alone = details(compare(slow, None, "strict"))
    assert (alone["times_judged"], alone["baseline"]) == (False, None)
    assert alone["cases"] == {Outcome.NEW.value: 5}
    assert details(compare(slow, baseline, "advisory"))["times_judged"] is False
