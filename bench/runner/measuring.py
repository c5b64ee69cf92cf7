"""Measures rounds one after another. Each is checked and stored before the next one starts."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from parzen_study.common.limits import how_to_raise
from parzen_study.common.output import reserve
from parzen_study.common.wording import count_of
from runner.allocation import Allocation
from runner.folder import RUN
from runner.load import Usage
from runner.plan import Plan
from runner.process import InterruptionError
from runner.progress import Length, duration, name_of, progress_on, say
from runner.run import (
    Document,
    RunError,
    checked,
    joined,
    machine_items,
    without_cases,
    write_json,
)

# Bytes of run.json that are known only at the end: the state after the last round.
_STATE_AFTER: Final = 4096


class Rounds:
    """The rounds of one run, measured one after another and stored in one folder."""

    def __init__(self, plan: Plan, length: Length, folder: Path) -> None:
        self.finished: list[Document] = []
        self._plan, self._length, self._folder = plan, length, folder
        self._progress = progress_on(sys.stderr, list(plan.cases), length)
        self._allocation = Allocation(
            plan.groups, length.rounds, length.most_rounds, self._progress.estimate.seconds_of
        )
        (folder / "rounds").mkdir()

    def measure(self, seeds: Iterator[int], run_size: int) -> InterruptionError | RunError | None:
        """Runs rounds until there are enough. Returns what stopped them earlier, or None.

        A round is finished once it is stored and run.json, of `run_size` bytes without rounds,
        has space for it. Raises RunError if the first round cannot be used, and
        InterruptionError during it. Later failures are returned, since finished rounds are worth
        keeping.
        """
        run_size += _STATE_AFTER
        try:
            while groups := self._next_groups():
                document = self._run(next(seeds), groups)
                run_size += write_json(self._unchecked, document)
                reserve(self._folder / RUN, run_size)
                self._finish(document, groups)
        except OSError as error:
            if not self.finished:
                raise
            remedy = how_to_raise(error) or "free disk space, or check that the folder still exists"
            return RunError(f"{error}; {remedy}")
        except (InterruptionError, RunError) as stop:
            if not self.finished:
                raise
            return stop
        finally:
            self._progress.close()
            with contextlib.suppress(OSError):
                self._unchecked.unlink()
        return None

    @property
    def _unchecked(self) -> Path:
        # Not under rounds/: it has the host name, and may stay incomplete.
        return self._folder / "unchecked.json"

    def _next_groups(self) -> Sequence[str]:
        if len(self.finished) < self._length.rounds:
            return list(self._plan.groups)
        if not self._length.budget:
            return []
        estimate = self._progress.estimate
        left = estimate.budget_left()
        groups = self._allocation.next_groups(left)
        cases = [case for group in groups for case in self._plan.groups[group]]
        if groups and sum(map(estimate.seconds_of, cases)) > left:
            say(
                sys.stderr,
                f"other programs disturbed {count_of(self._allocation.disturbed_rounds, 'round')}: "
                "another round, beyond the profile's time",
            )
            estimate.expect(cases)
        elif left < 0.0 and len(self.finished) == self._length.rounds:
            say(
                sys.stderr,
                f"{len(self.finished)} rounds of all cases took {duration(-left)} longer than the "
                "profile's time: no further rounds",
            )
        return groups

    def _run(self, seed: int, groups: Sequence[str]) -> Document:
        number = len(self.finished) + 1
        name = name_of(number, self._length)
        cases = sorted(case for group in groups for case in self._plan.groups[group])
        self._progress.start_round(number, len(cases))
        wanted = frozenset(cases)
        parts = []
        said: list[str] = []
        before = Usage.now()
        for program, names in self._plan.programs:
            if own := [case for case in names if case in wanted]:
                measured = program.round(name, seed, self._unchecked, self._progress, own)
                parts.append(measured.document)
                said += [f"{program.name}: {line}" for line in measured.said]
            elif program is self._plan.bench:
                parts.append(without_cases(program.machine()))
        foreign = Usage.now().foreign_since(before)
        if all(program is not self._plan.bench for program, _ in self._plan.programs):
            parts.insert(0, without_cases(self._plan.bench.machine()))
        machine = machine_items(self.finished[0]["context"]) if self.finished else None
        document = checked(joined(parts), name, cases, machine, said)
        ran = {"groups": list(groups)} if self._length.budget else {}
        return {**ran, **({"foreign_load": foreign} if foreign else {}), **document}

    def _finish(self, document: Document, groups: Sequence[str]) -> None:
        number = len(self.finished) + 1
        self._unchecked.replace(self._folder / "rounds" / f"round-{number:03}.json")
        self.finished.append(document)
        self._allocation.add(document, groups)
        self._progress.finish_round()
