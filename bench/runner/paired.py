"""Compares the times of two builds of parzen_bench, measured side by side: `make paired`.

Blocks of four fresh processes run ABBA or BAAB, drawn at random: A is OLD, B is NEW. All four run
the same cases in the same order under the same bound on memory. Each block gives one ratio a case;
the intervals, over blocks, are those of Wilcoxon's signed-rank test (pairs/statistics.py).

The verdict is pass where the whole 95% interval of every backend and start is below the margin, so
that NEW is not slower by as much (status 0); regressed where one of them, or a case, is slower and
not below the margin, or where a case fails in NEW only (10); else inconclusive (11), or invalid
without any time (12). Without a verdict the status is 1, or 2 for what cannot be asked.
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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from parzen_study.common.limits import how_to_raise
from parzen_study.common.shown import MOST_OF_A_LINE, quoted, shown, shown_name
from runner.lock import locked
from runner.pairs.blocks import NAMES, Contexts, Processes, errors_of
from runner.pairs.options import FILE, parse
from runner.pairs.statistics import MINIMUM_BLOCKS, Result, compare, log_ratio
from runner.pairs.text import counted, judged, left_out, table
from runner.plan import PROFILES
from runner.process import InterruptionError, SignalWatch
from runner.program import Choices, Program, forget_google_benchmark_variables
from runner.progress import Length, RoundLines, duration, prepare_streams, say
from runner.run import Document, RunError, without_cases, write_json


@dataclass(frozen=True)
class Plan:
    """The builds by letter, the cases that both have, and those that only one has; sorted."""

    programs: Mapping[str, Program]
    cases: Sequence[str]
    only_old: Sequence[str]
    only_new: Sequence[str]


def planned(options: argparse.Namespace, watch: SignalWatch) -> Plan:
    """Asks both builds for their cases. Raises RunError where they have none in common, or were
    not built alike."""
    profile = PROFILES[options.profile]
    choices = Choices(options.filter, profile.min_time, profile.largest_n, watch)
    binaries = {"A": options.old, "B": options.new}
    programs = {
        build: replace(
            Program.parzen_bench(binary, choices),
            name=f"{NAMES[build]} ({shown_name(binary)})",
            remedy="build it again",
        )
        for build, binary in binaries.items()
    }
    bounded = programs["A"].with_memory_of_now()
    programs = {build: replace(each, memory=bounded.memory) for build, each in programs.items()}
    contexts = Contexts()
    for build, each in programs.items():
        contexts.require_same(build, without_cases(each.machine())["context"])
    listings = {build: each.listing() for build, each in programs.items()}
    old, new = (set(listings[build].cases) for build in "AB")
    if not old & new:
        which = f"--filter {quoted(options.filter)} leaves" if options.filter else "there is"
        lines = dict.fromkeys(line for each in listings.values() for line in each.said)
        said = f" ({shown('; '.join(lines), MOST_OF_A_LINE)})" if lines else ""
        raise RunError(
            f"{which} no case that both builds have{said}; "
            f"see all: {shown_name(options.new)} --benchmark_list_tests=true",
            status=2,
        )
    return Plan(programs, sorted(old & new), sorted(old - new), sorted(new - old))


class Blocks:
    """The blocks of one comparison: measured one after another, stored after each."""

    def __init__(self, plan: Plan, options: argparse.Namespace) -> None:
        self.finished: list[Document] = []
        self._plan, self._options = plan, options
        self._file: Path = options.output / FILE
        least = min(MINIMUM_BLOCKS, options.blocks) if options.seconds else options.blocks
        length = Length(4 * least, 4 * options.blocks, options.seconds)
        self._least = least
        self._progress = RoundLines(sys.stderr, list(plan.cases), length)

    def measure(self) -> InterruptionError | RunError | None:
        """Runs blocks until there are enough; returns what stopped them before if anything did.

        Raises what stopped the first one.
        """
        unchecked = self._file.with_name(".unchecked.json")
        processes = Processes(
            self._plan.programs,
            self._plan.cases,
            unchecked,
            self._progress,
            Contexts(),
        )
        draw = random.Random(self._options.seed)
        try:
            while self._wants_another():
                block = processes.block(len(self.finished) + 1, draw)
                self.finished.append(block)
                self.store({"interrupted": True})
                self._report()
        except OSError as error:
            failure = _folder_error(error)
            if not self.finished:
                raise failure from error
            return failure
        except (InterruptionError, RunError) as stop:
            if not self.finished:
                raise
            return stop
        finally:
            with contextlib.suppress(OSError):
                unchecked.unlink()
        return None

    def result(self) -> Result | None:
        """None where no case has a time in every process."""
        errors = self.errors()
        ratios = {
            case: [
                log_ratio(block["order"], [each["seconds"][case] for each in block["letters"]])
                for block in self.finished
            ]
            for case in self._plan.cases
            if case not in errors
        }
        return compare(ratios) if ratios else None

    def errors(self) -> dict[str, dict[str, str]]:
        """By case and name of the build."""
        return errors_of(self.finished)

    def store(self, ended: Document) -> None:
        """Writes all blocks, and how they ended: whole, or not at all."""
        options = self._options
        chosen = {
            "format": "parzen-study paired",
            "version": 1,
            "profile": options.profile,
            "filter": options.filter,
            "memory_bytes": self._plan.programs["A"].memory or "unknown",
            "seed": options.seed,
            "blocks_planned": options.blocks,
            "seconds_planned": options.seconds,
            "only_old": list(self._plan.only_old),
            "only_new": list(self._plan.only_new),
        }
        write_json(self._file, {**chosen, **ended, "blocks": self.finished})

    def _wants_another(self) -> bool:
        done = len(self.finished)
        if done < self._least:
            return True
        estimate = self._progress.estimate
        left = estimate.budget_left()
        a_block = (self._options.seconds - left) / done
        return done < int(self._options.blocks) and left >= a_block

    def _report(self) -> None:
        done, block = len(self.finished), self.finished[-1]
        of = "" if self._options.seconds else f" of {self._options.blocks}"
        left = self._progress.estimate.seconds()
        more = f"; about {duration(left)} left" if left and self._wants_another() else ""
        say(sys.stderr, f"block {done}{of} ({block['order']}){more}")


def paired(options: argparse.Namespace, watch: SignalWatch) -> int:
    """Compares two builds as the options say; returns the exit status."""
    plan = planned(options, watch)
    options.output.mkdir(parents=True, exist_ok=True)
    with locked(options.output / ".paired-lock", options.output):
        blocks = Blocks(plan, options)
        stop = blocks.measure()
        result, errors = blocks.result(), blocks.errors()
        judgement = judged(result, errors, options.margin)
        ended = {
            "interrupted": stop is not None,
            "verdict": judgement.verdict.word,
            "reason": judgement.text,
            "margin": options.margin,
            "errors": errors,
            "result": result.as_json(options.margin) if result else None,
        }
        try:
            blocks.store(ended)
        except OSError as error:  # what was found is printed all the same
            stop = stop or _folder_error(error)
    old, new = (_revision(blocks.finished, build) for build in "AB")
    text = [
        f"A: OLD, {old}\nB: NEW, {new}\n{counted(len(plan.cases), 'case')}, "
        f"{counted(len(blocks.finished), 'block')} of four processes, seed {options.seed}\n"
        f"All times: {shown_name(options.output / FILE)}",
        left_out(plan.only_old, plan.only_new, errors),
        table(result, options.margin) if result else "",
        judgement.line,
    ]
    say(sys.stdout, "\n\n".join(filter(None, text)))
    if stop:
        say(sys.stderr, f"paired.py: {stop}; kept {counted(len(blocks.finished), 'block')}")
        return stop.status
    return int(judgement.verdict)


def _folder_error(error: OSError) -> RunError:
    remedy = how_to_raise(error) or "make room, or see what became of the folder"
    return RunError(f"{shown(str(error), MOST_OF_A_LINE)}; {remedy}")


def _revision(blocks: Sequence[Document], build: str) -> str:
    context = next(letter["context"] for letter in blocks[0]["letters"] if letter["build"] == build)
    dirty = context.get("machine.revision_dirty") == "yes"
    found = shown(str(context.get("machine.revision", "unknown")))
    return f"revision {found}{' with uncommitted changes' if dirty else ''}"


def _require_program(binary: Path, build: str) -> None:
    """Raises RunError unless the file can be run."""
    if not os.path.isfile(binary):  # False for a name that is too long
        found = "is not a file" if os.path.lexists(binary) else "does not exist"
    elif not os.access(binary, os.X_OK):
        found = "is not executable"
    else:
        return
    raise RunError(f"{build} {shown_name(binary)} {found}; name a parzen_bench", status=2)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    prepare_streams()
    options = parse(arguments, __doc__)
    if ignored := forget_google_benchmark_variables():
        say(
            sys.stderr,
            f"paired.py: ignoring {', '.join(ignored)} from the environment: they would change "
            "what Google Benchmark runs or prints",
        )
    try:
        _require_program(options.old, NAMES["A"])
        _require_program(options.new, NAMES["B"])
        with SignalWatch() as watch:
            return paired(options, watch)
    except InterruptionError as stop:
        say(sys.stderr, f"paired.py: {stop} before a block finished: nothing was written")
        return stop.status
    except RunError as failure:
        say(sys.stderr, f"paired.py: {failure}")
        return failure.status
    except OSError as error:
        remedy = how_to_raise(error) or "make room there, make it writable, or use --output"
        say(sys.stderr, f"paired.py: {shown(str(error), MOST_OF_A_LINE)}; {remedy}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
