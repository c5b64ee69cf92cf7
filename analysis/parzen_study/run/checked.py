"""A cache of the runs that follow the schema, so that each is checked once.

jsonschema takes 0.7 s for the 13,500 benchmarks of results/study, several times the rest of
reading. So the digests of the last valid files are names of empty files in the user's cache. If
that cannot be written, every run is checked again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from importlib.resources import files
from pathlib import Path
from typing import Final

WORTH_REMEMBERING: Final = 2**20  # bytes; what is smaller is checked in less than 0.1 s
_MOST: Final = 100


def schema_text() -> str:
    """The package's copy of results/run.schema.json."""
    return files("parzen_study").joinpath("data/run.schema.json").read_text(encoding="utf-8")


def digest_of(content: bytes) -> str:
    """Of a file and of the schema that it is checked against."""
    digest = hashlib.sha256(schema_text().encode("utf-8"))
    digest.update(b"\0" + content)
    return digest.hexdigest()


def is_remembered(digest: str) -> bool:
    folder = _folder()
    return folder is not None and os.path.exists(folder / digest)


def remember(digest: str) -> None:
    folder = _folder()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / digest).touch()
        for old in sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime)[:-_MOST]:
            old.unlink()


def _folder() -> Path | None:
    """None where the user has no folder for caches (XDG Base Directory Specification)."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):  # to be ignored, as if it was not set
        cache = os.path.join(os.environ.get("HOME", ""), ".cache")
    return Path(cache, "parzen-study", "runs") if os.path.isabs(cache) else None
