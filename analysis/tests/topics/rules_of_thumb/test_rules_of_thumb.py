"""Rules of thumb are judged as a run's truth says; what was not measured has no verdict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from parzen_study.run.load import load_run
from parzen_study.study import study
from parzen_study.topics.rules_of_thumb.model import RulesOfThumb
from parzen_study.topics.rules_of_thumb.verdict import Said, Verdict
from synthetic import Document, Synthetic, typical, write
from synthetic_peers import SECONDS, python, with_python
from synthetic_scaling import (
    CURVES,
    OVERHEAD,
    article_case,
    grain,
    on,
    scaling,
    with_cases,
)
from synthetic_sweep import FUSED, TYPICAL, Costs, sweep, with_sweep

CONFIRMED, REFUTED = Verdict.CONFIRMED, Verdict.REFUTED
INCONCLUSIVE, NOT_MEASURED = Verdict.INCONCLUSIVE, Verdict.NOT_MEASURED
Key = tuple[str, str]

LOOP: Key = ("parallel_for_cycles", "workers ready")
LOOP_COLD: Key = ("parallel_for_cycles", "created in the call")
LOOP_PAUSED: Key = ("parallel_for_cycles", "ready, calls with gaps")
CHUNK: Key = ("chunk_cycles", "")
IF: Key = ("openmp_if", "")
AS_CPUS: Key = ("workers_as_cpus", "threads")
AND_ONE: Key = ("workers_cpus_and_one", "threads")
IN_PYTHON: Key = ("processes_for_cpu_bound", "Python")
IN_CPP: Key = ("processes_for_cpu_bound", "C++")
CHUNKS: Key = ("chunk_size", "")
BATCH: Key = ("half_a_second", "")
FORK: Key = ("fork_and_threads", "")
MEMORY: Key = ("fork_and_memory", "")


def found(document: Document, folder: Path) -> RulesOfThumb:
    worked_out = study(load_run(write(document, folder) / "run.json")).rules_of_thumb
    assert worked_out
    return worked_out


def said(document: Document, folder: Path) -> dict[Key, Said]:
    return {(each.rule.id, each.variant): each.said for each in found(document, folder).rows}


def at_clock(document: Document, mhz: object = 2_000) -> Document:
    """With the clock rate that Google Benchmark writes, so that a million cycles take 161 to 500
    microseconds."""
    for one_round in document["rounds"]:
        one_round["context"]["mhz_per_cpu"] = mhz
    return document


def small(truth: object = typical, **changes: object) -> Document:
    return Synthetic(truth, rounds=8, sizes=(10_000,), **changes).document()  # type: ignore[arg-type]


def swept(changes: Costs) -> Document:
    costs = {**TYPICAL, **changes}
    return at_clock(with_sweep(sweep(costs) | sweep(costs, way=FUSED)))


@pytest.mark.parametrize(
    ("fixed", "gain", "verdict"),
    [
        (2e-6, 3.9, REFUTED),  # pays from 3 microseconds on
        (200e-6, 3.9, INCONCLUSIVE),  # from 290, and a million cycles take 161 to 500
        (3e-3, 3.9, CONFIRMED),  # from 4 ms on
        (0.0, 0.5, CONFIRMED),  # never
    ],
)
def test_how_long_a_loop_must_take(
    fixed: float, gain: float, verdict: Verdict, tmp_path: Path
) -> None:
    one = said(swept({("tbb", "warm"): (fixed, gain)}), tmp_path)
    assert one[LOOP].verdict == verdict
    assert "1,000,000 cycles take 160 to 500" in one[LOOP].words
    assert one[LOOP_COLD].verdict == REFUTED  # TYPICAL: from 46 microseconds on
    assert one[LOOP_PAUSED].verdict == NOT_MEASURED


@pytest.mark.parametrize("mhz", [None, "unknown", 0, -5, 1e9, "1e400", [2], {}, True])
def test_what_is_no_clock_rate_is_unknown(mhz: object, tmp_path: Path) -> None:
    assert found(at_clock(small(), mhz), tmp_path).clock_hz is None


def test_without_a_clock_rate_cycles_are_no_time(tmp_path: Path) -> None:
    one = found(with_cases(at_clock(swept({}), None), grain()), tmp_path)
    assert one.clock_hz is None
    verdicts = {(each.rule.id, each.variant): each.said for each in one.rows}
    for key in (LOOP, CHUNK):
        assert verdicts[key].verdict == NOT_MEASURED
        assert "clock rate" in verdicts[key].words
    assert verdicts[IF].verdict == CONFIRMED


def test_the_clock_is_a_range_of_what_is_stated_and_possible(tmp_path: Path) -> None:
    document = at_clock(small())
    document["rounds"][3]["context"]["mhz_per_cpu"] = 2_400
    document["rounds"][5]["context"]["state.frequency_mhz"] = "1500"
    assert found(document, tmp_path / "stated").clock_hz == (1.5e9, 6.2e9)
    assert found(at_clock(small(), 7_000), tmp_path / "fast").clock_hz == (7e9, 7e9)


@pytest.mark.parametrize(
    ("overhead", "verdict"),
    [
        (0.02e-6, REFUTED),
        (1.5e-6, INCONCLUSIVE),  # 5% is lost at 30 microseconds; 100,000 cycles take 16 to 50
        (20e-6, CONFIRMED),
    ],
)
def test_how_long_a_chunk_must_take(overhead: float, verdict: Verdict, tmp_path: Path) -> None:
    costs = {**OVERHEAD, ("openmp", "warm"): 0.01e-6, ("tbb", "warm"): overhead}
    one = said(at_clock(with_cases(small(), grain(costs))), tmp_path)
    assert one[CHUNK].verdict == verdict
    at = one[CHUNK].found
    assert at
    # Between two sizes, of which one may have lost nothing, it is interpolated.
    assert at.value == pytest.approx(overhead / 0.05 * 1.05, rel=0.25)
    assert "100,000 cycles take 16 to 50" in one[CHUNK].words


@pytest.mark.parametrize(
    ("fixed", "verdict"),
    [
        (5e-6, CONFIRMED),
        (0.0, REFUTED),
        (0.075e-6, INCONCLUSIVE),  # break-even at about the shortest call
    ],
)
def test_short_loops_in_one_thread(fixed: float, verdict: Verdict, tmp_path: Path) -> None:
    one = said(swept({("openmp", "warm"): (fixed, 3.7)}), tmp_path)
    assert one[IF].verdict == verdict
    assert "The shortest call measured takes 1" in one[IF].words


def scaled(cpus: int, changes: Mapping[int, float], *, noise: float = 0.002) -> Document:
    """Family scaling of so many CPUs; oneTBB with so many workers takes so many times as long."""
    truth = scaling(CURVES, cpus)
    for workers, factor in changes.items():
        case = article_case("scaling", "tbb", workers, "warm")
        truth[case] = truth[article_case("scaling", "tbb", cpus, "warm")] * factor
    return on(cpus, with_cases(small(workers=(1,)), truth, noise=noise))


@pytest.mark.parametrize("cpus", [1, 4, 64])
@pytest.mark.parametrize(
    ("twice_as_many", "verdict"), [(1.3, CONFIRMED), (0.7, REFUTED), (0.953, INCONCLUSIVE)]
)
def test_as_many_workers_as_cpus(
    cpus: int, twice_as_many: float, verdict: Verdict, tmp_path: Path
) -> None:
    document = scaled(cpus, {2 * cpus: twice_as_many}, noise=0.01)
    one = said(document, tmp_path)
    assert one[AS_CPUS].verdict == verdict
    if verdict == REFUTED:
        assert f"The best other number: {2 * cpus} workers of oneTBB are" in one[AS_CPUS].words


@pytest.mark.parametrize("cpus", [1, 4, 64])
@pytest.mark.parametrize(("one_more", "verdict"), [(0.9, CONFIRMED), (1.2, REFUTED)])
def test_one_worker_more_than_cpus(
    cpus: int, one_more: float, verdict: Verdict, tmp_path: Path
) -> None:
    one = said(scaled(cpus, {cpus + 1: one_more}), tmp_path)
    assert one[AND_ONE].verdict == verdict
    assert one["workers_cpus_and_one", "processes"].verdict == (
        NOT_MEASURED if cpus > 1 else REFUTED
    )


def test_an_unknown_number_of_cpus_decides_nothing_of_workers(tmp_path: Path) -> None:
    one = said(on(0, small()), tmp_path)
    assert {one[AS_CPUS].verdict, one[AND_ONE].verdict} == {NOT_MEASURED}
    assert "unknown" in one[AS_CPUS].words


@pytest.mark.parametrize(
    ("parallel", "verdict"), [(1.2, CONFIRMED), (2.5, REFUTED), (2.4 / 1.05, INCONCLUSIVE)]
)
def test_processes_in_python(parallel: float, verdict: Verdict, tmp_path: Path) -> None:
    seconds = {python("serial"): 2.4, python("multiprocessing_Pool", 2): parallel}
    document = with_python(small(), seconds)
    for number, one_round in enumerate(document["rounds"]):
        for each in one_round["benchmarks"]:
            if "multiprocessing_Pool" in each["run_name"]:
                each["real_time"] *= 1.0 + 0.02 * (number % 2 - 0.5)
    assert said(document, tmp_path)[IN_PYTHON].verdict == verdict


@pytest.mark.parametrize(
    ("threads", "verdict"), [(9.0, CONFIRMED), (1.0, REFUTED), (1.05, INCONCLUSIVE)]
)
def test_processes_in_cpp(threads: float, verdict: Verdict, tmp_path: Path) -> None:
    def truth(backend: str, _n: int, _workers: int, _start: str) -> float:
        return 0.3 * (threads if backend in {"tbb", "openmp"} else 1.0)

    assert said(small(truth, noise=0.02), tmp_path)[IN_CPP].verdict == verdict


def dispatch(**seconds: float) -> dict[str, float]:
    """Empty tasks and forks by short name, of the truth that confirms every rule unless given."""
    times = {
        "single_apply": 300e-6, "single_map": 12e-3, "chunk_apply": 200e-6, "chunk_map": 600e-6,
        "loky": 400e-6, "thread": 50e-6, "fork": 700e-6, "much": 0.1, **seconds,
    }  # fmt: skip
    name = {
        "single_apply": "ProcessPoolExecutor/operation:apply/workers:2",
        "single_map": "ProcessPoolExecutor/operation:map/tasks:100/workers:2",
        "chunk_apply": "multiprocessing_Pool/operation:apply/workers:2",
        "chunk_map": "multiprocessing_Pool/operation:map/tasks:100/workers:2",
        "loky": "loky/operation:apply/workers:2",
        "thread": "std_thread/operation:apply/workers:1",
        "fork": "fork/operation:fork/resident:0/workers:2/wait:block",
        "much": "fork/operation:fork/resident:1600000000/workers:2/wait:block",
    }
    return {f"dispatch/{name[key]}": time for key, time in times.items()}


@pytest.mark.parametrize(
    ("rule", "seconds", "verdict"),
    [
        (CHUNKS, {}, CONFIRMED),  # 40 times its own single task, in chunks 3 times
        (CHUNKS, {"chunk_map": 6e-3}, REFUTED),
        (CHUNKS, {"chunk_map": 4e-3}, INCONCLUSIVE),  # twice
        # A pool that is slow at everything shows nothing of sending in chunks.
        (CHUNKS, {"single_apply": 30e-3, "single_map": 90e-3}, REFUTED),
        (BATCH, {}, CONFIRMED),
        (BATCH, {"loky": 0.1}, REFUTED),
        (BATCH, {"loky": 0.025}, INCONCLUSIVE),
        (FORK, {}, CONFIRMED),
        (FORK, {"fork": 150e-6}, REFUTED),  # of two children: one takes 1.5 times as long
        (FORK, {"fork": 200e-6}, INCONCLUSIVE),
        (MEMORY, {}, CONFIRMED),
        (MEMORY, {"much": 700e-6}, REFUTED),
        (MEMORY, {"much": 735e-6}, INCONCLUSIVE),
    ],
)
def test_what_processes_cost(
    rule: Key, seconds: Mapping[str, float], verdict: Verdict, tmp_path: Path
) -> None:
    document = with_cases(small(), dispatch(**seconds), noise=0.01, round_noise=0.02)
    one = said(document, tmp_path)
    assert one[rule].verdict == verdict
    unchanged = {CHUNKS, BATCH, FORK, MEMORY} - {rule}
    if "fork" not in seconds:
        assert {one[each].verdict for each in unchanged} == {CONFIRMED}


def test_what_was_not_measured_has_no_verdict(tmp_path: Path) -> None:
    document = at_clock(small(processes={}, threads={}, workers=()))
    one = said(document, tmp_path)
    assert {each.verdict for each in one.values()} == {NOT_MEASURED}
    assert all(each.words.startswith("Not measured: ") for each in one.values())
    assert all(each.found is None for each in one.values())


def test_too_few_rounds_decide_nothing(tmp_path: Path) -> None:
    document = at_clock(with_cases(Synthetic(rounds=4, sizes=(10_000,)).document(), dispatch()))
    one = said(document, tmp_path)
    assert {each.verdict for each in one.values()} == {INCONCLUSIVE}
    assert {each.words for each in one.values()} == {
        "It takes at least 5 rounds, and this run has 4."
    }


def test_one_cpu_has_nothing_to_gain_from(tmp_path: Path) -> None:
    document = with_python(on(1, swept({("tbb", "warm"): (0.0, 0.9)})), SECONDS)
    one = said(document, tmp_path)
    for key in (LOOP, LOOP_COLD, IF, IN_PYTHON, IN_CPP):
        assert one[key].verdict == NOT_MEASURED
        assert "at least 2 usable CPUs, 1 usable CPU here" in one[key].words
