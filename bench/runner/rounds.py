"""Runs the benchmark program in rounds and merges them into one run: `make bench`.

A round is cases once each, in a random order, in a fresh process: the unit of
replication (in-process repetitions are not independent). The first rounds run all cases;
those after them, until the profile's time is used up, run those that are least sure, after
what other programs disturbed.
`make peers` adds a second program, whose fresh process follows in every round.
"""

import os
import signal
import sys

if __name__ == "__main__":
    # Until a run watches signals itself, an interruption is an end without a traceback, even while
    # the modules below are loaded.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(130))
    # Found however this is started; the modules of this folder are not, by their plain names.
    _here = os.path.dirname(os.path.realpath(__file__))
    _top = os.path.dirname(os.path.dirname(_here))
    sys.path = [
        *(os.path.join(_top, folder) for folder in ("bench", "analysis")),
        *(folder for folder in sys.path if os.path.realpath(folder) != _here),
    ]

import argparse
import contextlib
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from parzen_study.common.limits import how_to_raise
from parzen_study.common.output import reserve
from parzen_study.common.shown import MOST_OF_A_LINE, shown, shown_name
from runner.allocation import Allocation, groups_of
from runner.folder import RUN, report_on, staged
from runner.idle import wait_until_idle
from runner.load import Usage
from runner.options import parse
from runner.plan import PROFILES, Plan, beyond_the_profile, planned
from runner.process import InterruptionError, SignalWatch
from runner.program import (
    Choices,
    Program,
    ProgramError,
    forget_google_benchmark_variables,
)
from runner.progress import Length, duration, name_of, prepare_streams, progress_on, say
from runner.run import (
    ANOTHER_FOLDER,
    Document,
    RunError,
    checked,
    errors_of,
    joined,
    machine_items,
    merged,
    parsed,
    require_form,
    without_cases,
    write_json,
)

# Bytes of run.json that are known only at the end: the state after the last round.
_STATE_AFTER: Final = 4096


class Rounds:
    """The rounds of one run: measured one after another and stored in a folder each."""

    def __init__(self, plan: Plan, length: Length, folder: Path) -> None:
        self.finished: list[Document] = []
        self._plan, self._length, self._folder = plan, length, folder
        self._progress = progress_on(sys.stderr, list(plan.cases), length)
        self._allocation = Allocation(
            _groups(plan), length.rounds, length.most_rounds, self._progress.estimate.seconds_of
        )
        (folder / "rounds").mkdir()

    def measure(self, seeds: Iterator[int], run_size: int) -> InterruptionError | RunError | None:
        """Runs rounds until there are enough; returns what stopped them before if anything did.

        A round is finished once it is stored and run.json, of `run_size` bytes without rounds, has
        room for it. Raises RunError for a first round that cannot be used, and InterruptionError in
        it: what is finished is worth keeping, whatever becomes of the next one.
        """
        run_size += _STATE_AFTER
        try:
            while groups := self._next_groups():
                document = self._run(next(seeds), groups)
                run_size += write_json(self._unchecked, document)
                reserve(self._folder / RUN, run_size)
                self._finish(document, groups)
        except OSError as error:
            if not self.finished:
                raise
            remedy = how_to_raise(error) or "make room, or see what became of the folder"
            return RunError(f"{error}; {remedy}")
        except (InterruptionError, RunError) as stop:
            if not self.finished:
                raise
            return stop
        finally:
            self._progress.close()
            with contextlib.suppress(OSError):
                self._unchecked.unlink()
        return None

    @property
    def groups(self) -> Mapping[str, Sequence[str]]:
        """All cases of the run, by group."""
        return self._allocation.groups

    @property
    def _unchecked(self) -> Path:
        # Not under rounds/: it names the machine, and may remain unfinished.
        return self._folder / "unchecked.json"

    def _next_groups(self) -> Sequence[str]:
        if len(self.finished) < self._length.rounds:
            return list(self.groups)
        if not self._length.budget:
            return []
        left = self._progress.estimate.budget_left()
        if left < 0.0 and len(self.finished) == self._length.rounds:
            say(
                sys.stderr,
                f"{len(self.finished)} rounds of all cases took {duration(-left)} longer than the "
                "profile's time: they are all there is",
            )
        return self._allocation.next_groups(left)

    def _run(self, seed: int, groups: Sequence[str]) -> Document:
        number = len(self.finished) + 1
        name = name_of(number, self._length)
        cases = sorted(case for group in groups for case in self.groups[group])
        self._progress.start_round(number, len(cases))
        whole = len(cases) == len(self._plan.cases)
        wanted = None if whole else frozenset(cases)
        parts = []
        said: list[str] = []
        before = Usage.now()
        for program, names in self._plan.programs:
            own = names if wanted is None else [case for case in names if case in wanted]
            if own:
                only = None if wanted is None else own
                written = program.round(name, seed, self._unchecked, self._progress, only)
                parts.append(parsed(written.text, f"{name} of {program.name}"))
                said += [f"{program.name}: {line}" for line in written.said]
            elif program is self._plan.bench:
                parts.append(without_cases(program.machine()))
        foreign = Usage.now().foreign_since(before)
        if all(program is not self._plan.bench for program, _ in self._plan.programs):
            parts.insert(0, without_cases(self._plan.bench.machine()))
        machine = machine_items(self.finished[0]["context"]) if self.finished else None
        document = checked(joined(parts), name, cases, machine, said)
        ran = {"groups": list(groups)} if self._length.budget else {}
        return {**ran, **({"foreign_load": foreign} if foreign else {}), **document}

    def _finish(self, document: Document, groups: Sequence[str]) -> None:
        number = len(self.finished) + 1
        self._unchecked.replace(self._folder / "rounds" / f"round-{number:03}.json")
        self.finished.append(document)
        self._allocation.add(document, groups)
        self._progress.finish_round()


def _groups(plan: Plan) -> dict[str, Sequence[str]]:
    """The groups of each program apart: peers take many times as long as what they stand beside."""
    return {
        group if program is plan.bench else f"{group}/peers": cases
        for program, names in plan.programs
        for group, cases in groups_of(names).items()
    }


def bench(options: argparse.Namespace, watch: SignalWatch) -> int:
    """Makes one run as the options say; returns the exit status."""
    output: Path = options.output
    started = time.monotonic()
    profile = PROFILES[options.profile]
    choices = Choices(options.filter, profile.min_time, profile.largest_n, watch)
    program = Program.parzen_bench(options.binary, choices)
    beside = [Program.module(options.peers, choices)] if options.peers else []
    length = Length.exactly(options.rounds) if options.rounds else profile.length
    draw = random.Random(options.seed)
    seeds = iter(lambda: draw.getrandbits(32), None)

    unplaced: RunError | None = None
    with staged(output) as stage:
        program = program.with_memory_of_now()
        plan = planned(program, beside, options.filter)
        not_planned = beyond_the_profile(plan)
        # Read once before the rounds too: a failure here should not cost a run.
        state_after: Mapping[str, str] = dict.fromkeys(program.machine()["state"], "unknown")
        busy_before = wait_until_idle(watch, options.idle_wait)
        # What was waited is part of what the profile may take.
        if length.budget:
            say(
                sys.stderr,
                f"Measuring: about {duration(length.budget)} (profile {options.profile}); longer "
                f"where {length.rounds} rounds of all {len(plan.cases)} cases take longer, as on "
                "a slow machine",
            )
        rounds = Rounds(plan, length.without(time.monotonic() - started), stage.folder)
        chosen: Document = {
            "profile": options.profile,
            "rounds_planned": length.rounds,
            "filter": options.filter,
            "largest_n": profile.largest_n,
            "interrupted": True,
        }
        if not_planned:
            chosen["not_planned"] = not_planned
        if length.budget:
            chosen["groups"] = dict(rounds.groups)
        # With the rounds that are stored, this is the run of a program that is killed.
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
    return stop.status if stop else int(bool(errors or unplaced))


def _target(options: argparse.Namespace) -> str:
    return "make peers" if options.peers else "make bench"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    prepare_streams()
    options = parse(arguments, __doc__)
    if not os.path.isfile(options.binary):  # False for a name that is too long
        say(sys.stderr, f"rounds.py: no program at {shown_name(options.binary)}; run: make build")
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
        kept = f"{shown_name(options.output)} is as it was" if there else "nothing was written"
        say(
            sys.stderr,
            f"{stop} before a round finished: {kept}; `{_target(options)}` starts again",
        )
        return stop.status
    except RunError as failure:
        say(sys.stderr, f"rounds.py: {failure}")
        return failure.status
    except OSError as error:
        remedy = how_to_raise(error) or f"make room there, make it writable, or {ANOTHER_FOLDER}"
        say(sys.stderr, f"rounds.py: {shown(str(error), MOST_OF_A_LINE)}; {remedy}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
