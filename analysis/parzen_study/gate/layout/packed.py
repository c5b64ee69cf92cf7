"""Times of many processes in a small file: JSON, compressed, with four significant digits.

Needs the standard library alone, since the runner writes such files.
"""

from __future__ import annotations

import json
import lzma
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

DIGITS: Final = 4
TOOLCHAIN: Final = ("compiler", "compiler_flags", "libc", "library_benchmark", "library_tbb")
MACHINE: Final = ("cpu_model", "usable_cpus", "kernel", "virtualisation")
_MOST_BYTES: Final = 64 << 20  # of a file, unpacked: 50 times what a comparison takes
# What reading a damaged file may raise.
NOT_READABLE: Final = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError,
    lzma.LZMAError, EOFError,
)  # fmt: skip


def packed_text(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME)


def unpacked_text(content: bytes) -> str:
    """Raises one of NOT_READABLE."""
    unpacker = lzma.LZMADecompressor()
    text = unpacker.decompress(content, max_length=_MOST_BYTES)
    if not unpacker.eof:
        raise ValueError("it is truncated, or too large")
    return text.decode("ascii")


def packed_column(seconds: Sequence[float]) -> tuple[int, list[int]]:
    """The times of a case, in units of a power of ten, and its exponent."""
    exponent = math.floor(math.log10(min(seconds))) - DIGITS + 1
    rounded = (float(f"{each:.{DIGITS - 1}e}") for each in seconds)
    return exponent, [round(each / 10.0**exponent) for each in rounded]


def seconds_of(exponent: Any, times: Sequence[Any], number: int) -> list[float]:
    """The times of such a column. Raises ValueError where they are not so many possible ones."""
    found = [float(f"{int(time)}e{int(exponent)}") for time in times]
    if len(found) != number or not all(1e-12 <= each <= 1e9 for each in found):
        raise ValueError("the times of a case")
    return found


def text_of(context: Mapping[str, Any], item: str) -> str:
    """Without what may be a path."""
    words = str(context.get(item, "unknown")).split()
    return " ".join("(path)" if "/" in word else word for word in words)


def date_of(context: Mapping[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(context.get("date", "")))
    except ValueError:
        return None
    return found if found.tzinfo else None
