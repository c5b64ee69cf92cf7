"""Everything that a run says, worked out once: what the report and the terminal both show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parzen_study import (
    answer,
    by_size,
    checks,
    dispatch,
    grain,
    io_bound,
    kernels,
    refusals,
    scaling,
    sizes,
    sysinfo,
)
from parzen_study.answer import Answers
from parzen_study.break_even import BreakEven, break_even
from parzen_study.by_size import BySize
from parzen_study.claims import Claim, claims
from parzen_study.estimates import Estimates
from parzen_study.figures.article_chart import ArticleChart, article_charts
from parzen_study.figures.roofline import RooflineFigure, roofline_figures
from parzen_study.figures.sizes import SizesFigure, sizes_figures
from parzen_study.figures.speedup import SpeedupFigure, speedup_figures
from parzen_study.finding import Finding
from parzen_study.last_core import LastCores, last_cores
from parzen_study.rules import Rule, rules
from parzen_study.run import Run
from parzen_study.sizes import Sweep
from parzen_study.tail import Tail, tails
from parzen_study.topics.advice.fit import fit
from parzen_study.topics.advice.held_out import Group, groups
from parzen_study.topics.advice.model import Advice


@dataclass(frozen=True)
class Study:
    """`refused` holds the cases that cannot be true, with the reason; they are in no chart.

    `dispatch`, `kernels`, `sweeps`, `grain`, `scaling` and `io_bound` are empty where the run has
    no such family.
    """

    run: Run
    estimates: Estimates
    refused: dict[str, Finding]
    findings: list[Finding]
    answers: Answers
    by_size: list[BySize]
    claims: list[Claim]
    charts: list[ArticleChart]
    speedups: list[SpeedupFigure]
    sweeps: list[Sweep]
    sizes: list[SizesFigure]
    dispatch: list[dispatch.Block]
    kernels: list[kernels.Block]
    break_even: list[BreakEven]
    rooflines: list[RooflineFigure]
    rules: list[Rule]
    grain: tuple[grain.Line, ...]
    scaling: tuple[scaling.Line, ...]
    scaling_speedups: list[SpeedupFigure]
    last_core: LastCores
    tails: tuple[Tail, ...]
    io_bound: tuple[io_bound.Operation, ...]
    advice: Advice
    held_out: list[Group]

    @property
    def reasons(self) -> dict[str, str]:
        """Why a case has no figure, by name."""
        return _reasons(self.run, self.refused)

    @property
    def sound(self) -> bool:
        """Whether no data had to be refused, but for what other programs did at the time."""
        return all(each.kind != "refusal" or each.transient for each in self.findings)


def _reasons(run: Run, refused: Mapping[str, Finding]) -> dict[str, str]:
    reasons = {name: finding.what for name, finding in refused.items()}
    return reasons | {error.case: error.message for error in reversed(run.errors)}


def study(run: Run) -> Study:
    """Work a run out."""
    estimates = Estimates(run)
    refused = refusals.refused_cases(run, estimates)
    if refused:  # what cannot be true is no reference either
        estimates = Estimates(run, refused)
    wrong = refusals.article_counts(run)
    # A build that counts the article's problem wrongly has no time that means anything.
    answers = (
        Answers((), f"No answer: {wrong.what}.")
        if wrong
        else answer.answers(estimates, refused, run)
    )
    reasons = _reasons(run, refused)
    usable_cpus = sysinfo.usable_cpus(run)
    # Nor has the loop itself, of whatever size.
    loops = [] if wrong else kernels.blocks(run, estimates, reasons)
    sweeps = [] if wrong else sizes.sweeps(run, estimates, reasons)
    last = LastCores() if wrong else last_cores(estimates, reasons, usable_cpus)
    waiting = io_bound.operations(estimates, reasons, usable_cpus)
    model = fit(run, estimates, reasons, usable_cpus)
    if wrong:
        model = replace(model, lines=(), missing=wrong.what)
    return Study(
        run=run,
        estimates=estimates,
        refused=refused,
        findings=checks.findings(run, refused),
        answers=answers,
        by_size=by_size.answers(estimates, sweeps),
        claims=[] if wrong else claims(run, estimates, refused, last, waiting),
        charts=[] if wrong else article_charts(estimates, refused),
        speedups=[] if wrong else speedup_figures(estimates, refused, usable_cpus),
        sweeps=sweeps,
        sizes=sizes_figures(sweeps, usable_cpus),
        dispatch=dispatch.blocks(run, estimates, reasons),
        kernels=loops,
        rooflines=roofline_figures(loops),
        grain=() if wrong else grain.lines(estimates, reasons, usable_cpus),
        scaling=() if wrong else scaling.lines(estimates, reasons, usable_cpus),
        scaling_speedups=[]
        if wrong
        else speedup_figures(estimates, refused, usable_cpus, scaling.FAMILY),
        last_core=last,
        tails=() if wrong else tails(estimates, reasons),
        io_bound=waiting,
        advice=model,
        held_out=[] if wrong else groups(model, estimates, reasons),
        rules=rules(run, estimates, reasons),
        break_even=list(filter(None, (break_even(block, estimates) for block in loops))),
    )
