"""The answer for one problem whose cases have given speeds, round by round."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parzen_study.run.load import load_run
from parzen_study.study import study
from parzen_study.topics.answer.model import UNDECIDED, Answer
from synthetic import Document, Synthetic, write


def document(speeds: dict[str, list[float]], rounds: int) -> Document:
    """A run of one problem in which every case takes 1/speed ms, round by round."""
    cases = {f"article/{name}/start:cold": each for name, each in speeds.items()}
    whole = Synthetic(rounds=rounds, sizes=(10_000,), workers=(1,)).document()
    whole["cases"] = list(cases)
    for number, one_round in enumerate(whole["rounds"]):
        one_round["benchmarks"] = [
            {"run_name": name, "real_time": 1.0 / each[number % len(each)], "time_unit": "ms"}
            for name, each in cases.items()
        ]
    return whole


def only_answer(speeds: dict[str, list[float]], folder: Path, **changes: object) -> Answer:
    built = document(speeds, rounds=7) | changes
    whole = study(load_run(write(built, folder) / "run.json"))
    (answer,) = whole.answers.found
    return answer


def test_the_cpu_time_is_next_to_the_gain(tmp_path: Path) -> None:
    built = document(
        {"serial/n:9": [1.0], "tbb/n:9/workers:2": [1.5], "fork_pipe/n:9/workers:2": [1.2]}, 7
    )
    used = {"serial": 1.0, "tbb": 1.4, "fork_pipe": 0.2}
    for one_round in built["rounds"]:
        for each in one_round["benchmarks"]:
            backend = each["run_name"].split("/")[1]
            each["cpu_time"] = used[backend]
            each["children_cpu_time"] = 2.8e-3 if backend == "fork_pipe" else 0.0
    (answer,) = study(load_run(write(built, tmp_path) / "run.json")).answers.found
    fastest, rival = answer.sentences
    assert fastest.endswith(", CPU time 1.4\N{MULTIPLICATION SIGN}.")
    assert ", CPU time 3.0\N{MULTIPLICATION SIGN}. They take " in rival


NOISY = [1.0, 0.5, 2.0, 0.4, 2.5, 0.8, 1.3]


def test_a_noisy_case_of_fewer_workers_does_not_make_it_serial(tmp_path: Path) -> None:
    speeds = {
        "serial/n:9/workers:1": [1.0],
        "tbb/n:9/workers:2": NOISY,
        "tbb/n:9/workers:4": [3.0],
    }
    answer = only_answer(speeds, tmp_path)
    assert answer.advice == "threads (tbb): 4 workers"
    assert answer.sentence.startswith("Fastest is tbb with 4 workers: 333 \N{MICRO SIGN}s")
    assert "enough" not in answer.sentence


def test_fewer_workers_that_do_not_beat_serial_are_not_enough(tmp_path: Path) -> None:
    speeds = {
        "serial/n:9/workers:1": [1.0],
        "tbb/n:9/workers:2": [1.045],
        "tbb/n:9/workers:4": [1.09],
    }
    answer = only_answer(speeds, tmp_path)
    assert (answer.advice, answer.workers) == ("threads (tbb): 4 workers", 4)


@pytest.mark.parametrize(
    ("gains", "advice"),
    [
        ({2: 2.0, 4: 4.0}, "threads (tbb): 4 workers, the most measured on 64 CPUs"),
        ({2: 1.9, 4: 1.92}, "threads (tbb): 2 workers"),
        ({2: 1.9, 4: 3.0, 64: 2.9}, "threads (tbb): 4 workers"),
    ],
)
def test_the_most_workers_measured_are_not_the_best_of_all(
    gains: dict[int, float], advice: str, tmp_path: Path
) -> None:
    """Where more were not tried though there are CPUs for them, the answer says so."""
    speeds = {f"tbb/n:9/workers:{workers}": [gain] for workers, gain in gains.items()}
    built = document({"serial/n:9/workers:1": [1.0], **speeds}, rounds=7)
    for one_round in built["rounds"]:
        one_round["context"]["machine.usable_cpus"] = "64"
    (answer,) = study(load_run(write(built, tmp_path) / "run.json")).answers.found
    assert answer.advice == advice


def test_fewer_workers_that_do_as_well_are_enough(tmp_path: Path) -> None:
    speeds = {
        "serial/n:9/workers:1": [1.0],
        "tbb/n:9/workers:2": [1.9],
        "openmp/n:9/workers:4": [1.95],
    }
    answer = only_answer(speeds, tmp_path)
    assert answer.advice == "threads (tbb): 2 workers"
    assert "Fastest is openmp with 4 workers" in answer.sentence
    assert "2 workers are enough: tbb with 2 workers takes 1.03 times as long" in answer.sentence


def test_a_noisy_fastest_case_leaves_it_undecided(tmp_path: Path) -> None:
    speeds = {"serial/n:9/workers:1": [1.0], "tbb/n:9/workers:2": [1.3 * each for each in NOISY]}
    answer = only_answer(speeds, tmp_path)
    assert answer.advice == UNDECIDED
    assert answer.mechanisms == ()
    assert "That is inconclusive." in answer.sentence
    assert answer.sentence.endswith(" More rounds may decide it: make bench PROFILE=full.")


@pytest.mark.parametrize(
    ("serial", "tbb", "unsure"), [([1.0], NOISY, "tbb with 2 workers"), (NOISY, [1.0], "serial")]
)
def test_undecided_with_the_most_rounds_names_what_is_least_sure(
    serial: list[float], tbb: list[float], unsure: str, tmp_path: Path
) -> None:
    """Who has measured with PROFILE=full is not advised to do it."""
    speeds = {"serial/n:9/workers:1": serial, "tbb/n:9/workers:2": tbb}
    answer = only_answer(speeds, tmp_path / "whole", profile="full")
    assert answer.advice == UNDECIDED
    assert f" The noisiest time is that of {unsure}: 1.00 ms (" in answer.sentence
    assert "PROFILE" not in answer.sentence
    part = only_answer(speeds, tmp_path / "part", profile="full", interrupted=True)
    assert part.sentence.endswith(" More rounds may decide it: make bench PROFILE=full.")


def test_one_worker_stands_for_no_mechanism(tmp_path: Path) -> None:
    """Whatever makes it fast, it does nothing in parallel."""
    speeds = {
        "serial/n:9/workers:1": [1.0],
        "tbb/n:9/workers:1": [1.5],
        "tbb/n:9/workers:2": [0.8],
    }
    answer = only_answer(speeds, tmp_path)
    assert answer.advice == "neither: stay serial"
    assert "The fastest parallel case is tbb with 2 workers: speedup 0.8" in answer.sentence


def test_a_rival_that_does_not_clearly_beat_serial_is_not_advised(tmp_path: Path) -> None:
    speeds = {
        "serial/n:9/workers:1": [1.0],
        "tbb/n:9/workers:2": [2.0],
        "fork_pipe/n:9/workers:2": [1.9 * each for each in NOISY],
    }
    answer = only_answer(speeds, tmp_path)
    assert answer.mechanisms == ("threads",)
    assert (
        " times as long: inconclusive. Compared with serial that is inconclusive."
        in answer.sentence
    )


def test_fewer_workers_that_may_cost_more_are_not_called_enough(tmp_path: Path) -> None:
    speeds = {
        "serial/n:9/workers:1": [1.0],
        "tbb/n:9/workers:2": [3.0, 2.7, 3.3, 2.6, 3.4, 2.9, 3.1],
        "tbb/n:9/workers:4": [3.05],
    }
    answer = only_answer(speeds, tmp_path)
    assert answer.advice == "threads (tbb): 2 workers"
    assert "2 workers may be enough: tbb with 2 workers" in answer.sentence


def test_a_rival_that_does_not_beat_serial_will_not_do(tmp_path: Path) -> None:
    speeds = {
        "serial/n:9/workers:1": [1.0],
        "tbb/n:9/workers:2": [1.07],
        "process_pool/n:9/workers:2": [1.045],
    }
    answer = only_answer(speeds, tmp_path)
    assert answer.mechanisms == ("threads",)
    assert answer.sentence.endswith(
        "times as long: no difference above 5%. Compared with serial that is a gain of at most 5%, "
        "so not worth the mechanism."
    )


def test_a_lead_that_may_be_small_is_a_lead_all_the_same(tmp_path: Path) -> None:
    """By 8%, give or take: the interval is above 1 and ends on both sides of 5%."""
    speeds = {
        "serial/n:9/workers:1": [1.0],
        "tbb/n:9/workers:2": [2.0 * each for each in (1.0, 1.01, 0.99, 1.02, 0.98, 1.0)],
        "fork_pipe/n:9/workers:2": [
            2.0 / 1.08 * each for each in (1.05, 0.96, 1.0, 1.04, 0.97, 1.0)
        ],
    }
    answer = only_answer(speeds, tmp_path)
    assert answer.advice == "threads (tbb): 2 workers, the most measured on 4 CPUs"
    assert re.search(r"They take 1\.0\d \(1\.0[1-4] to .* long: threads are ahead", answer.sentence)
