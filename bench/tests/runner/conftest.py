"""The scene of the tests of rounds.py; and a cleanup of the test process."""

import ctypes
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rounds_scene import Scene
from runner.process import STOP_SIGNALS

# As in a terminal. A background job of a shell ignores Ctrl-C, and so would all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Undoes what a SignalWatch leaves in the process: its handlers, and the adoption of orphans.
    Otherwise the pool workers of a later test would ignore the SIGTERM that should end them, and
    that test would hang."""
    handlers = {number: signal.getsignal(number) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    ctypes.CDLL(None).prctl(36, ctypes.c_ulong(0))  # PR_SET_CHILD_SUBREAPER
