"""Gather what the ground around a receiving site offers: its name and township, road, water and farmland.

Distances are straight, from the one point that stands for a site. By hand: a place 100 m south of a concrete road and 300 m east of the
nearest spring: ``road_m`` 100, ``water_m`` 300, both with status ``ok``; in a county without any all-weather road ``road_m`` is missing
and its status ``unreachable``.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.access.facilities import collect_facilities
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.results import Demand, Layers
from geoplan.contracts.site_profile import SiteProfile
from geoplan.contracts.status import Status
from geoplan.relocation.exclusion import vector_layer
from geoplan.relocation.site_farmland import count_households, measure_farmland, share_farmland
from geoplan.relocation.site_times import straight_m


def name_patches(xy: NDArray[np.float64], demand: Demand) -> list[str]:
    """Return the name of the nearest settlement, so that people know where a patch is."""
    settlements = demand.settlements
    located = ~(settlements.geometry.is_empty | settlements.geometry.isna()).to_numpy()
    if not located.any() or "name" not in settlements.columns:
        return [""] * len(xy)
    own = settlements[located]
    nearest = cKDTree(np.column_stack([own.geometry.x, own.geometry.y])).query(xy)[1] if len(xy) else []
    return [f"{one}附近地块" for one in own["name"].to_numpy()[nearest]]


def find_townships(points: gpd.GeoDataFrame, demand: Demand) -> NDArray[np.object_]:
    """Return the code of the township a point lies in, else its own, else ``""``."""
    own = (
        points["township_code"].fillna("").to_numpy(dtype=object)
        if "township_code" in points
        else np.full(len(points), "", object)
    )
    polygons = demand.townships[demand.townships.geometry.notna()] if "geometry" in demand.townships else demand.townships
    if not len(polygons) or not len(points):
        return own
    place, unit = shapely.STRtree(polygons.geometry.to_numpy()).query(points.geometry.to_numpy(), predicate="intersects")
    # A point on a border belongs to the township listed first.
    first, pick = np.unique(place, return_index=True)
    found = own.copy()
    found[first] = polygons["code"].to_numpy(dtype=object)[unit[pick]]
    return np.where(own == "", found, own)


def add_distances(points: gpd.GeoDataFrame, roads: gpd.GeoSeries, water: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the sites with straight metres to an all-weather road and to a water point; no such road at all is proven out of reach."""
    near = points.copy()
    if "compactness" not in near:
        near["compactness"] = np.nan
    distance = np.full(len(points), np.nan)
    if len(roads) and len(points):
        (place, _), metres = shapely.STRtree(roads.to_numpy()).query_nearest(
            points.geometry.to_numpy(), return_distance=True, all_matches=False
        )
        distance[place] = metres
    near["road_m"] = distance
    near["road_status"] = np.where(np.isfinite(distance), str(Status.OK), str(Status.UNREACHABLE)).astype(object)
    metres = straight_m(np.column_stack([points.geometry.x, points.geometry.y]), water)
    near["water_m"] = np.full(len(points), np.nan) if metres is None else metres
    near["water_status"] = _ok_where_known(near["water_m"])
    return near


def find_water_points(layers: Layers, plan: PlanConfig) -> gpd.GeoDataFrame:
    """Return the facilities of the plan's services of kind ``water``."""
    services = [one for one in plan.services if one.kind == "water"]
    frames = [one[["geometry"]] for one in collect_facilities(layers, services).values()]
    return gpd.GeoDataFrame(
        pd.concat(frames, ignore_index=True) if frames else {"geometry": []}, geometry="geometry", crs=layers.crs
    )


def _ok_where_known(values: pd.Series) -> NDArray[np.object_]:
    """Return the status of a column that is there or has no data."""
    return np.where(values.notna(), str(Status.OK), str(Status.NO_DATA)).astype(object)


def add_farmland(
    points: gpd.GeoDataFrame, demand: Demand, layers: Layers, plan: PlanConfig, profile: SiteProfile
) -> gpd.GeoDataFrame:
    """Return the sites with the farmland within reach, and what a household could have of it."""
    tilled = points.copy()
    tilled["farmland_mu"], tilled["farmland_mu_per_household"] = np.nan, np.nan
    if plan.sites.farmland is not None:
        reach_m = plan.sites.farmland_reach_m or profile.farmland_reach_m
        mu = measure_farmland(points.geometry, vector_layer(layers, plan.sites.farmland, key="farmland"), reach_m=reach_m)
        present = count_households(points.geometry, demand.settlements, reach_m=reach_m)
        tilled["farmland_mu"] = mu
        tilled["farmland_mu_per_household"] = share_farmland(mu, present, points["capacity_households"].to_numpy(dtype=float))
    tilled["farmland_status"] = _ok_where_known(tilled["farmland_mu_per_household"])
    return tilled
