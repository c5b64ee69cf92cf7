"""Runs the benchmark program in rounds and merges them into one run: `make bench`.

A round runs each case once, in random order, in a fresh process. It is the unit of replication:
repetitions within a process are not independent. The first rounds run all cases. Later rounds
repeat what other programs disturbed, then the cases with the widest intervals, until the
profile's time is used up. Up to two disturbed rounds are repeated also beyond it. `make peers` adds
a second program, which runs in a fresh process in every round. The program of a user's own loop is
checked first. It may crash or hang in a case.
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
import random
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from parzen_study.common.limits import how_to_raise
from parzen_study.common.shown import MOST_OF_A_LINE, shown, shown_name
from runner.folder import RUN, report_on, staged
from runner.idle import wait_until_idle
from runner.measuring import Rounds
from runner.mpi.hosts import require_known_hosts
from runner.mpi.ranks import programs_of_ranks
from runner.options import parse
from runner.own_loop import OwnLoop
from runner.own_loop_program import CheckFailedError, OwnLoopProgram
from runner.plan import PROFILES, beyond_the_profile, planned
from runner.process import InterruptionError, SignalWatch
from runner.program import (
    Choices,
    Program,
    ProgramError,
    forget_google_benchmark_variables,
)
from runner.progress import Length, duration, prepare_streams, say
from runner.run import (
    ANOTHER_FOLDER,
    Document,
    RunError,
    errors_of,
    merged,
    require_form,
    write_json,
)


def bench(options: argparse.Namespace, watch: SignalWatch) -> int:
    """Makes one run as the options say; returns the exit status."""
    output: Path = options.output
    started = time.monotonic()
    if options.host_file:
        require_known_hosts(options.host_file)
    profile = PROFILES[options.profile]
    choices = Choices(options.filter, profile.min_time, profile.largest_n, watch)
    loop = OwnLoop.of(options) if options.loop else None
    own = OwnLoopProgram.of(options.binary, loop, choices) if loop else None
    program = own or Program.parzen_bench(options.binary, choices)
    peers = [Program.module(options.peers, choices)] if options.peers else []
    length = Length.exactly(options.rounds) if options.rounds else profile.length
    draw = random.Random(options.seed)
    seeds = iter(lambda: draw.getrandbits(32), None)

    unplaced: RunError | None = None
    with staged(output) as stage:
        check = own.check() if own else None
        if own and check:
            program = replace(own, case_limit=check.case_limit)
        program = program.with_memory_of_now()
        ranks = programs_of_ranks(options, program)
        plan = planned(program, [*peers, *ranks], options.filter)
        not_planned = beyond_the_profile(plan)
        # Read it before the rounds too, so that a failure here does not cost a run.
        state_after: Mapping[str, str] = dict.fromkeys(program.machine()["state"], "unknown")
        busy_before = wait_until_idle(watch, options.idle_wait)
        # The wait counts as part of the profile's time.
        if length.budget:
            say(
                sys.stderr,
                f"Measuring: about {duration(length.budget)} (profile {options.profile}); longer "
                f"if {length.rounds} rounds of all {len(plan.cases)} cases need more time, as on "
                "a slow machine, or if other programs disturb a round",
            )
        if check and (how_long := check.announcement(plan.cases, length.rounds)):
            say(sys.stderr, how_long)
        rounds = Rounds(plan, length.without(time.monotonic() - started), stage.folder)
        chosen: Document = {
            "profile": options.profile,
            "rounds_planned": length.rounds,
            "filter": options.filter,
            "largest_n": profile.largest_n,
            "interrupted": True,
        }
        if loop and check:
            chosen["loop"] = loop.item(check.name, check.seconds)
        if not_planned:
            chosen["not_planned"] = not_planned
        if length.budget:
            chosen["groups"] = dict(plan.groups)
        # If this program is killed, this and the stored rounds make the run.
        begun = merged(chosen, plan.cases, [], busy_before, state_after)
        require_form(begun)
        stop = rounds.measure(seeds, write_json(stage.folder / RUN, begun))
        if stop is None:
            try:
                state_after = program.machine()["state"]
            except (InterruptionError, ProgramError) as late:
                stop = late
        chosen["interrupted"] = stop is not None
        try:
            stage.complete(merged(chosen, plan.cases, rounds.finished, busy_before, state_after))
        except RunError as error:
            unplaced = error

    finished = rounds.finished
    if errors := errors_of(finished):
        head = f"{len(errors)} of {len(plan.cases)} cases have errors instead of times:"
        say(sys.stderr, "\n".join([head, *errors]))
    if stop:
        between = "; " if isinstance(stop, InterruptionError) else "\n"
        of = "" if length.budget else f" of {length.rounds}"
        kept = f"kept {len(finished)}{of} rounds"
        if not unplaced:
            kept += (
                f" in {output}: `{report_on(output)}` uses them, `{_target(options)}` starts again"
            )
        say(sys.stderr, f"{stop}{between}{kept}")
    if unplaced:
        say(sys.stderr, f"rounds.py: {unplaced}")
    elif not stop:
        took = duration(time.monotonic() - started)
        say(sys.stdout, f"{output}: {len(finished)} rounds in {took}; next: {report_on(output)}")
    # If a user's loop fails under a backend, that is a result; if the suite's does, it is an error.
    useless = len(errors) == len(plan.cases) if loop else bool(errors)
    return stop.status if stop else int(useless or unplaced is not None)


def _target(options: argparse.Namespace) -> str:
    if options.loop:
        return f"make bench LOOP={shlex.quote(str(options.loop))}"
    return "make peers" if options.peers else "make bench"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    prepare_streams()
    options = parse(arguments, __doc__)
    if not os.path.isfile(options.binary):  # False if the name is too long
        build = _target(options) if options.loop else "make build"
        say(sys.stderr, f"rounds.py: no program at {shown_name(options.binary)}; run: {build}")
        return 1
    if ignored := forget_google_benchmark_variables():
        names = ", ".join(ignored)
        say(
            sys.stderr,
            f"rounds.py: ignoring {names} from the environment: they would change what Google "
            "Benchmark runs or prints",
        )
    try:
        with SignalWatch() as watch:
            return bench(options, watch)
    except InterruptionError as stop:
        there = options.output.exists()
        kept = f"{shown_name(options.output)} is unchanged" if there else "nothing was written"
        say(
            sys.stderr,
            f"{stop} before a round finished: {kept}; `{_target(options)}` starts again",
        )
        return stop.status
    except CheckFailedError as failure:
        return failure.status  # the program has printed the reason
    except RunError as failure:
        say(sys.stderr, f"rounds.py: {failure}")
        return failure.status
    except OSError as error:
        remedy = (
            how_to_raise(error) or f"free disk space there, make it writable, or {ANOTHER_FOLDER}"
        )
        say(sys.stderr, f"rounds.py: {shown(str(error), MOST_OF_A_LINE)}; {remedy}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
