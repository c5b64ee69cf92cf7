"""Every verdict and every exit status, on recorded runs."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from parzen_study.baseline import nearest_baseline
from parzen_study.cli import main
from parzen_study.compare import Verdict, compare, compare_elsewhere, time_verdict
from parzen_study.errors import UnusableData
from parzen_study.load import load_run
from parzen_study.stats import Estimate
from record import WORSE, entry, small
from synthetic import MACHINE, SUFFIX, Document, write
from synthetic_kernels import kernel, with_kernels


def verdicts(recorded: Path, name: str) -> dict[str, Verdict]:
    latest, baseline = (load_run(recorded / each / "run.json") for each in (name, "baseline"))
    return {row.case.name: row.verdict for row in compare(latest, baseline, "strict").rows}


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("same", 0, "No regression."),
        ("baseline", 0, "No regression."),
        ("slower", 1, "slower tbb"),
        ("missing", 1, "missing tbb"),
        ("errored", 1, "error tbb"),
        ("wrong_counts", 1, "5 wrong counts"),
        ("truncated", 3, "truncated or not JSON"),
        ("foreign", 3, "no run of this suite"),
        ("mixed", 3, "not measured on the same machine"),
        ("short", 3, "too few rounds"),
        ("nowhere", 3, "no run to read"),
    ],
)
def test_every_recording_has_its_status(
    name: str, status: int, said: str, recorded: Path, baselines: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    arguments = ["compare", str(recorded / name), "--baselines", str(baselines)]
    assert main(arguments) == status
    printed = capsys.readouterr()
    assert said in " ".join((printed.out + printed.err).split())
    assert "Traceback" not in printed.err
    if status == 3:
        assert "do:" in printed.err
    assert max(map(len, printed.out.splitlines()), default=0) <= 80


@pytest.mark.parametrize(
    ("name", "status"),
    [("same", 0), ("slower", 0), ("short", 0), ("missing", 1), ("wrong_counts", 1), ("errored", 1)],
)
def test_advisory_times_cannot_fail_but_all_else_can(
    name: str, status: int, recorded: Path, baselines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["compare", str(recorded / name), "--baselines", str(baselines)]
    assert main([*arguments, "--times", "advisory"]) == status
    if name == "slower":
        assert "slower" in capsys.readouterr().out


def test_one_case_is_slower_and_stands_first(recorded: Path) -> None:
    found = verdicts(recorded, "slower")
    assert next(iter(found.items())) == (WORSE, Verdict.SLOWER)
    assert set(found.values()) == {Verdict.SLOWER, Verdict.SAME}


def test_the_other_way_round_it_is_faster(recorded: Path) -> None:
    latest, slow = (load_run(recorded / each / "run.json") for each in ("baseline", "slower"))
    comparison = compare(latest, slow, "strict")
    assert [row.case.name for row in comparison.rows if row.verdict == Verdict.FASTER] == [WORSE]
    assert comparison.regressions == ()


def test_a_case_that_the_baseline_lacks_is_new_and_fails_nothing(recorded: Path) -> None:
    latest, less = (load_run(recorded / each / "run.json") for each in ("same", "missing"))
    comparison = compare(latest, less, "strict")
    assert [row.case.name for row in comparison.rows if row.verdict == Verdict.NEW] == [WORSE]
    assert comparison.regressions == ()


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.11, 1.30, Verdict.SLOWER),
        (1.10, 1.30, Verdict.INCONCLUSIVE),
        (1.05, 1.20, Verdict.INCONCLUSIVE),
        (0.95, 1.05, Verdict.SAME),
        (1.04, 1.10, Verdict.SAME),
        (0.80, 1.00, Verdict.INCONCLUSIVE),
        (0.70, 0.90, Verdict.FASTER),
        (0.50, 1.50, Verdict.INCONCLUSIVE),
    ],
)
def test_only_an_interval_wholly_beyond_the_bound_is_a_verdict(
    low: float, high: float, verdict: Verdict
) -> None:
    assert time_verdict(Estimate((low + high) / 2, low, high)) == verdict


def test_without_an_interval_nothing_is_concluded() -> None:
    assert time_verdict(Estimate(9.0)) == Verdict.INCONCLUSIVE


def elsewhere(document: Document) -> Document:
    for one_round in document["rounds"]:
        one_round["context"]["machine.cpu_model"] = "Other CPU"
    return document


def test_another_machine_is_compared_in_counts_and_speedups_alone(
    tmp_path: Path, baselines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = elsewhere(small(2))
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            each["real_time"] *= 3  # a slower machine is no regression
    arguments = ["compare", str(write(document, tmp_path / "run")), "--baselines", str(baselines)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    for part in ("No baseline of this fingerprint", "other-cpu-", "make baseline", "cpu_model",
                 "Example(R) CPU", "example-cpu-", "5 equal counts"):  # fmt: skip
        assert part in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_wrong_counts_fail_on_another_machine_too(tmp_path: Path, baselines: Path) -> None:
    document = elsewhere(small(2))
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            each["counts_digest"] += 1
    folder = write(document, tmp_path / "run")
    assert main(["compare", str(folder), "--baselines", str(baselines)]) == 1


def test_wrong_counts_fail_even_where_nothing_is_stored(tmp_path: Path) -> None:
    document = small(2)
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            each["counts_digest"] += each["run_name"] == WORSE + SUFFIX
    folder = write(document, tmp_path / "run")
    (tmp_path / "none").mkdir()
    assert main(["compare", str(folder), "--baselines", str(tmp_path / "none")]) == 1


def test_nothing_stored_at_all_is_said(
    tmp_path: Path, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none").mkdir()
    arguments = ["compare", str(recorded / "same"), "--baselines", str(tmp_path / "none")]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "None is stored for any other machine either" in printed
    assert "6 rounds: 5 cases, nothing to compare them with." in printed
    assert "Slower:" not in printed
    assert "tbb" not in printed


def test_a_named_folder_of_baselines_must_be_there(
    tmp_path: Path, recorded: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    same = str(recorded / "same")
    assert main(["compare", same, "--baselines", "misspelt"]) == 3
    assert "no folder of baselines" in capsys.readouterr().err
    assert main(["compare", same]) == 0  # the usual one comes with the first baseline


def test_a_baseline_that_is_too_short_is_no_measure(recorded: Path) -> None:
    latest, short = (load_run(recorded / each / "run.json") for each in ("same", "short"))
    with pytest.raises(UnusableData, match="too few rounds") as refusal:
        compare(latest, short, "strict")
    assert str(short.path) in refusal.value.where
    assert compare(latest, short, "advisory").regressions == ()


def test_counts_that_are_not_the_articles_fail(
    tmp_path: Path, baselines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = small(2)
    for one_round in document["rounds"]:
        one_round["context"]["article.counts"] = ",".join(["1"] * 12)
    folder = write(document, tmp_path / "run")
    for times in ("strict", "advisory"):
        arguments = ["compare", str(folder), "--baselines", str(baselines), "--times", times]
        assert main(arguments) == 1
        assert "WRONG COUNTS: " in capsys.readouterr().out


def test_each_family_has_a_table_and_that_of_the_worst_verdict_stands_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = write(with_kernels(small(1), round_noise=0.0, noise=0.05), tmp_path / "stored")
    document = with_kernels(small(2), round_noise=0.0, noise=0.05)
    for one_round in document["rounds"]:
        entry(one_round, kernel("fused", 10**7, workers=2))["real_time"] *= 2
    latest = write(document, tmp_path / "latest")
    baselines = ["--baselines", str(tmp_path / "baselines")]
    assert main(["baseline", str(stored), *baselines]) == 0
    capsys.readouterr()
    assert main(["compare", str(latest), *baselines]) == 1
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines.index("kernels") < lines.index("article")
    assert "All with m 100; kernel fused by_sample." in lines
    assert "inconclusive serial" in printed  # no verdict is cut off
    assert re.search(r"\nslower +tbb +fused +10000000 2 1.0-1.2 +2 +warm ", printed)
    assert "REGRESSION in 1 case." in printed


def test_no_verdict_is_cut_off_where_two_speedups_stand_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = write(with_kernels(small(1)), tmp_path / "stored")
    latest = write(elsewhere(with_kernels(small(2))), tmp_path / "latest")
    baselines = ["--baselines", str(tmp_path / "baselines")]
    assert main(["baseline", str(stored), *baselines]) == 0
    capsys.readouterr()
    assert main(["compare", str(latest), *baselines]) == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert len(re.findall(r"^equal counts serial +fused ", printed, re.MULTILINE)) == 4


def test_a_case_too_noisy_to_tell_is_said(
    tmp_path: Path, baselines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = small(2)
    for number, one_round in enumerate(document["rounds"]):
        entry(one_round, WORSE)["real_time"] *= 1.5 ** (number % 2)
    folder = write(document, tmp_path / "run")
    assert main(["compare", str(folder), "--baselines", str(baselines)]) == 0
    assert "No regression shown; 1 of 5 cases too noisy" in capsys.readouterr().out


def test_without_digests_nothing_is_called_equal(recorded: Path) -> None:
    latest, other = (load_run(recorded / each / "run.json") for each in ("same", "baseline"))
    bare = replace(other, frame=other.frame.assign(counts_digest=None))
    rows = compare_elsewhere(latest, bare, "strict").rows
    assert {row.verdict for row in rows} == {Verdict.NO_COUNTS}


def test_the_nearest_baseline_differs_in_the_fewest_items(tmp_path: Path, recorded: Path) -> None:
    for items in ({"kernel": "6.9"}, {"kernel": "6.9", "libc": "glibc 2.40"}):
        document = small(3)
        for one_round in document["rounds"]:
            one_round["context"] |= {f"machine.{key}": value for key, value in items.items()}
        folder = write(document, tmp_path / "run")
        assert main(["baseline", str(folder), "--baselines", str(tmp_path / "baselines")]) == 0
    latest = load_run(recorded / "same" / "run.json")
    nearest = nearest_baseline(latest, tmp_path / "baselines")
    assert nearest
    assert nearest.machine == {**MACHINE, "kernel": "6.9"}
    assert compare_elsewhere(latest, nearest, "strict").differing == {"kernel": ("6.1.0", "6.9")}


def test_another_profile_hides_no_missing_case(recorded: Path) -> None:
    less, baseline = (load_run(recorded / each / "run.json") for each in ("missing", "baseline"))
    comparison = compare(replace(less, profile="quick"), baseline, "strict")
    assert [row.case.name for row in comparison.regressions] == [WORSE]
    assert "profile quick, the baseline of default" in comparison.notes[0]


@pytest.mark.parametrize(
    ("case_filter", "missing"),
    [("serial|fork_pipe|workers:1/", 0), ("-tbb.*workers:2/", 0), ("real_time$", 1), ("", 1)],
)
def test_what_a_filter_left_out_is_not_missing(
    case_filter: str, missing: int, recorded: Path
) -> None:
    less, baseline = (load_run(recorded / each / "run.json") for each in ("missing", "baseline"))
    comparison = compare(replace(less, case_filter=case_filter), baseline, "strict")
    assert len(comparison.regressions) == missing
    said = "1 case of the baseline left aside" in " ".join(comparison.notes)
    assert said == (missing == 0)


@pytest.mark.parametrize(
    ("largest_n", "named", "missing"),
    [(0, False, 1), (9_999, False, 0), (10_000, False, 1), (10_000, True, 0)],
)
def test_what_was_too_large_to_be_planned_is_not_missing(
    largest_n: int, named: bool, missing: int, recorded: Path
) -> None:
    """All cases are of n = 10,000; by name, where a family ends below the bound of the profile."""
    less, baseline = (load_run(recorded / each / "run.json") for each in ("missing", "baseline"))
    lost = {case.name for case in baseline.cases} - {case.name for case in less.cases}
    assert len(lost) == 1
    not_planned = frozenset(lost if named else ())
    smaller = replace(less, largest_n=largest_n, not_planned=not_planned)
    comparison = compare(smaller, baseline, "strict")
    assert len(comparison.regressions) == missing
    told = f"This run planned no n above {largest_n:,}: 1 case of the baseline left aside."
    assert (told in comparison.notes) == (missing == 0)
    assert len(comparison.rows) == 4 + missing


def test_a_case_that_two_reasons_leave_out_is_counted_once(recorded: Path) -> None:
    less, baseline = (load_run(recorded / each / "run.json") for each in ("missing", "baseline"))
    names = frozenset(case.name for case in baseline.cases)
    both = replace(less, case_filter="serial|fork_pipe|workers:1/", not_planned=names)
    notes = compare(both, baseline, "strict").notes
    assert len(notes) == 1
    assert "A filter left out cases: 1 case" in notes[0]


def test_another_bound_of_n_is_not_called_the_same_cases(recorded: Path) -> None:
    same, baseline = (load_run(recorded / each / "run.json") for each in ("same", "baseline"))
    comparison = compare(replace(same, profile="full", largest_n=10**8), baseline, "strict")
    assert "other rounds, another largest n." in comparison.notes[0]


def test_a_filter_that_cannot_be_read_is_refused(recorded: Path) -> None:
    less, baseline = (load_run(recorded / each / "run.json") for each in ("missing", "baseline"))
    with pytest.raises(UnusableData, match="filter"):
        compare(replace(less, case_filter="("), baseline, "strict")


def test_impossible_times_fail_only_where_times_decide(
    tmp_path: Path, baselines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = small(2)
    for one_round in document["rounds"]:
        entry(one_round, WORSE)["real_time"] /= 9
    folder = write(document, tmp_path / "run")
    arguments = ["compare", str(folder), "--baselines", str(baselines)]
    assert main(arguments) == 1
    assert main([*arguments, "--times", "advisory"]) == 0
    assert capsys.readouterr().out.count("1 implausible, 4 same") == 2
