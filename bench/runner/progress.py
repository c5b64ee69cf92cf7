"""Reports the progress of the rounds: a bar with the remaining time on a terminal, else lines."""

import contextlib
import io
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self, TextIO

from parzen_study.common.shown import escaped

# Drawing uses CPU time next to the measured case. So draw once a second, not once a case.
DRAW_SECONDS: Final = 1.0

# The measurement's name among the steps of make.
MEASURE: Final = "measure"


@dataclass(frozen=True)
class Length:
    """The length of a run: `rounds` of every case. Then rounds of some cases, until the budget in
    seconds is used up; no case gets more than `most_rounds`."""

    rounds: int
    most_rounds: int
    budget: float = 0.0

    @classmethod
    def exactly(cls, rounds: int) -> Self:
        """Exactly this many rounds of every case."""
        return cls(rounds, rounds)

    def without(self, seconds: float) -> Self:
        """The same after this many seconds of the budget; at least a second is left, if there was
        one."""
        least = min(self.budget, 1.0)
        return replace(self, budget=max(self.budget - seconds, least))


class RemainingTime:
    """Estimates the remaining time of a run whose cases take very different times, in random order.

    For a case that has run, it takes the mean of its times, else the mean of all times so far. A
    time is that from one finished case to the next. So a round's start-up counts for its first
    case.
    """

    def __init__(
        self,
        cases: Iterable[str],
        length: Length,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._length = length
        self._runs = dict.fromkeys(cases, 0)
        self._due = dict.fromkeys(self._runs, length.rounds)
        self._seconds = dict.fromkeys(self._runs, 0.0)
        self._clock = clock
        self._since = self._started = clock()

    def start_round(self) -> None:
        """Starts the clock for the next finished case."""
        self._since = self._clock()

    def expect(self, cases: Iterable[str]) -> None:
        """These cases get one round more, whatever is left of the budget."""
        self._due.update({case: self._runs[case] + 1 for case in cases if case in self._runs})

    def finish_case(self, case: str) -> bool:
        """Takes the time since the last case. Returns False if the word is not a case."""
        if self._runs.get(case, self._length.most_rounds) >= self._length.most_rounds:
            return False
        now = self._clock()
        self._seconds[case] += now - self._since
        self._runs[case] += 1
        self._since = now
        return True

    def leave_out(self, case: str) -> None:
        """Skips the case in later rounds. The time that it took so far counts for no other case."""
        self._runs.pop(case, None)
        self._seconds.pop(case, None)
        self._since = self._clock()

    def seconds_of(self, case: str) -> float:
        """The estimated time of a case in a round."""
        if case not in self._runs:
            return 0.0
        if runs := self._runs[case]:
            return self._seconds[case] / runs
        return sum(self._seconds.values()) / max(sum(self._runs.values()), 1)

    def budget_left(self) -> float:
        """Seconds of the budget that rounds may still use."""
        return self._length.budget - (self._clock() - self._started)

    def seconds(self) -> float | None:
        """Seconds from now to the end of the last round; None before the first case.

        Rounds of every case, and those that expect() announced, run to their end. Other rounds run
        until the budget is used up, or until every case has had `most_rounds`.
        """
        if not any(self._runs.values()):
            return None
        most = dict.fromkeys(self._runs, self._length.most_rounds)
        due, possible = (
            sum(
                max(rounds[case] - runs, 0) * self.seconds_of(case)
                for case, runs in self._runs.items()
            )
            - (self._clock() - self._since)
            for rounds in (self._due, most)
        )
        return max(0.0, due, min(possible, self.budget_left()))


class RoundLines:
    """The progress in a log: one line per finished round."""

    wakeup_seconds: float | None = None

    def __init__(self, stream: TextIO, cases: list[str], length: Length) -> None:
        self._stream = stream
        self.estimate = RemainingTime(cases, length)
        self._cases, self._length = len(cases), length
        self._started = self._round_started = time.monotonic()
        self._round = self._case = 0

    def start_round(self, number: int, cases: int) -> None:
        """Resets the count of cases; this round has `cases` of them."""
        self._round, self._case, self._cases = number, 0, cases
        self._round_started = time.monotonic()
        self.estimate.start_round()

    def read_line(self, line: str) -> None:
        """Takes a line of the console table. It counts if its first word is a case."""
        words = line.split(maxsplit=1)
        if words and self.estimate.finish_case(words[0]):
            self._case += 1

    def wake(self) -> None:
        """Updates the display by time; a log has none."""

    def finish_round(self) -> None:
        """Reports that the round is stored."""
        seconds = time.monotonic() - self._round_started
        cases = f"{self._case} case{'' if self._case == 1 else 's'}"
        text = f"{self._name()}: {cases}, {seconds:.1f} s"
        left = self.estimate.seconds()
        if left is not None and (self._length.budget or self._round < self._length.rounds):
            text += f"; about {duration(left)} left"
        say(self._stream, text)

    def close(self) -> None:
        """Releases the terminal; a log has none."""

    def _name(self) -> str:
        return name_of(self._round, self._length)


@dataclass(frozen=True)
class Before:
    """The steps of make before the rounds, on the same bar (bench/steps/step.sh): their names, and
    their time in seconds."""

    steps: tuple[str, ...] = ()
    seconds: float = 0.0

    @classmethod
    def of(cls, environment: Mapping[str, str], now: float) -> Self:
        """From PARZEN_STEPS and PARZEN_BEGUN; empty if rounds.py was not started by make."""
        names = [each.partition(":")[0] for each in environment.get("PARZEN_STEPS", "").split()]
        begun = environment.get("PARZEN_BEGUN", "")
        if MEASURE not in names or not begun.isdecimal():
            return cls()
        return cls(tuple(names[: names.index(MEASURE)]), max(now - int(begun), 0.0))


class RoundBar(RoundLines):
    """The progress on a terminal: one bar over all cases of all rounds, and over make's earlier
    steps."""

    wakeup_seconds = DRAW_SECONDS

    def __init__(self, stream: TextIO, cases: list[str], length: Length) -> None:
        # The import takes half of the start-up time of rounds.py, and a log does not need it.
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        super().__init__(stream, cases, length)
        self._before = Before.of(os.environ, time.time())
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[times]}"),
            console=Console(file=stream),
            auto_refresh=False,  # a thread would make the fork of the next round unsafe
            redirect_stdout=False,
            redirect_stderr=False,
            expand=True,
        )
        self._task = self._progress.add_task(self._all_steps(None), total=None, times="")
        self._drawn = -DRAW_SECONDS
        with _lost_terminal_ignored(stream):
            self._progress.start()

    def wake(self) -> None:
        """Draws the bar, at most once a second."""
        if time.monotonic() - self._drawn >= DRAW_SECONDS:
            self._draw()

    def finish_round(self) -> None:
        """Draws the bar now, since no case is being measured."""
        self._draw()

    def close(self) -> None:
        """Leaves the bar on the screen and releases the terminal."""
        with _lost_terminal_ignored(self._stream):
            self._progress.stop()

    def _all_steps(self, left: float | None) -> str:
        """`install done, build done, measure 80 s left`; empty if rounds.py was not started by
        make."""
        if not self._before.steps:
            return ""
        steps = ", ".join([*(f"{each} done" for each in self._before.steps), MEASURE])
        return steps + ("" if left is None else f" {duration(left)} left")

    def _draw(self) -> None:
        passed = time.monotonic() - self._started
        left = self.estimate.seconds()
        if self._before.steps:
            passed += self._before.seconds
            description = self._all_steps(left)
            times = f"round {self._round}: {self._case}/{self._cases}"
        else:
            description = f"{self._name()}, case {self._case} of {self._cases}"
            times = duration(passed) + ("" if left is None else f", about {duration(left)} left")
        with _lost_terminal_ignored(self._stream):
            self._progress.update(
                self._task,
                completed=passed,
                total=None if left is None else passed + left,
                description=description,
                times=times,
                refresh=True,
            )
        self._drawn = time.monotonic()


def name_of(number: int, length: Length) -> str:
    """`round 2 of 5`; only `round 2` with a budget, where the number of rounds is unknown."""
    return f"round {number}" + ("" if length.budget else f" of {length.rounds}")


def progress_on(stream: TextIO, cases: list[str], length: Length) -> RoundLines:
    """A bar if the stream is a terminal that can draw one, else lines."""
    draws = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return (RoundBar if draws else RoundLines)(stream, cases, length)


def duration(seconds: float) -> str:
    """For people: '80 s', '3 min 20 s', '1 h 12 min'."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def prepare_streams() -> None:
    """Makes sure that no message fails because of a closed stream or an encoding."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(stream: TextIO, text: str) -> None:
    """Prints a message at once. Escapes control characters in its lines."""
    with _lost_terminal_ignored(stream):
        print("\n".join(map(escaped, text.split("\n"))), file=stream, flush=True)


@contextlib.contextmanager
def _lost_terminal_ignored(stream: TextIO) -> Iterator[None]:
    # After SIGHUP the terminal is gone and each write fails. The finished rounds must still be
    # kept.
    try:
        yield
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
