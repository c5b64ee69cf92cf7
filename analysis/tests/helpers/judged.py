"""The verdict of two runs, for the tests that are about one."""

from __future__ import annotations

from pathlib import Path

from parzen_study.gate.compare import compare
from parzen_study.gate.judge import judge
from parzen_study.gate.verdict import Verdict
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from record import entry
from synthetic import Document, write


def judged(latest: Run, baseline: Run | None) -> tuple[Verdict, str]:
    """By default, where times count. Whatever the reason, the last line has room for it."""
    found = judge(compare(latest, baseline, "strict"))
    assert not found.line.endswith("...")
    return found.verdict, found.reason


def run_of(document: Document, folder: Path) -> Run:
    return load_run(write(document, folder) / "run.json")


def slower(document: Document, cases: int, factor: float = 1.5) -> Document:
    """The first cases of every round take longer."""
    for one_round in document["rounds"]:
        for name in document["cases"][:cases]:
            entry(one_round, name)["real_time"] *= factor
    return document
