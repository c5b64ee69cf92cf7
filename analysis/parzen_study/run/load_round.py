"""One round of run.json: its cases, a row or an error each, exactly one; and its foreign load."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from parzen_study.common.shown import shown_json
from parzen_study.run.case import INTEGERS, MEMORY, RESULT_BYTES, TASKS, WORDS, Case
from parzen_study.run.disturbance import ForeignLoad
from parzen_study.run.document import UNITS, Reader, as_float
from parzen_study.run.run import CaseError

# No clock gives a time outside of these seconds; and logarithms of the rest are safe to subtract.
_SHORTEST, _LONGEST = 1e-12, 1e9
_DIGESTS = 2**32
# Of bytes and of tasks.
_MOST = 2.0**63


def round_outcomes(
    read: Reader, benchmarks: list[Any], cases: Mapping[str, Case], number: int
) -> Iterator[dict[str, Any] | CaseError]:
    """A row or an error for every case that a round holds, at most one each.

    `cases` are those that the round ran. Raises UnusableData for another case, and for what
    no clock and no counter gives.
    """
    seen: set[str] = set()
    for entry in benchmarks:
        place = f"round {number}"
        if not isinstance(entry, dict):
            raise read.refuse("a benchmark must be an object", place, shown_json(entry))
        if entry.get("run_type") == "aggregate":
            continue  # computed by Google Benchmark from entries that stand beside it
        case = read.case(entry.get("run_name"), place)
        if case.name not in cases:
            raise read.refuse("a case was measured that the run did not plan", place, case.name)
        if case.name in seen:
            raise read.refuse(
                "a case stands twice in one round", place, case.name,
                "measure without repetitions: a round times every case once, in a fresh process",
            )  # fmt: skip
        seen.add(case.name)
        if entry.get("error_occurred"):
            message = str(entry.get("error_message", "no message"))
            yield CaseError(case.name, number, message)
        else:
            yield _row(read, entry, case, number)


def foreign_load(read: Reader, one_round: Mapping[str, Any], number: int) -> ForeignLoad | None:
    """What other programs used of the CPUs in a round; None of a run that did not look at it."""
    if "foreign_load" not in one_round:
        return None
    place = f"round {number}, foreign_load"
    found = read.item(one_round, "foreign_load", dict, f"round {number}")
    seconds, cpu_seconds = (as_float(found.get(key)) for key in ("seconds", "cpu_seconds"))
    if not (0.0 < seconds <= _LONGEST and 0.0 <= cpu_seconds <= _LONGEST):  # nor NaN
        what = "'seconds' must be a positive number and 'cpu_seconds' one that is not negative"
        raise read.refuse(what, place, shown_json(found))
    return ForeignLoad(seconds, cpu_seconds)


def _row(read: Reader, entry: Mapping[str, Any], case: Case, number: int) -> dict[str, Any]:
    place = f"round {number}, {case.name}"
    unit = entry.get("time_unit")
    if not isinstance(unit, str) or unit not in UNITS:
        raise read.refuse("the time has no known unit", place, f"time_unit is {shown_json(unit)}")

    def seconds(key: str, scale: float, least: float) -> float:
        found = as_float(entry.get(key)) * scale
        if not least <= found <= _LONGEST:  # nor NaN
            what = f"'{key}' must be a finite number of at least {least:g} seconds"
            raise read.refuse(what, place, shown_json(entry.get(key)))
        return found

    row: dict[str, Any] = {"case": case.name, "round": number, "family": case.family,
                           "backend": case.backend}  # fmt: skip
    row |= {key: case.get(key) for key in WORDS}
    row |= {key: case.number(key) if case.get(key) else None for key in INTEGERS}
    row["real_time"] = seconds("real_time", UNITS[unit], _SHORTEST)
    if "cpu_time" in entry:
        row["cpu_time"] = seconds("cpu_time", UNITS[unit], 0.0)
    if "children_cpu_time" in entry:
        row["children_cpu_time"] = seconds("children_cpu_time", 1.0, 0.0)
    if "huge_page_share" in entry:
        share = as_float(entry["huge_page_share"])
        if not 0 <= share <= 1:  # nor NaN
            what = "'huge_page_share' must be a number from 0 to 1"
            raise read.refuse(what, place, shown_json(entry["huge_page_share"]))
        row["huge_page_share"] = share
    if "involuntary_switches" in entry:
        switches = as_float(entry["involuntary_switches"])
        if not 0 <= switches < math.inf:
            what = "'involuntary_switches' must be a finite number of at least 0"
            raise read.refuse(what, place, shown_json(entry["involuntary_switches"]))
        row["involuntary_switches"] = switches
    for key, of in (*((key, "bytes") for key in MEMORY), (TASKS, "tasks"), (RESULT_BYTES, "bytes")):
        if key in entry:
            row[key] = as_float(entry[key])
            if not (0 < row[key] < _MOST and row[key].is_integer()):
                what = f"'{key}' must be a whole number of {of}"
                raise read.refuse(what, place, shown_json(entry[key]))
    if "counts_digest" in entry:
        digest = as_float(entry["counts_digest"])
        if not (0 <= digest < _DIGESTS and digest.is_integer()):
            what = "'counts_digest' must be a whole number of 32 bits"
            raise read.refuse(what, place, shown_json(entry["counts_digest"]))
        row["counts_digest"] = int(digest)
    return row
