"""The peers of family article: the article's program, serially and with every pool."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parzen_study.run import published
from parzen_study.run.case import SUFFIX, parse_case
from runner.python_baselines import article, kernels, pools
from runner.python_baselines.kernels import Problem
from runner.python_baselines.pools import OpenPool
from runner.python_baselines.timing import measure

GOLDEN = json.loads(
    (Path(__file__).parents[4] / "kernels/tests/golden.json").read_text(encoding="utf-8")
)["cases"]
TIMED = next(case for case in GOLDEN if case["name"] == "article benchmark widths")
CHART = [2, 3, 4, 6]
SUITE = (
    "article/serial/kernel:literal/decomposition:by_width/n:10000/d:2/m:100/workers:1/start:cold"
)


EVERY_POOL = [
    pytest.param(
        open_pool,
        id=who,
        marks=pytest.mark.skipif(not find_spec(module), reason=f"{module} is not installed"),
    )
    for who, module, open_pool in pools.POOLS
]


def few_samples() -> Problem:
    """Unsorted widths, samples on the edges of windows, and an empty window."""
    generator = np.random.default_rng(9)
    samples, widths = generator.normal(size=(40, 2)), np.array([3.0, 0.7, 1e-300, 2.2, 1.0])
    samples[:3] = [[1.1, 0.0], [0.0, -1.5], [np.nextafter(0.5, 1.0), 0.0]]
    return Problem(samples, np.zeros(2), widths)


def test_names_are_those_of_the_suite_with_the_kernel_in_python() -> None:
    found = [parse_case(case.name + SUFFIX) for peer in article.PEERS for case in peer.cases]
    assert {case.problem for case in found} == {parse_case(SUITE).problem}
    assert {case.get("kernel") for case in found} == {published.PYTHON_KERNEL}
    assert {case.get("decomposition") for case in found} == {published.DECOMPOSITION}
    assert {case.get("start") for case in found} == {"cold"}
    assert {(case.backend, case.number("workers")) for case in found} == {
        ("serial", 1),
        *(("multiprocessing_Pool", workers) for workers in (1, *CHART)),
        *((who, workers) for who in ("ProcessPoolExecutor", "loky") for workers in (2, 4)),
    }
    assert len(found) == 10
    for peer in article.PEERS:
        for case in peer.cases:
            named = parse_case(case.name)
            assert peer.name in {named.backend, named.get("kernel")}


def test_every_case_expects_the_golden_counts_and_has_their_digest() -> None:
    for peer in article.PEERS:
        for case in peer.cases:
            assert case.expected() == TIMED["counts"]
            assert case.digest is kernels.counts_digest


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("open_pool", EVERY_POOL)
def test_a_pool_counts_as_one_loop_does(open_pool: OpenPool, workers: int) -> None:
    problem = few_samples()
    expected = kernels.exact_counts(problem)
    assert expected[2] == 0
    assert kernels.article_function(problem)() == expected
    with article.in_parallel(open_pool, workers, problem) as once:
        assert once() == once() == expected


def worker_of(_samples: object, _query: object, _width: float) -> int:
    """Replaces the article's function: returns the process that ran it."""
    return os.getpid()


@pytest.mark.parametrize("open_pool", EVERY_POOL)
def test_workers_are_created_and_ended_in_the_call(
    open_pool: OpenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "article_count", worker_of)
    with article.in_parallel(open_pool, 2, few_samples()) as once:
        first, second = set(once()), set(once())  # type: ignore[call-overload]
        assert 1 <= len(first) <= 2
        assert not first & second
        for worker in first | second:
            with pytest.raises(ProcessLookupError):
                os.kill(worker, 0)


def test_each_width_is_a_task_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, asked = few_samples(), []

    def apply_all(task: object, calls: list[Any]) -> list[int]:
        assert task is kernels.article_count
        asked.extend(calls)
        return [7] * len(calls)

    fake = pools.Pool(lambda *_: 0, lambda *_: [], apply_all)  # type: ignore[arg-type]
    with article.in_parallel(lambda _: nullcontext(fake), 2, problem) as once:
        assert asked == []
        assert once() == [7] * 5
    assert [width for _, _, width in asked] == problem.widths.tolist()
    for samples, query, _ in asked:
        assert samples is problem.samples
        assert query.shape == (2, 1)


def test_a_wrong_count_is_an_error_and_never_a_time() -> None:
    (serial,) = article.PEERS[0].cases
    wrong = [*TIMED["counts"][:-1], TIMED["counts"][-1] + 1]
    entry = measure(replace(serial, opened=lambda: nullcontext(lambda: wrong)), 0.0)
    assert entry["error_message"].startswith("WrongResult: ")
    assert not {"real_time", "counts_digest"} & entry.keys()
