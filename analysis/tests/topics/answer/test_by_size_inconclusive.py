"""The answer by size where noise hides it, or where times are missing."""

from __future__ import annotations

import math
import random
from pathlib import Path

from parzen_study.topics.answer.by_size_words import advice, evidence
from record import entry
from synthetic_kernels import drop
from synthetic_sweep import (
    SERIAL,
    SIZES,
    by_question,
    changed,
    cold,
    studied,
    sweep,
    sweep_case,
    with_sweep,
)


def test_a_difference_within_the_noise_is_no_difference(tmp_path: Path) -> None:
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (0.0, 2.0), ("fork_pipe", "cold"): (0.0, 2.01)}
    truth = sweep(costs, SIZES[1:])
    everywhere = "at every n measured, 1,000 to 1,000,000"
    (found,) = by_question(truth, tmp_path / "quiet", noise=0.005).values()
    either = "Processes (fork_pipe, 4 workers) or threads (tbb, 4 workers)"
    assert advice(found) == f"{either}, no difference, {everywhere}"
    assert found.pays_from == ()
    (found,) = by_question(truth, tmp_path / "noisy", noise=0.04).values()
    assert advice(found).endswith(f"4 workers), inconclusive, {everywhere}")
    assert "No difference" not in " ".join(evidence(found))


def test_failing_to_tell_is_no_n_that_was_passed(tmp_path: Path) -> None:
    """Threads lead by 20% everywhere, which noise hides at the larger n."""
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (0.0, 3.6), ("fork_pipe", "cold"): (0.0, 3.0)}
    document = with_sweep(sweep(costs), noise=0.002)
    generator = random.Random(1)
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            if "sweep/fork_pipe/" in each["run_name"] and "00000/" in each["run_name"]:
                each["real_time"] *= math.exp(generator.gauss(0.0, 0.3))
    (found,) = studied(document, tmp_path).by_size
    assert [(each.mechanisms, each.sizes) for each in found.ranges] == [
        (("threads",), SIZES[:3]),
        (("processes", "threads"), SIZES[3:]),
    ]
    assert [(each.alike, each.begins) for each in found.ranges] == [(True, None), (False, None)]
    assert advice(found).startswith(
        "Up to n = 10,000 threads (tbb, 4 workers) are best; from n = 100,000 on processes "
        "(fork_pipe, 4 workers) or threads (tbb, 4 workers), inconclusive; processes pay "
    )


def test_the_first_answer_begins_where_one_is_conclusive(tmp_path: Path) -> None:
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (0.0, 2.0)}
    doubtful = changed(
        sweep(costs),
        lambda name, taken: (
            taken * 2 / 1.05
            if "/tbb/" in name and "/n:100/" in name
            else taken * (9 if "/tbb/" in name and "/n:1000000/" in name else 1)
        ),
    )
    (found,) = by_question(doubtful, tmp_path, noise=0.03).values()
    assert found.undecided == (100,)
    assert advice(found).startswith("From n = 1,000 to a serial time of ")
    assert advice(found).endswith(" are best; from there on serial; inconclusive at n = 100")


def test_noise_at_the_ends_is_said_and_turns_nothing(tmp_path: Path) -> None:
    """At the two largest n the gain is the one that would count, give or take."""
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (0.0, 2.0)}
    doubtful = changed(
        sweep(costs),
        lambda name, taken: taken * 2 / 1.05 if "/tbb/" in name and "00000/" in name else taken,
    )
    (found,) = by_question(doubtful, tmp_path, noise=0.03).values()
    assert found.undecided == (100_000, 1_000_000)
    assert advice(found) == (
        "Threads (tbb, 4 workers) are best at n = 100 to 10,000; "
        "inconclusive at n = 100,000 and 1,000,000"
    )


def test_where_all_is_inconclusive_it_says_so(tmp_path: Path) -> None:
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (0.0, 1.05)}
    found = cold(costs, tmp_path, noise=0.08)
    assert found.ranges == ()
    assert advice(found) == "Inconclusive at every n measured"


def test_too_few_rounds_give_no_answer(tmp_path: Path) -> None:
    assert studied(with_sweep(sweep(), rounds=4), tmp_path).by_size == []


def test_an_n_at_which_a_mechanism_has_no_time_is_not_asked(tmp_path: Path) -> None:
    costs = {
        SERIAL: (0.0, 1.0), ("tbb", "cold"): (20e-6, 3.9), ("fork_pipe", "cold"): (20e-6, 3.0),
    }  # fmt: skip
    document = with_sweep(sweep(costs))
    failed = entry(document["rounds"][1], sweep_case("fork_pipe", 1_000_000, "cold"))
    del failed["real_time"], failed["cpu_time"]
    failed |= {"error_occurred": True, "error_message": "no memory"}
    (found,) = studied(document, tmp_path).by_size
    assert found.ranges[-1].sizes[-1] == 100_000
    assert "n = 100,000, the largest measured" in " ".join(evidence(found))


def test_mechanisms_without_a_common_n_have_no_answer(tmp_path: Path) -> None:
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (20e-6, 3.9), ("fork_pipe", "cold"): (0.0, 3.0)}
    document = with_sweep(sweep(costs, sizes=[100, 1_000]))
    drop(document, lambda name: "/tbb/" in name and "/n:100/" in name)
    drop(document, lambda name: "/fork_pipe/" in name and "/n:1000/" in name)
    assert studied(document, tmp_path).by_size == []


def test_a_backend_of_unknown_mechanism_is_no_answer(tmp_path: Path) -> None:
    truth = sweep({SERIAL: (0.0, 1.0), ("newcomer", "cold"): (0.0, 3.9)})
    whole = studied(with_sweep(truth), tmp_path)
    assert whole.by_size == []
    assert whole.sweeps[0].lines[0].mechanism == "unknown"
