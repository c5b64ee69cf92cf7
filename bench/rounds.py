"""Runs the benchmark program in rounds and merges them into one run: `make bench`.

A round is all cases once, in a random order, in a fresh process: the unit of
replication (in-process repetitions are not independent). `make peers` adds a second
program, whose fresh process follows in every round. The parts:

    rounds.py           the choices, the order of events
    rounds_program.py   what is asked of a program
    rounds_process.py   a process group that never outlives its call
    rounds_idle.py      what else the CPUs do before the first round
    rounds_progress.py  remaining time, bar, lines
    rounds_run.py       which documents are merged, and how a run replaces the last one
"""

import signal

# Until a run watches signals itself, an interruption is an end without a traceback, even while the
# modules below are loaded.
if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    import os

    signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(130))

import argparse
import random
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rounds_idle import WAIT_SECONDS, wait_until_idle
from rounds_process import InterruptionError, SignalWatch
from rounds_program import Choices, Program, ProgramError
from rounds_progress import duration, progress_on, say
from rounds_run import (
    Document,
    RunError,
    checked,
    errors_of,
    joined,
    machine_items,
    merged,
    parsed,
    replace,
    staging,
    without_cases,
    write_json,
)


@dataclass(frozen=True)
class Profile:
    """How much a run measures: rounds, the seconds for which a case is repeated, and the most
    samples that a case may have."""

    rounds: int
    min_time: float
    largest_n: int


PROFILES: Final = {
    "quick": Profile(rounds=5, min_time=0.01, largest_n=100_000),
    "default": Profile(rounds=7, min_time=0.05, largest_n=10_000_000),
    "full": Profile(rounds=20, min_time=0.1, largest_n=100_000_000),
}


@dataclass(frozen=True)
class Plan:
    """The names of all cases of a round, sorted, and the programs that have any of them.

    `bench` describes the machine, even where a filter leaves it no case.
    """

    bench: Program
    programs: Sequence[Program]
    cases: Sequence[str]


def planned(bench: Program, beside: Sequence[Program], case_filter: str) -> Plan:
    """Asks the programs for their cases; tells what they say besides, such as what is left out."""
    listings = [(program, program.listing()) for program in (bench, *beside)]
    said = "\n".join(f"{program.name}: {line}" for program, each in listings for line in each.said)
    cases = sorted(case for _, each in listings for case in each.cases)
    if not cases:
        raise RunError(
            f"--filter {case_filter!r} leaves no case:\n{said or 'nothing is said of why'}\n"
            f"See all: {bench.name} --benchmark_list_tests=true",
            status=2,
        )
    if said:
        say(sys.stderr, said)
    return Plan(bench, [program for program, each in listings if each.cases], cases)


def measure(
    plan: Plan, seeds: Sequence[int], folder: Path
) -> tuple[list[Document], InterruptionError | ProgramError | None]:
    """Runs a round a seed and stores each in the folder.

    Returns the finished rounds, and what stopped the others if anything did.
    """
    (folder / "rounds").mkdir()
    rounds: list[Document] = []
    machine: Document | None = None
    progress = progress_on(sys.stderr, list(plan.cases), len(seeds))
    try:
        for number, seed in enumerate(seeds, start=1):
            name = f"round {number} of {len(seeds)}"
            progress.start_round(number)
            # Not under rounds/: it names the machine, and may remain unfinished.
            file = folder / "unchecked.json"
            parts = [] if plan.bench in plan.programs else [without_cases(plan.bench.machine())]
            for program in plan.programs:
                written = program.round(name, seed, file, progress)
                parts.append(parsed(written, f"{name} of {program.name}"))
            document = checked(joined(parts), name, plan.cases, machine)
            machine = machine_items(document["context"])
            write_json(folder / "rounds" / f"round-{number:02}.json", document)
            rounds.append(document)
            progress.finish_round()
    except (InterruptionError, ProgramError) as stop:
        return rounds, stop
    finally:
        progress.close()
        (folder / "unchecked.json").unlink(missing_ok=True)
    return rounds, None


def bench(options: argparse.Namespace, watch: SignalWatch) -> int:
    """Makes one run as the options say; returns the exit status."""
    output: Path = options.output
    started = time.monotonic()
    profile = PROFILES[options.profile]
    choices = Choices(options.filter, profile.min_time, profile.largest_n, watch)
    program = Program.parzen_bench(options.binary, choices)
    beside = [Program.module(options.peers, choices)] if options.peers else []
    draw = random.Random(options.seed)
    seeds = [draw.getrandbits(32) for _ in range(options.rounds or profile.rounds)]

    with staging(output) as folder:
        plan = planned(program, beside, options.filter)
        # Read once before the rounds too: a failure here should not cost a run.
        state_after: Mapping[str, str] = dict.fromkeys(program.machine()["state"], "unknown")
        busy_before = wait_until_idle(watch, options.idle_wait)
        rounds, stop = measure(plan, seeds, folder)
        if stop is None:
            try:
                state_after = program.machine()["state"]
            except (InterruptionError, ProgramError) as late:
                stop = late
        if stop and not rounds:
            raise stop
        chosen = {
            "profile": options.profile,
            "rounds_planned": len(seeds),
            "filter": options.filter,
            "largest_n": profile.largest_n,
        }
        run = merged(chosen, plan.cases, rounds, busy_before, state_after)
        write_json(folder / "run.json", run)
        replace(output, folder)

    status = 0
    if errors := errors_of(rounds):
        status = 1
        head = f"{len(errors)} of {len(plan.cases)} cases have errors instead of times:"
        say(sys.stderr, "\n".join([head, *errors]))
    if stop:
        status = stop.status
        between = "; " if isinstance(stop, InterruptionError) else "\n"
        kept = f"kept {len(rounds)} of {len(seeds)} rounds in {output}"
        say(
            sys.stderr,
            f"{stop}{between}{kept}: `make report` uses them, `{_target(options)}` starts again",
        )
    else:
        took = duration(time.monotonic() - started)
        say(sys.stdout, f"{output}: {len(rounds)} rounds in {took}; next: make report")
    return status


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line; ends with status 2 if they cannot be used."""
    parser = argparse.ArgumentParser(prog="rounds.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--binary", type=Path, required=True, help="parzen_bench")
    parser.add_argument("--output", type=Path, required=True, help="folder of the run; replaced")
    parser.add_argument(
        "--peers", metavar="MODULE", default="", help="a Python module to be measured beside it"
    )
    parser.add_argument("--profile", choices=PROFILES, default="default")
    parser.add_argument("--rounds", type=_at_least_one, help="instead of the profile's")
    parser.add_argument("--filter", default="", metavar="REGEX", help="only cases that match")
    parser.add_argument(
        "--idle-wait",
        type=_whole,
        default=WAIT_SECONDS,
        metavar="SECONDS",
        help="wait at most so long for other programs to end; 0 does not look for them",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=secrets.randbits(64),
        help="what the order of each round is drawn from",
    )
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    return _whole(text, least=1)


def _whole(text: str, least: int = 0) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
    return int(text)


def _target(options: argparse.Namespace) -> str:
    return "make peers" if options.peers else "make bench"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    options = parse(arguments)
    if not options.binary.is_file():
        say(sys.stderr, f"rounds.py: no program at {options.binary}; run: make build")
        return 1
    try:
        with SignalWatch() as watch:
            return bench(options, watch)
    except InterruptionError as stop:
        there = options.output.exists()
        kept = f"{options.output} is as it was" if there else "nothing was written"
        say(
            sys.stderr,
            f"{stop} before a round finished: {kept}; `{_target(options)}` starts again",
        )
        return stop.status
    except RunError as failure:
        say(sys.stderr, f"rounds.py: {failure}")
        return failure.status
    except OSError as error:
        say(
            sys.stderr,
            f"rounds.py: {error}; make it writable, or give another --output",
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
