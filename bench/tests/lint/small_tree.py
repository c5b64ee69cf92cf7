"""Writes small trees of source files, for the tests of `make lint`."""

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def write_tree(folder: Path, files: Mapping[str, str]) -> None:
    """Writes each text under its name, which is relative to the folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
