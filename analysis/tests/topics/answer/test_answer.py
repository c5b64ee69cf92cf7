"""The words follow the data: each truth gives its own answer, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.answer.model import Answer
from synthetic import SUFFIX, Synthetic, Truth, serial_seconds, write


def answered(truth: Truth, folder: Path, **changes: object) -> dict[tuple[str, str], Answer]:
    built = Synthetic(truth=truth, **changes)  # type: ignore[arg-type]
    whole = study(load_run(built.write(folder) / "run.json"))
    return {(answer.label, answer.start): answer for answer in whole.answers.found}


def test_typical_machine(typical_study: Study) -> None:
    """Cold processes cost more than the article's problem takes; at the large n all is near."""
    found = typical_study.answers.found
    answers = {(answer.label, answer.start): answer for answer in found}
    article = answers["n = 10,000", "cold"]
    assert article.mechanisms == ("threads",)
    assert article.workers == 4  # not 6, on four CPUs
    assert "The fastest processes are" in article.sentence
    assert set(answers["n = 1,000,000", "warm"].mechanisms) == {"processes", "threads"}
    assert [answer.start for answer in found] == ["cold", "cold", "warm", "warm"]


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.03])
def test_a_gain_not_worth_it_is_answered_with_serial(gain: float, tmp_path: Path) -> None:
    def truth(backend: str, n: int, workers: int, start: str) -> float:
        return serial_seconds(n) / (1.0 if backend == "serial" else gain)

    for answer in answered(truth, tmp_path, noise=0.002).values():
        assert answer.mechanisms == ("neither",)
        assert answer.advice == "neither: stay serial"


def test_processes_are_answered_where_they_are_faster(tmp_path: Path) -> None:
    def truth(backend: str, n: int, workers: int, start: str) -> float:
        speed = {"serial": 1.0, "fork_pipe": 1.9, "process_pool": 1.9}.get(backend, 1.2)
        return serial_seconds(n) / (1.0 if workers == 1 else speed)

    for answer in answered(truth, tmp_path).values():
        assert answer.mechanisms == ("processes",)
        assert answer.workers == 2  # more bring nothing


def test_more_workers_are_named_only_where_they_bring_something(tmp_path: Path) -> None:
    def truth(backend: str, n: int, workers: int, start: str) -> float:
        return serial_seconds(n) / {1: 1.0, 2: 1.9, 3: 2.7, 4: 2.75, 6: 2.76}[workers]

    for answer in answered(truth, tmp_path).values():
        assert answer.workers == 3


def test_a_difference_within_the_noise_is_no_difference(tmp_path: Path) -> None:
    def truth(backend: str, n: int, workers: int, start: str) -> float:
        slight = 1.005 if backend in {"fork_pipe", "process_pool"} else 1.0
        return slight * serial_seconds(n) / min(workers, 4)

    for answer in answered(truth, tmp_path, noise=0.03).values():
        assert set(answer.mechanisms) == {"processes", "threads"}
        assert "times as long: " in answer.sentence


def test_mechanisms_that_need_different_numbers_of_workers_name_both(tmp_path: Path) -> None:
    def truth(backend: str, n: int, workers: int, start: str) -> float:
        most = {"serial": 1, "fork_pipe": 4, "process_pool": 4}.get(backend, 3)
        gain = 1.0 + 2.0 * (min(workers, most) - 1) / max(most - 1, 1)
        return serial_seconds(n) / gain

    for answer in answered(truth, tmp_path).values():
        advised = set(re.sub(r" \(\w+\)", "", answer.advice).split(", or "))
        assert advised == {"threads: 3 workers", "processes: 4 workers"}


@pytest.mark.parametrize("rounds", [2, 3, 4])
def test_too_few_rounds_give_no_advice_and_say_how_many_are_needed(
    rounds: int, tmp_path: Path
) -> None:
    built = Synthetic(rounds=rounds, sizes=(10_000,), workers=(1, 2))
    answers = study(load_run(built.write(tmp_path) / "run.json")).answers
    assert answers.found == ()
    assert f"at least 5 rounds, and this run has {rounds}" in answers.nothing


def test_what_was_not_measured_warm_is_said(tmp_path: Path) -> None:
    whole = Synthetic(rounds=5, workers=(1, 2)).document()
    left_out = {name for name in whole["cases"] if "n:1000000" in name and "warm" in name}
    whole["cases"] = [name for name in whole["cases"] if name not in left_out]
    for one_round in whole["rounds"]:
        one_round["benchmarks"] = [
            each
            for each in one_round["benchmarks"]
            if each["run_name"].removesuffix(SUFFIX) not in left_out
        ]
    answers = study(load_run(write(whole, tmp_path) / "run.json")).answers
    assert answers.not_measured == (("warm", "n = 1,000,000: not measured warm"),)


@pytest.mark.simulation
def test_the_one_of_many_that_noise_favoured_is_no_answer(tmp_path: Path) -> None:
    """Nothing gains: a mechanism is advised in hardly any run, and neither is preferred."""
    advised = 0
    for seed in range(20):
        found = answered(
            lambda _, n, *__: serial_seconds(n), tmp_path, rounds=5, sizes=(10_000,), noise=0.15,
            round_noise=0.0, seed=seed,
        )  # fmt: skip
        advised += sum(
            bool({"threads", "processes"} & set(each.mechanisms)) for each in found.values()
        )
    assert advised <= 2
