"""The command line: report, compare, baseline, fingerprint, gate, advise.

Exit status: 0 fine, of compare a pass; 3 data that cannot be used, of baseline 12; 10, 11 and 12
compare's other verdicts (verdict.py). Whatever else ends a command has none of these: 1 a
failure, with or without a traceback, 2 wrong usage, 130 interrupted (Ctrl-C), 141 nobody reads the
output, 143 terminated (SIGTERM). What --help says of them is in _STATUSES.

A command imports what it needs when it runs: compare shall depend on no library of the report's,
and advise on none at all.
"""

from __future__ import annotations

import argparse
import contextlib
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
from parzen_study.common.shown import ArgumentParser, escaped, shown_name
from parzen_study.common.source_date import UnusableSetting, check_source_date
from parzen_study.topics.advice import command as advice

if TYPE_CHECKING:
    from parzen_study.run.run import Run
    from parzen_study.study import Study

FINE, FAILURE, UNUSABLE, INTERRUPTED = 0, 1, 3, 130
_BROKEN_PIPE = 141  # what a shell shows for a program that SIGPIPE ended
_TERMINATED = 143  # and for one that SIGTERM ended
_BASELINES = Path("results/baselines")

_NO_VERDICT = (
    "1 a failure (such as no run), 2 wrong usage, 130 interrupted, 141 nobody reads the output, "
    "143 terminated."
)
_STATUSES = f"Exit status: 0 fine, 3 a run that cannot be used or that lost data, {_NO_VERDICT}"
_STORED = f"Exit status: 0 stored, 12 a run that cannot be stored, {_NO_VERDICT}"
_VERDICTS = (
    "Exit status: a verdict, 0 pass, 10 regressed, 11 inconclusive, 12 invalid; without a "
    f"verdict, {_NO_VERDICT} The last line is 'verdict: WORD - REASON', and RUN_DIR/verdict.json "
    "holds the same. 'make compare' ends with 0 for 0 and 11, with REQUIRE=times for 0 alone, and "
    "with 2 for all others."
)


class _Termination(BaseException):
    """SIGTERM, as an exception, so that staged output is removed as after Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Wrong usage leaves through argparse, with 2."""
    _settle_streams()
    if sys.warnoptions:
        # What PYTHONWARNINGS asks of somebody's own programs must not stop this one, whose
        # libraries warn of each other.
        warnings.simplefilter("default")
    chosen = _parser().parse_args(arguments)
    try:
        with _termination_raises():
            status: int = chosen.command(chosen)
            sys.stdout.flush()
            return status
    except NoData as error:
        _say(error)
        return FAILURE
    except UnusableData as error:
        _say(error)
        return UNUSABLE
    except BrokenPipeError:
        _flush_or_drop()
        return _BROKEN_PIPE
    except OSError as error:
        _flush_or_drop()
        where = f"{shown_name(error.filename)}: " if error.filename else ""
        remedy = how_to_raise(error)
        _say(f"{where}{escaped(error.strerror or str(error))}{remedy and '; '}{remedy}")
        return FAILURE
    except UnusableSetting as error:
        _say(error)
        return FAILURE
    except MemoryError:
        _say("out of memory; close other programs, or raise the limit (ulimit -v)")
        return FAILURE
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except _Termination:
        _say("terminated")
        return _TERMINATED


def _settle_streams() -> None:
    """Whatever standard output and error are, printing to them raises nothing but OSError."""
    if sys.stdout is None:  # closed by who started this
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a plain terminal may lack a character


def _flush_or_drop() -> None:
    """Print what can be printed. The interpreter flushes once more when it ends and has a status of
    its own for an error in that, so what cannot be printed goes nowhere."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(what: object) -> None:
    with contextlib.suppress(OSError):
        print(f"parzen-study: {what}", file=sys.stderr, flush=True)


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
            "there are no two runs to set side by side", where=str(chosen.other),
            found="the same folder twice", next_step="name the folder of another run",
        )  # fmt: skip
    run = _run(chosen.run)  # before the imports, which take seconds
    from parzen_study.common.console import console
    from parzen_study.report.report import write_report
    from parzen_study.report.terminal import print_study
    from parzen_study.study import study

    whole = study(run)
    if chosen.other:
        return _side_by_side(whole, study(_run(chosen.other)), chosen.run)
    write_report(whole, chosen.run)
    print_study(console(), whole, chosen.run)
    # A report that had to leave data out is written all the same, and the status says so.
    return FINE if whole.sound else UNUSABLE


def _side_by_side(one: Study, other: Study, folder: Path) -> int:
    from parzen_study.common.console import console
    from parzen_study.report.report import write_side_by_side

    place = write_side_by_side(one, other, folder)
    console().print(escaped(str(place / "report.html")), soft_wrap=True)
    return FINE if one.sound and other.sound else UNUSABLE


def _compare(chosen: argparse.Namespace) -> int:
    from parzen_study.gate.verdict import Judgement, Verdict, remove_verdict, write_verdict

    remove_verdict(chosen.run)  # first, whatever fails next
    from parzen_study.common.console import console
    from parzen_study.gate import judge
    from parzen_study.gate.compare import compare
    from parzen_study.gate.stored import find_stored
    from parzen_study.gate.terminal_comparison import print_comparison

    details = judge.NO_DETAILS
    try:
        latest = _run(chosen.run)
        with _unusable_where_unreadable(chosen.baselines):
            _check_baselines(chosen.baselines)
            stored = find_stored(latest, chosen.baselines)
        comparison = compare(latest, stored, chosen.times)
        judgement, details = judge.judge(comparison), judge.details(comparison)
        print_comparison(console(), comparison)
    except NoData as error:
        _say(error)
        return FAILURE
    except UnusableData as error:
        _say(error)
        judgement = Judgement(Verdict.INVALID, error.what)
    sys.stdout.flush()
    try:
        with _unusable_where_unreadable(chosen.run):
            write_verdict(chosen.run, judgement, details)
    except UnusableData as error:
        _say(error)
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
    """A folder that was named must be there; the usual one is missing until the first baseline."""
    missing = not folder.exists() and folder.absolute() == _BASELINES.absolute()
    if not folder.is_dir() and not missing:
        raise UnusableData(
            "there is no folder of baselines", where=str(folder),
            found="no folder of this name",
            next_step=f"name an existing one with --baselines (usually {_BASELINES})",
        )  # fmt: skip


def _baseline(chosen: argparse.Namespace) -> int:
    from parzen_study.common.console import console
    from parzen_study.gate.baseline import store_baseline
    from parzen_study.gate.verdict import Verdict
    from parzen_study.stats.prediction import LEAST_RUNS

    try:
        run = _run(chosen.run)
        with _unusable_where_unreadable(chosen.baselines):
            place, runs = store_baseline(run, chosen.baselines)
    except NoData as error:
        _say(error)
        return FAILURE
    except UnusableData as error:
        _say(error)
        return int(Verdict.INVALID)
    console().print(f"Stored {escaped(str(place))}; commit its folder to share it.", soft_wrap=True)
    need = f"; times are judged from {LEAST_RUNS} on" if runs < LEAST_RUNS else ""
    console().print(f"Runs of profile {escaped(run.profile)} there: {runs}{need}.", soft_wrap=True)
    return FINE


def _fingerprint(chosen: argparse.Namespace) -> int:
    from parzen_study.run.fingerprint import fingerprint

    print(fingerprint(_run(chosen.run)))
    return FINE


def _gate(chosen: argparse.Namespace) -> int:
    from parzen_study.gate.measured import read

    measured = read(chosen.folder)  # before the imports, which take seconds
    from parzen_study.gate.page import write_page

    print(escaped(str(write_page(measured, chosen.folder))))
    return FINE


def _run(folder: Path) -> Run:
    from parzen_study.run.load import load_run

    return load_run(folder / "run.json")


def _folder(text: str) -> Path:
    """Of a run: the folder itself, or its run.json, whatever that turns out to be."""
    named = Path(text)
    return named.parent if named.name == "run.json" and not named.is_dir() else named


def _parser() -> argparse.ArgumentParser:
    parser = ArgumentParser(
        prog="parzen-study",
        description="What a run of the benchmark suite means.",
        epilog=f"{_STATUSES} Of compare: 0 pass, 10 regressed, 11 inconclusive, 12 invalid.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, what in (
        ("report", _report, "write report.html, figures, tables and advice.json next to run.json"),
        ("compare", _compare, "compare a run with the stored runs of its machine"),
        ("baseline", _baseline, "add a run to the stored runs of its machine"),
        ("fingerprint", _fingerprint, "print which machine and build a run belongs to"),
    ):
        statuses = {"compare": _VERDICTS, "baseline": _STORED}.get(name, _STATUSES)
        one = commands.add_parser(name, help=what, description=what, epilog=statuses)
        one.set_defaults(command=command)
        one.add_argument(
            "run", metavar="RUN_DIR", nargs="?", type=_folder, default=Path("results/latest"),
            help="folder that holds a run.json (default: %(default)s)",
        )  # fmt: skip
        if name == "report":
            one.add_argument(
                "other", metavar="OTHER_DIR", nargs="?", type=_folder,
                help="another run, usually of another machine: write side_by_side/ into RUN_DIR "
                "instead, A for this one and B for that",
            )  # fmt: skip
        if name in {"compare", "baseline"}:
            one.add_argument(
                "--baselines", metavar="DIR", type=Path, default=_BASELINES,
                help="folder of the baselines (default: %(default)s)",
            )  # fmt: skip
        if name == "compare":
            one.add_argument(
                "--times", choices=("strict", "advisory"), default="strict",
                help="whether times are judged, or only shown (default: %(default)s)",
            )  # fmt: skip
    what = "write gate.html of a finished make gate: the paired differences of two builds, drawn"
    gate = commands.add_parser("gate", help=what, description=what, epilog=_STATUSES)
    gate.set_defaults(command=_gate)
    gate.add_argument(
        "folder", metavar="GATE_DIR", nargs="?", type=Path, default=Path("results/gate"),
        help="where the gate wrote its times and its verdict (default: %(default)s)",
    )  # fmt: skip
    advise = commands.add_parser(
        "advise", help="answer for a loop that is not written yet, from a few numbers",
        description=advice.DESCRIPTION, epilog=_STATUSES,
        usage="%(prog)s [RUN_DIR] --tasks N --task-time TIME [options]",
    )  # fmt: skip
    advise.set_defaults(command=advice.advise)
    advice.add_options(advise, _folder)
    return parser
