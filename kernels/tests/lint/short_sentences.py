"""Checks that the sentences of documents are short: those of the Markdown files that people write.

A sentence ends with a full stop, a question mark, a colon or a semicolon, and so does a clause that
can be read by itself. Code is not read; a link counts as the words that it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

MOST_WORDS = 25
ROOMS = ("kernels", "bench", "analysis")
IN_NO_ROOM = ("*.md", "results/README.md", "results/study/README.md")

# What ends a sentence, a heading, an item of a list, a cell of a table, or a paragraph.
END = re.compile(r"(?<=[.?!:;])\s+|\n\s*\n|\n(?=- |#|\|)|\|")


def without_code(text: str) -> str:
    """Blocks of code as empty lines, and links as their words."""
    text = re.sub(r"^    .*$|^<img .*$", "", text, flags=re.MULTILINE)
    text = re.sub(
        r"^```.*?^```$", lambda block: "\n" * block[0].count("\n"), text,
        flags=re.MULTILINE | re.DOTALL,
    )  # fmt: skip
    return re.sub(r"\]\([^)\n]*\)", "]", text)


def text_faults(text: str) -> Iterator[tuple[int, str]]:
    """The line of each sentence that is too long, and what is wrong with it."""
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
                f"'{first} ...' has {len(words)} words: make it sentences of {MOST_WORDS} at most",
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
