"""SOURCE_DATE_EPOCH: a report needs no date, and rejects a value that is not one with one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from parzen_study import cli
from parzen_study.common.source_date import check_source_date
from places import ANALYSIS


def ended(date: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A module that is run by a Python of its own, which has yet to import SciPy."""
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ANALYSIS), "SOURCE_DATE_EPOCH": date},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "date",
    ["x", "1.5", "-5", "+5", " 5", "1_0", "0x10", "\u0665", "253402300800", "9" * 20, "9" * 9999],
    ids=lambda date: f"{date[:20]!a}",
)
def test_a_value_that_is_not_a_date_is_named_and_nothing_is_written(
    date: str, recorded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    before = sorted((recorded / "same").iterdir())
    assert cli.main(["report", str(recorded / "same")]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "SOURCE_DATE_EPOCH is '" in printed.err
    assert "unset it" in printed.err
    assert len(printed.err) < 200
    assert sorted((recorded / "same").iterdir()) == before


def test_it_is_checked_before_a_library_reads_it(recorded: Path) -> None:
    done = ended("x", "parzen_study", "report", recorded / "same")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_an_empty_value_counts_as_unset(recorded: Path) -> None:
    done = ended("", "parzen_study", "report", recorded / "same")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("date", ["0", "007", "253402300799"])
def test_a_date_is_accepted(date: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    check_source_date()


def test_what_imports_no_scipy_asks_for_no_date(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "x")
    assert cli.main(["fingerprint", str(recorded / "same")]) == 0
