"""The words follow the data: each truth gives its own answer, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.answer import Answer
from parzen_study.load import load_run
from parzen_study.study import Study, study
from synthetic import Synthetic, Truth, serial_seconds


def answered(truth: Truth, folder: Path, **changes: object) -> dict[tuple[int, str], Answer]:
    built = Synthetic(truth=truth, **changes)  # type: ignore[arg-type]
    whole = study(load_run(built.write(folder) / "run.json"))
    return {(answer.n, answer.start): answer for answer in whole.answers}


def test_typical_machine(typical_study: Study) -> None:
    """Cold processes cost more than the article's problem takes; at the large n all is near."""
    told = {(answer.n, answer.start): answer for answer in typical_study.answers}
    assert told[10_000, "cold"].mechanisms == ("threads",)
    assert told[10_000, "cold"].workers == 4  # not 6, on four CPUs
    assert "With processes the best is" in told[10_000, "cold"].sentence
    assert set(told[1_000_000, "warm"].mechanisms) == {"processes", "threads"}
    assert [answer.start for answer in typical_study.answers] == ["cold", "cold", "warm", "warm"]


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.03])
def test_a_gain_not_worth_it_is_answered_with_serial(gain: float, tmp_path: Path) -> None:
    def truth(backend: str, n: int, workers: int, start: str) -> float:
        return serial_seconds(n) / (1.0 if backend == "serial" else gain)

    for answer in answered(truth, tmp_path).values():
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
        assert "times as long, which is no" in answer.sentence


def test_mechanisms_that_need_different_numbers_of_workers_name_both(tmp_path: Path) -> None:
    def truth(backend: str, n: int, workers: int, start: str) -> float:
        most = {"serial": 1, "fork_pipe": 4, "process_pool": 4}.get(backend, 3)
        gain = 1.0 + 2.0 * (min(workers, most) - 1) / max(most - 1, 1)
        return serial_seconds(n) / gain

    for answer in answered(truth, tmp_path).values():
        assert {"threads: 3 workers", "processes: 4 workers"} == set(answer.advice.split(", or "))


def test_too_few_rounds_give_no_answer(tmp_path: Path) -> None:
    assert answered(lambda _b, n, _w, _s: serial_seconds(n), tmp_path, rounds=2) == {}
