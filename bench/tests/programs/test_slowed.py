"""parzen_bench_slowed, if it was built (make gate-selftest ADD=1 SLOWED=tbb:5). No test judges how
slow it is: that is measured."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("PARZEN_BUILD", ROOT / "build")) / "bench" / "parzen_bench_slowed"
CASES = "^sweep/(serial|tbb|process_pool)/.*fused.*n:1000/.*workers:[12]/"

pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason="it was not built")


def run(slowed: str) -> subprocess.CompletedProcess[str]:
    options = ["--largest-n=10000", "--benchmark_min_time=0.0001", "--benchmark_format=json"]
    return subprocess.run(
        [PROGRAM, f"--benchmark_filter={CASES}", *options],
        env={**os.environ, "PARZEN_SLOWED": slowed}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("slowed", ["tbb:0", "process_pool:50", "all:20"])
def test_a_slowed_backend_has_the_same_counts(slowed: str) -> None:
    """And it ends: a temporary object that it creates to learn a backend's type calls stop too."""
    ended = run(slowed)
    assert ended.returncode == 0, ended.stderr
    cases = json.loads(ended.stdout)["benchmarks"]
    assert len(cases) > 3
    assert not [case for case in cases if case.get("error_occurred")]


@pytest.mark.parametrize("slowed", ["tbb", "tbb:", "tbb:x", "tbb:-5", "nosuch:5", ":5", "tbb:5%"])
def test_an_invalid_slowdown_ends_the_program(slowed: str) -> None:
    ended = run(slowed)
    assert ended.returncode == 2
    assert f"PARZEN_SLOWED={slowed} is invalid: give a backend, or all" in ended.stderr
