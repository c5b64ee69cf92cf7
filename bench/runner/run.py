"""A run as data: merges documents and writes them.

results/README.md describes the format of run.json.
"""

import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from parzen_study.common.output import write_reserved
from parzen_study.common.shown import MOST_OF_A_LINE, shown
from parzen_study.run.schema import problem_of_round, problem_of_run
from runner.answers import parsed_json

Document = dict[str, Any]

# Advice if a folder cannot be the output.
ANOTHER_FOLDER: Final = "choose another folder: RESULTS=folder of make, --output of rounds.py"

_LISTED: Final = 10  # at most this many items in a message


class RunError(Exception):
    """The run cannot continue or cannot be used. The message says what was found and what to do."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def parsed(written: bytes, name: str) -> Document:
    """The document that a program wrote in a round.

    Raises RunError if it is not JSON, or breaks results/run.schema.json.
    """
    try:
        document: Document = parsed_json(written)
    except (ValueError, RecursionError) as error:
        _reject(
            name,
            f"its file of {len(written)} bytes is not valid JSON ({error})",
            "Check for a full disk, then measure again.",
        )
    if problem := problem_of_round(document):
        _reject(
            name,
            f"it is not a document of Google Benchmark: {problem}",
            "Build again: make build",
        )
    return document


def without_cases(machine: Mapping[str, Mapping[str, str]]) -> Document:
    """The document of parzen_bench without cases, as if a filter matched none: the
    machine's items."""
    items = {
        f"{group}.{item}": value
        for group, values in machine.items()
        for item, value in values.items()
    }
    return {"context": items, "benchmarks": []}


# Items that are lists, and what separates their entries.
_LISTS: Final = {"backends.built": ",", "backends.mechanisms": "; "}


def joined(documents: Sequence[Document]) -> Document:
    """Joins the documents of all programs of a round. The first document with an item sets it; to a
    list, others add entries."""
    context: Document = {}
    for document in documents:
        for item, value in document["context"].items():
            context.setdefault(item, value)
            if item in _LISTS:
                between = _LISTS[item]
                entries = [*context[item].split(between), *value.split(between)]
                context[item] = between.join(dict.fromkeys(entries))
    benchmarks = [case for document in documents for case in document["benchmarks"]]
    return {**documents[0], "context": context, "benchmarks": benchmarks}


def checked(
    document: Document,
    name: str,
    cases: Sequence[str],
    machine: Document | None,
    said: Sequence[str] = (),
) -> Document:
    """The document of a round, without host name and path.

    Raises RunError if it cannot be merged with other rounds of these cases on this machine.
    `machine` is None in the first round. `said` are the programs' messages: they may explain why
    cases are missing.
    """
    context = dict(document["context"])
    found = [str(case["run_name"]) for case in document["benchmarks"]]
    missing, unplanned = Counter(cases), Counter(found)
    missing, unplanned = missing - unplanned, unplanned - missing
    if missing or unplanned:
        parts = [
            f"{names.total()} {what} ({_listed(list(names.elements()))})"
            for what, names in (("missing", missing), ("not planned", unplanned))
            if names
        ]
        _reject(
            name,
            f"of {len(cases)} planned cases, " + ", ".join(parts),
            "\n".join(
                ["Do not build, or change the number of ranks, during a run; measure again.", *said]
            ),
        )

    here = machine_items(context)
    if not here:
        _reject(name, "its context has no machine.* item", "Build again: make build")
    if machine is not None and here != machine:
        differing = [
            f"{item}: {shown(repr(machine.get(item)))} in round 1, "
            f"{shown(repr(here.get(item)))} here"
            for item in sorted(machine.keys() | here.keys())
            if machine.get(item) != here.get(item)
        ]
        _reject(
            name,
            f"it is of another machine or build ({_listed(differing)})",
            "Do not change machine or build during a run; measure again.",
        )
    for item in ("host_name", "executable"):
        context.pop(item, None)
    return {**document, "context": context}


def machine_items(context: Document) -> Document:
    """The items in a round's context that identify machine and build."""
    return {key: value for key, value in context.items() if key.startswith("machine.")}


def errors_of(rounds: Sequence[Document]) -> list[str]:
    """One line for each case that has an error instead of a time in any round."""
    messages: dict[str, list[str]] = {}
    for document in rounds:
        for case in document["benchmarks"]:
            if case.get("error_occurred"):
                message = str(case.get("error_message") or "no message")
                messages.setdefault(case["run_name"], []).append(message)
    ran = Counter(case["run_name"] for document in rounds for case in document["benchmarks"])
    return [
        f"{case}: {shown(said[0], MOST_OF_A_LINE)} ({len(said)} of {ran[case]} rounds)"
        for case, said in sorted(messages.items())
    ]


def merged(
    chosen: Document,
    cases: Sequence[str],
    rounds: Sequence[Document],
    busy_before: float | None,
    state_after: Mapping[str, str],
) -> Document:
    """The content of run.json; `chosen` are its first items."""
    read_before = {} if busy_before is None else {"busy_before": round(busy_before, 4)}
    return {
        "format": "parzen-study run",
        "version": 1,
        **chosen,
        "cases": sorted(cases),
        "python": {  # the article's system table: its labels in its order
            "Python version": platform.python_version(),
            "compiler": platform.python_compiler(),
            "system": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "processor": platform.processor() or "unknown",
            "CPU count": str(os.cpu_count() or "unknown"),
            "interpreter": platform.architecture()[0],
        },
        **read_before,
        "state_after": dict(state_after),
        "rounds": list(rounds),
    }


def require_form(run: Document) -> None:
    """Raises RunError if results/run.schema.json does not allow the run. Call it before
    measuring."""
    if problem := problem_of_run(run):
        raise RunError(f"no run can be stored, because of an error in bench/runner: {problem}")


def write_json(file: Path, document: Document) -> int:
    """Writes the document whole or not at all. Keeps its order: that of cases in a round is data.

    Returns its size in bytes within a list of run.json: indented and with a comma.
    """
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    write_reserved(file, text.encode())
    return len(text) + 2 * text.count("\n") + 1


def _reject(name: str, found: str, advice: str) -> NoReturn:
    raise RunError(f"{name} cannot be used: {found}. {advice}")


def _listed(items: Sequence[str]) -> str:
    more = len(items) - _LISTED
    return "; ".join([*items[:_LISTED], *([f"and {more} more"] if more > 0 else [])])
