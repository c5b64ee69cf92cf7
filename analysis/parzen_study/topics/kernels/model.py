"""The loop itself: family kernels of a run, and the limit, reading the samples alone.

The limit of a case is kernel stream_read, which reads every coordinate once and counts nothing,
with the same n, d and workers. Ratios are ratios of medians of the same run, paired by round.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from parzen_study.run.case import SERIAL, STREAM_READ, WARM, Case
from parzen_study.run.problems import readable
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates

FAMILY = "kernels"
LITERAL, FUSED, INDEXED = "literal", "fused", "indexed"
# In the order in which they are read; others follow.
_KERNELS = (STREAM_READ, LITERAL, "branchless", "eigen", "simd", FUSED, INDEXED)
_COORDINATE_BYTES = 8
_HUGE_PAGE_BYTES = 2 << 20  # the smallest: where they are larger, samples below have no share


@dataclass(frozen=True)
class Timed:
    """A case and its figures, None where not measured or not meaningful.

    `time` in seconds, missing only where `reason` says why. `of_limit`: time of the limit over its
    own, 1 where it counts as fast as the samples can be read. `bandwidth`: bytes per second, of a
    limit. `times_literal`: how many times as fast as kernel literal in one thread.
    `speedup`: against serial of the same kernel, of a case with more workers;
    `of_bandwidth_ratio`: that over the same of the limits, 1 where it scales as memory does.
    `cpu_time`: in seconds, of the program and its children.
    `times_fused`: how many times as long as serial fused a peer takes.
    """

    case: Case
    time: Estimate | None = None
    limit: Case | None = None
    of_limit: Estimate | None = None
    bandwidth: Estimate | None = None
    times_literal: Estimate | None = None
    speedup: Estimate | None = None
    of_bandwidth_ratio: Estimate | None = None
    cpu_time: float | None = None
    times_fused: Estimate | None = None
    huge_page_share: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Block:
    """All of one problem, its limits first. `problem` is empty where there are limits alone."""

    problem: tuple[str, ...]
    label: str
    n: int
    d: int
    m: int
    timed: tuple[Timed, ...]

    def counting(self, kernel: str, start: str = WARM) -> Timed | None:
        """The serial case of a kernel that has a time, or None."""
        return next(
            (
                each
                for each in self.timed
                if each.time
                and each.case.backend == SERIAL
                and each.case.get("kernel") == kernel
                and each.case.get("start") == start
            ),
            None,
        )


def blocks(run: Run, estimates: Estimates, reasons: Mapping[str, str]) -> list[Block]:
    """A block per problem, by n, d and widths; none where the run has no family kernels.

    `reasons` says of cases by name why they have no figure: an error, or a rejection.
    """
    cases = [case for case in run.cases if case.family == FAMILY]
    limits = [case for case in cases if case.get("kernel") == STREAM_READ]
    counting = sorted(
        (case for case in cases if case not in limits), key=lambda case: case.problem_order()
    )
    usable = [case for case in cases if case.name not in reasons]
    found = []
    for problem in dict.fromkeys(case.problem for case in counting):
        own = [case for case in counting if case.problem == problem]
        own_limits = [case for case in limits if _size(case) == _size(own[0])]
        found.append(_block(run, estimates, [*own_limits, *own], usable, reasons, problem))
    sizes = {_size(case) for case in counting}
    for size in dict.fromkeys(_size(case) for case in limits):
        if size not in sizes:
            alone = [case for case in limits if _size(case) == size]
            found.append(_block(run, estimates, alone, usable, reasons, ()))
    return sorted(found, key=lambda block: (block.n, block.d))


def _size(case: Case) -> tuple[str, str]:
    return (case.get("n"), case.get("d"))


def _block(
    run: Run, estimates: Estimates, cases: list[Case], usable: Collection[Case],
    reasons: Mapping[str, str], problem: tuple[str, ...],
) -> Block:  # fmt: skip
    last = cases[-1]
    keys = ("n", "d", "widths") if problem else ("n", "d")
    parts = [f"{key} = {readable(last.get(key))}" for key in keys if last.get(key)]
    comparable = [case for case in cases if case in usable]
    timed = [
        Timed(case, reason=reasons[case.name])
        if case.name in reasons
        else _timed(run, estimates, case, comparable)
        for case in sorted(cases, key=lambda case: _order(case, run))
    ]
    numbers = (last.number("n"), last.number("d"), last.number("m"))
    return Block(problem, ", ".join(parts), *numbers, tuple(timed))


def _order(case: Case, run: Run) -> tuple[object, ...]:
    """Limits, then kernels in their order with the parallel cases of each after it, then peers."""
    kernel = case.get("kernel")
    rank = _KERNELS.index(kernel) if kernel in _KERNELS else len(_KERNELS)
    return (
        run.is_of_peer(case), rank, kernel, case.backend != SERIAL, case.backend,
        case.number("workers"), case.get("start"), case.name,
    )  # fmt: skip


def _timed(run: Run, estimates: Estimates, case: Case, comparable: list[Case]) -> Timed:
    """`comparable` are the usable cases of the block, this one among them."""
    measured = estimates.measured[case.name]
    serial = [each for each in comparable if each.backend == SERIAL]
    one_worker = _only(serial, case.get("kernel"), case.get("start"))
    speedup = None
    if case.number("workers") > 1 and one_worker:
        speedup = estimates.speedup_between(case, one_worker)
    if case.get("kernel") == STREAM_READ:
        bandwidth = measured.time.inverse().scaled(float(_sample_bytes(case)))
        return Timed(
            case, measured.time, bandwidth=bandwidth, speedup=speedup,
            cpu_time=measured.total_cpu_time, huge_page_share=measured.huge_page_share,
        )  # fmt: skip
    limit = None if reads_no_sample(case) else _limit_of(case, comparable)
    read_by_one = _limit_of(one_worker, comparable) if one_worker else None
    literal, fused = _only(serial, LITERAL, WARM), _only(serial, FUSED, WARM)
    of_bandwidth_ratio = None
    if speedup and one_worker and limit and read_by_one and limit != read_by_one:
        of_bandwidth_ratio = estimates.ratio_of_speedups((case, one_worker), (limit, read_by_one))
    peer = run.is_of_peer(case)
    return Timed(
        case=case,
        time=measured.time,
        limit=limit,
        of_limit=estimates.speedup_between(case, limit) if limit else None,
        times_literal=(
            estimates.speedup_between(case, literal) if literal and literal != case else None
        ),
        speedup=speedup,
        cpu_time=measured.total_cpu_time,
        of_bandwidth_ratio=of_bandwidth_ratio,
        times_fused=estimates.speedup_between(fused, case) if peer and fused else None,
        huge_page_share=measured.huge_page_share,
    )


def reads_no_sample(case: Case) -> bool:
    """Whether the distances are sorted before the call: then it reads no sample."""
    return case.get("kernel") == INDEXED and case.get("start") == WARM


def _only(cases: list[Case], kernel: str, start: str) -> Case | None:
    found = [each for each in cases if each.get("kernel") == kernel and each.get("start") == start]
    return found[0] if found else None


def _limit_of(case: Case, comparable: list[Case]) -> Case | None:
    """The limit of as many workers, by the same backend if there are several."""
    same = [
        each
        for each in comparable
        if each.get("kernel") == STREAM_READ and each.number("workers") == case.number("workers")
    ]
    return min(same, key=lambda each: each.backend != case.backend, default=None)


def _sample_bytes(case: Case) -> int:
    return _COORDINATE_BYTES * case.number("n") * case.number("d")


def huge_pages_in_words(run: Run, blocks: list[Block]) -> str:
    """Whether the samples were in huge pages; empty where unknown, and where no samples fill
    one."""
    shares = [
        each.huge_page_share
        for block in blocks
        for each in block.timed
        if each.huge_page_share is not None and _sample_bytes(each.case) >= _HUGE_PAGE_BYTES
    ]
    if not shares:
        return ""
    least, most = (f"{share:.0%}" for share in (min(shares), max(shares)))
    if max(shares) == 0:
        mode = run.states[0].get("transparent_huge_pages_shared") or "unknown"
        return f"No huge pages were granted for the samples (shared memory: {mode})."
    span = most if least == most else f"{least} to {most}"
    return f"{span} of the samples were in huge pages, of data sets that fill at least one."
