"""Counts what this build executes, and compares exactly with stored counts: `make counts`.

Callgrind counts the instructions of every kernel and of the steps of a message. strace counts
allocations, system calls, messages and bytes of every scheduler's calls. No times are used, so
any machine can judge. STORE=yes counts ten times, and stores the counts.

The last line is the verdict, and so is the status: 0 pass, no count grew; 10 regressed; 11
inconclusive, nothing was judged; 12 invalid, for any reason, including an interruption.
"""

import os
import signal
import sys

if __name__ == "__main__":
    # Until a run handles signals itself, Ctrl-C ends the program without a traceback, also while
    # the modules below are imported.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(130))
    # Sets the import path for any start. This folder is removed: its modules are in package
    # `runner`.
    _here = os.path.dirname(os.path.realpath(__file__))
    _top = os.path.dirname(os.path.dirname(_here))
    sys.path = [
        *(os.path.join(_top, folder) for folder in ("bench", "analysis")),
        *(folder for folder in sys.path if os.path.realpath(folder) != _here),
    ]

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path

from parzen_study.common.errors import UnusableData
from parzen_study.common.limits import how_to_raise
from parzen_study.common.shown import MOST_OF_A_LINE, ArgumentParser, shown, shown_name
from parzen_study.gate.counts import (
    FILE,
    REPETITIONS,
    Counts,
    Outcome,
    differences,
    judged,
    table,
)
from parzen_study.gate.verdict import Judgement, Verdict, remove_verdict, write_verdict
from runner.counting.build import Programs, counts_of
from runner.counting.instructions import CountingError
from runner.lock import locked
from runner.pairs.series import require_program
from runner.plan import PROFILES
from runner.process import InterruptionError, SignalWatch
from runner.program import Choices, Program
from runner.progress import prepare_streams, say
from runner.run import RunError

ROOT = Path(__file__).resolve().parents[2]
# On a loaded machine some counts vary by one or two: only what grew in every repetition has grown.
RECOUNTS = 2


def counts(options: argparse.Namespace, watch: SignalWatch) -> Judgement:
    """Counts, stores if asked to, and judges; returns the verdict, which it has printed."""
    programs = Programs(options.programs)
    parzen_bench = options.programs / "parzen_bench"
    for each in (parzen_bench, programs.once, programs.calls):
        require_program(each, "the program")
    profile = PROFILES["quick"]
    choices = Choices("", profile.min_time, profile.largest_n, watch)
    machine = Program.parzen_bench(parzen_bench, choices).machine()["machine"]

    def report(repetition: int) -> None:
        say(sys.stderr, f"repetition {repetition} of {repetitions}")

    repetitions = REPETITIONS if options.store else 1
    cpus = len(os.sched_getaffinity(0))
    found = counts_of(programs, machine, cpus, repetitions, watch, report)
    place = options.baselines / found.toolchain / FILE
    stored = Counts.read(place) if os.path.lexists(place) else None
    if not options.store:
        for _ in range(RECOUNTS):
            if not stored or not has_grown(found, stored):
                break
            say(sys.stderr, "a count grew: counting again, since some depend on timing")
            found = found.with_(counts_of(programs, machine, cpus, 1, watch, report))
    found.write(options.output / FILE)
    if options.store:
        return store(found, stored, place)
    judgement, differ = judged(found, stored)
    if differ:
        say(sys.stdout, table(differ, found.calls))
    details = {
        "counts": sum(len(each) for each in found.counts.values()),
        "differences": [vars(each) for each in differ],
    }
    write_verdict(options.output, judgement, details)
    say(sys.stdout, f"All counts: {shown_name(options.output / FILE)}\n\n{judgement.line}")
    return judgement


def has_grown(found: Counts, stored: Counts) -> bool:
    return any(each.outcome == Outcome.MORE for each in differences(found, stored))


def store(found: Counts, stored: Counts | None, place: Path) -> Judgement:
    """Adds the counts to the stored ones if none differs, else replaces these."""
    differ = differences(found, stored) if stored and stored.build == found.build else []
    if stored and stored.build == found.build and not differ:
        found = found.with_(stored)
    elif differ:
        say(sys.stdout, table(differ, found.calls))
    found.write(place)
    varied = [(low, high) for each in found.counts.values() for low, high in each.values()]
    same = sum(low == high for low, high in varied)
    judgement = Judgement(
        Verdict.PASS,
        f"stored: {same} counts exact, {len(varied) - same} as ranges "
        f"({found.repetitions} repetitions)",
    )
    say(sys.stdout, f"Stored: {shown_name(place)}\n\n{judgement.line}")
    return judgement


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parses the command line; ends with status 2 if it is invalid."""
    parser = ArgumentParser(prog="counts.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    for name, default, what in (
        ("--programs", ROOT / "build/bench", "folder of count_once, count_calls and parzen_bench"),
        ("--baselines", ROOT / "results/baselines/counts", "folder of the stored counts"),
        ("--output", Path("results/counts"), f"folder for {FILE} and verdict.json"),
    ):
        parser.add_argument(name, type=Path, default=default, metavar="FOLDER", help=what)
    parser.add_argument(
        "--store", action="store_true", help="count ten times, and store the counts"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    prepare_streams()
    options = parse(arguments)
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        with locked(options.output / ".counts-lock", options.output), SignalWatch() as watch:
            remove_verdict(options.output)
            try:
                return int(counts(options, watch).verdict)
            except (CountingError, InterruptionError, RunError, UnusableData) as error:
                return invalid(options.output, str(error))
    except RunError as failure:  # another process uses the folder: leave its verdict
        return invalid(None, str(failure))
    except OSError as error:
        remedy = how_to_raise(error) or "free disk space there, or make it writable"
        return invalid(None, f"{shown(str(error), MOST_OF_A_LINE)}; {remedy}")


def invalid(folder: Path | None, message: str) -> int:
    """Prints why nothing was counted; returns the exit status."""
    say(sys.stderr, f"counts.py: {message}")
    judgement = Judgement(Verdict.INVALID, message.splitlines()[0])
    if folder:
        with contextlib.suppress(OSError):
            write_verdict(folder, judgement, {})
    say(sys.stdout, judgement.line)
    return int(judgement.verdict)


if __name__ == "__main__":
    sys.exit(main())
