"""rounds.py interrupted: what it keeps, and that it leaves no process and no temporary file."""

import ctypes
import os
import pty
import select
import signal
import subprocess
from pathlib import Path

import pytest

from rounds_scene import WATCHDOG, Scene, finish


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interruption_keeps_finished_rounds_and_ends_the_group(
    scene: Scene, number: signal.Signals
) -> None:
    process = scene.start(fault="block")
    scene.wait_for("blocked")
    assert len((scene.folder / "processes").read_text().split()) == 2
    process.send_signal(number)
    status, out, err = finish(process)
    assert (status, out) == (128 + number, "")
    last = err.splitlines()[-1]
    assert number.name in last
    assert "kept 1 of 3" in last
    assert "make bench" in last
    scene.assert_nothing_left()

    run = scene.merged()
    assert run["interrupted"] is True
    assert (run["rounds_planned"], len(run["rounds"])) == (3, 1)
    assert run["state_after"] == {"load_1m": "unknown", "governor": "unknown"}
    assert sorted(scene.contents()) == ["rounds/round-001.json", "run.json"]


def test_second_interruption_does_not_stop_the_cleanup(scene: Scene) -> None:
    process = scene.start(fault="block and report SIGTERM")
    scene.wait_for("blocked")
    process.send_signal(signal.SIGINT)
    scene.wait_for("terminated")  # the cleanup is in its grace period
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 130
    scene.assert_nothing_left()
    assert len(scene.merged()["rounds"]) == 1


@pytest.mark.parametrize("fault_round", [0, 1])
def test_interruption_before_any_round_leaves_the_old_run(scene: Scene, fault_round: int) -> None:
    assert scene.run()[0] == 0
    (scene.output / "report.html").write_text("of the old run")
    before = scene.contents()
    process = scene.start(fault="block", fault_round=fault_round)
    scene.wait_for("blocked")
    process.send_signal(signal.SIGINT)
    status, _, err = finish(process)
    assert status == 130
    assert "before a round finished" in err
    assert "is unchanged" in err
    assert scene.contents() == before
    scene.assert_nothing_left()


def test_interruption_while_modules_load_is_no_traceback(scene: Scene) -> None:
    modules = scene.folder / "modules"
    modules.mkdir()
    (modules / "argparse.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(20)\n"
    )
    done = subprocess.run(
        scene.command(),
        env=scene.environment("none", 0) | {"PYTHONPATH": str(modules)},
        capture_output=True,
        preexec_fn=_default_interruption,
        timeout=WATCHDOG,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def _default_interruption() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ignored_signal_stays_ignored(scene: Scene) -> None:
    """As with nohup: SIGHUP does not end a run that was started with SIGHUP ignored."""
    process = subprocess.Popen(
        ["nohup", *scene.command("--rounds=2")],
        env=scene.environment("block", 2),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    scene.started.append(process)
    scene.wait_for("blocked")
    facts = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    ignored = int(facts.split("SigIgn:")[1].split()[0], 16)
    assert ignored >> (signal.SIGHUP - 1) & 1
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 143
    scene.assert_nothing_left()


def _blocked_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def test_blocked_signals_do_not_hang_a_run(scene: Scene) -> None:
    """As under a service that waits for its signals: a mask is inherited, and without SIGCHLD the
    end of a program is not noticed."""
    done = subprocess.run(
        scene.command("--rounds=2"),
        env=scene.environment("none", 0),
        preexec_fn=_blocked_signals,
        timeout=WATCHDOG,
        check=False,
    )
    assert done.returncode == 0
    assert len(scene.merged()["rounds"]) == 2
    scene.assert_nothing_left()


def test_blocked_signals_still_end_a_run(scene: Scene) -> None:
    process = subprocess.Popen(
        scene.command("--rounds=2"),
        env=scene.environment("block", 2),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_blocked_signals,
    )
    scene.started.append(process)
    scene.wait_for("blocked")
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 143
    scene.assert_nothing_left()


def test_orphans_are_reaped_without_init(scene: Scene) -> None:
    """As in a container: this process adopts orphans, and does not reap them."""
    child_subreaper = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>
    libc = ctypes.CDLL(None)
    libc.prctl(child_subreaper, ctypes.c_ulong(1))
    try:
        status, _, err = scene.run(fault="stray worker")
        assert status == 0, err
        scene.assert_nothing_left()
    finally:
        libc.prctl(child_subreaper, ctypes.c_ulong(0))


def test_the_program_ends_if_the_runner_is_killed(scene: Scene) -> None:
    process = scene.start(fault="wait alone")
    scene.wait_for("waiting")
    # The program is the only writer of the pipe, so the pipe ends when it dies.
    os.close(scene.reached)
    scene.reached = os.open(scene.folder / "reached", os.O_RDONLY | os.O_NONBLOCK)
    process.kill()
    assert process.wait(WATCHDOG) == -signal.SIGKILL
    assert select.select([scene.reached], [], [], WATCHDOG)[0], "the program lives on"
    assert os.read(scene.reached, 1) == b""
    process.communicate()


def test_worker_left_by_a_round_is_ended(scene: Scene) -> None:
    status, _, err = scene.run(fault="stray worker")
    assert status == 0, err
    assert len((scene.folder / "processes").read_text().split()) == 1
    scene.assert_nothing_left()


def test_closed_terminal_keeps_finished_rounds(scene: Scene) -> None:
    """A closing terminal ends its session by SIGHUP, and writing to it fails."""
    environment = scene.environment("block", 2) | {"TERM": "xterm"}
    command = scene.command()
    process, terminal = pty.fork()
    if process == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.execve(command[0], command, environment)
    ready: list[int] = []
    while scene.reached not in ready:
        ready = select.select([terminal, scene.reached], [], [], WATCHDOG)[0]
        assert ready, "the round was not reached"
        if terminal in ready:
            os.read(terminal, 65536)
    scene.wait_for("blocked")
    os.close(terminal)
    assert select.select([os.pidfd_open(process)], [], [], WATCHDOG)[0], "rounds.py lives on"
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 128 + signal.SIGHUP
    scene.assert_nothing_left()
    assert len(scene.merged()["rounds"]) == 1


def test_a_lost_reader_does_not_stop_the_run(scene: Scene) -> None:
    """As in `make bench | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        scene.command(),
        env=scene.environment("none", 0),
        stdout=writer,
        stderr=writer,
        timeout=WATCHDOG,
        check=False,
    )
    os.close(writer)
    assert process.returncode == 0
    assert len(scene.merged()["rounds"]) == 3
    scene.assert_nothing_left()
