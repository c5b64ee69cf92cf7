"""One round of run.json: its cases, a row or an error each, exactly one; and its foreign load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parzen_study.common.shown import shown_json
from parzen_study.run.case import INTEGERS, MEMORY, MPI, RESULT_BYTES, TASKS, WORDS, Case
from parzen_study.run.disturbance import ForeignLoad
from parzen_study.run.document import UNITS, Reader, as_float
from parzen_study.run.run import CaseError

# Possible times in seconds; their logarithms are safe to subtract.
_SHORTEST, _LONGEST = 1e-12, 1e9
_COUNTERS = (
    "children_cpu_time",
    "involuntary_switches",
    "huge_page_share",
    TASKS,
    RESULT_BYTES,
    *MEMORY,
)


def round_outcomes(
    read: Reader, benchmarks: list[Any], cases: Mapping[str, Case], number: int
) -> Iterator[dict[str, Any] | CaseError]:
    """A row or an error for each case of a round.

    `cases` are those that the round ran. Raises UnusableData for another case, and for an
    impossible time or counter.
    """
    seen: set[str] = set()
    for entry in benchmarks:
        place = f"round {number}"
        if entry.get("run_type") == "aggregate":
            continue  # computed by Google Benchmark from entries next to it
        case = read.case(entry["run_name"], place)
        if case.name not in cases:
            what = "a case was measured that was not planned"
            if case.backend == MPI and any(each.backend == MPI for each in cases.values()):
                what = "the number of MPI's ranks differs from that of the other rounds"
            raise read.rejection(what, place, case.name)
        if case.name in seen:
            raise read.rejection(
                "a case is listed twice in one round", place, case.name,
                "measure without repetitions: a round times every case once, in a fresh process",
            )  # fmt: skip
        seen.add(case.name)
        if entry.get("error_occurred"):
            yield CaseError(case.name, number, entry.get("error_message", "no message"))
        else:
            yield _row(read, entry, case, number)


def foreign_load(one_round: Mapping[str, Any]) -> ForeignLoad | None:
    """CPU time of other programs in a round; None where it was not measured."""
    if "foreign_load" not in one_round:
        return None
    found = one_round["foreign_load"]
    return ForeignLoad(float(found["seconds"]), float(found["cpu_seconds"]))


def _row(read: Reader, entry: Mapping[str, Any], case: Case, number: int) -> dict[str, Any]:
    unit = UNITS[entry["time_unit"]]

    def seconds(key: str, least: float) -> float:
        found = as_float(entry[key]) * unit
        if not least <= found <= _LONGEST:  # nor NaN
            what = f"'{key}' must be a finite number of at least {least:g} seconds"
            raise read.rejection(what, f"round {number}, {case.name}", shown_json(entry[key]))
        return found

    row: dict[str, Any] = {"case": case.name, "round": number, "family": case.family,
                           "backend": case.backend}  # fmt: skip
    row |= {key: case.get(key) for key in WORDS}
    row |= {key: case.number(key) if case.get(key) else None for key in INTEGERS}
    row["real_time"] = seconds("real_time", _SHORTEST)
    if "cpu_time" in entry:
        row["cpu_time"] = seconds("cpu_time", 0.0)
    row |= {key: float(entry[key]) for key in _COUNTERS if key in entry}
    if "counts_digest" in entry:
        row["counts_digest"] = int(entry["counts_digest"])
    return row
