"""Runs the benchmark program in rounds and merges them into one run: `make bench`.

A round is all cases once, in a random order, in a fresh process: the unit of
replication (in-process repetitions are not independent). The parts:

    rounds.py           the choices, the program's interface, the order of events
    rounds_process.py   a process group that never outlives its call
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
import json
import random
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rounds_process import Ended, InterruptionError, SignalWatch, supervise
from rounds_progress import RoundLines, duration, progress_on, say
from rounds_run import (
    Document,
    RunError,
    checked,
    errors_of,
    machine_items,
    merged,
    replace,
    staging,
    write_json,
)


@dataclass(frozen=True)
class Profile:
    """How much a run measures: rounds, and the seconds for which a case is repeated."""

    rounds: int
    min_time: float


PROFILES: Final = {
    "quick": Profile(rounds=3, min_time=0.01),
    "default": Profile(rounds=7, min_time=0.05),
    "full": Profile(rounds=20, min_time=0.1),
}


class ProgramError(RunError):
    """The program ended badly. Rounds that it finished before are kept."""


@dataclass(frozen=True)
class Program:
    """The benchmark program, with the choices of one run."""

    binary: Path
    case_filter: str
    min_time: float
    watch: SignalWatch

    def cases(self) -> list[str]:
        """The names of all cases of a round, sorted."""
        lines: list[str] = []
        ended = self._supervised(["--benchmark_list_tests=true"], lines.append)
        names = sorted(line.strip() for line in lines if line.strip())
        # Google Benchmark 1.7.1 ends with status 0 even if the filter matches nothing
        # or is no regular expression; what it says on stderr tells which.
        if self.case_filter and not names and ended.status >= 0:
            said = "\n".join(ended.error_lines) or "nothing"
            raise RunError(
                f"--filter {self.case_filter!r} leaves no case; {self.binary} says:\n"
                f"{said}\nSee all: {self.binary} --benchmark_list_tests=true",
                status=2,
            )
        self._require_success(ended, "while listing its cases")
        if not names:
            raise RunError(f"{self.binary} lists no case; build again: make build")
        return names

    def state(self) -> dict[str, str]:
        """The state items of the machine, read now."""
        lines: list[str] = []
        ended = self._supervised(["--machine"], lines.append)
        self._require_success(ended, "while reading the machine")
        try:
            return dict(json.loads("\n".join(lines))["state"])
        except (ValueError, KeyError, TypeError) as error:
            raise ProgramError(
                f"{self.binary} --machine printed no JSON object with a state "
                f"({error!r}); build again: make build"
            ) from error

    def round(self, name: str, seed: int, file: Path, progress: RoundLines) -> bytes:
        """Runs all cases in an order drawn from the seed; returns what was written."""
        file.unlink(missing_ok=True)  # the last round's must not pass for this one's
        ended = self._supervised(
            [
                *("--order-seed", str(seed)),
                f"--benchmark_min_time={self.min_time}",
                f"--benchmark_out={file}",
                "--benchmark_out_format=json",
            ],
            progress.read_line,
            progress.wake,
            progress.wakeup_seconds,
        )
        self._require_success(ended, f"in {name}")
        return file.read_bytes() if file.exists() else b""

    def _supervised(
        self,
        options: Sequence[str],
        on_line: Callable[[str], None],
        on_wakeup: Callable[[], None] = lambda: None,
        wakeup_seconds: float | None = None,
    ) -> Ended:
        chosen = [f"--benchmark_filter={self.case_filter}"] if self.case_filter else []
        command = [str(self.binary.resolve()), *options, *chosen]
        try:
            return supervise(command, self.watch, on_line, on_wakeup, wakeup_seconds)
        except OSError as error:
            raise ProgramError(
                f"{self.binary} cannot be started: {error.strerror}; build it again: make build"
            ) from error

    def _require_success(self, ended: Ended, when: str) -> None:
        if ended.status != 0:
            raise ProgramError(
                f"{self.binary} failed {when}: it {ended.describe()}\n"
                "Run it alone to see more, or build again: make build"
            )


def measure(
    program: Program, cases: Sequence[str], seeds: Sequence[int], folder: Path
) -> tuple[list[Document], InterruptionError | ProgramError | None]:
    """Runs a round a seed and stores each in the folder.

    Returns the finished rounds, and what stopped the others if anything did.
    """
    (folder / "rounds").mkdir()
    rounds: list[Document] = []
    machine: Document | None = None
    progress = progress_on(sys.stderr, list(cases), len(seeds))
    try:
        for number, seed in enumerate(seeds, start=1):
            name = f"round {number} of {len(seeds)}"
            progress.start_round(number)
            # Not under rounds/: it names the machine, and may remain unfinished.
            file = folder / "unchecked.json"
            written = program.round(name, seed, file, progress)
            document = checked(written, name, cases, machine)
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
    program = Program(options.binary, options.filter, profile.min_time, watch)
    draw = random.Random(options.seed)
    seeds = [draw.getrandbits(32) for _ in range(options.rounds or profile.rounds)]

    with staging(output) as folder:
        cases = program.cases()
        # Read once before the rounds too: a failure here should not cost a run.
        state_after = dict.fromkeys(program.state(), "unknown")
        rounds, stop = measure(program, cases, seeds, folder)
        if stop is None:
            try:
                state_after = program.state()
            except (InterruptionError, ProgramError) as late:
                stop = late
        if stop and not rounds:
            raise stop
        run = merged(options.profile, len(seeds), options.filter, cases, rounds, state_after)
        write_json(folder / "run.json", run)
        replace(output, folder)

    status = 0
    if errors := errors_of(rounds):
        status = 1
        head = f"{len(errors)} of {len(cases)} cases have errors instead of times:"
        say(sys.stderr, "\n".join([head, *errors]))
    if stop:
        status = stop.status
        between = "; " if isinstance(stop, InterruptionError) else "\n"
        kept = f"kept {len(rounds)} of {len(seeds)} rounds in {output}"
        say(
            sys.stderr,
            f"{stop}{between}{kept}: `make report` uses them, `make bench` starts again",
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
    parser.add_argument("--profile", choices=PROFILES, default="default")
    parser.add_argument("--rounds", type=_at_least_one, help="instead of the profile's")
    parser.add_argument("--filter", default="", metavar="REGEX", help="only cases that match")
    parser.add_argument(
        "--seed",
        type=int,
        default=secrets.randbits(64),
        help="what the order of each round is drawn from",
    )
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


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
            f"{stop} before a round finished: {kept}; `make bench` starts again",
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
