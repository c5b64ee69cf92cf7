"""bench_mpi under mpirun: one rank reports what all have timed."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from programs import BUILD, output

from parzen_study.run.case import parse_case
from runner.mpi.ranks import variables_of_mpirun

PROBLEM = "article/{}/kernel:fused/decomposition:by_sample/n:10000/d:2/m:100/workers:{}/start:"

pytestmark = pytest.mark.skipif(
    not (BUILD / "bench_mpi").exists(), reason="without MPI, bench_mpi is not built"
)


# Runs a command and prints the kilobytes of its largest process.
LARGEST_PROCESS = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(f"\\n{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
sys.exit(status)
"""


def mpirun(
    ranks: int, *arguments: str, largest_n: int = 10_000, under: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    program = str(BUILD / "bench_mpi")
    command = ["mpirun", "-np", str(ranks), program, "--largest-n", str(largest_n)]
    return subprocess.run(
        [*under, *command, *arguments],
        env={**os.environ, **variables_of_mpirun()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def measured(file: Path) -> dict[str, dict[str, Any]]:
    document = json.loads(file.read_text())
    return {case["run_name"].split("/iterations:")[0]: case for case in document["benchmarks"]}


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_its_cases_are_those_of_the_ranks(ranks: int) -> None:
    done = mpirun(ranks, "--benchmark_list_tests=true")
    assert done.returncode == 0, done.stderr
    names = done.stdout.split()
    assert names
    assert len(set(names)) == len(names)  # one rank lists them
    for name in names:
        case = parse_case(name)
        start = "" if case.family == "dispatch" else "warm"  # of empty tasks, which have none
        assert (case.backend, case.number("workers"), case.get("start")) == ("mpi", ranks, start)
    families = {parse_case(name).family for name in names}
    assert ("dispatch" in families) == (ranks > 1)
    if ranks == 2:  # for every figure of the report
        assert {"article", "grain", "loops", "sweep"} <= families
    listed = mpirun(ranks, "--list=json")
    assert sorted(case["full_name"] for case in json.loads(listed.stdout)) == sorted(names)


def test_one_rank_writes_what_all_have_timed(tmp_path: Path) -> None:
    """The counts are serial's."""
    case = PROBLEM.format("mpi", 2) + "warm"
    file, serial = tmp_path / "mpi.json", tmp_path / "serial.json"
    options = ["--benchmark_min_time=0.01", "--benchmark_out_format=json"]
    done = mpirun(2, f"--benchmark_filter={case}", f"--benchmark_out={file}", *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(case) == 1
    (found,) = measured(file).values()
    assert found["iterations"] >= 1
    assert found["real_time"] > 0.0
    assert found["children_cpu_time"] >= 0.0
    reference = PROBLEM.format("serial", 1) + "cold"
    filter_ = f"--benchmark_filter={reference}"
    output("parzen_bench", "--largest-n=10000", filter_, f"--benchmark_out={serial}", *options)
    (same,) = measured(serial).values()
    assert found["counts_digest"] == same["counts_digest"]


def test_each_rank_makes_only_the_samples_that_it_counts(tmp_path: Path) -> None:
    """All samples are 1.6 GB: 0.4 GB in each rank. The counter is the sum of all ranks."""
    meminfo = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    available = int(meminfo["MemAvailable"].removesuffix("kB"))
    if available < 8e6:
        pytest.skip(f"8 GB of memory are needed, and {available // 1000} MB are available")
    file = tmp_path / "mpi.json"
    case = "memory/mpi/.*/n:100000000/"
    done = mpirun(
        4,
        f"--benchmark_filter={case}",
        f"--benchmark_out={file}",
        "--benchmark_min_time=0.001",
        "--benchmark_out_format=json",
        largest_n=100_000_000,
        under=[sys.executable, "-c", LARGEST_PROCESS],
    )
    assert done.returncode == 0, done.stderr
    (found,) = measured(file).values()
    assert "error_occurred" not in found
    assert 1.6e9 < found["pss_between_calls"] < 2.4e9
    assert 1024 * int(done.stdout.splitlines()[-1]) < 1.2e9, "a rank has the samples of others"
    assert found["pss_peak"] >= found["pss_between_calls"]
    assert found["counts_digest"] > 0


@pytest.mark.parametrize("ranks", [2, 3])
def test_empty_tasks_are_timed_if_there_is_another_rank(ranks: int, tmp_path: Path) -> None:
    file = tmp_path / "mpi.json"
    options = ["--benchmark_min_time=0.001", "--benchmark_out_format=json"]
    done = mpirun(ranks, "--benchmark_filter=^dispatch/", f"--benchmark_out={file}", *options)
    assert done.returncode == 0, done.stderr
    found = measured(file)
    assert sorted(found) == sorted(
        f"dispatch/mpi/operation:{operation}/workers:{ranks}{pause}"
        for operation in ("apply", "map/tasks:100")
        for pause in ("", "/pause:5ms")
    )
    assert all(case["real_time"] > 0 and "error_occurred" not in case for case in found.values())


def test_an_option_that_it_does_not_know_ends_all_ranks() -> None:
    done = mpirun(2, "--unknown")
    assert done.returncode != 0
    assert "--unknown" in done.stderr


def test_another_number_of_ranks_than_in_other_rounds_is_rejected() -> None:
    done = mpirun(2, "--ranks", "3", "--benchmark_list_tests=true")
    assert (done.returncode, done.stdout) == (1, "")
    assert "2 rank(s) were started, and --ranks is 3: all rounds" in done.stderr
    assert mpirun(2, "--ranks", "2", "--benchmark_list_tests=true").returncode == 0
