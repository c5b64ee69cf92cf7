"""The wait for idle CPUs before the first round, with a simulated /proc/stat."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rounds_scene import Scene, default_signals, finish
from runner.idle import wait_until_idle
from runner.process import SignalWatch

# rounds.py with always busy CPUs and short windows.
BUSY_FOR_EVER = """
import functools, itertools, os, sys
from runner import rounds
from runner.idle import wait_until_idle

ticks = itertools.count(step=100)

def read():
    now = next(ticks)
    return "\\n".join(f"cpu{cpu} {now} 0 0 0 0 0 0 0 0 0" for cpu in os.sched_getaffinity(0))

rounds.wait_until_idle = functools.partial(wait_until_idle, window_seconds=0.05, read=read)
sys.exit(rounds.main(sys.argv[1:]))
"""


class Pauses(SignalWatch):
    """A pause that takes no time."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def pause(self, seconds: float) -> None:
        self.seconds.append(seconds)


def ticks(user: int = 0, idle: int = 0, iowait: int = 0, steal: int = 0, guest: int = 0) -> str:
    """The fields after a name in /proc/stat."""
    return f"{user} 0 0 {idle} {iowait} 0 0 {steal} {guest} 0"


def of_two_cpus(*windows: tuple[int, int]) -> Callable[[], str]:
    """A /proc/stat in which the CPUs 0 and 2 were busy for this many of 100 ticks in each window.

    CPU 1, which this process may not use, is always busy.
    """
    text, busy = [], [1000, 1000]
    for number, more in enumerate([(0, 0), *windows]):
        busy = [sum(pair) for pair in zip(busy, more, strict=True)]
        first, last = (ticks(user=each, idle=3000 + 100 * number - each) for each in busy)
        other = ticks(user=100 * number)
        text.append(f"cpu  {other}\ncpu0 {first}\ncpu1 {other}\ncpu2 {last}\nintr 7 0 1\n")
    return iter(text).__next__


@pytest.fixture(autouse=True)
def _two_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 2})


def test_idle_cpus_are_measured_for_one_second(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Pauses()
    assert wait_until_idle(watch, read=of_two_cpus((20, 30))) == 0.25  # half a CPU counts as idle
    assert watch.seconds == [1.0]
    assert capsys.readouterr() == ("", "")


def test_a_run_waits_until_busy_cpus_are_idle(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Pauses()
    windows = of_two_cpus((100, 30), (0, 51), (1, 0), (100, 100))
    assert wait_until_idle(watch, read=windows) == 0.005
    assert len(watch.seconds) == 3
    assert capsys.readouterr() == (
        "",
        "1.3 of 2 CPUs are busy: waiting for other programs to end, at most 20 s\n",
    )


def test_a_run_waits_for_busy_cpus_no_longer_than_requested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watch = Pauses()
    assert wait_until_idle(watch, 5, 0.5, of_two_cpus(*[(100, 100)] * 4, (80, 80))) == 0.8
    assert watch.seconds == [0.5] * 5
    assert capsys.readouterr().err.count("\n") == 1


def test_without_a_wait_nothing_is_measured() -> None:
    watch = Pauses()
    assert wait_until_idle(watch, 0, read=of_two_cpus()) is None
    assert watch.seconds == []


def test_waiting_for_a_disk_is_idle_and_stolen_time_is_busy() -> None:
    def after(**fields: int) -> float | None:
        stat = [f"cpu0 {ticks(**each)}\ncpu2 {ticks()}" for each in ({}, fields)]
        return wait_until_idle(Pauses(), 1, read=iter(stat).__next__)

    assert after(idle=60, iowait=30, user=10) == 0.1
    assert after(idle=60, steal=40) == 0.4
    assert after(idle=50, user=50, guest=50) == 0.5  # guest time is part of user time


def test_decreasing_idle_time_gives_no_share_above_1() -> None:
    stat = [f"cpu0 {ticks(user=100 * n, idle=50 - n)}\ncpu2 {ticks()}" for n in (0, 1)]
    assert wait_until_idle(Pauses(), 1, read=iter(stat).__next__) == 1.0


@pytest.mark.parametrize(
    "stat",
    [
        "",
        f"cpu0 {ticks(user=1)}",  # without CPU 2
        f"cpu0 {ticks(user=1)}\ncpu2 1 2 3",
        f"cpu0 {ticks(user=1)}\ncpu2 " + "x " * 10,
        f"cpu0 {ticks(user=1)}\ncpu2 {ticks(user=1)}",  # and no further tick a second later
    ],
)
def test_without_readable_ticks_there_is_no_wait(
    stat: str, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Pauses()
    assert wait_until_idle(watch, read=lambda: stat) is None
    assert len(watch.seconds) <= 1
    assert capsys.readouterr() == ("", "")


def test_without_the_file_there_is_no_wait(tmp_path: Path) -> None:
    assert wait_until_idle(Pauses(), read=(tmp_path / "stat").read_text) is None


def test_a_run_records_how_busy_this_machine_was(scene: Scene) -> None:
    status, _, err = scene.run("--rounds=1", "--idle-wait=1")
    assert status == 0, err
    assert 0 <= scene.merged()["busy_before"] <= 1
    assert "waiting" not in err


def busy_for_ever(scene: Scene, seconds: int) -> subprocess.Popen[str]:
    """Runs one round, with this many windows before it."""
    _, _, *options = scene.command("--rounds=1", f"--idle-wait={seconds}")
    environment = scene.environment("none", 0)
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY_FOR_EVER, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=default_signals,
    )
    scene.started.append(process)
    return process


def test_a_machine_that_stays_busy_is_measured_anyway(scene: Scene) -> None:
    status, _, err = finish(busy_for_ever(scene, 3))
    assert status == 0, err
    assert "CPUs are busy: waiting" in err
    run = scene.merged()
    assert run["busy_before"] == 1.0
    assert list(run)[-3:] == ["busy_before", "state_after", "rounds"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_while_waiting_leaves_nothing(scene: Scene, number: signal.Signals) -> None:
    process = busy_for_ever(scene, 1000)
    assert process.stderr is not None
    assert "waiting" in process.stderr.readline()
    process.send_signal(number)
    status, out, err = finish(process)
    assert (status, out) == (128 + number, "")
    assert err == (
        f"interrupted by {number.name} before a round finished: nothing was written; "
        "`make bench` starts again\n"
    )
    assert list(scene.results.iterdir()) == []
    assert not (scene.folder / "parzen_bench.rounds").exists()
