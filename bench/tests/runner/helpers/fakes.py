"""Shared by the fake programs. The tests start them a thousand times, so they import little: json,
which imports re, would take half of the start-up time."""

import os.path
import sys

_FOLDER = os.path.dirname(os.path.realpath(__file__))


def launcher(module: str) -> str:
    """The text of a program that runs main() of a module in this folder, from its bytecode."""
    return (
        f"#!{sys.executable} -IS\n"
        "import sys\n"
        f"sys.path.insert(0, {_FOLDER!r})\n"
        f"from {module} import main\n"
        "sys.exit(main())\n"
    )


def to_json(value: object) -> str:
    """JSON of texts, numbers, booleans, lists and dictionaries."""
    if isinstance(value, dict):
        items = (f"{to_json(key)}: {to_json(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(to_json, value))}]"
    if isinstance(value, str):
        return f'"{"".join(map(_escaped, value))}"'
    if isinstance(value, bool | None):
        return {True: "true", False: "false", None: "null"}[value]
    return repr(value)


def _escaped(character: str) -> str:
    plain = " " <= character <= "~" and character not in '"\\'
    return character if plain else f"\\u{ord(character):04x}"
