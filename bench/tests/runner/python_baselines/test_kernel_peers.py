"""The peers of family kernels: their problem, their counts, and their document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.spatial

from parzen_study.run.case import SUFFIX, parse_case
from runner.python_baselines import kernels, registry
from runner.python_baselines.kernels import Prepare, Problem
from runner.python_baselines.peer import Peer, PeerCase
from runner.python_baselines.timing import measure

TOP = Path(__file__).parents[4]
GOLDEN = {
    case["name"]: case
    for case in json.loads((TOP / "kernels/tests/golden.json").read_text("utf-8"))["cases"]
}
TIMED = "article benchmark widths"
TIMED_DIGEST = 3787487458  # parzen_bench's digest of these counts
CASES = {
    f"kernels/{who}/n:10000/d:2/m:100/widths:1.0-1.2/workers:1/start:{start}"
    for who, start in (
        ("numpy", "warm"), ("cKDTree", "warm"), ("cKDTree", "cold"), ("article_python", "cold"),
        ("KernelDensity", "warm"), ("KernelDensity", "cold"),
    )
}  # fmt: skip
NEEDS_SKLEARN = pytest.mark.skipif(
    not find_spec("sklearn"), reason="scikit-learn comes with `make peers`"
)
QUICK: list[Any] = [
    kernels.sorted_distances,
    kernels.tree_built_before,
    kernels.tree_built_in_the_call,
    pytest.param(kernels.density_fitted_before, marks=NEEDS_SKLEARN),
    pytest.param(kernels.density_fitted_in_the_call, marks=NEEDS_SKLEARN),
]
EVERY = [*QUICK, kernels.article_function]


def golden_problem(name: str) -> Problem:
    case = GOLDEN[name]
    samples = np.random.RandomState(case["seed"]).standard_normal((case["n"], case["d"]))
    return Problem(samples, np.array(case["query"]), np.array(case["widths"]))


def names_of(cases: list[PeerCase]) -> set[str]:
    return {case.name for case in cases}


def test_names_have_the_form_of_the_suite() -> None:
    cases = [case for peer in kernels.PEERS for case in peer.cases]
    assert names_of(cases) == CASES
    assert len(cases) == len(CASES)
    for peer in kernels.PEERS:
        for case in peer.cases:
            parsed = parse_case(case.name + SUFFIX)
            assert (parsed.name, parsed.backend) == (case.name, peer.name)
            assert parsed.counts_samples


def test_all_solve_the_problem_of_the_suite() -> None:
    problem, case = kernels.article_problem(), GOLDEN[TIMED]
    digest = hashlib.sha256(problem.samples.astype("<f8").tobytes()).hexdigest()
    assert digest == case["sha256_le_f64_row_major"]
    assert problem.query.tolist() == case["query"]
    assert problem.widths.tolist() == case["widths"]
    suite = "kernels/serial/kernel:fused/n:10000/d:2/m:100/widths:1.0-1.2/workers:1/start:warm"
    assert {parse_case(name).problem for name in CASES} == {parse_case(suite).problem}


@pytest.mark.parametrize("name", GOLDEN)
def test_expected_are_the_golden_counts(name: str) -> None:
    assert kernels.exact_counts(golden_problem(name)) == GOLDEN[name]["counts"]


def test_every_case_expects_the_golden_counts() -> None:
    for peer in kernels.PEERS:
        for case in peer.cases:
            assert case.expected() == GOLDEN[TIMED]["counts"]


@pytest.mark.parametrize("prepare", QUICK)
@pytest.mark.parametrize("name", GOLDEN)
def test_a_peer_gives_the_golden_counts(name: str, prepare: Prepare) -> None:
    once = prepare(golden_problem(name))
    assert once() == once() == GOLDEN[name]["counts"]


@pytest.mark.parametrize("name", ["one dimension", "extreme widths"])
def test_the_articles_function_gives_the_golden_counts(name: str) -> None:
    assert kernels.article_function(golden_problem(name))() == GOLDEN[name]["counts"]


@pytest.mark.parametrize(("start", "before", "in_a_call"), [("warm", 1, 0), ("cold", 0, 1)])
def test_the_samples_tree_is_built_before_or_in_the_call_as_named(
    start: str, before: int, in_a_call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []

    class Counted(scipy.spatial.cKDTree):  # type: ignore[misc]
        def __init__(self, points: Any) -> None:
            super().__init__(points)
            built.append(len(points))

    monkeypatch.setattr(scipy.spatial, "cKDTree", Counted)
    monkeypatch.setattr(kernels, "article_problem", lambda: golden_problem("one dimension"))
    (case,) = (
        case for peer in kernels.PEERS for case in peer.cases
        if case.name.startswith("kernels/cKDTree/") and case.name.endswith(f"/start:{start}")
    )  # fmt: skip
    with case.opened() as once:
        assert built.count(1000) == before
        built.clear()
        once()
        once()
    assert built == [1000] * 2 * in_a_call


@pytest.mark.parametrize("prepare", EVERY)
def test_a_window_includes_its_edge_and_excludes_the_next_double(prepare: Prepare) -> None:
    edge = 1.1 / 2
    beyond = np.nextafter(edge, 1.0)
    samples = np.array([[edge, 0.0], [0.0, -edge], [beyond, 0.0], [0.0, -beyond], [edge, edge]])
    problem = Problem(samples, np.zeros(2), np.array([1.1, 2 * beyond]))
    assert prepare(problem)() == [3, 5] == kernels.exact_counts(problem)


def fnv1a(data: bytes) -> int:
    """By its definition (Fowler, Noll, Vo), as bench/cases/digest.cpp."""
    hash_ = 0x811C9DC5
    for byte in data:
        hash_ ^= byte
        hash_ = hash_ * 0x01000193 & 0xFFFFFFFF
    return hash_


def test_the_digest_is_that_of_parzen_bench() -> None:
    assert kernels.counts_digest(GOLDEN[TIMED]["counts"]) == TIMED_DIGEST
    assert fnv1a(b"foobar") == 0xBF9CF968  # published by its authors
    for counts in ([], [97], [1, 2], [2, 1], [-1], [2**40, 0]):
        assert kernels.counts_digest(counts) == fnv1a(np.array(counts, dtype="<i8").tobytes())


@pytest.fixture(name="few_samples")
def _few_samples(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replaces the problem of all cases by a quick one; returns its counts."""
    monkeypatch.setattr(kernels, "article_problem", lambda: golden_problem("extreme widths"))
    counts: list[int] = GOLDEN["extreme widths"]["counts"]
    return counts


@NEEDS_SKLEARN
@pytest.mark.parametrize(("start", "before", "in_a_call"), [("warm", 1, 0), ("cold", 0, 4)])
def test_the_density_is_fitted_before_or_in_the_call_as_named(
    start: str, before: int, in_a_call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.neighbors import KernelDensity

    fitted = []
    fit = KernelDensity.fit

    def counted(estimator: Any, samples: Any) -> Any:
        fitted.append(len(samples))
        return fit(estimator, samples)

    monkeypatch.setattr(KernelDensity, "fit", counted)
    monkeypatch.setattr(kernels, "article_problem", lambda: golden_problem("extreme widths"))
    (case,) = (
        case for peer in kernels.PEERS for case in peer.cases
        if case.name.startswith("kernels/KernelDensity/") and case.name.endswith(f":{start}")
    )  # fmt: skip
    with case.opened() as once:
        assert len(fitted) == before
        once()
    assert len(fitted) == before + in_a_call


@NEEDS_SKLEARN
def test_half_a_width_as_the_bandwidth_would_miss_the_edge_of_a_window() -> None:
    from sklearn.neighbors import KernelDensity

    edge = 1.1 / 2
    estimator = KernelDensity(bandwidth=edge, kernel="tophat", metric="chebyshev")
    assert estimator.fit([[edge, 0.0]]).score_samples([[0.0, 0.0]]) == [-np.inf]


@NEEDS_SKLEARN
def test_samples_on_an_edge_count_anywhere_in_the_tree() -> None:
    generator = np.random.default_rng(5)
    for _ in range(50):
        d = int(generator.integers(1, 4))
        samples, query = generator.normal(size=(300, d)), generator.normal(size=d)
        edges = generator.choice(abs(samples - query).max(axis=1), 5)
        problem = Problem(samples, query, 2 * edges)
        assert kernels.density_fitted_before(problem)() == kernels.exact_counts(problem)


@pytest.mark.parametrize("peer", kernels.PEERS, ids=lambda peer: peer.name)
def test_a_case_has_a_time_and_the_digest_of_its_counts(peer: Peer, few_samples: list[int]) -> None:
    if not registry.is_installed(peer):
        pytest.skip(f"{peer.name} comes with `make peers`")
    for case in peer.cases:
        entry = measure(case, 0.0)
        assert entry["real_time"] > 0.0, entry
        assert entry["counts_digest"] == kernels.counts_digest(few_samples)


def one_too_many(counts: list[int]) -> list[int]:
    return [*counts[:-1], counts[-1] + 1]


@pytest.mark.parametrize(
    "changed", [one_too_many, lambda counts: counts[:-1], lambda _: []], ids=["one", "few", "none"]
)
@pytest.mark.usefixtures("few_samples")
def test_a_wrong_count_is_an_error_and_never_a_time(
    changed: Callable[[list[int]], list[int]],
) -> None:
    right = kernels.PEERS[0].cases[0]
    wrong = changed(GOLDEN["extreme widths"]["counts"])
    entry = measure(replace(right, opened=lambda: nullcontext(lambda: wrong)), 0.0)
    assert entry["error_message"].startswith(f"WrongResult: {wrong} instead of ")
    assert not {"real_time", "cpu_time", "iterations", "counts_digest"} & entry.keys()
