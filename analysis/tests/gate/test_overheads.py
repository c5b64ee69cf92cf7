"""METG(50%), costs of calls and break-even of two machines, side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.gate.overheads import NOT_MEASURED, overheads
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from synthetic import Document, write
from synthetic_scaling import OVERHEAD, grain
from synthetic_sweep import TYPICAL, sweep, with_sweep

METG, CALL = "METG(50%)", "Overhead of a call that creates its workers"


def run_of(document: Document, folder: Path) -> Run:
    return load_run(write(document, folder) / "run.json")


def documents(slower: float = 3.0) -> tuple[Document, Document]:
    """The second one's tasks cost as many times as much to hand over."""
    more = {key: slower * each for key, each in OVERHEAD.items()}
    return (
        with_sweep({**grain(), **sweep()}),
        with_sweep({**grain(more), **sweep()}, seed=4),
    )


def test_figures_of_both_stand_side_by_side(tmp_path: Path) -> None:
    one, other = documents()
    found = overheads(run_of(one, tmp_path / "a"), run_of(other, tmp_path / "b"))
    by_title = {each.title: {label: row for label, *row in each.rows} for each in found}
    assert {METG, CALL} < by_title.keys()
    here, there = by_title[METG]["tbb, warm"]
    assert here != there
    pays = [title for title in by_title if title.startswith("Break-even, serial time")]
    assert len(pays) == 1
    assert len(by_title[pays[0]]) == len(TYPICAL) - 1


def test_what_one_has_not_measured_is_said(tmp_path: Path) -> None:
    one, other = documents()[0], with_sweep(sweep())
    found = overheads(run_of(one, tmp_path / "a"), run_of(other, tmp_path / "b"))
    (metg,) = [each for each in found if each.title == METG]
    assert {there for _, _, there in metg.rows} == {NOT_MEASURED}
    nothing = run_of(with_sweep({}), tmp_path / "c")
    assert overheads(nothing, nothing) == []


def test_a_comparison_across_machines_prints_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = documents()
    for one_round in other["rounds"]:
        one_round["context"]["machine.cpu_model"] = "Other CPU"
    stored = write(one, tmp_path / "a")
    latest = write(other, tmp_path / "b")
    folder = tmp_path / "baselines"
    assert main(["baseline", str(stored), "--baselines", str(folder)]) == 0
    capsys.readouterr()
    assert main(["compare", str(latest), "--baselines", str(folder)]) == 11
    printed = capsys.readouterr().out
    for part in (METG, CALL, "Break-even, serial time", "times of two are not compared"):
        assert part in printed
    assert max(map(len, printed.splitlines())) <= 80
