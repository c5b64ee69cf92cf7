"""A run by its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parzen_study.run.run import Run


def run_in(folder: Path) -> Run:
    """The run of a folder; raises as load_run does."""
    from parzen_study.run.load import load_run  # when it is needed: it takes a while

    return load_run(folder / "run.json")
