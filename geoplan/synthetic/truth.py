"""Write down what was planted, as geometry has it: who is cut off, roadless, threatened, waterless, unsurveyed, safe.

A settlement is reached in a season when moves over the county's own 50 m cells and the roads open in that season join it to the county seat
(`geoplan.synthetic.walking`); it is cut off when it is reached in the dry season only. It has no road when its quickest walk to a motorable one is
longer than 2 km. None of this asks the travel-time field, which is held against it.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from geoplan.synthetic import walking
from geoplan.synthetic.frame import Flags, Floats
from geoplan.synthetic.ground import Ground

ROAD_M = 2000.0
"""Who walks farther than this to a motorable road has none."""
SIGHT_M = 2500.0


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


def state_roads(ground: Ground, roads: gpd.GeoDataFrame, xy: Floats, barriers: Sequence[shapely.Geometry]) -> pd.DataFrame:
    """Return per settlement: dry, wet (whether the county seat is reached), walk_m and sight_m.

    ``walk_m`` is the walk to a motorable road; ``sight_m`` the straight distance to a road that leads to the county seat in the wet season, over no
    water (inf: none within 2.5 km).
    """
    moves = walking.open_moves(ground.dem, barriers)
    vertex, joined = walking.find_joined(roads, xy[0])
    return pd.DataFrame(
        {
            "dry": walking.find_reached(moves, roads, xy, season="dry"),
            "wet": walking.find_reached(moves, roads, xy, season="wet"),
            "walk_m": walking.measure_road_walk(moves, roads, xy),
            "sight_m": reach_roads(ground, xy, vertex[joined], within_m=SIGHT_M),
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


def write_rows(
    settlements: gpd.GeoDataFrame, flags: dict[str, Flags], threats: pd.DataFrame, house_threats: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the truth: settlement_id, group_code, truth, hazard_kind, hazard_class; one row per planted fact.

    ``truth`` is one of cut_off_wet, no_road, threatened, houses_threatened (houses are in a zone, the settlement's point is not),
    waterless, outside_survey, safe.
    """
    group = dict(zip(settlements["settlement_id"], settlements["group_code"], strict=True))
    parts = []
    for name, flag in flags.items():
        ids = settlements["settlement_id"].to_numpy()[flag]
        parts.append(pd.DataFrame({"settlement_id": ids, "truth": name, "hazard_kind": "", "hazard_class": ""}))
    parts.append(threats.assign(truth="threatened"))
    if house_threats is not None:
        parts.append(house_threats.assign(truth="houses_threatened"))
    table = pd.concat(parts, ignore_index=True)
    table["group_code"] = table["settlement_id"].map(group)
    columns = ["truth", "group_code", "settlement_id", "hazard_kind", "hazard_class"]
    return table[columns].sort_values(columns).reset_index(drop=True)


def add_rows(table: pd.DataFrame, settlements: gpd.GeoDataFrame, flags: dict[str, Flags]) -> pd.DataFrame:
    """Return the truth with one more row for every flagged settlement, in the same order as `write_rows` gives."""
    parts = [table]
    for name, flag in flags.items():
        rows = settlements.loc[flag, ["group_code", "settlement_id"]]
        parts.append(rows.assign(truth=name, hazard_kind="", hazard_class="")[table.columns.tolist()])
    return pd.concat(parts, ignore_index=True).sort_values(table.columns.tolist()).reset_index(drop=True)
