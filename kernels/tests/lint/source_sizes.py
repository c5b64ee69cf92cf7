"""Limits the lines of C++ and Python files, and the number of such files in a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("kernels", "bench", "analysis")
SUFFIXES = (".cpp", ".hpp", ".py")
MOST_FILES = 20
MOST_LINES = 320
MOST_LINES_OF_A_TEST = 400


def size_faults(root: Path, files: list[Path]) -> Iterator[str]:
    for folder, count in Counter(file.parent for file in files).items():
        if count > MOST_FILES:
            yield f"{folder}/: {count} source files, the limit is {MOST_FILES}: split it by topic"
    for file in files:
        lines = len((root / file).read_text("utf-8").splitlines())
        most = MOST_LINES_OF_A_TEST if "tests" in file.parts else MOST_LINES
        if lines > most:
            yield f"{file}: {lines} lines, the limit is {most}: split it by topic"


def faults(root: Path) -> list[str]:
    found = (file for room in ROOMS for file in (root / room).rglob("*.*"))
    files = sorted(file.relative_to(root) for file in found if file.suffix in SUFFIXES)
    if not files:
        return [f"{root} has no sources in {', '.join(ROOMS)}: give the folder of a clone"]
    return list(size_faults(root, files))
