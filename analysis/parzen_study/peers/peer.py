"""What a peer is, and what of it is timed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

Once = Callable[[], object]


@dataclass(frozen=True)
class PeerCase:
    """One thing that is timed.

    `name` is of the form `family/peer/key:value/...`. `opened()` holds what must be there before
    the clock runs, such as workers, and gives what is called once an iteration. Every call must
    return what equals `expected()`, which is asked for once, before. A case that counts samples has
    a `digest` of what a call returned, for the document.
    """

    name: str
    expected: Callable[[], object]
    opened: Callable[[], AbstractContextManager[Once]]
    digest: Callable[[Any], int] | None = None


@dataclass(frozen=True)
class Peer:
    """`name` is as in the names of its cases; without the top-level `module` it is left out."""

    name: str
    module: str
    cases: tuple[PeerCase, ...]
