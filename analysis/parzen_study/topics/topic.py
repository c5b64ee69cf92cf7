"""The topics of the report, and how they register.

A topic is a folder here whose section.py holds a `TOPIC`. Nothing else names it: `topics()` finds
it, the page shows its section in the order of `TOPIC.order`, and its tables are written.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

import pandas as pd

from parzen_study import topics as folder
from parzen_study.page.blocks import Section
from parzen_study.study import Study


def _no_tables(_study: Study) -> Mapping[str, pd.DataFrame]:
    return {}


@dataclass(frozen=True)
class Topic:
    """`section` returns None and `tables` nothing where the run has no data for them. The page
    shows topics by rising `order`, which has gaps for new ones. `of_any_loop`: also for a run of a
    user's own loop.
    """

    order: int
    section: Callable[[Study], Section | None]
    tables: Callable[[Study], Mapping[str, pd.DataFrame]] = _no_tables
    of_any_loop: bool = False


def topics() -> list[Topic]:
    """Every topic, in the order in which they are read; those of one order, by folder name."""
    names = sorted(each.name for each in pkgutil.iter_modules(folder.__path__) if each.ispkg)
    found = [import_module(f"{folder.__name__}.{name}.section").TOPIC for name in names]
    return sorted(found, key=lambda topic: topic.order)


def topics_of(study: Study) -> list[Topic]:
    """The topics for a run's kind of loop."""
    return [topic for topic in topics() if topic.of_any_loop or study.run.loop is None]
