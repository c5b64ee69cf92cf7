"""The answer in words, generated from the data: processes, threads or neither, and how many?

One answer per problem and kernel (and decomposition). What another kernel gains is not a gain of a
mechanism: it is reported next to the answers.

The rule is the same for every run. The fastest case (lowest median) with several workers represents
its mechanism. Parallel work is advised where the whole 95% CI of its speedup is above WORTHWHILE,
serial where the whole CI is at most that; otherwise the answer is inconclusive. Fewer workers are
enough where they take at most WORTHWHILE times as long and still gain over serial.

Of two mechanisms, one is ahead where the whole CI of the ratio is above 1 and not all of it within
WORTHWHILE. Where all of it is within, there is no difference. Otherwise the comparison is
inconclusive, and both are advised. CIs are corrected for picking the fastest of several
(`speedup_of_best`): a noisy case can make an answer inconclusive, but not reverse it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from parzen_study.common.wording import count_of, cpu_time_in_words
from parzen_study.run import published, sysinfo
from parzen_study.run.case import COLD, SERIAL, WARM
from parzen_study.run.problems import labels, variant_labels, variant_of
from parzen_study.run.run import MECHANISMS, NEITHER, Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates, Measured
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.stats.worthwhile import WORTHWHILE, is_ahead

UNDECIDED = "inconclusive"
MOST_ROUNDS = "full"  # the profile
_STARTED = {
    COLD: "The article's problem, workers created in every call, as in 2014 (cold)",
    WARM: "The article's problem, workers ready (warm)",
}


@dataclass(frozen=True)
class Answer:
    """What to use for one problem, by the start of workers; `advice` is it in a few words.

    `label` names the problem. Where that is inconclusive, there are no mechanisms and 0 workers.
    `sentences` are the evidence: one mechanism each, the fastest first.
    """

    label: str
    start: str
    advice: str
    mechanisms: tuple[str, ...]
    workers: int
    sentences: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return " ".join(self.sentences)


@dataclass(frozen=True)
class Answers:
    """`nothing` is the reason for no answer, `not_measured` what was not measured, by start.
    `loops` has a label and a sentence per problem: another kernel in one thread compared with the
    article's in parallel. `picked` is the largest Estimates.picking_bias of the fastest cases."""

    found: tuple[Answer, ...]
    nothing: str = ""
    not_measured: tuple[tuple[str, str], ...] = ()
    loops: tuple[tuple[str, str], ...] = ()
    picked: float = 0.0


def started(start: str) -> str:
    """The heading of a start."""
    return _STARTED.get(start, f"The article's problem, workers started: {start or 'unknown'}")


def answers(estimates: Estimates, rejected: Collection[str], run: Run) -> Answers:
    """One answer per problem, kernel and start, for the article's family."""
    if run.too_few:
        return Answers((), f"No advice: {run.too_few}. Measure again with 'make bench'.")
    usable = [
        each
        for name, each in estimates.measured.items()
        if each.case.family == published.FAMILY
        and name not in rejected
        and each.case.counts_samples
        # The answer is for C++.
        and not run.is_of_peer(each.case)
    ]
    label_of = variant_labels(each.case for each in usable)
    parallel = [each for each in usable if _is_parallel(estimates, each)]
    starts = sorted({each.case.get("start") for each in parallel}, key=lambda s: (s != COLD, s))
    found = []
    not_measured = []
    picked = []
    for start in starts:
        for variant, label in label_of.items():
            same = [each for each in parallel if variant_of(each.case) == variant]
            own = [each for each in same if each.case.get("start") == start]
            answer = _answer(estimates, own, run, start, label) if own else None
            if answer:
                found.append(answer)
                picked.append(estimates.picking_bias([each.case for each in own]))
            elif same and not own:
                not_measured.append((start, f"{label}: not measured {start or 'so'}"))
    if found:
        return Answers(
            tuple(found),
            not_measured=tuple(not_measured),
            loops=_loops(estimates, usable),
            picked=max((bias for bias in picked if not math.isnan(bias)), default=0.0),
        )
    return Answers(
        (),
        "No answer: the run has no serial case next to a parallel one of known mechanism, or too "
        "many cases were rejected. Measure again with 'make bench'.",
    )


def _loops(estimates: Estimates, usable: list[Measured]) -> tuple[tuple[str, str], ...]:
    """The gain of a kernel in one thread over the article's kernel in parallel."""
    label_of = labels(each.case for each in usable)
    gains = []
    for problem, label in label_of.items():
        same = [each for each in usable if each.case.problem == problem]
        parallel = [
            each
            for each in same
            if each.case.get("kernel") == published.KERNEL and _is_parallel(estimates, each)
        ]
        serial: dict[str, list[Measured]] = {}
        for each in same:
            if each.case.backend == SERIAL and each.case.get("kernel") not in {
                "",
                published.KERNEL,
            }:
                serial.setdefault(each.case.get("kernel"), []).append(each)
        for kernel, own in sorted(serial.items()) if parallel else ():
            gain = estimates.speedup_of_best(
                [each.case for each in own], [each.case for each in parallel]
            )
            gains.append((label, _loop_in_words(kernel, gain)))
    return tuple(gains)


def _loop_in_words(kernel: str, gain: Estimate) -> str:
    loop = f"Improve the loop first: kernel {kernel} in one thread is"
    fastest = f"the fastest parallel case of {published.KERNEL}"
    if gain.entirely_above(1.0):
        return f"{loop} {_times(gain)} as fast as {fastest}."
    loop = f"Kernel {kernel} in one thread is"
    if gain.entirely_below(1.0):
        return f"{loop} slower: {fastest} is {_times(gain.inverse())} as fast."
    return f"{loop} {_times(gain)} as fast as {fastest}: inconclusive."


def _answer(
    estimates: Estimates, parallel: list[Measured], run: Run, start: str, label: str
) -> Answer | None:
    serial_case = estimates.serial_of(parallel[0].case)
    if serial_case is None:
        return None
    serial = estimates.measured[serial_case.name]
    by_kind = {
        kind: [each for each in parallel if _kind(estimates, each) == kind]
        for kind in sorted({_kind(estimates, each) for each in parallel})
    }
    chosen = {kind: _fastest(cases) for kind, cases in by_kind.items()}
    fastest = _fastest(list(chosen.values()))
    cases = {kind: [each.case for each in own] for kind, own in by_kind.items()}
    gains = {kind: estimates.speedup_of_best(own, [serial_case]) for kind, own in cases.items()}
    speedup = estimates.speedup_of_best([each.case for each in parallel], [serial_case])
    cost = cpu_time_in_words(estimates.cpu_time_between(fastest.case, serial_case))
    if not speedup.entirely_above(WORTHWHILE):
        said = (
            f"Serial takes {time_with_interval(serial.time)}.",
            f"The fastest parallel case is {_named(fastest)}: speedup {with_interval(speedup)}"
            f"{cost}. That is {_shortfall(speedup)}.",
        )
        if speedup.at_most(WORTHWHILE):
            return Answer(label, start, "neither: stay serial", (NEITHER,), 1, said)
        return Answer(label, start, UNDECIDED, (), 0, (*said, _what_to_do(run, serial, fastest)))
    own_kind = _kind(estimates, fastest)
    enough = {own_kind: _enough(estimates, by_kind[own_kind], fastest)}
    sentences = [
        f"Fastest is {_named(fastest)}: {time_with_interval(fastest.time)}, "
        f"speedup {with_interval(speedup)}{cost}."
        + _enough_in_words(estimates, enough[own_kind], fastest)
    ]
    for kind, rival in chosen.items():
        if rival is fastest:
            continue
        lead = estimates.speedup_of_best(cases[own_kind], cases[kind])
        cost = cpu_time_in_words(estimates.cpu_time_between(rival.case, serial_case))
        said_of_it = (
            f"The fastest {kind} are {_named(rival)}: speedup {with_interval(gains[kind])}{cost}. "
            f"They take {_times(lead)} as long: {_lead_in_words(own_kind, lead)}."
        )
        if is_ahead(lead):
            pass
        elif gains[kind].entirely_above(WORTHWHILE):
            enough[kind] = _enough(estimates, by_kind[kind], rival)
            said_of_it += _enough_in_words(estimates, enough[kind], rival)
        else:
            said_of_it += f" Compared with serial that is {_shortfall(gains[kind])}."
        sentences.append(said_of_it)
    return Answer(
        label,
        start,
        _advice(enough) + _unmeasured(parallel, enough.values(), sysinfo.usable_cpus(run)),
        tuple(enough),
        enough[own_kind].workers,
        tuple(sentences),
    )


def _lead_in_words(kind: str, lead: Estimate) -> str:
    if is_ahead(lead):
        return f"{kind} are ahead"
    if lead.at_most(WORTHWHILE):
        return f"no difference above {WORTHWHILE - 1.0:.0%}"
    return UNDECIDED


def _what_to_do(run: Run, serial: Measured, fastest: Measured) -> str:
    if run.profile != MOST_ROUNDS or run.interrupted:
        return f"More rounds may decide it: make bench PROFILE={MOST_ROUNDS}."
    noisiest = max(serial, fastest, key=lambda each: each.time.high / each.time.low)
    name = "serial" if noisiest is serial else _named(noisiest)
    return (
        f"The noisiest time is that of {name}: {time_with_interval(noisiest.time)}. Measure on a "
        "quieter machine, or treat the difference as too small to matter."
    )


def _advice(enough: Mapping[str, Measured]) -> str:
    """`threads (tbb): 2 workers`, `processes (fork_pipe) or threads (tbb): 2 workers`, `threads
    (tbb): 2 workers, or ...`."""
    named = {kind: f"{kind} ({each.case.backend})" for kind, each in enough.items()}
    workers = {kind: count_of(each.workers, "worker") for kind, each in enough.items()}
    if len(set(workers.values())) == 1:
        return (
            f"{' or '.join(named[kind] for kind in sorted(enough))}: {next(iter(workers.values()))}"
        )
    return ", or ".join(f"{named[kind]}: {workers[kind]}" for kind in enough)


def _unmeasured(parallel: Iterable[Measured], enough: Iterable[Measured], cpus: int | None) -> str:
    """`, the most measured on 64 CPUs`: more might be faster, where there are CPUs for them."""
    most = max(each.workers for each in parallel)
    if cpus is None or cpus <= most or most not in {each.workers for each in enough}:
        return ""
    return f", the most measured on {count_of(cpus, 'CPU')}"


def _shortfall(speedup: Estimate) -> str:
    if speedup.entirely_below(1.0):
        return "slower"
    if speedup.at_most(WORTHWHILE):
        return f"a gain of at most {WORTHWHILE - 1.0:.0%}, so not worth the mechanism"
    if speedup.entirely_above(1.0):
        return f"a gain; whether it exceeds {WORTHWHILE - 1.0:.0%} is {UNDECIDED}"
    return UNDECIDED


def _kind(estimates: Estimates, each: Measured) -> str:
    return NEITHER if each.case.backend == SERIAL else estimates.mechanism(each.case.backend)


def _is_parallel(estimates: Estimates, each: Measured) -> bool:
    return each.workers > 1 and _kind(estimates, each) in MECHANISMS - {NEITHER}


def _fastest(cases: list[Measured]) -> Measured:
    return min(cases, key=lambda each: each.time.value)


def _speedup(each: Measured) -> Estimate:
    """Against serial of the same kernel, which `_answer` has checked."""
    assert each.speedup
    return each.speedup


def _enough(estimates: Estimates, cases: list[Measured], fastest: Measured) -> Measured:
    """The case of one mechanism with the fewest workers that is as good as its fastest."""

    def is_enough(each: Measured) -> bool:
        cost = estimates.speedup_between(fastest.case, each.case)
        return (
            each.workers < fastest.workers
            and cost.value <= WORTHWHILE
            and _speedup(each).entirely_above(WORTHWHILE)
        )

    return min(
        filter(is_enough, cases), key=lambda each: (each.workers, each.time.value), default=fastest
    )


def _enough_in_words(estimates: Estimates, enough: Measured, fastest: Measured) -> str:
    if enough is fastest:
        return ""
    cost = estimates.speedup_between(fastest.case, enough.case)
    are = "are enough" if cost.at_most(WORTHWHILE) else "may be enough"
    return (
        f" {count_of(enough.workers, 'worker')} {are}: {_named(enough)} takes "
        f"{_times(cost)} as long."
    )


def _named(each: Measured) -> str:
    return f"{each.case.backend} with {count_of(each.workers, 'worker')}"


def _times(ratio: Estimate) -> str:
    return f"{with_interval(ratio)} times"
