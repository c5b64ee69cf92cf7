"""The item `loop` of run.json: the user's own loop that a run is of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from parzen_study.common.shown import shown_json
from parzen_study.run.case import Case
from parzen_study.run.document import Reader

FAMILY = "loops"

_PLACE = "loop"
_LARGEST_SIZE = 2**63 - 1  # the argument of a loop's make()


@dataclass(frozen=True)
class OwnLoop:
    """`file` is the name of its file without the folder, `file_sha256` 64 hexadecimal digits,
    `flags` what the compiler was given for it. `sizes` are those measured, rising; `sizes_chosen`
    is whether they were asked for, and not the loop's own."""

    name: str
    file: str
    file_sha256: str
    flags: str
    sizes: tuple[int, ...]
    sizes_chosen: bool


def own_loop(read: Reader, document: Mapping[str, Any], cases: Iterable[Case]) -> OwnLoop | None:
    """None of a run of the suite's own loops. `cases` are those planned: all must be of this loop
    and of its sizes. Raises UnusableData otherwise."""
    if "loop" not in document:
        return None
    found = read.item(document, "loop", dict, "top level")
    digest = read.item(found, "file_sha256", str, _PLACE)
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        what = "'file_sha256' must be 64 hexadecimal digits"
        raise read.refuse(what, _PLACE, shown_json(digest))
    loop = OwnLoop(
        name=read.item(found, "name", str, _PLACE),
        file=read.item(found, "file", str, _PLACE),
        file_sha256=digest,
        flags=read.item(found, "flags", str, _PLACE),
        sizes=_sizes(read, found),
        sizes_chosen=read.item(found, "sizes_chosen", bool, _PLACE),
    )
    sizes = {str(size) for size in loop.sizes}
    for case in cases:
        own = case.family == FAMILY and case.get("loop") == loop.name
        if not (own and case.get("size") in sizes):
            what = "a case is not of the loop that the run is of, or of another size"
            raise read.refuse(what, "cases", case.name)
    return loop


def _sizes(read: Reader, found: Mapping[str, Any]) -> tuple[int, ...]:
    sizes = read.item(found, "sizes", list, _PLACE)
    whole = all(isinstance(size, int) and not isinstance(size, bool) for size in sizes)
    if not (sizes and whole and min(sizes) > 0 and max(sizes) <= _LARGEST_SIZE):
        what = f"'sizes' must be whole numbers from 1 to {_LARGEST_SIZE}"
        raise read.refuse(what, _PLACE, shown_json(sizes))
    if len(set(sizes)) < len(sizes):
        raise read.refuse("a size is listed twice", _PLACE, shown_json(sizes))
    return tuple(sorted(sizes))
