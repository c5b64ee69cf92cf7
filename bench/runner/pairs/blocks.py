"""Blocks of four fresh processes, ABBA or BAAB, of two builds. Checks that both builds
are alike."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from parzen_study.common.shown import shown, shown_name
from parzen_study.run.document import UNITS, as_float, pairs
from runner.program import Program
from runner.progress import RoundLines, duration
from runner.run import Document, RunError

ORDERS: Final = ("ABBA", "BAAB")
NAMES: Final = {"A": "OLD", "B": "NEW"}

# Items that may differ between the builds: the revision, and whether it has uncommitted changes.
_OF_A_BUILD: Final = frozenset({"machine.revision", "machine.revision_dirty"})
# Sets of cases are compared case by case.
_OF_CASES: Final = frozenset({"backends.built", "backends.left_out"})
_MECHANISMS: Final = "backends.mechanisms"
# Items that may differ between two processes of one build.
_OF_A_PROCESS: Final = frozenset(
    {
        *("date", "host_name", "executable", "order_seed", "load_avg", "mhz_per_cpu"),
        *("state.frequency_mhz", "state.temperature_c", "state.load_1m", "state.runnable_tasks"),
        *("state.steal_ticks", "state.cpu_ticks", "state.pressure_cpu_some_avg10"),
        *("state.throttled_periods", "state.memory_available_bytes"),
    }
)
_NOT_STORED: Final = ("host_name", "executable")
_SHORTEST, _LONGEST = 1e-12, 1e9  # plausible seconds
_LISTED: Final = 3  # at most this many items in a message
# A timeout that any case meets, also the largest of profile full, on a busy machine.
CASE_SECONDS = 600.0


class HungError(Exception):
    """No case of a process has finished for CASE_SECONDS."""


class BlockLines(RoundLines):
    """The progress in a log; wake() raises HungError, so that a build that hangs is ended."""

    wakeup_seconds = 10.0

    def start_round(self, number: int, cases: int) -> None:
        super().start_round(number, cases)
        self._since = time.monotonic()

    def read_line(self, line: str) -> None:
        before = self._case
        super().read_line(line)
        if self._case > before:
            self._since = time.monotonic()

    def wake(self) -> None:
        if time.monotonic() - self._since > CASE_SECONDS:
            raise HungError


class Contexts:
    """The first context of each build; all later ones must agree with it."""

    def __init__(self) -> None:
        self.first: dict[str, Mapping[str, Any]] = {}

    def require_same(self, build: str, context: Mapping[str, Any]) -> None:
        """Raises RunError for an item in which the builds, or two processes of one build,
        differ."""
        for other, expected in self.first.items():
            same = other == build
            if differing := _differing(expected, context, same):
                listed = "; ".join(
                    f"{item} is {_value(expected, item)} in {NAMES[other]} and "
                    f"{_value(context, item)} in {NAMES[build]}"
                    for item in differing[:_LISTED]
                )
                more = len(differing) - _LISTED
                raise RunError(
                    f"{'context changed' if same else 'contexts differ'}: {listed}"
                    f"{f'; and {more} more' if more > 0 else ''}; "
                    + (
                        "do not change machine or builds meanwhile, and compare again"
                        if same
                        else "build both with the same options, and compare again: only the "
                        "revision may differ"
                    )
                )
        self.first.setdefault(build, context)


@dataclass(frozen=True)
class Processes:
    """Runs blocks of processes. `programs` are by letter; `file` is the output file of a
    process."""

    programs: Mapping[str, Program]
    cases: Sequence[str]
    file: Path
    progress: RoundLines
    contexts: Contexts

    def block(self, number: int, draw: random.Random) -> Document:
        """Runs the next block; raises RunError if one of its processes cannot be used."""
        order, seed = draw.choice(ORDERS), draw.getrandbits(32)
        letters = [
            self._letter(build, f"block {number}, process {position} of {order}", seed)
            for position, build in enumerate(order, start=1)
        ]
        return {"order": order, "seed": seed, "letters": letters}

    def _letter(self, build: str, name: str, seed: int) -> Document:
        self.progress.start_round(1, len(self.cases))
        document = measured(self.programs[build], name, seed, self.file, self.progress, self.cases)
        self.contexts.require_same(build, document["context"])
        context = {
            item: value for item, value in document["context"].items() if item not in _NOT_STORED
        }
        seconds, errors = times_of(document)
        return {"build": build, "context": context, "seconds": seconds, "errors": errors}


def measured(
    program: Program,
    name: str,
    seed: int,
    file: Path,
    progress: RoundLines,
    cases: Sequence[str],
) -> Document:
    """Runs exactly these cases in a fresh process; raises RunError if the result cannot be used."""
    try:
        document: Document = program.round(name, seed, file, progress, cases).document
    except HungError:
        raise RunError(
            f"{name}: {program.name} hangs: no case has finished for {duration(CASE_SECONDS)}; "
            "run it alone to see which one"
        ) from None
    found = Counter(str(case["run_name"]) for case in document["benchmarks"])
    if found != Counter(cases):
        wrong = sorted((found - Counter(cases)) + (Counter(cases) - found))
        raise RunError(
            f"{name}: {program.name} ran other cases than it lists, {len(wrong)} missing or "
            f"too many, such as {shown_name(wrong[0])}; do not build meanwhile, and compare "
            "again"
        )
    return document


def times_of(document: Document) -> tuple[dict[str, float], dict[str, str]]:
    """Results of a process: seconds by case, and messages of cases with an error."""
    seconds: dict[str, float] = {}
    errors: dict[str, str] = {}
    for case in document["benchmarks"]:
        if message := _error(case):
            errors[case["run_name"]] = message
        else:
            seconds[case["run_name"]] = _seconds(case)
    return seconds, errors


def errors_of(blocks: Sequence[Document]) -> dict[str, dict[str, str]]:
    """The cases with an error in any block, with the first message of each build."""
    found: dict[str, dict[str, str]] = {}
    for block in blocks:
        for letter in block["letters"]:
            for case, message in letter["errors"].items():
                found.setdefault(case, {}).setdefault(NAMES[letter["build"]], message)
    return dict(sorted(found.items()))


def _error(case: Mapping[str, Any]) -> str:
    if case.get("error_occurred"):
        return str(case.get("error_message") or "no message")
    if _SHORTEST <= _seconds(case) <= _LONGEST:
        return ""
    return f"no time: {shown(repr(case.get('real_time')))} {shown(repr(case.get('time_unit')))}"


def _seconds(case: Mapping[str, Any]) -> float:
    unit = case.get("time_unit")
    return as_float(case.get("real_time")) * UNITS.get(unit if isinstance(unit, str) else "", 0.0)


def _differing(
    expected: Mapping[str, Any], found: Mapping[str, Any], same_build: bool
) -> list[str]:
    """The items, sorted, that differ between two contexts and must not."""
    free = _OF_A_PROCESS if same_build else _OF_A_PROCESS | _OF_A_BUILD | _OF_CASES
    differing = {
        item
        for item in (expected.keys() | found.keys()) - free
        if item not in expected or item not in found or expected[item] != found[item]
    }
    if not same_build and _MECHANISMS in differing:
        here, there = (pairs(each.get(_MECHANISMS, "")) for each in (expected, found))
        if all(here[backend] == there[backend] for backend in here.keys() & there.keys()):
            differing.remove(_MECHANISMS)
    return sorted(differing)


def _value(context: Mapping[str, Any], item: str) -> str:
    return shown(repr(context[item])) if item in context else "missing"
