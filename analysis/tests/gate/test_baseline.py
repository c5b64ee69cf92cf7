"""What may be added to the stored runs, and what is rejected, with nothing changed."""

from __future__ import annotations

import errno
import json
import lzma
import os
from pathlib import Path

import pytest

from judged import dated
from parzen_study.cli import main
from record import WORSE, entry, small
from synthetic import Document, write

Capture = pytest.CaptureFixture[str]


def add(run: Path, baselines: Path) -> int:
    return main(["baseline", str(run), "--baselines", str(baselines)])


def contents(folder: Path) -> dict[str, bytes]:
    """Hidden files too."""
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def rejected(run: Path, baselines: Path, capsys: Capture) -> str:
    """What is said of a run that is not stored; whatever was there is as it was."""
    before = contents(baselines)
    capsys.readouterr()
    assert add(run, baselines) == 12
    assert contents(baselines) == before
    said = capsys.readouterr().err
    assert said.count("  do:    ") == 1
    return " ".join(said.split())


def test_runs_are_added_byte_for_byte_and_compressed(tmp_path: Path, capsys: Capture) -> None:
    baselines = tmp_path / "baselines"
    for day in (1, 2):
        run = write(dated(small(seed=day), day), tmp_path / str(day))
        assert add(run, baselines) == 0
    printed = capsys.readouterr().out
    assert "Runs of profile default there: 2; judging times needs 10." in printed
    (folder,) = baselines.iterdir()
    names = sorted(file.name for file in folder.iterdir())
    assert names == [f"2026-01-0{day}T030405Z-default-0123456.json.xz" for day in (4, 5)]
    for day, name in enumerate(names, start=1):
        content = lzma.decompress((folder / name).read_bytes())
        assert content == (tmp_path / str(day) / "run.json").read_bytes()


def test_the_tenth_run_is_enough(ten_runs: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["compare", str(write(small(2), tmp_path)), "--baselines", str(ten_runs)]) == 0
    assert "Stored runs of profile default: 10; times need 10." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("short", "4 rounds"),
        ("errored", "an error in 1 of 6 rounds"),
        ("mixed", "its machine or build differs"),
        ("truncated", "not JSON"),
        ("foreign", "not a run of this suite"),
    ],
)
def test_a_run_that_is_no_measure_is_rejected(
    name: str, said: str, tmp_path: Path, recorded: Path, capsys: Capture
) -> None:
    folder = tmp_path / "baselines"
    assert said in rejected(recorded / name, folder, capsys)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("top", "context", "said"),
    [
        ({"interrupted": True, "rounds_planned": 9}, {}, "6 of 9"),
        ({"filter": "tbb"}, {}, "filter"),
        ({"profile": "../x"}, {}, "not valid in a file name"),
        ({}, {"host_name": "x"}, "host"),
        ({}, {"machine.revision_dirty": "yes"}, "uncommitted changes"),
        ({}, {"machine.revision_dirty": "unknown"}, "or no commit"),
        ({}, {"machine.revision": "a/b"}, "not valid in a file name"),
        ({}, {"date": "yesterday"}, "not valid in a file name"),
        ({}, {"date": "2026-01-02T03:04:05"}, "not valid in a file name"),
    ],
)
def test_a_run_that_could_not_be_measured_again_is_rejected(
    top: Document, context: Document, said: str, tmp_path: Path, capsys: Capture
) -> None:
    document = small(1) | top
    for one_round in document["rounds"]:
        one_round["context"] |= context
    folder = write(document, tmp_path / "run")
    assert said in rejected(folder, tmp_path / "b", capsys)


def test_a_run_that_other_programs_disturbed_is_rejected(tmp_path: Path, capsys: Capture) -> None:
    document = small(1)
    for one_round in document["rounds"]:
        one_round["foreign_load"] = {"seconds": 10.0, "cpu_seconds": 5.0}
    run = write(document, tmp_path / "run")
    assert "other programs used 0.5 CPUs" in rejected(run, tmp_path / "b", capsys)


def test_the_same_run_is_rejected_whatever_its_form(
    recorded: Path, baselines: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert "it is already stored: 2026-" in rejected(recorded / "baseline", baselines, capsys)
    document = json.loads((recorded / "baseline" / "run.json").read_bytes())
    again = write(dated(document, 20), tmp_path / "again")  # of another day, as it says
    assert "it is already stored: 2026-" in rejected(again, baselines, capsys)


def test_other_answers_than_the_stored_ones_are_rejected(
    baselines: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Those of all cases that agree with each other: serial does not tell."""
    document = dated(small(2), 20)
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            each["counts_digest"] += 1
    run = write(document, tmp_path / "run")
    assert "5 cases of it, such as article/" in rejected(run, baselines, capsys)
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            each["counts_digest"] -= 1
        entry(one_round, WORSE)["counts_digest"] += 1
    assert "differ from those of serial" in rejected(
        write(document, tmp_path / "b"), baselines, capsys
    )


def test_without_space_nothing_is_stored(
    baselines: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "run.json.xz")

    run = write(dated(small(2), 20), tmp_path / "run")
    for place in ("pathlib.Path.write_bytes", "os.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            said = rejected(run, baselines, capsys)
        assert "No space left on device do: make room there" in said
    assert add(run, baselines) == 0


def test_a_broken_stored_run_stops_what_would_be_added(
    baselines: Path, tmp_path: Path, capsys: Capture
) -> None:
    (stored,) = baselines.glob("*/*.xz")
    stored.write_bytes(stored.read_bytes()[:-40])
    run = write(dated(small(2), 20), tmp_path / "run")
    said = rejected(run, baselines, capsys)
    assert "unusable baseline: the file cannot be read as a run" in said
    assert "a truncated .xz file" in said
    assert "restore the file (git checkout), or remove it" in said
    stored.unlink()
    assert add(run, baselines) == 0
