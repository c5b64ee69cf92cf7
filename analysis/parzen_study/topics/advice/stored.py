"""advice.json: the model of a run as a file, next to its run.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.common.regular_file import read_regular
from parzen_study.common.shown import escaped
from parzen_study.topics.advice.model import PROCESSES, THREADS, Advice, Line, Spread

NAME: Final = "advice.json"
FORMAT: Final = "parzen-study advice"
VERSION: Final = 1
FITTED_FROM: Final = ("grain", "dispatch")
_REMAKE: Final = "write it again: make report"
_LARGEST: Final = 1e18  # of any item: seconds, bytes per second, workers
_LARGEST_ERROR: Final = 10.0  # a standard deviation of logarithms
_WIDEST: Final = 1e6  # the ends of an interval, one over the other


def as_text(advice: Advice) -> str:
    """The same model gives the same text."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "fitted_from": FITTED_FROM,
        **_rounded(asdict(advice)),
    }
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def load(folder: Path) -> Advice:
    """Raises NoData where the folder has none, and UnusableData for what is not a model."""
    place = folder / NAME
    try:
        document = json.loads(read_regular(place), parse_constant=float)
    except (FileNotFoundError, NotADirectoryError):
        raise NoData(
            "no advice: this run has no fitted model", where=str(place), found="no such file",
            next_step=f"make report RESULTS={folder} (measures first if there is no run)",
        ) from None  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise _unusable(place, str(error)) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _unusable(place, f"not of format {FORMAT!r}")
    if document.get("version") != VERSION:
        raise _unusable(place, f"version {document.get('version')!r}, not {VERSION}")
    try:
        return _advice(document)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _unusable(place, f"a missing or wrong item: {error}") from None


def _advice(document: dict[str, Any]) -> Advice:
    """Checks every item: an edited or truncated file is rejected."""
    advice = Advice(
        cpus=_whole(document["cpus"]),
        cpu_model=_text(document["cpu_model"]),
        measured_on=_text(document["measured_on"]),
        rounds=_whole(document["rounds"]),
        has_intervals=bool(document["has_intervals"]),
        task_times=_pair(document["task_times"]),
        copy_rate=_number(document["copy_rate"]),
        lines=tuple(_line(each) for each in document["lines"]),
        missing=_text(document["missing"]),
    )
    if advice.lines and not 0.0 < advice.task_times[0] <= advice.task_times[1]:
        raise ValueError(f"task_times of {advice.task_times[0]:g} to {advice.task_times[1]:g}")
    return advice


def _line(document: dict[str, Any]) -> Line:
    mechanism = _text(document["mechanism"])
    if mechanism not in {THREADS, PROCESSES}:
        raise ValueError(f"mechanism {mechanism!r}")
    return Line(
        backend=_text(document["backend"]),
        mechanism=mechanism,
        start=_text(document["start"]),
        workers=_whole(document["workers"]),
        tasks=_whole(document["tasks"]),
        call=_spread(document["call"]),
        speed=_spread(document["speed"]),
        task=_pair(document["task"]),
        error=_number(document["error"], _LARGEST_ERROR),
        slow=_number(document["slow"], 1.0),
        chunks=_whole(document["chunks"], least=0),
        transfer=_transfer(document["transfer"]),
        fork=_number(document["fork"]),
    )


def _spread(values: dict[str, Any]) -> Spread:
    value, low, high = (_number(values[key]) for key in ("value", "low", "high"))
    if not 0.0 < low <= value <= high <= _WIDEST * low:
        raise ValueError(f"an interval of {low} to {high} around {value}")
    return Spread(value, low, high)


def _transfer(points: Any) -> tuple[tuple[float, float], ...]:
    """Sizes that grow, from above 0 on."""
    found = tuple(_pair(each) for each in points)
    sizes = [0.0, *(size for size, _ in found)]
    if any(size >= after for size, after in pairwise(sizes)):
        raise ValueError(f"transfer of {', '.join(f'{size:g}' for size in sizes[1:])} bytes")
    return found


def _pair(values: Any) -> tuple[float, float]:
    first, second = map(_number, values)
    return first, second


def _number(value: Any, largest: float = _LARGEST) -> float:
    number = float(value)
    if not 0.0 <= number <= largest:
        raise ValueError(f"{number} is not between 0 and {largest}")
    return number


def _whole(value: Any, least: int = 1) -> int:
    if type(value) is not int or not least <= value <= _LARGEST:
        raise ValueError(f"{value!r} is not a whole number from {least} on")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return escaped(value)


def _rounded(value: Any) -> Any:
    """Four digits; whole numbers as they are."""
    if isinstance(value, float):
        return value if value.is_integer() else float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def _unusable(place: Path, found: str) -> UnusableData:
    return UnusableData(
        "this file is not a valid model", where=str(place), found=found, next_step=_REMAKE
    )
