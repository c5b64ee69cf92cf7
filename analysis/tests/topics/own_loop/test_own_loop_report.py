"""The report of a run of a user's own loop: about that loop, and about nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from browser import PHONE, Open
from parzen_study.cli import main
from parzen_study.page.blocks import Gallery, Table
from parzen_study.report.page import page
from parzen_study.report.report import write_report
from parzen_study.report.tables import tables
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.own_loop import section as own_section
from record import small
from synthetic import Document, write
from synthetic_own_loop import fail, gains, own_loop
from unrendered import lay_out, rendering, text_of

EVIL = "a <b>`x`<b> 'y' | <img src=x onerror=alert(1)>.cpp"
SECTIONS = ["zones", "own_loop", "cases", "system", "measured", "reading"]


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def typical(sizes: Sequence[int] = (1_000, 100_000), **item: Any) -> Document:
    return own_loop(gains(lambda _: 1.9, lambda _: 1.7), sizes=sizes, rounds=6, **item)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return studied(typical(flags="-O2 -DX='a b'", sizes_chosen=True), tmp_path_factory.mktemp("r"))


def test_only_what_holds_for_any_loop_is_there(found: Study) -> None:
    shown = page(found)
    assert [each.name for each in shown.sections] == SECTIONS
    assert shown.title == "Loop mine: processes, threads or neither, and how many?"
    assert shown.subtitle.startswith("The loop of mine.cpp on ")
    assert set(tables(found)) == {"zones", "own_loop", "cases", "system", "backends"}
    text = text_of(found).lower()
    for word in ("parzen", "article", "2014", "kernel:", "the samples", "no figure:", "efficienc"):
        assert word not in text, word


def test_a_run_of_the_suite_has_no_such_section(tmp_path: Path) -> None:
    other = studied(small(1), tmp_path)
    assert own_section.section(other) is None
    assert own_section.tables(other) == {}
    assert "own_loop" not in [each.name for each in page(other).sections]


def test_the_report_says_which_loop_and_how_to_measure_it_again(found: Study) -> None:
    text = text_of(found)
    assert "| file | mine.cpp |" in text
    assert "| SHA-256 of the file | 0123456789ab... |" in text
    assert "| sizes | 1,000, 100,000; chosen with LOOP" in text
    again = "`make bench LOOP=mine.cpp LOOP_FLAGS='-O2 -DX='\"'\"'a b'\"'\"'' "
    assert f"{again}LOOP_SIZES='1000 100000' PROFILE=quick`" in text


def test_the_table_has_a_row_a_size(found: Study) -> None:
    section = own_section.section(found)
    assert section
    table = next(each for each in section.blocks if isinstance(each, Table))
    assert [row[:2] for row in table.rows] == [("1,000", "1,000"), ("100,000", "100,000")]
    assert table.head[-3:] == ("cold", "warm", "with gaps")
    for row in table.rows:
        assert all(cell.endswith(", 2 workers)") for cell in row[-3:])
    frame = own_section.tables(found)["own_loop"]
    assert list(frame["start"]) == ["cold", "warm", "with gaps"] * 2
    assert (frame["speedup_low"] < frame["speedup"]).all()
    assert set(frame["mechanism"]) == {"threads"}


@pytest.mark.parametrize(
    "sizes",
    [
        (1_000, 100_000),
        (2_000, 5_000),
        (99_999, 100_000, 100_001, 999_999),
        tuple(range(1, 30)),
        (1, 2_500_000, 10**18),
        (7,),
        (2**63 - 1,),
    ],
)
def test_no_text_of_the_figure_is_cut_off_or_over_another(
    sizes: tuple[int, ...], tmp_path: Path
) -> None:
    section = own_section.section(studied(typical(sizes), tmp_path))
    assert section
    (gallery,) = (each for each in section.blocks if isinstance(each, Gallery))
    (drawing,) = gallery.drawings
    assert len(drawing.description) > 60
    figure = drawing.draw()
    lay_out(figure)
    axes = figure.axes[-1]
    ticks = [each for each in axes.get_xticklabels() if each.get_text()]
    assert ticks
    boxes = [each.get_window_extent() for each in ticks]
    assert not any(one.overlaps(other) for one in boxes for other in boxes if one is not other)
    titles = [axes._left_title for axes in figure.axes]  # type: ignore[attr-defined]
    (legend,) = figure.legends
    for text in (*ticks, *titles, *figure.texts, *legend.get_texts(), axes.xaxis.label):
        box = text.get_window_extent()
        assert float(text.get_fontsize()) >= 9.0
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, text


def test_the_terminal_begins_with_the_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = fail(typical(file=EVIL), "/openmp/", "crashed: [red]SIGSEGV[/red]")
    assert main(["report", str(write(document, tmp_path))]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert f"Loop mine ({EVIL}):" in printed
    assert "threads (tbb, 2 workers) at every size measured, 1,000 to 100,000." in printed
    assert "warning: openmp has no time in 10 of 10 cases: an error" in printed
    assert "crashed: [red]SIGSEGV[/red]" in printed
    assert printed.index("Loop mine") < printed.index("warning:")
    assert "article" not in printed


def test_no_answer_is_printed_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = own_loop(gains(lambda _: 1.9, lambda _: 1.5), rounds=1)
    assert main(["report", str(write(document, tmp_path))]) == 0
    assert "No answer: it takes at least 5 rounds, and this run has 1." in capsys.readouterr().out
    assert "No answer: it takes" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_odd_names_are_text_and_the_page_fits_a_phone(tmp_path: Path, open_page: Open) -> None:
    document = fail(
        typical(name="a.b_c-d+1" + "x" * 55, file=EVIL, flags=EVIL), "/openmp/", f"threw: {EVIL}"
    )
    with rendering():
        write_report(studied(document, tmp_path), tmp_path)
    opened = open_page(tmp_path / "report.html", width=PHONE)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == PHONE
    assert opened.page.locator("img, b").count() == 0
    assert EVIL.replace("`", "") in opened.page.locator("body").inner_text().replace("`", "")
    assert opened.page.locator("#own_loop figure > [role='img'] > svg").count() == 1
    assert opened.said == []
    assert opened.requests == [(tmp_path / "report.html").as_uri()]
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["sections"]


def test_two_machines_of_one_loop_stand_side_by_side(tmp_path: Path) -> None:
    places = [write(typical(), tmp_path / name) for name in "ab"]
    assert main(["report", *map(str, places)]) == 0
    text = (places[0] / "side_by_side" / "report.md").read_text(encoding="utf-8")
    assert "### Your loop" in text
    assert "| Workers ready (warm) | threads (" in text
    assert "article" not in text.lower()


@pytest.mark.parametrize(
    "other", [typical(file_sha256="f" * 64), typical(flags="-O1"), small(1, rounds=6)]
)
def test_different_loops_are_not_set_side_by_side(
    other: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = [write(typical(), tmp_path / "a"), write(other, tmp_path / "b")]
    assert main(["report", *map(str, places)]) == 3
    assert "the runs are of different loops" in capsys.readouterr().err
    assert not (places[0] / "side_by_side").exists()


def test_a_run_of_a_loop_is_no_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(typical(), tmp_path / "run")
    arguments = ["baseline", str(folder), "--baselines", str(tmp_path / "baselines")]
    assert main(arguments) == 12
    assert "it measures a loop of your own" in capsys.readouterr().err
    assert not (tmp_path / "baselines").exists()
