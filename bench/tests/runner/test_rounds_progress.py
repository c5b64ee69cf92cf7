"""The remaining time, exactly, and the two forms in which rounds.py shows its progress."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

import pytest

from rounds_scene import WATCHDOG, Scene
from runner.progress import Length, RemainingTime, RoundBar, RoundLines, duration


def test_log_has_a_line_a_round(scene: Scene) -> None:
    status, _, err = scene.run()
    assert status == 0
    seconds, left = r"\d+\.\d s", r"; about \d+ s left"
    lines = err.splitlines()
    assert len(lines) == 3
    for number, rest in ((1, left), (2, left), (3, "")):
        line = f"round {number} of 3: 3 cases, {seconds}{rest}"
        assert re.fullmatch(line, lines[number - 1]), lines
    assert "\x1b" not in err


def test_terminal_has_a_bar_of_80_columns(scene: Scene) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
    environment = scene.environment("none", 0) | {"TERM": "xterm"}
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(
        scene.command("--rounds=2"), env=environment, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    drawn = b""
    try:
        while select.select([ours], [], [], WATCHDOG)[0]:
            drawn += os.read(ours, 65536)
    except OSError:  # how Linux reports that the other end of a terminal is closed
        pass
    os.close(ours)
    assert process.wait(WATCHDOG) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode())
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
    bars = [line for line in lines if line.startswith("round ")]
    assert "round 2 of 2, case 3 of 3" in bars[-1]
    assert " left" in bars[-1]
    assert all(len(line) <= 80 for line in bars)
    assert "make report" in lines[-1]


class FakeClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_remaining_time_is_exact() -> None:
    clock = FakeClock()
    estimate = RemainingTime(["short", "long", "middle"], Length.exactly(2), clock=clock)
    assert estimate.seconds() is None

    def finish_case(case: str, seconds: float) -> None:
        clock.now += seconds
        assert estimate.finish_case(case)

    estimate.start_round()
    finish_case("short", 1.0)
    assert estimate.seconds() == 5.0  # five more runs, each like the only one known
    finish_case("long", 100.0)
    # One more of each that is known, two of the other at the mean of 50.5.
    assert estimate.seconds() == 1.0 + 100.0 + 2 * 50.5
    finish_case("middle", 10.0)
    assert estimate.seconds() == 111.0

    clock.now += 30.0  # between the rounds: belongs to no case
    estimate.start_round()
    clock.now += 4.0  # the running case has had four seconds
    assert estimate.seconds() == 107.0
    finish_case("long", 76.0)  # 80 in all; its mean is now 90, with no run left
    assert estimate.seconds() == 11.0
    clock.now += 500.0  # longer than all that was expected: never negative
    assert estimate.seconds() == 0.0


def test_remaining_time_uses_the_mean_of_earlier_rounds() -> None:
    clock = FakeClock()
    estimate = RemainingTime(["case"], Length.exactly(3), clock=clock)
    for seconds, expected in ((1.0, 2.0), (3.0, 2.0), (5.0, 0.0)):
        estimate.start_round()
        clock.now += seconds
        assert estimate.finish_case("case")
        assert estimate.seconds() == expected


def test_remaining_time_ignores_what_is_no_case() -> None:
    clock = FakeClock()
    estimate = RemainingTime(["case"], Length.exactly(1), clock=clock)
    clock.now += 2.0
    assert not estimate.finish_case("Benchmark")
    assert estimate.seconds() is None
    assert estimate.finish_case("case")
    assert not estimate.finish_case("case"), "all its runs are over"
    assert estimate.seconds() == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (119.4, "119 s"), (200, "3 min 20 s"), (4320, "1 h 12 min")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_only_a_terminal_is_drawn_on_each_second() -> None:
    """In a log nothing wakes the program during the case that is being measured."""
    assert RoundLines.wakeup_seconds is None
    assert RoundBar.wakeup_seconds == 1.0


def test_a_case_that_is_left_out_takes_no_time_and_leaves_none_to_others() -> None:
    now = 0.0
    remaining = RemainingTime(["a", "b", "hangs"], Length.exactly(2), clock=lambda: now)
    remaining.start_round()
    now = 1.0
    assert remaining.finish_case("a")
    now = 100.0
    remaining.leave_out("hangs")
    now = 103.0
    assert remaining.finish_case("b")
    assert [remaining.seconds_of(case) for case in ("a", "b", "hangs")] == [1.0, 3.0, 0.0]
    assert remaining.seconds() == 4.0
    assert not remaining.finish_case("hangs")
