"""The schema of run.json: it accepts what the suite writes, and each of its rules rejects."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from parzen_study.common.compressed import read_bounded
from parzen_study.common.errors import UnusableData
from parzen_study.run.document import UNITS
from parzen_study.run.load import load_run
from parzen_study.run.schema import must_be, problem_of_round, problem_of_run
from places import ANALYSIS, RECORDED, ROOT
from record import entry, small
from synthetic import Document, case_name, write
from synthetic_dispatch import with_dispatch
from synthetic_kernels import with_kernels

FILE = ROOT / "results" / "run.schema.json"
SCHEMA: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
UNLIKE_A_RUN = {"truncated", "foreign"}  # of the recorded files
TBB = case_name("tbb", 10_000, 2, "cold")
LOOP = {
    "name": "mine", "file": "my loop.cpp", "file_sha256": "0" * 63 + "f", "flags": "-O2 -g",
    "sizes": [1000, 100_000], "sizes_chosen": True,
}  # fmt: skip


def whole() -> Document:
    """A run with every item that the schema names, all of them in its first round and case."""
    document = with_dispatch(small(1, rounds=2))
    document |= {
        "largest_n": 10_000, "not_planned": ["a/b/n:1"], "busy_before": 0.5, "loop": dict(LOOP),
        "groups": {"all": list(document["cases"])},
    }  # fmt: skip
    first = document["rounds"][0]
    first |= {"groups": ["all"], "foreign_load": {"seconds": 9.5, "cpu_seconds": 0}}
    first["benchmarks"][0] |= {
        "error_occurred": False, "error_message": "", "answer_digest": 7.0, "huge_page_share": 0,
        "pss_between_calls": 4096.0, "pss_peak": 8192, "result_bytes": 8, "tasks": 1e3,
    }  # fmt: skip
    return document


WHOLE = whole()


def test_the_package_carries_a_copy() -> None:
    copy = ANALYSIS / "parzen_study" / "data" / "run.schema.json"
    assert copy.read_bytes() == FILE.read_bytes()


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$schema"]


@pytest.mark.parametrize(
    "path",
    [
        *ROOT.glob("results/*/run.json"),
        *ROOT.glob("results/baselines/*-*/*.json.xz"),
        *(path for path in RECORDED.glob("*/run.json") if path.parent.name not in UNLIKE_A_RUN),
    ],
    ids=lambda path: path.parent.name,
)
def test_stored_runs_follow_it(path: Path) -> None:
    assert problem_of_run(json.loads(read_bounded(path))) is None


@pytest.mark.parametrize(
    "document",
    [WHOLE, small(1), with_kernels(small(1)), {**WHOLE, "rounds": []}, {**WHOLE, "new": None}],
)
def test_runs_of_known_truth_and_a_run_that_has_begun_follow_it(document: Document) -> None:
    assert problem_of_run(document) is None
    for each in document["rounds"]:
        assert problem_of_round(each) is None


@pytest.mark.parametrize(
    "marked",
    [
        {"error_occurred": True, "error_message": "no fork", "real_time": 0.0},
        {"run_type": "aggregate", "real_time": 0.02, "time_unit": "percentage"},
    ],
)
def test_what_is_not_a_time_of_a_case_needs_none(marked: Document) -> None:
    document = deepcopy(WHOLE)
    benchmark = document["rounds"][0]["benchmarks"][0]
    del benchmark["real_time"], benchmark["time_unit"]
    assert problem_of_run(document) is not None
    benchmark |= marked
    assert problem_of_run(document) is None


Path_ = tuple[str | int, ...]
# Values of each type of JSON; those that are not of a type's are of the wrong one.
VALUES: dict[str, list[Any]] = {
    "object": [{}], "array": [[]], "string": ["", "7"], "boolean": [True, False], "null": [None],
    "integer": [7], "number": [7, 0.5], "not JSON": [math.nan, math.inf, -math.inf],
}  # fmt: skip
DROPPED = object()


def wrong_types(name: str) -> list[object]:
    fitting = VALUES[name]
    return [each for values in VALUES.values() for each in values if not _among(each, fitting)]


def _among(value: object, fitting: list[Any]) -> bool:
    return any(type(value) is type(each) and (value == each or each != 0.5) for each in fitting)


# What breaks a rule, by its keyword: values to be put in place of what the rule is about.
BREAKING: dict[str, Callable[[Any], list[Any]]] = {
    "type": wrong_types,
    "const": lambda value: [None, [value], True, f"{value} "],
    "enum": lambda values: [None, 7, [], values[0].upper()],
    "minimum": lambda bound: [bound - 1, -(10**400), -1e300],
    "exclusiveMinimum": lambda bound: [bound, bound - 1],
    "maximum": lambda bound: [2 * bound, 10**400, 1e300],
    "pattern": lambda _: ["a/b", "1/"],
    "minLength": lambda _: [""],
    "minItems": lambda _: [[]],
}
INNER = {"properties", "items", "additionalProperties", "patternProperties", "if", "then"}
SAYS_NOTHING = {"$schema", "title", "description"}


def at(document: Any, path: Path_) -> Any:
    for key in path:
        document = document[key]
    return document


def inner(schema: Mapping[str, Any], path: Path_) -> Iterator[tuple[Path_, Mapping[str, Any]]]:
    """The schemas in a schema, and an item of WHOLE that each is about."""
    own = at(WHOLE, path)
    yield from (((*path, key), each) for key, each in schema.get("properties", {}).items())
    if "items" in schema:
        yield (*path, 0), schema["items"]
    if "additionalProperties" in schema:
        yield (*path, next(iter(own))), schema["additionalProperties"]
    for pattern, each in schema.get("patternProperties", {}).items():
        yield from (((*path, key), each) for key in own if re.search(pattern, key))
    if "then" in schema:
        yield path, schema["then"]


def rules(schema: Mapping[str, Any], path: Path_ = ()) -> Iterator[tuple[str, Path_, object, str]]:
    """Every way to break a rule: its keyword, where, the value to put there, and what is said."""
    assert schema.keys() <= INNER | SAYS_NOTHING | BREAKING.keys() | {"required"}
    for keyword in schema.keys() & BREAKING.keys():
        for value in BREAKING[keyword](schema[keyword]):
            yield keyword, path, value, must_be(schema)
    for key in schema.get("required", []):
        yield "required", (*path, key), DROPPED, must_be(schema["properties"][key])
    for place, each in inner(schema, path):
        yield from rules(each, place)


def broken(path: Path_, value: object) -> Any:
    document = deepcopy(WHOLE)
    if not path:
        return value
    holder = at(document, path[:-1])
    if value is DROPPED:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return document


def test_each_rule_rejects_what_breaks_it_and_names_the_place() -> None:
    tried: set[str] = set()
    for keyword, path, value, must in rules(SCHEMA):
        problem = problem_of_run(broken(path, value))
        assert problem, (keyword, path, value)
        last = path[-1] if path else "the document"
        name = f"'{path[-2]}[0]'" if isinstance(last, int) else f"'{last}'" if path else last
        assert problem.what == f"{name} must be {must}", (keyword, path, value)
        assert (f"no {name}" in problem.found) == (value is DROPPED)
        tried.add(keyword)
    assert tried == BREAKING.keys() | {"required"}


def test_another_name_of_a_required_item_is_as_if_it_was_missing() -> None:
    for keyword, path, value, _ in rules(SCHEMA):
        if keyword == "required":
            document = broken(path, value)
            at(document, path[:-1])[str(path[-1]).upper()] = at(WHOLE, path)
            problem = problem_of_run(document)
            assert problem
            assert problem.found == f"no '{path[-1]}'"


def test_a_round_is_rejected_like_one_of_a_run() -> None:
    for _, path, value, must in rules(SCHEMA):
        if path[:2] == ("rounds", 0) and len(path) > 2:
            problem = problem_of_round(broken(path, value)["rounds"][0])
            assert problem
            assert problem.what.endswith(must)


def test_units_are_those_that_the_loader_knows() -> None:
    benchmark = SCHEMA["properties"]["rounds"]["items"]["properties"]["benchmarks"]["items"]
    assert benchmark["then"]["properties"]["time_unit"]["enum"] == list(UNITS)


def test_a_problem_names_round_case_place_and_value_in_one_line() -> None:
    document = small(1)
    entry(document["rounds"][2], TBB)["cpu_time"] = "1\n\x1b[2J"
    assert re.fullmatch(
        r"'cpu_time' must be a finite number "
        rf"\(round 3, {re.escape(TBB)}\S*, \$\.rounds\[2\]\.benchmarks\[\d+\]\.cpu_time: "
        r'"1\\n\\u001b\[2J"\)',
        str(problem_of_run(document)),
    )


def test_names_from_outside_are_escaped_and_short() -> None:
    for key in ("\x1b[2J'\n", "x" * 10**6):
        said = str(problem_of_run(WHOLE | {"python": {key: 7}}))
        assert said.isprintable()
        assert len(said) < 300


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("item", ["", "format", "profile", "rounds", "cases", "python"])
def test_deep_nesting_is_no_traceback(
    opening: str, closing: str, item: str, tmp_path: Path
) -> None:
    """Near the depth at which Python gives up reading, where it may read and not show; and far
    beyond. A whole file may be such only one level below what cannot be read."""
    file = write(small(1), tmp_path) / "run.json"
    text = file.read_text(encoding="utf-8").rstrip()[:-1]
    for depth in (*range(850, 1000, 10 if item else 1), 3_000, 9_000, 100_000):
        nested = opening * depth + "0" + closing * depth
        file.write_text(f'{text}, "{item}": {nested}}}' if item else nested, encoding="utf-8")
        with pytest.raises(UnusableData) as rejection:
            load_run(file)
        assert all(len(line) < 320 for line in str(rejection.value).splitlines())
