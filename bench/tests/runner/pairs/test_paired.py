"""paired.py on fake builds whose times are known."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from paired_scene import CASES, SUFFIX, Scene

NOISE = {"FAKE_NOISE": "0.01", "FAKE_DRIFT": "0.02"}


@pytest.fixture(name="scene")
def _scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


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


def test_blocks_are_abba_or_baab_of_fresh_processes_that_are_asked_alike(scene: Scene) -> None:
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


def test_the_seed_decides_the_order(scene: Scene) -> None:
    drawn = []
    for seed in ("7", "7", "8"):
        scene.run("--blocks=8", f"--seed={seed}")
        drawn.append([(block["order"], block["seed"]) for block in scene.document()["blocks"]])
    assert drawn[0] == drawn[1] != drawn[2]


def test_cases_of_one_build_are_listed_and_not_run(scene: Scene) -> None:
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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            {"machine.compiler": "GNU 12.2.0"},
            {"machine.compiler": "GNU 14.2.0"},
            "machine.compiler is 'GNU 12.2.0' in OLD and 'GNU 14.2.0' in NEW",
        ),
        (
            {"state.governor": "powersave"},
            {"state.governor": "performance"},
            "state.governor is 'powersave' in OLD and 'performance' in NEW",
        ),
        ({}, {"machine.smt": "on"}, "machine.smt is missing in OLD and 'on' in NEW"),
        ({"caches": [1]}, {"caches": [2]}, "caches is [1] in OLD and [2] in NEW"),
        (
            {"backends.mechanisms": "serial: neither; tbb: threads"},
            {"backends.mechanisms": "serial: neither; tbb: processes"},
            "backends.mechanisms is 'serial: neither; tbb: threads' in OLD and ",
        ),
    ],
)
def test_contexts_that_differ_are_an_error_that_names_item_and_values(
    scene: Scene, old: dict[str, object], new: dict[str, object], said: str
) -> None:
    scene.set(scene.old, context=old)
    scene.set(scene.new, context=new)
    status, out, err = scene.run("--blocks=6")
    assert (status, out) == (1, "")
    assert err.startswith(f"paired.py: contexts differ: {said}")
    assert err.count("\n") == 1
    assert err.endswith("only the revision may differ\n")
    assert not (scene.output / "paired.json").exists()
    if said.startswith(("machine.", "state.")):  # which a build tells without measuring
        assert not (scene.folder / "processes.jsonl").exists()


def test_of_many_items_that_differ_some_are_named(scene: Scene) -> None:
    scene.set(scene.new, context={f"machine.item_{number}": "x" for number in range(5)})
    assert "machine.item_2 is missing in OLD and 'x' in NEW; and 2 more; " in scene.run()[2]


def test_revision_and_what_varies_by_nature_may_differ(scene: Scene) -> None:
    scene.set(scene.old, context={"load_avg": [1], "backends.mechanisms": "serial: neither"})
    added = {"backends.mechanisms": "serial: neither; threads: threads", "backends.built": "x"}
    changed = {"machine.revision": "new", "machine.revision_dirty": "yes", "state.load_1m": "9"}
    scene.set(scene.old, context={"machine.revision_dirty": "no", "backends.built": "y"})
    scene.set(scene.new, context={**changed, "load_avg": [2], "backends.built": "x"})
    status, out, err = scene.run("--blocks=6")
    assert status == 0, err
    assert out.startswith("A: OLD, revision old\nB: NEW, revision new with uncommitted changes\n")
    scene.set(scene.old, context={"backends.mechanisms": "serial: neither"})
    scene.set(scene.new, context=added)
    assert scene.run("--blocks=6")[0] == 0


def test_a_build_that_is_replaced_meanwhile_ends_it_and_finished_blocks_count(scene: Scene) -> None:
    scene.variables = {"FAKE_CHANGE": "27"}
    status, out, err = scene.run("--blocks=9")
    assert status == 1
    assert "paired.py: context changed: machine.revision is 'old' in " in err
    assert "and 'rebuilt' in " in err
    assert err.endswith("kept 6 blocks\n")
    assert "verdict: pass" in out
    assert len(scene.document()["blocks"]) == 6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_finished_blocks_and_prints_their_result(
    scene: Scene, number: signal.Signals
) -> None:
    scene.variables = {"FAKE_BLOCK": "27"}
    process = scene.start("--blocks=9")
    scene.wait_until_blocked()
    process.send_signal(number)
    status, out, err = scene.finish(process)
    assert status == 128 + number
    assert err.endswith(f"paired.py: interrupted by {number.name}; kept 6 blocks\n")
    assert out.endswith("verdict: pass - not slower: whole interval below 1.03 in 2 units\n")
    document = scene.document()
    assert (document["interrupted"], len(document["blocks"])) == (True, 6)
    assert document["result"]["overall"]["ratio"] == 1.0
    assert os.listdir(scene.output) == ["paired.json"]
    scene.assert_nothing_lives()


def test_an_interruption_of_the_first_block_writes_nothing(scene: Scene) -> None:
    scene.variables = {"FAKE_BLOCK": "3"}
    process = scene.start()
    scene.wait_until_blocked()
    process.send_signal(signal.SIGINT)
    status, out, err = scene.finish(process)
    assert (status, out) == (130, "")
    assert err.endswith("interrupted by SIGINT before a block finished: nothing was written\n")
    assert os.listdir(scene.output) == []
    scene.assert_nothing_lives()


def test_a_full_disk_ends_it_and_what_was_stored_remains(scene: Scene) -> None:
    scene.most_bytes = 12_000
    status, out, err = scene.run("--blocks=50")
    assert status == 1
    assert "paired.json: raise the limit" not in out
    assert "raise the limit on the size of files (ulimit -f, here 12000 bytes)" in err
    assert "Traceback" not in err
    assert 1 <= len(scene.document()["blocks"]) < 50
    assert os.listdir(scene.output) == ["paired.json"]


def test_every_block_is_stored_as_it_ends(scene: Scene) -> None:
    scene.variables = {"FAKE_BLOCK": "11"}
    process = scene.start("--blocks=9")
    scene.wait_until_blocked()
    process.kill()
    scene.finish(process)
    for number in (scene.folder / "living").read_text("utf-8").split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(number), signal.SIGKILL)
    document = scene.document()
    assert (document["interrupted"], len(document["blocks"])) == (True, 2)


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


def test_too_few_blocks_are_inconclusive_and_say_how_many_it_takes(scene: Scene) -> None:
    scene.set(scene.new, factor=1.5)
    status, out, _ = scene.run("--blocks=5")
    assert status == 11
    assert "5 blocks: too few for intervals, which take 6; use --blocks 6 or more." in out
    assert out.endswith("verdict: inconclusive - 5 blocks; 6 give intervals\n")
    assert scene.document()["result"]["overall"]["interval"] is None


def test_seconds_end_it_after_the_blocks_that_an_interval_takes(scene: Scene) -> None:
    assert scene.run("--seconds=1")[0] == 0  # of processes that cannot start in a millisecond
    assert 6 <= len(scene.document()["blocks"]) < 200
    assert scene.run("--seconds=3600", "--blocks=7")[0] == 0
    assert len(scene.document()["blocks"]) == 7


def test_the_margin_is_what_the_whole_interval_must_be_below(scene: Scene) -> None:
    scene.set(scene.new, factor=1.02)
    assert scene.run("--blocks=8")[0] == 0  # slower, and below 1.03
    assert {each["verdict"] for each in scene.comparisons("units").values()} == {"slower"}
    status, out, _ = scene.run("--blocks=8", "--margin=1.01")
    assert (status, out.splitlines()[-1]) == (
        10,
        "verdict: regressed - slower: openmp warm and 5 more",
    )


def test_what_is_stored_names_no_machine_and_no_path(scene: Scene) -> None:
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


def test_options_of_google_benchmark_in_the_environment_are_ignored_by_name(scene: Scene) -> None:
    """The fake builds end with an error if they get them."""
    scene.variables = {"BENCHMARK_FILTER": "serial", "V": "2"}
    status, _, err = scene.run("--blocks=6")
    assert status == 0
    assert err.startswith("paired.py: ignoring BENCHMARK_FILTER, V from the environment: ")


def test_another_comparison_into_the_same_folder_is_an_error(scene: Scene) -> None:
    scene.variables = {"FAKE_BLOCK": "3"}
    first = scene.start()
    scene.wait_until_blocked()
    status, _, err = scene.finish(scene.start())
    assert status == 1
    assert "another run is writing to" in err
    first.send_signal(signal.SIGINT)
    assert scene.finish(first)[0] == 130


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--filter=nothing"], 2, "--filter 'nothing' leaves no case that both builds have (Fai"),
        (["--blocks=0"], 2, "'0' must be an integer >= 1"),
        (["--blocks=201"], 2, "'201' is above 200"),
        (["--seconds=x"], 2, "'x' must be an integer >= 1"),
        (["--margin=1"], 2, "'1' must be a ratio above 1, such as 1.03"),
        (["--margin=nan"], 2, "'nan' must be a ratio above 1, such as 1.03"),
        (["--profile=fast"], 2, "invalid choice: 'fast'"),
        (["--output=old"], 1, "File exists: 'old'; "),
    ],
)
def test_bad_input_is_one_line(scene: Scene, options: list[str], status: int, said: str) -> None:
    found, out, err = scene.run(*options)
    assert (found, out) == (status, "")
    assert said in err.splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("what", "status", "said"),
    [
        ("missing", 2, " does not exist; name a parzen_bench\n"),
        ("folder", 2, " is not a file; name a parzen_bench\n"),
        ("mode", 2, " is not executable; name a parzen_bench\n"),
        ("text", 1, " cannot be started: Exec format error; build it again\n"),
    ],
)
@pytest.mark.parametrize("build", ["old", "new"])
def test_what_is_no_program_is_one_line(
    scene: Scene, build: str, what: str, status: int, said: str
) -> None:
    binary = scene.folder / build
    if what in ("missing", "folder"):
        binary.unlink()
    if what == "folder":
        binary.mkdir()
    if what == "mode":
        binary.chmod(0o644)
    if what == "text":
        binary.write_text("", "utf-8")
    found, out, err = scene.run()
    assert (found, out) == (status, "")
    assert err.startswith(f"paired.py: {build.upper()} ")
    assert err.endswith(said)
    assert err.count("\n") == 1


def test_builds_without_a_common_case_are_an_error(scene: Scene) -> None:
    scene.set(scene.new, cases=["article/tbb/n:1/start:warm"])
    status, _, err = scene.run()
    assert status == 2
    assert err.startswith("paired.py: there is no case that both builds have; see all: ")
