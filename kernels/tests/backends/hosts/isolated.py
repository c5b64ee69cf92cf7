"""Namespaces of their own for a test: its network, mounts, host name and processes.

The kernel removes all that the test made when its first process ends, however it ends, SIGKILL
included: network devices, names in /run, temporary files and all processes. Names and addresses
in it are nobody else's, so tests that run at the same time do not collide.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

# Of automake and CTest.
SKIPPED: Final = 77
INSIDE: Final = "--inside"
_NAMESPACES: Final = ("--mount", "--net", "--pid", "--uts", "--fork", "--mount-proc")


class Skip(Exception):
    """What the machine lacks or denies; says what to do about it."""


def ran(*command: str | Path) -> str:
    """Runs a command, and returns its output. RuntimeError with the message of one that fails."""
    found = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    if found.returncode != 0:
        words = " ".join(map(str, command))
        raise RuntimeError(f"{words}: {(found.stderr or found.stdout).strip()}")
    return found.stdout


def allowed(what: str, *command: str | Path) -> None:
    """Runs a command that the machine may deny."""
    try:
        ran(*command)
    except RuntimeError as error:
        raise Skip(f"{what} not possible here: {error}") from None


def need(program: str, package: str) -> None:
    if shutil.which(program) is None:
        raise Skip(f"{program} was not found: install {package}")


def enter(arguments: Sequence[str]) -> NoReturn:
    """Runs this program again, in namespaces of its own."""
    if os.geteuid() != 0:
        raise Skip("network namespaces need root")
    need("unshare", "util-linux")
    allowed("namespaces are", "unshare", *_NAMESPACES, "true")
    program = [sys.executable, "-B", os.path.abspath(sys.argv[0]), INSIDE, *arguments]
    os.execvp("unshare", ["unshare", *_NAMESPACES, "--kill-child", *program])


def set_up() -> None:
    """In the namespaces: /run is a folder in memory, for temporary files and names of hosts."""
    # The first process of a PID namespace ignores what it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    allowed("a tmpfs is", "mount", "-t", "tmpfs", "tmpfs", "/run")
    os.environ["TMPDIR"] = "/run"


def precede_other_programs() -> None:
    """So that the load of the machine changes no time."""
    try:
        os.nice(-20)
    except OSError as error:
        raise Skip(f"a priority over other programs is not possible here: {error}") from None
