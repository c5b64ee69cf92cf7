"""The answer by problem size, in words: the answer where serial times of calls give none."""

from __future__ import annotations

from itertools import groupby

from parzen_study.page.blocks import Block, Details, Entries, Entry, Heading, Paragraph, Section
from parzen_study.run.problems import shared_and_varying
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.study import Study
from parzen_study.topics.answer import by_size_words
from parzen_study.topics.answer import model as answer
from parzen_study.topics.topic import Topic

_COUNTS = f"{WORTHWHILE - 1.0:.0%}"


def section(study: Study) -> Section | None:
    """Where there are zones, topic by_size has it, as details; else what gives no answer says
    why."""
    if study.zones:
        return None
    return Section("answer", "The answer", tuple(_opened(study)))


def by_size(study: Study) -> list[Block]:
    """Empty where the run has no family sweep, or too few rounds."""
    if not study.by_size:
        return []
    cases = [case for sweep in study.sweeps for case in sweep.cases]
    shared, _ = shared_and_varying(cases)
    return [
        Entries(
            tuple(
                Entry(
                    by_size_words.question(each),
                    by_size_words.evidence(each),
                    by_size_words.advice(each),
                )
                for each in study.by_size
            )
        ),
        Paragraph(
            f"n is the number of samples; all with {shared}. Serial time is what serial takes for "
            "the same call. Where one answer gives way to the next is a serial time, worked out "
            "from the sizes around it. Which n that is depends on the loop.",
            note=True,
        ),
        Paragraph(
            "Where a comparison is inconclusive, the size measured is named. How many workers: the "
            f"fewest that take on average at most {_COUNTS} longer than the fastest number, where "
            "no other number is shown to be faster. Nothing is known of sizes beyond those "
            "measured.",
            note=True,
        ),
    ]


def of_the_article(study: Study) -> list[Block]:
    """What is said of the article's problem, a heading a start; or why nothing is."""
    answers = study.answers
    blocks: list[Block] = [Paragraph(answers.nothing)] if answers.nothing else []
    for start, found in groupby(answers.found, key=lambda each: each.start):
        blocks.append(Heading(answer.started(start)))
        blocks.append(Entries(tuple(Entry(e.label, e.sentence, e.advice) for e in found)))
        blocks += [
            Paragraph(f"{missing}.", note=True)
            for missing_start, missing in answers.not_measured
            if missing_start == start
        ]
    return blocks


def another_loop(study: Study) -> list[Block]:
    """What is gained without any mechanism."""
    if not study.answers.loops:
        return []
    entries = tuple(Entry(label, sentence) for label, sentence in study.answers.loops)
    return [Heading("Without any mechanism: another loop"), Entries(entries)]


def rules(study: Study) -> list[Block]:
    """What counts as a gain."""
    blocks: list[Block] = [
        Paragraph(
            "In brackets: the 95% interval over rounds. That of the fastest of several cases is "
            "wider, since one of them was chosen. A gain over serial counts where the whole "
            f"interval is above {_COUNTS}.",
            note=True,
        ),
        Paragraph(
            "One mechanism is ahead of another where the whole interval of the ratio is above 1. "
            f"Where all of it is at most {_COUNTS} more, there is no difference that counts. Else "
            "the comparison is inconclusive.",
            note=True,
        ),
        Paragraph(
            f"Fewer workers are enough where they take at most {_COUNTS} longer than the fastest "
            "case of their mechanism, and the whole interval of their gain over serial is above "
            "that too.",
            note=True,
        ),
    ]
    if study.answers.picked:
        blocks.append(
            Paragraph(
                "What is fastest of several was picked by its time, which noise may have favoured. "
                "If all of them are equally fast, it looks up to "
                f"{study.answers.picked:.1%} faster than it is. Gains are not corrected for that; "
                "their intervals allow for it.",
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
