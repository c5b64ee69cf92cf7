"""A program that measures, as rounds.py runs it: parzen_bench, or the peers.

Both know the options of Google Benchmark below, --order-seed and --largest-n. Only parzen_bench
knows --memory.
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, Self

from parzen_study.common.limits import how_to_raise
from parzen_study.common.shown import shown, shown_name
from parzen_study.run.case import parse_case
from runner.answers import CASES, MACHINE, AnswerError, Schema, document_of
from runner.process import Ended, SignalWatch, supervise
from runner.progress import RoundLines
from runner.run import Document, RunError, parsed

_BUILD = "build it again: make build"


# Answers need no measurement, so they come at once even on a busy machine.
ANSWER_SECONDS = 120.0
MOST_OF_ANSWER = 64 << 20  # bytes of memory; many times the list of the largest machine


def forget_google_benchmark_variables() -> list[str]:
    """Removes the environment variables that set options of Google Benchmark; returns their names.

    It reads every flag from a variable as well: --benchmark_filter from BENCHMARK_FILTER, --v
    from V. It does so when its library is loaded, so call this before starting a program.
    """
    names = sorted(name for name in os.environ if name == "V" or name.startswith("BENCHMARK_"))
    for name in names:
        del os.environ[name]
    return names


class ProgramError(RunError):
    """The program failed. Rounds that it finished before are kept."""


@dataclass(frozen=True)
class Choices:
    """The options that all programs of a run share."""

    case_filter: str
    min_time: float
    largest_n: int
    watch: SignalWatch


@dataclass(frozen=True)
class Listing:
    """The full names of a program's cases, sorted, and its messages."""

    cases: Sequence[str]
    said: Sequence[str]


@dataclass(frozen=True)
class Measured:
    """The document of a round, and the program's messages."""

    document: Document
    said: Sequence[str]


class Lines(Protocol):
    """Reads the console table of a round line by line; wake() is called in between."""

    @property
    def wakeup_seconds(self) -> float | None:
        """The maximum time between two calls of wake()."""

    def read_line(self, line: str) -> None:
        """Takes a line."""

    def wake(self) -> None:
        """May raise what ends the program."""


@dataclass(frozen=True)
class Program:
    """A program with the options of one run; `remedy` is the advice if it fails.

    Cases that need more than `memory` bytes are skipped. Without a bound, the program reads the
    available memory at every start.
    """

    name: str
    command: Sequence[str]
    remedy: str
    choices: Choices
    memory: str = ""

    @classmethod
    def parzen_bench(cls, binary: Path, choices: Choices) -> Self:
        return cls(shown_name(binary), [str(binary.resolve())], _BUILD, choices)

    @classmethod
    def module(cls, name: str, choices: Choices) -> Self:
        """A Python module that is a program."""
        remedy = "check that PYTHONPATH has its folder, or measure without it: make bench"
        return cls(f"python -m {shown(name)}", [sys.executable, "-m", name], remedy, choices)

    def with_memory_of_now(self) -> Self:
        """Fixes the memory bound for the whole run, since all its rounds must have the
        same cases."""
        available = self.machine()["state"].get("memory_available_bytes", "")
        return replace(self, memory=available if available.isdecimal() else "")

    def listing(self) -> Listing:
        """The cases of a round; none if the filter matches none, or is not a regular expression.

        Google Benchmark 1.7.1 ends with status 0 in both cases; its stderr shows the difference.
        """
        ended, lines = self._printed(["--benchmark_list_tests=true"])
        names = sorted(line.strip() for line in lines if line.strip())
        if not (self.choices.case_filter and not names and ended.status >= 0):
            self._require_success(ended, "while listing its cases")
            if not names:
                raise RunError(f"{self.name} lists no case; {self.remedy}")
        return Listing(names, ended.error_lines)

    def groups(self, cases: Iterable[str]) -> dict[str, str]:
        """The group of each listed case, in their order, from `--list=json`, which lists all cases
        whatever the filter."""
        found = {case["full_name"]: case["group"] for case in self.answer("--list=json", CASES)}
        if missing := [case for case in cases if case not in found]:
            raise ProgramError(
                f"{self.name} --list=json does not list its case {shown_name(missing[0])}; "
                f"{self.remedy}"
            )
        return {case: found[case] for case in cases}

    def machine(self) -> Mapping[str, Mapping[str, str]]:
        """The machine (`machine`) and its state (`state`), read now."""
        document = self.answer("--machine", MACHINE)
        return {group: document[group] for group in ("machine", "state")}

    def answer(self, option: str, schema: Schema) -> Any:
        """The JSON document that the program prints for this option.

        Raises ProgramError if it fails, takes too long, or prints anything else.
        """
        ended, lines = self._printed([option])
        self._require_success(ended, f"when run with {option}")
        return self._document(option, lines, schema)

    @property
    def remedy_of_output(self) -> str:
        """The advice if it prints anything else."""
        return self.remedy

    def _document(self, option: str, lines: Sequence[str], schema: Schema) -> Any:
        try:
            return document_of(lines, schema)
        except AnswerError as error:
            raise ProgramError(
                f"{self.name} {option} printed {error}; {self.remedy_of_output}"
            ) from None

    def _printed(self, options: Sequence[str]) -> tuple[Ended, list[str]]:
        """How the program ended, and the lines that it printed. Only for options without
        measurement."""
        lines: list[str] = []
        left = MOST_OF_ANSWER
        deadline = time.monotonic() + ANSWER_SECONDS

        def append(line: str) -> None:
            nonlocal left
            left -= sys.getsizeof(line)
            if left < 0:
                raise ProgramError(
                    f"{self.name} {options[0]} printed more than {MOST_OF_ANSWER >> 20} MiB\n"
                    f"Run it alone to see more, or {self.remedy}"
                )
            lines.append(line)

        def require_time() -> None:
            if time.monotonic() > deadline:
                raise ProgramError(
                    f"{self.name} {options[0]} has not ended after {ANSWER_SECONDS:g} s\n"
                    f"Run it alone to see more, or {self.remedy}"
                )

        return self._supervised(options, append, require_time, 1.0), lines

    def round(
        self, name: str, seed: int, file: Path, progress: RoundLines, cases: Sequence[str]
    ) -> Measured:
        """Runs these cases in an order set by the seed, and writes them to the file."""
        ended = self._run(seed, file, progress, cases)
        self._require_success(ended, f"in {name}")
        return Measured(parsed(written(file), f"{name} of {self.name}"), ended.error_lines)

    def _run(self, seed: int, file: Path, lines: Lines, cases: Sequence[str]) -> Ended:
        file.unlink(missing_ok=True)  # an old file must not be mistaken for the new one
        with ordered(seed, file, cases) as options:
            options += [
                f"--benchmark_min_time={self.choices.min_time}",
                f"--benchmark_out={file}",
                "--benchmark_out_format=json",
            ]
            return self._supervised(options, lines.read_line, lines.wake, lines.wakeup_seconds)

    def _supervised(
        self,
        options: Sequence[str],
        on_line: Callable[[str], None],
        on_wakeup: Callable[[], None] = lambda: None,
        wakeup_seconds: float | None = None,
        errors_pass: bool = False,
    ) -> Ended:
        case_filter = self.choices.case_filter
        chosen = [f"--benchmark_filter={case_filter}"] if case_filter else []
        bound = ["--largest-n", str(self.choices.largest_n)]
        if self.memory:
            bound += ["--memory", self.memory]
        command = [*self.command, *options, *bound, *chosen]
        try:
            return supervise(
                command, self.choices.watch, on_line, on_wakeup, wakeup_seconds, errors_pass
            )
        except OSError as error:
            raise ProgramError(
                f"{self.name} cannot be started: {error.strerror}; "
                f"{how_to_raise(error) or self.remedy}"
            ) from error

    def _require_success(self, ended: Ended, when: str) -> None:
        if ended.status != 0:
            raise ProgramError(
                f"{self.name} failed {when}: it {ended.describe()}\n"
                f"Run it alone to see more, or {self.remedy}"
            )


@contextlib.contextmanager
def ordered(seed: int, file: Path, cases: Sequence[str]) -> Iterator[list[str]]:
    """The options for the cases and the seed of their order. The list of cases is in a file next to
    that of the round, and is removed at the end."""
    names = file.with_name("cases.txt")
    # Without the suffix of Google Benchmark.
    names.write_text("".join(f"{parse_case(case).name}\n" for case in cases), "utf-8")
    try:
        yield ["--order-seed", str(seed), "--cases", str(names)]
    finally:
        names.unlink(missing_ok=True)


def written(file: Path) -> bytes:
    """The bytes that a round has written; empty if there is no file."""
    return file.read_bytes() if file.exists() else b""
