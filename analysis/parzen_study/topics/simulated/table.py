"""Simulated clusters, as figures."""

from __future__ import annotations

import pandas as pd

from parzen_study.page.columns import columns
from parzen_study.study import Study


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """A row per platform, scaling and number of nodes; none where nothing is shown."""
    found = study.simulated
    if found is None or found.stale:
        return {}
    rows = [
        {
            "platform": cluster.platform.name,
            "scaling": line.scaling,
            "n": line.n,
            "nodes": point.nodes,
            **columns("simulated_seconds", point.seconds),
            **columns("simulated_efficiency", point.efficiency),
            **columns("simulated_node_seconds", point.node_seconds),
            "simulated_pays_from_seconds": cluster.pays_from.get(point.nodes),
        }
        for cluster in found.clusters
        for line in cluster.lines.values()
        for point in line.points
    ]
    return {"simulated": pd.DataFrame(rows)} if rows else {}
