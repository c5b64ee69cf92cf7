"""What programs print when they are asked instead of run: one JSON document, of a known form."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from parzen_study.common.shown import MOST_OF_A_LINE, quoted, shown
from parzen_study.run.schema import problem_of

Schema = Mapping[str, Any]


def _object(**items: Schema) -> Schema:
    """An object that has all of the items, and may have others."""
    return {"type": "object", "required": list(items), "properties": items}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


_TEXT: Final[Schema] = {"type": "string"}
_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": _TEXT}

# bench/machine/machine.hpp, bench/cases/case_list.hpp and bench/own_loop/check.hpp write them.
MACHINE: Final = _object(machine=_TEXTS, state=_TEXTS)
CASES: Final = _list(_object(full_name=_TEXT, group=_TEXT))
CHECK: Final = _object(
    loop=_TEXT,
    sizes=_list(_object(size={"type": "integer"}, seconds={"type": "number", "minimum": 0})),
)


class AnswerError(Exception):
    """What was printed is not the document; says what it is instead."""


def document_of(lines: Sequence[str], schema: Schema) -> Any:
    """The document that a program printed. Raises AnswerError if it is not of the schema."""
    text = "\n".join(lines)
    if not text.strip():
        raise AnswerError("nothing, in place of a JSON document")
    try:
        document = parsed_json(text)
    except (ValueError, RecursionError) as error:
        first = next(line for line in lines if line.strip())
        raise AnswerError(
            f"what is not JSON ({error}), beginning with {quoted(first.strip())}"
        ) from None
    if problem := problem_of(schema, document):
        raise AnswerError(f"JSON of another form: {shown(str(problem), MOST_OF_A_LINE)}")
    return document


def parsed_json(text: str | bytes) -> Any:
    """Raises ValueError or RecursionError for what is not JSON; Python alone knows NaN."""
    return json.loads(text, parse_constant=_reject_constant)


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
