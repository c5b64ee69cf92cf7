"""What the 2014 article claims, held against this run: confirmed, refuted or not decidable here.

A claim is decided by one ratio of medians, or one difference, whose whole 95% interval must lie on
one side of the bound that the claim's function states; otherwise these rounds cannot tell, and what
was not measured decides nothing. Where the run has the article's program in Python as well
(`make peers`), a claim about speed has a second row, for that program.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from parzen_study import published, sysinfo
from parzen_study.answer import WORTHWHILE
from parzen_study.case import COLD, Case
from parzen_study.densities import densities
from parzen_study.estimates import Estimates
from parzen_study.evidence import Evidence, Program
from parzen_study.io_bound import Operation
from parzen_study.last_core import LastCores
from parzen_study.phrasing import count_of, time_with_interval, with_interval
from parzen_study.problems import readable
from parzen_study.run import Run
from parzen_study.stats import Estimate, percentiles


class Verdict(StrEnum):
    """On a claim."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNDECIDED = "not decidable here"


# Of what one more worker can gain at best: less of it than this is hardly any, more is clear.
CLEAR_SHARE = 0.5

CPP = Program("C++", "process_pool", published.KERNEL)
NO_PROGRAM = Program("", "", "")
PYTHON = Program("Python", "multiprocessing_Pool", published.PYTHON_KERNEL)


_Decision = tuple[Verdict, str]
_Decider = Callable[[Evidence, Program], _Decision]


@dataclass(frozen=True)
class Claim:
    """`program` is empty where the claim is about none. `figure` is what decides, in words."""

    text: str
    program: str
    verdict: Verdict
    figure: str


def claims(
    run: Run,
    estimates: Estimates,
    refused: Collection[str],
    last_cores: LastCores,
    operations: Sequence[Operation],
) -> list[Claim]:
    """Every claim of the article, in its order; a row a program where it is about one.

    `last_cores` and `operations` are what families load and io_bound say.
    """
    usable = tuple(
        case for case in run.cases if case.name in estimates.measured and case.name not in refused
    )
    evidence = Evidence(
        run, estimates, usable, sysinfo.usable_cpus(run), last_cores, tuple(operations)
    )
    programs = [CPP, *([PYTHON] if evidence.article(PYTHON) else [])]
    told: list[Claim] = []
    for text, (by_program, decide) in zip(published.article()["claims"], _DECIDERS, strict=True):
        for program in programs if by_program else [NO_PROGRAM]:
            told.append(Claim(text, program.language, *_told(run, decide, evidence, program)))
    return told


def _told(run: Run, decide: _Decider, evidence: Evidence, program: Program) -> _Decision:
    """Times decide nothing in too few rounds; counts are exact in one."""
    if run.too_few and decide is not _best_width:
        return Verdict.UNDECIDED, f"{run.too_few[0].upper()}{run.too_few[1:]}."
    return decide(evidence, program)


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
    cases, cpus = evidence.around_the_cpus(program), evidence.cpus
    within = [case for case in cases if cpus and case.number("workers") <= cpus]
    beyond = [case for case in cases if cpus and case.number("workers") > cpus]
    if not (within and beyond):
        return _not_measured(
            f"{program.backend} with as many workers as usable CPUs, and with more"
        )
    gain = evidence.estimates.speedup_of_best(beyond, within)
    figure = (
        f"With more workers than the {count_of(cpus, 'usable CPU')} ({_workers(beyond)}) "
        f"{program.backend} is {_times(gain)} as fast as with at most as many{_at(within)}"
    )
    return _decided(gain, WORTHWHILE, figure, Verdict.REFUTED, Verdict.CONFIRMED)


def _last_core(evidence: Evidence, program: Program) -> _Decision:
    """Confirmed where the step to as many workers as CPUs gains less than CLEAR_SHARE of what it
    could; the article's from 3 to 4 of 4 cores gained an eighth. Where another process was busy
    meanwhile, as the article explains it, what it gains then is told as well."""
    cpus = evidence.cpus or 0
    measured = next(
        (
            each
            for each in evidence.last_cores.found
            if program is CPP and each.backend == program.backend and each.start == COLD
        ),
        None,
    )
    cases = evidence.around_the_cpus(program)
    fewer, all_cpus = (
        [case for case in cases if case.number("workers") == number] for number in (cpus - 1, cpus)
    )
    if measured and measured.quiet:
        gain, at = measured.quiet, ""
    elif fewer and all_cpus:
        gain, at = evidence.estimates.speedup_between(all_cpus[0], fewer[0]), _at(all_cpus)
    else:
        return _not_measured(
            f"{program.backend} with as many workers as usable CPUs, and with one less"
        )
    ideal = cpus / (cpus - 1)
    figure = (
        f"From {cpus - 1} to {cpus} workers, the last of the {count_of(cpus, 'usable CPU')}, "
        f"{program.backend} becomes {_times(gain)} as fast, where {ideal:.3g} would be ideal{at}"
    )
    bound = 1.0 + CLEAR_SHARE * (ideal - 1.0)
    verdict, figure = _decided(gain, bound, figure, Verdict.REFUTED, Verdict.CONFIRMED)
    if measured:
        figure += (
            f" With another process that keeps a CPU busy it becomes {_times(measured.loaded)} as "
            "fast."
        )
    return verdict, figure


def _costs_communication(evidence: Evidence, program: Program) -> _Decision:
    """Confirmed where workers beyond the CPUs, which have no work of their own to add, make the
    call longer; refuted where it is none the longer."""
    cpus = evidence.cpus or 0
    cases = [case for case in evidence.around_the_cpus(program) if case.number("workers") >= cpus]
    if len(cases) < 2 or not cpus:
        return _not_measured(f"{program.backend} with more workers than usable CPUs")
    fewest, most = cases[0], cases[-1]
    more = most.number("workers") - fewest.number("workers")
    samples_of = evidence.estimates.samples_of
    each = percentiles((samples_of(most) - samples_of(fewest)) / more)
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


def _only_cpu_bound(evidence: Evidence, _: Program) -> _Decision:
    """Refuted where tasks of any kind that wait gain more than WORTHWHILE over serial."""
    told = [
        _decided(
            each.gain,
            WORTHWHILE,
            f"Tasks that wait for {each.waits_for}: {each.fastest} is {_times(each.gain)} as fast "
            "as serial",
            Verdict.REFUTED,
            Verdict.CONFIRMED,
        )
        for each in evidence.operations
    ]
    if not told:
        return _not_measured("family io_bound")
    verdicts = [verdict for verdict, _ in told]
    figure = " ".join(words for _, words in told)
    for verdict in (Verdict.REFUTED, Verdict.UNDECIDED):
        if verdict in verdicts:
            return verdict, figure
    return Verdict.CONFIRMED, figure


def _processes_cost_more(evidence: Evidence, _: Program) -> _Decision:
    """Confirmed where the fastest threads solve the article's problem more than WORTHWHILE times as
    fast as the fastest processes, both made in the call. That they are safer no time can tell."""
    by_mechanism: dict[str, list[Case]] = {"processes": [], "threads": []}
    for backend in {case.backend for case in evidence.cases}:
        mechanism = evidence.estimates.mechanism(backend)
        found = evidence.article(Program("C++", backend, published.KERNEL))
        by_mechanism.get(mechanism, []).extend(c for c in found if c.number("workers") > 1)
    processes, threads = by_mechanism["processes"], by_mechanism["threads"]
    if not (processes and threads):
        return _not_measured("threads and processes at the article's problem")
    ratio = evidence.estimates.speedup_of_best(threads, processes)
    figure = f"The fastest processes take {_times(ratio)} as long as the fastest threads"
    verdict, figure = _decided(ratio, WORTHWHILE, figure)
    return verdict, figure + (
        " That is the half about cost. Safety is not timed: here no two workers write to the same "
        "place, and every backend's counts are exact."
    )


def _best_width(evidence: Evidence, _: Program) -> _Decision:
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


# Whether a claim is about a program, and what decides it.
_DECIDERS: tuple[tuple[bool, _Decider], ...] = (
    (True, _speeds_up),
    (True, _more_than_cores),
    (True, _last_core),
    (True, _costs_communication),
    (False, _only_cpu_bound),
    (False, _processes_cost_more),
    (False, _best_width),
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
    if figure.at_most(bound):
        return below, f"{words}."
    return Verdict.UNDECIDED, f"{words}: these rounds cannot tell."


def _not_measured(what: str) -> _Decision:
    return Verdict.UNDECIDED, f"Not measured: {what}."


def _at(cases: Sequence[Case]) -> str:
    return f", at n = {readable(cases[0].get('n'))}"


def _workers(cases: Sequence[Case]) -> str:
    return ", ".join(case.get("workers") for case in cases)


def _times(ratio: Estimate) -> str:
    return f"{with_interval(ratio)} times"
