"""Rules of thumb that others give, judged by this run: confirmed, refuted, inconclusive or not
measured.

A rule becomes a prediction in the units of the run (`read_as` in its file says which), and is
compared with one figure that the run has with its 95% interval: confirmed where the whole interval
agrees, refuted where all of it disagrees. Cycles become a range of seconds, since no run knows the
clock of its CPUs under load (verdict.clock_range); the interval must lie on one side of all of it.
A rule whose verdict depends on how its workers are started, or on the language, has a row for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from parzen_study.common.errors import UnusableData
from parzen_study.run.case import COLD, PAUSED, WARM
from parzen_study.topics.claims.evidence import Evidence
from parzen_study.topics.grain.model import Line
from parzen_study.topics.rules_of_thumb import breakeven, costs, published, workers
from parzen_study.topics.rules_of_thumb.published import Rule
from parzen_study.topics.rules_of_thumb.verdict import (
    Backend,
    Decider,
    Known,
    Said,
    Verdict,
    clock_range,
)
from parzen_study.topics.zones.model import Zones

_TBB = Backend("tbb", "oneTBB")
_OPENMP = Backend("openmp", "OpenMP")
_POOL = Backend("process_pool", "process_pool")


@dataclass(frozen=True)
class Judged:
    """A row: `variant` says which of several, or is empty."""

    rule: Rule
    variant: str
    said: Said

    @property
    def label(self) -> str:
        return f"{self.rule.text} ({self.variant})" if self.variant else self.rule.text


@dataclass(frozen=True)
class RulesOfThumb:
    """Every rule of the file, in its order; `clock_hz` as in Known, `fastest_cpu` is the one that
    its upper end is of."""

    rows: tuple[Judged, ...]
    clock_hz: tuple[float, float] | None
    fastest_cpu: str


def judge(
    evidence: Evidence,
    zones: Zones | None,
    grain: Sequence[Line],
    rules: published.Rules | None = None,
) -> RulesOfThumb:
    """`rules` are those of the package unless given. Raises UnusableData for a rule that nothing
    judges."""
    rules = rules or published.rules_of_thumb()
    clock = clock_range(evidence.run.clock_mhz, rules.fastest_clock)
    known = Known(evidence, zones, grain, clock)
    rows = tuple(
        Judged(rule, variant, _said(decide, known, rule))
        for rule in rules.rules
        for variant, decide in _deciders(rule).items()
    )
    return RulesOfThumb(rows, clock, rules.fastest_cpu)


def _said(decide: Decider, known: Known, rule: Rule) -> Said:
    """Too few rounds decide nothing."""
    run = known.evidence.run
    if run.too_few:
        return Said(Verdict.INCONCLUSIVE, f"{run.too_few[0].upper()}{run.too_few[1:]}.")
    return decide(known, rule)


def _deciders(rule: Rule) -> Mapping[str, Decider]:
    unit, deciders = _DECIDERS.get(rule.id, ("", {}))
    if not deciders or rule.unit != unit:
        raise UnusableData(
            f"rules of thumb: nothing judges rule {rule.id} with a threshold in "
            f"{rule.unit or 'no unit'}",
            where=f"parzen_study/{published.FILE}",
            found=f"rules that are judged: {', '.join(_DECIDERS)}",
            next_step="add a function to topics/rules_of_thumb/model.py, or correct the file",
        )
    return deciders


# By id of the rule: the unit of its threshold, and what judges it, by variant.
_DECIDERS: Mapping[str, tuple[str, Mapping[str, Decider]]] = {
    "parallel_for_cycles": (
        published.CYCLES,
        {
            "workers ready": partial(breakeven.loop_needs, backend=_TBB, start=WARM),
            "ready, calls with gaps": partial(breakeven.loop_needs, backend=_TBB, start=PAUSED),
            "created in the call": partial(breakeven.loop_needs, backend=_TBB, start=COLD),
        },
    ),
    "chunk_cycles": (published.CYCLES, {"": partial(breakeven.chunk_needs, backend=_TBB)}),
    "openmp_if": ("", {"": partial(breakeven.short_loops_lose, backend=_OPENMP)}),
    "workers_as_cpus": (
        "",
        {
            "threads": partial(workers.best_number, backend=_TBB, beyond=0),
            "processes": partial(workers.best_number, backend=_POOL, beyond=0),
        },
    ),
    "workers_cpus_and_one": (
        "",
        {
            "threads": partial(workers.best_number, backend=_TBB, beyond=1),
            "processes": partial(workers.best_number, backend=_POOL, beyond=1),
        },
    ),
    "processes_for_cpu_bound": (
        "",
        {"Python": costs.processes_in_python, "C++": costs.processes_in_cpp},
    ),
    "chunk_size": (published.TIMES, {"": costs.chunks_are_faster}),
    "half_a_second": (published.SECONDS, {"": costs.batch_is_enough}),
    "fork_and_threads": (published.TIMES, {"": costs.forks_cost_more}),
    "fork_and_memory": ("", {"": costs.memory_slows_forks}),
}
