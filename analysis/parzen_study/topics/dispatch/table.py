"""The costs of family dispatch: for people, and as figures."""

from __future__ import annotations

import pandas as pd

from parzen_study.page.blocks import Table
from parzen_study.page.columns import columns
from parzen_study.run.problems import readable, shared_and_varying
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.study import Study
from parzen_study.topics.dispatch import model as dispatch
from parzen_study.topics.dispatch.model import POOL, Block, Cost

_LAST = ("workers", "wait", "pause", "processors")  # columns


_OPERATIONS = {
    "apply": "One empty task, round trip (apply)",
    "map": "Many empty tasks in one call (map)",
    "payload": "One task with an input of bytes (payload)",
    "lifetime": "Creating and ending a pool (lifetime)",
    "fork": "Forking children that do nothing (fork)",
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


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of figures, by name."""
    return {"dispatch": costs(study.dispatch)} if study.dispatch else {}


def costs(blocks: list[Block]) -> pd.DataFrame:
    """A row per case of family dispatch: its parts, time, and both ratios with their intervals."""
    costs = [cost for block in blocks for cost in block.costs]
    keys = dict.fromkeys(key for cost in costs for key, _ in cost.case.parameters)
    return pd.DataFrame(
        [
            {
                "mechanism": cost.case.backend,
                **{key: cost.case.get(key) for key in keys},
                "status": "ok" if cost.time else "error",
                "reason": cost.reason,
                **columns("time_s", cost.time),
                "limit": cost.limit.backend if cost.limit else "",
                **columns("times_limit", cost.times_limit),
                **columns(f"times_{POOL}", cost.times_pool),
            }
            for cost in costs
        ]
    )
