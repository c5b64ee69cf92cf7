"""How many workers the answer by size names: what the data show, and not what noise favoured."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.topics.answer.by_size_words import advice
from synthetic_sweep import studied, sweep_case, with_sweep

CLOSE = (100, 200, 500, 1_000, 2_000, 5_000, 10_000)
COUNTS = (2, 4, 8, 16, 32)
SAMPLE = 330e-9


def times(busy: dict[int, float], far: tuple[int, ...] = ()) -> dict[str, float]:
    """Of two libraries that gain `busy` times by number of workers at the close sizes; at the far
    ones only the most workers were measured."""
    found = {sweep_case("serial", n, "cold"): SAMPLE * n for n in (*CLOSE, *far)}
    for n in (*CLOSE, *far):
        for workers in COUNTS if n in CLOSE else COUNTS[-1:]:
            for backend in ("tbb", "openmp"):
                name = sweep_case(backend, n, "warm", workers=workers)
                found[name] = SAMPLE * n / busy[workers]
    return found


def answered(truth: dict[str, float], folder: Path, seed: int = 3) -> str:
    (found,) = studied(with_sweep(truth, noise=0.03, seed=seed), folder).by_size
    return advice(found).replace("openmp or tbb", "tbb or openmp")


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_where_many_numbers_are_alike_the_fewest_are_named_once(seed: int, tmp_path: Path) -> None:
    """Memory gives no more than four workers anything to do: noise makes another number the
    fastest at every n."""
    assert answered(times({2: 2, 4: 4, 8: 4, 16: 4, 32: 4}), tmp_path, seed) == (
        "Threads (tbb or openmp, 4 workers) are best at every n measured, 100 to 10,000"
    )


def test_a_maximum_in_the_middle_is_named(tmp_path: Path) -> None:
    truth = times({2: 1.9, 4: 2.7, 8: 3.8, 16: 3.0, 32: 2.0})
    assert "(tbb or openmp, 8 workers) are best at every n" in answered(truth, tmp_path)


def test_the_number_may_change_with_the_size(tmp_path: Path) -> None:
    few, many = times({2: 2, 4: 1, 8: 1, 16: 1, 32: 1}), times({2: 1, 4: 1, 8: 1, 16: 3.5, 32: 1})
    truth = {name: (many if "000/" in name else few)[name] for name in many}
    said = answered(truth, tmp_path)
    assert "(tbb or openmp, 2 workers, 16 from n = 1,000 on) are best at every n" in said


def test_what_was_the_only_number_measured_is_not_the_best_of_several(tmp_path: Path) -> None:
    truth = times({2: 1.9, 4: 2.7, 8: 3.8, 16: 3.0, 32: 2.0}, far=(1_000_000,))
    assert answered(truth, tmp_path) == (
        "Threads (tbb or openmp, 8 workers, 32 from n = 1,000,000 on where no other number was "
        "measured) are best at every n measured, 100 to 1,000,000"
    )
