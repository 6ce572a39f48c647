"""Time the way from old land to every receiving site, within a limit: people who move go on farming where they farmed.

Minutes are one way over the plan's own travel-time field, from the settlement's place to the site's (`site_points`), in the season and mode
asked for. A pair beyond the limit has no row; a settlement or site that could not be placed has none either.
By hand: on level ground at 5 km/h, sites 500 m and 2 km away are 6 and 24 min; with a limit of 10 min only the first has a row.
"""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.access.entries import enter
from geoplan.access.reach_field import tabulate_reach
from geoplan.access.surface import Surface
from geoplan.access.ways import lay_ways, time_edges


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
    """Return the minutes from settlements to sites within a limit.

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
        Called with (sites done, sites).

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
    ids = [columns[name].tolist() for name in ("settlement_id", "site_id")]
    reach = tabulate_reach(near, far, surface, ways, demand_ids=ids[0], supply_ids=ids[1], cutoff_min=limit_min, progress=progress)
    return pd.DataFrame(
        {
            "settlement_id": reach.demand_ids[reach.demand],
            "site_id": reach.supply_ids[reach.supply],
            "travel_min": reach.minutes,
        }
    )


def _xy(points: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return (n, 2) easting, northing; NaN where there is no point."""
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])
