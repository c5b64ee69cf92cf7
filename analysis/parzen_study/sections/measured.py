"""How it was measured, and how to measure it again."""

from __future__ import annotations

from parzen_study import refusals, stats
from parzen_study.page import Points, Section, Table
from parzen_study.sections.peers import left_out
from parzen_study.study import Study


def section(study: Study) -> Section:
    """Always there."""
    run = study.run
    target = "peers" if run.peers else "bench"
    beside = ", those of the peers in another" if run.peers else ""
    built = f"Built: {', '.join(run.backends_built) or 'unknown'}. "
    return Section(
        "measured",
        "How it was measured",
        (
            Points(
                (
                    f"{run.rounds} of {run.rounds_planned} planned rounds (profile {run.profile}). "
                    f"A round runs all {len(run.cases)} cases in one fresh process{beside}: the "
                    "groups of one size in random order, the cases of a group in random order, "
                    f"drawn anew from the seeds {', '.join(run.order_seeds)}.",
                    "Times are real time, a case's figure is the median over rounds. Intervals are "
                    "95% smoothed bootstrap intervals over rounds "
                    f"({stats.RESAMPLES:,} resamples, fixed seed); speedups are resampled together "
                    "with their serial case, round by round.",
                    "Every case's counts were checked against the literal kernel outside the timed "
                    "part; a wrong case has no time.",
                    "Efficiencies are refused, not explained, but only where the whole interval is "
                    f"above {refusals.IMPLAUSIBLE_EFFICIENCY:.0%}.",
                    built
                    + (
                        left_out(run.backends_left_out)
                        if run.backends_left_out
                        else "Left out: none."
                    ),
                    f"To repeat it at revision {run.machine.get('revision', 'unknown')}: "
                    f"`make {target} PROFILE={run.profile}`, then `make report`.",
                )
            ),
            Table(
                title="Twelve rules for benchmarks of parallel systems (Hoefler and Belli, SC15)",
                head=("rule", "verdict", "by what"),
                rows=tuple((rule.text, rule.verdict, rule.evidence) for rule in study.rules),
                words=True,
            ),
        ),
    )
