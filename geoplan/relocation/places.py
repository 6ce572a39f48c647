"""Take the existing receiving places (集镇、聚居点、园区) as sites, each checked for hazard like a new one.

A place is listed whatever is found: in a zone or within the margin of one it carries ``excluded_reason`` ``hazard``; near a modelled
run-out or flood-prone ground ``run_out``, ``flood_prone``; where some kind is not known, ``hazard_unknown`` or ``flood_prone_unknown``
(nobody is resettled on unknown ground). A place drawn as an area is judged by all of it. By hand: a zone of radius 100 m, margin 50 m: a
place at 150 m from its centre is excluded, at 151 m it is not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.contracts.config import HazardConfig, PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Layers
from geoplan.errors import LayerError
from geoplan.relocation.capacity import size_places
from geoplan.relocation.hazard import BORDER_TOLERANCE_M, combine, locate, settle
from geoplan.relocation.site_safety import Screening, judge_screened
from geoplan.relocation.zones import Zones, read_zones
from geoplan.spatial.terrain import sample_bilinear


def read_places(layers: Layers, plan: PlanConfig, slope: Grid, *, screening: Screening | None = None) -> pd.DataFrame:
    """Return one row per existing place, geometry a point; no rows where the plan names no layer.

    ``screening`` is what models say of run-out and floods (`geoplan.relocation.site_safety.read_screening`).

    Raises
    ------
    LayerError
        ``LAYER-MISSING`` when the plan names a layer that was not read.
    """
    name = plan.sites.places
    if name is None:
        return pd.DataFrame()
    if name not in layers.vectors:
        raise LayerError(f"layer {name!r} was not read", code="LAYER-MISSING", layer=name, remedy="List it in the catalogue.")
    frame = layers.vectors[name]
    shapes = frame.geometry.to_numpy()
    points = shapely.centroid(shapes)
    area = shapely.area(shapes)
    margin_m = plan.sites.hazard_margin_m
    reason = judge_places(shapes, layers, plan.hazards, margin_m=margin_m)
    if screening is not None:
        modelled = judge_screened(shapes, screening, margin_m=margin_m)
        # What is mapped speaks before what is modelled, and danger before ignorance.
        reason = np.where(
            (reason == "hazard") | (modelled == "") | ((reason != "") & (modelled == "flood_prone_unknown")), reason, modelled
        )
    rows = pd.DataFrame(
        {
            "site_id": _text(frame, "site_id", [f"{name}#{number}" for number in range(len(frame))]),
            "name": _text(frame, "name", [""] * len(frame)),
            "kind": _text(frame, "site_kind", ["place"] * len(frame)),
            "area_m2": np.where(area > 0, area, np.nan),
            "slope_deg": sample_bilinear(slope, np.column_stack([shapely.get_x(points), shapely.get_y(points)])),
            "excluded_reason": reason,
            "township_code": _text(frame, "township_code", [""] * len(frame)),
            "patch": np.nan,
            "geometry": points,
        }
    )
    stated = frame["capacity_households"] if "capacity_households" in frame.columns else pd.Series(np.nan, index=frame.index)
    households = pd.to_numeric(stated, errors="coerce").to_numpy(dtype=float)
    return rows.join(size_places(households, name, people_per_household=plan.people_per_household))


def judge_places(
    shapes: NDArray[np.object_], layers: Layers, hazards: list[HazardConfig], *, margin_m: float
) -> NDArray[np.object_]:
    """Return ``hazard``, ``hazard_unknown`` or ``""`` for each place (a point, or the ground it covers), by every hazard kind of the plan."""
    points = shapely.centroid(shapes)
    areal = shapely.get_dimensions(shapes) > 0
    threatened = np.zeros(len(points), dtype=bool)
    unknown = np.full(len(points), not hazards)
    zones = [read_zones(layers, one) for one in hazards]
    for kind in dict.fromkeys(one.kind for one in hazards):
        of_kind = [one for one in zones if one.kind == kind]
        found = combine([locate(points, one) for one in of_kind])
        known, index, _ = settle(found)
        near = np.nan_to_num(found.distance_m, nan=np.inf) <= margin_m + BORDER_TOLERANCE_M
        threatened |= near | (np.nan_to_num(index) > 0)
        unknown |= ~known
        if areal.any():
            threatened[areal] |= _touch_zones(shapes[areal], of_kind, margin_m)
            unknown[areal] |= _reach_beyond(shapes[areal], of_kind)
    return np.select([threatened, unknown], ["hazard", "hazard_unknown"], default="").astype(object)


def _touch_zones(shapes: NDArray[np.object_], zones: list[Zones], margin_m: float) -> NDArray[np.bool_]:
    """Return which areas come within the margin of a zone."""
    touched = np.zeros(len(shapes), dtype=bool)
    for one in zones:
        if len(one.geometry):
            reach = one.reach_m + margin_m + BORDER_TOLERANCE_M
            touched[shapely.STRtree(shapes).query(one.geometry, predicate="dwithin", distance=reach)[1]] = True
    return touched


def _reach_beyond(shapes: NDArray[np.object_], zones: list[Zones]) -> NDArray[np.bool_]:
    """Return which areas reach beyond the surveyed polygons of a kind; where a raster speaks for it, the centre decides."""
    if any(one.raster is not None for one in zones):
        return np.zeros(len(shapes), dtype=bool)
    surveyed = shapely.union_all(np.concatenate([one.surveyed for one in zones]))
    return ~np.asarray(shapely.covers(surveyed, shapes), dtype=bool)


def _text(frame: pd.DataFrame, column: str, default: list[str]) -> list[str]:
    """Return a column as text, with ``default`` where it is missing or empty."""
    if column not in frame.columns:
        return default
    own = frame[column]
    return [str(one) if known and str(one) else other for one, known, other in zip(own, own.notna(), default, strict=True)]
