"""The item `loop` of run.json: the user's own loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from parzen_study.common.shown import shown_json
from parzen_study.run.case import Case
from parzen_study.run.document import Reader

FAMILY = "loops"


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
    """The item of a document that follows the schema; None of a run of the suite's own loops.

    `cases` are those planned. Raises UnusableData if one is not of this loop or of its
    sizes, and if a size is listed twice."""
    found = document.get("loop")
    if found is None:
        return None
    loop = OwnLoop(**{field.name: found[field.name] for field in fields(OwnLoop)})
    loop = replace(loop, sizes=tuple(sorted(map(int, loop.sizes))))
    sizes = {str(size) for size in loop.sizes}
    if len(sizes) < len(loop.sizes):
        raise read.rejection("a size is listed twice", "loop", shown_json(found["sizes"]))
    for case in cases:
        own = case.family == FAMILY and case.get("loop") == loop.name
        if not (own and case.get("size") in sizes):
            what = "a case is of another loop or size than the run"
            raise read.rejection(what, "cases", case.name)
    return loop
