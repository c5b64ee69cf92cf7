"""What a comparison prints: whole words, at most 80 columns, the verdict last."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from judged import documents
from parzen_study.cli import main
from record import WORSE, entry, small
from synthetic import Document, write
from synthetic_kernels import kernel, with_kernels

Capture = pytest.CaptureFixture[str]


def elsewhere(document: Document) -> Document:
    for one_round in document["rounds"]:
        one_round["context"]["machine.cpu_model"] = "Other CPU"
    return document


def test_another_machine_has_its_differences_and_both_speedups_shown(
    tmp_path: Path, baselines: Path, capsys: Capture
) -> None:
    run = write(elsewhere(small(2)), tmp_path / "run")
    assert main(["compare", str(run), "--baselines", str(baselines)]) == 11
    printed = capsys.readouterr().out
    for part in ("No baseline of this fingerprint", "other-cpu-", "make baseline", "cpu_model",
                 "Example(R) CPU", "example-cpu-", "5 equal counts"):  # fmt: skip
        assert part in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_an_item_that_differs_is_named_whatever_the_length_of_its_values(
    tmp_path: Path, baselines: Path, capsys: Capture
) -> None:
    document = small(2)
    for one_round in document["rounds"]:
        one_round["context"]["machine.cpu_flags"] = "sse avx " * 40 + "new_flag"
        one_round["context"]["machine.kernel"] = "x" * 300
    run = write(document, tmp_path / "run")
    assert main(["compare", str(run), "--baselines", str(baselines)]) == 11
    lines = capsys.readouterr().out.splitlines()
    for item in ("item", "cpu_flags", "kernel"):
        assert any(line.split()[:1] == [item] for line in lines), item
    assert any("new_flag" in line for line in lines), "the words that differ are shown"
    assert max(map(len, lines)) <= 80


def test_another_profile_has_both_speedups_shown(
    tmp_path: Path, baselines: Path, capsys: Capture
) -> None:
    run = write({**small(2), "profile": "quick"}, tmp_path / "run")
    assert main(["compare", str(run), "--baselines", str(baselines)]) == 11
    printed = capsys.readouterr().out
    assert "This run has profile quick, the baseline has default" in printed
    assert "Counts and speedups are compared, times are not: 0 stored runs of quick, 10" in printed
    assert "speedup here" in printed
    assert "latest/stored" not in printed


def test_nothing_stored_at_all_is_said(tmp_path: Path, recorded: Path, capsys: Capture) -> None:
    (tmp_path / "none").mkdir()
    arguments = ["compare", str(recorded / "same"), "--baselines", str(tmp_path / "none")]
    assert main(arguments) == 11
    printed = capsys.readouterr().out
    assert "There is none for any other machine either" in printed
    assert "6 rounds: 5 cases, no baseline." in printed
    assert "latest/stored" not in printed
    assert "tbb" not in printed


def test_counts_that_are_not_the_articles_are_said(
    tmp_path: Path, baselines: Path, capsys: Capture
) -> None:
    document = small(2)
    for one_round in document["rounds"]:
        one_round["context"]["article.counts"] = ",".join(["1"] * 12)
    folder = write(document, tmp_path / "run")
    for times in ("strict", "advisory"):
        arguments = ["compare", str(folder), "--baselines", str(baselines), "--times", times]
        assert main(arguments) == 10
        assert "WRONG COUNTS: " in capsys.readouterr().out


def test_each_family_has_a_table_and_that_of_the_worst_outcome_stands_first(
    tmp_path: Path, capsys: Capture
) -> None:
    baselines = ["--baselines", str(tmp_path / "baselines")]
    for number, document in enumerate(documents()):
        run = write(with_kernels(document, round_noise=0.0, noise=0.01), tmp_path / str(number))
        assert main(["baseline", str(run), *baselines]) == 0
    document = with_kernels(small(2), round_noise=0.0, noise=0.01)
    for one_round in document["rounds"]:
        entry(one_round, kernel("fused", 10**7, workers=2))["real_time"] *= 1.9
        entry(one_round, WORSE)["real_time"] *= 1.5
    latest = write(document, tmp_path / "latest")
    capsys.readouterr()
    assert main(["compare", str(latest), *baselines]) == 11
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines.index("kernels") < lines.index("article")
    assert re.search(r"\nslower +tbb cold +2 1\.2\d\d +0\.\d+ to 1\.\d+\n", printed)
    assert "WARNING: times outside of their prediction." in printed
    assert re.search(r"\nslower +tbb +1\.9\d\d \(0\.\d+ to 1\.\d+\)", printed)
    assert re.fullmatch(r"verdict: inconclusive - warning: of 4 units \d slower; .*", lines[-1])


def test_no_outcome_is_cut_off_where_two_speedups_stand_next_to_it(
    tmp_path: Path, capsys: Capture
) -> None:
    stored = write(with_kernels(small(1)), tmp_path / "stored")
    latest = write(elsewhere(with_kernels(small(2))), tmp_path / "latest")
    baselines = ["--baselines", str(tmp_path / "baselines")]
    assert main(["baseline", str(stored), *baselines]) == 0
    capsys.readouterr()
    assert main(["compare", str(latest), *baselines]) == 11
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert len(re.findall(r"^equal counts serial +fused ", printed, re.MULTILINE)) == 4


def test_what_moved_is_shown_where_times_are_advisory(
    recorded: Path, ten_runs: Path, capsys: Capture
) -> None:
    arguments = ["compare", str(recorded / "slower"), "--baselines", str(ten_runs)]
    assert main([*arguments, "--times", "advisory"]) == 11
    printed = capsys.readouterr().out
    assert "\nslower " in printed
    assert "Times are advisory: slower and implausible cases are warnings.\n" in printed


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "TTY_COMPATIBLE"])
def test_the_verdict_is_plain_where_the_rest_has_colours(
    variable: str, recorded: Path, ten_runs: Path, capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Continuous integration asks for colours, and greps for the last line."""
    monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "20")
    assert main(["compare", str(recorded / "same"), "--baselines", str(ten_runs)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "verdict: pass - counts equal, times as predicted (5 cases)"
