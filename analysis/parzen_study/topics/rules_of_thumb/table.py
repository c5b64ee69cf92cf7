"""Rules of thumb, as figures."""

from __future__ import annotations

import pandas as pd

from parzen_study.page.columns import columns
from parzen_study.study import Study


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """The table of figures, by name: a row per rule and variant."""
    found = study.rules_of_thumb
    if found is None:
        return {}
    rows = [
        {
            "rule": each.rule.id,
            "variant": each.variant,
            "verdict": str(each.said.verdict),
            **columns("found", each.said.found),
            **dict(
                zip(
                    ("predicted_low", "predicted_high"),
                    each.said.predicted or (None, None),
                    strict=True,
                )
            ),
            "source": each.rule.source.address,
        }
        for each in found.rows
    ]
    return {"rules_of_thumb": pd.DataFrame(rows)}
