"""Rejects the words of plain_words.toml in documents, messages, comments and names.

Some words are rejected in documents only, or in some folders only. Generated files, data and the
list itself are skipped.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LIST = Path(__file__).with_name("plain_words.toml")
ROOMS = ("kernels", "bench", "analysis", ".github", ".ci")
IN_NO_ROOM = ("*.md", "Makefile", "CMakeLists.txt", ".clang-tidy", "results/README.md")
SUFFIXES = {
    *(".cpp", ".hpp", ".in", ".py", ".sh", ".cmake", ".toml", ".yml", ".md"),
    *(".html", ".css", ".js"),
}
NAMES = {"CMakeLists.txt", ".clang-tidy", "run", "compare"}

# What may be between two words of a sentence in C++ and Python.
BLANK = r'[\s"#/*]+(?:f")?'


def words_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["word"]
    return found


WORDS = words_of(LIST)


@functools.cache
def pattern(document: bool, room: str) -> re.Pattern[str]:
    """The words that a document, or another text, of the room may not have. Only the boundaries of
    a word depend on case, as in CamelCase."""
    words = "|".join(
        f"(?P<w{number}>(?i:{word['words'].replace(' ', BLANK)}))"
        for number, word in enumerate(WORDS)
        if (document or not word.get("documents")) and room in word.get("rooms", [room])
    )
    return re.compile(rf"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))(?:{words})(?![a-z])")


def text_faults(text: str, *, document: bool = False, room: str = "") -> Iterator[tuple[int, str]]:
    """The line number and the message of each fault."""
    for match in pattern(document, room).finditer(text):
        word = WORDS[int(str(match.lastgroup)[1:])]
        found = " ".join(re.split(BLANK, match[0]))
        line = text.count("\n", 0, match.start()) + 1
        yield line, f"'{found}' is not a plain word here: write {word['write']}"


def files_of(root: Path) -> list[Path]:
    found = {file for pattern in IN_NO_ROOM for file in root.glob(pattern)}
    for room in ROOMS:
        inside = (root / room).rglob("*")
        found |= {file for file in inside if file.suffix in SUFFIXES or file.name in NAMES}
    return sorted(file for file in found if file.is_file() and file.name != LIST.name)


def faults(root: Path) -> list[str]:
    return [
        f"{file}:{line}: {fault}"
        for file in (each.relative_to(root) for each in files_of(root))
        for line, fault in text_faults(
            (root / file).read_text("utf-8"), document=file.suffix == ".md", room=file.parts[0]
        )
    ]
