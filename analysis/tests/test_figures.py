"""The figures: what they hold, and that the same data give the same bytes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen_study import published
from parzen_study.figures import article_chart, speedup, style
from parzen_study.study import Study
from record import small
from synthetic import write

ANALYSIS = Path(__file__).parents[1]


def test_there_is_an_article_chart_for_each_parallel_backend_and_n(typical_study: Study) -> None:
    drawn = [(chart.backend, chart.n) for chart in typical_study.charts]
    backends = ("fork_pipe", "openmp", "process_pool", "tbb")
    assert drawn == [(backend, n) for backend in backends for n in (10_000, 1_000_000)]
    for chart in typical_study.charts:
        assert [bar.label for bar in chart.bars] == ["serial", "2", "3", "4", "6"]
        percents = published.article()["speedup_chart"]["percent_of_serial_speed"]
        assert [100 * (bar.published or 0) for bar in chart.bars] == pytest.approx(percents)
        assert chart.start == "cold"
        assert chart.mechanism == ("threads" if chart.backend in {"openmp", "tbb"} else "processes")


def test_the_article_chart_has_the_articles_form(typical_study: Study) -> None:
    chart = next(c for c in typical_study.charts if (c.backend, c.n) == ("process_pool", 10_000))
    figure = article_chart.draw(chart)
    (axes,) = figure.axes
    assert figure.get_suptitle() == "Serial vs. process_pool via Parzen-window estimation"
    assert axes.get_xlabel() == "time in milliseconds for n=10000"
    assert axes.get_ylabel() == "number of processes"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["serial", "2", "3", "4", "6"]
    widths = [bar.get_width() for bar in axes.patches]  # type: ignore[attr-defined]
    assert widths == pytest.approx([1e3 * bar.time.value for bar in chart.bars])
    texts = {text.get_text() for text in axes.texts}
    assert {f"{bar.speed.value:.2%}" for bar in chart.bars} <= texts


def test_the_speedup_figure_has_every_backend_and_start(typical_study: Study) -> None:
    assert [figure.n for figure in typical_study.speedups] == [10_000, 1_000_000]
    for data in typical_study.speedups:
        assert [line.label for line in data.lines] == [
            "fork_pipe, cold", "openmp, cold", "openmp, warm",
            "process_pool, cold", "process_pool, warm", "tbb, cold", "tbb, warm",
        ]  # fmt: skip
        (axes,) = speedup.draw(data).axes
        labels = {text.get_text() for text in axes.texts}
        assert {line.label for line in data.lines} | {"serial", "ideal, 4 usable CPUs"} == labels


@given(st.lists(st.floats(0.0, 1.0), max_size=15))
def test_labels_keep_their_distance_and_order(wanted: list[float]) -> None:
    places = speedup.spread(wanted, gap=0.05, low=0.0, high=1.0)
    pairs = sorted(zip(wanted, places, strict=True), key=lambda pair: pair[1])
    for (wish, place), (next_wish, next_place) in pairwise(pairs):
        assert next_place - place >= 0.05 - 1e-9
        assert next_wish >= wish
    assert all(-1e-9 <= place <= 1.0 + 1e-9 for place in places)


def test_every_backend_has_a_colour_and_marker_of_its_own() -> None:
    known = ["serial", "fork_pipe", "process_pool", "tbb", "openmp"]
    assert len({style.backend_style(name) for name in known}) == len(known)
    assert style.backend_style("newcomer") == style.backend_style("newcomer")
    assert style.backend_style("newcomer") not in {style.backend_style(name) for name in known}


def test_names_from_outside_become_file_names() -> None:
    assert style.file_name("article", "../<b>", "n1") == "article_-b-_n1"


def test_figures_in_one_page_share_no_id_and_follow_its_colours(typical_report: Path) -> None:
    files = sorted((typical_report / "figures").glob("*.svg"))
    inline = [style.inline_svg(file.stem, file.read_text("utf-8")) for file in files]
    ids = re.findall(r'\bid="([^"]+)"', "".join(inline))
    assert len(ids) == len(set(ids)) > 100
    for drawing in inline:
        used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', drawing))
        assert used <= set(re.findall(r'\bid="([^"]+)"', drawing))
        assert style.INK not in drawing
        assert style.PAPER not in drawing
        assert "currentColor" in drawing


def test_the_same_run_gives_the_same_bytes_on_any_day(tmp_path: Path) -> None:
    """Two processes: other hash seed, folder, time zone, date, language and matplotlib settings."""
    written = []
    for number, (epoch, zone) in enumerate((("0", "UTC"), ("2000000000", "Asia/Tokyo"))):
        place = tmp_path / f"place-{number}"
        folder = write(small(1), place / "run")
        (place / "matplotlibrc").write_text(f"font.size: {10 + 5 * number}\n", encoding="utf-8")
        environment = {
            **os.environ,
            "PYTHONPATH": str(ANALYSIS),
            "PYTHONHASHSEED": str(number),
            "SOURCE_DATE_EPOCH": epoch,
            "TZ": zone,
            "LC_ALL": ("C", "C.UTF-8")[number],
        }
        command = [sys.executable, "-m", "parzen_study", "report", "run"]
        done = subprocess.run(command, cwd=place, env=environment, capture_output=True, check=True)
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        written.append({str(f.relative_to(folder)): f.read_bytes() for f in files})
        written[-1]["standard output"] = done.stdout
    assert len(written[0]) == 1 + 1 + 2 * (2 + 1 + 1) + 5 + 1
    assert written[0].keys() == written[1].keys()
    for name, content in written[0].items():
        assert content == written[1][name], name
