"""Compares this build with one of another commit, side by side, in two stages: `make gate`.

BASE is the commit. The default is the commit where this branch left main; on main, the commit
before. It is built once, with this build's options. A block is four fresh processes in the order
ABBA or BAAB, chosen at random. Stage 1 measures all units: a backend and a start, or the
kernels. Stage 2 repeats the units that are slower by more than their minimum effect (2%, or the
effect of layout alone). If there are none, it repeats those that may be slower by 5%. For these
units, only stage 2 decides.

The last line is the verdict, and so is the status: 0 pass, no unit is slower by 5% or more; 10
regressed; 11 inconclusive; 12 invalid, for any reason, including an interruption.
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
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from parzen_study.common.errors import UnusableData
from parzen_study.common.limits import how_to_raise
from parzen_study.common.output import write_whole
from parzen_study.common.shown import MOST_OF_A_LINE, ArgumentParser, shown, shown_name
from parzen_study.gate.layout.effects import FOLDER as LAYOUTS
from parzen_study.gate.layout.effects import layout_effects, toolchain_name
from parzen_study.gate.two_builds import (
    CASES,
    LEAST_BLOCKS,
    MINIMUM_EFFECT,
    Unit,
    units_of,
)
from parzen_study.gate.two_builds_stages import Stages
from parzen_study.gate.two_builds_text import junit, markdown, table
from parzen_study.gate.verdict import Judgement, Verdict, remove_verdict, write_verdict
from runner.lock import locked
from runner.pairs.base import Base
from runner.pairs.blocks import NAMES
from runner.pairs.options import FILE
from runner.pairs.series import Blocks, Plan, folder_error, planned, require_program, revision
from runner.pairs.text import left_out
from runner.process import InterruptionError, SignalWatch
from runner.program import forget_google_benchmark_variables
from runner.progress import prepare_streams, say
from runner.run import RunError

ROOT = Path(__file__).resolve().parents[2]
# Per stage. The second measures a unit or two, so it has time for many more blocks.
SECONDS, MOST_BLOCKS = 330, (60, 160)
SUMMARIES = ("gate.md", "gate.xml")
_ANOTHER = "wait until it ends, or choose another folder: --output"


@dataclass
class Comparison(Stages):
    """The results and verdicts so far, and the reason for an early stop."""

    revisions: str = ""  # of both builds
    stop: InterruptionError | RunError | None = None


def compared(plan: Plan, options: argparse.Namespace) -> Comparison:
    """Measures both stages; raises the reason for a stop during the first block."""
    machine = plan.programs["B"].machine()["machine"]
    layout = layout_effects(toolchain_name(machine), ROOT / LAYOUTS)
    found = Comparison(cases=units_of(plan.cases), layout=layout)
    for stage in (1, 2):
        names = sorted(case for own in found.cases.values() for case in own)
        if not names or found.stop:
            break
        what = f"{len(names)} cases of {len(found.cases)} units"
        say(sys.stderr, f"stage {stage}: {what}, at most {options.seconds} s")
        chosen = argparse.Namespace(
            output=options.output / f"stage{stage}", profile="quick", filter=options.filter,
            blocks=min(options.blocks, MOST_BLOCKS[stage - 1]), seconds=options.seconds,
            seed=options.seed + stage,
        )  # fmt: skip
        chosen.output.mkdir(parents=True, exist_ok=True)
        blocks = Blocks(replace(plan, cases=names), chosen, LEAST_BLOCKS)
        try:
            found.stop = blocks.measure()
        except (InterruptionError, RunError) as stop:
            if stage == 1:
                raise
            found.stop = stop
        if blocks.finished:
            found.take(blocks.finished, blocks.errors(), stage)
            old, new = (revision(blocks.finished, build) for build in NAMES)
            found.revisions = f"OLD is {old}, NEW is {new}"
            try:
                blocks.store({"interrupted": found.stop is not None})
            except OSError as error:
                found.stop = found.stop or folder_error(error)
    return found


def missing_units(plan: Plan) -> list[str]:
    """The units of which the builds share no case."""
    return sorted({*units_of(plan.only_old), *units_of(plan.only_new)} - {*units_of(plan.cases)})


def gate(options: argparse.Namespace, watch: SignalWatch) -> int:
    """Compares as the options say, and writes the verdict; returns the exit status."""
    if not options.old:
        base = Base(ROOT, options.base)
        say(sys.stderr, f"base: {base.commit[:12]}, built by the first gate against it")
        options.old = base.parzen_bench(watch)
    require_program(options.old, NAMES["A"])
    require_program(options.new, NAMES["B"])
    plan = planned(options, watch)
    found = compared(plan, options)
    units = list(found.units.values())
    judgement = found.judgement(missing_units(plan))
    if found.stop:
        # A regression from stage 2 stays one.
        said = str(found.stop).splitlines()[0]
        if judgement.verdict != Verdict.REGRESSED:
            judgement = Judgement(Verdict.INVALID, f"{said}; compare again: make gate")
        say(sys.stderr, f"gate.py: {found.stop}")
    write(options.output, units, judgement, found.errors, found.revisions)
    say(
        sys.stdout,
        "\n\n".join(
            filter(
                None,
                [
                    f"{found.revisions}\nAll times: {shown_name(options.output)}",
                    left_out(plan.only_old, plan.only_new, found.errors),
                    table(units, found.moved) if units else "",
                    judgement.line,
                ],
            )
        ),
    )
    return int(judgement.verdict)


def write(
    folder: Path,
    units: Sequence[Unit],
    judgement: Judgement,
    errors: Mapping[str, object],
    revisions: str = "",
) -> None:
    """Writes gate.md, gate.xml and verdict.json, each whole or not at all. The verdict comes last,
    so it exists only if the others do."""
    details = {
        "minimum_effect": MINIMUM_EFFECT,
        "revisions": revisions,
        "units": [unit.as_json() for unit in units],
        "errors": dict(errors),
    }
    title = "Performance, compared with the base side by side"
    contents = (markdown(title, units, judgement, revisions).encode(), junit(units, judgement))
    for name, content in zip(SUMMARIES, contents, strict=True):
        write_whole(folder / name, content)
    write_verdict(folder, judgement, details)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parses the command line; ends with status 2 if it is invalid."""
    parser = ArgumentParser(prog="gate.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("base", nargs="?", default="", metavar="BASE", help="a commit")
    parser.add_argument(
        "--old", type=Path, metavar="BINARY", help="parzen_bench to use instead of BASE"
    )
    parser.add_argument(
        "--new",
        type=Path,
        default=ROOT / "build/bench/parzen_bench",
        metavar="BINARY",
        help="parzen_bench to judge (default: this build's)",
    )
    parser.add_argument(
        "--filter",
        default=CASES,
        metavar="REGEX",
        help=f"only cases that match (default: {CASES})",
    )
    parser.add_argument(
        "--seconds",
        type=_at_least_one,
        default=SECONDS,
        help=f"time of a stage, after at least {LEAST_BLOCKS} blocks (default: {SECONDS})",
    )
    parser.add_argument(
        "--blocks", type=_at_least_one, default=max(MOST_BLOCKS), help="most blocks of a stage"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=secrets.randbits(63),
        help="seed for the order of builds and cases (default: random)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("results/gate"),
        metavar="FOLDER",
        help="folder for times and verdict (default: results/gate)",
    )
    options = parser.parse_args(arguments)
    if options.base and options.old:
        parser.error("both BASE and --old are given: choose one")
    options.profile = "quick"
    return options


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{shown(text)} must be an integer from 1 to 100000")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    prepare_streams()
    options = parse(arguments)
    if ignored := forget_google_benchmark_variables():
        say(
            sys.stderr,
            f"gate.py: ignoring {', '.join(ignored)} from the environment: they would change "
            "what Google Benchmark runs or prints",
        )
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        with (
            locked(options.output / ".gate-lock", options.output, _ANOTHER),
            SignalWatch() as watch,
        ):
            remove_verdict(options.output)
            for each in (*(f"stage{stage}/{FILE}" for stage in (1, 2)), *SUMMARIES):
                (options.output / each).unlink(missing_ok=True)
            try:
                return gate(options, watch)
            except (InterruptionError, RunError, UnusableData) as error:
                return invalid(options.output, str(error))
            except OSError as error:
                return invalid(options.output, output_fault(error))
    except RunError as failure:  # another gate uses the folder: leave its verdict
        return invalid(None, str(failure))
    except OSError as error:
        return invalid(None, output_fault(error))


def output_fault(error: OSError) -> str:
    remedy = how_to_raise(error) or "free disk space there, make it writable, or use --output"
    return f"{shown(str(error), MOST_OF_A_LINE)}; {remedy}"


def invalid(folder: Path | None, message: str) -> int:
    """Prints why there is no comparison; returns the exit status."""
    say(sys.stderr, f"gate.py: {message}")
    judgement = Judgement(Verdict.INVALID, message.splitlines()[0])
    if folder:
        with contextlib.suppress(OSError):
            write(folder, [], judgement, {})
    say(sys.stdout, judgement.line)
    return int(judgement.verdict)


if __name__ == "__main__":
    sys.exit(main())
