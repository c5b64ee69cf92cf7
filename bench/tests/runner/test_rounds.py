"""rounds.py: what it measures, merges, rejects and says, with a fake program."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parzen_study.common.output import reserve
from parzen_study.run.load import load_run
from rounds_scene import CASES, LARGE_CASE, PEER_CASES, SUFFIX, Scene
from runner.run import RunError, merged, require_form, write_json


@pytest.fixture(name="scene")
def _scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


def test_complete_run_is_merged_as_documented(scene: Scene) -> None:
    status, out, err = scene.run("--rounds=3", "--seed=7")
    assert status == 0, err
    assert "make report" in out
    assert str(scene.output) in out
    scene.assert_nothing_left()

    run = scene.merged()
    assert list(run) == [
        *("format", "version", "profile", "rounds_planned", "filter", "largest_n"),
        *("interrupted", "cases", "python", "state_after", "rounds"),
    ]
    assert (run["format"], run["version"]) == ("parzen-study run", 1)
    assert (run["profile"], run["rounds_planned"]) == ("default", 3)
    assert run["interrupted"] is False
    assert run["filter"] == ""
    assert run["largest_n"] == 10_000_000
    assert run["cases"] == CASES
    assert list(run["python"]) == [
        *("Python version", "compiler", "system", "release"),
        *("machine", "processor", "CPU count", "interpreter"),
    ]
    assert all(isinstance(item, str) and item for item in run["python"].values())
    assert run["state_after"] == {"load_1m": "0.75", "governor": "unknown"}
    files = sorted((scene.output / "rounds").iterdir())
    assert [file.name for file in files] == [f"round-00{n}.json" for n in (1, 2, 3)]
    assert [json.loads(file.read_text()) for file in files] == run["rounds"]
    assert sorted(scene.contents()) == [
        *(f"rounds/{f.name}" for f in files),
        "run.json",
    ]


def test_machine_is_not_named_anywhere(scene: Scene) -> None:
    assert scene.run()[0] == 0
    for content in scene.contents().values():
        assert b"secret" not in content
        assert b"host_name" not in content
        assert b"executable" not in content


def test_rounds_have_their_own_orders_and_the_seed_gives_them_again(
    scene: Scene,
) -> None:
    assert scene.run("--rounds=3", "--seed=7")[0] == 0
    rounds = scene.merged()["rounds"]
    seeds = [document["context"]["order_seed"] for document in rounds]
    assert len(set(seeds)) == 3
    assert (scene.folder / "parzen_bench.rounds").read_text().split() == seeds

    def measured() -> list[object]:
        return [scene.measured(each) for each in scene.merged()["rounds"]]

    first = measured()
    assert scene.run("--rounds=3", "--seed=7")[0] == 0
    assert measured() == first
    assert scene.run("--rounds=3")[0] == 0
    assert measured() != first


def test_each_round_says_what_other_programs_used_and_the_report_reads_it(scene: Scene) -> None:
    assert scene.run("--rounds=2")[0] == 0
    for each in scene.merged()["rounds"]:
        assert set(each["foreign_load"]) == {"seconds", "cpu_seconds"}
        assert each["foreign_load"]["seconds"] > 0.0
        assert each["foreign_load"]["cpu_seconds"] >= 0.0
        assert list(each)[:2] == ["foreign_load", "context"]


@pytest.mark.parametrize(
    ("profile", "largest_n", "min_time"),
    [("quick", 10_000, "0.005"), ("default", 10_000_000, "0.02"), ("full", 100_000_000, "0.05")],
)
def test_profile_sets_rounds_and_time(
    scene: Scene, profile: str, largest_n: int, min_time: str
) -> None:
    """The fake's times are all the same, so no round after the first five would tell more."""
    status, _, err = scene.run(f"--profile={profile}")
    assert status == 0
    # More CPUs have more cases than the time of a profile was set by.
    assert f"longer where 5 rounds of all {len(CASES)} cases take longer" in err
    run = scene.merged()
    assert (run["profile"], run["rounds_planned"]) == (profile, 5)
    assert run["largest_n"] == largest_n
    assert [item["context"]["min_time"] for item in run["rounds"]] == [min_time] * 5


def test_what_the_profile_is_too_small_for_is_named(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_BEYOND", "1")
    assert scene.run("--rounds=1", "--profile=default")[0] == 0
    run = scene.merged()
    assert run["not_planned"] == [LARGE_CASE]
    assert run["cases"] == CASES
    assert load_run(scene.output / "run.json").not_planned == {LARGE_CASE.removesuffix(SUFFIX)}
    assert scene.run("--rounds=1", "--profile=default", "--filter=n:10/")[0] == 0
    assert "not_planned" not in scene.merged()
    assert scene.run("--rounds=1", "--profile=full")[0] == 0
    run = scene.merged()
    assert "not_planned" not in run
    assert run["cases"] == sorted([*CASES, LARGE_CASE])


def test_after_the_first_rounds_those_run_that_are_least_sure(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_NOISE", "0.3")
    status, _, err = scene.run("--profile=quick", "--peers=fake_peers")
    assert status == 0, err
    scene.assert_nothing_left()
    run = load_run(scene.output / "run.json")
    assert run.rounds_planned == 5
    assert run.rounds > 5
    assert not run.interrupted
    # The first case takes the same in every round; 15 are the most of this profile.
    assert (run.fewest_rounds, run.most_rounds) == (5, 15)
    document = scene.merged()
    assert document["groups"] == {
        **{f"article/n:{n}": [f"article/serial/n:{n}{SUFFIX}"] for n in (10, 100, 1000)},
        "dispatch/peers": PEER_CASES,
    }
    for each in document["rounds"]:
        own = sorted(case for group in each["groups"] for case in document["groups"][group])
        assert sorted(case["run_name"] for case in each["benchmarks"]) == own
    assert len({tuple(each["groups"]) for each in document["rounds"]}) > 1


def test_a_filter_keeps_the_groups_of_its_cases(scene: Scene) -> None:
    assert scene.run("--profile=quick", "--filter=n:100/")[0] == 0
    assert scene.merged()["groups"] == {"article/n:100": [CASES[1]]}


@pytest.mark.parametrize("program", ["parzen_bench", "fake_peers"])
def test_a_case_without_a_group_is_rejected(scene: Scene, program: str) -> None:
    status, _, err = scene.run("--peers=fake_peers", fault="no groups", program=program)
    assert status == 1
    assert "--list=json printed JSON of another form: the document must be a list" in err
    assert program in err
    assert list(scene.results.iterdir()) == []


def test_a_file_that_cannot_be_written_whole_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "round.json"
    (tmp_path / "round.json.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device: '.*/round.json'"):
        write_json(file, {"a": "b" * 10_000})
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="JSON"):
        write_json(file, {"a": math.nan})
    assert list(tmp_path.iterdir()) == []


def test_what_no_reader_would_take_is_found_before_anything_is_measured() -> None:
    chosen = {"profile": "quick", "rounds_planned": 3, "interrupted": True}
    require_form(merged(chosen, CASES, [], 0.25, {"load_1m": "unknown"}))
    with pytest.raises(
        RunError, match=r"'load_1m' must be a string \(\$\.state_after\.load_1m: 1\)"
    ):
        require_form(merged(chosen, CASES, [], 0.25, {"load_1m": 1}))  # type: ignore[dict-item]


def test_a_round_takes_as_much_of_run_json_as_its_writing_tells(tmp_path: Path) -> None:
    document = {"context": {"a": "b"}, "benchmarks": [{"name": "c"}, {"name": "\u00e9"}]}
    size = write_json(tmp_path / "round.json", document)
    sizes = []
    for rounds in (1, 51):
        write_json(tmp_path / "run.json", {"rounds": [document] * rounds})
        sizes.append((tmp_path / "run.json").stat().st_size)
    assert sizes[1] - sizes[0] == 50 * size


def test_what_is_reserved_for_a_file_is_its_own(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    reserve(file, 100_000)
    assert not file.exists()
    [part] = tmp_path.iterdir()
    assert part.stat().st_size == 100_000
    write_json(file, {"a": "b"})
    assert [each.name for each in tmp_path.iterdir()] == ["run.json"]
    assert json.loads(file.read_text()) == {"a": "b"}


def test_new_run_replaces_the_whole_old_one(scene: Scene) -> None:
    assert scene.run("--rounds=2")[0] == 0
    (scene.output / "report.html").write_text("of the old run")
    assert scene.run("--rounds=1", "--filter=n:100/")[0] == 0
    assert sorted(scene.contents()) == ["rounds/round-001.json", "run.json"]
    assert scene.merged()["cases"] == [CASES[1]]
    assert scene.merged()["filter"] == "n:100/"
    scene.assert_nothing_left()


def test_crash_names_round_and_signal_and_keeps_finished_rounds(scene: Scene) -> None:
    status, out, err = scene.run(fault="crash")
    assert (status, out) == (1, "")
    assert "round 2 of 3" in err
    assert "SIGSEGV" in err
    assert "kept 1 of 3" in err
    said = re.findall(r"last words \d+", err)
    assert said == [f"last words {number}" for number in range(10, 30)]
    assert scene.merged()["interrupted"] is True
    assert len(scene.merged()["rounds"]) == 1
    scene.assert_nothing_left()


def test_status_in_the_first_round_leaves_nothing(scene: Scene) -> None:
    status, _, err = scene.run(fault="status", fault_round=1)
    assert status == 1
    assert "round 1 of 3" in err
    assert "status 3" in err
    assert "no memory" in err
    assert list(scene.results.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("truncated", "not valid JSON"),
        ("not a number", "not valid JSON (NaN"),
        ("no file", "0 bytes is not valid JSON"),
        (
            "no document",
            "not a document of Google Benchmark: the document must be an object ($: [])",
        ),
        ("text for a time", "'real_time' must be a finite number (article/"),
        ("no unit", '\'time_unit\' must be one of "ns", "us", "ms", "s" (article/'),
        (
            "number for an item",
            "'state.load_1m' must be a string ($.context['state.load_1m']: 0.5)",
        ),
        ("other machine", "machine.cores: '2' in round 1, '64' here"),
        ("nested", "not valid JSON"),
        ("no machine", "no machine.* item"),
        ("missing case", f"1 missing ({CASES[2]})"),
        ("repeated case", "1 not planned"),
    ],
)
def test_unusable_round_is_rejected_and_those_before_it_are_kept(
    scene: Scene, fault: str, found: str
) -> None:
    status, out, err = scene.run(fault=fault)
    assert (status, out) == (1, "")
    assert "round 2 of 3" in err
    assert found in err
    assert "make " in err
    assert "kept 1 of 3 rounds" in err
    run = scene.merged()
    assert run["interrupted"] is True
    assert len(run["rounds"]) == 1
    scene.assert_nothing_left()


def test_unusable_first_round_leaves_the_last_run_as_it_was(scene: Scene) -> None:
    assert scene.run()[0] == 0
    before = scene.contents()
    status, out, err = scene.run(fault="truncated", fault_round=1)
    assert (status, out) == (1, "")
    assert "round 1 of 3" in err
    assert scene.contents() == before
    scene.assert_nothing_left()


def test_wrong_case_is_kept_and_listed_with_status_1(scene: Scene) -> None:
    status, _, err = scene.run(fault="error")
    assert status == 1
    wrong = next(line for line in err.splitlines() if "counts differ" in line)
    assert "n:100/" in wrong
    assert "1 of 3 rounds" in wrong
    run = scene.merged()
    assert run["interrupted"] is False
    errors = [
        [case["run_name"] for case in document["benchmarks"] if "error_occurred" in case]
        for document in run["rounds"]
    ]
    assert errors == [[], ["article/serial/n:100/process_time/real_time"], []]


@pytest.mark.parametrize("fault", ["none", "filter status"])
def test_filter_without_a_match(scene: Scene, fault: str) -> None:
    status, _, err = scene.run("--filter=no such case", fault=fault)
    assert status == 2
    assert "'no such case'" in err
    assert "Failed to match" in err
    assert list(scene.results.iterdir()) == []


@pytest.mark.parametrize(
    "option", ["--rounds=0", "--rounds=-1", "--rounds=two", "--profile=slow", "--idle-wait=-1"]
)
def test_unusable_option(scene: Scene, option: str) -> None:
    status, _, err = scene.run(option)
    assert status == 2
    assert option.split("=")[1] in err
    assert not scene.results.exists()


def test_missing_program_says_to_build(scene: Scene) -> None:
    scene.binary.unlink()
    status, _, err = scene.run()
    assert status == 1
    assert str(scene.binary) in err
    assert "make build" in err
    assert not scene.results.exists()


def test_program_of_another_kind_says_to_build(scene: Scene) -> None:
    scene.binary.write_text("no program")
    status, _, err = scene.run()
    assert status == 1
    assert "cannot be started" in err
    assert "make build" in err
    assert list(scene.results.iterdir()) == []


def test_output_that_cannot_be_made(scene: Scene) -> None:
    scene.results.write_text("a file where the folder should be")
    status, _, err = scene.run()
    assert status == 1
    assert str(scene.results) in err
    assert "--output" in err
    assert not (scene.folder / "parzen_bench.rounds").exists(), "measured in vain"


def test_output_that_is_no_run_is_not_replaced(scene: Scene) -> None:
    scene.output.mkdir(parents=True)
    (scene.output / "thesis.tex").write_text("not ours")
    status, _, err = scene.run()
    assert status == 2
    assert "run.json" in err
    assert "--output" in err
    assert scene.contents() == {"thesis.tex": b"not ours"}
