"""Output appears whole or not at all: built beside its place, then renamed into it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A folder to build in. On success each of its entries replaces its namesake in `folder`; after
    any error, Ctrl-C included, `folder` is as it was."""
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=folder))
    try:
        new, old = staging / "new", staging / "old"
        new.mkdir()
        old.mkdir()
        yield new
        for entry in sorted(new.iterdir()):
            place = folder / entry.name
            if place.is_dir():  # a folder cannot be renamed over a full one
                os.rename(place, old / entry.name)
            os.replace(entry, place)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with staged(path.parent) as staging:
        (staging / path.name).write_bytes(content)
