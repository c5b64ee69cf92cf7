"""What may become a baseline, and how it is stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parzen_study.cli import main
from record import small
from synthetic import Document, write


def test_a_baseline_under_a_foreign_name_is_rejected(
    tmp_path: Path, baselines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder,) = baselines.iterdir()
    folder.rename(baselines / "renamed")
    run = write(small(2), tmp_path / "run")
    assert main(["compare", str(run), "--baselines", str(baselines)]) == 12
    assert "unusable baseline: it does not belong" in capsys.readouterr().err


def test_a_baseline_is_stored_byte_for_byte_and_replaced_whole(
    recorded: Path, baselines: Path
) -> None:
    (folder,) = baselines.iterdir()
    stored = folder / "run.json"
    assert stored.read_bytes() == (recorded / "baseline" / "run.json").read_bytes()
    assert main(["baseline", str(recorded / "same"), "--baselines", str(baselines)]) == 0
    assert stored.read_bytes() == (recorded / "same" / "run.json").read_bytes()
    assert [file.name for file in baselines.rglob("*")] == [folder.name, "run.json"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("short", "4 rounds"),
        ("errored", "an error in 1 of 6 rounds"),
        ("mixed", "the same machine"),
    ],
)
def test_a_run_that_is_no_measure_becomes_no_baseline(
    name: str, said: str, tmp_path: Path, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "baselines"
    assert main(["baseline", str(recorded / name), "--baselines", str(folder)]) == 3
    assert said in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.parametrize(
    ("top", "context", "said"),
    [({"interrupted": True, "rounds_planned": 9}, {}, "6 of 9"), ({}, {"host_name": "x"}, "host")],
)
def test_an_interrupted_or_private_run_becomes_no_baseline(
    top: Document, context: Document, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = small(1) | top
    document["rounds"][0]["context"] |= context
    folder = write(document, tmp_path / "run")
    assert main(["baseline", str(folder), "--baselines", str(tmp_path / "b")]) == 3
    assert said in capsys.readouterr().err


def test_a_baseline_that_is_replaced_is_called_so_with_its_date(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baselines = tmp_path / "baselines"
    document = json.loads((recorded / "same" / "run.json").read_bytes())
    for day, before in (("01", None), ("02", "measured on 2026-05-01"), ("03", "2026-05-02")):
        for one_round in document["rounds"]:
            one_round["context"]["date"] = f"2026-05-{day}T12:00:00+00:00"
        run = write(document, tmp_path / day)
        assert main(["baseline", str(run), "--baselines", str(baselines)]) == 0
        printed = capsys.readouterr().out
        (stored,) = baselines.glob("*/run.json")
        done = f"Stored {stored};" if before is None else f"Replaced {stored} ("
        assert printed.startswith(done)
        assert before is None or f"{before});" in printed


def test_a_broken_baseline_can_be_replaced_and_the_reason_is_said(
    recorded: Path, baselines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stored,) = baselines.glob("*/run.json")
    stored.write_bytes(b"{")
    capsys.readouterr()
    assert main(["baseline", str(recorded / "same"), "--baselines", str(baselines)]) == 0
    printed = capsys.readouterr().out
    assert f"Replaced {stored} (unusable baseline: the file is truncated or not JSON);" in printed
    assert stored.read_bytes() == (recorded / "same" / "run.json").read_bytes()
