"""The options of rounds.py."""

import argparse
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from parzen_study.common.shown import ArgumentParser
from runner.idle import WAIT_SECONDS
from runner.own_loop import add_options, at_least_one, whole, with_flags_joined
from runner.plan import PROFILES


def parse(arguments: Sequence[str] | None, description: str | None) -> argparse.Namespace:
    """Parses the command line; ends with status 2 if it is invalid."""
    parser = ArgumentParser(prog="rounds.py", description=description)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--binary",
        type=Path,
        required=True,
        help="parzen_bench, or the program of a user's own loop",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        help="folder of the run; an existing run in it is replaced",
    )
    parser.add_argument(
        "--peers", metavar="MODULE", default="", help="a Python module to measure as well"
    )
    parser.add_argument(
        "--host-file", type=Path, metavar="FILE", help="the hosts of these ranks, for mpirun"
    )
    add_options(parser, required=False)
    parser.add_argument("--profile", choices=PROFILES, default="default")
    parser.add_argument(
        "--rounds", type=at_least_one, help="run exactly this many rounds of all cases"
    )
    parser.add_argument("--filter", default="", metavar="REGEX", help="run only cases that match")
    parser.add_argument(
        "--idle-wait",
        type=whole,
        default=WAIT_SECONDS,
        metavar="SECONDS",
        help="wait at most this long for other programs to become idle; 0: do not wait",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=secrets.randbits(64),
        help="seed for the order of each round (default: random)",
    )
    options = parser.parse_args(with_flags_joined(sys.argv[1:] if arguments is None else arguments))
    if options.host_file and not options.ranks:
        parser.error("--host-file needs --ranks")
    if not options.loop and (options.loop_flags or options.sizes):
        parser.error("--loop-flags and --sizes need --loop FILE")
    return options
