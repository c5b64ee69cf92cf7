"""The only reader of run.json (format: results/README.md): strict, then a typed `Run`.

Whatever does not hold what the format promises is refused with the round, the case and the value;
nothing is repaired and nothing is left out silently.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from parzen_study.case import INTEGERS, WORDS, Case
from parzen_study.document import Reader, read_document, shown
from parzen_study.run import MECHANISMS, UNKNOWN, CaseError, Run

FORMAT = "parzen-study run"
VERSION = 1

# Google Benchmark's BenchmarkUnit, in seconds.
_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
# No clock gives a time outside of these seconds; and logarithms of the rest are safe to subtract.
_SHORTEST, _LONGEST = 1e-12, 1e9
_DIGESTS = 2**32
_LARGEST_N = 10**18  # of as many digits as a case's name may hold
_PRIVATE = frozenset({"host_name", "executable"})
_COLUMNS = (
    *("case", "round", "family", "backend", *WORDS, *INTEGERS),
    *("real_time", "cpu_time", "children_cpu_time", "involuntary_switches", "counts_digest"),
    "huge_page_share",
)


def load_run(path: Path) -> Run:
    """Read and check a run.

    Raises UnusableData for a file that cannot be read, is truncated, is not a run, mixes two
    machines, lacks a case in a round or holds a time that no clock gives.
    """
    document = read_document(path)
    read = Reader(path)
    _check_format(read, document)
    rounds = read.item(document, "rounds", list, "top level")
    if not rounds:
        raise read.refuse("the run holds no round", "rounds", "an empty list")
    cases = _planned_cases(read, document)
    contexts = []
    rows: list[dict[str, Any]] = []
    errors: list[CaseError] = []
    for number, one_round in enumerate(rounds, start=1):
        place = f"round {number}"
        if not isinstance(one_round, dict):
            raise read.refuse("a round must be an object", place, shown(one_round))
        contexts.append(read.item(one_round, "context", dict, place))
        benchmarks = read.item(one_round, "benchmarks", list, place)
        for outcome in _round_outcomes(read, benchmarks, cases, number):
            if isinstance(outcome, CaseError):
                errors.append(outcome)
            else:
                rows.append(outcome)
    frame = _frame(rows)
    errors += _unstable_counts(frame)
    frame = frame[~frame["case"].isin({error.case for error in errors})].reset_index(drop=True)
    machine = _one_machine(read, contexts)
    context = contexts[0]
    return Run(
        path=path,
        profile=read.item(document, "profile", str, "top level"),
        rounds_planned=_rounds_planned(read, document, len(rounds)),
        interrupted=read.item(document, "interrupted", bool, "top level"),
        case_filter=read.item({"filter": "", **document}, "filter", str, "top level"),
        largest_n=_largest_n(read, document),
        cases=tuple(cases.values()),
        python=read.strings(read.item(document, "python", dict, "top level"), "python"),
        machine=machine,
        busy_before=_busy_before(read, document),
        states=tuple(
            read.strings(_items(each, "state."), f"context of round {i}")
            for i, each in enumerate(contexts, start=1)
        ),
        state_after=read.strings(
            read.item(document, "state_after", dict, "top level"), "state_after"
        ),
        measured_on=str(context.get("date", UNKNOWN))[:10],
        order_seeds=tuple(str(each.get("order_seed", UNKNOWN)) for each in contexts),
        private_keys=tuple(sorted({key for each in contexts for key in _PRIVATE & each.keys()})),
        backends_built=tuple(_split(context.get("backends.built", ""), ",")),
        mechanisms=_mechanisms(read, context),
        backends_left_out=_pairs(context.get("backends.left_out", "")),
        peers=_pairs(context.get("peers.versions", "")),
        peers_left_out=_pairs(context.get("peers.left_out", "")),
        article_counts=_article_counts(read, context),
        frame=frame,
        errors=tuple(errors),
    )


def _check_format(read: Reader, document: Mapping[str, Any]) -> None:
    if document.get("format") != FORMAT:
        raise read.refuse(
            "the file is JSON, but no run of this suite",
            "format",
            f"'{FORMAT}' expected, {shown(document.get('format'))} found",
            "name a folder whose run.json was written by 'make bench'",
        )
    if document.get("version") != VERSION or isinstance(document.get("version"), bool):
        raise read.refuse(
            "the run is of another version of the format",
            "version",
            f"{VERSION} expected, {shown(document.get('version'))} found",
            "measure again with this revision's 'make bench', or check out the run's revision",
        )


def _rounds_planned(read: Reader, document: Mapping[str, Any], rounds: int) -> int:
    planned: int = read.item(document, "rounds_planned", int, "top level")
    if planned < rounds:
        raise read.refuse(
            "the run holds more rounds than it planned",
            "rounds_planned",
            f"{shown(planned)} planned, {rounds} found",
        )
    return planned


def _largest_n(read: Reader, document: Mapping[str, Any]) -> int:
    bound: int = read.item({"largest_n": 0, **document}, "largest_n", int, "top level")
    if not 0 <= bound < _LARGEST_N:
        what = f"'largest_n' must be a whole number from 0 to {_LARGEST_N - 1}"
        raise read.refuse(what, "top level", shown(bound))
    return bound


def _busy_before(read: Reader, document: Mapping[str, Any]) -> float | None:
    if "busy_before" not in document:
        return None
    share = _as_float(document["busy_before"])
    if not 0 <= share <= 1:  # nor NaN
        what = "'busy_before' must be a number from 0 to 1"
        raise read.refuse(what, "top level", shown(document["busy_before"]))
    return share


def _planned_cases(read: Reader, document: Mapping[str, Any]) -> dict[str, Case]:
    cases: dict[str, Case] = {}
    for name in read.item(document, "cases", list, "top level"):
        case = read.case(name, "cases")
        if case.name in cases:
            raise read.refuse("a case is listed twice", "cases", case.name)
        cases[case.name] = case
    if not cases:
        raise read.refuse("the run planned no case", "cases", "an empty list")
    return cases


def _round_outcomes(
    read: Reader, benchmarks: list[Any], cases: Mapping[str, Case], number: int
) -> Iterator[dict[str, Any] | CaseError]:
    """A row or an error for every planned case of a round, exactly one each."""
    seen: set[str] = set()
    for entry in benchmarks:
        place = f"round {number}"
        if not isinstance(entry, dict):
            raise read.refuse("a benchmark must be an object", place, shown(entry))
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
    missing = [name for name in cases if name not in seen]
    if missing:
        raise read.refuse(
            f"{len(missing)} of {len(cases)} cases are missing from a round",
            f"round {number}",
            ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else ""),
        )


def _row(read: Reader, entry: Mapping[str, Any], case: Case, number: int) -> dict[str, Any]:
    place = f"round {number}, {case.name}"
    unit = entry.get("time_unit")
    if not isinstance(unit, str) or unit not in _UNITS:
        raise read.refuse("the time has no known unit", place, f"time_unit is {shown(unit)}")

    def seconds(key: str, scale: float, least: float) -> float:
        found = _as_float(entry.get(key)) * scale
        if not least <= found <= _LONGEST:  # nor NaN
            what = f"'{key}' must be a finite number of at least {least:g} seconds"
            raise read.refuse(what, place, shown(entry.get(key)))
        return found

    row: dict[str, Any] = {"case": case.name, "round": number, "family": case.family,
                           "backend": case.backend}  # fmt: skip
    row |= {key: case.get(key) for key in WORDS}
    row |= {key: case.number(key) if case.get(key) else None for key in INTEGERS}
    row["real_time"] = seconds("real_time", _UNITS[unit], _SHORTEST)
    if "cpu_time" in entry:
        row["cpu_time"] = seconds("cpu_time", _UNITS[unit], 0.0)
    if "children_cpu_time" in entry:
        row["children_cpu_time"] = seconds("children_cpu_time", 1.0, 0.0)
    if "huge_page_share" in entry:
        share = _as_float(entry["huge_page_share"])
        if not 0 <= share <= 1:  # nor NaN
            what = "'huge_page_share' must be a number from 0 to 1"
            raise read.refuse(what, place, shown(entry["huge_page_share"]))
        row["huge_page_share"] = share
    if "involuntary_switches" in entry:
        switches = _as_float(entry["involuntary_switches"])
        if not 0 <= switches < math.inf:
            what = "'involuntary_switches' must be a finite number of at least 0"
            raise read.refuse(what, place, shown(entry["involuntary_switches"]))
        row["involuntary_switches"] = switches
    if "counts_digest" in entry:
        digest = _as_float(entry["counts_digest"])
        if not (0 <= digest < _DIGESTS and digest.is_integer()):
            what = "'counts_digest' must be a whole number of 32 bits"
            raise read.refuse(what, place, shown(entry["counts_digest"]))
        row["counts_digest"] = int(digest)
    return row


def _as_float(value: object) -> float:
    """A JSON number as a float; NaN for anything else and for a number beyond all floats."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    whole = dict.fromkeys((*INTEGERS, "counts_digest"), "Int64")
    seconds = ("real_time", "cpu_time", "children_cpu_time")
    real = dict.fromkeys((*seconds, "involuntary_switches", "huge_page_share"), "float64")
    return frame.astype({**whole, **real, "round": "int64"})


def _unstable_counts(frame: pd.DataFrame) -> list[CaseError]:
    """Counts are integers of a seeded problem: the same in every round, or the case is wrong."""
    digests = frame["counts_digest"].fillna(-1)
    first = digests.groupby(frame["case"], sort=False).transform("first")
    return [
        CaseError(row.case, int(row.round), "the counts are not those of the first round")
        for row in frame[digests != first].itertuples()
    ]


def _one_machine(read: Reader, contexts: list[Mapping[str, Any]]) -> dict[str, str]:
    first = read.strings(_items(contexts[0], "machine."), "context of round 1")
    for number, context in enumerate(contexts[1:], start=2):
        place = f"context of round {number}"
        other = read.strings(_items(context, "machine."), place)
        for key in sorted(first.keys() | other.keys()):
            if first.get(key) != other.get(key):
                raise read.refuse(
                    "the rounds were not measured on one machine with one build",
                    place,
                    f"machine.{key} is '{other.get(key, 'missing')}', "
                    f"in round 1 '{first.get(key, 'missing')}'",
                    "measure all rounds in one go with 'make bench'; never merge two runs",
                )
    return first


def _items(context: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key[len(prefix) :]: value for key, value in context.items() if key.startswith(prefix)}


def _split(text: object, separator: str) -> list[str]:
    return [part.strip() for part in str(text).split(separator) if part.strip()]


def _pairs(text: object) -> dict[str, str]:
    """`name: text; name: text`, the form of several items of the context."""
    pairs = (part.partition(":") for part in _split(text, ";"))
    return {name.strip(): told.strip() or UNKNOWN for name, _, told in pairs}


def _mechanisms(read: Reader, context: Mapping[str, Any]) -> dict[str, str]:
    found = _pairs(context.get("backends.mechanisms", ""))
    for name, mechanism in found.items():
        if mechanism not in MECHANISMS | {UNKNOWN}:
            what = f"a mechanism must be one of {', '.join(sorted(MECHANISMS))}"
            raise read.refuse(what, "context of round 1", shown({name: mechanism}))
    return {name: mechanism for name, mechanism in found.items() if mechanism != UNKNOWN}


def _article_counts(read: Reader, context: Mapping[str, Any]) -> tuple[int, ...]:
    parts = _split(context.get("article.counts", ""), ",")
    if not all(re.fullmatch(r"[0-9]{1,18}", part) for part in parts):
        raise read.refuse(
            "'article.counts' must be whole numbers", "context of round 1", shown(parts)
        )
    return tuple(int(part) for part in parts)
