"""The scene of every test of rounds.py; and what a test may leave in the process of the tests."""

import ctypes
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rounds_scene import Scene
from runner.process import STOP_SIGNALS


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Takes back what a SignalWatch leaves: its handlers stay in a program to the end, and it
    adopts orphans. The workers of a pool that a later test starts would ignore the SIGTERM that is
    to end them, and the test would never end.
    """
    handlers = {number: signal.getsignal(number) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    ctypes.CDLL(None).prctl(36, ctypes.c_ulong(0))  # PR_SET_CHILD_SUBREAPER
