"""A lock on a file. It ends with the process that holds it, even if that is killed."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from runner.run import ANOTHER_FOLDER, RunError

ANOTHER_FOLDER_TOO: Final = f"wait until it ends, or {ANOTHER_FOLDER}"


@contextlib.contextmanager
def locked(file: Path, output: Path, remedy: str = ANOTHER_FOLDER_TOO) -> Iterator[bool]:
    """Holds a lock; yields False on a file system without locks.

    Raises RunError if another run holds it.
    """
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        held = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise RunError(f"another run is writing to {output}; {remedy}") from None
        except OSError:
            held = False
        # The last holder may have removed the file in between.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(file)):
                break
        os.close(descriptor)
    try:
        yield held
    finally:
        if held:
            with contextlib.suppress(OSError):
                file.unlink()
        os.close(descriptor)
