"""A peer and its timed cases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

Once = Callable[[], object]


@dataclass(frozen=True)
class PeerCase:
    """One thing that is timed.

    `name` is of the form `family/peer/key:value/...`. `group` and `kind` are those of
    parzen_bench's cases of the same work. `opened()` prepares what must exist before the clock
    starts, such as workers, and yields the call of one iteration. Every call must return a value
    equal to `expected()`, which is called once before. `digest`, for a case that counts samples,
    is computed from a call's result for the document.
    """

    name: str
    group: str
    expected: Callable[[], object]
    opened: Callable[[], AbstractContextManager[Once]]
    digest: Callable[[Any], int] | None = None
    kind: str = "loop"


@dataclass(frozen=True)
class Peer:
    """Cases of one family, and the top-level modules that they need; without these they are
    skipped.

    `name` is the backend of its cases, or their kernel if the backend is `serial`. Its version
    is that of the first module.
    """

    name: str
    modules: tuple[str, ...]
    cases: tuple[PeerCase, ...]
