"""Say what building the network changed and what it could not know."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoplan.access.gaps import ClosedGaps
from geoplan.access.noding import Cuts
from geoplan.access.roadlines import RoadLines
from geoplan.contracts.results import NetworkReport

_KEPT_IDS = 50


def label_components(edges: pd.DataFrame, node_count: int) -> NDArray[np.int64]:
    """Return the component of every edge, 0 the longest; direction and season do not matter, and none is dropped."""
    if len(edges) == 0:
        return np.zeros(0, dtype=np.int64)
    u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
    joined = coo_array((np.ones(len(u), dtype=np.int8), (u, v)), shape=(node_count, node_count))
    label = connected_components(joined, directed=False)[1][u]
    length = np.bincount(label, weights=edges["length_m"].to_numpy())
    rank = np.empty(len(length), dtype=np.int64)
    rank[np.lexsort((np.arange(len(length)), -length))] = np.arange(len(length))
    return rank[label]


def report_network(
    edges: gpd.GeoDataFrame, parts: RoadLines, cuts: Cuts, closed: ClosedGaps, imputed: NDArray[np.bool_]
) -> NetworkReport:
    """Return the counts and lengths a reader needs to judge the network."""
    length = edges["length_m"].to_numpy()
    component = edges["component"].to_numpy()
    per_component = np.bincount(component, weights=length) if len(edges) else np.zeros(0)
    isolated = pd.unique(edges["road_id"][component > 0])
    return NetworkReport(
        length_m=float(length.sum()),
        imputed_speed_length_m=float(length[imputed].sum()),
        unknown_class_length_m=float(length[(edges["road_class"] == "unknown").to_numpy()].sum()),
        gaps_closed=closed.count,
        max_gap_m=closed.max_gap_m,
        crossings_unjoined=cuts.unjoined,
        crossings_joined=cuts.joined,
        components=len(per_component),
        component_length_m=tuple(float(one) for one in per_component),
        duplicates=parts.duplicates,
        zero_length=parts.zero_length,
        self_loops=int((edges["u"] == edges["v"]).sum()),
        isolated_ids=tuple(str(one) for one in isolated[:_KEPT_IDS]),
    )
