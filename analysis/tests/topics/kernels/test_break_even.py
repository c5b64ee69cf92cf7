"""From how many questions on sorting once pays, against runs of known truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.run.load import load_run
from parzen_study.study import study
from parzen_study.topics.kernels.break_even import BreakEven
from record import entry, small
from synthetic import write
from synthetic_kernels import drop, kernel, with_kernels

LABEL = "n = 10,000, d = 2, widths = 1.0-1.2"


def break_evens(
    folder: Path, *, fused: float, warm: float, cold: float, noise: float = 0.002, rounds: int = 6
) -> list[BreakEven]:
    suite = {
        kernel("fused", 10_000): fused,
        kernel("indexed", 10_000): warm,
        kernel("indexed", 10_000, start="cold"): cold,
    }
    document = with_kernels(small(1, rounds), suite, {}, noise=noise)
    return study(load_run(write(document, folder) / "run.json")).break_even


@pytest.mark.parametrize(
    ("fused", "warm", "cold", "questions"),
    [
        (10e-6, 2e-6, 402e-6, 50.0),
        (20e-3, 10e-6, 1.2, 60.03),
        (10e-6, 9e-6, 1009e-6, 1000.0),
        (10e-6, 1e-6, 19e-6, 2.0),
    ],
)
def test_the_number_of_questions_solves_the_equation(
    fused: float, warm: float, cold: float, questions: float, tmp_path: Path
) -> None:
    (found,) = break_evens(tmp_path, fused=fused, warm=warm, cold=cold)
    assert found.questions
    assert found.questions.low <= found.questions.value <= found.questions.high
    assert found.questions.value == pytest.approx(questions, rel=0.05)
    assert found.questions.low <= 1.01 * questions
    assert found.questions.high >= 0.99 * questions
    assert found.label == LABEL
    assert found.sentence.startswith("Sorting once pays from ")
    assert not found.never


def test_rounds_that_differ_as_wholes_widen_nothing(tmp_path: Path) -> None:
    """Rounds differ by 20%, their cases by hardly anything: the three are drawn together."""
    (found,) = break_evens(tmp_path, fused=10e-6, warm=2e-6, cold=402e-6, noise=1e-6)
    assert found.questions
    assert found.questions.high / found.questions.low < 1.001
    assert found.sentence.startswith(("Sorting once pays from 50 ", "Sorting once pays from 51 "))


@pytest.mark.parametrize("warm", [10e-6, 30e-6])
def test_where_asking_is_not_faster_it_never_pays(warm: float, tmp_path: Path) -> None:
    (found,) = break_evens(tmp_path, fused=10e-6, warm=warm, cold=402e-6, noise=0.0)
    assert (found.questions, found.never) == (None, True)
    times = "3.00" if warm > 10e-6 else "1.00"
    assert found.sentence.startswith(f"Sorting once never pays: a query takes {times} ")
    assert found.sentence.endswith(" times as long as with fused.")


def test_where_the_rounds_cannot_tell_it_says_so(tmp_path: Path) -> None:
    (found,) = break_evens(tmp_path, fused=10e-6, warm=9.8e-6, cold=402e-6, noise=0.1)
    assert (found.questions, found.never) == (None, False)
    assert "is inconclusive: a query" in found.sentence


def test_sorting_that_is_faster_than_one_question_pays_at_once(tmp_path: Path) -> None:
    (found,) = break_evens(tmp_path, fused=10e-6, warm=1e-6, cold=5e-6)
    assert found.questions
    assert (found.questions.low, found.questions.high) == (1.0, 1.0)
    assert found.sentence.startswith("Sorting once pays from the first query on. ")


def test_too_few_rounds_for_an_interval_tell_nothing(tmp_path: Path) -> None:
    (found,) = break_evens(tmp_path, fused=10e-6, warm=2e-6, cold=402e-6, rounds=2)
    assert (found.questions, found.never) == (None, False)


@pytest.mark.parametrize("rounds", [2, 6])
def test_equal_medians_are_not_taken_for_none(rounds: int, tmp_path: Path) -> None:
    """Of rounds that differ: 10, 20, 10, ... against 20, 10, 20, ... microseconds."""
    suite = {
        kernel("fused", 10_000): 10e-6,
        kernel("indexed", 10_000): 10e-6,
        kernel("indexed", 10_000, start="cold"): 402e-6,
    }
    document = with_kernels(small(1, rounds), suite, {}, noise=0.0, round_noise=0.0)
    for number, one_round in enumerate(document["rounds"]):
        for name in (kernel("fused", 10_000), kernel("indexed", 10_000)):
            entry(one_round, name)["real_time"] *= 1 + (number + ("fused" in name)) % 2
    (found,) = study(load_run(write(document, tmp_path) / "run.json")).break_even
    assert (found.questions, found.never) == (None, False)
    assert "is inconclusive" in found.sentence


@pytest.mark.parametrize("missing", ["fused", "start:cold", "kernel:indexed"])
def test_without_one_of_the_three_nothing_is_said(missing: str, tmp_path: Path) -> None:
    document = with_kernels(small(1), peers={})
    drop(document, lambda name: name.startswith("kernels/") and missing in name)
    assert study(load_run(write(document, tmp_path) / "run.json")).break_even == []
