"""The names of all cases, by which stored runs are compared; and `parzen_bench --list=json`.

bench/tests/case_names/ has the output of `list_cases CPUS 100000000` for machines with 1, 2 and
64 CPUs. To add a case, write the new output into these files, and review the difference.
"""

import json
import subprocess
from pathlib import Path

import pytest
from programs import BACKENDS, BUILD, output

from parzen_study.run.case import parse_case
from runner.python_baselines import registry

STORED = Path(__file__).parents[1] / "case_names"
# One of two ways to read without the page cache; it depends on the file system.
FILE_MODES = ("file_direct", "file_dropped")


@pytest.mark.parametrize("mode", FILE_MODES)
@pytest.mark.parametrize("cpus", [1, 2, 64])
def test_names_and_groups_are_the_stored_ones(cpus: int, mode: str) -> None:
    if len(BACKENDS) < 5:
        pytest.skip("this build lacks a backend")
    done = subprocess.run(
        [BUILD / "list_cases", str(cpus), "100000000"],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if "file" in done.stderr:
        pytest.skip(done.stderr)
    listed = done.stdout
    for other in FILE_MODES:
        listed = listed.replace(f"operation:{other}", f"operation:{mode}")
    stored = (STORED / f"{cpus}.txt").read_text("utf-8").replace("file_direct", mode)
    assert sorted(listed.splitlines()) == sorted(stored.splitlines())
    assert listed.count("\n  ") > 500


def test_the_list_has_the_cases_that_google_benchmark_names() -> None:
    listed = json.loads(output("parzen_bench", "--list=json", "--largest-n", "100000"))
    names = output("parzen_bench", "--benchmark_list_tests=true", "--largest-n", "100000").split()
    assert sorted(case["full_name"] for case in listed) == sorted(names)


def test_the_list_has_the_parts_of_a_name() -> None:
    for case in json.loads(output("parzen_bench", "--list=json")):
        parsed = parse_case(case["name"])
        assert (case["family"], case["backend"]) == (parsed.family, parsed.backend)
        assert list(case["parameters"].items()) == list(parsed.parameters)
        assert case["full_name"].startswith(case["name"] + "/")
        assert case["group"].startswith(parsed.family + "/")


def test_kinds_distinguish_loops_costs_and_limits() -> None:
    kinds: dict[str, set[tuple[str, str]]] = {"loop": set(), "cost": set(), "limit": set()}
    for case in json.loads(output("parzen_bench", "--list=json")):
        what = case["parameters"].get("kernel") if case["family"] == "kernels" else case["backend"]
        kinds[case["kind"]].add((case["family"], what))
    assert {family for family, _ in kinds["loop"]} >= {"article", "grain", "io_bound", "sweep"}
    assert "dispatch" not in {family for family, _ in kinds["loop"]}
    assert {family for family, _ in kinds["cost"]} == {"dispatch"}
    assert ("kernels", "stream_read") in kinds["limit"]
    assert ("dispatch", "memcpy") in kinds["limit"]
    assert not kinds["limit"] & (kinds["loop"] | kinds["cost"])


def test_only_the_cases_that_a_file_names_are_listed(tmp_path: Path) -> None:
    name = "sweep/serial/kernel:fused/decomposition:by_sample/n:100/d:2/m:100/workers:1/start:cold"
    file = tmp_path / "cases.txt"
    file.write_text(name + "\n")
    listed = json.loads(output("parzen_bench", "--list=json", "--cases", str(file)))
    assert [case["name"] for case in listed] == [name]


def test_another_format_is_rejected() -> None:
    done = subprocess.run(
        [BUILD / "parzen_bench", "--list=xml"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "json" in done.stderr
    assert done.stdout == ""


def test_peers_have_the_groups_of_cases_with_the_same_work() -> None:
    """So a group has one name, whichever program measures it."""
    listed = json.loads(output("parzen_bench", "--list=json"))
    groups = {case["group"]: case["kind"] for case in listed if case["kind"] != "limit"}
    for peer in registry.PEERS:
        for case in peer.cases:
            assert groups[case.group] == case.kind
