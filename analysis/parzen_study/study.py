"""The models of a run, for the report and the terminal.

Each is computed once, when it is first used: a report uses all of them, two runs side by side few.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from parzen_study.quality import rejections, warnings
from parzen_study.quality import rules as quality
from parzen_study.quality.rules import Rule
from parzen_study.run import sysinfo
from parzen_study.run.finding import Finding
from parzen_study.run.run import Run
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.advice import fit, held_loops, held_out
from parzen_study.topics.advice.held_out import Group
from parzen_study.topics.advice.model import Advice
from parzen_study.topics.answer import by_size
from parzen_study.topics.answer import model as answer
from parzen_study.topics.answer.by_size import BySize
from parzen_study.topics.answer.model import Answers
from parzen_study.topics.claims import model as claims
from parzen_study.topics.claims.evidence import Evidence, evidence_of
from parzen_study.topics.claims.model import Claim
from parzen_study.topics.dispatch import model as dispatch
from parzen_study.topics.dispatch.model import Block as DispatchBlock
from parzen_study.topics.grain import model as grain
from parzen_study.topics.grain.model import Line as GrainLine
from parzen_study.topics.io_bound import model as io_bound
from parzen_study.topics.io_bound.model import Operation
from parzen_study.topics.kernels import break_even
from parzen_study.topics.kernels import model as kernels
from parzen_study.topics.kernels.break_even import BreakEven
from parzen_study.topics.kernels.model import Block as KernelsBlock
from parzen_study.topics.loops.model import Comparison, comparisons
from parzen_study.topics.own_loop import model as own_loop
from parzen_study.topics.own_loop.model import Study as OwnLoopStudy
from parzen_study.topics.rules_of_thumb.model import RulesOfThumb, judge
from parzen_study.topics.scaling import last_core, tail
from parzen_study.topics.scaling import model as scaling
from parzen_study.topics.scaling.last_core import LastCores
from parzen_study.topics.scaling.model import Line as ScalingLine
from parzen_study.topics.scaling.tail import Tail
from parzen_study.topics.simulated import model as simulated
from parzen_study.topics.simulated.model import Simulated
from parzen_study.topics.sizes import model as sizes
from parzen_study.topics.sizes.model import Sweep
from parzen_study.topics.zones import model as zones
from parzen_study.topics.zones.model import Zones


class Study:
    """`rejected` are the excluded cases, with the reason. With `wrong_counts`, the article's
    problem was counted wrongly: all times are invalid.

    `dispatch`, `kernels`, `sweeps`, `grain`, `scaling`, `io_bound` and `loops` are empty where the
    run has no such family; `zones` is None without any answer, and `simulated` without
    simulated clusters. `own_loop` is None unless the run is of a user's own loop: then it has the
    answer, `answers` and `claims` are empty, and `rules_of_thumb` and `simulated` are None.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        estimates = Estimates(run)
        self.rejected = rejections.rejected_cases(run, estimates)
        # What cannot be true is no reference either.
        self.estimates = Estimates(run, self.rejected) if self.rejected else estimates
        self.wrong_counts = rejections.article_counts(run)
        self._cpus = sysinfo.usable_cpus(run)
        # A build that counts the article's problem wrongly has no time that means anything.
        self._of_the_suite = not (self.wrong_counts or run.loop)

    @cached_property
    def reasons(self) -> dict[str, str]:
        """Why a case has no figure, by name."""
        reasons = {name: finding.what for name, finding in self.rejected.items()}
        return reasons | {error.case: error.message for error in reversed(self.run.errors)}

    @property
    def sound(self) -> bool:
        """Whether no data were rejected, except for disturbance by other programs."""
        return all(each.kind != "rejection" or each.transient for each in self.findings)

    @cached_property
    def findings(self) -> list[Finding]:
        return warnings.findings(self.run, self.rejected)

    @cached_property
    def rules(self) -> list[Rule]:
        return quality.rules(self.run, self.estimates, self.reasons)

    @cached_property
    def answers(self) -> Answers:
        if self.wrong_counts:
            return Answers((), f"No answer: {self.wrong_counts.what}.")
        if self.run.loop:
            return Answers(())
        return answer.answers(self.estimates, self.rejected, self.run)

    @cached_property
    def zones(self) -> Zones | None:
        if self.wrong_counts:
            return None
        return zones.zones(self.run, self.estimates, self.reasons, self.sweeps)

    @cached_property
    def by_size(self) -> list[BySize]:
        return by_size.answers(self.estimates, self.sweeps)

    @cached_property
    def _evidence(self) -> Evidence:
        return evidence_of(self.run, self.estimates, self.rejected, self.last_core, self.io_bound)

    @cached_property
    def claims(self) -> list[Claim]:
        return claims.claims(self._evidence) if self._of_the_suite else []

    @cached_property
    def rules_of_thumb(self) -> RulesOfThumb | None:
        return judge(self._evidence, self.zones, self.grain) if self._of_the_suite else None

    @cached_property
    def sweeps(self) -> list[Sweep]:
        if self.wrong_counts:
            return []
        return sizes.sweeps(self.run, self.estimates, self.reasons)

    @cached_property
    def kernels(self) -> list[KernelsBlock]:
        if self.wrong_counts:
            return []
        return kernels.blocks(self.run, self.estimates, self.reasons)

    @cached_property
    def break_even(self) -> list[BreakEven]:
        found = (break_even.break_even(block, self.estimates) for block in self.kernels)
        return list(filter(None, found))

    @cached_property
    def grain(self) -> tuple[GrainLine, ...]:
        if self.wrong_counts:
            return ()
        return grain.lines(self.estimates, self.reasons, self._cpus)

    @cached_property
    def scaling(self) -> tuple[ScalingLine, ...]:
        if self.wrong_counts:
            return ()
        return scaling.lines(self.estimates, self.reasons, self._cpus)

    @cached_property
    def last_core(self) -> LastCores:
        if self.wrong_counts:
            return LastCores()
        return last_core.last_cores(self.estimates, self.reasons, self._cpus)

    @cached_property
    def tails(self) -> tuple[Tail, ...]:
        return () if self.wrong_counts else tail.tails(self.estimates, self.reasons)

    @cached_property
    def loops(self) -> tuple[Comparison, ...]:
        return () if self.wrong_counts else comparisons(self.estimates, self.reasons)

    @cached_property
    def dispatch(self) -> list[DispatchBlock]:
        return dispatch.blocks(self.run, self.estimates, self.reasons)

    @cached_property
    def io_bound(self) -> tuple[Operation, ...]:
        return io_bound.operations(self.estimates, self.reasons, self._cpus)

    @cached_property
    def simulated(self) -> Simulated | None:
        if not self._of_the_suite:
            return None
        return simulated.simulated(self.run.path.parent, self.estimates, self.reasons)

    @cached_property
    def own_loop(self) -> OwnLoopStudy | None:
        return own_loop.study(self.run, self.estimates, self.reasons)

    @cached_property
    def advice(self) -> Advice:
        model = fit.fit(self.run, self.estimates, self.reasons, self._cpus)
        if self.wrong_counts:
            model = replace(model, lines=(), missing=self.wrong_counts.what)
        return model

    @cached_property
    def held_out(self) -> list[Group]:
        if self.wrong_counts:
            return []
        return [
            *held_out.groups(self.advice, self.estimates, self.reasons),
            *held_loops.groups(self.advice, self.estimates, self.run, self.reasons),
        ]


def study(run: Run) -> Study:
    """All models of the run, computed when they are first used."""
    return Study(run)
