"""rounds.py: a crash, an invalid round and wrong usage have a message; finished rounds are kept."""

import re

import pytest

from rounds_scene import CASES, Scene


@pytest.mark.parametrize("program", ["parzen_bench", "fake_peers"])
def test_a_case_without_a_group_is_rejected(scene: Scene, program: str) -> None:
    status, _, err = scene.run("--peers=fake_peers", fault="no groups", program=program)
    assert status == 1
    assert "--list=json printed JSON with other contents: the document must be a list" in err
    assert program in err
    assert list(scene.results.iterdir()) == []


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


def test_failure_in_the_first_round_leaves_nothing(scene: Scene) -> None:
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


def test_missing_program_is_an_error_with_advice(scene: Scene) -> None:
    scene.binary.unlink()
    status, _, err = scene.run()
    assert status == 1
    assert str(scene.binary) in err
    assert "make build" in err
    assert not scene.results.exists()


def test_program_of_another_kind_is_an_error_with_advice(scene: Scene) -> None:
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


def test_output_that_is_not_a_run_is_not_replaced(scene: Scene) -> None:
    scene.output.mkdir(parents=True)
    (scene.output / "thesis.tex").write_text("not ours")
    status, _, err = scene.run()
    assert status == 2
    assert "run.json" in err
    assert "--output" in err
    assert scene.contents() == {"thesis.tex": b"not ours"}
