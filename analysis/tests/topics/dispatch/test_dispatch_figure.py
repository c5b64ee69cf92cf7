"""The figure of what dispatch costs: its dots are the run's, and every name can be read."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.text import Text

from parzen_study.report.report import write_report
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.dispatch import figure
from parzen_study.topics.dispatch.figure import DispatchFigure, Dot, dispatch_figure
from record import entry, small
from synthetic import Document, write
from synthetic_dispatch import PEERS, SCHEDULERS, SUITE, with_dispatch
from unrendered import lay_out, text_of


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def figure_of(whole: Study) -> DispatchFigure:
    found = dispatch_figure(whole.dispatch, whole.run)
    assert found
    return found


def group(data: DispatchFigure, word: str) -> dict[str, Dot]:
    (dots,) = (dots for title, dots in data.groups if f"({word})" in title)
    return {dot.label: dot for dot in dots}


@pytest.fixture(scope="module")
def typical(tmp_path_factory: pytest.TempPathFactory) -> DispatchFigure:
    document = with_dispatch(small(1), round_noise=0.0)
    return figure_of(studied(document, tmp_path_factory.mktemp("dispatch")))


def test_there_is_a_dot_a_mechanism_by_its_fastest_number_of_workers(
    typical: DispatchFigure,
) -> None:
    assert [title.split("(")[1] for title, _ in typical.groups] == [
        "apply)", "map)", "lifetime)", "fork)",
    ]  # fmt: skip
    expected = {
        "tbb": 0.1e-6,
        "spin_ping_pong": 0.4e-6,
        "pool_shared, spin": 0.5e-6,
        "eventfd_ping_pong": 8e-6,
        "pipe_ping_pong": 10e-6,
        "pool_shared, block": 12e-6,
        "pool_pipe": 25e-6,
        "multiprocessing_Pool": 60e-6,
        "fork_pipe": 400e-6,
    }
    dots = group(typical, "apply")
    assert list(dots) == list(expected)
    for label, seconds in expected.items():
        assert dots[label].time.value == pytest.approx(seconds, rel=0.01)
        assert dots[label].time.low <= dots[label].time.value <= dots[label].time.high


def test_a_task_of_many_is_a_share_of_its_call(typical: DispatchFigure) -> None:
    dots = group(typical, "map")
    assert dots["pool_shared, spin"].time.value == pytest.approx(1e-6, rel=0.01)
    assert dots["multiprocessing_Pool"].time.value == pytest.approx(2.5e-6, rel=0.01)


def test_children_differ_in_what_lies_in_memory(typical: DispatchFigure) -> None:
    assert list(group(typical, "fork")) == ["fork", "fork, 1.6 GB in memory"]


def test_backends_mechanisms_and_peers_are_distinct(typical: DispatchFigure) -> None:
    dots = group(typical, "apply")
    assert dots["tbb"].kind == dots["fork_pipe"].kind == "backend"
    assert dots["pool_pipe"].kind == "suite"
    assert dots["multiprocessing_Pool"].kind == "peer"
    (axes,) = figure.draw(typical).axes
    every = [dot for _, dots in typical.groups for dot in dots]
    assert len(axes.containers) == len(every)
    for container, dot in zip(axes.containers, every, strict=True):
        line = container[0]
        assert (line.get_markerfacecolor() != line.get_color()) == (dot.kind == "peer")
        assert (line.get_marker() == "d") == (dot.kind != "backend")
        ((low, _), (high, _)) = container[2][0].get_segments()[0]
        assert (low, high) == pytest.approx((dot.time.low, dot.time.high))


@pytest.mark.parametrize("noise", [0.002, 0.8, 4.0])
def test_no_name_is_small_cut_off_or_over_another(noise: float, tmp_path: Path) -> None:
    """As many decades as there are, names as long as they come, and intervals that leave no room
    next to them."""
    suite = (
        SUITE
        | SCHEDULERS
        | {
            "fork/operation:fork/resident:800000000": 1.0,
            "pool_shared/operation:apply/workers:1/wait:spin/pause:5ms": 60e-6,
        }
    )
    peers = PEERS | {"ProcessPoolExecutor/operation:apply/workers:2": 1e-3}
    document = with_dispatch(small(1), suite, peers, noise=noise)
    data = figure_of(studied(document, tmp_path))
    drawn = figure.draw(data)
    lay_out(drawn)
    (axes,) = drawn.axes
    boxes = {text.get_text(): Text.get_window_extent(text) for text in axes.texts}
    labels = {dot.label for _, dots in data.groups for dot in dots}
    assert labels | {title for title, _ in data.groups} == boxes.keys()
    by_place = [Text.get_window_extent(text) for text in axes.texts]
    for one, other in combinations(by_place, 2):
        assert not one.overlaps(other)
    left, right = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticklabels() if left <= tick.get_position()[0] <= right]
    frame = axes.get_window_extent()
    for box in by_place:
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1
    for text in (*axes.texts, *ticks, axes.xaxis.label):
        box = Text.get_window_extent(text)
        assert float(text.get_fontsize()) >= 9.0
        assert drawn.bbox.x0 <= box.x0
        assert box.x1 <= drawn.bbox.x1
    for one, other in combinations([Text.get_window_extent(tick) for tick in ticks], 2):
        assert not one.overlaps(other)


def test_schedulers_to_compare_with_look_like_backends_and_unlike_each_other(
    tmp_path: Path,
) -> None:
    document = with_dispatch(small(1), SUITE | SCHEDULERS, round_noise=0.0)
    names = {name.split("/")[0] for name in SCHEDULERS}
    for one_round in document["rounds"]:
        one_round["context"]["backends.built"] += "," + ",".join(sorted(names))
    data = figure_of(studied(document, tmp_path))
    (axes,) = figure.draw(data).axes
    looks = {}
    for container, dot in zip(
        axes.containers, (dot for _, dots in data.groups for dot in dots), strict=True
    ):
        line = container[0]
        looks[dot.mechanism] = (line.get_color(), line.get_marker(), dot.kind)
    found = [looks[name] for name in (*sorted(names), "tbb", "fork_pipe")]
    assert len(set(found)) == len(found)
    assert {kind for *_, kind in found} == {"backend"}
    dots = group(data, "map")
    assert dots["std_par"].time.value == pytest.approx(0.07e-6, rel=0.01)  # a task of 100


def test_the_description_tells_every_dot(typical: DispatchFigure) -> None:
    for title, dots in typical.groups:
        assert title in typical.description
        for dot in dots:
            assert f"{dot.label} " in typical.description


def test_an_error_has_no_dot_and_what_is_kept_on_one_processor_only_alone(tmp_path: Path) -> None:
    name = "dispatch/eventfd_ping_pong/operation:apply/wait:block"
    document = with_dispatch(small(1), round_noise=0.0)
    failed = entry(document["rounds"][0], name)
    del failed["real_time"], failed["cpu_time"]
    failed |= {"error_occurred": True, "error_message": "no eventfd"}
    dots = group(figure_of(studied(document, tmp_path)), "apply")
    assert dots["eventfd_ping_pong"].time.value == pytest.approx(4e-6, rel=0.01)


def test_there_is_none_without_intervals_or_without_such_costs(tmp_path: Path) -> None:
    few = studied(with_dispatch(small(1, rounds=2)), tmp_path / "few")
    write_report(few, tmp_path / "few")
    assert not (tmp_path / "few" / "figures" / "dispatch.svg").exists()
    copies = {name: seconds for name, seconds in SUITE.items() if "payload" in name}
    whole = studied(with_dispatch(small(1), copies, {}), tmp_path / "copies")
    assert dispatch_figure(whole.dispatch, whole.run) is None
    text = (tmp_path / "few" / "report.md").read_text(encoding="utf-8")
    assert "## What dispatch costs" in text


def test_the_figure_stands_above_the_tables(tmp_path: Path) -> None:
    text = text_of(studied(with_dispatch(small(1)), tmp_path))
    section = text[text.index("## What dispatch costs") :]
    assert section.index("(figures/dispatch.svg)") < section.index("| mechanism |")
