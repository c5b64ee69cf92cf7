"""The program of a user's own loop: it may crash or hang, in a case or before all of them.

Serial runs before anything is measured, in a child of the program (`--check`), which names the task
where the loop fails. What fails later does so in a case of another backend. That is the case's
error: a fresh process runs the rest of the round, and later rounds leave the case out.

Google Benchmark writes each case to its file as it finishes, and the program lists the order that a
seed gives: the first case of that order which is not in the file is the one that failed.
"""

import contextlib
import math
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from parzen_study.common.shown import shown, shown_name
from parzen_study.common.wording import count_of
from parzen_study.run.case import parse_case
from runner.answers import CHECK, MACHINE, AnswerError, document_of
from runner.own_loop import OwnLoop
from runner.program import Choices, Measured, Program, ProgramError, ordered, written
from runner.progress import RoundLines, duration, say
from runner.run import Document, RunError, joined, parsed, without_cases

# Seconds without a finished case after which the program hangs: some, and so many serial calls. A
# case takes a dozen calls at most, and the reference two; a backend may be slower than serial.
_FEWEST_SECONDS: Final = 60.0
_SERIAL_CALLS: Final = 60.0

_WORTH_SAYING: Final = 5.0  # seconds of a round
_UNUSABLE: Final = (2, 3)  # statuses with which the program has said all: bad options, a bad loop


class CheckFailedError(Exception):
    """The loop cannot be measured. The program has said why, and ended with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class HungError(Exception):
    """No case finished in time."""


@dataclass(frozen=True)
class Check:
    """The loop's own name, and the seconds of a serial call by size."""

    name: str
    seconds: Mapping[int, float]

    @property
    def case_limit(self) -> float:
        """Seconds within which a case must finish."""
        return _FEWEST_SECONDS + _SERIAL_CALLS * max(self.seconds.values())

    def announcement(self, cases: Sequence[str], rounds: int) -> str:
        """How long a serial call takes, and a round; empty if that is a few seconds.

        Nothing is known of the other backends yet: as if none were faster than serial. A case calls
        once before its clock runs and then once, after a pause ten times; a process calls serial,
        or the reference, once a size.
        """
        seconds = 0.0
        sizes = set()
        for case in map(parse_case, cases):
            sizes.add(case.number("size"))
            calls = 11 if case.pause else 2
            seconds += calls * self.seconds.get(case.number("size"), 0.0)
        seconds += sum(self.seconds.get(size, 0.0) for size in sizes)
        if seconds < _WORTH_SAYING:
            return ""
        a_call = ", ".join(
            f"{_call(each)} at size {size}" for size, each in sorted(self.seconds.items())
        )
        return (
            f"loop {shown(self.name)}: a serial call takes {a_call}; a round of "
            f"{count_of(len(cases), 'case')} takes about {duration(seconds)} and "
            f"{count_of(rounds, 'round')} {duration(rounds * seconds)}, "
            "if no backend is faster than serial"
        )


@dataclass(frozen=True)
class OwnLoopProgram(Program):
    """The program of one loop. A case has `case_limit` seconds; `errors` are those of the cases
    that failed so far."""

    case_limit: float = _FEWEST_SECONDS
    errors: dict[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def of(cls, binary: Path, loop: OwnLoop, choices: Choices) -> Self:
        """The program that was built from the file of the loop."""
        command = [str(binary.resolve())]
        if loop.sizes:
            command += ["--sizes", ",".join(map(str, loop.sizes))]
        remedy = f"build it again: {loop.make_bench}"
        return cls(shown_name(binary), command, remedy, choices)

    def check(self) -> Check:
        """Runs serial; raises CheckFailedError if the loop cannot be measured.

        The program prints to stderr itself, at once: it may wait for minutes.
        """
        self._require_start()
        lines: list[str] = []
        ended = self._supervised(["--check"], lines.append, errors_pass=True)
        if ended.status in _UNUSABLE:
            raise CheckFailedError(ended.status)
        self._require_success(ended, "when run with --check")
        document = self._document("--check", lines, CHECK)
        seconds = {each["size"]: float(each["seconds"]) for each in document["sizes"]}
        return Check(document["loop"], seconds)

    @property
    def remedy_of_output(self) -> str:
        """The loop is part of the program, and may print as well."""
        return f"let the loop print nothing, or {self.remedy}"

    def _require_start(self) -> None:
        """Global objects of the user's file are made before main() and end after it, where the
        program cannot watch itself; raises ProgramError if one of them fails, hangs or prints."""
        end = self.clock() + self.case_limit
        lines: list[str] = []

        def give_up() -> None:
            if self.clock() > end:
                raise HungError(f"has not ended after {duration(self.case_limit)}")

        try:
            ended = self._supervised(
                ["--machine"], lines.append, give_up, min(self.case_limit / 10.0, 1.0)
            )
            if ended.status == 0:
                document_of(lines, MACHINE)
                return
            if ended.status in _UNUSABLE and ended.error_lines:
                return  # main() began: the check says the same, and ends
            fault = ended.describe()
        except HungError as hung:
            fault = str(hung)
        except AnswerError as error:
            fault = f"printed {error}"
        raise ProgramError(
            f"{self.name} fails before main() or after it: it {fault}\n"
            "See to the constructors and destructors of global objects in the loop's file: "
            "they may not fail, exit, hang or print"
        )

    def round(
        self, name: str, seed: int, file: Path, progress: RoundLines, cases: Sequence[str]
    ) -> Measured:
        """As that of other programs, but a case that fails has an error in the document.

        Raises ProgramError for a failure outside the cases.
        """
        left: Sequence[str] = [case for case in cases if case not in self.errors]
        parts: list[Document] = []
        said: list[str] = []
        while left:
            part, failed = self._until_one_fails(name, seed, file, progress, left)
            parts.append(part.document)
            said += part.said
            finished = {case["run_name"] for case in part.document["benchmarks"]}
            left = [case for case in left if case not in finished and case != failed]
            if failed is None:
                break
        if not parts:  # all of the cases have failed in earlier rounds
            parts.append(without_cases(self.machine()))
        document = joined(parts)
        document["benchmarks"] += [
            _error(case, self.errors[case]) for case in cases if case in self.errors
        ]
        return Measured(document, said)

    def _until_one_fails(
        self, name: str, seed: int, file: Path, progress: RoundLines, cases: Sequence[str]
    ) -> tuple[Measured, str | None]:
        """What a process measured, and the case that it failed in, if it did."""
        error_lines: Sequence[str] = ()
        try:
            ended = self._run(seed, file, Silence(progress, cases, self), cases)
        except HungError as hung:
            what = why = str(hung)
        else:
            what, why, error_lines = ended.what(), ended.describe(), ended.error_lines
            # A loop that calls exit() ends with any status, but before the document does.
            if ended.status == 0 and (document := _document(written(file))):
                return Measured(document, error_lines), None
        # At most the ends of the list and of the document are missing, once its first case begins.
        part = _document(written(file)) or _document(written(file) + b"]}")
        finished = {case["run_name"] for case in part["benchmarks"]} if part else set()
        order = self._order(seed, file, cases) if part else []
        failed = next((case for case in order if case not in finished), None)
        if part is None or failed is None:
            when = "after its last case" if part else "before its first case"
            raise ProgramError(
                f"{self.name} failed in {name}, {when}: it {why}\n"
                f"Run it alone to see more, or {self.remedy}"
            )
        self.errors[failed] = f"the program {what} in {name}; later rounds skip this case"
        progress.estimate.leave_out(failed)
        alone = [*self.command, f"--benchmark_filter=^{parse_case(failed).name}/"]
        say(sys.stderr, f"{failed}: {self.errors[failed]}. To see more: {shlex.join(alone)}")
        return Measured(part, error_lines), failed

    def _order(self, seed: int, file: Path, cases: Sequence[str]) -> list[str]:
        """In which order a process of that seed runs the cases."""
        with ordered(seed, file, cases) as options:
            ended, lines = self._printed(["--benchmark_list_tests=true", *options])
        self._require_success(ended, "while listing the order of a round")
        return [case for line in lines if (case := line.strip()) in cases]


class Silence:
    """Hands the lines of a round on; raises HungError if no case finishes for too long."""

    def __init__(self, progress: RoundLines, cases: Sequence[str], program: OwnLoopProgram) -> None:
        self._progress, self._cases = progress, frozenset(cases)
        self._limit, self._clock = program.case_limit, program.clock
        self._since = self._clock()
        drawn = progress.wakeup_seconds
        self.wakeup_seconds: float | None = min(self._limit / 10.0, drawn or math.inf)

    def read_line(self, line: str) -> None:
        # What the loop itself prints is not a sign of life.
        if self._cases.intersection(line.split(maxsplit=1)[:1]):
            self._since = self._clock()
        self._progress.read_line(line)

    def wake(self) -> None:
        if self._clock() - self._since > self._limit:
            raise HungError(f"gave no result for {duration(self._limit)}")
        self._progress.wake()


def _call(seconds: float) -> str:
    """For people: '11 µs', '2 ms', '0.25 s', '30 s'."""
    if seconds >= 10.0:
        return duration(seconds)
    if seconds >= 0.1:
        return f"{seconds:.2g} s"
    return f"{seconds * 1e3:.2g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.2g} µs"


def _error(case: str, message: str) -> dict[str, Any]:
    return {
        "name": case,
        "run_name": case,
        "run_type": "iteration",
        "error_occurred": True,
        "error_message": message,
    }


def _document(text: bytes) -> Document | None:
    with contextlib.suppress(RunError):
        return parsed(text, "")
    return None
