"""The blocks of a comparison: finds the cases that both builds have, measures and stores them."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from parzen_study.common.limits import how_to_raise
from parzen_study.common.shown import MOST_OF_A_LINE, quoted, shown, shown_name
from runner.pairs.blocks import NAMES, BlockLines, Contexts, Processes, errors_of
from runner.pairs.options import FILE
from runner.pairs.statistics import MINIMUM_BLOCKS, Result, compare, log_ratio
from runner.plan import PROFILES
from runner.process import InterruptionError, SignalWatch
from runner.program import Choices, Program
from runner.progress import Length, duration, say
from runner.run import Document, RunError, without_cases, write_json


@dataclass(frozen=True)
class Plan:
    """The builds by letter, the cases that both have, and those that only one has; all sorted."""

    programs: Mapping[str, Program]
    cases: Sequence[str]
    only_old: Sequence[str]
    only_new: Sequence[str]


def planned(options: argparse.Namespace, watch: SignalWatch) -> Plan:
    """Gets the cases of both builds. Raises RunError if they share none, or if the builds are not
    alike."""
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
        which = f"--filter {quoted(options.filter)} matches" if options.filter else "there is"
        lines = dict.fromkeys(line for each in listings.values() for line in each.said)
        said = f" ({shown('; '.join(lines), MOST_OF_A_LINE)})" if lines else ""
        raise RunError(
            f"{which} no case that both builds have{said}; "
            f"see all: {shown_name(options.new)} --benchmark_list_tests=true",
            status=2,
        )
    return Plan(programs, sorted(old & new), sorted(old - new), sorted(new - old))


class Blocks:
    """The blocks of one comparison, measured one after another, and stored after each."""

    def __init__(
        self, plan: Plan, options: argparse.Namespace, least_blocks: int = MINIMUM_BLOCKS
    ) -> None:
        self.finished: list[Document] = []
        self._plan, self._options = plan, options
        self._file: Path = options.output / FILE
        least = min(least_blocks, options.blocks) if options.seconds else options.blocks
        length = Length(4 * least, 4 * options.blocks, options.seconds)
        self._least = least
        self._progress = BlockLines(sys.stderr, list(plan.cases), length)

    def measure(self) -> InterruptionError | RunError | None:
        """Runs blocks until there are enough. Returns what stopped them earlier, or None.

        Raises what stopped the first block.
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
            failure = folder_error(error)
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
        """None if no case has a time in every process."""
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
        """Writes all blocks and how they ended, whole or not at all."""
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


def folder_error(error: OSError) -> RunError:
    remedy = how_to_raise(error) or "free disk space, or check that the folder still exists"
    return RunError(f"{shown(str(error), MOST_OF_A_LINE)}; {remedy}")


def revision(blocks: Sequence[Document], build: str) -> str:
    context = next(letter["context"] for letter in blocks[0]["letters"] if letter["build"] == build)
    dirty = context.get("machine.revision_dirty") == "yes"
    found = shown(str(context.get("machine.revision", "unknown")))
    return f"revision {found}{' with uncommitted changes' if dirty else ''}"


def require_program(binary: Path, build: str) -> None:
    """Raises RunError unless the file can be run."""
    if not os.path.isfile(binary):  # False if the name is too long
        found = "is not a file" if os.path.lexists(binary) else "does not exist"
    elif not os.access(binary, os.X_OK):
        found = "is not executable"
    else:
        return
    raise RunError(f"{build} {shown_name(binary)} {found}; name a parzen_bench", status=2)
