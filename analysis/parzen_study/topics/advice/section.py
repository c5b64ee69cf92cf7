"""Advice for another loop: a worked example, and predicted and measured speedups."""

from __future__ import annotations

from collections.abc import Iterator

from parzen_study.common.wording import count_of, sentence, significant
from parzen_study.page.blocks import Block, Details, Paragraph, Points, Section, Table
from parzen_study.run.case import start_order
from parzen_study.stats.wording import interval_alone
from parzen_study.study import Study
from parzen_study.topics.advice.choice import STARTS, choose
from parzen_study.topics.advice.held_out import CLOSE, Group
from parzen_study.topics.advice.model import NEITHER, Loop
from parzen_study.topics.advice.words import prediction_in_words
from parzen_study.topics.topic import Topic

_EXAMPLE = Loop(tasks=1000, task_time=12e-6)


def section(study: Study) -> Section | None:
    """None where the run has no model."""
    if not study.advice.lines:
        return None
    blocks: list[Block] = [
        Paragraph(
            "`parzen-study advise` answers for a loop that is not written yet, from its number of "
            "tasks and the time of one. Its 95% intervals include noise and the model's own error."
        ),
        Paragraph(
            "The model is fitted from families grain and dispatch. Its terms: the overhead of a "
            "call, of a task and of its bytes, and the speed of all workers together."
        ),
        Paragraph(
            "Example: `parzen-study advise --tasks 1000 --task-time 12us`, speedup against serial "
            "with its 95% interval."
        ),
        Points(tuple(_example(study))),
    ]
    if study.held_out:
        blocks += [*map(Paragraph, _summary(study.held_out)), _table(study.held_out)]
        if missing := _missing_terms(study.held_out):
            blocks.append(Details("What the model probably lacks", (Points(tuple(missing)),)))
    return Section("advice", "Advice for another loop", tuple(blocks))


def _example(study: Study) -> Iterator[str]:
    """The answers of the command line in short, one per start."""
    for name, start in STARTS.items():
        choice = choose(study.advice, _EXAMPLE, start)
        if choice:
            answer = prediction_in_words(choice.best)
            verdict = "serial" if choice.mechanism == NEITHER else choice.mechanism
            yield f"`--start {name}`: {verdict} ({answer})."


def _summary(groups: list[Group]) -> list[str]:
    computing = [each for each in groups if not each.more_than_computing]
    others = [each for each in groups if each.more_than_computing]
    said = [f"Held-out cases that only compute: {_shares(computing)}."]
    if others:
        said.append(f"Held-out cases that do more than compute: {_shares(others)}.")
    return said


def _shares(groups: list[Group]) -> str:
    cases = sum(len(each.cases) for each in groups)
    if not cases:
        return "none"
    close, within = sum(each.close for each in groups), sum(each.within for each in groups)
    return (
        f"of {count_of(cases, 'case')}, {close / cases:.0%} of the predictions are within "
        f"{CLOSE:.0%} of the measured speedup, and {within / cases:.0%} of the 95% intervals "
        "contain it"
    )


def _missing_terms(groups: list[Group]) -> list[str]:
    """What the model probably lacks, and for which cases."""
    lacking: dict[str, dict[str, None]] = {}
    for group in groups:
        if group.missing_term:
            case = f"{group.family} by {group.backend}"
            lacking.setdefault(group.missing_term, {})[case] = None
    return [f"{sentence(term)}: {'; '.join(cases)}." for term, cases in lacking.items()]


def _table(groups: list[Group]) -> Table:
    rows = []
    for group in sorted(groups, key=lambda each: (each.family, start_order(each.start))):
        worst = group.worst
        low, high = map(significant, worst.predicted.interval)
        rows.append(
            (
                group.family,
                group.start,
                group.backend,
                str(len(group.cases)),
                f"{group.close / len(group.cases):.0%}",
                f"{group.within / len(group.cases):.0%}",
                f"{significant(worst.predicted.speedup)} ({low} to {high})",
                f"{significant(worst.measured.value)} ({interval_alone(worst.measured)})",
            )
        )
    return Table(
        title="Predicted and measured speedup",
        head=(
            *("cases of", "start", "backends", "number", f"within {CLOSE:.0%}", "in the interval"),
            *("worst: predicted", "measured"),
        ),
        rows=tuple(rows),
    )


TOPIC = Topic(order=95, section=section)
