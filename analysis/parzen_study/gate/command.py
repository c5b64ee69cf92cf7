"""The commands of the gate: compare, baseline, gate, history.

Each imports its libraries when it runs, so that compare starts fast.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.common.limits import how_to_raise
from parzen_study.common.say import say
from parzen_study.common.shown import escaped, shown_name
from parzen_study.gate.verdict import Judgement, Verdict, remove_verdict, write_verdict
from parzen_study.run.folder import run_in

BASELINES: Final = Path("results/baselines")
_FINE, _FAILURE = 0, 1  # as in cli.py


def compare(chosen: argparse.Namespace) -> int:
    remove_verdict(chosen.run)  # first, whatever fails next
    from parzen_study.common.console import console
    from parzen_study.gate import judge
    from parzen_study.gate.compare import compare as compared
    from parzen_study.gate.stored import find_stored
    from parzen_study.gate.terminal_comparison import print_comparison

    details = judge.NO_DETAILS
    try:
        latest = run_in(chosen.run)
        with _unusable_where_unreadable(chosen.baselines):
            _check_baselines(chosen.baselines)
            stored = find_stored(latest, chosen.baselines)
        comparison = compared(latest, stored, chosen.times)
        judgement, details = judge.judge(comparison), judge.details(comparison)
        print_comparison(console(), comparison)
    except NoData as error:
        say(error)
        return _FAILURE
    except UnusableData as error:
        say(error)
        judgement = Judgement(Verdict.INVALID, error.what)
    sys.stdout.flush()
    try:
        with _unusable_where_unreadable(chosen.run):
            write_verdict(chosen.run, judgement, details)
    except UnusableData as error:
        say(error)
        judgement = Judgement(Verdict.INVALID, "the verdict cannot be written")
    print(judgement.line)
    return int(judgement.verdict)


@contextmanager
def _unusable_where_unreadable(folder: Path) -> Iterator[None]:
    """Turns errors of the file system into UnusableData."""
    try:
        yield
    except OSError as error:
        raise UnusableData(
            "a file cannot be read or written", where=shown_name(error.filename or folder),
            found=error.strerror or str(error),
            next_step=how_to_raise(error) or "make room there, or make it readable and writable",
        ) from None  # fmt: skip


def _check_baselines(folder: Path) -> None:
    """A named folder must exist; the default one is missing until the first baseline."""
    missing = not folder.exists() and folder.absolute() == BASELINES.absolute()
    if not folder.is_dir() and not missing:
        raise UnusableData(
            "no folder of baselines", where=str(folder), found="no such folder",
            next_step=f"name an existing one with --baselines (usually {BASELINES})",
        )  # fmt: skip


def baseline(chosen: argparse.Namespace) -> int:
    from parzen_study.common.console import console
    from parzen_study.gate.baseline import store_baseline
    from parzen_study.stats.prediction import LEAST_RUNS

    try:
        run = run_in(chosen.run)
        with _unusable_where_unreadable(chosen.baselines):
            place, runs = store_baseline(run, chosen.baselines)
    except NoData as error:
        say(error)
        return _FAILURE
    except UnusableData as error:
        say(error)
        return int(Verdict.INVALID)
    console().print(f"Stored {escaped(str(place))}; commit its folder to share it.", soft_wrap=True)
    need = f"; judging times needs {LEAST_RUNS}" if runs < LEAST_RUNS else ""
    console().print(f"Runs of profile {escaped(run.profile)} there: {runs}{need}.", soft_wrap=True)
    return _FINE


def gate(chosen: argparse.Namespace) -> int:
    from parzen_study.gate.measured import read

    measured = read(chosen.folder)  # before the imports, which take seconds
    from parzen_study.gate.page import write_page

    print(escaped(str(write_page(measured, chosen.folder))))
    return _FINE


def history(chosen: argparse.Namespace) -> int:
    """Prints the levels of a case over the stored runs, and draws it."""
    from parzen_study.gate.history.changes import history as of_stored
    from parzen_study.gate.history.changes import lines

    found = of_stored(chosen.baselines, chosen.machine, chosen.profile, chosen.case)
    print("\n".join(map(escaped, lines(found))))
    from functools import partial

    from parzen_study.common.output import staged
    from parzen_study.gate.history.figure import draw
    from parzen_study.page import style

    chosen.output.mkdir(parents=True, exist_ok=True)
    name = style.file_name(*found.case.split("/"))
    with staged(chosen.output) as folder:
        style.write(name, partial(draw, found), folder)
    print(f"\nDrawn: {escaped(str(chosen.output / name))}.png")
    return _FINE


def add_history(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument(
        "case", metavar="CASE", help="a regular expression that one case's name matches"
    )
    parser.add_argument(
        "--machine", default="", metavar="FINGERPRINT",
        help="whose runs: a folder of the baselines (default: the only one)",
    )  # fmt: skip
    parser.add_argument("--profile", default="quick", help="of the runs (default: %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=Path("results/history"), metavar="DIR",
        help="where the figure is written (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--baselines", metavar="DIR", type=Path, default=BASELINES,
        help="folder of the stored runs (default: %(default)s)",
    )  # fmt: skip
