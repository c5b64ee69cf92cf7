"""What is wrong or doubtful about a run, for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`rejection`: data rejected. `warning`: data kept, with care.

    `transient` is whether other programs on the machine caused it, at the time: it says nothing of
    the build, and no build fails by it.
    """

    kind: Literal["rejection", "warning"]
    what: str
    cause: str
    next_step: str
    transient: bool = False
