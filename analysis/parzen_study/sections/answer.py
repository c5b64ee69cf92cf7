"""The answer: what to use, in words."""

from __future__ import annotations

from itertools import groupby

from parzen_study.answer import WORTHWHILE
from parzen_study.case import COLD, WARM
from parzen_study.page import Block, Entries, Entry, Heading, Paragraph, Section
from parzen_study.study import Study

_STARTED = {
    COLD: "For one call: workers are made inside it, as in the article (cold)",
    WARM: "For many calls: workers are there already (warm)",
}


def section(study: Study) -> Section:
    """Always there: what gives no answer says why."""
    answers = study.answers
    blocks: list[Block] = []
    if study.size_answers:
        blocks.append(Heading("For your problem, by size"))
        blocks.append(
            Entries(
                tuple(
                    Entry(f"{e.label}, {e.start or 'start unknown'}", e.sentence, e.advice)
                    for e in study.size_answers
                )
            )
        )
    if answers.nothing:
        blocks.append(Paragraph(answers.nothing))
    for start, found in groupby(answers.found, key=lambda answer: answer.start):
        blocks.append(Heading(started(start)))
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
            "In brackets: the 95% interval over rounds. A gain of parallel work over serial, or of "
            f"one mechanism over another, counts where its whole interval is above {counts}. Fewer "
            f"workers are enough where they take at most {counts} longer than the fastest case of "
            "their mechanism and still clearly beat serial.",
            note=True,
        )
    )
    return Section("answer", "The answer", tuple(blocks))


def started(start: str) -> str:
    """What a start means, as a heading."""
    return _STARTED.get(start, f"Workers started: {start or 'unknown'}")
