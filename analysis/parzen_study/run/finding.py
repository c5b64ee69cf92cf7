"""A finding about the quality of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`rejection`: data excluded. `warning`: data kept.

    `subject` is `case` or `round` if the finding is of a single one; several with the same cause
    are reported as one. Otherwise it is empty.
    `transient` is whether other programs on the machine caused it: then no build fails because of
    it.
    """

    kind: Literal["rejection", "warning"]
    what: str
    cause: str
    next_step: str
    transient: bool = False
    subject: str = ""
