"""The JSON documents that programs print for options such as --machine, and their schemas."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from parzen_study.common.shown import MOST_OF_A_LINE, quoted, shown
from parzen_study.run.schema import problem_of

Schema = Mapping[str, Any]


def _object(**items: Schema) -> Schema:
    """An object with all of these items, and perhaps others."""
    return {"type": "object", "required": list(items), "properties": items}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


_TEXT: Final[Schema] = {"type": "string"}
_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": _TEXT}

# Written by bench/machine/description.hpp, bench/cases/case_list.hpp and bench/own_loop/check.hpp.
MACHINE: Final = _object(machine=_TEXTS, state=_TEXTS)
CASES: Final = _list(_object(full_name=_TEXT, group=_TEXT))
CHECK: Final = _object(
    loop=_TEXT,
    sizes=_list(_object(size={"type": "integer"}, seconds={"type": "number", "minimum": 0})),
)


class AnswerError(Exception):
    """A program printed something else than the document; the message says what."""


def document_of(lines: Sequence[str], schema: Schema) -> Any:
    """The document that a program printed. Raises AnswerError if it breaks the schema."""
    text = "\n".join(lines)
    if not text.strip():
        raise AnswerError("nothing instead of a JSON document")
    try:
        document = parsed_json(text)
    except (ValueError, RecursionError) as error:
        first = next(line for line in lines if line.strip())
        raise AnswerError(
            f"text that is not JSON ({error}) and starts with {quoted(first.strip())}"
        ) from None
    if problem := problem_of(schema, document):
        raise AnswerError(f"JSON with other contents: {shown(str(problem), MOST_OF_A_LINE)}")
    return document


def parsed_json(text: str | bytes) -> Any:
    """Raises ValueError or RecursionError for text that is not JSON. Rejects NaN, which Python
    accepts."""
    return json.loads(text, parse_constant=_reject_constant)


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
