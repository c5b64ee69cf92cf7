"""When processes beat threads, against runs of known truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.container import BarContainer

from parzen_study.page.blocks import Paragraph, Table
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.loops import section as loops_section
from parzen_study.topics.loops.figure import draw, loops_figure
from parzen_study.topics.loops.model import Comparison
from record import small
from synthetic import write
from synthetic_scaling import with_cases
from unrendered import lay_out

SERIAL = 10e-3
# By loop: the speedups of tbb and of process_pool, both warm with two workers.
TRUTH = {
    "even": (1.9, 1.9),
    "fights": (0.8, 1.8),
    "large": (1.9, 1.2),
    "short": (0.7, 0.2),
}


def cases(truth: dict[str, tuple[float, float]]) -> dict[str, float]:
    found = {}
    for loop, gains in truth.items():
        found[f"loops/serial/loop:{loop}/size:64/workers:1/start:cold"] = SERIAL
        for backend, gain in zip(("tbb", "process_pool"), gains, strict=True):
            name = f"loops/{backend}/loop:{loop}/size:64/workers:2/start:warm"
            found[name] = SERIAL / gain
    return found


def studied(folder: Path, noise: float = 0.002) -> Study:
    document = with_cases(small(1, rounds=12), cases(TRUTH), noise=noise)
    return study(load_run(write(document, folder) / "run.json"))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return studied(tmp_path_factory.mktemp("quiet"))


def by_loop(found: Study) -> dict[str, Comparison]:
    return {each.loop: each for each in found.loops}


def test_each_loop_is_compared_with_its_own_serial(quiet: Study) -> None:
    for loop, (threads, processes) in TRUTH.items():
        each = by_loop(quiet)[loop]
        assert (each.size, each.start, each.threads.workers) == (64, "warm", 2)
        assert each.threads.gain.value == pytest.approx(threads, rel=0.01)
        assert each.processes.gain.value == pytest.approx(processes, rel=0.01)
        assert each.lead.value == pytest.approx(processes / threads, rel=0.01)


def test_after_a_pause_it_is_compared_with_serial_after_a_pause(tmp_path: Path) -> None:
    """Caches cool in a pause: serial takes 1.5 times as long after one here."""
    truth = cases({"even": (1.9, 1.8)})
    truth |= {f"{name}/pause:5ms": 1.5 * seconds for name, seconds in truth.items()}
    document = with_cases(small(1, rounds=12), truth, noise=0.002)
    found = study(load_run(write(document, tmp_path) / "run.json")).loops
    assert [each.start for each in found] == ["warm", "with gaps"]
    for each, serial in zip(found, (SERIAL, 1.5 * SERIAL), strict=True):
        assert each.serial.value == pytest.approx(serial, rel=0.05)
        assert each.threads.gain.value == pytest.approx(1.9, rel=0.01)
        assert each.processes.gain.value == pytest.approx(1.8, rel=0.01)


def test_the_verdict_is_the_truth_where_rounds_agree(quiet: Study) -> None:
    verdicts = {loop: each.verdict for loop, each in by_loop(quiet).items()}
    assert verdicts == {
        "even": "no difference",
        "fights": "processes",
        "large": "threads",
        "short": "serial",
    }


def test_noise_makes_it_inconclusive_and_never_wrong(tmp_path: Path) -> None:
    verdicts = {loop: each.verdict for loop, each in by_loop(studied(tmp_path, noise=1.0)).items()}
    assert verdicts["even"] == "inconclusive"
    assert verdicts["fights"] in {"processes", "inconclusive"}
    assert verdicts["large"] in {"threads", "inconclusive"}


def test_the_section_names_where_processes_are_ahead(quiet: Study) -> None:
    shown = loops_section.section(quiet)
    assert shown
    text = " ".join(each.text for each in shown.blocks if isinstance(each, Paragraph))
    assert "Processes beat threads in 1 of 4 comparisons (loops fights)." in text
    assert "serial is best in 1" in text
    (table,) = (each for each in shown.blocks if isinstance(each, Table))
    assert len(table.rows) == 4
    frame = loops_section.tables(quiet)["loops"]
    assert set(frame["ahead"]) == {"no difference", "processes", "threads", "serial"}


def test_the_figure_has_a_pair_of_bars_a_loop_with_their_intervals(quiet: Study) -> None:
    data = loops_figure(quiet.loops)
    assert data
    shown = data.comparisons
    assert {each.loop for each in shown} == {each.loop for each in quiet.loops}
    assert len(shown) == len({(each.loop, each.input) for each in shown})
    drawn = draw(data)
    lay_out(drawn)
    (axes,) = drawn.axes
    gains = [found.gain for each in shown for found in (each.threads, each.processes)]
    bars = [each for each in axes.containers if isinstance(each, BarContainer)]
    # From serial to the gain, where twice as fast is as long as half as fast.
    assert axes.get_xscale() == "log"
    boxes_of_bars = [bar.patches[0] for bar in bars]
    assert {box.get_x() for box in boxes_of_bars} == {1.0}
    assert [box.get_x() + box.get_width() for box in boxes_of_bars] == pytest.approx(
        [gain.value for gain in gains]
    )
    texts = [*axes.texts, *drawn.texts, *axes.get_yticklabels()]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    for number, box in enumerate(boxes):
        assert drawn.bbox.x0 <= box.x0 <= box.x1 <= drawn.bbox.x1
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])
    for each in shown:
        assert each.name in data.description
    assert loops_figure(()) is None


def test_a_run_without_the_family_has_no_section(tmp_path: Path) -> None:
    found = study(load_run(write(small(1), tmp_path) / "run.json"))
    assert found.loops == ()
    assert loops_section.section(found) is None
    assert loops_section.tables(found) == {}
