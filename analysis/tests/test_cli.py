"""The command line as a user meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from parzen_study.cli import main
from record import small
from synthetic import write

ANALYSIS = Path(__file__).parents[1]


def started(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ANALYSIS)}
    command = [sys.executable, "-m", "parzen_study", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["compare", "--times", "maybe"],
        ["report", "a", "b", "c"],
        ["report", "--what"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_no_run_ends_with_1_and_no_traceback(tmp_path: Path) -> None:
    done = started(["report"], tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "results/latest/run.json" in done.stderr
    assert "make bench" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_bad_data_ends_with_3_and_no_traceback(recorded: Path, tmp_path: Path) -> None:
    done = started(["report", str(recorded / "truncated")], tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "Traceback" not in done.stderr


def test_the_file_of_a_run_stands_for_its_folder(recorded: Path, tmp_path: Path) -> None:
    folder, file = (
        started(["fingerprint", str(recorded / "same" / name)], tmp_path).stdout
        for name in ("", "run.json")
    )
    assert file == folder != ""


def test_the_fingerprint_is_one_line(recorded: Path, tmp_path: Path) -> None:
    done = started(["fingerprint", str(recorded / "same")], tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("example-cpu-2-00ghz-")
    assert done.stdout.count("\n") == 1


def test_the_summary_is_plain_and_fits_80_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    folder = write(small(1), tmp_path / "run")
    assert main(["report", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    lines = [line for line in printed.splitlines() if str(tmp_path) not in line]
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line != line.rstrip()] == []
    assert "n = 10,000" in printed
    assert str(folder / "report.html") in printed


def test_a_report_with_rejected_data_is_written_and_ends_with_3(
    tmp_path: Path, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.json").write_bytes((recorded / "errored" / "run.json").read_bytes())
    assert main(["report", str(tmp_path)]) == 3
    assert (tmp_path / "report.html").exists()
    assert "rejection:" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(small(1, rounds=3), tmp_path)

    def refuse(**_: object) -> str:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    assert main(["report", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"parzen-study: {tmp_path}: Permission denied\n"


@pytest.mark.parametrize("other", ["same", "same/run.json", "mixed/../same"])
def test_a_run_against_itself_is_rejected(recorded: Path, tmp_path: Path, other: str) -> None:
    done = started(["report", str(recorded / "same"), str(recorded / other)], tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the same folder twice" in done.stderr
