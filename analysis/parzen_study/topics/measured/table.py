"""The backends that were built, and why others were not."""

from __future__ import annotations

import pandas as pd

from parzen_study.run.run import Run
from parzen_study.study import Study


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The tables of figures, by name."""
    return {"backends": backends(study.run)}


def backends(run: Run) -> pd.DataFrame:
    """A row per backend."""
    return pd.DataFrame(
        [{"backend": name, "built": "yes", "reason": ""} for name in run.backends_built]
        + [
            {"backend": name, "built": "no", "reason": reason}
            for name, reason in run.backends_left_out.items()
        ],
        columns=["backend", "built", "reason"],
    )
