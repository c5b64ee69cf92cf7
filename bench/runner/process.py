"""Runs the benchmark program in a process group that ends with the call.

    rounds.py ----start_new_session----> parzen_bench --fork--> workers
        |                                     |
        +-- select: signals, stdout <---------+    killpg ends all of this side

A signal never raises in the middle of a statement. It is written to a pipe, which is read where
stopping is safe. So a second Ctrl-C cannot interrupt the cleanup.
"""

import contextlib
import ctypes
import math
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Final, Self

from parzen_study.common.shown import MOST_OF_A_LINE, shown

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS: Final = 2.0
ERROR_LINES: Final = 20
MOST_OF_OUTPUT_LINE: Final = 16 << 20  # bytes; the rest of a longer line is dropped
_AT_ONCE: Final = 1 << 20  # bytes, the size of the largest pipe

_LIBC: Final = ctypes.CDLL(None)  # loaded here, since after a fork nothing may be loaded
_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>
_PR_SET_CHILD_SUBREAPER: Final = 36


class InterruptionError(Exception):
    """One of STOP_SIGNALS arrived."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.status = 128 + number


class SignalWatch:
    """Between enter and exit, collects signals in a pipe that select can wait for."""

    def __init__(self) -> None:
        self.wakeups, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._first: int | None = None

    def __enter__(self) -> Self:
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            # nohup and background jobs ignore a signal on purpose; keep that.
            ignored = signal.getsignal(number) == signal.SIG_IGN
            if number == signal.SIGCHLD or not ignored:
                signal.signal(number, lambda _number, _frame: None)
        # A service that waits for signals has blocked them, and children inherit the mask.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (*STOP_SIGNALS, signal.SIGCHLD))
        # Adopt orphaned workers and reap them: a container's init may not.
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Keep the handlers: a late signal must not interrupt the interpreter's exit.
        signal.set_wakeup_fd(-1)
        os.close(self._writer)
        os.close(self.wakeups)

    def check(self) -> None:
        """Raises InterruptionError if a stop signal has arrived."""
        with contextlib.suppress(BlockingIOError):
            for number in os.read(self.wakeups, 65536):
                if self._first is None and number in STOP_SIGNALS:
                    self._first = number
        if self._first is not None:
            raise InterruptionError(self._first)

    def pause(self, seconds: float) -> None:
        """Sleeps; raises InterruptionError as soon as a stop signal arrives."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            select.select([self.wakeups], [], [], left)
            self.check()


@dataclass(frozen=True)
class Ended:
    """How the program ended: status as in subprocess, and its last lines on stderr."""

    status: int
    error_lines: Sequence[str]

    def what(self) -> str:
        """For instance 'was ended by SIGSEGV'."""
        if self.status >= 0:
            return f"ended with status {self.status}"
        what = f"was ended by {_signal_name(-self.status)}"
        if -self.status == signal.SIGXFSZ:
            what += " (a file exceeded the limit on file sizes: raise ulimit -f)"
        return what

    def describe(self) -> str:
        """The same, with the lines of stderr below it."""
        what = self.what()
        said = [f"{what}, saying:", *self.error_lines] if self.error_lines else [what]
        return "\n".join(said)


def supervise(
    command: Sequence[str],
    watch: SignalWatch,
    on_line: Callable[[str], None],
    on_wakeup: Callable[[], None] = lambda: None,
    wakeup_seconds: float | None = None,
    errors_pass: bool = False,
) -> Ended:
    """Runs the command to its end, and passes each line of its stdout to on_line.

    Calls on_wakeup after every wait, at least every wakeup_seconds. Raises InterruptionError on
    a stop signal, OSError if the command cannot be started, and what on_line or on_wakeup
    raises. In every case, no process of the command's group is alive afterwards.

    With errors_pass, its stderr is that of this program, and no line of it is returned.
    """
    watch.check()
    parent = os.getpid()

    def die_with_parent() -> None:
        # Otherwise a SIGKILL of this program would leave a round running.
        _LIBC.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        if os.getppid() != parent:  # the parent died between the fork and the line above
            os.kill(os.getpid(), signal.SIGKILL)

    # Errors go to a file, since a full pipe would block the program. The file is in memory, since
    # no folder for temporary files may be writable.
    with open(os.memfd_create("stderr"), "rb") as errors:
        process = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if errors_pass else errors,
            start_new_session=True,
            # Unsafe only if another thread holds a lock at the fork. There is no other thread: the
            # progress bar is set not to create one.
            preexec_fn=die_with_parent,
        )
        try:
            assert process.stdout is not None
            with process.stdout as stdout:
                _follow(process, stdout, watch, on_line, on_wakeup, wakeup_seconds)
        finally:
            _end_group(process)
        errors.seek(0)
        lines = errors.read().decode(errors="replace").splitlines()
        said = [shown(line, MOST_OF_A_LINE) for line in lines[-ERROR_LINES:]]
        return Ended(process.returncode, said)


def _follow(
    process: subprocess.Popen[bytes],
    stdout: IO[bytes],
    watch: SignalWatch,
    on_line: Callable[[str], None],
    on_wakeup: Callable[[], None],
    wakeup_seconds: float | None,
) -> None:
    # Wait for the end of the process (SIGCHLD wakes the select), not of its stdout, which an
    # orphaned worker may hold open.
    os.set_blocking(stdout.fileno(), False)
    sources: list[int] = [watch.wakeups, stdout.fileno()]
    pending = bytearray()
    while True:
        select.select(sources, [], [], wakeup_seconds)
        watch.check()
        # Poll before reading, so that no output before the end is missed. Read only once per loop:
        # a program that prints without end would never let this end.
        ended = process.poll() is not None
        chunk = stdout.read(_AT_ONCE)
        if chunk == b"":  # end of file; None means "nothing yet"
            sources = [watch.wakeups]
        *whole, rest = (chunk or b"").split(b"\n")
        for part in whole:
            on_line(_line(pending, part))
            pending.clear()
        pending += rest[: MOST_OF_OUTPUT_LINE - len(pending)]
        if ended and pending:
            on_line(_line(pending, b""))
        on_wakeup()
        if ended:
            return


def _line(begin: bytearray, end: bytes) -> str:
    return (begin + end)[:MOST_OF_OUTPUT_LINE].decode(errors="replace")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    for number, grace in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, math.inf)):
        deadline = time.monotonic() + grace
        if not _group_is_gone(process):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        while not _group_is_gone(process) and time.monotonic() < deadline:
            time.sleep(0.01)


def _group_is_gone(process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is None:
        return False
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-process.pid, os.WNOHANG)[0]:
            pass
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
