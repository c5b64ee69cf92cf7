"""Limits the length of sentences in hand-written Markdown files.

A full stop, an exclamation or question mark, a colon or a semicolon ends a sentence. Code is
skipped; a link counts as its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

MOST_WORDS = 25
ROOMS = ("kernels", "bench", "analysis")
IN_NO_ROOM = ("*.md", "results/README.md", "results/study/README.md")

# The end of a sentence, heading, list item, table cell or paragraph.
END = re.compile(r"(?<=[.?!:;])\s+|\n\s*\n|\n(?=- |#|\|)|\|")


def without_code(text: str) -> str:
    """Replaces blocks of code by empty lines, and links by their text."""
    text = re.sub(r"^    .*$|^<img .*$", "", text, flags=re.MULTILINE)
    text = re.sub(
        r"^```.*?^```$", lambda block: "\n" * block[0].count("\n"), text,
        flags=re.MULTILINE | re.DOTALL,
    )  # fmt: skip
    return re.sub(r"\]\([^)\n]*\)", "]", text)


def text_faults(text: str) -> Iterator[tuple[int, str]]:
    """The line number and the message of each sentence that is too long."""
    text = without_code(text)
    begin = 0
    for end in [*(match.span() for match in END.finditer(text)), (len(text), len(text))]:
        sentence = text[begin : end[0]]
        words = [each for each in sentence.split() if re.search(r"\w", each)]
        if len(words) > MOST_WORDS:
            line = text.count("\n", 0, begin + len(sentence) - len(sentence.lstrip())) + 1
            first = " ".join(words[:6])
            yield (
                line,
                f"'{first} ...' has {len(words)} words: split it, the limit is {MOST_WORDS}",
            )
        begin = end[1]


def files_of(root: Path) -> list[Path]:
    found = {file for pattern in IN_NO_ROOM for file in root.glob(pattern)}
    return sorted(found | {file for room in ROOMS for file in (root / room).rglob("*.md")})


def faults(root: Path) -> list[str]:
    return [
        f"{file.relative_to(root)}:{line}: {fault}"
        for file in files_of(root)
        for line, fault in text_faults(file.read_text("utf-8"))
    ]
