"""The usable cases of a run, to be asked for by what their names say."""

from __future__ import annotations

from dataclasses import dataclass

from parzen_study import published
from parzen_study.case import COLD, Case
from parzen_study.estimates import Estimates
from parzen_study.run import Run


@dataclass(frozen=True)
class Program:
    """What a claim is held against: the article's mechanism and loop, in one language."""

    language: str
    backend: str
    kernel: str


@dataclass(frozen=True)
class Evidence:
    """The usable cases of a run, and its figures."""

    run: Run
    estimates: Estimates
    cases: tuple[Case, ...]
    cpus: int | None

    def find(self, **wanted: str | int) -> list[Case]:
        """The cases of these parts and parameters, by workers; `family` and `backend` are parts."""
        return sorted(
            (
                case
                for case in self.cases
                if all(_part(case, key) == str(value) for key, value in wanted.items())
            ),
            key=lambda case: case.number("workers"),
        )

    def article(self, program: Program, *, largest: bool = False) -> list[Case]:
        """The article's benchmark by one program, cold, by workers: of n as published, or of the
        largest n that was measured, where making the workers matters least."""
        cases = self.find(
            family=published.FAMILY, backend=program.backend, kernel=program.kernel, start=COLD
        )
        n: int = published.article()["density_table"]["n"]
        if largest:
            n = max((case.number("n") for case in cases), default=n)
        return [case for case in cases if case.number("n") == n]


def _part(case: Case, key: str) -> str:
    if key in {"family", "backend"}:
        return str(getattr(case, key))
    return case.get(key)
