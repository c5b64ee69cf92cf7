"""The verdict of a comparison, and the content of verdict.json.

The order is regressed, invalid, inconclusive, pass: wrong counts are wrong on any machine, and a
pass needs both counts and times. A time alone is never a regression: outside of its prediction it
is a warning, the verdict is inconclusive, and `make gate` decides.
"""

from __future__ import annotations

from typing import Any

from parzen_study.common.wording import count_of
from parzen_study.gate.compare import Comparison, Outcome
from parzen_study.gate.stored_times import Moved
from parzen_study.gate.verdict import Judgement, Verdict
from parzen_study.run.enough_rounds import VERDICT_ROUNDS
from parzen_study.run.fingerprint import fingerprint
from parzen_study.run.run import UNKNOWN, Run
from parzen_study.stats.prediction import LEAST_RUNS

_FAILS = frozenset({Outcome.WRONG_COUNTS, Outcome.ERROR, Outcome.MISSING})
# In a pass, at most one case in so many may have no verdict on its time.
_ONE_UNJUDGED_IN = 5


def judge(comparison: Comparison) -> Judgement:
    """The verdict of a comparison."""
    if reason := _regressed(comparison):
        return Judgement(Verdict.REGRESSED, reason)
    if reason := _invalid(comparison):
        return Judgement(Verdict.INVALID, reason)
    if reason := _inconclusive(comparison):
        return Judgement(Verdict.INCONCLUSIVE, reason)
    cases, unjudged = len(comparison.rows), sum(_unjudged(comparison).values())
    skipped = f", {unjudged} not judged" if unjudged else ""
    return Judgement(
        Verdict.PASS, f"counts equal, times as predicted ({count_of(cases, 'case')}{skipped})"
    )


def details(comparison: Comparison) -> dict[str, Any]:
    """The rest of verdict.json."""
    return {
        "times_judged": _times_judged(comparison),
        "stored_runs": comparison.alike,
        "stored_runs_needed": LEAST_RUNS,
        "units": [unit.as_json() for unit in comparison.units],
        "cases": {outcome.value: number for outcome, number in comparison.counts().items()},
        "latest": _identity(comparison.latest),
        "baseline": comparison.baseline and _identity(comparison.baseline),
    }


# Where one of the two runs is unusable.
NO_DETAILS: dict[str, Any] = {
    "times_judged": False,
    "stored_runs": 0,
    "stored_runs_needed": LEAST_RUNS,
    "units": [],
    "cases": {},
    "latest": None,
    "baseline": None,
}


def _identity(run: Run) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint(run),
        "profile": run.profile,
        "rounds": run.rounds,
        "revision": run.machine.get("revision") or UNKNOWN,
        "revision_dirty": run.machine.get("revision_dirty") or UNKNOWN,
    }


def _times_judged(comparison: Comparison) -> bool:
    return not comparison.obstacle and comparison.times == "strict"


def _regressed(comparison: Comparison) -> str:
    if comparison.fault:
        return "wrong counts of the article's own problem"
    failing = {each: number for each, number in comparison.counts().items() if each in _FAILS}
    if not failing:
        return ""
    named = ", ".join(f"{number} {each}" for each, number in failing.items())
    return f"{_share(sum(failing.values()), comparison)}: {named}"


def _invalid(comparison: Comparison) -> str:
    latest = comparison.latest
    if _count_lost(comparison, latest):
        return f"{_lost_rounds(latest)} rejected; measure again"
    implausible = comparison.count(Outcome.IMPLAUSIBLE)
    if implausible and comparison.times == "strict":
        return f"{_share(implausible, comparison)} with impossible times; measure again"
    return ""


def _count_lost(comparison: Comparison, run: Run) -> bool:
    """Whether rejected rounds make a comparison invalid. Disturbed ones matter only where times
    are judged."""
    strict = comparison.times == "strict"
    return any(strict or not each.transient for each in run.rejected_rounds)


def _lost_rounds(run: Run) -> str:
    lost = len(run.rejected_rounds)
    return f"{lost} of {count_of(run.rounds + lost, 'round')}"


def _inconclusive(comparison: Comparison) -> str:
    if comparison.obstacle:
        return f"no times judged: {comparison.obstacle}"
    if comparison.times == "advisory":
        moved = len(comparison.moved)
        found = count_of(moved, "unit") if moved else "no unit"
        return f"no times judged: they are advisory ({found} moved)"
    if not comparison.rows:
        return "no case with counts to compare"
    if comparison.moved:
        named = ", ".join(
            f"{number} {moved}"
            for moved in Moved
            if (number := sum(unit.moved == moved for unit in comparison.moved))
        )
        return f"warning: of {count_of(len(comparison.units), 'unit')} {named}; 'make gate'"
    unjudged = _unjudged(comparison)
    number = sum(unjudged.values())
    if number * _ONE_UNJUDGED_IN > len(comparison.rows) + comparison.filtered:
        reason = max(unjudged, key=unjudged.__getitem__)
        return f"{_share(number, comparison)} not judged: {reason}"
    if not comparison.units:
        return "no unit has cases that enough stored runs have"
    return ""


def _unjudged(comparison: Comparison) -> dict[str, int]:
    """How many cases have no verdict on their time, by the reason, with what to do."""
    return {
        f"under {VERDICT_ROUNDS} rounds; 'make bench'": comparison.count(Outcome.TOO_FEW_ROUNDS),
        "unusable baseline": comparison.count(Outcome.UNUSABLE_BASELINE),
        "new; 'make baseline'": comparison.count(Outcome.NEW),
        "skipped by --filter": comparison.filtered,
    }


def _share(number: int, comparison: Comparison) -> str:
    """`2 of 314 cases`."""
    return f"{number:,} of {count_of(len(comparison.rows) + comparison.filtered, 'case')}"
