"""Calls with gaps, the slowest rounds under load, and memory: what the suite measures besides
times of calls back to back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from parzen_study.common.errors import UnusableData
from parzen_study.report.report import write_report
from parzen_study.run.case import PAUSED, SERIAL, filter_matcher, parse_case
from parzen_study.run.load import load_run
from parzen_study.study import Study
from parzen_study.topics.answer import by_size_words
from parzen_study.topics.scaling.tail import Tail, in_words, tails
from record import entry
from synthetic import Document, write
from synthetic_scaling import article_case
from synthetic_sweep import A_SAMPLE, TYPICAL, studied, sweep, sweep_case, with_sweep
from unrendered import text_of

PAUSE = "/pause:5ms"


def paused(n: int, backend: str) -> str:
    return sweep_case(backend, n, "cold" if backend == SERIAL else "warm") + PAUSE


def with_pauses(cpu_time: float = 0.0, serial: float = 1.0) -> Document:
    """Of two sizes and three backends: waking takes threads 50 \N{MICRO SIGN}s, and processes 600;
    serial takes so many times as long as back to back."""
    woken = {SERIAL: 0.0, "tbb": 50e-6, "process_pool": 600e-6}
    truth = {
        paused(n, backend): (
            serial * A_SAMPLE["literal"] * n
            if backend == SERIAL
            else cost + A_SAMPLE["literal"] * n / 3.9
        )
        for n in (1_000, 10_000)
        for backend, cost in woken.items()
    }
    document = with_sweep(sweep() | truth)
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            if PAUSE in each["run_name"] and cpu_time:
                each |= {"cpu_time": cpu_time * 1e6, "children_cpu_time": 0.0}
    return document


def test_a_pause_is_a_state_of_the_workers_that_is_compared_with_serial_after_one() -> None:
    case = parse_case(paused(1_000, "tbb") + "/iterations:10/process_time/manual_time")
    assert case.name == paused(1_000, "tbb")
    assert (case.start, case.pause) == (PAUSED, 5e-3)
    warm = parse_case(sweep_case("tbb", 1_000, "warm"))
    assert (warm.start, warm.pause) == ("warm", 0.0)
    assert case.problem == parse_case(paused(1_000, "serial")).problem != warm.problem
    assert case.line != warm.line


def test_calls_after_a_pause_have_an_answer_of_their_own(tmp_path: Path) -> None:
    whole = studied(with_pauses(), tmp_path)
    found = {by_size_words.question(each): each for each in whole.by_size}
    assert list(found) == [
        f"{start}, kernel literal, by_width"
        for start in (
            "Workers created in every call (cold)",
            "Workers ready (warm)",
            "Workers ready, calls with gaps",
        )
    ]
    after = found["Workers ready, calls with gaps, kernel literal, by_width"]
    assert after.serial.sizes == (1_000, 10_000)
    advice = by_size_words.advice(after)
    assert advice.startswith("Threads (tbb, 4 workers) are best at every n measured")
    assert "processes pay from a serial time of " in advice  # 0.6 ms, times 1 / (1 - 1 / 3.9)
    warm = found["Workers ready (warm), kernel literal, by_width"]
    assert warm.serial.sizes[0] == 100
    assert "calls with gaps" in text_of(whole)


def test_after_a_pause_a_speedup_is_against_serial_after_one(tmp_path: Path) -> None:
    """It takes half as long again as back to back."""
    whole = studied(with_pauses(serial=1.5), tmp_path)
    n, a_sample = 1_000, A_SAMPLE["literal"]
    expected = 1.5 * a_sample * n / (50e-6 + a_sample * n / 3.9)
    measured = whole.estimates.measured
    speedup = measured[paused(n, "tbb")].speedup
    assert speedup
    assert speedup.value == pytest.approx(expected, rel=0.05)
    [after] = [
        line for line in whole.sweeps[0].lines if (line.backend, line.start) == ("tbb", PAUSED)
    ]
    assert after.points[0].speedup.value == pytest.approx(expected, rel=0.05)
    assert (
        measured[sweep_case("tbb", n, "warm")].speedup
        == studied(with_pauses(), tmp_path).estimates.measured[sweep_case("tbb", n, "warm")].speedup
    )
    serial = {each.start: each.serial for each in whole.by_size}
    assert serial[PAUSED].ends[0] == pytest.approx(1.5 * a_sample * n, rel=0.2)
    assert not whole.rejected


@pytest.mark.parametrize(
    ("case_filter", "runs"),
    [("manual_time$", True), ("iterations:10/", True), ("real_time", False)],
)
def test_a_filter_sees_the_whole_name_of_a_case_with_a_pause(case_filter: str, runs: bool) -> None:
    assert filter_matcher(case_filter)(paused(1_000, "tbb")) == runs


@pytest.mark.parametrize(("cpu_time", "rejected"), [(15e-3, False), (40e-3, True)])
def test_what_workers_burn_in_a_pause_is_possible(
    cpu_time: float, rejected: bool, tmp_path: Path
) -> None:
    """Four CPUs give 20 ms in the pause, and some more in the call."""
    whole = studied(with_pauses(cpu_time), tmp_path)
    assert any(PAUSE in name for name in whole.rejected) == rejected


def test_cpu_time_is_next_to_the_speedup(tmp_path: Path) -> None:
    """What workers burn in the pause is theirs."""
    write_report(studied(with_pauses(cpu_time=15e-3), tmp_path), tmp_path)
    with (tmp_path / "tables" / "sizes.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["backend"], row["start"]): row for row in csv.DictReader(file)}
    assert float(rows["tbb", PAUSED]["cpu_time_s_at_largest_n"]) == pytest.approx(15e-3)
    assert rows["tbb", "warm"]["cpu_time_s_at_largest_n"] == ""  # which no counter gave
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    [row] = [line for line in text.splitlines() if line.startswith("| tbb | threads | with gaps")]
    assert "| 15.0 ms | 10,000 |" in row


def load_case(backend: str, n: int, start: str = "warm", workers: int = 4) -> str:
    return article_case("load", backend, workers, start, n=n, load="/load:1")


def with_tail(rounds: int = 12) -> Document:
    truth = {
        load_case("serial", 500, "cold", 1): 160e-6,
        load_case("openmp", 500): 50e-6,
        load_case("tbb", 500): 60e-6,
    }
    document = with_sweep(truth, rounds=rounds)
    entry(document["rounds"][5], load_case("openmp", 500))["real_time"] *= 810
    return document


def tailed(folder: Path, document: Document) -> Study:
    return studied(document, folder)


def test_a_tail_is_named_by_its_library(tmp_path: Path) -> None:
    whole = tailed(tmp_path, with_tail())
    by_backend = {tail.case.backend: tail for tail in whole.tails}
    assert list(by_backend) == ["serial", "openmp", "tbb"]
    assert by_backend["openmp"].worst_over_median == pytest.approx(810, rel=0.3)
    assert by_backend["openmp"].time.value == pytest.approx(50e-6, rel=0.2)
    assert by_backend["tbb"].worst_over_median < 2.0
    words = in_words(whole.tails)
    assert words.startswith("openmp has a long tail: the worst of 12 rounds takes ")
    assert "(n = 500, warm). The worst round of tbb takes at most 1." in words
    text = text_of(whole, "scaling")
    assert words in text.replace("\\_", "_")
    assert "worst / median" in text


def test_a_tail_is_of_the_rounds_that_its_case_had(tmp_path: Path) -> None:
    """Other groups of a run may have had more."""
    document = with_tail(rounds=20)
    cases = {True: "load", False: "others"}
    document["groups"] = {
        group: [name for name in document["cases"] if name.startswith("load/") == of_load]
        for of_load, group in cases.items()
    }
    for number, one_round in enumerate(document["rounds"]):
        one_round["groups"] = ["others"] if number >= 12 else ["load", "others"]
    for one_round in document["rounds"][12:]:
        kept = [each for each in one_round["benchmarks"] if "load/" not in each["run_name"]]
        one_round["benchmarks"] = kept
    whole = tailed(tmp_path, document)
    assert whole.run.most_rounds == 20
    assert "openmp has a long tail: the worst of 12 rounds takes " in in_words(whole.tails)


def test_without_the_family_there_is_no_tail(typical_study: Study) -> None:
    assert tails(typical_study.estimates, ()) == ()
    assert in_words(()) == ""


def test_serial_alone_has_nothing_to_say_of_threads(tmp_path: Path) -> None:
    whole = tailed(tmp_path, with_tail())
    serial: list[Tail] = [tail for tail in whole.tails if tail.case.backend == "serial"]
    assert in_words(serial) == ""


MEMORY_CASE = "memory/{}/kernel:fused/decomposition:by_sample/n:{}/d:2/m:100/workers:{}/start:{}"


def with_memory() -> Document:
    names = {
        MEMORY_CASE.format("serial", 100_000_000, 1, "cold"): (1_604e6, 1_604e6),
        MEMORY_CASE.format("process_pool", 100_000_000, 4, "warm"): (1_610e6, 1_622e6),
        MEMORY_CASE.format("tbb", 100_000_000, 4, "warm"): (1_605e6, 1_605e6),
    }
    document = with_sweep(dict.fromkeys(names, 1e-3))
    for one_round in document["rounds"]:
        for name, (between, peak) in names.items():
            entry(one_round, name).update(pss_between_calls=between, pss_peak=peak)
    return document


def test_memory_is_in_the_report_and_in_a_table(tmp_path: Path) -> None:
    whole = studied(with_memory(), tmp_path)
    write_report(whole, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8").replace("\\_", "_")
    assert "| backend | samples of 1,600.0 MB |" in text
    assert "| process_pool, warm, 4 workers | 1,622.0 (1,610.0) |" in text
    rows = (tmp_path / "tables" / "cases.csv").read_text(encoding="utf-8").splitlines()
    assert "pss_between_calls,pss_peak" in rows[0]


@pytest.mark.parametrize("value", [-1, 0, 0.5, "much", None, 1e300, float("nan")])
def test_memory_that_no_machine_has_is_rejected(value: object, tmp_path: Path) -> None:
    document = with_memory()
    entry(document["rounds"][2], MEMORY_CASE.format("tbb", 100_000_000, 4, "warm"))["pss_peak"] = (
        value
    )
    with pytest.raises(UnusableData, match="'pss_peak' must be a whole number from 1 to"):
        load_run(write(document, tmp_path) / "run.json")


def test_where_memory_was_not_looked_at_there_is_no_section(typical_report: Path) -> None:
    assert "How much memory" not in (typical_report / "report.md").read_text(encoding="utf-8")


def test_the_typical_sweep_has_no_pause() -> None:
    assert all(start in {"cold", "warm"} for _, start in TYPICAL)
