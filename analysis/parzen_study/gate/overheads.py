"""The overheads of the mechanisms on two machines, side by side: METG(50%), calls, break-even.

Times of two machines are not compared; these figures are shown next to each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from parzen_study.quality import rejections
from parzen_study.run import sysinfo
from parzen_study.run.run import Run
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.grain import model as grain
from parzen_study.topics.sizes import model as sizes

NOT_MEASURED: Final = "not measured"
_FAMILIES: Final = frozenset({"grain", "sweep"})


@dataclass(frozen=True)
class Overheads:
    """A figure for every backend and start that has it on either machine: label, here, there."""

    title: str
    rows: Sequence[tuple[str, str, str]]


def overheads(latest: Run, baseline: Run) -> list[Overheads]:
    """By figure; none that neither run has."""
    here, there = _figures(latest), _figures(baseline)
    return [
        Overheads(
            title,
            [
                (label, _of(here, title, label), _of(there, title, label))
                for label in dict.fromkeys([*here.get(title, ()), *there.get(title, ())])
            ],
        )
        for title in dict.fromkeys([*here, *there])
    ]


def _of(figures: Mapping[str, Mapping[str, str]], title: str, label: str) -> str:
    return figures.get(title, {}).get(label, NOT_MEASURED)


def _figures(run: Run) -> dict[str, dict[str, str]]:
    """By title and label, in words with their intervals."""
    alone = _of_families(run)
    if not alone.cases:
        return {}
    estimates = Estimates(alone)
    reasons = rejections.rejected_cases(alone, estimates)
    found: dict[str, dict[str, str]] = {}
    for line in grain.lines(estimates, reasons, sysinfo.usable_cpus(run)):
        for title, text in (
            ("METG(50%)", line.metg_in_words),
            ("Overhead of a call that creates its workers", line.call_cost_in_words),
        ):
            if text:
                found.setdefault(title, {})[line.label] = text
    for sweep in sizes.sweeps(alone, estimates, reasons):
        for each in sweep.lines:
            if each.break_even:
                title = f"Break-even, serial time: {sweep.label}".rstrip(": ")
                label = f"{each.label}, {each.workers}"
                found.setdefault(title, {})[label] = each.break_even.in_words
    return found


def _of_families(run: Run) -> Run:
    """Only these families, for speed."""
    cases = tuple(case for case in run.cases if case.family in _FAMILIES)
    names = {case.name for case in cases}
    rows = tuple(row for row in run.rows if row["case"] in names)
    return replace(run, cases=cases, rows=rows)
