"""What a command says that it does not print: messages, on standard error."""

from __future__ import annotations

import contextlib
import sys


def say(what: object) -> None:
    """A message of parzen-study, lost where nobody reads it."""
    with contextlib.suppress(OSError):
        print(f"parzen-study: {what}", file=sys.stderr, flush=True)
