"""The command line: report, compare, baseline, fingerprint.

Exit status: 0 fine, 1 a regression, 2 wrong usage, 3 data that cannot be used, 130 interrupted
(Ctrl-C), 143 terminated (SIGTERM).
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from parzen_study import compare as comparing
from parzen_study.baseline import find_baseline, nearest_baseline, store_baseline
from parzen_study.errors import UnusableData
from parzen_study.fingerprint import fingerprint
from parzen_study.load import load_run
from parzen_study.report import write_report, write_side_by_side
from parzen_study.run import Run
from parzen_study.shown import ArgumentParser, escaped, shown_name
from parzen_study.study import Study, study
from parzen_study.terminal import console, print_comparison, print_study

FINE, REGRESSION, UNUSABLE, INTERRUPTED = 0, 1, 3, 130
_BROKEN_PIPE = 141  # what a shell shows for a program that SIGPIPE ended
_TERMINATED = 143  # and for one that SIGTERM ended
_BASELINES = Path("results/baselines")


class _Termination(BaseException):
    """SIGTERM, as an exception, so that staged output is removed as after Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Wrong usage leaves through argparse, with 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a plain terminal may lack a character
    chosen = _parser().parse_args(arguments)
    try:
        with _termination_raises():
            status: int = chosen.command(chosen)
            sys.stdout.flush()
            return status
    except UnusableData as error:
        print(f"parzen-study: {error}", file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:
        # Who read the output left; let the interpreter's last flush go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except OSError as error:
        where = f"{shown_name(error.filename)}: " if error.filename else ""
        print(f"parzen-study: {where}{escaped(error.strerror or str(error))}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("parzen-study: interrupted", file=sys.stderr)
        return INTERRUPTED
    except _Termination:
        print("parzen-study: terminated", file=sys.stderr)
        return _TERMINATED


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
    whole = study(_run(chosen))
    if chosen.beside:
        return _side_by_side(whole, study(load_run(chosen.beside / "run.json")), chosen.run)
    write_report(whole, chosen.run)
    print_study(console(), whole, chosen.run)
    # A report that had to leave data out is written all the same, and the status says so.
    return FINE if whole.sound else UNUSABLE


def _side_by_side(one: Study, other: Study, folder: Path) -> int:
    place = write_side_by_side(one, other, folder)
    console().print(escaped(str(place / "report.html")), soft_wrap=True)
    return FINE if one.sound and other.sound else UNUSABLE


def _compare(chosen: argparse.Namespace) -> int:
    latest = _run(chosen)
    _check_baselines(chosen.baselines)
    baseline = find_baseline(latest, chosen.baselines)
    if baseline is not None:
        comparison = comparing.compare(latest, baseline, chosen.times)
    else:
        nearest = nearest_baseline(latest, chosen.baselines)
        comparison = comparing.compare_elsewhere(latest, nearest, chosen.times)
    print_comparison(console(), comparison)
    return REGRESSION if comparison.failed else FINE


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
    run = _run(chosen)
    place = store_baseline(run, chosen.baselines)
    console().print(f"Stored {escaped(str(place))}; commit its folder to share it.", soft_wrap=True)
    return FINE


def _fingerprint(chosen: argparse.Namespace) -> int:
    print(fingerprint(_run(chosen)))
    return FINE


def _run(chosen: argparse.Namespace) -> Run:
    return load_run(chosen.run / "run.json")


def _parser() -> argparse.ArgumentParser:
    parser = ArgumentParser(
        prog="parzen-study",
        description="What a run of the benchmark suite means.",
        epilog="Exit status: 0 fine, 1 a regression, 2 wrong usage, 3 data that cannot be used.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, what in (
        ("report", _report, "write report.html, figures and tables beside run.json"),
        ("compare", _compare, "set a run beside the stored baseline of its machine"),
        ("baseline", _baseline, "store a run as the baseline of its machine"),
        ("fingerprint", _fingerprint, "print which machine and build a run belongs to"),
    ):
        one = commands.add_parser(name, help=what, description=what)
        one.set_defaults(command=command)
        one.add_argument(
            "run", metavar="RUN_DIR", nargs="?", type=Path, default=Path("results/latest"),
            help="folder that holds a run.json (default: %(default)s)",
        )  # fmt: skip
        if name == "report":
            one.add_argument(
                "beside", metavar="OTHER_DIR", nargs="?", type=Path,
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
                help="whether a slower case fails, or is only reported (default: %(default)s)",
            )  # fmt: skip
    return parser
