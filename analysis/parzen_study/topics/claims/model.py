"""The claims of the 2014 article, checked by this run: confirmed, refuted or inconclusive.

One ratio of medians, or one difference, decides a claim: its whole 95% CI must be on one side of
the bound in the claim's function. Otherwise the claim is inconclusive. With the article's program
in Python (`make peers`) a claim about speed has a second row. A claim that depends on the start of
workers has a row for each start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parzen_study.common.wording import count_of, label_of
from parzen_study.run import published
from parzen_study.run.case import COLD, WARM
from parzen_study.run.problems import readable
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.article.densities import best_width, densities
from parzen_study.topics.claims import communication
from parzen_study.topics.claims.decision import (
    Decider,
    Decision,
    Verdict,
    at,
    decided,
    not_measured,
    times,
    workers,
)
from parzen_study.topics.claims.evidence import CPP, NO_PROGRAM, PYTHON, Evidence, Program

# Share of the ideal gain of one more worker: a smaller gain is hardly any, a larger one is clear.
CLEAR_SHARE = 0.5
# As on the article's machine. With fewer, the step before the last one begins with one worker,
# unlike the article's "from 2 to 3".
LEAST_CPUS = 4


@dataclass(frozen=True)
class Claim:
    """`program` is empty where the claim is about none, and names the start where the claim has a
    row for each. `figure` is the deciding figure in words."""

    text: str
    program: str
    verdict: Verdict
    figure: str


def claims(evidence: Evidence) -> list[Claim]:
    """Every claim of the article, in its order; a row per program where it is about one, and a
    start."""
    programs = [CPP, *([PYTHON] if evidence.article(PYTHON) else [])]
    found: list[Claim] = []
    for text, (by_program, deciders) in zip(published.article()["claims"], _DECIDERS, strict=True):
        for program in programs if by_program else [NO_PROGRAM]:
            for start, decide in deciders.items():
                label = label_of(program.language, start)
                found.append(Claim(text, label, *_decision(decide, evidence, program)))
    return found


def _decision(decide: Decider, evidence: Evidence, program: Program) -> Decision:
    """Times need enough rounds; counts are exact in one."""
    run = evidence.run
    if run.too_few and decide is not _best_width:
        return Verdict.INCONCLUSIVE, f"{run.too_few[0].upper()}{run.too_few[1:]}."
    return decide(evidence, program)


def _speeds_up(evidence: Evidence, program: Program) -> Decision:
    """Confirmed where the fastest case of several workers gains more than WORTHWHILE over serial;
    refuted where none does."""
    published_n = evidence.article(program)
    gain = evidence.gain(published_n)
    if gain is None:
        return not_measured(f"{program.backend} and serial at the article's problem")
    figure = f"{program.backend} at best is {times(gain)} as fast as serial{at(published_n)}"
    verdict, figure = decided(gain, WORTHWHILE, figure)
    larger = evidence.article(program, largest=True)
    more = evidence.gain(larger)
    if more and larger != published_n:
        figure += f" At n = {readable(larger[0].get('n'))} it is {times(more)} as fast."
    return verdict, figure


def _more_than_cores(evidence: Evidence, program: Program) -> Decision:
    """Confirmed where the fastest case with more workers than CPUs gains at most WORTHWHILE over
    the fastest without oversubscription."""
    cases, cpus = evidence.around_the_cpus(program), evidence.cpus
    within = [case for case in cases if cpus and case.number("workers") <= cpus]
    beyond = [case for case in cases if cpus and case.number("workers") > cpus]
    if not (within and beyond):
        return not_measured(f"{program.backend} with as many workers as usable CPUs, and with more")
    gain = evidence.estimates.speedup_of_best(beyond, within)
    figure = (
        f"{program.backend} with more workers than the {count_of(cpus, 'usable CPU')} "
        f"({workers(beyond)}): {times(gain)} as fast as without oversubscription{at(within)}"
    )
    return decided(gain, WORTHWHILE, figure, Verdict.REFUTED, Verdict.CONFIRMED)


def _last_core(evidence: Evidence, program: Program) -> Decision:
    """Confirmed where the step to as many workers as CPUs gains less than CLEAR_SHARE of the ideal,
    and the step before it, if measured, more. The article's step from 3 to 4 of 4 cores gained an
    eighth. The gain next to a busy program, the article's explanation, is reported as
    well."""
    cpus = evidence.cpus or 0
    if cpus < LEAST_CPUS:
        return Verdict.INCONCLUSIVE, (
            f"Needs at least {LEAST_CPUS} usable CPUs, to compare the steps from 2 to 3 and from 3 "
            f"to 4 workers. {count_of(evidence.cpus, 'usable CPU')} here."
        )
    measured = next(
        (
            each
            for each in evidence.last_cores.found
            if program is CPP and each.backend == program.backend and each.start == COLD
        ),
        None,
    )
    cases = evidence.around_the_cpus(program)
    before, fewer, all_cpus = (
        [case for case in cases if case.number("workers") == number]
        for number in (cpus - 2, cpus - 1, cpus)
    )
    if measured and measured.quiet:
        gain, where = measured.quiet, ""
    elif fewer and all_cpus:
        gain = evidence.estimates.speedup_between(all_cpus[0], fewer[0])
        where = at(all_cpus)
    else:
        return not_measured(
            f"{program.backend} with as many workers as usable CPUs, and with one fewer"
        )
    ideal, bound = _of_step_to(cpus)
    figure = (
        f"From {cpus - 1} to {cpus} workers, the last of the {count_of(cpus, 'usable CPU')}: "
        f"{program.backend} becomes {times(gain)} as fast{where}; ideal is {ideal:.3g}"
    )
    verdict, figure = decided(gain, bound, figure, Verdict.REFUTED, Verdict.CONFIRMED)
    if verdict == Verdict.CONFIRMED and before and fewer:
        step = f" From {cpus - 2} to {cpus - 1} it becomes"
        one_less = evidence.estimates.speedup_between(fewer[0], before[0])
        verdict, words = decided(
            one_less, _of_step_to(cpus - 1)[1], f"{step} {times(one_less)} as fast"
        )
        figure += words
    if measured:
        figure += f" Next to a busy program it becomes {times(measured.loaded)} as fast."
    return verdict, figure


def _of_step_to(workers: int) -> tuple[float, float]:
    """The ideal gain of the step to so many workers, and the bound above which it is clear."""
    ideal = workers / (workers - 1)
    return ideal, 1.0 + CLEAR_SHARE * (ideal - 1.0)


def _only_cpu_bound(evidence: Evidence, _: Program) -> Decision:
    """Refuted where tasks of any kind that wait gain more than WORTHWHILE over serial."""
    found = [
        decided(
            each.gain,
            WORTHWHILE,
            f"Waiting for {each.waits_for}: {each.fastest} is {times(each.gain)} as fast",
            Verdict.REFUTED,
            Verdict.CONFIRMED,
        )
        for each in evidence.operations
    ]
    if not found:
        return not_measured("family io_bound")
    verdicts = [verdict for verdict, _ in found]
    figure = " ".join(words for _, words in found)
    for verdict in (Verdict.REFUTED, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict, figure
    return Verdict.CONFIRMED, figure


def _processes_cost_more(evidence: Evidence, _: Program) -> Decision:
    """Confirmed where the fastest threads are more than WORTHWHILE times as fast as the fastest
    processes at the article's problem, both cold. Safety has no time."""
    processes, threads = evidence.article_by("processes"), evidence.article_by("threads")
    if not (processes and threads):
        return not_measured("threads and processes at the article's problem")
    ratio = evidence.estimates.speedup_of_best(threads, processes)
    figure = f"The fastest processes take {times(ratio)} as long as the fastest threads"
    verdict, figure = decided(ratio, WORTHWHILE, figure)
    return verdict, figure + (
        " That decides the cost. Safety is not timed: no two workers write to the same place here, "
        "and all counts are exact."
    )


def _best_width(evidence: Evidence, _: Program) -> Decision:
    """Refuted where another of the twelve has the smallest error, divided by the volume."""
    rows = [row for row in densities(evidence.run) if row.volume is not None]
    if not rows:
        return not_measured("the counts of the article's twelve widths")
    best = min(rows, key=lambda row: row.error)
    printed = min(rows, key=lambda row: abs((row.as_published or 0.0) - row.true))
    verdict: Verdict = Verdict.CONFIRMED if best.h == printed.h else Verdict.REFUTED
    return verdict, f"{best_width(rows)} Divided by h, as published, h = {printed.h} is closest."


# Whether a claim is about a program, and what decides it: by start, where it differs.
_DECIDERS: tuple[tuple[bool, Mapping[str, Decider]], ...] = (
    (True, {"": _speeds_up}),
    (True, {"": _more_than_cores}),
    (True, {"": _last_core}),
    (True, {COLD: communication.created, WARM: communication.ready}),
    (False, {"": _only_cpu_bound}),
    (False, {"": _processes_cost_more}),
    (False, {"": _best_width}),
)
