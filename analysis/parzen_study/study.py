"""The models of a run, computed once, for the report and the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parzen_study.quality import rejections
from parzen_study.quality.rules import Rule, rules
from parzen_study.quality.warnings import findings
from parzen_study.run import sysinfo
from parzen_study.run.finding import Finding
from parzen_study.run.run import Run
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.advice import held_loops, held_out
from parzen_study.topics.advice.fit import fit
from parzen_study.topics.advice.model import Advice
from parzen_study.topics.answer import by_size
from parzen_study.topics.answer import model as answer
from parzen_study.topics.answer.by_size import BySize
from parzen_study.topics.answer.model import Answers
from parzen_study.topics.claims.evidence import evidence_of
from parzen_study.topics.claims.model import Claim, claims
from parzen_study.topics.dispatch import model as dispatch
from parzen_study.topics.grain import model as grain
from parzen_study.topics.io_bound import model as io_bound
from parzen_study.topics.kernels import model as kernels
from parzen_study.topics.kernels.break_even import BreakEven, break_even
from parzen_study.topics.loops.model import Comparison, comparisons
from parzen_study.topics.own_loop import model as own_loop
from parzen_study.topics.rules_of_thumb.model import RulesOfThumb, judge
from parzen_study.topics.scaling import model as scaling
from parzen_study.topics.scaling.last_core import LastCores, last_cores
from parzen_study.topics.scaling.tail import Tail, tails
from parzen_study.topics.sizes import model as sizes
from parzen_study.topics.sizes.model import Sweep
from parzen_study.topics.zones import model as zones


@dataclass(frozen=True)
class Study:
    """`rejected` are the excluded cases, with the reason. With `wrong_counts`, the article's
    problem was counted wrongly: all times are invalid.

    `dispatch`, `kernels`, `sweeps`, `grain`, `scaling`, `io_bound` and `loops` are empty where the
    run has no such family; `zones` is None without any answer. `own_loop` is None unless the run is
    of a user's own loop: then it has the answer, `answers` and `claims` are empty, and
    `rules_of_thumb` is None.
    """

    run: Run
    estimates: Estimates
    rejected: dict[str, Finding]
    wrong_counts: Finding | None
    findings: list[Finding]
    answers: Answers
    zones: zones.Zones | None
    by_size: list[BySize]
    claims: list[Claim]
    rules_of_thumb: RulesOfThumb | None
    sweeps: list[Sweep]
    dispatch: list[dispatch.Block]
    kernels: list[kernels.Block]
    break_even: list[BreakEven]
    rules: list[Rule]
    grain: tuple[grain.Line, ...]
    scaling: tuple[scaling.Line, ...]
    last_core: LastCores
    tails: tuple[Tail, ...]
    io_bound: tuple[io_bound.Operation, ...]
    loops: tuple[Comparison, ...]
    own_loop: own_loop.Study | None
    advice: Advice
    held_out: list[held_out.Group]

    @property
    def reasons(self) -> dict[str, str]:
        """Why a case has no figure, by name."""
        return _reasons(self.run, self.rejected)

    @property
    def sound(self) -> bool:
        """Whether no data were rejected, except for disturbance by other programs."""
        return all(each.kind != "rejection" or each.transient for each in self.findings)


def _reasons(run: Run, rejected: Mapping[str, Finding]) -> dict[str, str]:
    reasons = {name: finding.what for name, finding in rejected.items()}
    return reasons | {error.case: error.message for error in reversed(run.errors)}


def study(run: Run) -> Study:
    """Compute all models."""
    estimates = Estimates(run)
    rejected = rejections.rejected_cases(run, estimates)
    if rejected:  # nor are they references
        estimates = Estimates(run, rejected)
    wrong = rejections.article_counts(run)
    if wrong:
        answers = Answers((), f"No answer: {wrong.what}.")
    else:
        answers = Answers(()) if run.loop else answer.answers(estimates, rejected, run)
    reasons = _reasons(run, rejected)
    usable_cpus = sysinfo.usable_cpus(run)
    loops = [] if wrong else kernels.blocks(run, estimates, reasons)
    sweeps = [] if wrong else sizes.sweeps(run, estimates, reasons)
    last = LastCores() if wrong else last_cores(estimates, reasons, usable_cpus)
    waiting = io_bound.operations(estimates, reasons, usable_cpus)
    evidence = evidence_of(run, estimates, rejected, last, waiting)
    found_zones = None if wrong else zones.zones(run, estimates, reasons, sweeps)
    grains = () if wrong else grain.lines(estimates, reasons, usable_cpus)
    of_the_suite = not (wrong or run.loop)
    model = fit(run, estimates, reasons, usable_cpus)
    if wrong:
        model = replace(model, lines=(), missing=wrong.what)
    return Study(
        run=run,
        estimates=estimates,
        rejected=rejected,
        wrong_counts=wrong,
        findings=findings(run, rejected),
        answers=answers,
        zones=found_zones,
        by_size=by_size.answers(estimates, sweeps),
        claims=claims(evidence) if of_the_suite else [],
        rules_of_thumb=judge(evidence, found_zones, grains) if of_the_suite else None,
        sweeps=sweeps,
        dispatch=dispatch.blocks(run, estimates, reasons),
        kernels=loops,
        grain=grains,
        scaling=() if wrong else scaling.lines(estimates, reasons, usable_cpus),
        last_core=last,
        tails=() if wrong else tails(estimates, reasons),
        io_bound=waiting,
        loops=() if wrong else comparisons(estimates, reasons),
        own_loop=own_loop.study(run, estimates, reasons),
        advice=model,
        held_out=[]
        if wrong
        else [
            *held_out.groups(model, estimates, reasons),
            *held_loops.groups(model, estimates, run, reasons),
        ],
        rules=rules(run, estimates, reasons),
        break_even=list(filter(None, (break_even(block, estimates) for block in loops))),
    )
