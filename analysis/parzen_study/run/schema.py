"""Checks a document against results/run.schema.json, with the place and the rule of a violation.

The package carries a copy of the schema. The runner checks what programs wrote in a round, the
loader whole runs; what programs print has schemas of its own (bench/runner/answers.py). Validators
of Draft 2020-12, by the API of jsonschema 4.10.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from parzen_study.common.shown import shown, shown_json, shown_name
from parzen_study.run.checked import schema_text

_KINDS = {"string": "a string", "integer": "a whole number", "number": "a finite number",
          "boolean": "true or false", "object": "an object", "array": "a list"}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """A violation of the schema: the rule, the place, and what was found."""

    what: str
    place: str
    found: str

    def __str__(self) -> str:
        return f"{self.what} ({self.place}: {self.found})"


def problem_of_run(document: object) -> Problem | None:
    """The first problem of a whole run, or None."""
    return _problem(_validators()[0], document)


def problem_of_round(document: object) -> Problem | None:
    """The first problem of one round, or None."""
    return _problem(_validators()[1], document)


def problem_of(schema: Mapping[str, Any], document: object) -> Problem | None:
    """The first problem of a document by this schema, or None."""
    return _problem(_validator()(schema), document)


def must_be(schema: Mapping[str, Any]) -> str:
    """The rule of one item in words: `a number from 0 to 1`."""
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(map(json.dumps, schema["enum"]))
    words = _KINDS[schema["type"]]
    if {"minimum", "maximum"} <= schema.keys():
        words = words.replace("finite ", "") + f" from {schema['minimum']} to {schema['maximum']}"
    elif "minimum" in schema:
        words += f" of at least {schema['minimum']}"
    elif {"exclusiveMinimum", "maximum"} <= schema.keys():
        words += f" above {schema['exclusiveMinimum']} and at most {schema['maximum']}"
    if "minItems" in schema or "minLength" in schema:
        words += " that is not empty"
    if "pattern" in schema:
        words += f" that matches {schema['pattern']}"
    return words


@cache
def _validators() -> tuple[Any, Any]:
    """Of a run, and of a round."""
    schema = json.loads(schema_text())
    return _validator()(schema), _validator()(schema["properties"]["rounds"]["items"])


@cache
def _validator() -> Any:
    """The class, of which an object is made for each schema."""
    import jsonschema  # takes 0.1 s, which reading a file that was checked before does without

    draft = jsonschema.Draft202012Validator
    # Python reads NaN and Infinity, which JSON does not have, and 1e400 as infinite.
    checker = draft.TYPE_CHECKER.redefine("number", _is_finite)
    return jsonschema.validators.extend(draft, type_checker=checker)


def _is_finite(_checker: object, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -math.inf < value < math.inf  # an integer beyond all floats as well


def _problem(validator: Any, document: object) -> Problem | None:
    try:
        error = next(validator.iter_errors(document), None)
    except RecursionError:  # jsonschema writes down what it found
        return Problem("the document must have fewer levels", "$", "more than can be shown")
    if error is None:
        return None
    path = list(error.absolute_path)
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        what = f"'{missing}' must be {must_be(error.schema['properties'][missing])}"
        return Problem(what, _place(document, path), f"no '{missing}'")
    what = f"{_name(path)} must be {must_be(error.schema)}"
    return Problem(what, _place(document, path), shown_json(error.instance))


def _name(path: Iterable[str | int]) -> str:
    """`'rounds[0]'` of what a list holds, else the item's own name."""
    name = ""
    for key in path:
        name = f"{name}[{key}]" if isinstance(key, int) else shown(key)
    return f"'{name}'" if name else "the document"


def _place(document: Any, path: Iterable[str | int]) -> str:
    """The round and the case, where it is in one, and a JSONPath (RFC 9535)."""
    named, place, value = [], "$", document
    for key in path:
        value = value[key]
        if isinstance(key, int):
            place += f"[{key}]"
        else:
            place += f".{shown(key)}" if key.isidentifier() else f"['{shown(key)}']"
        if found := re.fullmatch(r"\$\.rounds\[([0-9]+)\]", place):
            named.append(f"round {int(found[1]) + 1}")
        if isinstance(value, dict) and isinstance(value.get("run_name"), str):
            named.append(shown_name(value["run_name"]))
    return ", ".join([*named, place])
