"""The answer: what to use, in words."""

from __future__ import annotations

from itertools import groupby

from parzen_study.page.blocks import Block, Entries, Entry, Heading, Paragraph, Section
from parzen_study.run.problems import shared_and_varying
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.study import Study
from parzen_study.topics.answer import by_size_words
from parzen_study.topics.answer import model as answer
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section:
    """Always there: what gives no answer says why."""
    answers = study.answers
    blocks = _by_size(study)
    if answers.nothing:
        if blocks:
            blocks.append(Heading("The article's problem"))
        blocks.append(Paragraph(answers.nothing))
    for start, found in groupby(answers.found, key=lambda each: each.start):
        blocks.append(Heading(answer.started(start)))
        blocks.append(Entries(tuple(Entry(e.label, e.sentence, e.advice) for e in found)))
        blocks += [
            Paragraph(f"{missing}.", note=True)
            for missing_start, missing in answers.not_measured
            if missing_start == start
        ]
    if answers.loops:
        blocks.append(Heading("Without any mechanism: another loop"))
        blocks.append(Entries(tuple(Entry(label, sentence) for label, sentence in answers.loops)))
    counts = f"{WORTHWHILE - 1.0:.0%}"
    blocks.append(
        Paragraph(
            "In brackets: the 95% interval over rounds. Where a gain is that of the fastest of "
            "several cases, it is wider, since one of them was chosen; times, and what fewer "
            "workers cost, are of one case. A gain of parallel work over serial counts where the "
            f"whole interval is above {counts}. One mechanism is ahead of another where the whole "
            f"interval of the ratio is above 1; where all of it is at most {counts} more, there is "
            "no difference that counts; else the comparison is inconclusive. Fewer workers are "
            f"enough where they take at most {counts} longer than the fastest case of their "
            "mechanism and the whole interval of their gain over serial is above that too.",
            note=True,
        )
    )
    if answers.picked:
        blocks.append(
            Paragraph(
                "What is fastest of several was picked by its time, which noise may have favoured: "
                "if all of them are equally fast it looks up to "
                f"{answers.picked:.1%} faster than it is, less where one is clearly ahead. Gains "
                "are not corrected for that; their intervals allow for it.",
                note=True,
            )
        )
    title = "Details by problem size" if study.zones else "The answer"
    return Section("answer", title, tuple(blocks))


def _by_size(study: Study) -> list[Block]:
    """Empty where the run has no family sweep, or too few rounds."""
    if not study.by_size:
        return []
    cases = [case for sweep in study.sweeps for case in sweep.cases]
    shared, _ = shared_and_varying(cases)
    return [
        Heading("Your problem, by size"),
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
            "from the sizes around it, with its interval; which n that is depends on the loop, and "
            "is read between the sizes measured. Where a comparison is inconclusive, the size "
            "measured is named. How many workers: the fewest that take on average at most "
            f"{WORTHWHILE - 1.0:.0%} longer than the fastest number, over neighbouring sizes at "
            "which no other number is shown to be faster. Nothing is known of sizes beyond those "
            "measured.",
            note=True,
        ),
    ]


TOPIC = Topic(order=10, section=section)
