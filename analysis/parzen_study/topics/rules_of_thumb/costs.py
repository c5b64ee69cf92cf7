"""Rules about what processes cost, and what they gain."""

from __future__ import annotations

from parzen_study.common.wording import seconds, significant
from parzen_study.run.case import Case
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.wording import time_with_interval
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.claims.decision import at, times
from parzen_study.topics.claims.evidence import PYTHON, Evidence
from parzen_study.topics.dispatch.model import FAMILY
from parzen_study.topics.rules_of_thumb.breakeven import one_cpu
from parzen_study.topics.rules_of_thumb.published import Rule
from parzen_study.topics.rules_of_thumb.verdict import Known, Said, Verdict, judged, not_measured

_POOL, _EXECUTOR, _LOKY = "multiprocessing_Pool", "ProcessPoolExecutor", "loky"


def processes_in_python(known: Known, _: Rule) -> Said:
    """Confirmed where several processes beat serial by more than WORTHWHILE, both of the article's
    program in Python."""
    if one := one_cpu(known):
        return one
    cases = known.evidence.article(PYTHON)
    gain = known.evidence.gain(cases)
    if gain is None:
        return not_measured("the article's program in Python, with serial (make peers)")
    words = (
        f"The best of {PYTHON.backend} is {times(gain)} as fast as serial{at(cases)}. "
        "Threads of Python are not measured."
    )
    return _more(gain, words, WORTHWHILE)


def processes_in_cpp(known: Known, _: Rule) -> Said:
    """Confirmed where the fastest processes beat the fastest threads by more than WORTHWHILE, at
    the largest n of the article's loop, refuted where they do not."""
    if one := one_cpu(known):
        return one
    processes, threads = (
        known.evidence.article_by(kind, largest=True) for kind in ("processes", "threads")
    )
    largest = min(max((c.number("n") for c in some), default=0) for some in (processes, threads))
    processes, threads = (
        [case for case in some if case.number("n") == largest] for some in (processes, threads)
    )
    if not (processes and threads):
        return not_measured("processes and threads at the article's problem")
    gain = known.evidence.estimates.speedup_of_best(processes, threads)
    words = f"The best processes are {times(gain)} as fast as the best threads{at(processes)}."
    return _more(gain, words, WORTHWHILE)


def chunks_are_faster(known: Known, rule: Rule) -> Said:
    """Of 100 empty tasks: a pool that sends chunks against one that sends single tasks, each
    relative to a single task of its own, so that not the pools are compared but the sending."""
    evidence = known.evidence
    for single in evidence.find(family=FAMILY, backend=_EXECUTOR, operation="map"):
        same = {"tasks": single.get("tasks"), "workers": single.get("workers")}
        chunks = evidence.find(family=FAMILY, backend=_POOL, operation="map", **same)
        own, other = (
            evidence.find(family=FAMILY, backend=each, operation="apply", workers=same["workers"])
            for each in (_EXECUTOR, _POOL)
        )
        if chunks and own and other and single.number("workers") > 1:
            gain = evidence.estimates.ratio_of_speedups((own[0], single), (other[0], chunks[0]))
            words = (
                f"{single.get('tasks')} empty tasks, one by one ({_EXECUTOR}), take {times(gain)} "
                f"as long as in chunks ({_POOL}). Each is relative to one task of its own."
            )
            return _more(gain, words, rule.threshold)
    return not_measured("tasks in chunks and one by one (make peers)")


def batch_is_enough(known: Known, rule: Rule) -> Said:
    """Confirmed where a task to a process and back takes no more of a batch than WORTHWHILE - 1."""
    asked = known.evidence.find(family=FAMILY, backend=_LOKY, operation="apply")
    if not asked:
        return not_measured(f"{_LOKY}, the pool of joblib (make peers)")
    time = known.evidence.estimates.measured[asked[-1].name].time
    share = WORTHWHILE - 1.0
    most = share * rule.threshold
    words = (
        f"A batch to {_LOKY} and back costs {time_with_interval(time)}. That is {share:.0%} of "
        f"{seconds(time.value / share)}."
    )
    return judged(time, words, (most, most), above=Verdict.REFUTED, below=Verdict.CONFIRMED)


def forks_cost_more(known: Known, rule: Rule) -> Said:
    """A bare forked child against a thread that is created for a task, both waited for."""
    forks, threads = (
        _forks(known.evidence),
        known.evidence.find(family=FAMILY, backend="std_thread", operation="apply", workers=1),
    )
    if not (forks and threads):
        return not_measured("a fork and a thread with no work in them")
    fork, thread = forks[0], threads[0]
    children = fork.number("workers") or 1
    ratio = known.evidence.estimates.speedup_between(thread, fork).scaled(1.0 / children)
    each = known.evidence.estimates.measured[thread.name].time
    words = (
        f"A forked child takes {times(ratio)} as long as a thread, which takes "
        f"{seconds(each.value)}."
    )
    return _more(ratio, words, rule.threshold)


def memory_slows_forks(known: Known, _: Rule) -> Said:
    """The same fork in a program that holds little and one that holds much."""
    forks = _forks(known.evidence)
    if len(forks) < 2:
        return not_measured("a fork of a program that holds much memory")
    little, much = forks[0], forks[-1]
    ratio = known.evidence.estimates.speedup_between(little, much)
    more = (_resident(much) - _resident(little)) / 1e9
    words = (
        f"With {significant(more, 2)} GB more in private memory a fork takes {times(ratio)} as "
        "long."
    )
    return _more(ratio, words, WORTHWHILE)


def _forks(evidence: Evidence) -> list[Case]:
    """By the memory that the program holds."""
    found = evidence.find(family=FAMILY, backend="fork", operation="fork")
    return sorted((case for case in found if case.get("resident").isdecimal()), key=_resident)


def _resident(case: Case) -> int:
    return case.number("resident")


def _more(ratio: Estimate, words: str, bound: float) -> Said:
    return judged(ratio, words, (bound, bound), above=Verdict.CONFIRMED, below=Verdict.REFUTED)
