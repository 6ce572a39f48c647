"""Find the nearest motorable road and the nearest all-weather road of every settlement, by straight legs.

Motorable is any class that is not walked, on which a leg may join (so not a tunnel, a ferry or a motorway). All-weather is
motorable with a surface of ``all_weather_surfaces`` (硬化路). The leg crosses no barrier. By hand: a settlement 300 m from a
gravel road and 800 m from a concrete one has off_road_m 300 and all_weather_m 800.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.snapping import snap_all
from geoplan.access.travel_time import Terrain
from geoplan.contracts.profiles import SpeedProfile
from geoplan.contracts.results import Network
from geoplan.contracts.status import Status


def find_roads(
    settlements_xy: NDArray[np.float64], network: Network, *, speeds: SpeedProfile, max_m: float, terrain: Terrain
) -> pd.DataFrame:
    """Return road access, one row per settlement in order.

    Parameters
    ----------
    settlements_xy
        (s, 2) easting, northing, metres.
    network
        Road graph.
    speeds
        Says which classes are walked and which surfaces are all-weather.
    max_m
        Longest leg, metres, inclusive.
    terrain
        Heights, walking speed and barriers of the legs.

    Returns
    -------
    pandas.DataFrame
        status, road_id, road_class, surface, width_m, off_road_m, off_road_min, all_weather_status, all_weather_road_id,
        all_weather_m, all_weather_min. Status is ``no_data`` where the settlement has no coordinates or the network no such
        road at all, ``unsnapped`` where none is within ``max_m`` without crossing a barrier.
    """
    edges = network.edges
    motorable = (
        ~edges["road_class"].isin([*speeds.walking_classes, "ferry"]).to_numpy() & (edges["crossing"] != "rope").to_numpy()
    )
    hard = motorable & edges["surface"].isin(speeds.all_weather_surfaces).to_numpy()
    any_road = _nearest(settlements_xy, network, motorable, max_m, terrain)
    all_weather = _nearest(settlements_xy, network, hard, max_m, terrain)
    road = _attributes(any_road, network)
    return pd.DataFrame(
        {
            "status": any_road["status"],
            "road_id": road["road_id"],
            "road_class": road["road_class"],
            "surface": road["surface"],
            "width_m": road["width_m"],
            "off_road_m": any_road["offset_m"],
            "off_road_min": any_road["to_network_min"],
            "all_weather_status": all_weather["status"],
            "all_weather_road_id": _attributes(all_weather, network)["road_id"],
            "all_weather_m": all_weather["offset_m"],
            "all_weather_min": all_weather["to_network_min"],
        }
    )


def _nearest(
    settlements_xy: NDArray[np.float64], network: Network, usable: NDArray[np.bool_], max_m: float, terrain: Terrain
) -> pd.DataFrame:
    """Return the nearest open leg of each settlement to one of the ``usable`` edges, with status."""
    legs = snap_all(
        settlements_xy,
        network,
        max_m=max_m,
        barriers=terrain.barriers,
        dem=terrain.dem,
        walk_kmh=terrain.walk_kmh,
        candidates=1,
        usable=usable,
    )
    nearest = legs.drop_duplicates("point").set_index("point").reindex(np.arange(len(settlements_xy)))
    located = np.isfinite(settlements_xy).all(axis=1)
    known = located & bool(usable.any())
    absent = np.where(known, Status.UNSNAPPED.value, Status.NO_DATA.value)
    return nearest.assign(status=np.where(nearest["edge"].notna(), Status.OK.value, absent))


def _attributes(nearest: pd.DataFrame, network: Network) -> pd.DataFrame:
    """Return the attributes of the road each leg joins; empty text and NaN where there is none."""
    edge = nearest["edge"].to_numpy(dtype=np.float64)
    found = np.isfinite(edge)
    table = network.edges[["road_id", "road_class", "surface", "width_m"]].iloc[
        np.where(found, edge, 0).astype(np.int64) if found.any() else []
    ]
    table = table.reset_index(drop=True).reindex(np.arange(len(nearest)))
    for column in ("road_id", "road_class", "surface"):
        table[column] = table[column].astype(object).where(found, "")
    table["width_m"] = table["width_m"].where(found)
    return table.set_axis(nearest.index)
