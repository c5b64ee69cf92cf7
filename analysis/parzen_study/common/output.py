"""Output appears whole or not at all: built beside its place, then renamed into it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STAGING = re.compile(r"\.staging-([0-9]+)-.*")


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A folder to build in. On success each of its entries replaces its namesake in `folder`; after
    any error, Ctrl-C included, `folder` is as it was. What dead runs left there is removed."""
    _remove_stale(folder)
    staging = Path(tempfile.mkdtemp(prefix=f".staging-{os.getpid()}-", dir=folder))
    try:
        new, old = staging / "new", staging / "old"
        new.mkdir()
        old.mkdir()
        yield new
        with _undisturbed():
            _swap(folder, new, old)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with staged(path.parent) as staging:
        (staging / path.name).write_bytes(content)


def _swap(folder: Path, new: Path, old: Path) -> None:
    """Put every new entry in its place, keeping the old ones until all are there."""
    names = sorted(entry.name for entry in new.iterdir())
    try:
        for name in names:
            place = folder / name
            if place.is_file():  # it can be renamed over, so that a reader always finds one
                shutil.copy2(place, old / name)
            elif os.path.lexists(place):  # unlike a full folder; what else there is, is not read
                os.rename(place, old / name)
            os.replace(new / name, place)
    except BaseException:
        # Told from what is there, not from a list: so it holds wherever the swap broke off.
        for name in names:
            if not (new / name).exists():
                os.rename(folder / name, new / name)
        _put_back(old, folder)
        raise


def _put_back(old: Path, folder: Path) -> None:
    for entry in list(old.iterdir()):
        if not (folder / entry.name).exists():
            os.rename(entry, folder / entry.name)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals wait until the few renames are done; what comes then finds a whole output.

    By handlers and not by a mask: a mask is one thread's, and libraries start threads of their own.
    """
    late: list[int] = []
    handlers = {
        number: signal.signal(number, lambda which, _frame: late.append(which))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for which in late[:1]:
            signal.raise_signal(which)


def _remove_stale(folder: Path) -> None:
    for staging in list(folder.glob(".staging-*")):
        match = _STAGING.fullmatch(staging.name)
        if match and not _another_runs(int(match[1])):
            # Killed outright between two renames: what was moved aside is the only copy.
            with contextlib.suppress(FileNotFoundError):
                _put_back(staging / "old", folder)
            shutil.rmtree(staging, ignore_errors=True)


def _another_runs(process: int) -> bool:
    if process == os.getpid():  # in containers numbers repeat from run to run
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
