"""Break-even n and the answer by size, against runs of known truth."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import numpy as np
import pytest

from parzen_study.cli import main
from parzen_study.load import load_run
from parzen_study.page import Heading, Table
from parzen_study.sections import page
from parzen_study.sizes import Curve, break_even
from parzen_study.study import Study, study
from synthetic import Document, write
from synthetic_sweep import SIZES, Cost, name, swept

TBB, POOL, FORK = ("tbb", "cold"), ("process_pool", "cold"), ("fork_pipe", "cold")


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def curve(*seconds: float, sizes: tuple[int, ...] = (10, 100, 1_000)) -> Curve:
    return Curve(sizes, np.array(seconds), np.array(seconds)[:, np.newaxis])


def pays(own: Curve, other: Curve) -> float:
    return break_even(own, other).n.value


def test_a_fixed_cost_and_a_cost_a_sample_are_solved_exactly() -> None:
    assert pays(curve(30, 75, 525), curve(10, 100, 1_000)) == pytest.approx(50.0)


def test_exactly_equal_is_not_faster() -> None:
    assert pays(curve(1, 2, 3), curve(1, 2, 3)) == math.inf
    assert pays(curve(1, 2, 3), curve(1, 3, 4)) == 10.0


def test_what_wins_once_and_loses_again_has_not_paid_yet() -> None:
    assert pays(curve(5, 200, 500), curve(10, 100, 1_000)) == pytest.approx(100 + 900 * 100 / 600)
    assert pays(curve(5, 50, 2_000), curve(10, 100, 1_000)) == math.inf


def test_always_and_never() -> None:
    assert break_even(curve(1, 1, 1), curve(2, 2, 2)).always
    assert break_even(curve(2, 2, 2), curve(1, 1, 1)).never


@pytest.mark.parametrize("truth", [150.0, 950.0, 4_000.0, 40_000.0, 800_000.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_truth_is_found_within_5_percent(truth: float, seed: int, tmp_path: Path) -> None:
    cost = Cost(truth * 100e-9 * 0.5)
    assert cost.break_even == pytest.approx(truth)
    (found,) = studied(swept({TBB: cost}, noise=0.01, seed=seed), tmp_path).sizes
    assert found.backends[0].break_even.n.value == pytest.approx(truth, rel=0.05)


def test_the_interval_holds_the_truth_as_often_as_it_says(tmp_path: Path) -> None:
    """19 in 20: of 60 seeds at least 51, which a true 95% misses once in 400."""
    cost = Cost(3e-3)
    held = 0
    for seed in range(60):
        document = swept({TBB: cost}, noise=0.03, seed=seed, sizes=(10_000, 100_000, 1_000_000))
        n = studied(document, tmp_path).sizes[0].backends[0].break_even.n
        held += n.low <= cost.break_even <= n.high
    assert held >= 51


def test_the_words_say_what_the_truth_is(tmp_path: Path) -> None:
    costs = {TBB: Cost(2e-4), POOL: Cost(1.5e-2), FORK: Cost(5e-2)}
    (answer,) = studied(swept(costs, noise=0.01), tmp_path).size_answers
    assert re.fullmatch(r"serial below n = (3,9|4,0|4,1)00, then threads", answer.advice)
    number = r"[\d,]+ \([\d,]+ to [\d,]+\)"
    assert re.match(
        rf"Below n = {number} serial is best, from there threads; "
        rf"processes pay from n = {number}\. "
        r"At n = 1,000,000: threads (1\.9|2\.0)",
        answer.sentence,
    )
    assert "either will do" not in answer.sentence


def test_a_mechanism_that_overtakes_is_named(tmp_path: Path) -> None:
    costs = {TBB: Cost(1e-4, 0.9), POOL: Cost(1e-3, 0.5)}
    (answer,) = studied(swept(costs, noise=0.001), tmp_path).size_answers
    assert answer.advice == "serial below n = 10,000, then threads"
    assert "faster of the two from n = 22," in answer.sentence or "22,000" in answer.sentence


def test_of_a_mechanism_the_fastest_backend_is_meant(tmp_path: Path) -> None:
    costs = {TBB: Cost(5e-2), ("openmp", "cold"): Cost(5e-4), POOL: Cost(1e-2)}
    (found,) = studied(swept(costs, noise=0.001), tmp_path).sizes
    threads, processes = found.mechanisms
    assert (threads.name, processes.name) == ("threads", "processes")
    assert threads.break_even.n.value == pytest.approx(10_000, rel=0.05)


def test_what_never_pays_and_what_always_does(tmp_path: Path) -> None:
    dear = studied(swept({TBB: Cost(1.0), POOL: Cost(2.0)}), tmp_path / "dear").size_answers[0]
    assert dear.advice == "stay serial, up to n = 1,000,000"
    assert "threads never pay" in dear.sentence or "processes never pay" in dear.sentence
    free = studied(swept({TBB: Cost(0.0)}), tmp_path / "free").size_answers[0]
    assert free.advice == "threads, from n = 100 on"
    assert "at every n measured, from 100 on" in free.sentence


def test_what_noise_hides_is_undecided(tmp_path: Path) -> None:
    (answer,) = studied(swept({TBB: Cost(0.0, 1.0)}, noise=0.2), tmp_path).size_answers
    assert answer.advice == "undecided: these rounds cannot tell"


def test_cold_and_warm_have_answers_of_their_own(tmp_path: Path) -> None:
    whole = studied(swept({TBB: Cost(2e-3), ("tbb", "warm"): Cost(1e-5)}), tmp_path)
    assert [(each.start, each.advice) for each in whole.size_answers] == [
        ("cold", "serial below n = 40,000, then threads"),
        ("warm", "serial below n = 200, then threads"),
    ]


@pytest.mark.parametrize("rounds", [2, 4])
def test_too_few_rounds_give_no_answer(rounds: int, tmp_path: Path) -> None:
    whole = studied(swept({TBB: Cost(2e-4)}, rounds=rounds), tmp_path)
    assert whole.size_answers == []
    assert bool(whole.sizes) == (rounds > 2)


def test_errors_and_missing_sizes_are_left_out(tmp_path: Path) -> None:
    document = swept({TBB: Cost(2e-4)}, noise=0.001)
    for each in document["rounds"][0]["benchmarks"]:
        if each["run_name"].startswith(name("serial", 10_000, "cold")):
            each |= {"error_occurred": True, "error_message": "7 is, 8 should"}
    (found,) = studied(document, tmp_path).sizes
    assert found.backends[0].curve.sizes == tuple(n for n in SIZES if n != 10_000)
    assert found.backends[0].break_even.n.value == pytest.approx(4_000, rel=0.05)


def test_one_size_alone_has_no_break_even(tmp_path: Path) -> None:
    assert studied(swept({TBB: Cost(2e-4)}, sizes=(10_000,)), tmp_path).sizes == []


def test_the_report_has_words_figure_and_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = swept({TBB: Cost(2e-4), ("tbb", "warm"): Cost(1e-5), POOL: Cost(1.5e-2)})
    whole = studied(document, tmp_path)
    first, *_ = page(whole).sections
    assert first.blocks[0] == Heading("For your problem, by size")
    section = next(each for each in page(whole).sections if each.name == "sizes")
    (table,) = (block for block in section.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == ["process_pool", "tbb", "tbb"]
    assert main(["report", str(tmp_path)]) == 0
    printed, _, _ = capsys.readouterr().out.partition(str(tmp_path))
    assert max(map(len, printed.splitlines())) <= 80
    assert (tmp_path / "figures" / "sizes_literal_by_width.svg").exists()
    with (tmp_path / "tables" / "sizes.csv").open(encoding="utf-8") as file:
        rows = {(row["backend"], row["start"]): row for row in csv.DictReader(file)}
    assert float(rows["tbb", "cold"]["break_even_n"]) == pytest.approx(4_000, rel=0.05)
    assert float(rows["tbb", "cold"]["speedup_at_largest"]) == pytest.approx(2.0, rel=0.05)
