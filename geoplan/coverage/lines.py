"""Find who lies within the service radius of transformers or masts, and how long a line would connect the rest.

A supply covers a settlement within its own ``radius_m`` (the network's where it has none), straight, equal inside; a farther one with a larger radius
may cover where the nearest does not. A mobile signal also needs a line of sight (`geoplan.coverage.line_sight`). Where a supply's place is not known, or
the ground on the ray is not, whoever is not covered otherwise is unknown. No rows: everybody is unknown.

Those outside a wired network are connected by the minimum spanning tree rooted in what exists — the supplies and the settlements they cover
(`geoplan.coverage.line_tree`) — so a shared line is built once:

    length = straight length · slack,   capital = length · yuan per metre (NaN where nobody has given a price)

A line's cost is split among the settlements behind it by people (alike where nobody is counted), so shares add up to the lines. Length only: a line
beyond the radius also takes a transformer of its own, which is not priced here. For a signal no line is drawn; the nearest mast and what blocks it
are told.

A covered settlement loads the nearest supply that covers it: load_share = Σ households · kVA per household / kVA of the supply, NaN where its
capacity or a household count is not known.

By hand: a transformer of 100 kVA, radius 500 m; 20 and 25 households at 300 and 500 m are within, load 45 · 2 / 100 = 0.9; one at 800 m is connected from
the one at 500 m if that is nearer to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import cKDTree
from shapely.geometry import LineString

from geoplan.access.facilities import locate_points
from geoplan.contracts.coverage import LinesResult
from geoplan.contracts.coverage_config import LineNetwork
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Demand
from geoplan.contracts.status import Status
from geoplan.coverage.line_sight import BLOCKED, CLEAR, UNSEEN, look_along
from geoplan.coverage.line_tree import ROOT, gather_users, span_tree
from geoplan.coverage.line_words import explain_lines
from geoplan.spatial.frames import require_same_crs

KVA_PER_HOUSEHOLD = 2.0
"""Transformer capacity a household takes, kVA. Convention: the rural grid programme to 2020 aims at 2 kVA a household (国办发〔2016〕9号)."""
SLACK = 1.3
"""Length of a line over the straight distance. Convention: lines go round cliffs, water and houses."""
MAST_M, ANTENNA_M = 30.0, 1.5
"""Height of a mast's antenna and of a handset above the ground, metres. Convention."""
SETTLEMENT_COLUMNS = [
    *"settlement_id network persons status within nearest_id distance_m radius_m load_share sight".split(),
    *"connect_m capital_yuan reason_zh reason_en".split(),
]
"""Columns of the settlements; sight: clear / blocked / unknown to the nearest mast, "" for wires."""
LINE_COLUMNS = "line_id network from_id settlements persons length_m capital_yuan".split()
"""Columns of the lines beside geometry."""


def connect_lines(
    demand: Demand,
    supplies: gpd.GeoDataFrame,
    network: LineNetwork,
    *,
    dem: Grid | None = None,
    kva_per_household: float = KVA_PER_HOUSEHOLD,
    slack: float = SLACK,
    mast_m: float = MAST_M,
    antenna_m: float = ANTENNA_M,
) -> LinesResult:
    """Return who is within one network's radius, and lines that connect the rest.

    Parameters
    ----------
    demand
        Settlements.
    supplies
        Transformers or masts: facility_id, radius_m, supply_kva (absent or NaN: not known), geometry, in the CRS of the settlements.
    network
        Radius, kind and price.
    dem
        Heights in the same CRS, for sight; None: within the radius of a mast is unknown.
    kva_per_household
        Load of a household.
    slack
        Length of a line over the straight distance, at least 1.
    mast_m, antenna_m
        Antennas above the ground.

    Raises
    ------
    CrsError
        ``CRS-MIXED``: layers lie in different reference systems.
    """
    require_same_crs(supplies.crs, demand.settlements.crs, what=f"supplies of {network.id}")
    places, at = locate_points(demand.settlements), locate_points(supplies) if len(supplies) else np.zeros((0, 2))
    radius = _numbers(supplies, "radius_m")
    radius = np.where(radius > 0.0, radius, network.radius_m)
    found = _find_cover(places, at, radius, network, dem, mast_m, antenna_m)
    found["load_share"] = _share_load(found, demand, supplies, kva_per_household, wired=network.kind == "wired")
    ids = _ids(supplies)
    table = pd.DataFrame(
        {
            "settlement_id": demand.settlements["settlement_id"].astype(str).to_numpy(dtype=object),
            "network": network.id,
            "persons": demand.settlements["persons"].to_numpy(dtype="float64", na_value=np.nan),
            "status": np.where(found["within"] == "unknown", str(Status.NO_DATA), str(Status.OK)),
            "within": found["within"],
            "nearest_id": np.where(found["supply"] >= 0, ids[found["supply"]], "") if len(ids) else "",
            "distance_m": found["distance_m"],
            "radius_m": np.where(found["supply"] >= 0, radius[found["supply"]], network.radius_m)
            if len(ids)
            else network.radius_m,
            "load_share": found["load_share"],
            "sight": found["sight"],
        }
    )
    if network.kind == "wired":
        lines, connect, capital = _draw_lines(table, places, at, ids, network, slack, demand)
    else:
        lines, connect, capital = _no_lines(demand.settlements.crs), np.full(len(table), np.nan), np.full(len(table), np.nan)
    table["connect_m"], table["capital_yuan"] = connect, capital
    table["reason_zh"], table["reason_en"] = explain_lines(table, network, has_rows=len(supplies) > 0)
    return LinesResult(table[SETTLEMENT_COLUMNS], lines)


def join_networks(results: Sequence[LinesResult], *, crs: CRS) -> LinesResult:
    """Return the networks of a plan as one result, in their order; empty tables where the plan names none.

    Parameters
    ----------
    results
        One per network (`connect_lines`).
    crs
        Working CRS.
    """
    if not results:
        return LinesResult(pd.DataFrame(columns=SETTLEMENT_COLUMNS), _no_lines(crs))
    settlements = pd.concat([one.settlements for one in results], ignore_index=True)
    drawn = [one.lines for one in results if len(one.lines)]
    lines = gpd.GeoDataFrame(pd.concat(drawn, ignore_index=True), crs=crs) if drawn else _no_lines(crs)
    return LinesResult(settlements, lines)


def _numbers(frame: gpd.GeoDataFrame, column: str) -> NDArray[np.float64]:
    if column not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype="float64", na_value=np.nan)


def _ids(supplies: gpd.GeoDataFrame) -> NDArray[np.object_]:
    return supplies["facility_id"].astype(str).to_numpy(dtype=object) if len(supplies) else np.zeros(0, dtype=object)


def _find_cover(
    places: NDArray[np.float64], at: NDArray[np.float64], radius: NDArray[np.float64], network: LineNetwork, dem: Grid | None, mast_m: float,
    antenna_m: float,
) -> dict[str, NDArray]:  # fmt: skip
    """Return within, supply (the nearest that covers, else the nearest), distance_m and sight of every settlement."""
    n = len(places)
    placed, known = ~np.isnan(places[:, 0]), np.flatnonzero(~np.isnan(at[:, 0]))
    supply, distance = np.full(n, -1, dtype=np.int64), np.full(n, np.nan)
    sight = np.full(n, "", dtype=object)
    # A supply of unknown place might be near anyone.
    outside = "false" if len(known) == len(at) else "unknown"
    within = np.where(placed & (len(at) > 0), outside, "unknown").astype(object)
    if len(known) == 0 or not placed.any():
        return {"within": within, "supply": supply, "distance_m": distance, "sight": sight}
    here = np.flatnonzero(placed)
    supply[here], distance[here] = _nearest(places[here], at, known)
    who, which, far = _pairs_within(places, at, radius, here, known)
    if network.kind == "signal":
        seen = _see(dem, at[which], places[who], mast_m, antenna_m)
        nearest = _see(dem, at[supply[here]], places[here], mast_m, antenna_m)
        sight[here] = np.select([nearest == CLEAR, nearest == BLOCKED], ["clear", "blocked"], default="unknown")
        doubt = who[seen == UNSEEN]
        within[doubt] = "unknown"
        who, which, far = who[seen == CLEAR], which[seen == CLEAR], far[seen == CLEAR]
        sight[who] = "clear"
    # Pairs come nearest first: the first of a settlement is its nearest cover.
    won, first = np.unique(who, return_index=True)
    within[won], supply[won], distance[won] = "true", which[first], far[first]
    return {"within": within, "supply": supply, "distance_m": distance, "sight": sight}


def _nearest(
    places: NDArray[np.float64], at: NDArray[np.float64], known: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the nearest supply of each place, the first in order among equals, and its distance."""
    tree = cKDTree(at[known])
    far, _ = tree.query(places)
    near = tree.query_ball_point(places, far * (1.0 + 1e-12) + 1e-9)
    first = known[np.array([min(one) for one in near], dtype=np.int64)]
    return first, np.hypot(*(at[first] - places).T)


def _pairs_within(
    places: NDArray[np.float64], at: NDArray[np.float64], radius: NDArray[np.float64], here: NDArray[np.int64], known: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:  # fmt: skip
    """Return (settlement, supply, metres) of the pairs within the supply's radius, by settlement, nearest first."""
    near = cKDTree(places[here]).query_ball_point(at[known], radius[known] * (1.0 + 1e-9))
    which = np.repeat(known, [len(one) for one in near])
    who = here[np.concatenate([np.asarray(one, dtype=np.int64) for one in near])]
    far = np.hypot(*(places[who] - at[which]).T)
    keep = far <= radius[which]
    who, which, far = who[keep], which[keep], far[keep]
    order = np.lexsort((which, far, who))
    return who[order], which[order], far[order]


def _see(dem: Grid | None, masts: NDArray[np.float64], places: NDArray[np.float64], mast_m: float, antenna_m: float) -> NDArray:
    """Return what is seen of masts from places."""
    if dem is None:
        return np.full(len(places), UNSEEN, dtype=np.int8)
    return look_along(dem, masts, places, from_above_m=mast_m, to_above_m=antenna_m)


def _share_load(
    found: dict[str, NDArray], demand: Demand, supplies: gpd.GeoDataFrame, kva_per_household: float, *, wired: bool
) -> NDArray[np.float64]:
    """Return the load of the supply that covers each settlement, as a share of its capacity."""
    share = np.full(len(found["within"]), np.nan)
    if not wired or len(supplies) == 0:
        return share
    won = np.flatnonzero(found["within"] == "true")
    at = found["supply"][won]
    households = demand.settlements["households"].to_numpy(dtype="float64", na_value=np.nan)[won]
    # NaN spreads over its supply: a load with an unknown part is unknown.
    load = np.bincount(at, weights=households * kva_per_household, minlength=len(supplies))
    capacity = _numbers(supplies, "supply_kva")
    share[won] = np.divide(load, capacity, out=np.full(len(load), np.nan), where=capacity > 0.0)[at]
    return share


def _no_lines(crs: CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.DataFrame(columns=[*LINE_COLUMNS, "geometry"]), geometry="geometry", crs=crs)


def _draw_lines(
    table: pd.DataFrame, places: NDArray[np.float64], at: NDArray[np.float64], ids: NDArray[np.object_], network: LineNetwork, slack: float,
    demand: Demand,
) -> tuple[gpd.GeoDataFrame, NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Return the lines, and per settlement the line it needs to the network and its share of the cost."""
    connect, capital = np.full(len(table), np.nan), np.full(len(table), np.nan)
    out = np.flatnonzero(table["within"] == "false")
    if len(out) == 0:
        return _no_lines(demand.settlements.crs), connect, capital
    inside = np.flatnonzero(table["within"] == "true")
    known = np.flatnonzero(~np.isnan(at[:, 0]))
    roots = np.vstack([at[known], places[inside]])
    names = np.r_[ids[known], table["settlement_id"].to_numpy(dtype=object)[inside]]
    nearest, root_m = _nearest(places[out], roots, np.arange(len(roots)))
    parent, straight, order = span_tree(places[out], root_m)
    users = gather_users(parent, order)
    length = straight * slack
    way = np.zeros(len(out))
    for k in order:
        way[k] = length[k] + (way[parent[k]] if parent[k] != ROOT else 0.0)
    connect[out] = way
    price = np.nan if network.yuan_per_m is None else network.yuan_per_m
    persons, name = table["persons"].to_numpy(), table["settlement_id"].to_numpy(dtype=object)
    share = np.zeros(len(out))
    rows = []
    for k in range(len(out)):
        behind = np.asarray(users[k])
        people = np.nan_to_num(persons[out[behind]])
        weight = people / people.sum() if people.sum() > 0 else np.full(len(behind), 1.0 / len(behind))
        share[behind] += length[k] * price * weight
        start = roots[nearest[k]] if parent[k] == ROOT else places[out[parent[k]]]
        rows.append(
            {
                "line_id": f"{network.id}-{name[out[k]]}",
                "network": network.id,
                "from_id": names[nearest[k]] if parent[k] == ROOT else name[out[parent[k]]],
                "settlements": ";".join(name[out[np.sort(behind)]]),
                "persons": float(people.sum()),
                "length_m": length[k],
                "capital_yuan": length[k] * price,
                "geometry": LineString([start, places[out[k]]]),
            }
        )
    capital[out] = share
    frame = pd.DataFrame(rows, columns=[*LINE_COLUMNS, "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=demand.settlements.crs), connect, capital
