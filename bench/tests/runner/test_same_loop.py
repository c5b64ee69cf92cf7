"""own_loop.py: whether a stored run is of the same loop, and need not be measured again."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.own_loop import OwnLoop, main

PROGRAM = Path(__file__).parents[2] / "runner" / "own_loop.py"
SAME, ANEW = 0, 10


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    file = tmp_path / "my loop.cpp"
    file.write_text("// a loop\n", "utf-8")
    return file


def store(file: Path, flags: str = "-O2 -g", chosen: tuple[int, ...] = (), **what: object) -> None:
    """A stored run of the loop, next to its file. The default sizes are 1000 and 10; `what`
    replaces items."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    item = OwnLoop(file, digest, flags, chosen).item("mine", chosen or (1000, 10))
    write(file, json.dumps({"loop": item | what}))


def write(file: Path, text: str) -> None:
    (file.parent / "run").mkdir(exist_ok=True)
    (file.parent / "run" / "run.json").write_text(text, "utf-8")


def decide(file: Path, *options: str) -> int:
    return main([f"--output={file.parent / 'run'}", "--loop", str(file), *options])


@pytest.mark.parametrize("flags", ["-O2 -g", " -O2   -g"])
def test_the_same_file_flags_and_sizes_are_not_measured_again(
    file: Path, flags: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store(file)
    assert decide(file, "--loop-flags", flags) == SAME
    assert decide(file, "--loop-flags", flags, "--sizes", "") == SAME
    # The measured sizes are the same, whether the user chose them or not.
    assert decide(file, "--loop-flags", flags, "--sizes", "10, 1000") == SAME
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--loop-flags", "-O3"], "the run has the flags '-O2 -g'"),
        (["--loop-flags="], "the run has the flags '-O2 -g'"),
        (["--loop-flags=-g -O2"], "the run has the flags '-O2 -g'"),
        (["--loop-flags=-O2 -g", "--sizes=10"], "the run has the sizes [1000, 10]"),
        (["--loop-flags=-O2 -g", "--sizes=10,1000,5"], "the run has the sizes [1000, 10]"),
    ],
)
def test_other_flags_or_sizes_are_measured_again(
    file: Path, options: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store(file)
    assert decide(file, *options) == ANEW
    printed = capsys.readouterr()
    assert printed.out == f"{file.parent / 'run'}: measuring again: {why}\n"
    assert printed.err == ""


def test_other_ranks_are_measured_again(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(file, "")
    assert decide(file, "--ranks", "2") == ANEW
    run = json.loads((file.parent / "run" / "run.json").read_text())
    run["cases"] = [
        f"loops/{backend}/loop:mine/size:10/workers:{workers}/start:warm/process_time/real_time"
        for backend, workers in (("mpi", 2), ("mpi", 3), ("tbb", 4))
    ]
    write(file, json.dumps(run))
    assert decide(file, "--ranks", "3", "2", "2") == SAME
    assert "no ranks of MPI, and now 2 ranks are wanted" in capsys.readouterr().out
    assert decide(file) == ANEW
    assert "the run has 2, 3 ranks of MPI, and now no ranks" in capsys.readouterr().out


def test_chosen_sizes_differ_from_those_of_the_file(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(file, "", (7,))
    assert decide(file) == ANEW
    assert "the run has the sizes [7]" in capsys.readouterr().out
    assert decide(file, "--sizes=7") == SAME


def test_a_changed_file_is_measured_again(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(file, "")
    moved = file.rename(file.with_name("other.cpp"))
    assert decide(moved) == SAME
    moved.write_text("// another loop\n", "utf-8")
    assert decide(moved) == ANEW
    assert "the run is of file 'my loop.cpp'" in capsys.readouterr().out
    moved.rename(file)
    assert decide(file) == ANEW
    assert "my loop.cpp has changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"format": "parzen-study run"}', "the run is not of a loop of your own"),
        ('{"loop": "mine"}', "the run is not of a loop of your own"),
        ('{"loop": {}}', "the run is of file 'None'"),
        ("[]", "the run is not of a loop of your own"),
        ("[1]", "the run cannot be read"),
        ("{", "the run cannot be read"),
    ],
)
def test_a_file_that_is_not_a_run_of_a_loop_is_measured_again(
    file: Path, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(file, text)
    assert decide(file) == ANEW
    assert why in capsys.readouterr().out


@pytest.mark.parametrize("sizes", [None, 3, "10", [[]], ["x"]])
def test_sizes_that_break_the_schema_are_measured_again(file: Path, sizes: object) -> None:
    store(file, "", (10,), sizes=sizes)
    assert decide(file, "--sizes=10") == ANEW


def test_without_a_run_nothing_is_printed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert decide(file) == ANEW
    assert capsys.readouterr().out == ""


def test_an_unreadable_file_is_an_error(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(file, "")
    file.unlink()
    assert decide(file) == 2
    file.mkdir()
    assert decide(file) == 2
    printed = capsys.readouterr()
    assert printed.err.count(str(file)) == 2
    assert printed.out == ""


def test_it_starts_with_and_without_a_module_path(file: Path) -> None:
    """As make starts it, and without any module path."""
    store(file, "-O3")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [
            *(sys.executable, PROGRAM, "--output", file.parent / "run"),
            *("--loop", file, "--loop-flags", "-O3"),
        ],
        env=environment, cwd=file.parent, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (SAME, "", "")
