"""Next to busy programs: what the answer's line and the figure say, on runs of known truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.container import BarContainer

from parzen_study.run.load import load_run
from parzen_study.study import study
from parzen_study.topics.zones import busy_figure
from parzen_study.topics.zones.busy import Busy
from record import small
from synthetic import write
from synthetic_scaling import with_cases
from unrendered import lay_out

# By n: the time of serial, and how many times as fast tbb is.
TRUTH = {100: (20e-6, 0.5), 1_000: (200e-6, 0.9), 10_000: (2e-3, 1.6)}


def busy(truth: dict[int, tuple[float, float]], folder: Path) -> tuple[Busy, ...]:
    cases = {}
    for n, (serial, gain) in truth.items():
        for backend, workers, seconds in (("serial", 1, serial), ("tbb", 2, serial / gain)):
            name = f"load/{backend}/kernel:literal/decomposition:by_width/n:{n}/d:2/m:100"
            cases[f"{name}/workers:{workers}/start:cold/load:1"] = seconds
    # Zones need a loop of their own.
    for size in (64, 4_096):
        for backend, workers, each in (("serial", 1, 1e-7), ("tbb", 2, 0.6e-7)):
            name = f"loops/{backend}/loop:own/size:{size}/workers:{workers}/start:cold"
            cases[name] = size * each
    run = load_run(write(with_cases(small(1, rounds=12), cases), folder) / "run.json")
    zones = study(run).zones
    assert zones
    return zones.busy


def test_serial_is_best_up_to_the_true_time(tmp_path: Path) -> None:
    (found,) = busy(TRUTH, tmp_path)
    assert (found.load, found.start) == (1, "cold")
    assert found.not_up_to == pytest.approx(200e-6, rel=0.1)
    assert found.from_ == pytest.approx(2e-3, rel=0.1)
    for (serial, gain), (true, times) in zip(found.gains, TRUTH.values(), strict=True):
        assert serial == pytest.approx(true, rel=0.1)
        assert gain.low < times * 1.02
        assert gain.high > times / 1.02


def test_where_nothing_gains_no_time_is_named(tmp_path: Path) -> None:
    (found,) = busy({n: (serial, 0.8) for n, (serial, _) in TRUTH.items()}, tmp_path)
    assert found.from_ is None
    assert found.largest == pytest.approx(2e-3, rel=0.1)


def test_the_figure_has_a_bar_a_call_and_no_text_over_another(tmp_path: Path) -> None:
    data = busy_figure.BusyFigure(busy(TRUTH, tmp_path))
    drawn = busy_figure.draw(data)
    lay_out(drawn)
    (axes,) = drawn.axes
    bars = [each for each in axes.containers if isinstance(each, BarContainer)]
    lengths = [bar.patches[0].get_width() for bar in bars]
    assert lengths == pytest.approx([gain for _, gain in TRUTH.values()], rel=0.05)
    texts = (*axes.texts, *drawn.texts, *axes.get_yticklabels())
    boxes = [text.get_window_extent() for text in texts]
    for number, box in enumerate(boxes):
        assert drawn.bbox.x0 <= box.x0 <= box.x1 <= drawn.bbox.x1
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])
    assert all(bar.text in data.description for bar in data.bars)
    assert "1 busy program" in data.title
