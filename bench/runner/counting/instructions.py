"""Counts the instructions of kernels for the article's problem: `make instructions`.

Callgrind runs `count_once`, which calls the kernel through `counted_call`. The table has the
cost of the kernel below that call, with all functions that it calls. No times are used: the same
program gives the same counts in every run. There are two exceptions: a step or two of memset,
which depend on addresses, and the random pivots of `indexed`.
"""

import os
import sys

if __name__ == "__main__":
    # Sets the import path for any start. This folder is removed: its modules are in package
    # `runner`.
    _here = os.path.dirname(os.path.realpath(__file__))
    _top = os.path.dirname(os.path.dirname(os.path.dirname(_here)))
    sys.path = [
        *(os.path.join(_top, folder) for folder in ("bench", "analysis")),
        *(folder for folder in sys.path if os.path.realpath(folder) != _here),
    ]

import argparse
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from parzen_study.common.shown import MOST_OF_A_LINE, ArgumentParser, quoted, shown, shown_name

CALLER: Final = "counted_call"  # in count_once.cpp
ERROR_LINES: Final = 20

_DISPATCHED: Final = re.compile(r"^fn=parzen::N_(\w+)::", re.MULTILINE)


class CountingError(Exception):
    """Counting failed. The message says what was found and what to do."""


@dataclass(frozen=True)
class Counted:
    """The instructions of a kernel in one call, and the problem (`n:10000/d:2/...`).

    `instruction_sets` are Highway's that it ran; empty if it does not dispatch.
    """

    kernel: str
    problem: str
    instructions: int
    instruction_sets: Sequence[str]

    def size(self, key: str) -> int:
        """A number of the problem, such as n."""
        return int(dict(item.split(":") for item in self.problem.split("/"))[key])


def valgrind_here() -> tuple[str, str]:
    """Valgrind as a command, and its version; raises CountingError if there is none."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise CountingError("valgrind was not found; on Debian: apt-get install valgrind")
    asked = subprocess.run([valgrind, "--version"], capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        raise CountingError(
            f"{shown_name(valgrind)} --version ended with status {asked.returncode}, saying:\n"
            f"{shown(asked.stderr.strip(), MOST_OF_A_LINE)}\n"
            "Install it again; on Debian: apt-get install valgrind"
        )
    return valgrind, asked.stdout.strip()


def check_kernels(program: Path, chosen: Sequence[str]) -> None:
    """Raises CountingError for names that are not kernels of the program."""
    try:
        asked = subprocess.run(
            [program.resolve(), "--kernels"],
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise CountingError(
            f"{shown_name(program)} does not list its kernels "
            f"({shown(str(error), MOST_OF_A_LINE)}); run: make build"
        ) from error
    known = asked.stdout.split()
    if unknown := [quoted(name) for name in dict.fromkeys(chosen) if name not in known]:
        raise CountingError(
            f"not a kernel: {shown(', '.join(unknown), MOST_OF_A_LINE)}; "
            f"choose from: {', '.join(known)}"
        )


def count(valgrind: str, program: Path, kernel: str, options: Sequence[str] = ()) -> Counted:
    """Runs the program under callgrind; raises CountingError if that fails."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(valgrind, "--quiet", "--tool=callgrind", f"--toggle-collect={CALLER}"),
            *("--callgrind-out-file=profile", "--compress-strings=no", "--compress-pos=no"),
            *(str(program.resolve()), kernel, *options),
        ]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode != 0:
            how = f"status {done.returncode}" if done.returncode > 0 else _signal(-done.returncode)
            lines = done.stderr.splitlines()[-ERROR_LINES:]
            said = "\n".join(shown(line, MOST_OF_A_LINE) for line in lines) or "nothing"
            raise CountingError(
                f"{shown_name(program)} {shown(kernel)} ended with {how} under valgrind, "
                f"saying:\n{said}\n"
                "Run it alone to see whether valgrind or the program is the cause"
            )
        file = Path(folder, "profile")
        profile = file.read_text("utf-8", errors="replace") if file.exists() else ""
    sets = sorted(set(_DISPATCHED.findall(profile)))
    return Counted(kernel, done.stdout.strip(), called_cost(profile, program), sets)


def called_cost(profile: str, program: Path) -> int:
    """The inclusive cost of CALLER's callee; raises CountingError unless there is exactly one call.

    Valgrind's manual has the format, "Callgrind Format Specification": below the line
    `calls=TIMES POSITION` is a line `POSITION INCLUSIVE_COST`.
    """
    costs: list[tuple[int, int]] = []
    function = ""
    lines = iter(profile.splitlines())
    for line in lines:
        key, _, value = line.partition("=")
        if key == "fn":
            function = value
        elif key == "calls" and function == CALLER:
            costs.append((int(value.split()[0]), int(next(lines).split()[1])))
    if [times for times, _ in costs] != [1]:
        calls = sum(times for times, _ in costs)
        raise CountingError(
            f"{CALLER} of {shown_name(program)} made {calls} calls in the profile, expected "
            "one; build it again: make build"
        )
    return costs[0][1]


def table(counts: Sequence[Counted], version: str) -> str:
    """The counts as text, one line per kernel; all are of one problem."""
    rows = [("kernel", "instructions", "a sample", "a sample and width", "instruction set")]
    for each in counts:
        a_sample = each.instructions / each.size("n")
        rows.append(
            (
                each.kernel,
                f"{each.instructions:,}",
                f"{a_sample:,.2f}",
                f"{a_sample / each.size('m'):.4f}",
                ", ".join(each.instruction_sets) or "as compiled",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        f"Instructions of one call, counted by callgrind of {version}; {counts[0].problem}",
        "",
        *(
            f"{name:{widths[0]}}  "
            + "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths[1:-1], strict=True))
            + f"  {instruction_set}"
            for name, *cells, instruction_set in rows
        ),
        "",
        "The instruction set is the best that both this processor and this valgrind support.",
        "So `make bench` may run a wider one. A kernel `as compiled` does not choose one.",
    ]
    return "\n".join(lines)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = ArgumentParser(prog="instructions.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--program", type=Path, required=True, help="count_once")
    parser.add_argument("--n", help="samples, instead of the article's")
    parser.add_argument("kernels", nargs="+", metavar="KERNEL")
    options = parser.parse_args(arguments)
    chosen = [options.n] if options.n else []
    try:
        if not os.path.isfile(options.program):  # False for a name that is too long
            raise CountingError(f"no program at {shown_name(options.program)}; run: make build")
        check_kernels(options.program, options.kernels)
        valgrind, version = valgrind_here()
        counts = [count(valgrind, options.program, kernel, chosen) for kernel in options.kernels]
    except CountingError as error:
        print(f"instructions.py: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"instructions.py: {error}; check that valgrind runs, and that TMPDIR is a "
            "writable folder with free space",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("interrupted by SIGINT: nothing was counted to the end", file=sys.stderr)
        return 130
    print(table(counts, version))
    return 0


if __name__ == "__main__":
    sys.exit(main())
