"""Verdicts of a comparison: their exit statuses, the last line of output, and verdict.json.

Contract of `parzen-study compare`: every verdict has its own exit status, and no failure has one of
these. 1 and 2 are Python's (a traceback, a wrong option).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from parzen_study.common.output import write_whole

FILE = "verdict.json"
_FORMAT, _VERSION = "parzen-study verdict", 1
_WIDTH = 80


class Verdict(IntEnum):
    """The value is the exit status."""

    PASS = 0
    REGRESSED = 10
    INCONCLUSIVE = 11
    INVALID = 12

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Judgement:
    """A verdict and, in a few plain words, its reason."""

    verdict: Verdict
    reason: str

    @property
    def line(self) -> str:
        """The last line of output: at most 80 columns."""
        return self._start + self.text

    @property
    def text(self) -> str:
        """The reason in ASCII, cut to fit the line, whatever it quotes from a file."""
        plain = "".join(each if " " <= each <= "~" else "?" for each in self.reason)
        room = _WIDTH - len(self._start)
        return plain if len(plain) <= room else f"{plain[: room - 3]}..."

    @property
    def _start(self) -> str:
        return f"verdict: {self.verdict.word} - "


def write_verdict(folder: Path, judgement: Judgement, details: Mapping[str, Any]) -> None:
    """Write verdict.json (form: results/README.md), whole or not at all."""
    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "verdict": judgement.verdict.word,
        "status": int(judgement.verdict),
        "reason": judgement.text,
        **details,
    }
    write_whole(folder / FILE, (json.dumps(document, indent=1) + "\n").encode("ascii"))


def remove_verdict(folder: Path) -> None:
    """Remove an earlier verdict, so that a comparison that fails leaves none behind."""
    (folder / FILE).unlink(missing_ok=True)
