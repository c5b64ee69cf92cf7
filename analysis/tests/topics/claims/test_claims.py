"""The claims of 2014 come out as a run's truth says, refuted ones included."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from parzen_study.run import published
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.claims.decision import Verdict
from parzen_study.topics.claims.model import Claim
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
SPEEDS_UP, MORE_THAN_CORES, LAST_CORE, COLD, WARM, ONLY_CPU_BOUND, COST_MORE, BEST_WIDTH = range(8)
CONFIRMED, REFUTED, INCONCLUSIVE = Verdict.CONFIRMED, Verdict.REFUTED, Verdict.INCONCLUSIVE


def claims_of(document: Document, folder: Path, language: str = "C++") -> list[Claim]:
    """The rows of the seven claims; of those about a program, as held against that one."""
    every = worked_out(document, folder).claims
    return [each for each in every if each.program.partition(",")[SPEEDS_UP] in {"", language}]


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


def on_cpus(count: int) -> dict[str, str]:
    return MACHINE | {"usable_cpus": str(count), "logical_cpus": str(count)}


def add(document: Document, seconds: Mapping[str, float]) -> Document:
    """Cases without noise in addition to those of the run, in every round."""
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
    texts = dict.fromkeys(each.text for each in claims_of(built(), tmp_path))
    assert list(texts) == published.article()["claims"]


@pytest.mark.parametrize(
    ("parallel", "verdict"), [(0.5, CONFIRMED), (1.2, REFUTED), (0.952, INCONCLUSIVE)]
)
def test_parallel_work_speeds_up_or_not(parallel: float, verdict: Verdict, tmp_path: Path) -> None:
    claim = claims_of(built(by_pool(dict.fromkeys((1, 2, 3, 4, 6), parallel))), tmp_path)[SPEEDS_UP]
    assert claim.verdict == verdict
    assert f"at n = {N:,}" in claim.figure


@pytest.mark.parametrize(
    ("with_six", "verdict"), [(0.25, CONFIRMED), (0.4, CONFIRMED), (0.2, REFUTED)]
)
def test_more_processes_than_cores(with_six: float, verdict: Verdict, tmp_path: Path) -> None:
    times = {1: 1.0, 2: 0.5, 3: 0.33, 4: 0.25, 6: with_six}
    claim = claims_of(built(by_pool(times)), tmp_path)[MORE_THAN_CORES]
    assert claim.verdict == verdict
    assert "the 4 usable CPUs (6)" in claim.figure


@pytest.mark.parametrize(("with_four", "verdict"), [(0.32, CONFIRMED), (0.25, REFUTED)])
def test_the_last_core(with_four: float, verdict: Verdict, tmp_path: Path) -> None:
    times = {1: 1.0, 2: 0.5, 3: 0.333, 4: with_four, 6: 0.3}
    claim = claims_of(built(by_pool(times)), tmp_path)[LAST_CORE]
    assert claim.verdict == verdict
    assert "From 3 to 4 workers" in claim.figure
    assert "; ideal is 1.33" in claim.figure
    assert "a busy program" not in claim.figure


@pytest.mark.parametrize(
    ("with_three", "verdict"), [(0.333, CONFIRMED), (0.48, REFUTED), (0.4, INCONCLUSIVE)]
)
def test_the_last_core_falls_behind_the_one_before_it(
    with_three: float, verdict: Verdict, tmp_path: Path
) -> None:
    """A program that gains nothing from the step before either does not need the last core."""
    times = {1: 1.0, 2: 0.5, 3: with_three, 4: with_three, 6: with_three}
    claim = claims_of(built(by_pool(times)), tmp_path)[LAST_CORE]
    assert claim.verdict == verdict
    assert "From 2 to 3 it becomes" in claim.figure


def test_what_the_article_explains_it_by_is_tried(tmp_path: Path) -> None:
    def name(family: str, workers: int) -> str:
        load = "/load:1" if family == "load" else ""
        tail = f"kernel:literal/decomposition:by_width/n:100000/d:2/m:100{load}"
        return f"{family}/process_pool/{tail}/workers:{workers}/start:cold"

    loaded = {name("load", workers): 0.3 for workers in (3, 4, 5)}
    quiet = {name("scaling", workers): 1.0 / workers for workers in (3, 4)}
    claim = claims_of(add(built(), loaded | quiet), tmp_path)[LAST_CORE]
    assert claim.verdict == REFUTED
    assert "process_pool becomes 1.33 times as fast; ideal is 1.33" in claim.figure
    assert "Next to a busy program it becomes 1.00 times" in claim.figure


def test_on_more_cpus_than_the_articles_workers_family_scaling_tells(tmp_path: Path) -> None:
    tail = "kernel:literal/decomposition:by_width/n:100000/d:2/m:100"
    seconds = {f"scaling/serial/{tail}/workers:1/start:cold": 1.0} | {
        f"scaling/process_pool/{tail}/workers:{w}/start:cold": 1.0 / min(w, 8) + 0.01 * w
        for w in (1, 2, 4, 7, 8, 16, 32, 64)
    }
    claims = claims_of(add(built(machine=on_cpus(8)), seconds), tmp_path)
    assert [each.verdict for each in claims[1:3]] == [CONFIRMED, CONFIRMED]
    assert "From 7 to 8 workers" in claims[LAST_CORE].figure


@pytest.mark.parametrize("cpus", [1, 2, 3])
def test_the_last_core_of_fewer_than_four_decides_nothing(cpus: int, tmp_path: Path) -> None:
    """Whatever it gains: from 1 to 2 workers is another step than from 3 to 4."""
    times = {workers: 1.0 / min(workers, cpus) for workers in (1, 2, 3, 4, 6)}
    claim = claims_of(built(by_pool(times), machine=on_cpus(cpus)), tmp_path)[LAST_CORE]
    assert claim.verdict == INCONCLUSIVE
    assert "Needs at least 4 usable CPUs" in claim.figure
    assert "1 usable CPU here" in claim.figure or f"{cpus} usable CPUs here" in claim.figure


def costing(creation: float, message: float, cpus: int) -> Truth:
    """Each worker costs a call so much, on top of work of half a second that the CPUs share."""

    def truth(backend: str, _n: int, workers: int, start: str) -> float:
        if backend == "serial":
            return 0.5
        each = message + (creation if start == "cold" else 0.0)
        return 0.5 / min(workers, cpus) + each * workers

    return truth


@pytest.mark.parametrize("cpus", [1, 2, 4])
@pytest.mark.parametrize(
    ("creation", "message", "cold", "warm"),
    [
        (0.02, 0.0, CONFIRMED, INCONCLUSIVE),
        (0.02, 0.005, CONFIRMED, CONFIRMED),
        (0.0, 0.005, CONFIRMED, CONFIRMED),
        (0.0, -0.005, REFUTED, REFUTED),
    ],
)
def test_every_process_more_costs(
    creation: float, message: float, cold: Verdict, warm: Verdict, cpus: int, tmp_path: Path
) -> None:
    truth = costing(creation, message, cpus)
    document = built(truth, machine=on_cpus(cpus), noise=0.003, round_noise=0.05, seed=5)
    claims = claims_of(document, tmp_path)
    assert [claims[each].program for each in (COLD, WARM)] == ["C++, cold", "C++, warm"]
    assert [claims[each].verdict for each in (COLD, WARM)] == [cold, warm]
    for each in (COLD, WARM):
        assert f": each worker beyond the {cpus} CPU" in claims[each].figure
        assert "at n = 10,000" in claims[each].figure
    assert " Cold minus warm, the cost of creation: " in claims[COLD].figure


def test_what_a_process_costs_is_judged_at_the_published_n(tmp_path: Path) -> None:
    """At 100 times the samples the same cost is lost in noise."""

    def truth(backend: str, n: int, workers: int, start: str) -> float:
        return costing(0.02, 0.01, 4)(backend, n, workers, start) + (50.0 if n > N else 0.0)

    document = Synthetic(truth, rounds=8, sizes=(N, 100 * N), noise=0.01).document()
    claims = claims_of(document, tmp_path)
    assert [claims[each].verdict for each in (COLD, WARM)] == [CONFIRMED, CONFIRMED]


@pytest.mark.parametrize("cpus", [5, 6, 64])
def test_workers_that_never_exceed_the_cpus_do_not_show_what_they_cost(
    cpus: int, tmp_path: Path
) -> None:
    document = built(costing(0.02, 0.01, cpus), machine=on_cpus(cpus))
    claims = claims_of(document, tmp_path)
    for each in (COLD, WARM):
        assert claims[each].verdict == INCONCLUSIVE
        assert f"at least the {cpus} CPUs" in claims[each].figure
        assert "at n = 10,000: 1, 2, 3, 4, 6." in claims[each].figure


def test_a_quota_does_not_make_workers_exceed_the_cpus(tmp_path: Path) -> None:
    """Within a period of it, a short call has all CPUs, and more workers share its work."""
    machine = on_cpus(64) | {"cpu_quota": "2"}
    claims = claims_of(built(costing(0.02, 0.01, 64), machine=machine), tmp_path)
    assert [claims[each].verdict for each in (COLD, WARM)] == [INCONCLUSIVE, INCONCLUSIVE]


@pytest.mark.parametrize(
    ("fastest", "verdict"),
    [
        ({"timer": 0.1, "pipe": 0.1, "file_direct": 1.0}, REFUTED),
        ({"timer": 1.0, "pipe": 1.1, "file_direct": 1.0}, CONFIRMED),
    ],
)
def test_tasks_that_wait(fastest: dict[str, float], verdict: Verdict, tmp_path: Path) -> None:
    claim = claims_of(add(built(), waiting(**fastest)), tmp_path)[ONLY_CPU_BOUND]
    assert claim.verdict == verdict
    waits = (operation.partition("_")[SPEEDS_UP] for operation in fastest)
    assert all(f"Waiting for a {what}" in claim.figure for what in waits)


def test_processes_cost_more_than_threads_or_not(tmp_path: Path) -> None:
    dear = claims_of(built(), tmp_path / "dear")[COST_MORE]
    assert dear.verdict == CONFIRMED

    def threads_cost(backend: str, n: int, workers: int, start: str) -> float:
        return typical(backend, n, workers, start) * (9.0 if backend in {"tbb", "openmp"} else 1.0)

    assert claims_of(built(threads_cost), tmp_path / "cheap")[COST_MORE].verdict == REFUTED


def test_the_best_width_is_worked_out_from_the_counts(tmp_path: Path) -> None:
    claim = claims_of(built(), tmp_path / "article")[BEST_WIDTH]
    assert claim.verdict == REFUTED
    assert "h = 0.1 is the closest of the twelve, by luck" in claim.figure
    assert "The smallest RMSE is that of h = 0.6" in claim.figure
    assert "as published, h = 1.1 is closest" in claim.figure
    document = built()
    for one_round in document["rounds"]:
        one_round["context"]["article.counts"] = ""
    assert claims_of(document, tmp_path / "unknown")[BEST_WIDTH].verdict == INCONCLUSIVE


def test_what_was_not_measured_decides_nothing(tmp_path: Path) -> None:
    claims = claims_of(built(processes={}, workers=(1,)), tmp_path)
    assert [each.verdict for each in claims] == [INCONCLUSIVE] * 7 + [REFUTED]
    assert all(each.figure.startswith("Not measured: ") for each in claims[:7])


def test_too_few_rounds_decide_nothing_but_what_is_exact(tmp_path: Path) -> None:
    claims = claims_of(Synthetic(rounds=4, sizes=(N,)).document(), tmp_path)
    assert [each.verdict for each in claims] == [INCONCLUSIVE] * 7 + [REFUTED]
    assert {each.figure for each in claims[:7]} == {
        "It takes at least 5 rounds, and this run has 4."
    }


@pytest.mark.simulation
def test_one_of_many_that_noise_favoured_proves_nothing(tmp_path: Path) -> None:
    """Threads and processes equally fast: a verdict comes out in hardly any run."""
    decided = 0
    for seed in range(20):
        document = Synthetic(
            lambda *_: 1.0, rounds=5, sizes=(N,), noise=0.1, round_noise=0.0, seed=seed,
            processes={"fork_pipe": ("cold",)},
        ).document()  # fmt: skip
        decided += claims_of(document, tmp_path)[COST_MORE].verdict == CONFIRMED
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
    claims = claims_of(document, tmp_path, "Python")
    assert [each.verdict for each in claims[:5]] == [
        *(CONFIRMED, CONFIRMED, REFUTED, CONFIRMED, INCONCLUSIVE)
    ]
    assert "multiprocessing_Pool" in claims[SPEEDS_UP].figure
    assert serial_seconds(N) < 2.4  # its reference is Python's own serial, not the suite's
    assert claims[SPEEDS_UP].figure.startswith("multiprocessing_Pool at best is 3.75")
