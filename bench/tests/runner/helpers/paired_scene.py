"""Two fake builds in a folder, and paired.py to run on them.

The tests wait for events (pipes, ends of processes), never for a time. WATCHDOG only limits how
long a failing test may hang.
"""

import json
import marshal
import os
import resource
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes import launcher
from rounds_scene import WATCHDOG, default_signals, end, unless_default

ROOT = Path(__file__).resolve().parents[4]
PAIRED = ROOT / "bench" / "runner" / "paired.py"
CASES = [
    f"article/{backend}/n:{n}/workers:2/start:{start}"
    for backend, start in (("serial", "cold"), ("openmp", "warm"))
    for n in (10, 100)
]
SEED = 4  # gives both ABBA and BAAB in every two or three blocks


class Scene:
    """A folder with the fake builds `old` and `new`, which are equal unless a test changes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"
        self.old, self.new = folder / "old", folder / "new"
        self.program = PAIRED
        self.builds: tuple[str, ...] | None = None  # as options; default: both by their names
        self.variables: dict[str, str] = {}
        self.most_bytes = resource.RLIM_INFINITY  # limit on file sizes
        self.started: list[subprocess.Popen[str]] = []
        for build in (self.old, self.new):
            build.write_text(launcher("fake_build"), "utf-8")
            build.chmod(0o755)
            self.set(build)
        os.mkfifo(folder / "reached")
        # Opened for reading and writing, so that neither side's open() waits for the other.
        self.reached = os.open(folder / "reached", os.O_RDWR)

    def set(self, build: Path, **what: Any) -> None:
        """Writes the description of a build for fake_build.py; the default cases are CASES."""
        Path(f"{build}.marshal").write_bytes(marshal.dumps({"cases": CASES, **what}))

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Starts paired.py with the signal settings of a terminal's shell."""
        for kept in ("processes.jsonl", "living"):
            (self.folder / kept).unlink(missing_ok=True)
        process = subprocess.Popen(
            [
                *(sys.executable, str(self.program)),
                *(self.builds or (str(self.old), str(self.new))),
                *(f"--output={self.output}", f"--seed={SEED}", *options),
            ],
            env={**os.environ, "FAKE_FOLDER": str(self.folder), **self.variables},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=self._preparation(),
        )
        self.started.append(process)
        return process

    def run(self, *options: str) -> tuple[int, str, str]:
        """Runs paired.py to its end; returns status, stdout, stderr."""
        return self.finish(self.start(*options))

    @staticmethod
    def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
        out, err = process.communicate(timeout=WATCHDOG)
        return process.returncode, out, err

    def wait_until_blocked(self) -> None:
        assert select.select([self.reached], [], [], WATCHDOG)[0], "no process is blocked"
        assert os.read(self.reached, 7) == b"blocked"

    def document(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.output / "paired.json").read_text("utf-8"))
        return content

    def comparisons(self, kind: str) -> dict[str, dict[str, Any]]:
        """`units` or `cases` of the result, by name."""
        return {each["name"]: each for each in self.document()["result"][kind]}

    def processes(self) -> list[dict[str, Any]]:
        """The notes of the processes that measured."""
        lines = (self.folder / "processes.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def assert_nothing_lives(self) -> None:
        living = (self.folder / "living").read_text("utf-8").split()
        assert len(living) == 2
        for number in living:
            with pytest.raises(ProcessLookupError):
                os.kill(int(number), 0)

    def close(self) -> None:
        """Ends what a failed test left running."""
        end(self.started, self.reached)

    def _preparation(self) -> Callable[[], None] | None:
        return unless_default() if self.most_bytes == resource.RLIM_INFINITY else self._prepare

    def _prepare(self) -> None:
        default_signals()
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.most_bytes, resource.RLIM_INFINITY))
