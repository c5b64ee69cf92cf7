"""paired.py: builds that cannot be compared, and wrong usage."""

import pytest

from paired_scene import Scene


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
    if said.startswith(("machine.", "state.")):  # a build reports these without measuring
        assert not (scene.folder / "processes.jsonl").exists()


def test_of_many_differing_items_some_are_listed(scene: Scene) -> None:
    scene.set(scene.new, context={f"machine.item_{number}": "x" for number in range(5)})
    assert "machine.item_2 is missing in OLD and 'x' in NEW; and 2 more; " in scene.run()[2]


def test_the_revision_and_variable_items_may_differ(scene: Scene) -> None:
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


def test_options_of_google_benchmark_in_the_environment_are_ignored_by_name(scene: Scene) -> None:
    """The fake builds end with an error if they get them."""
    scene.variables = {"BENCHMARK_FILTER": "serial", "V": "2"}
    status, _, err = scene.run("--blocks=6")
    assert status == 0
    assert err.startswith("paired.py: ignoring BENCHMARK_FILTER, V from the environment: ")


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--filter=nothing"], 2, "--filter 'nothing' matches no case that both builds have (Fai"),
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
def test_a_file_that_is_not_a_program_is_an_error_of_one_line(
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


@pytest.mark.parametrize("factor", [0.0, 1e-300, 1e300, -1.0])
def test_an_impossible_time_is_an_error_of_its_cases(scene: Scene, factor: float) -> None:
    scene.set(scene.new, factor=factor)
    status, out, err = scene.run("--blocks=6")
    assert (status, err.count("Traceback")) == (10, 0)
    assert "    NEW: no time: " in out
    assert out.endswith("verdict: regressed - errors in NEW only: 4 cases\n")
