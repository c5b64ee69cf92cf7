"""The command line: report, compare, baseline, fingerprint, gate, history, advise.

Exit status: 0 fine, of compare a pass; 3 unusable data, of baseline 12; 10, 11 and 12 compare's
other verdicts (verdict.py). Other ends of a command have none of these: 1 a failure, with or
without a traceback, 2 wrong usage, 130 interrupted (Ctrl-C), 141 a closed output, 143 terminated
(SIGTERM).

A command imports its libraries when it runs: compare needs none of the report's, advise none at
all.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.common.limits import how_to_raise
from parzen_study.common.say import say
from parzen_study.common.shown import ArgumentParser, escaped, shown_name
from parzen_study.common.source_date import UnusableSetting, check_source_date
from parzen_study.gate import command as gate
from parzen_study.run.folder import run_in
from parzen_study.topics.advice import command as advice

if TYPE_CHECKING:
    from parzen_study.study import Study

FINE, FAILURE, UNUSABLE, INTERRUPTED = 0, 1, 3, 130
_BROKEN_PIPE = 141  # what a shell shows for a program that SIGPIPE ended
_TERMINATED = 143  # and for one that SIGTERM ended

_NO_VERDICT = (
    "1 a failure (such as no run), 2 wrong usage, 130 interrupted, 141 closed output, "
    "143 terminated."
)
_STATUSES = f"Exit status: 0 fine, 3 unusable or excluded data, {_NO_VERDICT}"
_STORED = f"Exit status: 0 stored, 12 a run that cannot be stored, {_NO_VERDICT}"
_VERDICTS = (
    "Exit status: a verdict, 0 pass, 10 regressed, 11 inconclusive, 12 invalid; without a verdict, "
    f"{_NO_VERDICT} The last line is 'verdict: WORD - REASON', and RUN_DIR/verdict.json has the "
    "same. 'make compare' ends with 0 for 0 and 11, with REQUIRE=times only for 0, and with 2 for "
    "all others."
)


class _Termination(BaseException):
    """SIGTERM, as an exception, so that staged output is removed as after Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Wrong usage leaves through argparse, with 2."""
    _settle_streams()
    if sys.warnoptions:
        # PYTHONWARNINGS=error must not stop this program: its libraries have warnings.
        warnings.simplefilter("default")
    chosen = _parser().parse_args(arguments)
    try:
        with _termination_raises():
            status: int = chosen.command(chosen)
            sys.stdout.flush()
            return status
    except NoData as error:
        say(error)
        return FAILURE
    except UnusableData as error:
        say(error)
        return UNUSABLE
    except BrokenPipeError:
        _flush_or_drop()
        return _BROKEN_PIPE
    except OSError as error:
        _flush_or_drop()
        where = f"{shown_name(error.filename)}: " if error.filename else ""
        remedy = how_to_raise(error)
        say(f"{where}{escaped(error.strerror or str(error))}{remedy and '; '}{remedy}")
        return FAILURE
    except UnusableSetting as error:
        say(error)
        return FAILURE
    except MemoryError:
        say("out of memory; close other programs, or raise the limit (ulimit -v)")
        return FAILURE
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except _Termination:
        say("terminated")
        return _TERMINATED


def _settle_streams() -> None:
    """Makes printing to standard output and error raise only OSError."""
    if sys.stdout is None:  # closed by who started this
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a plain terminal may lack a character


def _flush_or_drop() -> None:
    """Flush, or drop what cannot be printed: the interpreter flushes again at its end, and an error
    there would change the exit status."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _termination_raises() -> Iterator[None]:
    def terminate(_number: int, _frame: object) -> NoReturn:
        raise _Termination

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _report(chosen: argparse.Namespace) -> int:
    check_source_date()
    if chosen.other and chosen.other.exists() and chosen.other.resolve() == chosen.run.resolve():
        raise NoData(
            "side by side needs two runs", where=str(chosen.other),
            found="the same folder twice", next_step="name the folder of another run",
        )  # fmt: skip
    run = run_in(chosen.run)  # before the imports, which take seconds
    from parzen_study.common.console import console
    from parzen_study.report.report import write_report
    from parzen_study.report.terminal import print_study
    from parzen_study.study import study

    whole = study(run)
    if chosen.other:
        return _side_by_side(whole, study(run_in(chosen.other)), chosen.run)
    write_report(whole, chosen.run)
    print_study(console(), whole, chosen.run)
    if chosen.open:
        from parzen_study.report.browser import open_page

        open_page(chosen.run / "report.html")
    # A report that excludes data is written, with this status.
    return FINE if whole.sound else UNUSABLE


def _side_by_side(one: Study, other: Study, folder: Path) -> int:
    from parzen_study.common.console import console
    from parzen_study.report.report import write_side_by_side

    place = write_side_by_side(one, other, folder)
    console().print(escaped(str(place / "report.html")), soft_wrap=True)
    return FINE if one.sound and other.sound else UNUSABLE


def _fingerprint(chosen: argparse.Namespace) -> int:
    from parzen_study.run.fingerprint import fingerprint

    print(fingerprint(run_in(chosen.run)))
    return FINE


def _folder(text: str) -> Path:
    """The folder of a run, named by itself or by its run.json."""
    named = Path(text)
    return named.parent if named.name == "run.json" and not named.is_dir() else named


def _parser() -> argparse.ArgumentParser:
    parser = ArgumentParser(
        prog="parzen-study",
        description="Analyses a run of the benchmark suite.",
        epilog=f"{_STATUSES} Of compare: 0 pass, 10 regressed, 11 inconclusive, 12 invalid.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, what in (
        ("report", _report, "write report.html, figures, tables and advice.json next to run.json"),
        ("compare", gate.compare, "compare a run with the stored runs of its machine"),
        ("baseline", gate.baseline, "add a run to the stored runs of its machine"),
        ("fingerprint", _fingerprint, "print which machine and build a run belongs to"),
    ):
        statuses = {"compare": _VERDICTS, "baseline": _STORED}.get(name, _STATUSES)
        one = commands.add_parser(name, help=what, description=what, epilog=statuses)
        one.set_defaults(command=command)
        one.add_argument(
            "run", metavar="RUN_DIR", nargs="?", type=_folder, default=Path("results/latest"),
            help="folder with a run.json (default: %(default)s)",
        )  # fmt: skip
        if name == "report":
            one.add_argument(
                "other", metavar="OTHER_DIR", nargs="?", type=_folder,
                help="another run, usually of another machine: writes RUN_DIR/side_by_side/ "
                "instead, with A for RUN_DIR and B for OTHER_DIR",
            )  # fmt: skip
            one.add_argument("--open", action="store_true", help="open report.html in a browser")
        if name in {"compare", "baseline"}:
            one.add_argument(
                "--baselines", metavar="DIR", type=Path, default=gate.BASELINES,
                help="folder of the baselines (default: %(default)s)",
            )  # fmt: skip
        if name == "compare":
            one.add_argument(
                "--times", choices=("strict", "advisory"), default="strict",
                help="judge times, or only show them (default: %(default)s)",
            )  # fmt: skip
    what = "write gate.html of a finished make gate: the paired differences of two builds"
    drawn = commands.add_parser("gate", help=what, description=what, epilog=_STATUSES)
    drawn.set_defaults(command=gate.gate)
    drawn.add_argument(
        "folder", metavar="GATE_DIR", nargs="?", type=Path, default=Path("results/gate"),
        help="folder of the gate (default: %(default)s)",
    )  # fmt: skip
    what = "draw a case over the stored runs of a machine, with its changes of level"
    history = commands.add_parser("history", help=what, description=what, epilog=_STATUSES)
    history.set_defaults(command=gate.history)
    gate.add_history(history)
    advise = commands.add_parser(
        "advise", help="answer for a loop that is not written yet, from a few numbers",
        description=advice.DESCRIPTION, epilog=_STATUSES,
        usage="%(prog)s [RUN_DIR] --tasks N --task-time TIME [options]",
    )  # fmt: skip
    advise.set_defaults(command=advice.advise)
    advice.add_options(advise, _folder)
    return parser
