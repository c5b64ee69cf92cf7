"""Reads files up to a maximum size, compressed or not."""

from __future__ import annotations

import lzma
from pathlib import Path
from typing import Final

from parzen_study.common.regular_file import read_regular

SUFFIX: Final = ".xz"
# The longest profile on many CPUs gives a run of some 20 MB.
MOST_BYTES: Final = 64 * 2**20
_MOST_MEMORY: Final = 128 * 2**20  # of the decoder; what xz -9 makes takes 65 MiB


class UnreadableContent(ValueError):
    """The file is larger than MOST_BYTES, or a damaged .xz file."""


def read_bounded(path: Path) -> bytes:
    """The content of a regular file, decompressed where its name ends with .xz.

    Raises UnreadableContent, before more than MOST_BYTES are in memory, and OSError.
    """
    content = read_regular(path, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnreadableContent(_TOO_LARGE)
    return _decompressed(content) if path.name.endswith(SUFFIX) else content


def compressed(content: bytes) -> bytes:
    return lzma.compress(content, preset=6)


_TOO_LARGE = f"more than {MOST_BYTES // 2**20} MiB"


def _decompressed(content: bytes) -> bytes:
    decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_MEMORY)
    try:
        found = decoder.decompress(content, max_length=MOST_BYTES + 1)
    except lzma.LZMAError as error:
        raise UnreadableContent(f"not a valid .xz file: {error}") from None
    if len(found) > MOST_BYTES:
        raise UnreadableContent(f"{_TOO_LARGE} when decompressed")
    if not decoder.eof:
        raise UnreadableContent("a truncated .xz file")
    if decoder.unused_data:
        raise UnreadableContent("an .xz file with trailing data")
    return found
