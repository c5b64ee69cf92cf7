"""`parzen-study advise`: options and output. Needs only the standard library, like model.py."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeVar

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.topics.advice import quantities, stored
from parzen_study.topics.advice.choice import (
    STARTS,
    Choice,
    Prediction,
    Threshold,
    by_task_time,
    by_tasks,
    choose,
)
from parzen_study.topics.advice.model import RESULT_BYTES, Advice, Loop
from parzen_study.topics.advice.words import in_words

DESCRIPTION: Final = (
    "Answer for a loop that is not written yet: serial, threads or processes, how many workers, "
    "and the expected speedup. Uses the model that 'make report' fitted to a run of this machine."
)
_LATEST, _STUDY = Path("results/latest"), Path("results/study")
_T = TypeVar("_T")


def add_options(parser: argparse.ArgumentParser, folder: Callable[[str], Path]) -> None:
    """`folder` reads the name of a run's folder."""
    parser.add_argument(
        "run", metavar="RUN_DIR", nargs="?", type=folder,
        help=f"folder with an advice.json (default: {_LATEST}, else {_STUDY})",
    )  # fmt: skip
    for option, read, metavar, default, text in (
        ("--tasks", quantities.count, "N", None,
         "tasks of a call: 1000 or 1e6; for a reduction its blocks, at most 256"),
        ("--task-time", quantities.duration, "TIME", None, "of one task, serial: 12us, 0.5ms, 3s"),
        ("--result-bytes", quantities.size, "SIZE", RESULT_BYTES, "of one task: 8, 64KiB"),
        ("--input-bytes", quantities.size, "SIZE", 0.0, "that are new in every call: 16MiB"),
        ("--memory-bytes-per-task", quantities.size, "SIZE", 0.0,
         "of memory traffic of a task, beyond the caches"),
        ("--serial-share", quantities.share, "SHARE", 0.0,
         "of the tasks' time that is serial, such as under a lock: 0.1, 10%%"),
        ("--workers", quantities.workers, "N", None, "answer only for this number"),
    ):  # fmt: skip
        parser.add_argument(
            option, type=_argument(read), metavar=metavar, default=default, help=text,
            required=option in {"--tasks", "--task-time"},
        )  # fmt: skip
    parser.add_argument(
        "--start", choices=tuple(STARTS), default="warm",
        help="workers are created in the call, ready, or ready with gaps of 5 ms (default: warm)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def advise(chosen: argparse.Namespace) -> int:
    """Print the answer; raises NoData or UnusableData without a model."""
    folder = chosen.run or _default()
    advice = stored.load(folder)
    loop = Loop(
        tasks=chosen.tasks,
        task_time=chosen.task_time,
        result_bytes=chosen.result_bytes,
        input_bytes=chosen.input_bytes,
        memory_bytes=chosen.memory_bytes_per_task,
        serial_share=chosen.serial_share,
    )
    choice = choose(advice, loop, STARTS[chosen.start], chosen.workers)
    if choice is None:
        raise _no_lines(advice, chosen.start, folder)
    if chosen.json:
        print(json.dumps(_document(advice, choice, chosen.workers), indent=1, ensure_ascii=False))
        return 0
    if chosen.run is None and folder == _STUDY:
        print(
            "No results/latest here: this answer is about the machine of results/study, not yours. "
            "\nFor yours: make report\n"
        )
    sys.stdout.write(in_words(advice, choice, chosen.workers))
    return 0


def _default() -> Path:
    """The run of this machine, unless there is none; an unfitted one is reported, not skipped."""
    return _STUDY if not _LATEST.exists() and (_STUDY / stored.NAME).exists() else _LATEST


def _no_lines(advice: Advice, start: str, folder: Path) -> UnusableData:
    if advice.missing:
        return NoData(
            "no advice: no fitted model", where=str(folder / stored.NAME),
            found=advice.missing, next_step="measure all cases: make bench, then make report",
        )  # fmt: skip
    return NoData(
        f"no advice for --start {start}", where=str(folder / stored.NAME),
        found="the run has no cases of grain with workers in that state",
        next_step="choose --start warm or --start cold, or measure in a longer profile",
    )  # fmt: skip


def _document(advice: Advice, choice: Choice, workers: int | None) -> dict[str, Any]:
    """The answer as data: times in seconds, null for what is infinite."""
    return {
        "format": "parzen-study advice answer",
        "version": 1,
        "loop": asdict(choice.loop),
        "start": choice.start,
        "serial_seconds": choice.loop.serial,
        "mechanism": choice.mechanism,
        "best": _prediction(choice.best),
        "others": [_prediction(each) for each in choice.others],
        "best_is_significantly_faster": choice.apart,
        "workers_as_good": choice.as_good,
        "extrapolated": choice.extrapolated,
        "changes_at_task_time": [
            _threshold(each) for each in by_task_time(advice, choice, workers)
        ],
        "changes_at_tasks": [_threshold(each) for each in by_tasks(advice, choice, workers)],
    }


def _prediction(one: Prediction) -> dict[str, Any]:
    return {
        "mechanism": one.line.mechanism,
        "backend": one.line.backend,
        "workers": one.workers,
        "speedup": one.speedup,
        "speedup_interval": one.interval,
        "against_serial": one.verdict,
    }


def _threshold(one: Threshold) -> dict[str, Any]:
    ends = one.interval and [end if math.isfinite(end) else None for end in one.interval]
    return {**asdict(one), "interval": ends}


def _argument(read: Callable[[str], _T]) -> Callable[[str], _T]:
    """Argparse shows the message of an ArgumentTypeError, and drops that of a ValueError."""

    def reader(text: str) -> _T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return reader
