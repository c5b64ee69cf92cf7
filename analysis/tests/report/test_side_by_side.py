"""Two runs side by side: what both say, with the ratio that the truth has."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from parzen_study.cli import main
from synthetic import Synthetic, typical, write


def slower_machine(backend: str, n: int, workers: int, start: str) -> float:
    """Three times as slow, and no second core to gain from."""
    return 3.0 * typical(backend, n, 1 if n < 100_000 else workers, start)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both runs in folders a and b; not to be written into."""
    place = tmp_path_factory.mktemp("two")
    sizes = (10_000, 1_000_000)
    Synthetic(sizes=sizes).write(place / "a")
    other = Synthetic(slower_machine, sizes=sizes, workers=(1, 2, 4), seed=2)
    other.machine |= {"cpu_model": "Slow <b>CPU</b>", "libc": "musl 1.2"}
    other.write(place / "b")
    assert main(["report", str(place / "a"), str(place / "b")]) == 0
    return place


def test_it_stands_in_a_folder_of_its_own(folder: Path) -> None:
    assert {file.name for file in (folder / "a").iterdir()} == {"run.json", "side_by_side"}
    assert {file.name for file in (folder / "a" / "side_by_side").iterdir()} == {
        "report.html", "report.md", "report.json", "figures", "tables",
    }  # fmt: skip
    assert {file.name for file in (folder / "b").iterdir()} == {"run.json"}


def test_ratios_are_those_of_the_truth(folder: Path) -> None:
    with (folder / "a" / "side_by_side" / "tables" / "times.csv").open(encoding="utf-8") as file:
        rows = {row["case"]: row for row in csv.DictReader(file)}
    assert len(rows) == 2 + 2 * 3 * (1 + 2 + 2 + 2)  # six workers are A's alone
    serial = rows[next(name for name in rows if "/serial/" in name and "n:10000/" in name)]
    assert float(serial["b_over_a"]) == pytest.approx(3.0, rel=0.05)
    assert float(serial["b_over_a_low"]) < 3.0 < float(serial["b_over_a_high"])


def test_answers_claims_and_machines_stand_next_to_each_other(folder: Path) -> None:
    page = json.loads((folder / "a" / "side_by_side" / "report.json").read_text(encoding="utf-8"))
    sections = {section["name"]: section["blocks"] for section in page["sections"]}
    assert list(sections) == ["answer", "claims", "speedup", "times", "system"]
    small, large = sections["answer"][0]["rows"]
    assert small == ["n = 10,000", "threads (tbb): 4 workers", "neither: stay serial"]
    assert {re.sub(r"\(\w+\)", "(...)", each) for each in large[1:]} == {"threads (...): 4 workers"}
    assert len(sections["claims"][0]["rows"]) == 8
    assert ["libc", "glibc 2.36", "musl 1.2"] in sections["system"][0]["rows"]
    assert all(row[1] != row[2] for row in sections["system"][0]["rows"])


def test_figures_are_in_pairs_and_names_from_outside_are_text(folder: Path) -> None:
    text = (folder / "a" / "side_by_side" / "report.html").read_text(encoding="utf-8")
    names = [file.stem for file in (folder / "a" / "side_by_side" / "figures").glob("*.svg")]
    assert sorted(name[2:] for name in names if name.startswith("a_")) == sorted(
        name[2:] for name in names if name.startswith("b_")
    )
    assert len(names) == 4
    assert all(f'id="figure-{name}"' in text for name in names)
    assert "Slow &lt;b&gt;CPU&lt;/b&gt;" in text


def test_a_run_against_itself_differs_in_nothing(tmp_path: Path) -> None:
    document = Synthetic(rounds=5, sizes=(10_000,)).document()
    for name in "ab":
        write(document, tmp_path / name)
    assert main(["report", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    text = (tmp_path / "a" / "side_by_side" / "report.md").read_text(encoding="utf-8")
    assert "Machine and build are the same." in text


def test_no_case_in_common_is_no_error(tmp_path: Path) -> None:
    Synthetic(rounds=5, sizes=(10_000,)).write(tmp_path / "a")
    Synthetic(rounds=5, sizes=(500,)).write(tmp_path / "b")
    assert main(["report", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    text = (tmp_path / "a" / "side_by_side" / "report.md").read_text(encoding="utf-8")
    assert "not measured" in text
    assert "## Times" not in text


def test_the_second_run_is_rejected_as_the_first_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Synthetic(rounds=5, sizes=(10_000,)).write(tmp_path / "a")
    assert main(["report", str(tmp_path / "a"), str(tmp_path / "b")]) == 1
    assert str(tmp_path / "b" / "run.json") in capsys.readouterr().err
    assert {file.name for file in (tmp_path / "a").iterdir()} == {"run.json"}
