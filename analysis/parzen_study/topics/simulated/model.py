"""How a simulated cluster scales, and a model that predicts it from few nodes.

    time(p) = n / (p r) + s log2(p)      p nodes, n samples, r samples per second per node

Recursive doubling merges the counts in log2(p) steps (Thakur, Rabenseifner and Gropp, "Optimization
of collective communication operations in MPICH", IJHPCA 19(1), 2005). s, the seconds of a step, is
fitted to 2 to FITTED nodes by least squares. The calls on more nodes test the prediction.

A cluster pays where time(p) is below that of one node, t: so from t = c p / (p - 1) on, c being the
simulated seconds of the merge. No rate is in that. All other figures have the ends that the rate's
95% CI gives.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from parzen_study.common.errors import UnusableData
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.simulated.rate import Rate, rate_of
from parzen_study.topics.simulated.stored import STRONG, WEAK, Call, Platform, Stored, load

FITTED = 32
MOST_ERROR = 0.15
# Of two rates that are the same: the file has whole numbers of samples.
_SAME = 1e-6


@dataclass(frozen=True)
class Point:
    """`efficiency`: 1 if p nodes take a p-th of one node's time (strong), or the same (weak)."""

    nodes: int
    seconds: Estimate
    efficiency: Estimate

    @property
    def node_seconds(self) -> Estimate:
        """What a cluster is paid by."""
        return self.seconds.scaled(self.nodes)


@dataclass(frozen=True)
class Line:
    """By rising number of nodes, from 1. `n` is of all nodes (strong) or of each (weak)."""

    scaling: str
    n: int
    points: tuple[Point, ...]

    @property
    def last(self) -> Point:
        """On the most nodes."""
        return self.points[-1]


@dataclass(frozen=True)
class Prediction:
    """`step` in seconds. `error` is the largest relative error of a time on more than FITTED nodes,
    which is on `nodes`; `merge_error` that of the merge alone."""

    step: float
    error: float
    nodes: int
    merge_error: float


@dataclass(frozen=True)
class Cluster:
    """A platform: its lines, by scaling; `pays_from` is the time in seconds of one node from which
    so many nodes are faster."""

    platform: Platform
    lines: dict[str, Line]
    pays_from: dict[int, float]
    prediction: Prediction | None


@dataclass(frozen=True)
class Simulated:
    """`stale` is why there is nothing to show, or empty."""

    simulator: str
    settings: tuple[str, ...]
    rate: Rate
    clusters: tuple[Cluster, ...]
    stale: str = ""


def simulated(folder: Path, estimates: Estimates, left_out: Collection[str]) -> Simulated | None:
    """Of a run's folder; None where nothing was simulated. Raises UnusableData for a wrong file."""
    stored = load(folder)
    if stored is None:
        return None
    return Simulated(
        stored.simulator, stored.settings, stored.rate, clusters(stored),
        stale=_stale(stored.rate, estimates, left_out),
    )  # fmt: skip


def clusters(stored: Stored) -> tuple[Cluster, ...]:
    """In the order of the platforms; one without a call on one node has no efficiency and is left
    out."""
    by_platform: dict[str, list[Call]] = defaultdict(list)
    for call in stored.calls:
        by_platform[call.platform].append(call)
    found = (
        _cluster(each, by_platform[each.name], stored.rate.samples) for each in stored.platforms
    )
    return tuple(each for each in found if each.lines)


def merge_seconds(call: Call, rate: Estimate) -> float:
    """What a call takes beyond the blocks of its slowest rank."""
    return call.seconds.value - math.ceil(call.n / call.nodes) / rate.value


def _cluster(platform: Platform, calls: Sequence[Call], rate: Estimate) -> Cluster:
    lines = {each: _line(each, calls) for each in (STRONG, WEAK)}
    pays_from = {
        call.nodes: merge_seconds(call, rate) * call.nodes / (call.nodes - 1)
        for call in sorted(calls, key=lambda each: each.nodes)
        if call.nodes > 1 and call.scaling == STRONG
    }
    found = {scaling: line for scaling, line in lines.items() if line}
    return Cluster(platform, found, pays_from, _prediction(calls, rate))


def _line(scaling: str, calls: Sequence[Call]) -> Line | None:
    ordered = sorted((each for each in calls if each.scaling == scaling), key=lambda c: c.nodes)
    if not ordered or ordered[0].nodes != 1:
        return None
    one = ordered[0]
    points = (Point(each.nodes, each.seconds, _efficiency(one, each)) for each in ordered)
    return Line(scaling, one.n, tuple(points))


def _efficiency(one: Call, call: Call) -> Estimate:
    """Both calls have the same rate at each end, and a slower one hides more of the merge."""
    share = call.nodes if call.scaling == STRONG else 1
    ends = [
        a / (share * b)
        for a, b in (
            (one.seconds.value, call.seconds.value),
            (one.seconds.low, call.seconds.low),
            (one.seconds.high, call.seconds.high),
        )
    ]
    return Estimate(ends[0], min(ends), max(ends))


def _prediction(calls: Sequence[Call], rate: Estimate) -> Prediction | None:
    """None without calls to fit or to predict."""
    few = [call for call in calls if 1 < call.nodes <= FITTED]
    many = [call for call in calls if call.nodes > FITTED]
    if not few or not many:
        return None
    steps = [math.log2(call.nodes) for call in few]
    merges = [merge_seconds(call, rate) for call in few]
    step = sum(a * b for a, b in zip(steps, merges, strict=True)) / sum(a * a for a in steps)
    wrong = {call: abs(step * math.log2(call.nodes) - merge_seconds(call, rate)) for call in many}
    worst = max(many, key=lambda call: wrong[call] / call.seconds.value)
    return Prediction(
        step=step,
        error=wrong[worst] / worst.seconds.value,
        nodes=worst.nodes,
        merge_error=max(wrong[call] / merge_seconds(call, rate) for call in many),
    )


def _stale(used: Rate, estimates: Estimates, left_out: Collection[str]) -> str:
    try:
        found = rate_of(estimates, left_out).samples
    except UnusableData:
        return "this run has no rate of serial that a node could have"
    ends = ((used.samples.value, found.value), (used.samples.low, found.low),
            (used.samples.high, found.high))  # fmt: skip
    if all(math.isclose(a, b, rel_tol=_SAME) for a, b in ends):
        return ""
    return "they were simulated with the rate of another run"
