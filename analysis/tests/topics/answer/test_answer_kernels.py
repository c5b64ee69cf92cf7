"""The answer of several kernels: each has its own, and what the loop itself gains."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.page import style
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.article.figure import article_charts
from synthetic import Synthetic, serial_seconds, write
from synthetic_kernels import with_fused


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
        (
            500.0,
            r"^Improve the loop first: kernel fused in one thread is 12\d \([\d.]+ to [\d.]+\) "
            r"times as fast as the fastest parallel case of literal",
        ),
        (
            2.0,
            r"^Kernel fused in one thread is slower: the fastest .* literal is (1\.9|2\.0)\d* "
            r"\(.*\) times as fast",
        ),
    ],
)
def test_the_loop_is_compared_with_the_fastest_parallel_case_of_the_articles(
    gain: float, said: str, tmp_path: Path
) -> None:
    ((label, sentence),) = with_another_kernel(tmp_path, gain).answers.loops
    assert label == "n = 10,000"
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
