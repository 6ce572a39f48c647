"""Find the nearest motorable road and the nearest all-weather road of every settlement, on foot over the ground.

Motorable is any class that is not walked, on which a walker may join (so not a tunnel, a ferry or a motorway). All-weather is
motorable with a surface of ``all_weather_surfaces`` (硬化路). The road is the one that is quickest to walk to: over the terrain, along paths, across bridges,
never across a barrier. By hand: level ground, a gravel road 300 m away and a concrete one 800 m away: off_road_m 300 and all_weather_m 800.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.entries import Entries
from geoplan.access.field import Costs, Legs, Seeds, lay_costs, lay_legs, solve
from geoplan.access.reading import best_legs
from geoplan.access.retime import PARTS, measure
from geoplan.access.surface import Surface, find_loose_ends
from geoplan.access.ticks import count_ticks
from geoplan.access.trace import trace
from geoplan.access.ways import lay_ways, time_edges
from geoplan.contracts.profiles import SpeedProfile
from geoplan.contracts.status import Status

_WALK_M, _WALK_MIN = PARTS.index("walk_m"), PARTS.index("walk_min")


def find_roads(near: Entries, surface: Surface, *, season: str, speeds: SpeedProfile) -> pd.DataFrame:
    """Return road access, one row per settlement in order.

    Parameters
    ----------
    near
        Settlements as entered.
    surface
        Ground and network.
    season
        Season whose paths and crossings are open on the way to the road.
    speeds
        Says which classes are walked and which surfaces are all-weather.

    Returns
    -------
    pandas.DataFrame
        status, road_id, road_class, surface, width_m, off_road_m, off_road_min, all_weather_status, all_weather_road_id,
        all_weather_m, all_weather_min, moved_m. Status is ``no_data`` where the settlement has no coordinates or the network no such
        road at all, ``unsnapped`` where no walk leaves the settlement, ``unreachable`` where none leads to such a road.
    """
    edges = surface.network.edges
    motorable = (
        ~edges["road_class"].isin([*speeds.walking_classes, "ferry", "bus"]).to_numpy() & (edges["crossing"] != "rope").to_numpy()
    )
    hard = motorable & edges["surface"].isin(speeds.all_weather_surfaces).to_numpy()
    ways = lay_ways(surface, *time_edges(surface.network, mode="walk", season=season))
    costs, legs = lay_costs(surface, ways, towards=True), lay_legs(near, surface, ways)
    any_road, all_weather = (_find_nearest(near, legs, costs, usable) for usable in (motorable, hard))
    road = _attributes(any_road["edge"].to_numpy(), surface)
    return pd.DataFrame(
        {
            "status": any_road["status"],
            "road_id": road["road_id"],
            "road_class": road["road_class"],
            "surface": road["surface"],
            "width_m": road["width_m"],
            "off_road_m": any_road["metres"],
            "off_road_min": any_road["minutes"],
            "all_weather_status": all_weather["status"],
            "all_weather_road_id": _attributes(all_weather["edge"].to_numpy(), surface)["road_id"],
            "all_weather_m": all_weather["metres"],
            "all_weather_min": all_weather["minutes"],
            "moved_m": near.moved_m,
        }
    )


def _find_nearest(near: Entries, legs: Legs, costs: Costs, usable: NDArray[np.bool_]) -> pd.DataFrame:
    """Return status, edge, metres and minutes of the quickest walk from each settlement to one of the ``usable`` edges."""
    count = len(near.xy)
    edge, metres, minutes = np.full(count, -1, dtype=np.int64), np.full(count, np.nan), np.full(count, np.nan)
    field = solve(costs, _seed_edges(costs.surface, usable))
    ticks, leg = best_legs(field, legs, count)
    reached = np.flatnonzero(leg >= 0)
    steps = trace(field, legs.code[leg[reached]])
    nobody = _no_legs()
    parts = measure(field, steps, near=near, near_legs=legs, near_leg=leg[reached], far=near, far_legs=nobody)
    edge[reached] = field.seeds.source[steps.seed]
    metres[reached], minutes[reached] = parts[:, _WALK_M], parts[:, _WALK_MIN]
    # A road at the doorstep is joined straight, wherever its stops are.
    at = np.flatnonzero(near.edge >= 0)
    at = at[usable[near.edge[at]]]
    order = at[np.lexsort((near.edge[at], near.there_min[at], near.point[at]))]
    point = near.point[order]
    first = order[np.r_[True, point[1:] != point[:-1]]] if len(order) else order
    point = near.point[first]
    better = count_ticks(near.there_min[first]) <= ticks[point]
    first, point = first[better], point[better]
    edge[point], metres[point], minutes[point] = near.edge[first], near.leg_m[first], near.there_min[first]
    status = np.where(near.status == Status.OK.value, Status.UNREACHABLE.value, near.status).astype(object)
    status[edge >= 0] = Status.OK.value
    if not usable.any():
        status[:] = Status.NO_DATA.value
    return pd.DataFrame({"status": status, "edge": edge, "metres": metres, "minutes": minutes})


def _seed_edges(surface: Surface, usable: NDArray[np.bool_]) -> Seeds:
    """Return seeds of no delay at the nodes where a walker can join one of the ``usable`` edges; ties to the edge listed first."""
    stops = surface.stops
    owner = surface.edge_owner
    joinable = surface.network.edges["joinable"].to_numpy(dtype=bool)
    loose = np.zeros(len(stops.xy), dtype=bool)
    loose[find_loose_ends(surface.network)] = True
    chosen = usable[owner] & (joinable[owner] | loose[stops.edge_node]) if len(owner) else np.zeros(0, dtype=bool)
    node, edge = stops.edge_node[chosen], owner[chosen]
    order = np.lexsort((edge, node))
    node, edge = node[order], edge[order]
    first = np.r_[True, node[1:] != node[:-1]] if len(node) else np.zeros(0, dtype=bool)
    cells = surface.ground.shape[0] * surface.ground.shape[1]
    code = cells + node[first]
    return Seeds(code, np.zeros(len(code), dtype=np.int64), edge[first], np.full(len(code), -1, dtype=np.int64))


def _no_legs() -> Legs:
    """Return no legs: roads are reached where they are."""
    whole, real, small = np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=np.int8)
    return Legs(whole, whole, whole, whole, real, real, small, small)


def _attributes(edge: NDArray[np.int64], surface: Surface) -> pd.DataFrame:
    """Return the attributes of edges by number; empty text and NaN for −1."""
    found = edge >= 0
    table = surface.network.edges[["road_id", "road_class", "surface", "width_m"]].iloc[
        np.where(found, edge, 0) if found.any() else []
    ]
    table = table.reset_index(drop=True).reindex(np.arange(len(edge)))
    for column in ("road_id", "road_class", "surface"):
        table[column] = table[column].astype(object).where(found, "")
    table["width_m"] = table["width_m"].where(found)
    return table
