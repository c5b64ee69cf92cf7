"""The verdict of two runs, for the tests that are about one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from parzen_study.gate.compare import compare
from parzen_study.gate.judge import judge
from parzen_study.gate.verdict import Verdict
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from parzen_study.stats.prediction import LEAST_RUNS
from record import entry, small
from synthetic import Document, write


def judged(latest: Run, stored: Sequence[Run]) -> tuple[Verdict, str]:
    """By default, where times count. Whatever the reason, the last line has room for it."""
    found = judge(compare(latest, stored, "strict"))
    assert not found.line.endswith("...")
    return found.verdict, found.reason


def run_of(document: Document, folder: Path) -> Run:
    return load_run(write(document, folder) / "run.json")


def documents(number: int = LEAST_RUNS) -> list[Document]:
    """Runs of the same truth as the recorded ones, of different days, the earliest first."""
    return [dated(small(seed=100 + each), each) for each in range(number)]


def dated(document: Document, day: int) -> Document:
    for one_round in document["rounds"]:
        one_round["context"]["date"] = f"2026-01-{day + 3:02}T03:04:05+00:00"
    return document


def slower(document: Document, cases: int, factor: float = 1.5) -> Document:
    """The first cases of every round take longer."""
    for one_round in document["rounds"]:
        for name in document["cases"][:cases]:
            entry(one_round, name)["real_time"] *= factor
    return document
