"""The rooflines: that their points are the model's, and that every name can be read."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

from parzen_study.cli import main
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.kernels import figure as roofline
from parzen_study.topics.kernels.figure import RooflineFigure, roofline_figures
from record import small
from synthetic import Document, write
from synthetic_kernels import SMALL, TRUTH, drop, kernel, with_kernels
from unrendered import lay_out

# Four kernels within the noise of each other, at one place on the axis; so are one and two workers.
NEAR = {
    **SMALL,
    kernel("literal", 10_000): 500e-6,
    kernel("branchless", 10_000): 490e-6,
    kernel("eigen", 10_000): 480e-6,
    kernel("simd", 10_000): 470e-6,
    kernel("fused", 10_000, workers=2): 9.8e-6,
    kernel("stream_read", 10_000, workers=2): 3.9e-6,
}
# As wide as it gets: more than seven decades across, two points of the same rate.
FULL = {
    kernel("stream_read", 10**8): 0.16,
    kernel("stream_read", 10**8, workers=2): 0.1,
    kernel("literal", 10**8): 19.5,
    kernel("branchless", 10**8): 19.5,
    kernel("fused", 10**8): 0.165,
    kernel("indexed", 10**8): 12e-6,
}


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[RooflineFigure]:
    found = []
    for number, suite in enumerate((TRUTH, NEAR, FULL)):
        folder = tmp_path_factory.mktemp(f"run-{number}")
        found += roofline_figures(studied(with_kernels(small(1), suite), folder).kernels)
    return found


def test_there_is_one_a_problem_of_two_dimensions_with_several_kernels(
    drawn: list[RooflineFigure],
) -> None:
    assert [each.name for each in drawn] == [
        "roofline_n10000", "roofline_n10000000_d2_widths1-0-1-2", "roofline_n10000",
        "roofline_n100000000",
    ]  # fmt: skip


def test_points_and_roofs_are_the_models(drawn: list[RooflineFigure]) -> None:
    large = drawn[1]
    points = {point.label: point for point in large.points}
    assert points.keys() == {"simd", "fused", "fused, 2 workers", "indexed"}
    assert points["simd"].intensity == 1 / 16
    assert points["fused"].intensity == points["fused, 2 workers"].intensity == 100 / 16
    assert points["indexed"].intensity == pytest.approx(1e7 / (8 * math.log2(1e7)))
    for label, seconds in (("fused", 20e-3), ("fused, 2 workers", 12.5e-3), ("indexed", 10e-6)):
        rate = points[label].rate
        assert rate.low < 1e9 / seconds * 1.3
        assert rate.high > 1e9 / seconds / 1.3
    assert [roof.workers for roof in large.roofs] == [1, 2]
    for roof, seconds in zip(large.roofs, (16e-3, 10e-3), strict=True):
        assert roof.bandwidth.low < 16e7 / seconds * 1.3
        assert roof.bandwidth.high > 16e7 / seconds / 1.3


def test_the_description_tells_every_point_and_roof(drawn: list[RooflineFigure]) -> None:
    for data in drawn:
        for point in data.points:
            assert f"{point.label}: " in data.description
        for roof in data.roofs:
            assert roof.label in data.description


def test_every_point_has_its_interval_and_every_roof_its_line(drawn: list[RooflineFigure]) -> None:
    (axes,) = roofline.draw(drawn[0]).axes
    assert len(axes.containers) == len(drawn[0].points)
    for container, point in zip(axes.containers, drawn[0].points, strict=True):
        ((_, low), (_, high)) = container[2][0].get_segments()[0]
        assert (low, high) == pytest.approx((point.rate.low, point.rate.high))
    lines = [line for line in axes.lines if str(line.get_label()).startswith("reading")]
    assert len(lines) == len(drawn[0].roofs)
    for line, roof in zip(lines, drawn[0].roofs, strict=True):
        along, up = (np.asarray(each, dtype=np.float64) for each in line.get_data())
        assert up == pytest.approx(along * roof.bandwidth.value)


@pytest.mark.parametrize("number", range(4))
def test_no_name_is_small_cut_off_or_over_another(number: int, drawn: list[RooflineFigure]) -> None:
    figure = roofline.draw(drawn[number])
    lay_out(figure)
    (axes,) = figure.axes
    # Of the letters alone, without the line that leads back to the point.
    names = {text.get_text(): Text.get_window_extent(text) for text in axes.texts}
    assert names.keys() == {point.label for point in drawn[number].points}
    for (one, box), (other, second) in combinations(names.items(), 2):
        assert not box.overlaps(second), (one, other)
    for point in drawn[number].points:
        at = axes.transData.transform((point.intensity, point.rate.value))
        assert not any(box.contains(*at) for box in names.values()), point.label
        assert axes.bbox.contains(*at)
    assert all(is_inside(box, axes.bbox) for box in names.values())
    (legend,) = figure.legends
    ticks = [
        label for axis in (axes.xaxis, axes.yaxis)
        for label, at in zip(axis.get_ticklabels(), axis.get_ticklocs(), strict=True)
        if min(axis.get_view_interval()) <= at <= max(axis.get_view_interval())
    ]  # fmt: skip
    others = [axes._left_title, axes.xaxis.label, axes.yaxis.label]  # type: ignore[attr-defined]
    for text in (*axes.texts, *others, *ticks, *legend.get_texts()):
        assert float(text.get_fontsize()) >= 9.0
        assert is_inside(Text.get_window_extent(text), figure.bbox), text
    for left, right in combinations([tick.get_window_extent() for tick in ticks], 2):
        assert not left.overlaps(right)
    assert not any("$" in label.get_text() for label in ticks)


def is_inside(box: BboxBase, frame: BboxBase) -> bool:
    return frame.x0 <= box.x0 <= box.x1 <= frame.x1 and frame.y0 <= box.y0 <= box.y1 <= frame.y1


@pytest.mark.parametrize(
    "missing",
    ["kernel:stream_read", "literal|branchless|eigen|simd|indexed", "kernels/"],
)
def test_without_a_roof_or_a_second_kernel_there_is_none(missing: str, tmp_path: Path) -> None:
    document = with_kernels(small(1), SMALL, {})
    drop(document, lambda name: name.startswith("kernels/") and any(
        part in name for part in missing.split("|")
    ))  # fmt: skip
    assert roofline_figures(studied(document, tmp_path).kernels) == []


def test_a_rejected_kernel_is_in_none(tmp_path: Path) -> None:
    document = with_kernels(small(1), SMALL, {})
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            if each["run_name"].startswith(kernel("fused", 10_000)):
                each["counts_digest"] += 1
    (data,) = roofline_figures(studied(document, tmp_path).kernels)
    assert "fused" not in {point.label for point in data.points}


def test_the_page_shows_them_and_says_where_the_model_is_untrue(tmp_path: Path) -> None:
    folder = write(with_kernels(small(1)), tmp_path)
    assert main(["report", str(folder)]) == 0
    text = (folder / "report.html").read_text(encoding="utf-8")
    section = text[text.index('<section id="kernels">') : text.index('<section id="speedup">')]
    assert section.count('role="img"') == 2
    assert section.count("untrue of literal, whose early exits skip coordinates") == 2
    assert (folder / "figures" / "roofline_n10000.png").exists()


def test_without_intervals_none_is_drawn(tmp_path: Path) -> None:
    folder = write(with_kernels(small(1, rounds=2)), tmp_path)
    assert main(["report", str(folder)]) == 0
    assert [file.stem for file in (folder / "figures").glob("roofline*")] == []
    assert "Rooflines" not in (folder / "report.html").read_text(encoding="utf-8")
