"""The errors of reading: unusable data, and no data."""

from __future__ import annotations

from parzen_study.common.shown import MOST_OF_A_LINE, shown


class UnusableData(Exception):
    """Says what happened, where, what was found and what to do next, a line each."""

    def __init__(self, what: str, *, where: str, found: str, next_step: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.found = found
        self.next_step = next_step

    def __str__(self) -> str:
        parts = (self.what, self.where, self.found, self.next_step)
        what, where, found, next_step = (shown(each, MOST_OF_A_LINE) for each in parts)
        return f"{what}\n  where: {where}\n  found: {found}\n  do:    {next_step}"


class NoData(UnusableData):
    """Missing or unreadable data: then a comparison has no verdict."""
