"""paired.py on fake builds with known times: what it finds, stores and prints."""

import pytest

from paired_scene import CASES, Scene
from rounds_scene import SUFFIX

NOISE = {"FAKE_NOISE": "0.01", "FAKE_DRIFT": "0.02"}


def test_a_build_that_is_five_percent_slower_is_found(scene: Scene) -> None:
    scene.variables = NOISE
    scene.set(scene.new, factor=1.05)
    status, out, _ = scene.run("--blocks=10")
    assert (status, out.splitlines()[-1][:29]) == (10, "verdict: regressed - slower: ")
    units = scene.comparisons("units")
    assert list(units) == ["openmp warm", "serial cold"]
    for each in [*units.values(), *scene.comparisons("cases").values()]:
        assert each["verdict"] == "slower"
        assert each["ratio"] == pytest.approx(1.05, abs=0.01)
        assert not each["not_slower"]


def test_a_build_that_is_faster_passes_and_is_called_so(scene: Scene) -> None:
    scene.variables = NOISE
    scene.set(scene.new, factor=0.95)
    assert scene.run("--blocks=10")[0] == 0
    assert {each["verdict"] for each in scene.comparisons("units").values()} == {"faster"}


def test_a_build_does_not_differ_from_itself(scene: Scene) -> None:
    scene.variables = NOISE
    scene.new = scene.old
    status, out, _ = scene.run("--blocks=10")
    assert (status, out.splitlines()[-1]) == (
        0,
        "verdict: pass - not slower: whole interval below 1.03 in 2 units",
    )
    for each in [*scene.comparisons("units").values(), *scene.comparisons("cases").values()]:
        assert each["verdict"] == "no difference found"


def test_a_linear_drift_cancels_in_every_block(scene: Scene) -> None:
    scene.variables = {"FAKE_DRIFT": "0.5"}
    scene.set(scene.new, factor=1.01)
    assert scene.run("--blocks=6")[0] == 0
    for each in scene.comparisons("cases").values():
        assert each["ratio"] == pytest.approx(1.01, rel=1e-9)
        assert each["interval"] == pytest.approx([1.01, 1.01], rel=1e-9)


def test_blocks_are_abba_or_baab_of_fresh_processes_with_the_same_options(scene: Scene) -> None:
    assert scene.run("--blocks=8", "--profile=quick")[0] == 0
    processes = scene.processes()
    letters = "".join("A" if each["file"] == str(scene.old) else "B" for each in processes)
    orders = [letters[first : first + 4] for first in range(0, 32, 4)]
    assert len(letters) == 32
    assert set(orders) == {"ABBA", "BAAB"}
    assert len({each["process"] for each in processes}) == 32
    blocks = scene.document()["blocks"]
    assert [block["order"] for block in blocks] == orders
    assert len({block["seed"] for block in blocks}) == 8
    memory = scene.document()["memory_bytes"]
    for position, each in enumerate(processes):
        assert each["options"] == {
            "--order-seed": str(blocks[position // 4]["seed"]),
            "--memory": memory,
            "--largest-n": "10000",
            "--benchmark_min_time": "0.005",
        }


def test_the_seed_sets_the_order(scene: Scene) -> None:
    drawn = []
    for seed in ("7", "7", "8"):
        scene.run("--blocks=8", f"--seed={seed}")
        drawn.append([(block["order"], block["seed"]) for block in scene.document()["blocks"]])
    assert drawn[0] == drawn[1] != drawn[2]


def test_cases_of_only_one_build_are_listed_and_not_run(scene: Scene) -> None:
    gone, come = "article/tbb/n:1/workers:2/start:warm", "article/threads/n:2/start:cold"
    scene.set(scene.old, cases=[*CASES, gone])
    scene.set(scene.new, cases=[*CASES, come])
    status, out, _ = scene.run("--blocks=6")
    assert status == 0
    assert f"Only OLD has 1 case, not compared:\n  {gone}\n" in out
    assert f"Only NEW has 1 case, not compared:\n  {come}\n" in out
    document = scene.document()
    assert (document["only_old"], document["only_new"]) == ([gone + SUFFIX], [come + SUFFIX])
    ran = {
        case
        for block in document["blocks"]
        for each in block["letters"]
        for case in each["seconds"]
    }
    assert ran == {case + SUFFIX for case in CASES}


def test_a_case_that_fails_in_the_new_build_only_is_listed_and_a_regression(scene: Scene) -> None:
    scene.set(scene.new, errors={CASES[0]: "counts differ"})
    status, out, _ = scene.run("--blocks=6")
    assert status == 10
    assert f"Errors instead of times in 1 case, not compared:\n  {CASES[0]}\n" in out
    assert "    NEW: counts differ\n" in out
    assert "verdict: regressed - errors in NEW only: 1 case\n" in out
    assert set(scene.comparisons("cases")) == {case + SUFFIX for case in CASES[1:]}


@pytest.mark.parametrize("builds", [("old",), ("old", "new")])
def test_a_case_that_fails_in_the_old_build_is_listed(
    scene: Scene, builds: tuple[str, ...]
) -> None:
    for build in builds:
        scene.set(scene.folder / build, errors={CASES[0]: "no memory"})
    status, out, _ = scene.run("--blocks=6")
    assert status == 0
    assert out.count(": no memory\n") == len(builds)
    assert len(scene.comparisons("cases")) == 3


def test_without_any_time_the_comparison_is_invalid(scene: Scene) -> None:
    for build in (scene.old, scene.new):
        scene.set(build, errors=dict.fromkeys(CASES, "no memory"))
    status, out, _ = scene.run("--blocks=6")
    assert status == 12
    assert out.endswith("verdict: invalid - no case has a time in both builds\n")
    assert scene.document()["result"] is None


def test_too_few_blocks_are_inconclusive_with_the_number_needed(scene: Scene) -> None:
    scene.set(scene.new, factor=1.5)
    status, out, _ = scene.run("--blocks=5")
    assert status == 11
    assert "5 blocks: too few for intervals, which need 6; use --blocks 6 or more." in out
    assert out.endswith("verdict: inconclusive - 5 blocks; 6 give intervals\n")
    assert scene.document()["result"]["overall"]["interval"] is None


def test_the_time_limit_applies_after_the_blocks_for_an_interval(scene: Scene) -> None:
    assert scene.run("--seconds=1")[0] == 0  # no process starts within a millisecond
    assert 6 <= len(scene.document()["blocks"]) < 200
    assert scene.run("--seconds=3600", "--blocks=7")[0] == 0
    assert len(scene.document()["blocks"]) == 7


def test_the_whole_interval_must_be_below_the_margin(scene: Scene) -> None:
    scene.set(scene.new, factor=1.02)
    assert scene.run("--blocks=8")[0] == 0  # slower, and below 1.03
    assert {each["verdict"] for each in scene.comparisons("units").values()} == {"slower"}
    status, out, _ = scene.run("--blocks=8", "--margin=1.01")
    assert (status, out.splitlines()[-1]) == (
        10,
        "verdict: regressed - slower: openmp warm and 5 more",
    )


def test_the_stored_results_have_no_host_name_and_no_path(scene: Scene) -> None:
    assert scene.run("--blocks=1")[0] == 11
    text = (scene.output / "paired.json").read_text("utf-8")
    assert "secret" not in text
    assert str(scene.folder) not in text
    letter = scene.document()["blocks"][0]["letters"][0]
    assert letter["context"]["machine.compiler"] == "GNU 12.2.0"
    assert letter["seconds"][CASES[0] + SUFFIX] == pytest.approx(15e-6)


def test_printed_lines_fit_a_terminal(scene: Scene) -> None:
    long = f"article/{'b' * 64}/kernel:{'k' * 64}/decomposition:{'d' * 60}/n:1/start:cold"
    scene.set(scene.old, cases=[*CASES, long, long + "/m:1"], errors={long: "e" * 400})
    scene.set(scene.new, cases=[*CASES, long], factor=1.5)
    status, out, _ = scene.run("--blocks=8")
    assert status == 10
    assert [
        line for line in out.splitlines() if len(line) > 80 and str(scene.folder) not in line
    ] == []
