"""The answer for a user's own loop, against runs of known truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.own_loop import words
from parzen_study.topics.own_loop.model import Study as OwnLoopStudy
from record import small
from synthetic import Document, write
from synthetic_own_loop import TASK_SECONDS, fail, gains, own_loop

COLD, WARM, PAUSED = (
    "Workers created in the call (cold)",
    "Workers ready (warm)",
    "Workers ready, calls with gaps",
)


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def own(document: Document, folder: Path) -> OwnLoopStudy:
    found = studied(document, folder).own_loop
    assert found
    return found


def advice(found: OwnLoopStudy) -> dict[str, str]:
    return {each.question: each.advice for each in words.answers(found)}


def evidence(found: OwnLoopStudy) -> dict[str, str]:
    return {each.question: " ".join(each.evidence) for each in words.answers(found)}


def test_threads_that_win_from_the_second_size_on_are_the_answer_from_there(
    tmp_path: Path,
) -> None:
    def gain(size: int) -> float:
        return 1.9 if size > 1_000 else 0.5

    document = own_loop(gains(gain, lambda size: 0.8 * gain(size)), sizes=(1_000, 9_000, 100_000))
    found = own(document, tmp_path)
    assert list(advice(found)) == [COLD, WARM, PAUSED]
    for said in advice(found).values():
        first, second = said.split("; ")
        assert first == "neither: serial up to size 1,000"
        assert second.startswith("threads (")
        assert second.endswith(", 2 workers) from size 9,000 on")
    for said in evidence(found).values():
        assert "The answer changes between sizes 1,000 and 9,000." in said
        assert "Speedup at size 9,000: threads 1.9" in said
        assert "serial time" not in said


def test_processes_that_beat_threads_are_the_answer_at_every_size(tmp_path: Path) -> None:
    """As where threads fight over the counter of a shared pointer."""
    found = own(own_loop(gains(lambda _: 0.6, lambda _: 1.8)), tmp_path)
    assert all(
        said.startswith("processes (") and said.endswith("at every size measured, 1,000 to 100,000")
        for said in advice(found).values()
    )
    assert {best.mechanism for size in found.sizes for best in size.best} == {"processes"}
    best = found.sizes[0].best[0].fastest
    assert best.gain.value == pytest.approx(1.8, rel=0.02)
    assert best.gain.low < best.gain.value < best.gain.high


@pytest.mark.parametrize("gain", [0.4, 1.0])
def test_neither_is_the_answer_where_serial_is_as_fast(gain: float, tmp_path: Path) -> None:
    found = own(own_loop(gains(lambda _: gain, lambda _: gain)), tmp_path)
    said = "neither: serial at every size measured, 1,000 to 100,000"
    assert advice(found) == {COLD: said, WARM: said, PAUSED: said}


def test_no_difference_between_mechanisms_names_both(tmp_path: Path) -> None:
    document = own_loop(gains(lambda _: 1.9, lambda _: 1.9), sizes=(2_500,))
    for said in advice(own(document, tmp_path)).values():
        assert said.startswith("processes (")
        assert " or threads (" in said
        assert said.endswith(", 2 workers), no difference, at size 2,500")


def test_noise_makes_it_inconclusive(tmp_path: Path) -> None:
    document = own_loop(gains(lambda _: 1.1, lambda _: 1.1), noise=0.6)
    said = "inconclusive at every size measured, 1,000 to 100,000"
    assert advice(own(document, tmp_path)) == {COLD: said, WARM: said, PAUSED: said}


def test_the_fewest_workers_that_are_as_fast_are_enough(tmp_path: Path) -> None:
    def truth(backend: str, size: int, workers: int, _start: str) -> float:
        return size * 1e-6 / min(workers, 4)

    document = own_loop(truth, workers=(1, 2, 4, 8))
    for question, said in advice(own(document, tmp_path)).items():
        assert f", {8 if question == PAUSED else 4} workers)" in said


def test_a_gain_beyond_the_workers_sends_the_reader_to_serial(tmp_path: Path) -> None:
    document = own_loop(gains(lambda size: 4.0 if size < 9_000 else 2.1, lambda _: 1.5))
    for said in evidence(own(document, tmp_path)).values():
        assert "At size 1,000 the speedup is too large for 2 workers" in said
        assert "Check serial first." in said
        assert "At size 100,000 the speedup" not in said


def test_what_a_call_is_made_of_is_that_of_serial(tmp_path: Path) -> None:
    found = own(own_loop(gains(lambda _: 1.9, lambda _: 1.9)), tmp_path)
    for size in found.sizes:
        assert (size.tasks, size.result_bytes) == (size.size, 8)
        assert size.task_time
        assert size.task_time.value == pytest.approx(TASK_SECONDS, rel=0.05)
    said = words.grain(found.sizes)
    assert "1,000 tasks of " in said
    assert "result 8 bytes, at size 100,000" in said


def test_a_size_up_to_the_largest_of_all_has_an_answer(tmp_path: Path) -> None:
    sizes = (1, 10**18, 2**63 - 1)
    found = own(own_loop(gains(lambda _: 1.9, lambda _: 1.5), sizes=sizes), tmp_path)
    assert advice(found)[WARM].endswith(f"at every size measured, 1 to {2**63 - 1:,}")


def test_a_loop_that_is_faster_at_larger_sizes_has_an_answer(tmp_path: Path) -> None:
    """A size may be the number of tasks that the same work is cut into, or anything else."""

    def truth(_backend: str, size: int, workers: int, _start: str) -> float:
        return 1.0 / size / (1.9 if workers > 1 and size < 10 else 1.0)

    found = own(own_loop(truth, sizes=(1, 10, 100)), tmp_path)
    for said in advice(found).values():
        assert "threads" in said
        assert "at size 1;" in said or "up to size 1;" in said
        assert said.endswith("neither: serial from size 10 on")


def test_a_backend_that_fails_is_named_and_the_others_answer(tmp_path: Path) -> None:
    document = fail(own_loop(gains(lambda _: 1.9, lambda _: 1.5)), "/tbb/", "crashed: SIGSEGV")
    found = studied(document, tmp_path)
    assert found.own_loop
    assert all("threads (openmp, 2 workers)" in said for said in advice(found.own_loop).values())
    (finding,) = found.findings
    assert finding.kind == "warning"
    assert finding.what == "tbb has no time in 10 of 10 cases: an error"
    assert finding.cause.startswith("crashed: SIGSEGV (loops/tbb/loop:mine/")
    assert found.sound


def test_a_mechanism_without_a_time_at_a_size_is_named_there(tmp_path: Path) -> None:
    document = own_loop(gains(lambda _: 1.9, lambda _: 1.5))
    found = own(fail(document, "process_pool/loop:mine/size:1000/", "no task for 30 s"), tmp_path)
    assert advice(found)[WARM].endswith("at every size measured, 1,000 to 100,000")
    assert evidence(found)[WARM].endswith("No time of processes at size 1,000.")
    assert "No time of" not in evidence(found)[COLD]  # fork_pipe has one


def test_without_serial_at_a_size_the_others_answer(tmp_path: Path) -> None:
    document = own_loop(gains(lambda _: 1.9, lambda _: 1.5), sizes=(10, 100, 1_000))
    found = own(fail(document, "serial/loop:mine/size:1000/", "crashed: SIGABRT"), tmp_path)
    assert advice(found)[COLD].endswith("up to size 100")
    assert evidence(found)[COLD].endswith("No time of serial at size 1,000.")
    assert found.sizes[-1].serial is None
    assert found.sizes[-1].best == ()


@pytest.mark.parametrize("part", ["/serial/", "/workers:2/", "/loops"])
def test_without_anything_to_compare_it_says_why(part: str, tmp_path: Path) -> None:
    document = own_loop(gains(lambda _: 1.9, lambda _: 1.5))
    found = own(fail(document, part.removeprefix("/loops"), "crashed: SIGSEGV"), tmp_path)
    assert found.nothing == "No answer: no size has times both of serial and of several workers"
    assert list(words.answers(found)) == []


def test_without_several_workers_it_says_so(tmp_path: Path) -> None:
    document = own_loop(gains(lambda _: 1.0, lambda _: 1.0), workers=(1,))
    found = own(document, tmp_path)
    assert found.nothing == "No answer: no case has several workers of threads or processes"


@pytest.mark.parametrize("rounds", [1, 4])
def test_too_few_rounds_give_no_answer(rounds: int, tmp_path: Path) -> None:
    document = own_loop(gains(lambda _: 1.9, lambda _: 1.5), rounds=rounds)
    found = studied(document, tmp_path)
    assert found.own_loop
    assert found.own_loop.nothing == (
        f"No answer: it takes at least 5 rounds, and this run has {rounds}"
    )
    assert "make bench LOOP=mine.cpp" in found.findings[0].next_step


def test_a_run_of_the_suite_has_none(tmp_path: Path) -> None:
    assert studied(small(1), tmp_path).own_loop is None
