"""The answer in words, generated from the data: processes, threads or neither, and how many?

The rule, the same for every run: the fastest case counts, but only a clear gain does. A gain is
clear where the interval of the ratio lies wholly above WORTHWHILE. Parallel work is advised where
it clearly gains over the best serial; the fewest workers over which more do not clearly gain are
enough; two mechanisms of which neither clearly gains over the other are both named. The factor is
also what keeps the luck of the fastest of many cases from deciding.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from parzen_study import published
from parzen_study.case import COLD
from parzen_study.estimates import Estimates, Measured
from parzen_study.phrasing import count_of, time_with_interval, with_interval
from parzen_study.stats import Estimate

WORTHWHILE = 1.05


@dataclass(frozen=True)
class Answer:
    """What to use at one n, when workers start as told. `advice` is the verdict in a few words."""

    n: int
    start: str
    advice: str
    mechanisms: tuple[str, ...]
    workers: int
    sentence: str


def answers(estimates: Estimates, refused: Collection[str]) -> list[Answer]:
    """One answer an n and start, for the article's family; none where the data allow none."""
    usable = [
        each
        for name, each in estimates.measured.items()
        if each.case.family == published.FAMILY and name not in refused and each.case.get("n")
    ]
    found = []
    for problem in sorted({each.case.problem for each in usable}):
        same = [each for each in usable if each.case.problem == problem]
        parallel = [each for each in same if _mechanism(estimates, each) != "neither"]
        for start in sorted({each.case.get("start") for each in parallel}):
            started = [each for each in parallel if each.case.get("start") == start]
            found.append(_answer(estimates, started, start))
    return sorted(
        (answer for answer in found if answer), key=lambda a: (a.start != COLD, a.start, a.n)
    )


def _answer(estimates: Estimates, parallel: list[Measured], start: str) -> Answer | None:
    serial_case = estimates.serial_of(parallel[0].case)
    if serial_case is None or not estimates.has_intervals:
        return None
    serial = estimates.measured[serial_case.name]
    chosen = {
        kind: _fewest_workers(estimates, [e for e in parallel if _mechanism(estimates, e) == kind])
        for kind in sorted({_mechanism(estimates, each) for each in parallel})
    }
    fastest = min(chosen.values(), key=lambda each: each.time.value)
    speedup = estimates.speedup_between(fastest.case, serial_case)
    n = fastest.case.number("n")
    if not speedup.wholly_above(WORTHWHILE):
        sentence = (
            f"Serial takes {time_with_interval(serial.time)}; the best parallel case, "
            f"{_named(fastest)}, runs at {_times(speedup)} its speed, "
            f"which is {_shortfall(speedup)}."
        )
        return Answer(n, start, "neither: stay serial", ("neither",), 1, sentence)
    sentence = (
        f"Fastest is {_named(fastest)}: {time_with_interval(fastest.time)}, "
        f"{_times(speedup)} the speed of serial."
    )
    enough = {_mechanism(estimates, fastest): fastest.workers}
    for kind, rival in chosen.items():
        if rival is fastest:
            continue
        lead = estimates.speedup_between(fastest.case, rival.case)
        if lead.wholly_above(WORTHWHILE):
            against = estimates.speedup_between(rival.case, serial_case)
            sentence += (
                f" With {kind} the best is {_named(rival)}: {_times(against)} the speed of serial."
            )
        else:
            enough[kind] = rival.workers
            sentence += (
                f" With {kind}, {_named(rival)} takes {_times(lead)} as long, which is "
                f"{_small_lead(lead)}."
            )
    return Answer(n, start, _advice(enough), tuple(enough), fastest.workers, sentence)


def _advice(enough: dict[str, int]) -> str:
    """`threads: 2 workers`, `processes or threads: 2 workers`, `threads: 2 workers, or ...`."""
    if len(set(enough.values())) == 1:
        return f"{' or '.join(enough)}: {count_of(next(iter(enough.values())), 'worker')}"
    return ", or ".join(f"{kind}: {count_of(n, 'worker')}" for kind, n in enough.items())


def _small_lead(lead: Estimate) -> str:
    if lead.wholly_above(1.0):
        return f"not clearly {WORTHWHILE - 1.0:.0%} more"
    return "no difference that these rounds can tell"


def _mechanism(estimates: Estimates, each: Measured) -> str:
    return estimates.mechanism(each.case.backend)


def _fewest_workers(estimates: Estimates, cases: list[Measured]) -> Measured:
    """Of the backend with the fastest case, the fewest workers that are not clearly slower."""
    fastest = min(cases, key=lambda each: each.time.value)
    enough = [
        each
        for each in cases
        if each.case.line == fastest.case.line
        and not estimates.speedup_between(fastest.case, each.case).wholly_above(WORTHWHILE)
    ]
    return min(enough, key=lambda each: each.workers)


def _shortfall(speedup: Estimate) -> str:
    if speedup.wholly_below(1.0):
        return "slower"
    if speedup.wholly_above(1.0):
        return f"a gain, but not clearly one of {WORTHWHILE - 1.0:.0%}, so not worth the mechanism"
    return "no difference that these rounds can tell"


def _named(each: Measured) -> str:
    return f"{each.case.backend} with {count_of(each.workers, 'worker')}"


def _times(ratio: Estimate) -> str:
    return f"{with_interval(ratio)} times"
