"""The tables of cases as people read them: what all of a table share is said once, above it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import groupby

from parzen_study import dispatch, kernels, published, sizes
from parzen_study.case import SERIAL, Case
from parzen_study.dispatch import Block, Cost
from parzen_study.page import Table
from parzen_study.phrasing import seconds, time_with_interval, with_interval
from parzen_study.problems import labels, readable, shared_and_varying
from parzen_study.sizes import Sweep
from parzen_study.stats import Estimate
from parzen_study.study import Study

# The second only where the problem has several kernels: elsewhere it is the first.
FIGURES = (
    *("time", "speedup, serial", "speedup, best serial"),
    *("speedup, own 1", "efficiency", "CPU time"),
)
# A family of more problems than these has a table a kernel.
_TABLES_A_FAMILY = 3


def case_tables(study: Study) -> list[Table]:
    """One table a problem, in order of family and size; rows by backend, kernel, start and workers,
    those of peers last. A family of many problems, such as one that sweeps over n, has one a kernel
    instead, with the problem in columns.

    Families dispatch, kernels and sweep have tables of their own (dispatch.py, kernels.py,
    sizes.py).
    """
    apart = {dispatch.FAMILY, kernels.FAMILY, sizes.FAMILY}
    cases = sorted((case for case in study.run.cases if case.family not in apart), key=Case.order)
    result = []
    for family, own in groupby(cases, key=lambda case: case.family):
        of_family = list(own)
        named = labels(of_family)
        if len(named) > _TABLES_A_FAMILY:
            result += _tables_by_kernel(study, family, of_family)
            continue
        for problem, label in named.items():
            same = sorted((c for c in of_family if c.problem == problem), key=_by_kernel)
            same.sort(key=study.run.is_of_peer)
            result.append(_case_table(study, f"{family}, {label}" if label else family, same))
    return result


def _tables_by_kernel(study: Study, family: str, cases: Sequence[Case]) -> list[Table]:
    by_kernel: dict[str, list[Case]] = {}
    for case in sorted(cases, key=lambda case: case.problem_order()):
        by_kernel.setdefault(case.get("kernel"), []).append(case)
    return [
        _case_table(study, f"{family}, kernel {kernel}" if kernel else family, own)
        for kernel, own in sorted(by_kernel.items(), key=lambda e: (e[0] != published.KERNEL, e[0]))
    ]


def sweep_table(study: Study, sweep: Sweep) -> Table:
    """The cases of one sweep, by n. Its best serial may be of another, and only serial has one
    worker."""
    title = f"Every case, {sweep.label}"
    return _case_table(study, title, sweep.cases, ("speedup, best serial", "speedup, own 1"))


def _case_table(
    study: Study, title: str, cases: Sequence[Case], left_out: Collection[str] = ()
) -> Table:
    shared, varying = shared_and_varying(cases)
    figures = [_figures(study, case) for case in cases]
    shown = [
        number
        for number, name in enumerate(FIGURES)
        if name not in left_out and any(row[number] for row in figures)
    ]
    return Table(
        title=title,
        shared=shared,
        head=("backend", *varying, *(FIGURES[number] for number in shown)),
        rows=tuple(
            (
                case.backend,
                *(readable(case.get(key)) for key in varying),
                *(row[number] for number in shown),
            )
            for case, row in zip(cases, figures, strict=True)
        ),
        remarks=tuple(study.reasons.get(case.name, "") for case in cases),
    )


def _by_kernel(case: Case) -> tuple[object, ...]:
    """Leaves the order as it is where there is one kernel; else the article's comes first."""
    kernel = case.get("kernel")
    return (case.backend != SERIAL, case.backend, kernel != published.KERNEL, kernel)


_LAST = ("workers", "wait", "pause", "processors")  # of the columns that tell cases apart
_OPERATIONS = {
    "apply": "One empty task, asked and answered (apply)",
    "map": "Many empty tasks in one call (map)",
    "payload": "One task that takes bytes (payload)",
    "lifetime": "A pool made and ended (lifetime)",
    "fork": "Children forked that do nothing (fork)",
}


def dispatch_table(block: Block) -> Table:
    """The costs of one operation; a column only for what some row has."""
    shared, varying = shared_and_varying([cost.case for cost in block.costs], titled=("operation",))
    varying.sort(key=lambda key: _LAST.index(key) if key in _LAST else -1)
    payload = block.operation == dispatch.PAYLOAD
    columns = [("time", _time)]
    if any(cost.limit for cost in block.costs):
        columns.append(("limit", _limit))
        columns.append(
            ("of its bandwidth", _share_of_limit) if payload else ("times the limit", _times_limit)
        )
    if any(cost.times_pool for cost in block.costs):
        columns.append((f"times {dispatch.POOL}", _times_pool))
    return Table(
        title=_OPERATIONS.get(block.operation, block.operation or "Other cases"),
        shared=shared,
        head=("mechanism", *varying, *(name for name, _ in columns)),
        rows=tuple(
            (
                cost.case.backend,
                *(readable(cost.case.get(key)) for key in varying),
                *(cell(cost) for _, cell in columns),
            )
            for cost in block.costs
        ),
        remarks=tuple(cost.reason for cost in block.costs),
    )


def _time(cost: Cost) -> str:
    return time_with_interval(cost.time) if cost.time else "error"


def _limit(cost: Cost) -> str:
    return cost.limit.backend if cost.limit else ""


def _times_limit(cost: Cost) -> str:
    return with_interval(cost.times_limit) if cost.times_limit else ""


def _share_of_limit(cost: Cost) -> str:
    share = cost.times_limit
    return with_interval(share.inverse().scaled(100.0), unit="%") if share else ""


def _times_pool(cost: Cost) -> str:
    return with_interval(cost.times_pool) if cost.times_pool else ""


def kernel_table(block: kernels.Block) -> Table:
    """The cases of one problem; a column only for what some row has."""
    of_title = ("n", "d", "widths")
    cases = [each.case for each in block.timed]
    _, varying = shared_and_varying(cases, titled=(*of_title, "m"))
    # What only reads has no m: all that count share it nonetheless.
    counting = [case for case in cases if case.counts_samples] or cases
    shared, _ = shared_and_varying(counting, titled=(*of_title, *varying))
    columns = {name: [cell(each) for each in block.timed] for name, cell in _KERNEL_COLUMNS.items()}
    columns = {name: cells for name, cells in columns.items() if name == "time" or any(cells)}
    return Table(
        title=block.label,
        shared=shared,
        head=("backend", *varying, *columns),
        rows=tuple(
            (
                each.case.backend,
                *(readable(each.case.get(key)) for key in varying),
                *(cells[number] for cells in columns.values()),
            )
            for number, each in enumerate(block.timed)
        ),
        remarks=tuple(each.reason for each in block.timed),
    )


def _percent(share: Estimate | None) -> str:
    return with_interval(share.scaled(100.0), unit="%") if share else ""


def _times(ratio: Estimate | None) -> str:
    return with_interval(ratio) if ratio else ""


_KERNEL_COLUMNS: dict[str, Callable[[kernels.Timed], str]] = {
    "time": lambda each: time_with_interval(each.time) if each.time else "none",
    "GB/s": lambda each: _times(each.bandwidth and each.bandwidth.scaled(1e-9)),
    "of the limit": lambda each: _percent(each.of_limit),
    "times literal": lambda each: _times(each.times_literal),
    "speedup, serial": lambda each: _times(each.speedup),
    "of the bandwidth ratio": lambda each: _percent(each.of_bandwidth_ratio),
    "CPU time": lambda each: seconds(each.cpu_time) if each.speedup and each.cpu_time else "",
    "times fused": lambda each: _times(each.times_fused),
}


def _figures(study: Study, case: Case) -> tuple[str, ...]:
    each = study.estimates.measured.get(case.name)
    if each is None:
        return ("error", *[""] * (len(FIGURES) - 1))
    if case.name in study.refused:
        return ("refused", *[""] * (len(FIGURES) - 1))
    return (
        time_with_interval(each.time),
        with_interval(each.speedup) if each.speedup else "",
        with_interval(each.speedup_best) if each.speedup_best else "",
        with_interval(each.speedup_own) if each.speedup_own else "",
        with_interval(each.efficiency.scaled(100.0), unit="%") if each.efficiency else "",
        seconds(each.total_cpu_time),
    )
