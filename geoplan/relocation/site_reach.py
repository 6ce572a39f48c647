"""Time the way from every receiving site to the old land, within a limit: people who move go on farming where they farmed.

Minutes are one way over the plan's own travel-time field, from the site's place (`site_points`) to the settlement's, in the season and mode
asked for; the side with fewer places is searched from. A pair beyond the limit has no row; a place that could not be joined has none either.
By hand: on level ground at 5 km/h, sites 500 m and 2 km away are 6 and 24 min; with a limit of 10 min only the first has a row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.access.entries import enter
from geoplan.access.reach_field import tabulate_reach
from geoplan.access.surface import Surface
from geoplan.access.ways import lay_ways, time_edges


def time_nearest(
    settlements: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, surface: Surface, *, limit_min: float, **how: Any
) -> pd.DataFrame:
    """Return the minutes from sites to settlements within a limit, and all there are of those that share no site within it.

    Settlements of one ``group_code`` (absent: each by itself) go together: where no site lies within the limit of them all, every way of theirs
    is timed, so that a plan can say how far the limit would have to give. Parameters are those of `time_moves`.
    """
    near = time_moves(settlements, sites, surface, limit_min=limit_min, **how)
    if settlements.empty or not np.isfinite(limit_min):
        return near
    ids = settlements["settlement_id"].astype(str)
    code = settlements["group_code"].fillna("").astype(str) if "group_code" in settlements else pd.Series("", index=ids.index)
    group = code.where(code != "", ids)
    of = pd.Series(group.to_numpy(), index=ids.to_numpy())
    reached = near.groupby([near["settlement_id"].map(of), "site_id"]).size().groupby(level=0).max()
    shared = group.map(reached).fillna(0) == group.map(group.value_counts())
    lonely = settlements[~shared]
    if lonely.empty:
        return near
    far = time_moves(lonely, sites, surface, limit_min=np.inf, **how)
    return pd.concat([near[~near["settlement_id"].isin(ids[~shared])], far], ignore_index=True)


def site_points(sites: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the point that stands for each site: a place's own, a patch's point inside it."""
    return shapely.point_on_surface(sites.geometry.to_numpy())


def time_moves(
    settlements: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    surface: Surface,
    *,
    limit_min: float,
    season: str = "dry",
    mode: str = "ride",
    walker: float = 1.0,
    move_max_m: float = 500.0,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Return the minutes from sites to settlements within a limit.

    Parameters
    ----------
    settlements
        settlement_id and points, in the surface's CRS.
    sites
        site_id and points or polygons.
    surface
        Ground and roads of the season.
    limit_min
        Longest way kept, minutes, inclusive.
    season, mode, walker
        How people travel, as in `geoplan.access.time_edges`.
    move_max_m
        Farthest a point that no walk leaves is moved, metres.
    progress
        Called with (searches done, searches).

    Returns
    -------
    pandas.DataFrame
        settlement_id, site_id, travel_min; one row per pair within the limit, by settlement and site as given.
    """
    columns = {"settlement_id": settlements["settlement_id"].astype(str), "site_id": sites["site_id"].astype(str)}
    if settlements.empty or sites.empty:
        return pd.DataFrame({**{name: pd.Series(dtype=object) for name in columns}, "travel_min": pd.Series(dtype=float)})
    ways = lay_ways(surface, *time_edges(surface.network, mode=mode, season=season, walker=walker), walker=walker)
    near, far = (
        enter(_xy(points), surface, move_max_m=move_max_m) for points in (settlements.geometry.to_numpy(), site_points(sites))
    )
    homes, places = (columns[name].tolist() for name in ("settlement_id", "site_id"))
    # One search serves all places of the other side.
    if len(settlements) <= len(sites):
        reach = tabulate_reach(
            far, near, surface, ways, demand_ids=places, supply_ids=homes, cutoff_min=limit_min, towards=True, progress=progress
        )
        home, place = reach.supply, reach.demand
    else:
        reach = tabulate_reach(
            near, far, surface, ways, demand_ids=homes, supply_ids=places, cutoff_min=limit_min, towards=False, progress=progress
        )
        home, place = reach.demand, reach.supply
    order = np.lexsort((place, home))
    table = {
        "settlement_id": np.array(homes, dtype=object)[home[order]],
        "site_id": np.array(places, dtype=object)[place[order]],
        "travel_min": reach.minutes[order],
    }
    return pd.DataFrame(table)


def _xy(points: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return (n, 2) easting, northing; NaN where there is no point."""
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])
