"""What a build executes: instructions, allocations, system calls, messages. Compared exactly.

A count is a range over repetitions, and may leave it by at most its width: a constant count must
not grow by one. System calls may grow by less than one in two calls, since threads end in any
order; those for waiting and waking, by less than one per task. No times are used, so any machine
with the toolchain can judge, if it has counted itself or two machines have.

    results/baselines/counts/<toolchain>/counts.json
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.common.output import write_whole
from parzen_study.common.regular_file import read_regular
from parzen_study.common.wording import count_of
from parzen_study.gate.verdict import Judgement, Verdict
from parzen_study.run.schema import problem_of

FILE: Final = "counts.json"
REPETITIONS: Final = 10  # needed for a verdict
# They depend on the kernel and on timing: shown, never judged.
PAGE_FAULTS: Final = "page_faults"
SPINNING: Final = "spinning"
INSTRUCTIONS: Final = "instructions"
ALLOCATIONS: Final = "allocations"
MESSAGES: Final = ("messages", "message_bytes")
BYTES_WRITTEN: Final = "bytes_written"
# How often a thread sleeps depends on the load of the machine.
WAKE_UPS: Final = {
    *("clock_nanosleep", "epoll_wait", "futex", "nanosleep", "poll", "ppoll", "pselect6", "read"),
    *("recvmsg", "restart_syscall", "rt_sigreturn", "sched_yield", "select", "wait4", "waitid"),
    *("write", BYTES_WRITTEN),
}

_FORMAT, _VERSION = "parzen-study counts", 1
# Of the build, by which a folder is named.
_NAMED: Final = ("arch", "compiler", "libc", "library_tbb", "valgrind")
_MOST_BYTES: Final = 1 << 20

Range = tuple[int, int]

_TEXTS: Final = {"type": "object", "additionalProperties": {"type": "string"}}
_NUMBER: Final = {"type": "integer", "minimum": 1}
_RANGE: Final = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": [
        *("format", "version", "build", "machines", "repetitions", "calls", "tasks", "counts"),
    ],
    "properties": {
        "format": {"const": _FORMAT},
        "version": {"const": _VERSION},
        "build": {**_TEXTS, "required": list(_NAMED)},
        "machines": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "repetitions": _NUMBER,
        "calls": _NUMBER,
        "tasks": _NUMBER,
        "counts": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": _RANGE},
        },
    },
}  # fmt: skip


class Outcome(StrEnum):
    """Of a count. In the order of the table."""

    MORE = "more"
    MISSING = "missing"  # a unit that was counted before
    FEWER = "fewer"
    NEW = "new"  # a unit that was not


@dataclass(frozen=True)
class Counts:
    """`counts` by unit (`tbb warm`, `kernel fused`) and what is counted: ranges of what `calls`
    calls of `tasks` tasks took; instructions of one call. `machines` names CPU models,
    with how many CPUs and which kernel."""

    build: Mapping[str, str]
    machines: Sequence[str]
    repetitions: int
    calls: int
    tasks: int
    counts: Mapping[str, Mapping[str, Range]]

    @property
    def toolchain(self) -> str:
        """A name for a folder: what compiled the build, and what counts."""
        words = " ".join(self.build[item] for item in _NAMED)
        return re.sub(r"[^a-z0-9.]+", "-", words.lower()).strip("-.")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises UnusableData for a damaged file, NoData without a file."""
        found: Any = None
        try:
            content = read_regular(path)
            if len(content) > _MOST_BYTES:
                raise ValueError(f"{len(content)} bytes, more than the 1 MiB of any counts")
            found = json.loads(content)
            problem = str(problem_of(_SCHEMA, found) or "")
        except OSError as error:
            raise NoData(
                "no counts can be read", where=str(path), found=error.strerror or str(error),
                next_step="count: 'make counts'",
            ) from None  # fmt: skip
        except (ValueError, RecursionError) as error:
            problem = str(error)
        if problem:
            raise UnusableData(
                "unusable counts", where=str(path), found=problem,
                next_step="restore the file, or count again: 'make counts STORE=yes'",
            )  # fmt: skip
        counts = {
            unit: {what: (low, high) for what, (low, high) in each.items()}
            for unit, each in found["counts"].items()
        }
        fields = {key: found[key] for key in ("build", "machines", "repetitions", "calls", "tasks")}
        return cls(**fields, counts=counts)

    def write(self, path: Path) -> None:
        """Whole, or not at all; a count per line."""
        head = {"format": _FORMAT, "version": _VERSION, **vars(self), "counts": None}
        units = []
        for unit, counts in self.counts.items():
            lines = [f"   {json.dumps(what)}: {json.dumps(each)}" for what, each in counts.items()]
            units.append(f"  {json.dumps(unit)}: {{\n" + ",\n".join(lines) + "\n  }")
        text = json.dumps(head, indent=1).replace(
            '"counts": null', '"counts": {\n' + ",\n".join(units) + "\n }"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{text}\n".encode())

    def with_(self, other: Counts) -> Counts:
        """The counts of both: of the same build, on two machines or at two times."""
        union = {
            unit: {what: _both(self.of(unit, what), other.of(unit, what)) for what in whats}
            for unit, whats in self.whats(other).items()
        }
        machines = list(dict.fromkeys([*self.machines, *other.machines]))
        repetitions = self.repetitions + other.repetitions
        return replace(self, machines=machines, repetitions=repetitions, counts=union)

    def of(self, unit: str, what: str) -> Range:
        """What is never done is in no profile and no trace: none."""
        return self.counts.get(unit, {}).get(what, (0, 0))

    def whats(self, other: Counts) -> dict[str, list[str]]:
        """By unit of either: all that is counted, sorted."""
        return {
            unit: sorted({*self.counts.get(unit, {}), *other.counts.get(unit, {})})
            for unit in dict.fromkeys([*self.counts, *other.counts])
        }


@dataclass(frozen=True)
class Difference:
    """Of one count, stored and found; of a unit as a whole, `what` is empty and there are none."""

    unit: str
    what: str
    stored: Range
    found: Range
    outcome: Outcome


def differences(found: Counts, stored: Counts) -> list[Difference]:
    """What is judged and differs, worst first, in the order of the stored units."""
    return sorted(_differences(found, stored), key=lambda each: list(Outcome).index(each.outcome))


def _differences(found: Counts, stored: Counts) -> Iterator[Difference]:
    for unit, whats in stored.whats(found).items():
        if _is_shown(unit):
            continue
        if unit not in found.counts:
            yield Difference(unit, "", (0, 0), (0, 0), Outcome.MISSING)
        elif unit not in stored.counts:
            yield Difference(unit, "", (0, 0), (0, 0), Outcome.NEW)
        else:
            for what in whats:
                low, high = stored.of(unit, what)
                now = found.of(unit, what)
                if _is_shown(what):
                    continue
                room = _room(stored, what, high - low)
                # A count that varies grew only if its least is above all that is stored.
                if now[0] > high + room:
                    yield Difference(unit, what, (low, high), now, Outcome.MORE)
                elif now[1] < low - room:
                    yield Difference(unit, what, (low, high), now, Outcome.FEWER)


def not_judged(found: Counts, stored: Counts | None) -> str:
    """Why these counts cannot be compared; empty if they can."""
    if stored is None:
        return f"no stored counts of {found.toolchain}"
    other = sorted(
        item
        for item in {*found.build, *stored.build}
        if found.build.get(item) != stored.build.get(item)
    )
    if other or (found.calls, found.tasks) != (stored.calls, stored.tasks):
        return f"the stored counts are of another build: {', '.join(other) or 'calls'}"
    if stored.repetitions < REPETITIONS:
        return f"stored: {count_of(stored.repetitions, 'repetition')} of {REPETITIONS}"
    return ""


def judged(found: Counts, stored: Counts | None) -> tuple[Judgement, list[Difference]]:
    """The verdict and its differences."""
    if reason := not_judged(found, stored):
        return Judgement(Verdict.INCONCLUSIVE, f"not judged: {reason}"), []
    assert stored is not None
    differ = differences(found, stored)
    worse = [each for each in differ if each.outcome in (Outcome.MORE, Outcome.MISSING)]
    units = list(dict.fromkeys(each.unit for each in worse))
    if worse:
        said = f"{count_of(len(worse), 'count')} grew or missing: {_listed(units)}"
        known = len(stored.machines) > 1 or {*found.machines} <= {*stored.machines}
        if known:
            return Judgement(Verdict.REGRESSED, said), differ
        return Judgement(Verdict.INCONCLUSIVE, f"{said}; stored from one other machine"), differ
    number = sum(map(len, stored.whats(found).values()))  # which of them are 0 varies
    changed = f", {len(differ)} fewer or new: make counts STORE=yes" if differ else ""
    return Judgement(Verdict.PASS, f"no count grew ({number} counts{changed})"), differ


def table(differ: Sequence[Difference], calls: int) -> str:
    """For a terminal of 80 columns; counts per call, instructions as they are."""
    rows = [("unit", "of one call", "stored", "found", "outcome")]
    for each in differ:
        scale = 1 if each.what == INSTRUCTIONS else calls
        cells = (
            ("", "") if not each.what else (_range(each.stored, scale), _range(each.found, scale))
        )
        rows.append((each.unit, each.what, *cells, each.outcome.value))
    return "\n".join(
        f"{unit[:18]:18}  {what[:18]:18}  {before:>14}  {after:>14}  {outcome}".rstrip()
        for unit, what, before, after, outcome in rows
    )


def _both(one: Range, other: Range) -> Range:
    return min(one[0], other[0]), max(one[1], other[1])


def _is_shown(name: str) -> bool:
    return name == PAGE_FAULTS or name.endswith(SPINNING)


def _room(stored: Counts, what: str, width: int) -> int:
    """By how much a count may leave its range."""
    if what in WAKE_UPS:
        return max(width, stored.calls * stored.tasks - 1)
    exact = {INSTRUCTIONS, ALLOCATIONS, *MESSAGES}
    return width if what in exact else max(width, stored.calls // 2)


def _range(values: Range, scale: int) -> str:
    low, high = (f"{each / scale:,.10g}" for each in values)
    return low if low == high else f"{low} to {high}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
