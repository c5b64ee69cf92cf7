"""How far the rounds are: remaining time, a bar on a terminal, lines elsewhere."""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

# Drawing takes processor time beside the case that is being measured: once a second,
# not once a case.
DRAW_SECONDS: Final = 1.0


class RemainingTime:
    """Estimates the rest of a run of cases of very different length in random order.

    A case that is still to run counts with the mean of its own times if it has run
    before, otherwise with the mean of all times so far. A time is that from one
    finished case to the next, so a round's start-up counts with its first case.
    """

    def __init__(
        self,
        cases: Iterable[str],
        rounds: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rounds = rounds
        self._runs_left = dict.fromkeys(cases, rounds)
        self._seconds = dict.fromkeys(self._runs_left, 0.0)
        self._clock = clock
        self._since = clock()

    def start_round(self) -> None:
        """The next finished case is timed from here."""
        self._since = self._clock()

    def finish_case(self, case: str) -> bool:
        """Takes the time since the case before; False for a word that is no case."""
        if not self._runs_left.get(case):
            return False
        now = self._clock()
        self._seconds[case] += now - self._since
        self._runs_left[case] -= 1
        self._since = now
        return True

    def seconds(self) -> float | None:
        """Seconds from now to the end of the last round; None before any case."""
        runs = {case: self._rounds - left for case, left in self._runs_left.items()}
        all_runs = sum(runs.values())
        if all_runs == 0:
            return None
        mean = sum(self._seconds.values()) / all_runs
        expected = sum(
            left * (self._seconds[case] / runs[case] if runs[case] else mean)
            for case, left in self._runs_left.items()
        )
        return max(0.0, expected - (self._clock() - self._since))


class RoundLines:
    """The progress in a log: one line a finished round."""

    wakeup_seconds: float | None = None

    def __init__(self, stream: TextIO, cases: list[str], rounds: int) -> None:
        self._stream = stream
        self._estimate = RemainingTime(cases, rounds)
        self._cases, self._rounds = len(cases), rounds
        self._started = self._round_started = time.monotonic()
        self._round = self._case = 0

    def start_round(self, number: int) -> None:
        """Counts the cases of this round from zero."""
        self._round, self._case = number, 0
        self._round_started = time.monotonic()
        self._estimate.start_round()

    def read_line(self, line: str) -> None:
        """Takes a line of the console table; it counts if its first word is a case."""
        words = line.split(maxsplit=1)
        if words and self._estimate.finish_case(words[0]):
            self._case += 1

    def wake(self) -> None:
        """Draws what changes by itself: nothing in a log."""

    def finish_round(self) -> None:
        """Tells that the round was kept."""
        seconds = time.monotonic() - self._round_started
        text = f"{self._name()}: {self._case} cases, {seconds:.1f} s"
        left = self._estimate.seconds()
        if self._round < self._rounds and left is not None:
            text += f"; about {duration(left)} left"
        say(self._stream, text)

    def close(self) -> None:
        """Gives a terminal back: nothing in a log."""

    def _name(self) -> str:
        return f"round {self._round} of {self._rounds}"


class RoundBar(RoundLines):
    """The progress on a terminal: one bar over all cases of all rounds."""

    wakeup_seconds = DRAW_SECONDS

    def __init__(self, stream: TextIO, cases: list[str], rounds: int) -> None:
        super().__init__(stream, cases, rounds)
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
        self._task = self._progress.add_task("", total=rounds * len(cases), times="")
        self._drawn = -DRAW_SECONDS
        with _lost_terminal_ignored(stream):
            self._progress.start()

    def wake(self) -> None:
        """Draws the bar, at most once a second."""
        if time.monotonic() - self._drawn >= DRAW_SECONDS:
            self._draw()

    def finish_round(self) -> None:
        """Draws the bar in any case: no case is being measured now."""
        self._draw()

    def close(self) -> None:
        """Leaves the bar as it stands and gives the terminal back."""
        with _lost_terminal_ignored(self._stream):
            self._progress.stop()

    def _draw(self) -> None:
        times = duration(time.monotonic() - self._started)
        left = self._estimate.seconds()
        if left is not None:
            times += f", about {duration(left)} left"
        with _lost_terminal_ignored(self._stream):
            self._progress.update(
                self._task,
                completed=(self._round - 1) * self._cases + self._case,
                description=f"{self._name()}, case {self._case} of {self._cases}",
                times=times,
                refresh=True,
            )
        self._drawn = time.monotonic()


def progress_on(stream: TextIO, cases: list[str], rounds: int) -> RoundLines:
    """A bar if the stream is a terminal that can draw one, otherwise lines."""
    draws = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return (RoundBar if draws else RoundLines)(stream, cases, rounds)


def duration(seconds: float) -> str:
    """For people: '80 s', '3 min 20 s', '1 h 12 min'."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def say(stream: TextIO, text: str) -> None:
    """Prints a message at once."""
    with _lost_terminal_ignored(stream):
        print(text, file=stream, flush=True)


@contextlib.contextmanager
def _lost_terminal_ignored(stream: TextIO) -> Iterator[None]:
    # After SIGHUP the terminal is gone and each write fails; the finished rounds are to
    # be kept all the same.
    try:
        yield
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
