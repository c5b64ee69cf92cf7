"""simulate under SimGrid's own smpirun, where it is installed."""

import csv
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from parzen_study.stats.bootstrap import Estimate
from parzen_study.topics.simulated.rate import Rate
from runner.simulation.clusters import PLATFORMS, SETTINGS, calls_on, read_platform

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("PARZEN_BUILD", ROOT / "build")) / "bench" / "simulate" / "simulate"
FLAT, TREE = PLATFORMS / "flat_10g.xml", PLATFORMS / "fat_tree_10g.xml"
RATE = 10**9

pytestmark = pytest.mark.skipif(
    not (shutil.which("smpirun") and PROGRAM.exists()),
    reason="SimGrid was not found, or simulate is not built: on Debian it is in libsimgrid-dev",
)


def smpirun(folder: Path, ranks: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    hosts = folder / "hosts"
    hosts.write_text("".join(f"node-{number}\n" for number in range(1024)))
    return subprocess.run(
        [
            *("smpirun", "-platform", str(FLAT), "-hostfile", str(hosts), "-np", str(ranks)),
            *SETTINGS,
            *("--log=root.thresh:warning", str(PROGRAM), *arguments),
        ],
        env={**os.environ, "TMPDIR": str(folder), "SMPI_PRIVATIZATION": "dlopen"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize("ranks", range(1, 9))
def test_every_rank_counts_the_article_s_loop_as_serial_does(ranks: int, tmp_path: Path) -> None:
    done = smpirun(tmp_path, ranks, "count")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{ranks} ranks counted 100000 samples as serial does\n"


def test_one_rank_takes_the_time_of_its_tasks(tmp_path: Path) -> None:
    done = smpirun(
        tmp_path, 1, "timed", "--tasks", "1000000,3000000", "--rates", f"{RATE},{2 * RATE}"
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert len(rows) == 4
    for row in rows:
        took = int(row["tasks"]) / int(row["rate"])
        assert float(row["seconds"]) == pytest.approx(took, abs=1e-7)


def test_blocks_that_no_rank_divides_evenly_are_all_counted(tmp_path: Path) -> None:
    """A wrong merged answer is an error."""
    done = smpirun(tmp_path, 7, "timed", "--tasks", "1000003,5", "--rates", str(RATE))
    assert done.returncode == 0, done.stderr
    assert [row["tasks"] for row in csv.DictReader(done.stdout.splitlines())] == ["1000003", "5"]


def test_a_step_of_the_merge_takes_the_latency_of_its_links() -> None:
    """Two links of 5 \N{MICRO SIGN}s each way; in the fat tree, four between switches."""
    rate = Rate("", 1, Estimate(RATE, RATE, RATE))
    merges = {}
    for file in (FLAT, TREE):
        for nodes in (2, 32, 64):
            (call, _) = calls_on(read_platform(file), file, nodes, rate, PROGRAM)
            merges[file.stem, nodes] = call.seconds.value - call.n / nodes / RATE
    step = merges["flat_10g", 2]
    assert 10e-6 < step < 40e-6
    assert merges["flat_10g", 32] == pytest.approx(5 * step, rel=0.01)
    assert merges["flat_10g", 64] == pytest.approx(6 * step, rel=0.01)
    assert merges["fat_tree_10g", 32] == pytest.approx(5 * step, rel=0.01)
    assert merges["fat_tree_10g", 64] == pytest.approx(7 * step, rel=0.05)


def test_two_simulations_give_the_same_figures() -> None:
    rate = Rate("", 1, Estimate(RATE, RATE - 1, RATE + 1))
    one, other = (calls_on(read_platform(TREE), TREE, 40, rate, PROGRAM) for _ in range(2))
    assert one == other


def test_more_ranks_than_hosts_are_rejected_once(tmp_path: Path) -> None:
    done = smpirun(tmp_path, 1025, "timed", "--tasks", "1", "--rates", "1")
    assert done.returncode != 0
    assert done.stderr.count("simulate: ") == 1
    assert "1025 ranks, and the platform has 1024 hosts: start at most as many" in done.stderr


def test_wrong_arguments_are_rejected_once(tmp_path: Path) -> None:
    for arguments, said in (
        (("timed", "--tasks", "1"), "name --tasks and --rates"),
        (("timed", "--tasks", "0", "--rates", "1"), "--tasks"),
        (("unknown",), "unknown"),
    ):
        done = smpirun(tmp_path, 3, *arguments)
        assert done.returncode != 0
        assert done.stderr.count(said) == 1


def test_the_processes_leave_no_file(tmp_path: Path) -> None:
    assert smpirun(tmp_path, 4, "timed", "--tasks", "10", "--rates", "1").returncode == 0
    assert [each.name for each in tmp_path.iterdir()] == ["hosts"]
