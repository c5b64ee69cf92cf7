"""The answer by problem size: the whole answer where the run has no zones of serial time."""

from __future__ import annotations

from itertools import groupby

from parzen_study.page.blocks import (
    Block,
    Details,
    Entries,
    Entry,
    Heading,
    Paragraph,
    Points,
    Section,
)
from parzen_study.run.problems import shared_and_varying
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.study import Study
from parzen_study.topics.answer import by_size_words
from parzen_study.topics.answer import model as answer
from parzen_study.topics.topic import Topic

_COUNTS = f"{WORTHWHILE - 1.0:.0%}"


def section(study: Study) -> Section | None:
    """None where there are zones: topic by_size then has it, as details."""
    if study.zones:
        return None
    return Section("answer", "The answer", tuple(_opened(study)))


def by_size(study: Study) -> list[Block]:
    """Empty where the run has no family sweep, or too few rounds."""
    if not study.by_size:
        return []
    cases = [case for sweep in study.sweeps for case in sweep.cases]
    shared, _ = shared_and_varying(cases)
    blocks: list[Block] = []
    for each in study.by_size:
        blocks.append(Heading(by_size_words.question(each)))
        blocks.append(Points(tuple(by_size_words.sentences(each))))
    return [
        *blocks,
        Paragraph(
            f"n is the number of samples; all with {shared}. Serial time is what serial takes for "
            "the same call. The serial time of a boundary is interpolated between the sizes "
            "measured. Its n depends on the loop. CPU time is a multiple of serial's.",
            note=True,
        ),
        Paragraph(
            "Next to an inconclusive comparison, a boundary is a measured size, not interpolated. "
            f"The number of workers is the fewest that take at most {_COUNTS} longer, on average, "
            "than the fastest number. No other number is significantly faster. Sizes outside of "
            "those measured are unknown.",
            note=True,
        ),
    ]


def of_the_article(study: Study) -> list[Block]:
    """The answers for the article's problem, a heading per start; or why there are none."""
    answers = study.answers
    blocks: list[Block] = [Paragraph(answers.nothing)] if answers.nothing else []
    for start, found in groupby(answers.found, key=lambda each: each.start):
        blocks.append(Heading(answer.started(start)))
        blocks.append(
            Entries(tuple(Entry(e.label, e.sentences[0], e.advice, e.sentences[1:]) for e in found))
        )
        blocks += [
            Paragraph(f"{missing}.", note=True)
            for missing_start, missing in answers.not_measured
            if missing_start == start
        ]
    return blocks


def another_loop(study: Study) -> list[Block]:
    """The gain of another kernel in one thread."""
    if not study.answers.loops:
        return []
    entries = tuple(Entry(label, sentence) for label, sentence in study.answers.loops)
    return [Heading("A faster loop, in one thread"), Entries(entries)]


def rules(study: Study) -> list[Block]:
    """What counts as a gain."""
    blocks: list[Block] = [
        Paragraph(
            "In brackets: the 95% CI over rounds. The fastest of several cases has a wider one, "
            "corrected for the choice. A gain over serial counts where the whole 95% CI of the "
            f"gain is above {_COUNTS}.",
            note=True,
        ),
        Paragraph(
            "One mechanism is ahead of another where the whole 95% CI of the ratio is above 1. "
            f"They are equally fast where the whole 95% CI is at most {_COUNTS} above 1. "
            "Otherwise the comparison is inconclusive.",
            note=True,
        ),
        Paragraph(
            f"Fewer workers are enough where they take at most {_COUNTS} longer than the fastest "
            "case of their mechanism. Their own gain over serial must count too.",
            note=True,
        ),
    ]
    if study.answers.picked:
        blocks.append(
            Paragraph(
                "Noise may favour the fastest of several cases (selection bias). If all are "
                f"equally fast, the fastest looks up to {study.answers.picked:.1%} faster than it "
                "is. Gains are not corrected for that. Their 95% CIs are.",
                note=True,
            )
        )
    return blocks


def _opened(study: Study) -> list[Block]:
    sizes = by_size(study)
    blocks: list[Block] = [Heading("Your problem, by size"), *sizes] if sizes else []
    if sizes and study.answers.nothing:
        blocks.append(Heading("The article's problem"))
    blocks += [*of_the_article(study), *another_loop(study)]
    return [*blocks, Details("What counts as a gain", tuple(rules(study)))]


TOPIC = Topic(order=10, section=section)
