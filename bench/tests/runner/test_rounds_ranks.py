"""rounds.py with bench_mpi, under a fake mpirun."""

import os
from pathlib import Path

import pytest

from rounds_scene import CASES, SUFFIX, Scene

FAKE_MPIRUN = """#!/bin/sh
# mpirun -np NUMBER [--hostfile FILE] PROGRAM ARGUMENT...
echo "$*" >> "$FAKE_FOLDER/mpirun"
shift
export FAKE_RANKS=$1
shift
[ "$1" != --hostfile ] || shift 2
exec "$@"
"""


@pytest.fixture(autouse=True)
def mpirun(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = scene.folder / "bin"
    folder.mkdir()
    (folder / "mpirun").write_text(FAKE_MPIRUN, "utf-8")
    (folder / "mpirun").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def of_ranks(ranks: int) -> list[str]:
    return [f"article/mpi/n:{n}/workers:{ranks}{SUFFIX}" for n in (10, 100, 1000)]


def test_every_round_measures_every_number_of_ranks(scene: Scene) -> None:
    status, _, err = scene.run("--rounds=3", "--ranks", "2", "1", "2")
    assert status == 0, err
    run = scene.merged()
    assert run["cases"] == sorted([*CASES, *of_ranks(1), *of_ranks(2)])
    for document in run["rounds"]:
        assert sorted(case["run_name"] for case in document["benchmarks"]) == run["cases"]
        assert document["context"]["backends.built"] == "serial,mpi"


def test_mpirun_gets_the_hosts_and_a_program_the_memory_of_all(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MEMORY", "1000")
    hosts = scene.folder / "hosts"
    hosts.write_text("localhost\n", "utf-8")
    status, _, err = scene.run("--rounds=1", "--ranks", "2", f"--host-file={hosts}")
    assert status == 0, err
    calls = (scene.folder / "mpirun").read_text().splitlines()
    begin = f"-np 2 --hostfile {hosts} {scene.folder / 'bench_mpi'} "
    assert calls
    assert all(call.startswith(begin) and "--memory 1000" in call for call in calls)


def test_a_failing_rank_ends_the_run_and_keeps_its_rounds(scene: Scene) -> None:
    status, _, err = scene.run("--rounds=3", "--ranks", "2", fault="status", program="bench_mpi")
    assert status == 1
    assert "mpirun -np 2" in err
    assert "make test-mpi" in err
    assert "kept 1 of 3 rounds" in err


def test_without_mpirun_the_message_names_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    status, _, err = scene.run("--rounds=1", "--ranks", "2")
    assert status == 1
    assert "mpirun" in err
    assert "cannot be started: No such file or directory" in err


@pytest.mark.parametrize("options", [("--ranks", "0"), ("--host-file", "hosts"), ("--ranks", "x")])
def test_wrong_options_are_rejected(scene: Scene, options: tuple[str, ...]) -> None:
    assert scene.run(*options)[0] == 2
