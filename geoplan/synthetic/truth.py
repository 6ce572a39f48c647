"""Write down what was planted, as geometry has it: who is cut off, roadless, threatened, waterless, unsurveyed, safe.

A road vertex is connected in a season when lines that share exact vertices join it to the county seat's road, leaving
out fords, ferries and rope crossings in the wet season. A settlement is connected when a connected vertex lies within
2 km of it with no river or reservoir between.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import Flags, Floats
from geoplan.synthetic.ground import Ground

SNAP_M = 2000.0
CLEAR_M = 2500.0
WET_CLOSED = ("ford", "ferry", "rope")


def find_connected(roads: gpd.GeoDataFrame, seat: Floats, *, season: str) -> tuple[Floats, Flags]:
    """Return every road vertex (n, 2), densified to 50 m, and whether it is joined to the road nearest the seat."""
    kept = roads if season == "dry" else roads[~roads["crossing"].isin(WET_CLOSED)]
    lines = shapely.segmentize(kept.geometry.to_numpy(), 50.0)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    vertex, number = np.unique(np.round(xy, 3), axis=0, return_inverse=True)
    same = line[1:] == line[:-1]
    u, v = number[:-1][same], number[1:][same]
    graph = csr_matrix((np.ones(len(u)), (u, v)), shape=(len(vertex), len(vertex)))
    label = connected_components(graph, directed=False)[1]
    home = label[cKDTree(vertex).query(seat)[1]]
    return vertex, label == home


def reach_roads(ground: Ground, xy: Floats, vertex: Floats, *, within_m: float) -> Floats:
    """Return each settlement's distance to the nearest vertex it can walk to straight without crossing water (inf: none)."""
    best = np.full(len(xy), np.inf)
    tree = cKDTree(vertex)
    open_rows = np.arange(len(xy))
    for count in (8, 64, 512):
        count = min(count, len(vertex))
        distance, index = tree.query(xy[open_rows], k=count, distance_upper_bound=within_m)
        distance, index = distance.reshape(len(open_rows), -1), index.reshape(len(open_rows), -1)
        found = np.isfinite(distance)
        clear = found.copy()
        clear[found] = ~ground.is_blocked(np.repeat(xy[open_rows], count, axis=0)[found.ravel()], vertex[index[found]])
        best[open_rows] = np.where(clear, distance, np.inf).min(axis=1)
        open_rows = open_rows[~np.isfinite(best[open_rows]) & found[:, -1]]
        if not len(open_rows):
            return best
    for k in open_rows.tolist():
        near = np.array(tree.query_ball_point(xy[k], within_m))
        clear = ~ground.is_blocked(np.broadcast_to(xy[k], (len(near), 2)), vertex[near])
        if clear.any():
            best[k] = np.hypot(*(vertex[near[clear]] - xy[k]).T).min()
    return best


def state_roads(ground: Ground, roads: gpd.GeoDataFrame, xy: Floats) -> pd.DataFrame:
    """Return per settlement: any_m, dry_m, wet_m (metres to a visible road vertex: any, connected when dry, when wet)."""
    everything = shapely.get_coordinates(shapely.segmentize(roads.geometry.to_numpy(), 50.0))
    dry_xy, dry = find_connected(roads, xy[0], season="dry")
    wet_xy, wet = find_connected(roads, xy[0], season="wet")
    return pd.DataFrame(
        {
            "any_m": reach_roads(ground, xy, everything, within_m=CLEAR_M),
            "dry_m": reach_roads(ground, xy, dry_xy[dry], within_m=CLEAR_M),
            "wet_m": reach_roads(ground, xy, wet_xy[wet], within_m=CLEAR_M),
        }
    )


def list_threats(settlements: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return settlement_id, hazard_kind and the worst hazard_class for every settlement in a zone."""
    order = {name: k for k, name in enumerate(("extreme", "high", "medium", "low"))}
    hit = shapely.STRtree(zones.geometry.to_numpy()).query(settlements.geometry.to_numpy(), predicate="intersects")
    table = pd.DataFrame(
        {
            "settlement_id": settlements["settlement_id"].to_numpy()[hit[0]],
            "hazard_kind": zones["hazard_kind"].to_numpy()[hit[1]],
            "hazard_class": zones["hazard_class"].to_numpy()[hit[1]],
        }
    )
    table = table.assign(order=table["hazard_class"].map(order)).sort_values(["settlement_id", "hazard_kind", "order"])
    return table.drop_duplicates(["settlement_id", "hazard_kind"]).drop(columns="order").reset_index(drop=True)


def write_rows(settlements: gpd.GeoDataFrame, flags: dict[str, Flags], threats: pd.DataFrame) -> pd.DataFrame:
    """Return the truth: settlement_id, group_code, truth, hazard_kind, hazard_class; one row per planted fact.

    ``truth`` is one of cut_off_wet, no_road, threatened, waterless, outside_survey, safe.
    """
    group = dict(zip(settlements["settlement_id"], settlements["group_code"], strict=True))
    parts = []
    for name, flag in flags.items():
        ids = settlements["settlement_id"].to_numpy()[flag]
        parts.append(pd.DataFrame({"settlement_id": ids, "truth": name, "hazard_kind": "", "hazard_class": ""}))
    parts.append(threats.assign(truth="threatened"))
    table = pd.concat(parts, ignore_index=True)
    table["group_code"] = table["settlement_id"].map(group)
    columns = ["truth", "group_code", "settlement_id", "hazard_kind", "hazard_class"]
    return table[columns].sort_values(columns).reset_index(drop=True)
