"""The remaining time, exactly, and the two forms of progress."""

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
from runner.progress import Before, Length, RemainingTime, RoundBar, RoundLines, duration


def test_a_log_has_one_line_per_round(scene: Scene) -> None:
    status, _, err = scene.run()
    assert status == 0
    seconds, left = r"\d+\.\d s", r"; about \d+ s left"
    lines = err.splitlines()
    assert len(lines) == 3
    for number, rest in ((1, left), (2, left), (3, "")):
        line = f"round {number} of 3: 3 cases, {seconds}{rest}"
        assert re.fullmatch(line, lines[number - 1]), lines
    assert "\x1b" not in err


def drawn_bars(scene: Scene, **more: str) -> list[str]:
    """The output of two rounds on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
    environment = scene.environment("none", 0) | {"TERM": "xterm"} | more
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(
        scene.command("--rounds=2"), env=environment, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    drawn = b""
    try:
        while select.select([ours], [], [], WATCHDOG)[0]:
            drawn += os.read(ours, 65536)
    except OSError:  # on Linux, the other end of the terminal was closed
        pass
    os.close(ours)
    assert process.wait(WATCHDOG) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode())
    return [line for line in re.split(r"[\r\n]+", text) if line.strip()]


def test_terminal_has_a_bar_of_80_columns(scene: Scene) -> None:
    lines = drawn_bars(scene)
    bars = [line for line in lines if line.startswith("round ")]
    assert "round 2 of 2, case 3 of 3" in bars[-1]
    assert " left" in bars[-1]
    assert all(len(line) <= 80 for line in bars)
    assert "make report" in lines[-1]


def test_the_bar_includes_the_earlier_steps_of_make(scene: Scene) -> None:
    steps = {"PARZEN_STEPS": "install:60 build: measure:285", "PARZEN_BEGUN": "0"}
    bars = [line for line in drawn_bars(scene, **steps) if line.startswith("install")]
    assert re.match(r"install done, build done, measure \W+$", bars[0])  # before the first case
    assert re.match(r"install done, build done, measure 0 s left ", bars[-1])
    assert bars[-1].rstrip().endswith(" round 2: 3/3")
    assert all(len(line) <= 80 for line in bars)


@pytest.mark.parametrize(
    ("steps", "begun", "before"),
    [
        ("install:60 build:100 measure:285", "970", Before(("install", "build"), 30.0)),
        ("measure:285", "970", Before((), 30.0)),
        ("install:60 build: measure:285", "2000", Before(("install", "build"), 0.0)),
        ("install:60", "970", Before()),
        ("install:60 measure:285", "soon", Before()),
        ("", "", Before()),
    ],
)
def test_the_earlier_steps_of_make_are_read_from_variables(
    steps: str, begun: str, before: Before
) -> None:
    assert Before.of({"PARZEN_STEPS": steps, "PARZEN_BEGUN": begun}, now=1000.0) == before
    assert Before.of({}, now=1000.0) == Before()


class FakeClock:
    """A clock that the test sets."""

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
    assert estimate.seconds() == 5.0  # five more runs, each like the only known one
    finish_case("long", 100.0)
    # One more run of each known case, two of the other case at the mean of 50.5.
    assert estimate.seconds() == 1.0 + 100.0 + 2 * 50.5
    finish_case("middle", 10.0)
    assert estimate.seconds() == 111.0

    clock.now += 30.0  # between the rounds: counts for no case
    estimate.start_round()
    clock.now += 4.0  # the running case has taken four seconds
    assert estimate.seconds() == 107.0
    finish_case("long", 76.0)  # 80 in total; its mean is now 90, with no run left
    assert estimate.seconds() == 11.0
    clock.now += 500.0  # longer than expected: never negative
    assert estimate.seconds() == 0.0


def test_remaining_time_uses_the_mean_of_earlier_rounds() -> None:
    clock = FakeClock()
    estimate = RemainingTime(["case"], Length.exactly(3), clock=clock)
    for seconds, expected in ((1.0, 2.0), (3.0, 2.0), (5.0, 0.0)):
        estimate.start_round()
        clock.now += seconds
        assert estimate.finish_case("case")
        assert estimate.seconds() == expected


def test_remaining_time_ignores_words_that_are_no_cases() -> None:
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


def test_only_a_terminal_is_updated_each_second() -> None:
    """In a log, nothing wakes the runner while a case is measured."""
    assert RoundLines.wakeup_seconds is None
    assert RoundBar.wakeup_seconds == 1.0


def test_a_skipped_case_takes_no_time_and_adds_none_to_others() -> None:
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
