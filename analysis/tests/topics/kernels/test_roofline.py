"""Bars of percent of the limit: that they are the run's, and that every name can be read."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.container import BarContainer
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

# Four kernels within the noise of each other; one and two workers.
NEAR = {
    **SMALL,
    kernel("literal", 10_000): 500e-6,
    kernel("branchless", 10_000): 490e-6,
    kernel("eigen", 10_000): 480e-6,
    kernel("simd", 10_000): 470e-6,
    kernel("fused", 10_000, workers=2): 9.8e-6,
    kernel("stream_read", 10_000, workers=2): 3.9e-6,
}
# As far apart as it gets.
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


def test_bars_are_the_true_share_of_the_limit(drawn: list[RooflineFigure]) -> None:
    large = drawn[1]
    shares = {share.label: share.of_limit for share in large.shares}
    # Asking what is sorted reads no sample, so it has no limit.
    assert {"simd", "fused", "fused, 2 workers"} <= shares.keys()
    assert "indexed" not in shares
    for label, true in (("fused", 16e-3 / 20e-3), ("fused, 2 workers", 10e-3 / 12.5e-3)):
        assert shares[label].low < true * 1.05
        assert shares[label].high > true / 1.05
        assert shares[label].value == pytest.approx(true, rel=0.1)
    assert [limit.workers for limit in large.limits] == [1, 2]
    for limit, seconds in zip(large.limits, (16e-3, 10e-3), strict=True):
        assert limit.bandwidth.value == pytest.approx(16e7 / seconds, rel=0.1)


def test_the_description_says_every_bar_and_limit(drawn: list[RooflineFigure]) -> None:
    for data in drawn:
        for share in data.shares:
            assert f"{share.label}: {share.text}" in data.description
        for limit in data.limits:
            assert limit.label in data.description


def test_every_bar_is_as_long_as_its_share_and_has_its_interval(
    drawn: list[RooflineFigure],
) -> None:
    for data in drawn:
        (axes,) = roofline.draw(data).axes
        bars = [each for each in axes.containers if isinstance(each, BarContainer)]
        lengths = [bar.patches[0].get_width() for bar in bars]
        assert lengths == pytest.approx([share.of_limit.value for share in data.shares])
        others = [each for each in axes.containers if not isinstance(each, BarContainer)]
        for container, share in zip(others, data.shares, strict=True):
            ((low, _), (high, _)) = container[2][0].get_segments()[0]
            assert (low, high) == pytest.approx((share.of_limit.low, share.of_limit.high))
        names = [label.get_text() for label in axes.get_yticklabels()]
        assert names == [share.label for share in data.shares]
        assert [text.get_text().strip() for text in axes.texts] == [s.text for s in data.shares]


@pytest.mark.parametrize("number", range(4))
def test_no_text_is_small_cut_off_or_over_another(number: int, drawn: list[RooflineFigure]) -> None:
    figure = roofline.draw(drawn[number])
    lay_out(figure)
    (axes,) = figure.axes
    texts = [*axes.texts, *figure.texts, *axes.get_yticklabels()]
    for text in texts:
        assert float(text.get_fontsize()) >= 9.0
        assert is_inside(text.get_window_extent(), figure.bbox), text
    for one, other in combinations(texts, 2):
        assert not one.get_window_extent().overlaps(other.get_window_extent()), (one, other)
    for text in axes.texts:
        assert text.get_window_extent().x0 >= axes.bbox.x1


def is_inside(box: BboxBase, frame: BboxBase) -> bool:
    return frame.x0 <= box.x0 <= box.x1 <= frame.x1 and frame.y0 <= box.y0 <= box.y1 <= frame.y1


@pytest.mark.parametrize(
    "missing",
    ["kernel:stream_read", "literal|branchless|eigen|simd|indexed", "kernels/"],
)
def test_without_a_limit_or_a_second_kernel_there_is_none(missing: str, tmp_path: Path) -> None:
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
    assert "fused" not in {share.label for share in data.shares}


def test_the_page_shows_them_and_says_when_a_bar_exceeds_the_limit(tmp_path: Path) -> None:
    folder = write(with_kernels(small(1)), tmp_path)
    assert main(["report", str(folder)]) == 0
    text = (folder / "report.html").read_text(encoding="utf-8")
    section = text[text.index('<section id="kernels">') : text.index('<section id="speedup">')]
    assert section.count('role="img"') == 2
    assert section.count("caches still hold samples, or an early exit skips coordinates") == 2
    assert (folder / "figures" / "roofline_n10000.png").exists()


def test_without_intervals_none_is_drawn(tmp_path: Path) -> None:
    folder = write(with_kernels(small(1, rounds=2)), tmp_path)
    assert main(["report", str(folder)]) == 0
    assert [file.stem for file in (folder / "figures").glob("roofline*")] == []
