"""rounds.py with bench_mpi, under a fake mpirun."""

import os
import time
from pathlib import Path

import pytest

from rounds_scene import CASES, SUFFIX, Scene
from runner.mpi import hosts
from runner.run import RunError

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
    file = scene.folder / "hosts"
    file.write_text("localhost\n", "utf-8")
    status, _, err = scene.run("--rounds=1", "--ranks", "2", f"--host-file={file}")
    assert status == 0, err
    calls = (scene.folder / "mpirun").read_text().splitlines()
    begin = f"-np 2 --hostfile {file} {scene.folder / 'bench_mpi'} --ranks 2 "
    assert calls
    assert all(call.startswith(begin) and "--memory 1000" in call for call in calls)


def test_a_failing_rank_ends_the_run_and_keeps_its_rounds(scene: Scene) -> None:
    status, _, err = scene.run("--rounds=3", "--ranks", "2", fault="status", program="bench_mpi")
    assert status == 1
    assert "mpirun -np 2" in err
    assert "make test-mpi" in err
    assert "kept 1 of 3 rounds" in err


def test_a_round_with_another_number_of_ranks_is_rejected(scene: Scene) -> None:
    status, _, err = scene.run(
        "--rounds=3", "--ranks", "2", fault="fewer ranks", program="bench_mpi"
    )
    assert status == 1
    assert "round 2 of 3 cannot be used" in err
    assert of_ranks(1)[0] in err
    assert "change the number of ranks" in err
    assert "kept 1 of 3 rounds" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("localhost slots=2\n# none\n\nno-host.invalid slots=1\n", "line 4, names the host 'no-"),
        ("user@no-host.invalid:2\n", "line 1, names the host 'no-host.invalid'"),
        ("--help\n", "names the host '--help'"),
        ("# localhost\n\n", "names no host: write one per line"),
        (None, "cannot be read: No such file or directory; name a file with a host per line"),
    ],
)
def test_an_unusable_host_file_is_rejected_before_a_program_starts(
    scene: Scene, text: str | None, said: str
) -> None:
    file = scene.folder / "my hosts"
    if text is not None:
        file.write_text(text, "utf-8")
    started = time.monotonic()
    status, out, err = scene.run("--rounds=1", "--ranks", "2", f"--host-file={file}")
    assert (status, out) == (2, "")
    assert str(file) in err
    assert said in err
    assert time.monotonic() - started < 10.0  # the limit of an error
    assert not (scene.folder / "mpirun").exists()
    assert not (scene.folder / "parzen_bench.rounds").exists()


def test_a_name_server_that_does_not_answer_ends_the_look_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scene.folder / "bin" / "getent").write_text("#!/bin/sh\nexec sleep 60\n", "utf-8")
    (scene.folder / "bin" / "getent").chmod(0o755)
    monkeypatch.setattr(hosts, "LOOK_UP_SECONDS", 0.1)
    file = scene.folder / "hosts"
    file.write_text("localhost\n", "utf-8")
    with pytest.raises(RunError, match="finds no address for it"):
        hosts.require_known_hosts(file)


def test_names_for_an_agent_of_the_users_own_are_not_looked_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMPI_MCA_plm_rsh_agent", "my-agent")
    file = scene.folder / "hosts"
    file.write_text("no-host.invalid\n", "utf-8")
    hosts.require_known_hosts(file)


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
