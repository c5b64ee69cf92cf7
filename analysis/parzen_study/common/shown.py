"""Text from outside, as a message may show it: arguments, files and their names, other programs'
lines. What a terminal would obey or hide is escaped; text that people can read stays as it is.

The same rules as those of kernels/text/shown.hpp. Known to bench/ as well, so nothing but the
standard library is needed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, Final, NoReturn

MOST_SHOWN: Final = 60  # characters of one text from outside
MOST_OF_A_NAME: Final = 160  # of a file's name with its folders, or a case's: of use as a whole
MOST_OF_A_LINE: Final = 300  # and of a line that another program wrote for people
_GAP: Final = "..."
_NEGATIVE: Final = re.compile(r"-\.?[0-9]")
_OPTION: Final = re.compile(r"--[a-z-]+")
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# How Python holds bytes that are not UTF-8 in names of files and arguments (PEP 383).
_BYTES: Final = range(0xDC80, 0xDD00)


def escaped(text: str) -> str:
    """The text as one line: control characters, and all that leaves no mark of its own, as \\xNN,
    \\uNNNN or \\UNNNNNNNN."""
    return text if text.isprintable() else "".join(map(_escape, text))


def shown(text: str, most: int = MOST_SHOWN) -> str:
    """The same, and of a long text its first and last characters with `...` between: at most `most`
    characters, at least 10, and no escape cut."""
    if len(text) > 2 * most:  # the middle of a very long text is not looked at
        text = text[:most] + text[-most:]
    pieces = [_escape(character) for character in text]
    if sum(map(len, pieces)) <= most:
        return "".join(pieces)
    behind = (most - len(_GAP)) // 3
    last = _fitting(pieces[::-1], behind)[::-1]
    return "".join([*_fitting(pieces, most - len(_GAP) - behind), _GAP, *last])


def quoted(text: str) -> str:
    """What is shown, in quotes that do not count."""
    return f"'{shown(text)}'"


def shown_name(path: object) -> str:
    """The name of a file or of a case."""
    return shown(str(path), MOST_OF_A_NAME)


def shown_json(value: object) -> str:
    """A value as a file of JSON has it."""
    try:
        return shown(json.dumps(value, default=str, ensure_ascii=False))
    except RecursionError:
        return "a value of too many levels"


def with_escaped_text(value: Any) -> Any:
    """A document in which each text, and each name of an item, is escaped."""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, list):
        return [with_escaped_text(each) for each in value]
    if isinstance(value, dict):
        return {escaped(key): with_escaped_text(each) for key, each in value.items()}
    return value


class ArgumentParser(argparse.ArgumentParser):
    """One whose messages show arguments as text from outside."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse's, but `--task-time -1us` is an option with its value, not two options."""
        self._given = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(_with_numbers_joined(self._given), namespace)

    def error(self, message: str) -> NoReturn:
        """Prints usage and message, and ends with status 2."""
        head, colon, arguments = message.partition("unrecognized arguments: ")
        if colon:
            super().error(f"{head}{colon}{shown(arguments)}")
        for argument in sorted(self._given, key=len, reverse=True):
            for part in (argument, argument.partition("=")[2]):
                if part and part != shown(part):
                    message = message.replace(repr(part), quoted(part)).replace(part, shown(part))
        super().error(escaped(message))


def _with_numbers_joined(arguments: Sequence[str]) -> list[str]:
    joined: list[str] = []
    for argument in arguments:
        if _NEGATIVE.match(argument) and joined and _OPTION.fullmatch(joined[-1]):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _escape(character: str) -> str:
    code = ord(character)
    if character.isprintable():
        return character
    if code in _BYTES:
        return f"\\x{code - 0xDC00:02x}"
    if character in _SHORT:
        return _SHORT[character]
    return (
        f"\\x{code:02x}"
        if code < 0x80
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def _fitting(pieces: Sequence[str], room: int) -> list[str]:
    """The first pieces that are together no longer than that."""
    total = 0

    def fits(piece: str) -> bool:
        nonlocal total
        total += len(piece)
        return total <= room

    return list(takewhile(fits, pieces))
