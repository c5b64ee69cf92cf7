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

    `name` is of the form `family/peer/key:value/...`; `group` and `kind` are those that
    parzen_bench gives its own cases of the same work. `opened()` holds what must be there before
    the clock runs, such as workers, and gives what is called once an iteration. Every call must
    return what equals `expected()`, which is asked for once, before. A case that counts samples has
    a `digest` of what a call returned, for the document.
    """

    name: str
    group: str
    expected: Callable[[], object]
    opened: Callable[[], AbstractContextManager[Once]]
    digest: Callable[[Any], int] | None = None
    kind: str = "loop"


@dataclass(frozen=True)
class Peer:
    """Cases of one family, and the top-level modules without which they are left out.

    `name` is the backend of its cases, or their kernel where the backend is `serial`. Its version
    is that of the first module.
    """

    name: str
    modules: tuple[str, ...]
    cases: tuple[PeerCase, ...]
