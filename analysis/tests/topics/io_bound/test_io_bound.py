"""Tasks that wait, against runs of known truth."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from parzen_study.report.report import write_report
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.io_bound.figure import io_bound_figures
from parzen_study.topics.io_bound.model import Operation
from parzen_study.topics.speedup import figure as speedup
from record import entry, small
from synthetic import Document, write
from synthetic_scaling import AT_ONCE, io_bound, on, with_cases
from unrendered import lay_out


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def by_name(found: Study) -> dict[str, Operation]:
    return {each.name: each for each in found.io_bound}


@pytest.fixture(scope="module")
def typical(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return studied(with_cases(small(1), io_bound()), tmp_path_factory.mktemp("io_bound"))


def test_speedups_are_against_serial_of_the_same_operation(typical: Study) -> None:
    assert [each.name for each in typical.io_bound] == ["timer", "pipe", "file_direct"]
    for each in typical.io_bound:
        assert [line.backend for line in each.lines] == [
            "fork_pipe", "openmp", "process_pool", "tbb",
        ]  # fmt: skip
        for line in each.lines:
            assert [workers for workers, _ in line.points] == [1, 2, 4, 8, 16]
            for workers, gain in line.points:
                assert gain.value == pytest.approx(min(workers, AT_ONCE[each.name]), rel=0.01)
                assert gain.low <= gain.value <= gain.high
    assert not any(
        each.speedup for name, each in typical.estimates.measured.items() if "io_bound" in name
    )


def test_gain_and_gain_beyond_the_cpus_are_distinct(typical: Study) -> None:
    """On 4 CPUs."""
    for name, (gain, beyond) in {"timer": (16, 4), "pipe": (8, 2), "file_direct": (1, 1)}.items():
        each = by_name(typical)[name]
        assert each.gain.value == pytest.approx(gain, rel=0.01)
        assert each.beyond
        assert each.beyond.value == pytest.approx(beyond, rel=0.01)


def test_the_sentences_come_from_the_data(typical: Study, tmp_path: Path) -> None:
    timer, _, file = (each.sentence for each in typical.io_bound)
    assert timer.startswith("Tasks that wait for a timer gain too. Serial takes ")
    assert " for 16 tasks; the fastest, " in timer
    assert "More workers than the 4 usable CPUs gain too: 4.0" in timer
    assert file.startswith("Tasks that wait for a file (by O_DIRECT) gain nothing. ")
    assert "More workers than the 4 usable CPUs gain nothing" in file
    worse = {
        name: 2.0 * took if "workers:1/" not in name else took
        for name, took in io_bound({"file_direct": 1}).items()
    }
    (lost,) = studied(with_cases(small(1), worse), tmp_path / "a").io_bound
    assert lost.sentence.startswith("Tasks that wait for a file (by O_DIRECT) lose. ")
    noisy = with_cases(small(1), io_bound({"file_direct": 1}), noise=0.3)
    (unsure,) = studied(noisy, tmp_path / "b").io_bound
    assert "may gain (inconclusive)" in unsure.sentence


def test_without_serial_several_workers_or_cpus_less_is_said(tmp_path: Path) -> None:
    document = with_cases(small(1), io_bound())
    failed = entry(
        document["rounds"][0], "io_bound/serial/operation:pipe/tasks:16/workers:1/start:cold"
    )
    del failed["real_time"], failed["cpu_time"]
    failed |= {"error_occurred": True, "error_message": "no pipe"}
    assert by_name(studied(document, tmp_path / "a")).keys() == {"timer", "file_direct"}
    one = with_cases(small(1), io_bound(workers=(1,)))
    assert studied(one, tmp_path / "b").io_bound == ()
    unknown = studied(on(0, with_cases(small(1), io_bound())), tmp_path / "c")
    for each in unknown.io_bound:
        assert each.beyond is None
        assert "More workers" not in each.sentence
    many = studied(on(16, with_cases(small(1), io_bound())), tmp_path / "d")
    assert all(each.beyond is None for each in many.io_bound)


def test_the_ideal_does_not_end_with_the_cpus(typical: Study) -> None:
    figures = io_bound_figures(typical.io_bound)
    assert [each.name for each in figures] == [
        *("io_bound_timer", "io_bound_pipe", "io_bound_file_direct")
    ]
    for data in figures:
        figure = speedup.draw(data)
        lay_out(figure)
        (axes,) = figure.axes
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        (ideal,) = (line for line in axes.lines if str(line.get_label()).startswith("ideal"))
        assert ideal.get_label() == "ideal"
        along, up = (np.asarray(each, dtype=np.float64) for each in ideal.get_data())
        assert along.tolist() == up.tolist() == [1, 2, 4, 8, 16]
        assert axes.get_ylim()[1] >= 16
        assert len(axes.containers) == len(data.lines)


def test_the_report_has_the_section_and_the_table(typical: Study, tmp_path: Path) -> None:
    write_report(typical, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    section = text[text.index("## Tasks that wait") :]
    for each in typical.io_bound:
        assert each.sentence in section.replace("\\", "")
        assert f"(figures/io_bound_{each.name}.svg)" in section
    with (tmp_path / "tables" / "io_bound.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 4 * 5


def test_two_rounds_draw_nothing_and_say_no_more_than_they_know(tmp_path: Path) -> None:
    whole = studied(with_cases(small(1, rounds=2), io_bound()), tmp_path)
    write_report(whole, tmp_path)
    assert not list((tmp_path / "figures").glob("io_bound*"))
    assert all("may gain" in each.sentence for each in whole.io_bound)
