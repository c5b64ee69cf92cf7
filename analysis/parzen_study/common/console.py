"""Where output is printed: at most 80 columns, plain where it is not a terminal."""

from __future__ import annotations

from typing import IO, TextIO, cast

from rich.console import Console

_WIDTH = 80


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leaves it to the caller, where newer versions of rich end the program with status 1."""
        raise  # the BrokenPipeError that is being handled


def console() -> Console:
    """Without markup, emoji codes and highlighting, since texts come from files."""
    plain = _Console(markup=False, emoji=False, highlight=False, soft_wrap=False)
    if plain.is_terminal:
        plain.width = min(plain.width, _WIDTH)
        return plain
    return _Console(
        markup=False, emoji=False, highlight=False, soft_wrap=False, width=_WIDTH,
        file=cast(TextIO, _WithoutTrailingBlanks(plain.file)),
    )  # fmt: skip


class _WithoutTrailingBlanks:
    """A file without trailing blanks, which rich writes in tables. Rich writes whole lines."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        self._file.write("\n".join(line.rstrip(" ") for line in text.split("\n")))
        return len(text)

    def flush(self) -> None:
        self._file.flush()
