"""Output appears whole or not at all: built next to its place, then renamed into it.

    staged          a folder's entries, for any number of writers
    write_whole     a file, likewise
    reserve,        a file of which one process is the only writer, with room on the disk that it
    write_reserved  made sure of before
    rename_all      several renames, or none

The only place where files that stay are written. Known to bench/ as well, so nothing but the
standard library is needed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

Moves = Sequence[tuple[Path, Path]]

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


def reserve(file: Path, size: int) -> None:
    """Makes sure of room on the disk for a file that write_reserved() will write.

    Raises OSError where there is none: a full disk, a quota, a limit on file sizes.
    """
    with _named(file):
        # Not for appending: where the file system cannot do it, the C library writes zeros.
        descriptor = os.open(_part(file), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                raise
        finally:
            os.close(descriptor)


def write_reserved(file: Path, content: bytes) -> None:
    """Writes a file of which nobody else is a writer, into what was reserved for it if anything."""
    part = _part(file)
    with _named(file):
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT, 0o666), "wb") as stream:
                stream.write(content)
                stream.truncate()
            part.replace(file)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def rename_all(moves: Moves) -> None:
    """Does all of them, or, if one fails, none."""
    done: list[tuple[Path, Path]] = []
    try:
        for move in moves:
            move[0].rename(move[1])
            done.append(move)
    except OSError:
        with contextlib.suppress(OSError):
            for source, target in reverse(done):
                source.rename(target)
        raise


def reverse(moves: Moves) -> Moves:
    """The moves that undo these."""
    return [(target, source) for source, target in reversed(moves)]


def _part(file: Path) -> Path:
    return file.with_name(f"{file.name}.part")


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """Errors of writing say which file it was, as those of opening do."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error


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
        # Seen from what is there, not from a list: so it holds wherever the swap broke off.
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
