"""METG(50%) against runs of known truth, and against curves that do not fall steadily."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parzen_study.report.report import write_report
from parzen_study.run.load import load_run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.study import Study, study
from parzen_study.topics.grain import figure
from parzen_study.topics.grain import model as metg
from parzen_study.topics.grain.model import Line
from record import entry, small
from synthetic import Document, write
from synthetic_scaling import (
    BLOCK,
    ITERATIONS,
    OVERHEAD,
    STARTS,
    grain,
    grain_case,
    with_cases,
)
from unrendered import lay_out, text_of


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def by_label(found: Study) -> dict[str, Line]:
    return {line.label: line for line in found.grain}


def true_metg(overhead: float, iterations: int = ITERATIONS[-1]) -> float:
    """Of the tasks of synthetic_scaling.grain, compared with the best of its cases."""
    best = BLOCK + min(OVERHEAD.values()) / iterations
    return overhead + BLOCK * 0.5 * overhead / (best - 0.5 * BLOCK)


@pytest.fixture(scope="module")
def typical(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return studied(
        with_cases(small(1), grain(), round_noise=0.02), tmp_path_factory.mktemp("grain")
    )


def test_metg_is_the_grain_at_which_half_is_lost(typical: Study) -> None:
    found = by_label(typical)
    assert found.keys() == {"serial, cold", *map(", ".join, OVERHEAD)}
    for (backend, start), overhead in OVERHEAD.items():
        line = found[f"{backend}, {start}"]
        if start == "cold":
            assert (line.metg, line.bound, line.metg_in_words) == (None, "", "")
            continue
        assert line.metg
        assert line.metg.value == pytest.approx(true_metg(overhead), rel=0.05)
        assert line.metg.low <= true_metg(overhead) * 1.005
        assert line.metg.high >= true_metg(overhead) * 0.995
        assert line.bound == ""


@pytest.mark.parametrize(("cpus", "said"), [(2, True), (4, False), (64, False)])
def test_on_two_cpus_metg_is_break_even(cpus: int, said: bool, tmp_path: Path) -> None:
    given = {name.replace("workers:4", f"workers:{cpus}"): took for name, took in grain().items()}
    document = with_cases(small(1), given)
    for one_round in document["rounds"]:
        one_round["context"] |= {"machine.usable_cpus": str(cpus), "machine.logical_cpus": "64"}
    text = text_of(studied(document, tmp_path), "grain")
    assert ("is the break-even grain" in text) == said


@pytest.mark.parametrize("overhead", [4e-6 * 1.25**step for step in range(7)])
def test_it_is_exact_wherever_the_cases_lie(overhead: float, tmp_path: Path) -> None:
    """Over a whole step of four times the iterations; a straight line would be 6% off."""
    given = {("tbb", "warm"): overhead, ("openmp", "warm"): min(OVERHEAD.values())}
    found = by_label(
        studied(with_cases(small(1), grain(given), round_noise=0.0, noise=0.0), tmp_path)
    )
    line = found["tbb, warm"].metg
    assert line
    assert line.value == pytest.approx(true_metg(overhead), rel=0.005)


def test_points_are_grain_and_efficiency(typical: Study) -> None:
    line = by_label(typical)["tbb, cold"]
    assert [point.iterations for point in line.points] == sorted(ITERATIONS, reverse=True)
    best = BLOCK + min(OVERHEAD.values()) / ITERATIONS[-1]
    for point in line.points:
        taken = OVERHEAD["tbb", "cold"] + BLOCK * point.iterations
        share = point.iterations * best / taken
        assert point.efficiency.value == pytest.approx(share, rel=0.02)
        assert point.efficiency.low <= point.efficiency.value <= point.efficiency.high
        assert point.grain.low <= taken * 1.3
        assert point.grain.high >= taken / 1.3


def test_serial_is_asked_for_none_since_it_leaves_cpus_idle(typical: Study) -> None:
    serial = by_label(typical)["serial, cold"]
    assert (serial.metg, serial.bound, serial.metg_in_words) == (None, "", "")
    assert serial.points[0].efficiency.value == pytest.approx(0.25, rel=0.02)
    assert serial.points[0].grain.value == pytest.approx(BLOCK * ITERATIONS[-1], rel=0.3)


@pytest.mark.parametrize(
    ("overhead", "bound", "words"), [(0.05 * BLOCK, "<", "< 210 ns"), (1.0, ">", "> 1.00 s")]
)
def test_outside_of_the_sweep_it_has_a_bound(
    overhead: float, bound: str, words: str, tmp_path: Path
) -> None:
    given = {("tbb", "warm"): overhead, ("openmp", "warm"): 0.0}
    document = with_cases(small(1), grain(given), round_noise=0.0, noise=0.0001)
    whole = studied(document, tmp_path)
    line = by_label(whole)["tbb, warm"]
    assert line.metg
    assert line.bound == bound
    assert {line.metg.value, line.metg.low, line.metg.high} == {0.0 if bound == "<" else math.inf}
    assert line.metg_in_words.startswith(words)
    assert "(" not in line.metg_in_words
    write_report(whole, tmp_path)
    with (tmp_path / "tables" / "grain.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["backend"] == "tbb"]
    assert {(row["metg_bound"], row["metg_s"]) for row in rows} == {(bound, "")}


def test_an_interval_may_leave_the_sweep_at_one_end(tmp_path: Path) -> None:
    """The finest case is at 50% within the noise: some resamples never fall below."""
    given = {("tbb", "warm"): BLOCK, ("openmp", "warm"): 0.0}
    line = by_label(studied(with_cases(small(1), grain(given), noise=0.05), tmp_path))["tbb, warm"]
    assert line.metg
    assert line.metg.low == 0.0
    assert 0.0 < line.metg.high < math.inf
    assert "< " in line.metg_in_words
    assert " to " in line.metg_in_words


def test_ends_that_lie_decades_apart_have_units_of_their_own(typical: Study) -> None:
    line = typical.grain[0]
    for metg_of, words in (
        (Estimate(10.2e-3, 8.77e-6, 15.7e-3), "10.2 ms (8.77 µs to 15.7 ms)"),
        (Estimate(10.2e-3, 8.77e-3, 15.7e-3), "10.2 ms (8.77 to 15.7)"),
        (Estimate(10.2e-3), "10.2 ms"),
    ):
        assert replace(line, metg=metg_of).metg_in_words == words


def columns(*samples: list[float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(samples, dtype=np.float64).T


def test_the_first_fall_from_the_coarse_end_counts() -> None:
    grain_of = [16.0, 8.0, 4.0, 2.0, 1.0]
    falls_twice, falls_late, starts_low = (
        [0.9, 0.75, 0.25, 0.75, 0.1],
        [0.9, 0.9, 0.9, 0.75, 0.25],
        [0.4, 0.9, 0.75, 0.25, 0.1],
    )
    found = metg.crossings(
        columns(grain_of, grain_of, grain_of), columns(falls_twice, falls_late, starts_low)
    )

    def between(coarse: float, fine: float) -> float:
        way = math.log(0.5 / 0.25) / math.log(0.75 / 0.25)
        return coarse * math.exp(way * math.log(fine / coarse))

    assert found == pytest.approx([between(8, 4), between(2, 1), between(4, 2)])


def test_at_the_boundary() -> None:
    one = [4.0, 1.0]
    exactly, best_then_none, slower = [0.5, 0.25], [1.0, 0.0], [0.75, 0.25]
    found = metg.crossings(columns(one, one, [4.0, 5.0]), columns(exactly, best_then_none, slower))
    assert found[0] == 4.0
    assert 1.0 <= found[1] < 4.0
    assert found[2] == 4.0  # less work that took longer is no finer grain
    assert list(metg.crossings(columns(one, one), columns([0.5, 0.5], [0.4, 0.3]))) == [
        0.0,
        math.inf,
    ]
    assert np.isnan(metg.crossings(columns(one), columns([0.75, math.nan]))).all()


def test_few_rounds_give_a_figure_without_an_interval(tmp_path: Path) -> None:
    whole = studied(with_cases(small(1, rounds=2), grain()), tmp_path)
    line = by_label(whole)["tbb, warm"]
    assert line.metg
    assert not line.metg.has_interval
    assert line.metg_in_words.endswith("s")
    write_report(whole, tmp_path)
    assert not (tmp_path / "figures" / "grain.svg").exists()


def test_what_is_left_out_is_not_there_and_decides_nothing(tmp_path: Path) -> None:
    document = with_cases(small(1), grain(), round_noise=0.02)
    failed = entry(document["rounds"][0], grain_case("tbb", ITERATIONS[-1], 4, "warm"))
    del failed["real_time"], failed["cpu_time"]
    failed |= {"error_occurred": True, "error_message": "counts differ"}
    line = by_label(studied(document, tmp_path))["tbb, warm"]
    assert [point.iterations for point in line.points] == sorted(ITERATIONS, reverse=True)[1:]
    assert line.metg
    assert line.metg.value == pytest.approx(true_metg(OVERHEAD["tbb", "warm"]), rel=0.05)


def test_one_backend_alone_and_none(tmp_path: Path) -> None:
    alone = {name: took for name, took in grain().items() if "/tbb/" in name}
    found = by_label(studied(with_cases(small(1), alone), tmp_path / "a"))
    assert found.keys() == {"tbb, cold", "tbb, warm"}
    serial = {name: took for name, took in grain().items() if "/serial/" in name}
    whole = studied(with_cases(small(1), serial), tmp_path / "b")
    assert whole.grain == ()
    assert "How small a task may be" not in text_of(whole)


@pytest.mark.parametrize(
    ("overhead", "words"),
    [
        (
            1e-12,
            "Smallest METG: openmp, warm <",
        ),
        (1.0, "Efficiency below 50% even with the coarsest tasks measured: "),
    ],
)
def test_of_backends_that_are_all_outside_of_the_sweep_none_is_largest(
    overhead: float, words: str, tmp_path: Path
) -> None:
    """Nor is any smallest, where none reaches 50%."""
    alike = grain({each: overhead for each in OVERHEAD if each[1] == "warm"})
    alone = {grain_case("serial", each, 4, "cold"): 32 * BLOCK * each for each in ITERATIONS}
    sentence = metg.in_words(studied(with_cases(small(1), {**alike, **alone}), tmp_path).grain)
    assert sentence.startswith(words)
    assert "Largest" not in sentence


def test_the_words_come_from_the_data(typical: Study, tmp_path: Path) -> None:
    found = by_label(typical)
    words = metg.in_words(typical.grain)
    costs = {label: found[f"{label}, cold"].call_cost_in_words for label in STARTS}
    assert words == (
        f"Smallest METG: openmp, warm {found['openmp, warm'].metg_in_words}. "
        f"Largest METG: process_pool, warm {found['process_pool, warm'].metg_in_words}. "
        "Overhead of a call that creates its workers: "
        f"fork_pipe, cold {costs['fork_pipe']}, openmp, cold {costs['openmp']}, "
        f"process_pool, cold {costs['process_pool']} and tbb, cold {costs['tbb']}."
    )
    finest = {("tbb", "warm"): 1e-9, ("openmp", "warm"): 1e-9, ("fork_pipe", "cold"): 1e-3}
    both = metg.in_words(studied(with_cases(small(1), grain(finest)), tmp_path / "both").grain)
    assert re.match(r"Smallest METG: openmp, warm < [^;]+; tbb, warm < ", both)
    near = {("tbb", "warm"): 1.0e-6, ("openmp", "warm"): 1.001e-6}
    alike = studied(with_cases(small(1), grain(near), noise=0.02), tmp_path / "near")
    assert "The difference between them is inconclusive." in metg.in_words(alike.grain)
    other = {("tbb", "warm"): 1.0, ("openmp", "warm"): 0.05 * BLOCK}
    turned = metg.in_words(studied(with_cases(small(1), grain(other)), tmp_path).grain)
    assert turned.startswith("Smallest METG: openmp, warm < ")
    assert "Largest METG: tbb, warm > " in turned
    assert "Efficiency of 50% or more even with the finest tasks measured: openmp, warm (" in turned
    assert "Efficiency below 50% even with the coarsest tasks measured: tbb, warm (" in turned


def test_the_section_has_words_figure_and_table(typical: Study, tmp_path: Path) -> None:
    write_report(typical, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    section = text[text.index("## How small a task may be") :]
    assert "(figures/grain.svg)" in section
    assert "SC20" in section
    for line in typical.grain:
        assert f"| {line.backend.replace('_', chr(92) + '_')} | {line.start} |" in section
    with (tmp_path / "tables" / "grain.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(typical.grain) * len(ITERATIONS)


def test_the_widest_words_of_the_figure_have_room(typical: Study) -> None:
    """An interval that leaves the sweep at both ends."""
    wide = [
        replace(line, metg=Estimate(123e-6, 0.0, math.inf), start="with gaps")
        for line in typical.grain
    ]
    data = figure.grain_figure(wide)
    assert data
    assert "123 µs (< " in data.description
    drawn = figure.draw(data)
    lay_out(drawn)
    for text in drawn.legends[0].get_texts():
        assert text.get_window_extent().x1 <= drawn.bbox.x1, text


def test_the_figure_marks_every_metg_with_its_interval(typical: Study) -> None:
    data = figure.grain_figure(typical.grain)
    assert data
    drawn = figure.draw(data)
    lay_out(drawn)
    (axes,) = drawn.axes
    assert axes.get_xscale() == "log"
    (legend,) = drawn.legends
    labels = {text.get_text() for text in legend.get_texts()}
    assert {figure.name_of(line) for line in data.lines} <= labels
    for line in data.lines:
        assert line.label in data.description
        assert line.metg_in_words in data.description
        assert line.call_cost_in_words in data.description
    marks = [container for container in axes.containers if len(container[0].get_xdata()) == 1]
    assert len(marks) == sum(start == "warm" for _, start in OVERHEAD)
    for mark, line in zip(marks, [line for line in data.lines if line.metg], strict=True):
        ((low, _), (high, _)) = mark[2][0].get_segments()[0]
        assert line.metg
        assert (low, high) == pytest.approx((line.metg.low, line.metg.high))
    left, right = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticklabels() if left <= tick.get_position()[0] <= right]
    for text in (*legend.get_texts(), *ticks, axes.xaxis.label, axes.yaxis.label):
        box = text.get_window_extent()
        assert float(text.get_fontsize()) >= 9.0
        assert drawn.bbox.x0 <= box.x0
        assert box.x1 <= drawn.bbox.x1
        assert drawn.bbox.y0 <= box.y0


@pytest.mark.simulation
@pytest.mark.parametrize(("rounds", "runs", "most"), [(4, 3, 0), (8, 15, 2)])
def test_lines_that_are_equal_hardly_ever_differ(
    rounds: int, runs: int, most: int, tmp_path: Path
) -> None:
    """Whichever two of many noise put farthest apart; of too few rounds, none."""
    equal = grain(dict.fromkeys(OVERHEAD, 2e-6))
    apart = 0
    for seed in range(runs):
        document = with_cases(small(seed, rounds=rounds), equal, noise=0.1, seed=seed)
        estimates = Estimates(load_run(write(document, tmp_path / str(seed)) / "run.json"))
        words = metg.in_words(metg.lines(estimates, (), 4))
        apart += "The difference between them is inconclusive." not in words
    assert apart <= most
