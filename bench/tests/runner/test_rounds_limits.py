"""Limits of the system that rounds.py reaches: each is reported, and finished rounds are kept."""

import errno
import os
import resource
import subprocess
from pathlib import Path

import pytest

from parzen_study.common.limits import how_to_raise
from parzen_study.run.load import load_run
from rounds_scene import WATCHDOG, Scene
from runner.folder import staged


@pytest.mark.parametrize("descriptors", [8, 10])
def test_too_few_descriptors_to_start_are_an_error_of_one_line(
    scene: Scene, descriptors: int
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'ulimit -n {descriptors}; exec "$0" "$@"', *scene.command("--rounds=2")],
        env=scene.environment("none", 0),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "Too many open files" in done.stderr
    assert f"raise the limit on open files (ulimit -n, here {descriptors})" in done.stderr
    assert "make build" not in done.stderr
    assert not list(scene.results.iterdir())


def test_rounds_before_the_limit_on_descriptors_are_kept_and_recovered(
    scene: Scene,
) -> None:
    status, out, err = scene.run(fault="descriptors", fault_round=2)
    assert (status, out) == (1, "")
    assert "Traceback" not in err
    assert "raise the limit on open files (ulimit -n, here 3)" in err
    assert "kept 1 of 3 rounds" in err
    (kept,) = scene.results.glob(".latest-*/rounds/round-*.json")
    assert str(kept.parent) in err
    status, _, err = scene.run()
    assert status == 0
    assert f"{kept.parents[1]}: 1 rounds of a run that was killed" in err
    assert load_run(kept.parents[1] / "run.json").rounds == 1


def test_a_folder_that_cannot_be_read_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "results" / "latest"
    listdir = os.listdir

    def exhausted(path: Path) -> list[str]:
        if path.name == "rounds":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))
        return listdir(path)

    def measured() -> None:
        with staged(output) as stage:
            (stage.folder / "rounds").mkdir()
            (stage.folder / "rounds" / "round-001.json").write_text("{}")
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", exhausted)
        with pytest.raises(KeyboardInterrupt):
            measured()
        with staged(output):
            pass
    (kept,) = output.parent.glob(".latest-*/rounds/round-001.json")
    said = capsys.readouterr().err
    assert f"{kept.parents[1]} is kept: it cannot be read: [Errno 24]" in said


def test_a_pipe_in_place_of_a_file_does_not_block(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "results" / "latest"
    folder = output.with_name(".latest-7")
    (folder / "rounds").mkdir(parents=True)
    os.mkfifo(folder / "run.json")
    os.mkfifo(folder / "rounds" / "round-001.json")
    with staged(output):
        pass
    said = capsys.readouterr().err
    assert f"{folder}: cannot make a run of its rounds" in said
    assert "a FIFO instead of a regular file" in said
    assert (folder / "rounds" / "round-001.json").exists()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EMFILE, "raise the limit on open files (ulimit -n, here "),
        (errno.ENFILE, "close other programs, or raise the system's limit on open files"),
        (errno.EAGAIN, "end other processes, or raise the limit on them (pids.max"),
        (errno.ENOSPC, ""),
    ],
)
def test_only_errors_of_limits_have_advice_on_limits(
    number: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    limits = {resource.RLIMIT_NPROC: unlimited}
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits.get(which, (64, 64)))
    found = how_to_raise(OSError(number, os.strerror(number)))
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_a_failing_fork_reports_the_limit_on_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (7, 7))
    found = how_to_raise(BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)))
    assert found == "raise the limit on processes and threads (ulimit -u, here 7)"
