"""The claims of 2014 come out as a run's truth says, refuted ones included."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from parzen_study import published
from parzen_study.claims import Claim, Verdict
from parzen_study.load import load_run
from parzen_study.study import Study, study
from synthetic import (
    COUNTS,
    MACHINE,
    SUFFIX,
    Document,
    Synthetic,
    Truth,
    serial_seconds,
    typical,
    write,
)

N = 10_000
CONFIRMED, REFUTED, UNDECIDED = Verdict.CONFIRMED, Verdict.REFUTED, Verdict.UNDECIDED


def told(document: Document, folder: Path, language: str = "C++") -> list[Claim]:
    """The seven claims; of those about a program, as held against that one."""
    every = worked_out(document, folder).claims
    return [each for each in every if each.program in {"", language}]


def worked_out(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def by_pool(seconds: Mapping[int, float], serial: float = 1.0) -> Truth:
    """Processes of these times by workers; threads twice as fast; serial of its own."""

    def truth(backend: str, _n: int, workers: int, _start: str) -> float:
        if backend == "serial":
            return serial
        return seconds[workers] / (2.0 if backend in {"tbb", "openmp"} else 1.0)

    return truth


def built(truth: Truth = typical, **changes: object) -> Document:
    return Synthetic(truth, rounds=8, sizes=(N,), **changes).document()  # type: ignore[arg-type]


def add(document: Document, seconds: Mapping[str, float]) -> Document:
    """Cases without noise beside those of the run, in every round."""
    document["cases"] = sorted([*document["cases"], *seconds])
    for one_round in document["rounds"]:
        one_round["benchmarks"] += [
            {"run_name": name + SUFFIX, "real_time": time, "time_unit": "s", "cpu_time": time}
            for name, time in seconds.items()
        ]
    return document


def waiting(**fastest: float) -> dict[str, float]:
    """Tasks that wait, by operation: a second in order, so many with workers."""
    found = {}
    for operation, seconds in fastest.items():
        name = f"operation:{operation}/tasks:16/workers"
        found[f"io_bound/serial/{name}:1/start:cold"] = 1.0
        found[f"io_bound/tbb/{name}:16/start:warm"] = seconds
    return found


def test_every_claim_of_the_article_is_there_in_its_order(tmp_path: Path) -> None:
    assert [each.text for each in told(built(), tmp_path)] == published.article()["claims"]


@pytest.mark.parametrize(
    ("parallel", "verdict"), [(0.5, CONFIRMED), (1.2, REFUTED), (0.952, UNDECIDED)]
)
def test_parallel_work_speeds_up_or_not(parallel: float, verdict: Verdict, tmp_path: Path) -> None:
    claim = told(built(by_pool(dict.fromkeys((1, 2, 3, 4, 6), parallel))), tmp_path)[0]
    assert claim.verdict == verdict
    assert f"at n = {N:,}" in claim.figure


@pytest.mark.parametrize(
    ("with_six", "verdict"), [(0.25, CONFIRMED), (0.4, CONFIRMED), (0.2, REFUTED)]
)
def test_more_processes_than_cores(with_six: float, verdict: Verdict, tmp_path: Path) -> None:
    times = {1: 1.0, 2: 0.5, 3: 0.33, 4: 0.25, 6: with_six}
    claim = told(built(by_pool(times)), tmp_path)[1]
    assert claim.verdict == verdict
    assert "the 4 usable CPUs (6)" in claim.figure


@pytest.mark.parametrize(("with_four", "verdict"), [(0.32, CONFIRMED), (0.25, REFUTED)])
def test_the_last_core(with_four: float, verdict: Verdict, tmp_path: Path) -> None:
    times = {1: 1.0, 2: 0.5, 3: 0.333, 4: with_four, 6: 0.3}
    claim = told(built(by_pool(times)), tmp_path)[2]
    assert claim.verdict == verdict
    assert "From 3 to 4 workers" in claim.figure
    assert "where 1.33 would be ideal" in claim.figure
    assert "keeps a CPU busy" not in claim.figure


def test_what_the_article_explains_it_by_is_tried(tmp_path: Path) -> None:
    def name(family: str, workers: int) -> str:
        load = "/load:1" if family == "load" else ""
        tail = f"kernel:literal/decomposition:by_width/n:100000/d:2/m:100{load}"
        return f"{family}/process_pool/{tail}/workers:{workers}/start:cold"

    loaded = {name("load", workers): 0.3 for workers in (3, 4, 5)}
    quiet = {name("scaling", workers): 1.0 / workers for workers in (3, 4)}
    claim = told(add(built(), loaded | quiet), tmp_path)[2]
    assert claim.verdict == REFUTED
    assert "process_pool becomes 1.33 times as fast, where 1.33 would be ideal" in claim.figure
    assert "With another process that keeps a CPU busy it becomes 1.00 times" in claim.figure


def test_on_more_cpus_than_the_articles_workers_family_scaling_tells(tmp_path: Path) -> None:
    tail = "kernel:literal/decomposition:by_width/n:100000/d:2/m:100"
    seconds = {f"scaling/serial/{tail}/workers:1/start:cold": 1.0} | {
        f"scaling/process_pool/{tail}/workers:{w}/start:cold": 1.0 / min(w, 8) + 0.01 * w
        for w in (1, 2, 4, 7, 8, 16, 32, 64)
    }
    document = add(built(machine=MACHINE | {"usable_cpus": "8", "logical_cpus": "8"}), seconds)
    claims = told(document, tmp_path)
    assert [each.verdict for each in claims[1:4]] == [CONFIRMED, CONFIRMED, CONFIRMED]
    assert "From 7 to 8 workers" in claims[2].figure
    assert "From 8 to 64 workers of process_pool, on 8 usable CPUs, each one more adds 10.0 ms" in (
        claims[3].figure
    )


@pytest.mark.parametrize(("each_more", "verdict"), [(0.01, CONFIRMED), (-0.01, REFUTED)])
def test_every_process_more_costs(each_more: float, verdict: Verdict, tmp_path: Path) -> None:
    times = {workers: 0.3 + each_more * (workers - 4) for workers in (1, 2, 3, 4, 6)}
    document = built(by_pool(times), noise=0.001, round_noise=0.0)
    claim = told(document, tmp_path)[3]
    assert claim.verdict == verdict
    assert f"each one more adds {'10' if each_more > 0 else '-1'}" in claim.figure


@pytest.mark.parametrize(
    ("fastest", "verdict"),
    [
        ({"timer": 0.1, "pipe": 0.1, "file_direct": 1.0}, REFUTED),
        ({"timer": 1.0, "pipe": 1.1, "file_direct": 1.0}, CONFIRMED),
    ],
)
def test_tasks_that_wait(fastest: dict[str, float], verdict: Verdict, tmp_path: Path) -> None:
    claim = told(add(built(), waiting(**fastest)), tmp_path)[4]
    assert claim.verdict == verdict
    waits = (operation.partition("_")[0] for operation in fastest)
    assert all(f"wait for a {what}" in claim.figure for what in waits)


def test_processes_cost_more_than_threads_or_not(tmp_path: Path) -> None:
    dear = told(built(), tmp_path / "dear")[5]
    assert dear.verdict == CONFIRMED

    def threads_cost(backend: str, n: int, workers: int, start: str) -> float:
        return typical(backend, n, workers, start) * (9.0 if backend in {"tbb", "openmp"} else 1.0)

    assert told(built(threads_cost), tmp_path / "cheap")[5].verdict == REFUTED


def test_the_best_width_is_worked_out_from_the_counts(tmp_path: Path) -> None:
    claim = told(built(), tmp_path / "article")[6]
    assert claim.verdict == REFUTED
    assert "h = 0.1" in claim.figure
    assert "h = 1.1" in claim.figure
    document = built()
    for one_round in document["rounds"]:
        one_round["context"]["article.counts"] = ""
    assert told(document, tmp_path / "unknown")[6].verdict == UNDECIDED


def test_what_was_not_measured_decides_nothing(tmp_path: Path) -> None:
    claims = told(built(processes={}, workers=(1,)), tmp_path)
    assert [each.verdict for each in claims] == [UNDECIDED] * 6 + [REFUTED]
    assert all(each.figure.startswith("Not measured: ") for each in claims[:6])


def test_too_few_rounds_decide_nothing_but_what_is_exact(tmp_path: Path) -> None:
    claims = told(Synthetic(rounds=4, sizes=(N,)).document(), tmp_path)
    assert [each.verdict for each in claims] == [UNDECIDED] * 6 + [REFUTED]
    assert {each.figure for each in claims[:6]} == {
        "It takes at least 5 rounds, and this run has 4."
    }


def test_one_of_many_that_noise_favoured_proves_nothing(tmp_path: Path) -> None:
    """Threads and processes equally fast: a verdict comes out in hardly any run."""
    decided = 0
    for seed in range(20):
        document = Synthetic(
            lambda *_: 1.0, rounds=5, sizes=(N,), noise=0.1, round_noise=0.0, seed=seed,
            processes={"fork_pipe": ("cold",)},
        ).document()  # fmt: skip
        decided += told(document, tmp_path)[5].verdict == CONFIRMED
    assert decided <= 2


def test_a_wrong_build_has_no_claims(tmp_path: Path) -> None:
    document = built()
    for one_round in document["rounds"]:
        one_round["context"]["article.counts"] = ",".join(map(str, (0, *COUNTS[1:])))
    assert worked_out(document, tmp_path).claims == []


def test_the_articles_program_in_python_has_its_own_rows(tmp_path: Path) -> None:
    tail = "kernel:article_python/decomposition:by_width/n:10000/d:2/m:100"
    seconds = {f"article/serial/{tail}/workers:1/start:cold": 2.4} | {
        f"article/multiprocessing_Pool/{tail}/workers:{w}/start:cold": 2.4 / min(w, 4) + 0.01 * w
        for w in (1, 2, 3, 4, 6)
    }
    document = add(built(), seconds)
    claims = told(document, tmp_path, "Python")
    assert [each.verdict for each in claims[:4]] == [CONFIRMED, CONFIRMED, REFUTED, CONFIRMED]
    assert "multiprocessing_Pool" in claims[0].figure
    assert serial_seconds(N) < 2.4  # its reference is Python's own serial, not the suite's
    assert claims[0].figure.startswith("The best of multiprocessing_Pool is 3.75")
