"""The program of a user's own loop. It may crash or hang, in a case or before all cases.

Serial runs before any measurement, in a child of the program (`--check`), which reports the task
where the loop fails. Later failures happen in a case of another backend, and are the error of
that case. A fresh process then runs the rest of the round, and later rounds skip the case.

Google Benchmark writes each case to its file when it finishes, and the program lists the order
of a seed. So the failed case is the first case of that order that is not in the file.
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

# Timeout for a case in seconds: a minimum, and this many serial calls. A case takes at most a dozen
# calls, and the reference two. A backend may be slower than serial.
_FEWEST_SECONDS: Final = 60.0
_SERIAL_CALLS: Final = 60.0

_WORTH_SAYING: Final = 5.0  # seconds of a round; shorter ones are not announced
_UNUSABLE: Final = (2, 3)  # the program has reported the error: invalid options, an invalid loop


class CheckFailedError(Exception):
    """The loop cannot be measured. The program has printed the reason, and ended with
    this status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class HungError(Exception):
    """No case finished before the timeout."""


@dataclass(frozen=True)
class Check:
    """The loop's name, and the seconds of a serial call by size."""

    name: str
    seconds: Mapping[int, float]

    @property
    def case_limit(self) -> float:
        """The timeout for a case in seconds."""
        return _FEWEST_SECONDS + _SERIAL_CALLS * max(self.seconds.values())

    def announcement(self, cases: Sequence[str], rounds: int) -> str:
        """The time of a serial call, and of a round; empty if that is a few seconds.

        The speeds of other backends are unknown, so it assumes that none is faster than serial.
        A case makes one untimed call, then one timed call, or ten with a pause. A process makes
        one more serial or reference call per size.
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
    """The program of one loop. The timeout for a case is `case_limit` seconds. `errors` are those
    of the cases that have failed so far."""

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

        The program's stderr is that of this program, since it may run for minutes.
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
        """The loop is part of the program, and may print too."""
        return f"remove output from the loop, or {self.remedy}"

    def _require_start(self) -> None:
        """Runs the global constructors and destructors of the user's file, which run outside
        main(), where the program cannot watch itself. Raises ProgramError if one of them fails,
        hangs or prints."""
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
                return  # main() started: the check reports the same error, and ends
            fault = ended.describe()
        except HungError as hung:
            fault = str(hung)
        except AnswerError as error:
            fault = f"printed {error}"
        raise ProgramError(
            f"{self.name} fails before or after main(): it {fault}\n"
            "Check the constructors and destructors of global objects in the loop's file: "
            "they must not fail, exit, hang or print"
        )

    def round(
        self, name: str, seed: int, file: Path, progress: RoundLines, cases: Sequence[str]
    ) -> Measured:
        """As for other programs, but a case that fails has an error in the document.

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
        """The results of one process, and the case in which it failed, or None."""
        error_lines: Sequence[str] = ()
        try:
            ended = self._run(seed, file, Silence(progress, cases, self), cases)
        except HungError as hung:
            what = why = str(hung)
        else:
            what, why, error_lines = ended.what(), ended.describe(), ended.error_lines
            # A loop that calls exit() may end with status 0, but before the document is complete.
            if ended.status == 0 and (document := _document(written(file))):
                return Measured(document, error_lines), None
        # Once its first case has started, only the end of the list and of the document can be
        # missing.
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
        """The order in which a process with this seed runs the cases."""
        with ordered(seed, file, cases) as options:
            ended, lines = self._printed(["--benchmark_list_tests=true", *options])
        self._require_success(ended, "while listing the order of a round")
        return [case for line in lines if (case := line.strip()) in cases]


class Silence:
    """Passes the lines of a round on; raises HungError if no case finishes before the timeout."""

    def __init__(self, progress: RoundLines, cases: Sequence[str], program: OwnLoopProgram) -> None:
        self._progress, self._cases = progress, frozenset(cases)
        self._limit, self._clock = program.case_limit, program.clock
        self._since = self._clock()
        drawn = progress.wakeup_seconds
        self.wakeup_seconds: float | None = min(self._limit / 10.0, drawn or math.inf)

    def read_line(self, line: str) -> None:
        # Output of the loop itself does not show that a case finished.
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
