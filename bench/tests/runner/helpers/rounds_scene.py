"""A folder, a fake benchmark program and rounds.py to run on them.

The tests wait for events (pipes, ends of processes), never for a time. WATCHDOG only limits how
long a failing test may hang.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from fakes import launcher

BENCH = Path(__file__).resolve().parents[3]
ANALYSIS = BENCH.parent / "analysis"
WATCHDOG = 60.0
SUFFIX = "/process_time/real_time"
CASES = sorted(f"article/serial/n:{n}{SUFFIX}" for n in (10, 100, 1000))
LARGE_CASE = f"article/serial/n:100000000{SUFFIX}"
PEER_CASES = [f"dispatch/fake/workers:{n}{SUFFIX}" for n in (1, 2)]


class Scene:
    """A folder with a fake program and an output, and rounds.py to run on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results"
        self.output = self.results / "latest"
        self.binary = folder / "parzen_bench"
        self.binary.write_text(launcher("fake_parzen_bench"), "utf-8")
        self.binary.chmod(0o755)
        self.modules = folder / "of_peers"
        self.modules.mkdir()
        (self.modules / "fake_peers.py").write_text(launcher("fake_parzen_bench"), "utf-8")
        (folder / "bench_mpi").write_text(launcher("fake_parzen_bench"), "utf-8")
        (folder / "bench_mpi").chmod(0o755)
        self.started: list[subprocess.Popen[str]] = []
        os.mkfifo(folder / "reached")
        # Opened for reading and writing, so that neither side's open() waits for the other.
        self.reached = os.open(folder / "reached", os.O_RDWR)

    def command(self, *options: str) -> list[str]:
        """The command line, with three rounds unless options set the number.

        It does not wait for idle CPUs: no test depends on other programs.
        """
        return [
            sys.executable,
            str(BENCH / "runner" / "rounds.py"),
            f"--binary={self.binary}",
            f"--output={self.output}",
            "--idle-wait=0",
            *(options or ("--rounds=3",)),
        ]

    def environment(
        self, fault: str, fault_round: int, program: str = "parzen_bench"
    ) -> dict[str, str]:
        """The settings of the fake programs, and the path of module fake_peers."""
        for name in ("parzen_bench.rounds", "fake_peers.rounds", "processes"):
            (self.folder / name).unlink(missing_ok=True)
        variables = {"FAKE_FOLDER": str(self.folder), "FAKE_FAULT": fault}
        variables |= {"FAKE_PROGRAM": program, "FAKE_ROUND": str(fault_round)}
        return {**os.environ, **variables, "PYTHONPATH": f"{self.modules}:{ANALYSIS}:{BENCH}"}

    def start(
        self,
        *options: str,
        fault: str = "none",
        fault_round: int = 2,
        program: str = "parzen_bench",
    ) -> subprocess.Popen[str]:
        """Starts rounds.py with the signal settings of a terminal's shell."""
        process = subprocess.Popen(
            self.command(*options),
            env=self.environment(fault, fault_round, program),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=unless_default(),
        )
        self.started.append(process)
        return process

    def run(
        self,
        *options: str,
        fault: str = "none",
        fault_round: int = 2,
        program: str = "parzen_bench",
    ) -> tuple[int, str, str]:
        """Runs rounds.py to its end; returns status, stdout, stderr."""
        return finish(self.start(*options, fault=fault, fault_round=fault_round, program=program))

    def wait_for(self, word: str) -> None:
        """Waits until the fake program has reported the word."""
        assert select.select([self.reached], [], [], WATCHDOG)[0], f"no {word!r}"
        assert os.read(self.reached, len(word)).decode() == word

    def merged(self) -> dict[str, Any]:
        """The content of run.json."""
        content: dict[str, Any] = json.loads((self.output / "run.json").read_text())
        return content

    @staticmethod
    def measured(one_round: dict[str, Any]) -> dict[str, Any]:
        """A round of run.json without the load by other programs, which no test controls."""
        return {key: value for key, value in one_round.items() if key != "foreign_load"}

    def contents(self) -> dict[str, bytes]:
        """All files of the output, with their bytes."""
        files = [path for path in self.output.rglob("*") if path.is_file()]
        return {str(file.relative_to(self.output)): file.read_bytes() for file in files}

    def assert_nothing_left(self, *entries: str) -> None:
        """All noted processes have ended, and there is nothing next to the output."""
        noted = self.folder / "processes"
        for number in noted.read_text("utf-8").split() if noted.exists() else []:
            with pytest.raises(ProcessLookupError):
                os.kill(int(number), 0)
        names = sorted(path.name for path in self.results.iterdir())
        assert names == list(entries or ("latest",))

    def close(self) -> None:
        """Ends what a failed test left running."""
        end(self.started, self.reached)


def end(started: Iterable[subprocess.Popen[str]], pipe: int) -> None:
    """Closes the pipe, and ends the processes that still run."""
    os.close(pipe)
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def default_signals() -> None:
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)


def unless_default() -> Callable[[], None] | None:
    """What sets signals that are ignored here to their defaults, for a preexec_fn. Others have
    these in another program, and without a preexec_fn Python need not fork, which copies the page
    tables of all that the tests hold."""
    ignored = any(signal.getsignal(number) is signal.SIG_IGN for number in _ENDING)
    return default_signals if ignored else None


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Waits for the end of rounds.py; returns status, stdout, stderr."""
    out, err = process.communicate(timeout=WATCHDOG)
    return process.returncode, out, err
