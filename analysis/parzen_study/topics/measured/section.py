"""How it was measured, and how to measure it again."""

from __future__ import annotations

from parzen_study.common.wording import count_of
from parzen_study.page.blocks import Points, Section, Table
from parzen_study.page.peers import skipped
from parzen_study.quality import rejections
from parzen_study.run.run import Run
from parzen_study.stats import bootstrap as stats
from parzen_study.study import Study
from parzen_study.topics.measured.command import command
from parzen_study.topics.measured.table import tables
from parzen_study.topics.topic import Topic

_SEEDS = 3  # shown


def section(study: Study) -> Section:
    """Always there."""
    run = study.run
    in_another = ", and cases of peers in another" if run.peers else ""
    built = f"Built: {', '.join(run.backends_built) or 'unknown'}. "
    return Section(
        "measured",
        "How it was measured",
        (
            Points(
                (
                    f"{_rounds(run)} (profile {run.profile}). A round runs cases in one fresh "
                    f"process{in_another}.",
                    "The order is random, of groups and of the cases in a group. Every round has a "
                    f"new seed: {_seeds(run)}.",
                    "Times are real time. A case's figure is the median over rounds. The 95% CIs "
                    f"are from a smoothed bootstrap over rounds ({stats.RESAMPLES:,} resamples, "
                    "fixed seed). A speedup is resampled with its serial case, paired by round.",
                    f"{_checked(run)} outside the timed part. A wrong case has no time.",
                    *_efficiencies(run),
                    built
                    + (
                        skipped(run.backends_left_out)
                        if run.backends_left_out
                        else "Skipped: none."
                    ),
                    f"To repeat it at revision {run.machine.get('revision', 'unknown')}: "
                    f"`{command(run)}`, then `make report`"
                    + (" with the same settings." if run.loop else "."),
                )
            ),
            Table(
                title="Twelve rules for benchmarks of parallel systems (Hoefler and Belli, SC15)",
                head=("rule", "verdict", "evidence"),
                rows=tuple((rule.text, rule.verdict, rule.evidence) for rule in study.rules),
                words=True,
            ),
        ),
    )


def _checked(run: Run) -> str:
    if run.loop:
        return "The answer of every backend was checked against that of serial"
    return "Every case's counts were checked against the literal kernel"


def _efficiencies(run: Run) -> tuple[str, ...]:
    """Empty for a user's own loop: how much caches may raise its speedups is unknown."""
    if run.loop:
        return ()
    return (
        "A case of the article's loop is rejected if the whole 95% CI of its efficiency is above "
        f"{rejections.IMPLAUSIBLE_EFFICIENCY:.0%}.",
    )


def _rounds(run: Run) -> str:
    """How many rounds of which cases."""
    counted = f"{run.rounds_in_words} of {count_of(len(run.cases), 'case')}"
    if run.fewest_rounds == run.most_rounds:
        return counted
    return (
        f"{counted}: all of them in the first {run.rounds_planned}, then the least certain. A case "
        f"has {run.fewest_rounds} to {run.most_rounds} rounds"
    )


def _seeds(run: Run) -> str:
    """The first ones; run.json has them all."""
    shown = ", ".join(run.order_seeds[:_SEEDS])
    return shown if run.rounds <= _SEEDS else f"{shown}, ... (run.json has all)"


TOPIC = Topic(order=140, section=section, tables=tables, of_any_loop=True)
