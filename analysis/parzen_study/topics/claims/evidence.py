"""The usable cases of a run, found by their parameters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from parzen_study.run import published, sysinfo
from parzen_study.run.case import COLD, Case
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.io_bound.model import Operation
from parzen_study.topics.scaling import model as scaling
from parzen_study.topics.scaling.last_core import LastCores


@dataclass(frozen=True)
class Program:
    """The article's mechanism and loop, in one language."""

    language: str
    backend: str
    kernel: str


CPP = Program("C++", "process_pool", published.KERNEL)
NO_PROGRAM = Program("", "", "")
PYTHON = Program("Python", "multiprocessing_Pool", published.PYTHON_KERNEL)


@dataclass(frozen=True)
class Evidence:
    """The usable cases of a run, and its figures."""

    run: Run
    estimates: Estimates
    cases: tuple[Case, ...]
    cpus: int | None
    last_cores: LastCores
    operations: tuple[Operation, ...]

    def find(self, **wanted: str | int) -> list[Case]:
        """The cases with this `family`, `backend` and parameters, by workers."""
        return sorted(
            (
                case
                for case in self.cases
                if all(_part(case, key) == str(value) for key, value in wanted.items())
            ),
            key=lambda case: case.number("workers"),
        )

    def article(self, program: Program, *, largest: bool = False, start: str = COLD) -> list[Case]:
        """The article's benchmark by one program, by workers: at the published n, or at the largest
        n measured, where creating the workers matters least."""
        cases = self._by_workers(published.FAMILY, program, start)
        n: int = published.article()["density_table"]["n"]
        if largest:
            n = max((case.number("n") for case in cases), default=n)
        return [case for case in cases if case.number("n") == n]

    def around_the_cpus(self, program: Program) -> list[Case]:
        """The same at the largest n, or in family scaling if only that has as many workers as
        usable CPUs and more."""
        cases = self.article(program, largest=True)
        workers = [case.number("workers") for case in cases]
        if self.cpus and not (self.cpus in workers and max(workers) > self.cpus):
            return self._by_workers(scaling.FAMILY, program) or cases
        return cases

    def gain(self, cases: Sequence[Case]) -> Estimate | None:
        """Of the best of several workers over serial of the same kernel."""
        parallel = [case for case in cases if case.number("workers") > 1]
        serial = self.estimates.serial_of(parallel[0], self.cases) if parallel else None
        return self.estimates.speedup_of_best(parallel, [serial]) if serial else None

    def article_by(self, mechanism: str, *, largest: bool = False) -> list[Case]:
        """The article's benchmark with several workers, by every backend of a mechanism."""
        backends = sorted({case.backend for case in self.cases})
        return [
            case
            for backend in backends
            if self.estimates.mechanism(backend) == mechanism
            for case in self.article(Program("C++", backend, published.KERNEL), largest=largest)
            if case.number("workers") > 1
        ]

    def _by_workers(self, family: str, program: Program, start: str = COLD) -> list[Case]:
        return self.find(
            family=family,
            backend=program.backend,
            kernel=program.kernel,
            decomposition=published.DECOMPOSITION,
            start=start,
        )


def evidence_of(
    run: Run,
    estimates: Estimates,
    rejected: Collection[str],
    last_cores: LastCores,
    operations: Sequence[Operation],
) -> Evidence:
    """`rejected` names the excluded cases; `last_cores` and `operations` come from families load
    and io_bound."""
    usable = tuple(
        case for case in run.cases if case.name in estimates.measured and case.name not in rejected
    )
    return Evidence(run, estimates, usable, sysinfo.usable_cpus(run), last_cores, tuple(operations))


def _part(case: Case, key: str) -> str:
    if key in {"family", "backend"}:
        return str(getattr(case, key))
    return case.get(key)
