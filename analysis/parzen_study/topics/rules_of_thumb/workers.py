"""Rules about how many workers are best."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from parzen_study.common.wording import count_of
from parzen_study.run import published
from parzen_study.run.case import COLD, WARM, Case
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.topics.claims.decision import at, times
from parzen_study.topics.claims.evidence import Evidence
from parzen_study.topics.rules_of_thumb.published import Rule
from parzen_study.topics.rules_of_thumb.verdict import (
    Backend,
    Known,
    Said,
    Verdict,
    judged,
    not_measured,
)
from parzen_study.topics.scaling.model import FAMILY as SCALING


def best_number(known: Known, _: Rule, *, backend: Backend, beyond: int) -> Said:
    """Of as many workers as usable CPUs, and `beyond` more: confirmed where no other number
    is more than WORTHWHILE times as fast, refuted where one is."""
    cpus, estimates = known.evidence.cpus, known.evidence.estimates
    if cpus is None:
        return not_measured("the number of usable CPUs is unknown")
    wanted = cpus + beyond
    cases = _with(known.evidence, backend.name, wanted)
    if not cases:
        return not_measured(f"{backend.label} with {count_of(wanted, 'worker')} and with others")
    one = [case for case in cases if case.number("workers") == wanted]
    others = [case for case in cases if case not in one]
    gain = estimates.speedup_of_best(others, one)
    fastest = min(others, key=estimates.seconds).number("workers")
    return judged(
        gain,
        f"The best other number: {count_of(fastest, 'worker')} of {backend.label} "
        f"{'is' if fastest == 1 else 'are'} {times(gain)} as fast as {wanted}, "
        f"{cases[0].start}{at(cases)}.",
        (WORTHWHILE, WORTHWHILE),
        above=Verdict.REFUTED,
        below=Verdict.CONFIRMED,
    )


def _with(evidence: Evidence, backend: str, wanted: int) -> Sequence[Case]:
    """The article's loop at the largest n at which that number and others were measured, where
    creating workers matters least; of ready workers where that n has them."""
    together: dict[tuple[int, bool, str], list[Case]] = defaultdict(list)
    for family in (published.FAMILY, SCALING):
        for case in evidence.find(
            family=family,
            backend=backend,
            kernel=published.KERNEL,
            decomposition=published.DECOMPOSITION,
        ):
            if case.start in {COLD, WARM}:
                together[case.number("n"), case.start == WARM, family].append(case)
    found = [
        (key, cases)
        for key, cases in together.items()
        if wanted in (numbers := {case.number("workers") for case in cases}) and len(numbers) > 1
    ]
    return max(found, key=lambda each: each[0])[1] if found else ()
