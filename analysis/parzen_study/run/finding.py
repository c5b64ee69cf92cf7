"""A finding about the quality of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`rejection`: data excluded. `warning`: data kept.

    `transient` is whether other programs on the machine caused it: then no build fails because of
    it.
    """

    kind: Literal["rejection", "warning"]
    what: str
    cause: str
    next_step: str
    transient: bool = False
