"""A user's own loop as an item of run.json, and the check whether a stored run is of that loop.

As a program, it ends with status 0 if the folder's run is of this file, with these flags and
sizes. Then only a report is missing. Otherwise it ends with status 10, and prints why if there
is a run.
"""

import os
import sys

if __name__ == "__main__":
    # Sets the import path for any start. This folder is removed: its modules are in package
    # `runner`.
    _here = os.path.dirname(os.path.realpath(__file__))
    _top = os.path.dirname(os.path.dirname(_here))
    sys.path = [
        *(os.path.join(_top, folder) for folder in ("bench", "analysis")),
        *(folder for folder in sys.path if os.path.realpath(folder) != _here),
    ]

import argparse
import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from parzen_study.common.limits import how_to_raise
from parzen_study.common.regular_file import read_regular
from parzen_study.common.shown import MOST_OF_A_LINE, ArgumentParser, quoted, shown, shown_name

MEASURE_ANEW: Final = 10
_RUN: Final = "run.json"
_LARGEST_SIZE: Final = 2**63 - 1  # the argument of a loop's make()
_FLAGS: Final = "--loop-flags"


@dataclass(frozen=True)
class OwnLoop:
    """The file of a loop, its compiler flags, and the sizes that the user chose; no sizes means
    those of the file."""

    file: Path
    file_sha256: str
    flags: str
    sizes: Sequence[int]
    ranks: Sequence[int] = ()

    @classmethod
    def of(cls, options: argparse.Namespace) -> "OwnLoop":
        """The loop of these options. Raises OSError if the file cannot be read."""
        digest = hashlib.sha256(read_regular(options.loop)).hexdigest()
        return cls(options.loop, digest, options.loop_flags, options.sizes, options.ranks)

    @property
    def make_bench(self) -> str:
        """The command that builds and measures it, even if a run is stored."""
        return f"make bench LOOP={shlex.quote(str(self.file))}"

    def item(self, name: str, measured: Iterable[int]) -> dict[str, Any]:
        """The item `loop` of run.json; `name` and sizes come from the program."""
        return {
            "name": name,
            "file": self.file.name,
            "file_sha256": self.file_sha256,
            "flags": self.flags,
            "sizes": list(measured),
            "sizes_chosen": bool(self.sizes),
        }

    def difference(self, run: Mapping[str, Any]) -> str:
        """Says how a run's loop differs from this one; empty if it does not."""
        stored = run.get("loop")
        if not isinstance(stored, dict):
            return "the run is not of a loop of your own"
        if stored.get("file_sha256") != self.file_sha256:
            if (file := stored.get("file")) != self.file.name:
                return f"the run is of file {quoted(str(file))}"
            return f"{shown_name(self.file)} has changed"
        if (flags := str(stored.get("flags"))).split() != self.flags.split():
            return f"the run has the flags {quoted(flags)}"
        sizes: Any = stored.get("sizes")
        same = set(sizes) == set(self.sizes) if self.sizes else stored.get("sizes_chosen") is False
        if not same:
            return f"the run has the sizes {shown(str(sizes))}"
        ranks = _ranks_of(run)
        if ranks != set(self.ranks):
            return f"the run has {_listed(ranks)} of MPI, and now {_listed(self.ranks)} are wanted"
        return ""


def _ranks_of(run: Mapping[str, Any]) -> set[int]:
    """The numbers of ranks that a run was planned with."""
    cases: Any = run.get("cases", [])
    found = (re.search(r"^[^/]+/mpi/.*/workers:([0-9]+)/", str(case)) for case in cases)
    return {int(each[1]) for each in found if each}


def _listed(ranks: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(set(ranks)))) + " ranks" if ranks else "no ranks"


def add_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """The options that name a loop, and the ranks that it is measured with."""
    parser.add_argument(
        "--ranks",
        type=at_least_one,
        nargs="+",
        default=[],
        metavar="NUMBER",
        help="also measure with these numbers of ranks of mpirun: bench_mpi, or own_loop_mpi with "
        "--loop",
    )
    parser.add_argument(
        "--loop", type=Path, metavar="FILE", required=required,
        help="the file of the loop that the program was built from",
    )  # fmt: skip
    parser.add_argument(
        _FLAGS, default="", metavar="FLAGS", help="its compiler flags, as one argument"
    )
    parser.add_argument(
        "--sizes",
        type=_sizes,
        default=[],
        metavar="N,...",
        help="sizes to measure instead of the file's",
    )


def at_least_one(text: str) -> int:
    """An integer >= 1."""
    return whole(text, least=1)


def whole(text: str, least: int = 0) -> int:
    """An integer of at least this value."""
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{quoted(text)} must be an integer >= {least}")
    return int(text)


def with_flags_joined(arguments: Sequence[str]) -> list[str]:
    """Joins `--loop-flags -O3` into one argument, which argparse would read as two options."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] == _FLAGS:
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _sizes(text: str) -> list[int]:
    if not text.strip():
        return []
    sizes = []
    for word in re.split(r"\s*,\s*|\s+", text.strip()):
        # Rejects digits of other scripts, and numbers above any size.
        if not re.fullmatch(r"[0-9]{1,19}", word) or not 0 < int(word) <= _LARGEST_SIZE:
            raise argparse.ArgumentTypeError(
                f"{quoted(word)} is not a size: give integers from 1 to {_LARGEST_SIZE}, "
                "separated by commas or blanks"
            )
        sizes.append(int(word))
    return sorted(set(sizes))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = ArgumentParser(prog="own_loop.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--output", type=Path, required=True, help="folder of the run")
    add_options(parser, required=True)
    options = parser.parse_args(with_flags_joined(sys.argv[1:] if arguments is None else arguments))
    try:
        loop = OwnLoop.of(options)
    except OSError as error:
        remedy = how_to_raise(error) or "name a readable file"
        print(f"own_loop.py: {shown(str(error), MOST_OF_A_LINE)}; {remedy}", file=sys.stderr)
        return 2
    run = options.output / _RUN
    if not run.exists():
        return MEASURE_ANEW
    try:
        why = loop.difference(dict(json.loads(read_regular(run))))
    except (OSError, ValueError, TypeError) as error:
        why = f"the run cannot be read ({shown(str(error), MOST_OF_A_LINE)})"
    if why:
        print(f"{shown_name(options.output)}: measuring again: {why}")
        return MEASURE_ANEW
    return 0


if __name__ == "__main__":
    sys.exit(main())
