"""The figures: what they hold, and that the same data give the same bytes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parzen_study.page import style
from parzen_study.run import published
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.article import figure as article_chart
from parzen_study.topics.article.figure import ArticleFigure, article_charts
from parzen_study.topics.every_case.section import case_tables
from parzen_study.topics.speedup import figure as speedup
from parzen_study.topics.speedup.figure import speedup_figures
from places import ANALYSIS
from record import small
from synthetic import write
from synthetic_kernels import with_fused
from unrendered import lay_out

NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
POOLS_OF_PYTHON = ("multiprocessing_Pool", "ProcessPoolExecutor", "loky")


def test_there_is_an_article_chart_for_each_parallel_backend_and_n(typical_study: Study) -> None:
    drawn = [(chart.backend, chart.n) for chart in article_charts(typical_study)]
    backends = ("fork_pipe", "openmp", "process_pool", "tbb")
    assert drawn == [(backend, n) for backend in backends for n in (10_000, 1_000_000)]
    for chart in article_charts(typical_study):
        assert [bar.label for bar in chart.bars] == ["serial", "2", "3", "4", "6"]
        percents = published.article()["speedup_chart"]["percent_of_serial_speed"]
        assert [100 * (bar.published or 0) for bar in chart.bars] == pytest.approx(percents)
        assert chart.start == "cold"
        assert chart.mechanism == ("threads" if chart.backend in {"openmp", "tbb"} else "processes")


@pytest.mark.parametrize(("width", "columns"), [(style.WIDTH, 2), (style.WIDE, 4)])
def test_the_article_chart_is_once_with_a_panel_a_backend_and_2014(
    width: float, columns: int, typical_study: Study
) -> None:
    data = ArticleFigure(tuple(article_charts(typical_study)))
    figure = article_chart.draw(data, width)
    panels = [chart for own in data.rows.values() for chart in own]
    assert len(figure.axes) == len(panels) == 8
    assert len({round(axes.get_position().x0, 6) for axes in figure.axes}) == columns
    for axes, chart in zip(figure.axes, panels, strict=True):
        assert axes._left_title.get_text() == chart.backend  # type: ignore[attr-defined]
        names = [label.get_text() for label in axes.get_yticklabels()]
        assert names == ["2", "3", "4", "6"]
        lengths = [bar.get_width() for bar in axes.patches]  # type: ignore[attr-defined]
        assert lengths == pytest.approx([bar.speed.value for bar in chart.parallel])
        marked = [np.asarray(line.get_xdata()) for line in axes.lines if line.get_marker() == "D"]
        assert [float(at[0]) for at in marked] == [bar.published for bar in chart.parallel]
        texts = [text.get_text().strip() for text in axes.texts]
        assert texts == [f"{100 * bar.speed.value:,.0f}%" for bar in chart.parallel]
    headings = [text.get_text() for text in figure.texts]
    assert headings == ["n = 10,000, start cold", "n = 1,000,000, start cold"]
    for chart in panels:
        assert chart.description in data.description


def test_the_speedup_figure_has_every_backend_and_start(typical_study: Study) -> None:
    assert [figure.n for figure in speedup_figures(typical_study)] == [10_000, 1_000_000]
    for data in speedup_figures(typical_study):
        assert [line.label for line in data.lines] == [
            "fork_pipe, cold", "openmp, cold", "openmp, warm",
            "process_pool, cold", "process_pool, warm", "tbb, cold", "tbb, warm",
        ]  # fmt: skip
        (legend,) = speedup.draw(data).legends
        labels = {text.get_text() for text in legend.get_texts()}
        assert {line.label for line in data.lines} | {"serial", "ideal, 4 usable CPUs"} == labels


def test_no_text_of_a_figure_is_small_or_cut_off(typical_study: Study) -> None:
    charts = ArticleFigure(tuple(article_charts(typical_study)))
    for width in (style.WIDTH, style.WIDE):
        figure = article_chart.draw(charts, width)
        lay_out(figure)
        titles = [axes._left_title for axes in figure.axes]  # type: ignore[attr-defined]
        ticks = [label for axes in figure.axes for label in axes.get_yticklabels()]
        speeds = [text for axes in figure.axes for text in axes.texts]
        (legend,) = figure.legends
        texts = [*titles, *ticks, *speeds, *figure.texts, *legend.get_texts()]
        assert all(float(text.get_fontsize()) >= 9.0 for text in texts)
        boxes = [text.get_window_extent() for text in texts]
        for number, box in enumerate(boxes):
            assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, texts[number]
            assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, texts[number]
            assert not any(box.overlaps(other) for other in boxes[number + 1 :]), texts[number]
    drawn = []
    # Down to a ten-thousandth of serial, where ticks have many digits.
    for slower in (1.0, 1e-2, 1e-4):
        drawn += [
            speedup.draw(
                replace(
                    data,
                    lines=tuple(
                        replace(line, points=tuple((n, s.scaled(slower)) for n, s in line.points))
                        for line in data.lines
                    ),
                )
            )
            for data in speedup_figures(typical_study)
        ]
    for figure in drawn:
        lay_out(figure)
        (axes,) = figure.axes
        (legend,) = figure.legends
        texts = [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts, *figure.texts]
        for text in (*texts, *legend.get_texts()):
            assert float(text.get_fontsize()) >= 9.0
            box = text.get_window_extent()
            assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, text
            assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, text
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
            assert float(label.get_fontsize()) >= 9.0
            if label in axes.get_yticklabels() and axes.bbox.y0 <= label.get_window_extent().y0:
                assert axes.yaxis.label.get_window_extent().x1 <= label.get_window_extent().x0


def test_problems_of_the_same_n_share_no_name(tmp_path: Path) -> None:
    document = small(1, rounds=5)
    document["cases"] += [name.replace("m:100", "m:50") for name in document["cases"]]
    for one_round in document["rounds"]:
        one_round["benchmarks"] += [
            each | {"run_name": each["run_name"].replace("m:100", "m:50")}
            for each in one_round["benchmarks"]
        ]
    whole = study(load_run(write(document, tmp_path) / "run.json"))
    assert [each.name for each in speedup_figures(whole)] == [
        "speedup_literal_by_width_n10000_m50", "speedup_literal_by_width_n10000_m100",
    ]  # fmt: skip
    both = ["n = 10,000, m = 50", "n = 10,000, m = 100"]
    assert list(ArticleFigure(tuple(article_charts(whole))).rows) == [
        f"{each}, start cold" for each in both
    ]
    assert [answer.label for answer in whole.answers.found] == both
    assert [table.title for table in case_tables(whole)] == [f"article, {each}" for each in both]


def test_there_is_a_speedup_figure_a_kernel_and_its_title_says_which(tmp_path: Path) -> None:
    folder = write(with_fused(small(1, rounds=5)), tmp_path)
    whole = study(load_run(folder / "run.json"))
    assert [(each.backend, each.n) for each in article_charts(whole)] == [
        ("fork_pipe", 10_000),
        ("tbb", 10_000),
    ]
    assert [each.name for each in speedup_figures(whole)] == [
        "speedup_literal_by_width_n10000", "speedup_fused_by_sample_n10000",
    ]  # fmt: skip
    for data, kernel in zip(speedup_figures(whole), ("literal", "fused"), strict=True):
        assert data.problem == "n = 10,000"
        figure = speedup.draw(data)
        lay_out(figure)
        (axes,) = figure.axes
        title = axes._left_title  # type: ignore[attr-defined]  # the one that is drawn
        assert title.get_text() == f"n = 10,000, kernel {kernel}:\nspeedup by workers"
        box = title.get_window_extent()
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
        # Each against serial of its own kernel: the same truth, so the same speedups.
        assert data.lines[0].points[0][1].value == pytest.approx(
            speedup_figures(whole)[0].lines[0].points[0][1].value
        )


def test_every_backend_has_a_colour_and_marker_of_its_own() -> None:
    known = ["serial", "fork_pipe", "process_pool", "tbb", "openmp", *POOLS_OF_PYTHON]
    new = [f"newcomer_{number}" for number in range(20)]
    styles = style.backend_styles([*new, *known])
    assert len(set(styles.values())) == len(known) + len(new)
    assert styles == style.backend_styles([*known, *reversed(new)])
    assert style.PUBLISHED not in {each.colour for each in styles.values()}


def luminance(colour: str) -> float:
    """WCAG 2: of sRGB."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_line_is_seen_on_light_and_dark_paper() -> None:
    names = ["fork_pipe", "process_pool", "tbb", "openmp", "new_1", "new_2", "new_3", "new_4"]
    names += POOLS_OF_PYTHON
    for each in style.backend_styles(names).values():
        for paper in ("#ffffff", "#14181d"):
            low, high = sorted((luminance(each.colour), luminance(paper)))
            assert (high + 0.05) / (low + 0.05) >= 3.0, (each, paper)


def test_names_from_outside_become_file_names() -> None:
    assert style.file_name("article", "../<b>", "n1") == "article_-b-_n1"


def test_figures_in_one_page_share_no_id_and_follow_its_colours(rendered_report: Path) -> None:
    files = sorted((rendered_report / "figures").glob("*.svg"))
    inline = [style.inline_svg(file.stem, file.read_text("utf-8")) for file in files]
    ids = re.findall(r'\bid="([^"]+)"', "".join(inline))
    assert len(ids) == len(set(ids)) > 50
    for drawing in inline:
        used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', drawing))
        assert used <= set(re.findall(r'\bid="([^"]+)"', drawing))
        assert style.INK not in drawing
        assert style.PAPER not in drawing
        assert "currentColor" in drawing


def test_places_in_a_page_are_short_and_where_they_were(rendered_report: Path) -> None:
    for file in (rendered_report / "figures").glob("*.svg"):
        drawn = file.read_text("utf-8")
        inline = style.inline_svg(file.stem, drawn)
        before, after = (
            [float(n) for path in re.findall(r'\bd="([^"]*)"', text) for n in NUMBER.findall(path)]
            for text in (drawn, inline)
        )
        assert len(before) == len(after) > 100
        assert max(abs(a - b) for a, b in zip(before, after, strict=True)) < 0.01
        assert not re.search(r'\bd="[^"]*\.\d{3}', inline)
        assert len(inline) < len(drawn)


def test_the_same_run_gives_the_same_bytes_on_any_day(tmp_path: Path) -> None:
    """Two processes: other hash seed, folder, time zone, date, language and matplotlib settings."""
    reports = []
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
        begun = subprocess.Popen(command, cwd=place, env=environment, stdout=subprocess.PIPE)
        reports.append((folder, begun))
    written = []
    for folder, begun in reports:
        output, _ = begun.communicate()
        assert begun.returncode == 0
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        written.append({str(f.relative_to(folder)): f.read_bytes() for f in files})
        written[-1]["standard output"] = output
    assert len(written[0]) == 1 + 3 + 1 + 2 * (2 + 1 + 1) + 6 + 1
    assert written[0].keys() == written[1].keys()
    for name, content in written[0].items():
        assert content == written[1][name], name
