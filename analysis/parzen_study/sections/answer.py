"""The answer: what to use, in words."""

from __future__ import annotations

from itertools import groupby

from parzen_study.answer import WORTHWHILE
from parzen_study.case import COLD, WARM
from parzen_study.case_table import shared_and_varying
from parzen_study.page import Block, Entries, Entry, Heading, Paragraph, Section
from parzen_study.study import Study

_STARTED = {
    COLD: "The article's problem, one call: workers are made inside it, as in 2014 (cold)",
    WARM: "The article's problem, many calls: workers are there already (warm)",
}


def section(study: Study) -> Section:
    """Always there: what gives no answer says why."""
    answers = study.answers
    blocks = _by_size(study)
    if answers.nothing:
        if blocks:
            blocks.append(Heading("The article's problem"))
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


def _by_size(study: Study) -> list[Block]:
    """Empty where the run has no family sweep, or too few rounds."""
    if not study.by_size:
        return []
    cases = [case for sweep in study.sweeps for case in sweep.cases]
    shared, _ = shared_and_varying(cases)
    return [
        Heading("Your problem, by size"),
        Entries(
            tuple(Entry(each.question, each.sentence, f"{each.advice}.") for each in study.by_size)
        ),
        Paragraph(
            f"n is the number of samples; all with {shared}. One answer gives way to the next at "
            f"the n from which it is {WORTHWHILE - 1.0:.0%} better, worked out between the sizes "
            "that were measured; beyond those nothing is known.",
            note=True,
        ),
    ]


def started(start: str) -> str:
    """What a start means for the article's problem, as a heading."""
    return _STARTED.get(start, f"The article's problem, workers started: {start or 'unknown'}")
