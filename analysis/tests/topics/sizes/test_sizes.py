"""Break-even n against runs of known truth, and against curves that do not cross once."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parzen_study.common.wording import seconds
from parzen_study.report.report import write_report
from parzen_study.stats.bootstrap import Estimate
from parzen_study.study import Study
from parzen_study.topics.every_case.section import case_tables
from parzen_study.topics.sizes import figure as sizes_figure
from parzen_study.topics.sizes.figure import sizes_figures
from parzen_study.topics.sizes.model import Line
from parzen_study.topics.sizes.pays_from import PaysFrom, SerialTimes, Verdict
from record import entry
from synthetic_kernels import drop
from synthetic_sweep import (
    A_SAMPLE,
    FUSED,
    SIZES,
    TYPICAL,
    changed,
    studied,
    sweep,
    sweep_case,
    true_size,
    true_time,
    with_sweep,
)
from unrendered import lay_out

A_LITERAL = A_SAMPLE["literal"]
LARGE = tuple(10**power for power in range(2, 9))


@pytest.fixture(scope="module")
def typical(tmp_path_factory: pytest.TempPathFactory) -> Study:
    truth = sweep() | sweep(sizes=LARGE, way=FUSED)
    return studied(with_sweep(truth), tmp_path_factory.mktemp("sweep"))


def by_label(found: Study, sweep_number: int = 0) -> dict[str, Line]:
    return {line.label: line for line in found.sweeps[sweep_number].lines}


def pays(line: Line) -> PaysFrom:
    assert line.break_even
    return line.break_even


def test_there_is_a_sweep_a_kernel_and_a_line_a_backend_and_start(typical: Study) -> None:
    assert [each.label for each in typical.sweeps] == [
        "kernel literal, by_width", "kernel fused, by_sample",
    ]  # fmt: skip
    parallel = sorted(key for key in TYPICAL if key[0] != "serial")
    for number, sizes in enumerate((SIZES, LARGE)):
        lines = typical.sweeps[number].lines
        assert [(line.backend, line.start) for line in lines] == parallel
        assert {tuple(line.curve) for line in lines} == {sizes}
        assert {line.workers for line in lines} == {4}
        assert {line.mechanism for line in lines} == {"processes", "threads"}


@pytest.mark.parametrize("number", [0, 1])
def test_break_even_is_where_both_take_equally_long(typical: Study, number: int) -> None:
    kernel, smallest = ("literal", "fused")[number], 100
    for line in typical.sweeps[number].lines:
        truth, n = (of(TYPICAL, line.backend, line.start, kernel) for of in (true_time, true_size))
        found = pays(line)
        assert found.verdict == Verdict.PAYS
        if n < smallest:
            assert (found.n, found.time.value, found.time.high) == (0.0, 0.0, 0.0)
            assert found.in_words.endswith("s, n below 100")
            continue
        assert found.time.value == pytest.approx(truth, rel=0.05)
        assert found.n == pytest.approx(n, rel=0.05)
        assert found.time.low <= truth * 1.01
        assert found.time.high >= truth * 0.99
        assert found.time.low < found.time.value < found.time.high


@pytest.mark.parametrize("fixed", [400e-6 * 1.4**step for step in range(8)])
def test_it_is_exact_wherever_the_sizes_lie(fixed: float, tmp_path: Path) -> None:
    """Over a whole step of ten times the samples; in logarithms it would be up to 15% off."""
    costs = {("serial", "cold"): (1e-6, 1.0), ("tbb", "cold"): (fixed, 3.0)}
    found = studied(with_sweep(sweep(costs), noise=0.0), tmp_path)
    line = by_label(found)["tbb, cold"]
    common = pays(line).serial.seconds[0] / (1e-6 + 100 * A_LITERAL)  # the noise of all cases
    truth = common * true_time(costs, "tbb", "cold")
    assert pays(line).time.value == pytest.approx(truth, rel=1e-6)


def test_rounds_that_differ_as_wholes_widen_it_as_they_widen_a_time(tmp_path: Path) -> None:
    whole = studied(with_sweep(sweep(), noise=1e-6), tmp_path)
    found = pays(by_label(whole)["fork_pipe, cold"]).time
    serial = whole.estimates.measured[sweep_case("serial", 10_000, "cold")].time
    assert found.high / found.low == pytest.approx(serial.high / serial.low, rel=1e-3)


def test_the_speedup_is_that_of_the_same_n(typical: Study) -> None:
    for point in by_label(typical)["tbb, cold"].points:
        serial, own = (
            typical.estimates.measured[sweep_case(backend, point.n, "cold")].time.value
            for backend in ("serial", "tbb")
        )
        assert point.speedup.value == pytest.approx(serial / own)


def test_what_is_slower_everywhere_never_pays(tmp_path: Path) -> None:
    costs = {**TYPICAL, ("tbb", "cold"): (1e-6, 0.9)}
    found = pays(by_label(studied(with_sweep(sweep(costs)), tmp_path))["tbb, cold"])
    assert found.verdict == Verdict.NEVER
    assert (found.time.value, found.time.low) == (math.inf, math.inf)
    assert found.in_words == "never up to n = 1,000,000"


def test_what_pays_in_between_alone_says_where(tmp_path: Path) -> None:
    """From 100,000 on it is slower again: break-even is about what lasts."""
    slower = changed(
        sweep(), lambda name, taken: taken * 9 if "/tbb/" in name and "0000/" in name else taken
    )
    found = pays(by_label(studied(with_sweep(slower), tmp_path))["tbb, cold"])
    assert found.verdict == Verdict.CEASES
    assert found.in_words == "only at n = 1,000"


def test_the_last_crossing_counts(tmp_path: Path) -> None:
    """At 10,000 it is slower once more: it pays from beyond there."""
    once = changed(
        sweep(), lambda name, taken: taken * 9 if "/tbb/" in name and ":10000/" in name else taken
    )
    found = pays(by_label(studied(with_sweep(once), tmp_path))["tbb, cold"])
    assert found.verdict == Verdict.PAYS
    assert 10_000 * A_LITERAL < found.time.low < found.time.high < 100_000 * A_LITERAL


def test_where_the_sign_is_noise_it_is_inconclusive(tmp_path: Path) -> None:
    costs = {**TYPICAL, ("tbb", "warm"): (0.0, 1.0)}
    found = pays(by_label(studied(with_sweep(sweep(costs), noise=0.03), tmp_path))["tbb, warm"])
    assert found.verdict == Verdict.UNDECIDED
    assert found.in_words.startswith("inconclusive")


def test_a_crossing_at_the_largest_n_has_a_lower_bound_alone(tmp_path: Path) -> None:
    """Break-even is the largest n itself."""
    costs = {**TYPICAL, ("fork_pipe", "cold"): (1e6 * 130e-9 * 0.5, 2.0)}
    found = pays(by_label(studied(with_sweep(sweep(costs)), tmp_path))["fork_pipe, cold"])
    assert found.verdict == Verdict.UNDECIDED
    assert 0.9 * 130e-3 < found.time.low < 130e-3
    assert found.in_words.endswith(" ms to > 130 ms)") or " to > 1" in found.in_words


def test_an_interval_may_begin_below_the_smallest_n(tmp_path: Path) -> None:
    costs = {**TYPICAL, ("tbb", "warm"): (104 * 130e-9 * 0.5, 2.0)}
    found = pays(by_label(studied(with_sweep(sweep(costs), noise=0.03), tmp_path))["tbb, warm"])
    assert found.verdict == Verdict.PAYS
    assert found.time.low == 0.0
    assert 100 < found.serial.size_at(found.time.high) < 130
    assert f"(< {seconds(found.serial.seconds[0])} to " in found.in_words


@pytest.mark.parametrize("rounds", [2, 4])
def test_too_few_rounds_give_no_break_even(rounds: int, tmp_path: Path) -> None:
    found = studied(with_sweep(sweep(), rounds=rounds), tmp_path)
    assert {line.break_even for line in found.sweeps[0].lines} == {None}
    write_report(found, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert f"No break-even: it takes at least 5 rounds, and this run has {rounds}." in text
    assert (tmp_path / "figures" / "sizes_literal_by_width.svg").exists() == (rounds > 2)


def test_a_case_with_an_error_is_left_out_and_the_rest_stands(tmp_path: Path) -> None:
    document = with_sweep(sweep())
    for backend, n in (("tbb", 100), ("openmp", 10_000), ("serial", 1_000_000)):
        failed = entry(document["rounds"][1], sweep_case(backend, n, "cold"))
        del failed["real_time"], failed["cpu_time"]
        failed |= {"error_occurred": True, "error_message": "counts differ"}
    whole = studied(document, tmp_path)
    found = by_label(whole)
    assert list(found["tbb, cold"].curve) == [1_000, 10_000, 100_000]
    assert pays(found["tbb, cold"]).in_words.endswith("n below 1,000")
    assert list(found["openmp, cold"].curve) == [100, 1_000, 100_000]
    assert pays(found["process_pool, cold"]).n == pytest.approx(
        true_size(TYPICAL, "process_pool", "cold"), rel=0.05
    )
    write_report(whole, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text.count("counts differ") == 1 + 3  # one item of the box, and in their rows
    assert "; 2 other cases rejected for the same reason" in text


def test_without_serial_there_are_times_alone(tmp_path: Path) -> None:
    document = with_sweep(sweep())
    drop(document, lambda name: name.startswith("sweep/serial/"))
    whole = studied(document, tmp_path)
    assert whole.sweeps[0].lines == ()
    assert sizes_figures(whole) == []
    assert whole.by_size == []
    write_report(whole, tmp_path)
    assert not (tmp_path / "tables" / "sizes.csv").exists()
    assert "### Every case, kernel literal" in (tmp_path / "report.md").read_text("utf-8")


def test_without_the_family_nothing_is_said(typical_study: Study, typical_report: Path) -> None:
    assert (typical_study.sweeps, sizes_figures(typical_study), typical_study.by_size) == (
        [],
        [],
        [],
    )
    assert not (typical_report / "tables" / "sizes.csv").exists()
    assert "break-even n" not in (typical_report / "report.md").read_text(encoding="utf-8")


def test_one_n_alone_is_below_or_beyond(tmp_path: Path) -> None:
    found = studied(with_sweep(sweep(sizes=[10_000])), tmp_path)
    lines = by_label(found)
    assert pays(lines["tbb, cold"]).in_words.endswith("n below 10,000")
    assert pays(lines["fork_pipe, cold"]).in_words == "never up to n = 10,000"
    assert sizes_figures(found) == []


def test_sweeps_of_other_dimensions_stand_apart(tmp_path: Path) -> None:
    truth = sweep() | {name.replace("d:2", "d:8"): 4 * taken for name, taken in sweep().items()}
    found = studied(with_sweep(truth), tmp_path)
    assert [each.label for each in found.sweeps] == [
        "kernel literal, by_width, d = 2", "kernel literal, by_width, d = 8",
    ]  # fmt: skip
    assert [each.name for each in sizes_figures(found)] == [
        "sizes_literal_by_width_d2", "sizes_literal_by_width_d8",
    ]  # fmt: skip


def test_tables_hold_what_the_words_say(typical: Study, tmp_path: Path) -> None:
    write_report(typical, tmp_path)
    with (tmp_path / "tables" / "sizes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [line for each in typical.sweeps for line in each.lines]
    assert len(rows) == len(lines) == 14
    for row, line in zip(rows, lines, strict=True):
        assert (row["backend"], row["start"]) == (line.backend, line.start)
        assert row["break_even"] == pays(line).in_words
        assert row["verdict"] == "pays"
        ends = [row[f"break_even_serial_time_s{end}"] for end in ("", "_low", "_high")]
        if pays(line).time.value:
            assert float(ends[0]) == pytest.approx(pays(line).time.value)
            assert float(ends[1]) <= float(ends[2])
            assert float(row["break_even_n_about"]) == pytest.approx(pays(line).n)
        else:
            assert {*ends, row["break_even_n_about"]} == {""}
        assert float(row["speedup_serial_at_largest_n"]) == pytest.approx(
            line.points[-1].speedup.value
        )


def test_every_case_stands_in_one_table(typical: Study, tmp_path: Path) -> None:
    assert all(not table.title.startswith("sweep") for table in case_tables(typical))
    write_report(typical, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    _, table = text.split("### Every case, kernel fused")
    rows = [line for line in table.split("\n\n## ")[0].splitlines() if line.startswith("| ")]
    assert rows.pop(1).startswith("| --- |")
    assert len(rows) == 1 + len(LARGE) * len(TYPICAL)
    assert rows[0] == (
        "| backend | n | workers | start | time | speedup, serial | efficiency | CPU time |"
    )
    assert rows[1].startswith("| serial | 100 | 1 | cold |")
    assert rows[-1].startswith("| tbb | 100,000,000 | 4 | warm |")


def test_figures_cut_nothing_off_and_cross_serial_where_the_mark_is(typical: Study) -> None:
    for data in sizes_figures(typical):
        figure = sizes_figure.draw(data)
        lay_out(figure)
        (legend,) = figure.legends
        assert len(legend.get_texts()) == len(data.lines) + 2
        texts = [*figure.texts, *legend.get_texts()]
        for axes in figure.axes:
            texts += [axes.xaxis.label, axes.yaxis.label]
            # Ticks beyond the frame are not drawn.
            ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
            texts += [text for at, text in ticks if axes.get_ylim()[0] <= at <= axes.get_ylim()[1]]
        for text in texts:
            box = text.get_window_extent()
            assert float(text.get_fontsize()) >= 9.0
            assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1, text
            assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1, text
        drawn = {line.get_label(): line for axes in figure.axes for line in axes.lines}
        for each in data.lines:
            if pays(each).time.value:
                along, speedup = (
                    np.asarray(it) for it in drawn[sizes_figure.name_of(each)].get_data()
                )
                crossing = np.interp(0.0, np.log(speedup), np.log(along))
                assert math.exp(crossing) == pytest.approx(pays(each).n, rel=0.03)


INFINITY = math.inf


SWEPT = PaysFrom(Estimate(3.0, 2.1, 4.0), SerialTimes((100, 10_000), (0.1, 10.0)), ())


@pytest.mark.parametrize(
    ("time", "ahead", "verdict", "words"),
    [
        (Estimate(3.0, 2.1, 4.0), (), Verdict.PAYS, "3.00 s (2.10 to 4.00), n about 3,000"),
        (Estimate(0.0, 0.0, 0.0), (), Verdict.PAYS, "< 100 ms, n below 100"),
        (Estimate(0.0, 0.0, 0.2), (), Verdict.PAYS, "< 100 ms (< 100 ms to 200 ms), n below 100"),
        (
            Estimate(0.2, 0.0, 0.3), (), Verdict.PAYS,
            "200 ms (< 100 ms to 300 ms), n about 200",
        ),
        (Estimate(INFINITY, INFINITY, INFINITY), (), Verdict.NEVER, "never up to n = 10,000"),
        (Estimate(INFINITY, INFINITY, INFINITY), (100,), Verdict.CEASES, "only at n = 100"),
        (
            Estimate(INFINITY, 2.1, INFINITY), (), Verdict.UNDECIDED,
            "inconclusive (2.10 s to > 10.0 s)",
        ),
        (Estimate(3.0, 0.0, INFINITY), (), Verdict.UNDECIDED, "inconclusive"),
    ],
)  # fmt: skip
def test_words_tell_the_verdicts_apart(
    time: Estimate, ahead: tuple[int, ...], verdict: Verdict, words: str
) -> None:
    found = replace(SWEPT, time=time, ahead=ahead)
    assert (found.verdict, found.in_words) == (verdict, words)


def test_the_n_of_a_serial_time_lies_between_those_measured() -> None:
    serial = SerialTimes((100, 1_000, 10_000), (1e-3, 3e-2, 2.5e-2))  # noise at the last
    assert serial.size_at(1e-3) == pytest.approx(100)
    assert serial.size_at(math.sqrt(3e-5)) == pytest.approx(math.sqrt(1e5))
    assert 999 < serial.size_at(3e-2) < 10_001
