"""Hold the layers against one another: one that lies elsewhere, one whose datum is mislabelled."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geoplan.contracts.config import LayerSpec, PlanConfig
from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity
from geoplan.io.offset import guess_datum_offset
from geoplan.io.problems import note_problem
from geoplan.spatial.crs import Bounds


def compare_layers(
    vectors: dict[str, gpd.GeoDataFrame], specs: dict[str, LayerSpec], plan: PlanConfig, *, bounds: Bounds, crs: CRS
) -> list[Problem]:
    """Return what is odd about where the layers lie.

    Parameters
    ----------
    vectors
        All vector layers in the working CRS.
    specs
        Their catalogue entries.
    plan
        Names the roads and settlements that others are held against.
    bounds
        Study area in the working CRS, metres.
    crs
        Working CRS.
    """
    problems = [found for name, frame in vectors.items() for found in _elsewhere(name, frame, bounds)]
    roads = vectors.get(plan.roads)
    if roads is None:
        return problems
    facilities = (one for service in plan.services for one in service.layers)
    for name in dict.fromkeys((plan.settlements, *facilities)):
        frame = vectors.get(name)
        if frame is None or specs[name].datum in {"gcj02", "bd09"} or name in {one.layer for one in problems}:
            continue
        found = guess_datum_offset(frame.geometry, roads.geometry, crs=crs, layer=name, reference_layer=plan.roads)
        if found is not None and found.layer not in {one.layer for one in problems if one.code == found.code}:
            problems.append(found)
    return problems


def _elsewhere(name: str, frame: gpd.GeoDataFrame, bounds: Bounds) -> list[Problem]:
    """Return a problem if no feature of a layer touches the study area."""
    boxes = shapely.bounds(frame.geometry.dropna().to_numpy())
    if not len(boxes):
        return []
    west, south, east, north = bounds
    touching = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    if touching.any():
        return []
    east_km = (float(np.nanmedian(boxes[:, [0, 2]].mean(axis=1))) - (west + east) / 2) / 1000
    north_km = (float(np.nanmedian(boxes[:, [1, 3]].mean(axis=1))) - (south + north) / 2) / 1000
    return [
        note_problem(
            "LAYER-ELSEWHERE",
            Severity.ERROR,
            name,
            zh=f"图层整体不在研究区内：中心偏东 {east_km:.0f} km、偏北 {north_km:.0f} km，可能是带号或坐标系标错",
            en=f"no feature lies in the study area: the middle is {east_km:.0f} km east and {north_km:.0f} km north of it; "
            "a wrong zone or CRS?",
            fix_zh="核对该图层的坐标系与投影带。",
            fix_en="Check the layer's CRS and zone.",
            column="geometry",
            count=len(frame),
        )
    ]
