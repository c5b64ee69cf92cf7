"""tables/*.csv: the figures that the report shows, at full precision."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from parzen_study.page.columns import DIGITS
from parzen_study.study import Study
from parzen_study.topics.topic import topics_of


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """Every table of the run, by name, in the order of the topics."""
    return {
        name: frame for topic in topics_of(study) for name, frame in topic.tables(study).items()
    }


def write(folder: Path, frames: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as CSV, a file each, into a folder that exists."""
    for name, table in frames.items():
        table.to_csv(
            folder / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8",
            float_format=f"%.{DIGITS}g",
        )  # fmt: skip
