"""The peers that are measured, their order, and their imports."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from parzen_study.run.case import SUFFIX, parse_case
from runner.python_baselines import dispatch, program, registry
from runner.python_baselines.peer import Peer, PeerCase

ROOT = Path(__file__).parents[4]


def left_out_without(module: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The peers whose cases are skipped if a module is missing, and only then."""
    installed = [peer for peer in registry.PEERS if registry.is_installed(peer)]
    monkeypatch.setattr(
        registry, "find_spec", lambda name: None if name == module else find_spec(name)
    )
    kept = [peer for peer in installed if module not in peer.modules]
    chosen = {case.name for case in program.chosen(registry.PEERS, 1)}
    assert chosen == {case.name for peer in kept for case in peer.cases}
    assert registry.versions(registry.PEERS).keys() == {peer.name for peer in kept}
    reasons = registry.left_out(installed)
    assert all(reason.endswith(f"no module {module}") for reason in reasons.values())
    return set(reasons)


def test_without_scipy_only_its_tree_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert left_out_without("scipy", monkeypatch) == {"cKDTree"}


def test_without_numpy_the_peers_that_need_it_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    left_out = left_out_without("numpy", monkeypatch)
    pools = {peer.name for peer in dispatch.PEERS if registry.is_installed(peer)}
    assert left_out == {"numpy", "article_python", *pools}


@pytest.mark.skipif(not find_spec("sklearn"), reason="scikit-learn comes with `make peers`")
def test_without_scikit_learn_only_its_density_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    version = registry.versions(registry.PEERS)["KernelDensity"]
    assert version.startswith("scikit-learn ")  # the name of the distribution, not of the module
    assert left_out_without("sklearn", monkeypatch) == {"KernelDensity"}


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> set[str]:
    assert program.main(["--benchmark_list_tests=true", *options]) == 0
    return {line.removesuffix(SUFFIX) for line in capsys.readouterr().out.splitlines()}


def test_cases_above_the_largest_n_are_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    everything = listed(capsys)
    assert listed(capsys, "--largest-n", "10000") == everything
    assert listed(capsys, "--largest-n=9999") == {
        name for name in everything if name.startswith("dispatch/")
    }
    assert len({parse_case(name).family for name in everything}) > 1


@pytest.mark.parametrize(("n", "kept"), [(10_000_000, True), (10_000_001, False)])
def test_the_default_largest_n_is_ten_million(n: int, kept: bool) -> None:
    case = PeerCase(f"kernels/peer/n:{n}", "kernels", list, lambda: nullcontext(list))
    assert program.chosen([Peer("peer", ("json",), (case,))], 1) == [case] * kept


def test_families_that_fork_come_first_and_of_these_the_one_with_numpy_last() -> None:
    orders = set()
    for seed in range(8):
        names = [case.name for case in program.chosen(registry.PEERS, seed)]
        families = [parse_case(name).family for name in names]
        assert families == sorted(families, key=["dispatch", "article", "kernels"].index)
        orders.add(tuple(names[families.index("kernels") :]))
    assert len(orders) > 1


def test_only_cases_that_need_numpy_import_it(tmp_path: Path) -> None:
    text = """
import sys
from runner.python_baselines import program
def loaded():
    return sorted({"numpy", "scipy", "pandas"} & sys.modules.keys())
assert program.main(["--benchmark_list_tests=true"]) == 0
fast = "--benchmark_min_time=0"
assert program.main([fast, "--benchmark_filter=multiprocessing_Pool/.*apply.*workers:1"]) == 0
print(loaded())
assert program.main([fast, "--benchmark_filter=kernels/numpy"]) == 0
print(loaded())
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text], cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/analysis:{ROOT}/bench"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said: list[Any] = [line for line in done.stdout.splitlines() if line.startswith("[")]
    assert said == ["[]", "['numpy']"]


def test_dispatch_has_no_digest() -> None:
    assert all(case.digest is None for peer in dispatch.PEERS for case in peer.cases)
