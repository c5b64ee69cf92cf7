"""Measures the effect of the order of object files on times: `make gate-layout`.

The same object files are linked LINKS times in different orders, so every function has another
address but the same instructions. Rounds run each program once, in random order. The result is
results/baselines/layout/<toolchain>/layout.json.xz. The gate reads it: a unit must differ by
more than layout alone explains.

The status is 0 if it was stored, else 12.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from parzen_study.common.errors import UnusableData
from parzen_study.common.output import write_whole
from parzen_study.common.shown import MOST_OF_A_LINE, ArgumentParser, shown, shown_name
from parzen_study.gate.layout.effects import FILE, FOLDER, packed, toolchain_name
from parzen_study.gate.two_builds import CASES
from runner.gate import ROOT
from runner.pairs.base import INVALID
from runner.pairs.blocks import BlockLines, Contexts, measured, times_of
from runner.pairs.series import folder_error
from runner.plan import PROFILES
from runner.process import InterruptionError, SignalWatch
from runner.program import Choices, Program, forget_google_benchmark_variables
from runner.progress import Length, prepare_streams, say
from runner.run import Document, RunError

BUILD: Final = ROOT / "build"
PROGRAM: Final = "bench/parzen_bench"
LINKS, ROUNDS = 12, 20


def link_command(build: Path) -> list[str]:
    """The link command of ninja. Raises RunError if ninja does not report it."""
    try:
        asked = subprocess.run(
            ["ninja", "-C", str(build), "-t", "commands", PROGRAM],
            capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        raise _unlinkable(f"{shown(str(error), MOST_OF_A_LINE)}") from None
    last = asked.stdout.rstrip().rpartition("\n")[2]
    found = re.fullmatch(r": && (?P<command>.*) && :", last)
    if not found:
        raise _unlinkable("ninja reports no link command")
    return shlex.split(found["command"])


def object_files(build: Path, command: Sequence[str]) -> list[str]:
    """The object files of the program's own code, including those in the build's archives."""
    found = [word for word in command if word.endswith(".o")]
    for archive in _archives(command):
        try:
            listed = subprocess.run(
                ["ar", "t", archive],
                cwd=build, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.CalledProcessError) as error:
            raise _unlinkable(f"{shown(str(error), MOST_OF_A_LINE)}") from None
        folder = Path(archive).parent / "CMakeFiles" / f"{Path(archive).stem[3:]}.dir"
        for member in listed.stdout.split():
            files = sorted((build / folder).rglob(member))
            if len(files) != 1:
                raise _unlinkable(f"{len(files)} files {member} of {archive}")
            found.append(str(files[0].relative_to(build)))
    return found


def shuffled(command: Sequence[str], objects: Sequence[str], seed: int, output: Path) -> list[str]:
    """The same command with the object files in another order, instead of their archives."""
    order = list(objects)
    random.Random(seed).shuffle(order)
    own = {*objects, *_archives(command)}
    words: list[str] = []
    for word in command:
        if word == PROGRAM:
            words.append(str(output))
        elif word not in own:
            words.append(word)
        elif order:
            words += order
            order = []
    return words


def linked(build: Path, links: int, watch: SignalWatch) -> list[Path]:
    """Links the programs."""
    command = link_command(build)
    objects = object_files(build, command)
    folder = (build / "gate" / "layout").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    programs = []
    for number in range(1, links + 1):
        watch.check()
        program = folder / f"link{number}"
        try:
            subprocess.run(
                shuffled(command, objects, number, program),
                cwd=build, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            watch.check()  # Ctrl-C ends the linker too
            raise _unlinkable(shown(error.stderr, MOST_OF_A_LINE)) from None
        programs.append(program)
    return programs


def rounds_of(
    programs: Sequence[Program], cases: Sequence[str], file: Path, rounds: int
) -> tuple[list[list[Mapping[str, float]]], Document]:
    """For every round, the seconds by case of each program; and one context."""
    contexts = Contexts()
    progress = BlockLines(sys.stderr, list(cases), Length(1, rounds * len(programs), 0))
    draw = random.Random()
    found: list[list[Mapping[str, float]]] = []
    context: Document = {}
    for number in range(1, rounds + 1):
        order, seed = list(range(len(programs))), draw.getrandbits(32)
        draw.shuffle(order)
        one: list[Mapping[str, float]] = [{}] * len(programs)
        for place in order:
            name = f"round {number}, link {place + 1}"
            progress.start_round(1, len(cases))
            document = measured(programs[place], name, seed, file, progress, cases)
            contexts.require_same("A", document["context"])
            seconds, errors = times_of(document)
            if errors:
                case, message = min(errors.items())
                raise RunError(f"{name}: {shown_name(case)}: {message}", status=INVALID)
            one[place] = seconds
            context = document["context"]
        found.append(one)
        say(sys.stderr, f"round {number} of {rounds}")
    return found, context


def layout(options: argparse.Namespace, watch: SignalWatch) -> Path:
    """Links, measures and stores; returns the new file."""
    profile = PROFILES["quick"]
    choices = Choices(CASES, profile.min_time, profile.largest_n, watch)
    programs = [
        Program.parzen_bench(program, choices)
        for program in linked(options.build, options.links, watch)
    ]
    cases = sorted(programs[0].with_memory_of_now().listing().cases)
    unchecked = options.build / "gate" / "layout" / ".unchecked.json"
    try:
        machine = programs[0].machine()["machine"]
        found, context = rounds_of(programs, cases, unchecked, options.rounds)
        content = packed(found, context)
        place: Path = options.store / toolchain_name(machine) / FILE
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, content)
    except OSError as error:
        raise folder_error(error) from error
    finally:
        with contextlib.suppress(OSError):
            unchecked.unlink()
    return place


def _archives(command: Sequence[str]) -> list[str]:
    """The build's archives; the system's have absolute paths."""
    return sorted({word for word in command if word.endswith(".a") and not word.startswith("/")})


def _unlinkable(found: str) -> RunError:
    return RunError(f"{PROGRAM} cannot be linked again: {found}; run: make build", status=INVALID)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parses the command line; ends with status 2 if it is invalid."""
    parser = ArgumentParser(prog="layout.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--build", type=Path, default=BUILD, metavar="FOLDER")
    parser.add_argument("--links", type=int, default=LINKS, choices=range(2, 101), metavar="N")
    parser.add_argument("--rounds", type=int, default=ROUNDS, choices=range(2, 1001), metavar="N")
    parser.add_argument("--store", type=Path, default=FOLDER, metavar="FOLDER")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    prepare_streams()
    options = parse(arguments)
    forget_google_benchmark_variables()
    try:
        with SignalWatch() as watch:
            file = layout(options, watch)
    except (InterruptionError, RunError, UnusableData) as error:
        say(sys.stderr, f"layout.py: nothing was stored: {error}")
        return INVALID
    say(sys.stdout, f"Stored: {shown_name(file)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
