"""The words follow the data: each truth gives its own answer, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.page import style
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.answer.model import UNDECIDED, Answer
from parzen_study.topics.article.figure import article_charts
from synthetic import SUFFIX, Document, Synthetic, Truth, serial_seconds, write
from synthetic_kernels import with_fused


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
    assert "With processes the fastest is" in article.sentence
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
    fastest, rival = answer.sentence.split(" With processes ")
    assert fastest.endswith(" times the speed of serial for 1.4 times its CPU time.")
    assert " times the speed of serial for 3.0 times its CPU time. It takes " in rival


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
    assert "times its speed, which is inconclusive." in answer.sentence
    assert answer.sentence.endswith(" More rounds may tell: make bench PROFILE=full.")


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
    assert f" The time least sure is that of {unsure}, 1.00 ms (" in answer.sentence
    assert "PROFILE" not in answer.sentence
    part = only_answer(speeds, tmp_path / "part", profile="full", interrupted=True)
    assert part.sentence.endswith(" More rounds may tell: make bench PROFILE=full.")


def test_one_worker_stands_for_no_mechanism(tmp_path: Path) -> None:
    """Whatever makes it fast, it does nothing in parallel."""
    speeds = {
        "serial/n:9/workers:1": [1.0],
        "tbb/n:9/workers:1": [1.5],
        "tbb/n:9/workers:2": [0.8],
    }
    answer = only_answer(speeds, tmp_path)
    assert answer.advice == "neither: stay serial"
    assert "the fastest parallel case, tbb with 2 workers, runs at" in answer.sentence


def test_a_rival_that_does_not_clearly_beat_serial_is_not_advised(tmp_path: Path) -> None:
    speeds = {
        "serial/n:9/workers:1": [1.0],
        "tbb/n:9/workers:2": [2.0],
        "fork_pipe/n:9/workers:2": [1.9 * each for each in NOISY],
    }
    answer = only_answer(speeds, tmp_path)
    assert answer.mechanisms == ("threads",)
    assert " times as long: inconclusive. Against serial that is inconclusive." in answer.sentence


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


def with_another_kernel(folder: Path, gain: float, **changes: object) -> Study:
    built = Synthetic(sizes=(10_000,), workers=(1, 2, 4), **changes)  # type: ignore[arg-type]
    document = with_fused(built.document(), gain)
    return study(load_run(write(document, folder) / "run.json"))


def test_each_kernel_has_its_own_answer_and_changes_none_of_another(tmp_path: Path) -> None:
    built = Synthetic(sizes=(10_000,), workers=(1, 2, 4))
    alone = study(load_run(built.write(tmp_path / "alone") / "run.json"))
    whole = with_another_kernel(tmp_path / "both", 500.0)
    answers = {(answer.label, answer.start): answer for answer in whole.answers.found}
    assert set(answers) == {
        (f"n = 10,000, kernel {kernel}", start)
        for kernel in ("fused", "literal")
        for start in ("cold", "warm")
    }
    for answer in alone.answers.found:
        assert answer.label == "n = 10,000"
        same = answers["n = 10,000, kernel literal", answer.start]
        assert (same.advice, same.sentence) == (answer.advice, answer.sentence)
    assert article_charts(whole) == article_charts(alone)
    assert alone.answers.loops == ()


def test_a_kernel_that_processes_do_not_help_is_answered_with_serial(tmp_path: Path) -> None:
    """What is worth a mechanism with one kernel is not with another."""
    document = with_fused(Synthetic(sizes=(10_000,), workers=(1, 2)).document())
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            slow = "kernel:fused" in each["run_name"] and "/serial/" not in each["run_name"]
            each["real_time"] *= 50 if slow else 1
    found = study(load_run(write(document, tmp_path) / "run.json")).answers.found
    advice = {answer.label: answer.advice for answer in found if answer.start == "cold"}
    assert advice["n = 10,000, kernel fused"] == "neither: stay serial"
    assert (
        advice["n = 10,000, kernel literal"]
        == "threads (tbb): 2 workers, the most measured on 4 CPUs"
    )


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (500.0, r"is 12\d \([\d.]+ to [\d.]+\) times as fast as the fastest parallel case of kern"),
        (
            2.0,
            r"is the slower: the fastest .* kernel literal is (1\.9|2\.0)\d* \(.*\) times as fast",
        ),
    ],
)
def test_the_loop_is_compared_with_the_fastest_parallel_case_of_the_articles(
    gain: float, said: str, tmp_path: Path
) -> None:
    ((label, sentence),) = with_another_kernel(tmp_path, gain).answers.loops
    assert label == "n = 10,000"
    assert sentence.startswith("Before any mechanism, the loop: kernel fused in one thread is ")
    assert re.search(said, sentence)


def test_a_loop_as_fast_as_the_mechanism_is_no_difference(tmp_path: Path) -> None:
    def truth(backend: str, n: int, workers: int, start: str) -> float:
        return serial_seconds(n) / (1.0 if backend == "serial" else min(workers, 4))

    one = {"processes": {}, "threads": {"tbb": ("cold",)}}
    whole = with_another_kernel(tmp_path, 4.0, truth=truth, noise=0.05, **one)
    ((_, sentence),) = whole.answers.loops
    assert sentence.endswith(": inconclusive.")


def test_a_rejected_case_is_in_no_sentence_about_the_loop(tmp_path: Path) -> None:
    document = with_fused(Synthetic(sizes=(10_000,), workers=(1, 2)).document())
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            each["counts_digest"] += "kernel:fused" in each["run_name"]
    answers = study(load_run(write(document, tmp_path) / "run.json")).answers
    assert answers.found
    assert answers.loops == ()


def test_the_terminal_and_the_page_say_what_another_loop_gains(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style, "write", lambda name, _draw, _folder: f"<svg>{name}</svg>")
    folder = write(with_fused(Synthetic(sizes=(10_000,), workers=(1, 2)).document()), tmp_path)
    assert main(["report", str(folder)]) == 0
    printed = capsys.readouterr().out
    ((_, sentence),) = study(load_run(folder / "run.json")).answers.loops
    assert sentence in " ".join(printed.split())
    assert "n = 10,000, kernel fused  threads (tbb): 2 workers" in printed
    assert max(map(len, printed.splitlines())) <= 80 + len(str(folder))
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count(sentence) == 1
    assert "Speedup at n = 10,000, kernel fused, decomposition by_sample" in page


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
        "times as long: no difference above 5%. Against serial that is no gain of 5%, so not worth "
        "the mechanism."
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
    assert re.search(r"It takes 1\.0\d \(1\.0[1-4] to .* long: threads are ahead", answer.sentence)
