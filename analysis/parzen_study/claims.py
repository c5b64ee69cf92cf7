"""What the 2014 article claims, held against this run: confirmed, refuted or not decidable here.

A claim is decided by one ratio of medians, or one difference, whose whole 95% interval must lie on
one side of the bound that the claim's function states; otherwise these rounds cannot tell, and what
was not measured decides nothing. Where the run has the article's program in Python as well
(`make peers`), a claim about speed has a second row, for that program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from parzen_study import published, sysinfo
from parzen_study.answer import WORTHWHILE
from parzen_study.case import SERIAL, Case
from parzen_study.densities import densities
from parzen_study.estimates import Estimates
from parzen_study.evidence import Evidence, Program
from parzen_study.phrasing import count_of, time_with_interval, with_interval
from parzen_study.problems import readable
from parzen_study.run import Run
from parzen_study.stats import CONFIDENCE, VERDICT_ROUNDS, Estimate


class Verdict(StrEnum):
    """On a claim."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNDECIDED = "not decidable here"


# Of what one more worker can gain at best: less of it than this is hardly any, more is clear.
CLEAR_SHARE = 0.5

CPP = Program("C++", "process_pool", published.KERNEL)
PYTHON = Program("Python", "multiprocessing_Pool", published.PYTHON_KERNEL)


@dataclass(frozen=True)
class Claim:
    """`program` is empty where the claim is about none. `figure` is what decides, in words."""

    text: str
    program: str
    verdict: Verdict
    figure: str


def claims(run: Run, estimates: Estimates, refused: Sequence[str]) -> list[Claim]:
    """Every claim of the article, in its order; a row a program where it is about one."""
    usable = tuple(
        case for case in run.cases if case.name in estimates.measured and case.name not in refused
    )
    evidence = Evidence(run, estimates, usable, sysinfo.usable_cpus(run))
    if run.fewest_rounds < VERDICT_ROUNDS:
        few = f"It takes at least {VERDICT_ROUNDS} rounds, and this run has {run.fewest_rounds}."
        return [Claim(text, "", Verdict.UNDECIDED, few) for text in published.article()["claims"]]
    programs = [CPP, *([PYTHON] if evidence.article(PYTHON) else [])]
    texts = published.article()["claims"]
    told: list[Claim] = []
    for text, decide in zip(texts, _DECIDERS, strict=True):
        for program, (verdict, figure) in decide(evidence, programs):
            told.append(Claim(text, program, verdict, figure))
    return told


_Decision = tuple[Verdict, str]
_Decider = Callable[[Evidence, Sequence[Program]], Iterator[tuple[str, _Decision]]]


def _by_program(decide: Callable[[Evidence, Program], _Decision]) -> _Decider:
    def each(evidence: Evidence, programs: Sequence[Program]) -> Iterator[tuple[str, _Decision]]:
        for program in programs:
            yield program.language, decide(evidence, program)

    return each


def _once(decide: Callable[[Evidence], _Decision]) -> _Decider:
    def one(evidence: Evidence, _: Sequence[Program]) -> Iterator[tuple[str, _Decision]]:
        yield "", decide(evidence)

    return one


def _speeds_up(evidence: Evidence, program: Program) -> _Decision:
    """Confirmed where the fastest case of several workers gains more than WORTHWHILE over serial,
    as everywhere in the report; refuted where none does."""
    published_n = evidence.article(program)
    gain = _gain(evidence, published_n)
    if gain is None:
        return _not_measured(f"{program.backend} at the article's problem beside serial")
    figure = f"The best of {program.backend} is {_times(gain)} as fast as serial{_at(published_n)}"
    verdict, figure = _decided(gain, WORTHWHILE, figure)
    larger = evidence.article(program, largest=True)
    more = _gain(evidence, larger)
    if more and larger != published_n:
        figure += f" At n = {readable(larger[0].get('n'))} it is {_times(more)} as fast."
    return verdict, figure


def _gain(evidence: Evidence, cases: Sequence[Case]) -> Estimate | None:
    """Of the best of several workers over serial of the same kernel."""
    parallel = [case for case in cases if case.number("workers") > 1]
    serial = evidence.estimates.serial_of(parallel[0], evidence.cases) if parallel else None
    return evidence.estimates.speedup_of_best(parallel, [serial]) if serial else None


def _more_than_cores(evidence: Evidence, program: Program) -> _Decision:
    """Confirmed where the fastest case of more workers than CPUs gains no WORTHWHILE over the
    fastest of at most as many."""
    cases, cpus = evidence.article(program, largest=True), evidence.cpus
    within = [case for case in cases if cpus and case.number("workers") <= cpus]
    beyond = [case for case in cases if cpus and case.number("workers") > cpus]
    if not (within and beyond):
        return _not_measured(
            f"{program.backend} both within and beyond {count_of(cpus, 'usable CPU')}"
        )
    gain = evidence.estimates.speedup_of_best(beyond, within)
    figure = (
        f"With more workers than the {count_of(cpus, 'usable CPU')} ({_workers(beyond)}) "
        f"{program.backend} is {_times(gain)} as fast as with at most as many{_at(within)}"
    )
    return _decided(gain, WORTHWHILE, figure, Verdict.REFUTED, Verdict.CONFIRMED)


def _last_core(evidence: Evidence, program: Program) -> _Decision:
    """Confirmed where the step to as many workers as CPUs gains less than CLEAR_SHARE of what it
    could; the article's from 3 to 4 of 4 cores gained an eighth."""
    cases, cpus = evidence.article(program, largest=True), evidence.cpus or 0
    pair = [case for case in cases if case.number("workers") in {cpus - 1, cpus}]
    if len(pair) < 2:
        return _not_measured(
            f"{program.backend} with as many workers as usable CPUs, and with one less"
        )
    before, after = pair
    gain = evidence.estimates.speedup_between(after, before)
    bound = 1.0 + CLEAR_SHARE * (cpus / (cpus - 1) - 1.0)
    figure = (
        f"From {cpus - 1} to {cpus} workers, the last of the {count_of(cpus, 'usable CPU')}, "
        f"{program.backend} becomes {_times(gain)} as fast, where {cpus / (cpus - 1):.3g} would be "
        f"ideal{_at(pair)}"
    )
    verdict, figure = _decided(gain, bound, figure, Verdict.REFUTED, Verdict.CONFIRMED)
    return verdict, figure + _under_load(evidence, program)


def _under_load(evidence: Evidence, program: Program) -> str:
    """What the article explains it by, tried: another process that keeps a CPU busy."""
    cpus = evidence.cpus or 0
    cases = evidence.find(family="load", backend=program.backend, kernel=program.kernel)
    pair = [case for case in cases if case.number("workers") in {cpus - 1, cpus}]
    if len(pair) < 2:
        return ""
    gain = evidence.estimates.speedup_between(pair[1], pair[0])
    return (
        f" With another process that keeps a CPU busy, at n = {readable(pair[0].get('n'))}, the "
        f"same step makes it {_times(gain)} as fast."
    )


def _costs_communication(evidence: Evidence, program: Program) -> _Decision:
    """Confirmed where workers beyond the CPUs, which have no work of their own to add, make the
    call longer; refuted where it is none the longer."""
    cpus = evidence.cpus or 0
    cases = [case for case in evidence.article(program) if case.number("workers") >= cpus]
    if len(cases) < 2 or not cpus:
        return _not_measured(f"{program.backend} with more workers than usable CPUs")
    fewest, most = cases[0], cases[-1]
    more = most.number("workers") - fewest.number("workers")
    each = _difference(evidence.estimates, most, fewest, more)
    figure = (
        f"From {fewest.number('workers')} to {most.number('workers')} workers of "
        f"{program.backend}, on {count_of(cpus, 'usable CPU')}, each one more adds "
        f"{time_with_interval(each)} to the call"
    )
    verdict, figure = _decided(each, 0.0, figure)
    return verdict, figure + _message(evidence, program)


def _message(evidence: Evidence, program: Program) -> str:
    """What a task's way to a worker and back takes, for comparison."""
    backend = "pool_pipe" if program is CPP else program.backend
    apply = [
        case
        for case in evidence.find(family="dispatch", backend=backend, operation="apply", workers=1)
        if not case.get("processors")
    ]
    if not apply:
        return ""
    time = evidence.estimates.measured[apply[0].name].time
    return f" An empty task to a worker of {backend} and back takes {time_with_interval(time)}."


def _only_cpu_bound(evidence: Evidence) -> _Decision:
    """Refuted where tasks of any kind that wait gain more than WORTHWHILE over serial."""
    told: list[tuple[Verdict, str]] = []
    for serial in evidence.find(family="io_bound", backend=SERIAL):
        operation = serial.get("operation")
        parallel = [
            case
            for case in evidence.find(family="io_bound", operation=operation)
            if case.number("workers") > 1
        ]
        if parallel:
            gain = evidence.estimates.speedup_of_best(parallel, [serial])
            most = max(parallel, key=lambda case: case.number("workers")).number("workers")
            words = f"{operation}: {_times(gain)} as fast as serial with up to {most} workers"
            told.append(_decided(gain, WORTHWHILE, words, Verdict.REFUTED, Verdict.CONFIRMED))
    if not told:
        return _not_measured("family io_bound")
    verdicts = [verdict for verdict, _ in told]
    figure = "Tasks that wait. " + " ".join(words for _, words in told)
    for verdict in (Verdict.REFUTED, Verdict.UNDECIDED):
        if verdict in verdicts:
            return verdict, figure
    return Verdict.CONFIRMED, figure


def _processes_cost_more(evidence: Evidence) -> _Decision:
    """Confirmed where the fastest threads solve the article's problem faster than the fastest
    processes, both made in the call. That they are safer no time can tell."""
    by_mechanism: dict[str, list[Case]] = {"processes": [], "threads": []}
    for backend in {case.backend for case in evidence.cases}:
        mechanism = evidence.estimates.mechanism(backend)
        found = evidence.article(Program("C++", backend, published.KERNEL))
        by_mechanism.get(mechanism, []).extend(c for c in found if c.number("workers") > 1)
    processes, threads = by_mechanism["processes"], by_mechanism["threads"]
    if not (processes and threads):
        return _not_measured("threads and processes at the article's problem")
    ratio = evidence.estimates.speedup_of_best(threads, processes)
    verdict, figure = _decided(
        ratio, 1.0, f"The fastest processes take {_times(ratio)} as long as the fastest threads"
    )
    return verdict, figure + (
        " That is the half about cost. Safety is not timed: here no two workers write to the same "
        "place, and every backend's counts are exact."
    )


def _best_width(evidence: Evidence) -> _Decision:
    """Refuted where, divided by the volume, another of the twelve is closer to the true density."""
    rows = [row for row in densities(evidence.run) if row.volume is not None]
    if not rows:
        return _not_measured("the counts of the article's twelve widths")
    closest = min(rows, key=lambda row: abs((row.volume or 0.0) - row.true))
    printed = min(rows, key=lambda row: abs((row.as_published or 0.0) - row.true))
    verdict: Verdict = Verdict.CONFIRMED if closest.h == printed.h else Verdict.REFUTED
    return verdict, (
        f"Divided by the volume, as an estimate of the density must be, the closest of the twelve "
        f"is h = {closest.h}; divided by h, as published, it is h = {printed.h}."
    )


_DECIDERS: tuple[_Decider, ...] = (
    _by_program(_speeds_up),
    _by_program(_more_than_cores),
    _by_program(_last_core),
    _by_program(_costs_communication),
    _once(_only_cpu_bound),
    _once(_processes_cost_more),
    _once(_best_width),
)


def _decided(
    figure: Estimate,
    bound: float,
    words: str,
    above: Verdict = Verdict.CONFIRMED,
    below: Verdict = Verdict.REFUTED,
) -> _Decision:
    """The verdict of the side on which the whole interval lies, and the figure in a sentence."""
    if figure.wholly_above(bound):
        return above, f"{words}."
    if figure.has_interval and figure.high <= bound:
        return below, f"{words}."
    return Verdict.UNDECIDED, f"{words}: these rounds cannot tell."


def _not_measured(what: str) -> _Decision:
    return Verdict.UNDECIDED, f"Not measured: {what}."


def _difference(estimates: Estimates, longer: Case, shorter: Case, parts: int) -> Estimate:
    """How much longer one case takes than another, in seconds, over so many parts."""
    (value, drawn), (other, other_drawn) = (
        estimates.medians_of(longer),
        estimates.medians_of(shorter),
    )
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile((drawn - other_drawn) / parts, [tail, 1.0 - tail])
    return Estimate((value - other) / parts, float(low), float(high))


def _at(cases: Sequence[Case]) -> str:
    return f", at n = {readable(cases[0].get('n'))}"


def _workers(cases: Sequence[Case]) -> str:
    return ", ".join(case.get("workers") for case in cases)


def _times(ratio: Estimate) -> str:
    return f"{with_interval(ratio)} times"
