"""The options of paired.py."""

import argparse
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from parzen_study.common.shown import ArgumentParser, quoted
from runner.pairs.statistics import MINIMUM_BLOCKS
from runner.plan import PROFILES

FILE: Final = "paired.json"
# At least three standard errors of a backend and start with many cases: 15 blocks, on idle CPUs.
MARGIN: Final = 1.03
BLOCKS: Final = 15  # enough to call one of 800 cases slower or faster
MOST_BLOCKS: Final = 200  # half an hour of profile quick, or more


def parse(arguments: Sequence[str] | None, description: str | None) -> argparse.Namespace:
    """Parses the command line; ends with status 2 if it is invalid."""
    parser = ArgumentParser(prog="paired.py", description=description)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("old", type=Path, metavar="OLD_BINARY", help="parzen_bench of build A")
    parser.add_argument("new", type=Path, metavar="NEW_BINARY", help="parzen_bench of build B")
    parser.add_argument("--profile", choices=PROFILES, default="quick", help="default: quick")
    parser.add_argument(
        "--blocks",
        type=_blocks,
        help=f"run this many, at most {MOST_BLOCKS} (default: {BLOCKS}, or what --seconds allows)",
    )
    parser.add_argument(
        "--seconds",
        type=_at_least_one,
        default=0,
        help=f"after {MINIMUM_BLOCKS} blocks, start no block that would end later",
    )
    parser.add_argument("--filter", default="", metavar="REGEX", help="only cases that match")
    parser.add_argument(
        "--margin",
        type=_margin,
        default=MARGIN,
        metavar="RATIO",
        help=f"not slower: the whole 95%% interval of NEW/OLD is below it (default: {MARGIN})",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=secrets.randbits(64),
        help="seed for the order of builds and cases (default: random, printed)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("results/paired"),
        metavar="FOLDER",
        help=f"folder for {FILE} (default: results/paired)",
    )
    options = parser.parse_args(arguments)
    options.blocks = options.blocks or (MOST_BLOCKS if options.seconds else BLOCKS)
    return options


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{quoted(text)} must be an integer >= 1")
    return int(text)


def _blocks(text: str) -> int:
    if _at_least_one(text) > MOST_BLOCKS:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is above {MOST_BLOCKS}")
    return int(text)


def _margin(text: str) -> float:
    try:
        margin = float(text)
    except ValueError:
        margin = 0.0
    if not 1.0 < margin < 10.0:
        raise argparse.ArgumentTypeError(f"{quoted(text)} must be a ratio above 1, such as 1.03")
    return margin
