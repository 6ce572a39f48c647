"""Say to which hazards each settlement is exposed, how badly, and where nobody has looked.

For a place x and the zones z of one hazard kind (see `geoplan.relocation.zones`), with d(x, z) the distance to the feature:

    x is inside z          when d(x, z) ≤ reach_z, the border included (to within a micrometre, against rounding)
    class of x             = the worst class among the zones that hold x (never a sum)
    distance_m             = max(0, min_z (d(x, z) − reach_z))

What is known about x, in this order:
1. inside a zone of class high or extreme: known, whatever else is in doubt;
2. a doubt: inside a zone of unknown class, or the kind has features that cannot be placed (no position, no radius, no
   setback): ``no_data``, and ``source_id`` names the feature. A doubt can only worsen a place, so low and medium do not stand;
3. inside a zone of class low or medium: known;
4. outside every zone, inside an area that at least one layer of the kind surveyed: known, class ``none``, index 0;
5. otherwise ``no_data``. Without a stated ``survey_area`` the absence of a zone is no evidence of safety, so a place outside the
   zones is unknown. A raster is its own survey where its cells have values.

By hand: a landslide at (0, 0), radius 100 m, class high, surveyed square ±1000 m. A settlement at (60, 80) lies at 100 m, on
the border: high, 0.75, distance 0. One at (300, 0): none, 0, distance 200. One at (1500, 0): no_data, NaN, distance 1400.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.contracts.config import HazardConfig
from geoplan.contracts.results import Demand, ExposureResult, Layers
from geoplan.contracts.status import HAZARD_INDEX, Status
from geoplan.relocation.zones import Zones, read_zones
from geoplan.spatial.frames import require_same_crs

BORDER_TOLERANCE_M = 1e-6
"""Distances are rounded to about 1e-9 m at county coordinates; a micrometre on the exposed side makes borders sure."""
_STANDS_IN_DOUBT = HAZARD_INDEX["high"]
_CLASS_OF_INDEX = {index: name for name, index in HAZARD_INDEX.items()}


@dataclass(frozen=True)
class PlaceHazard:
    """What one layer or one kind says about n places."""

    index: NDArray[np.float64]
    """(n,) worst index among the zones that hold the place; NaN when no zone of known class does."""
    zone_id: NDArray[np.object_]
    """(n,) id of that zone."""
    layer: NDArray[np.object_]
    """(n,) layer that decides: of the zone, of the doubt, or of the survey."""
    doubt: NDArray[np.bool_]
    """(n,) a zone of unknown class, or a feature that cannot be placed, may hold the place."""
    doubt_id: NDArray[np.object_]
    """(n,) id of that feature."""
    surveyed: NDArray[np.bool_]
    """(n,) somebody looked here."""
    distance_m: NDArray[np.float64]
    """(n,) to the nearest zone, 0 inside; NaN when no zone is mapped."""


def expose(demand: Demand, layers: Layers, hazards: Sequence[HazardConfig]) -> ExposureResult:
    """Return the exposure of every settlement to every hazard kind of the plan.

    Parameters
    ----------
    demand
        Settlements in the working CRS.
    layers
        Layers in the working CRS.
    hazards
        Hazard layers of the plan; several of one kind combine by the worst. None: hazard is unknown everywhere.

    Returns
    -------
    ExposureResult
        One row per settlement × kind, and a summary row per settlement. The summary is ``ok`` when every kind is known, or when
        the known ones already reach extreme; a settlement whose position is missing is ``no_data`` throughout.

    Raises
    ------
    CrsError
        ``CRS-MISSING`` or ``CRS-MIXED`` when settlements and layers do not share one CRS.
    LayerError, ConfigError
        As `read_zones`.
    """
    settlements = demand.settlements
    require_same_crs(settlements.crs, layers.crs, what="settlement layer")
    ids = settlements["settlement_id"].to_numpy()
    kinds = list(dict.fromkeys(one.kind for one in hazards))
    if not kinds:
        return _unknown_everywhere(ids)
    points = settlements.geometry.to_numpy()
    zones = [read_zones(layers, one) for one in hazards]
    frames = []
    for kind in kinds:
        of_kind = [one for one in zones if one.kind == kind]
        found = combine([locate(points, one) for one in of_kind])
        frames.append(_kind_rows(ids, kind, found, {one.layer: one.vintage for one in of_kind}))
    exposure = pd.concat(frames, ignore_index=True)
    # Settlement by settlement, kinds in the plan's order.
    order = np.arange(len(exposure)).reshape(len(kinds), len(ids)).T.ravel()
    exposure = exposure.iloc[order].reset_index(drop=True)
    return ExposureResult(exposure=exposure, summary=_summarise(exposure, ids, kinds))


def locate(points: NDArray[np.object_], zones: Zones) -> PlaceHazard:
    """Return what one layer's zones say about ``points`` (n point geometries; a missing one is unknown throughout)."""
    count = len(points)
    index, zone_id = np.full(count, np.nan), np.full(count, "", dtype=object)
    doubt, doubt_id = np.zeros(count, dtype=bool), np.full(count, "", dtype=object)
    if zones.unplaced_ids:
        doubt[:], doubt_id[:] = True, zones.unplaced_ids[0]
    if zones.raster is None and len(zones.geometry):
        zone, place = shapely.STRtree(points).query(
            zones.geometry, predicate="dwithin", distance=zones.reach_m + BORDER_TOLERANCE_M
        )
        first_of, pick = _worst_first(place, zones.index[zone], zones.ids[zone])
        index[first_of], zone_id[first_of] = zones.index[zone[pick]], zones.ids[zone[pick]]
        blind = np.isnan(zones.index[zone])
        first_blind, pick = _worst_first(place[blind], np.zeros(int(blind.sum())), zones.ids[zone[blind]])
        doubt[first_blind], doubt_id[first_blind] = True, zones.ids[zone[blind][pick]]
    surveyed = _inside_any(points, zones.surveyed)
    if zones.raster is not None:
        sampled = _sample_worst(points, zones)
        index = np.where(sampled > 0, sampled, np.nan)
        surveyed = (sampled == 0) & (surveyed | (not zones.raster_needs_survey))
    inside = ~np.isnan(index) | (doubt & ~np.isin(doubt_id, zones.unplaced_ids))
    distance = np.where(inside, 0.0, _distance_m(points, zones))
    return PlaceHazard(index, zone_id, np.full(count, zones.layer, dtype=object), doubt, doubt_id, surveyed, distance)


def combine(found: Sequence[PlaceHazard]) -> PlaceHazard:
    """Return what several layers of one kind say together: the worst zone, any doubt, any survey, the least distance.

    A layer that did not look somewhere takes nothing from one that did: two half-county surveys make a whole one.
    """
    if len(found) == 1:
        return found[0]
    index = np.stack([one.index for one in found])
    doubt, surveyed = np.stack([one.doubt for one in found]), np.stack([one.surveyed for one in found])
    worst = np.where(np.isnan(index), -1.0, index).argmax(axis=0)
    in_zone, in_doubt = ~np.isnan(index).all(axis=0), np.logical_or.reduce(doubt, axis=0)
    stands = in_zone & ((np.where(np.isnan(index), -1.0, index).max(axis=0) >= _STANDS_IN_DOUBT) | ~in_doubt)
    decides = np.where(stands, worst, np.where(in_doubt, doubt.argmax(axis=0), surveyed.argmax(axis=0)))
    at = np.arange(index.shape[1])
    distance = np.stack([one.distance_m for one in found])
    return PlaceHazard(
        index=index[worst, at],
        zone_id=np.stack([one.zone_id for one in found])[worst, at],
        layer=np.stack([one.layer for one in found])[decides, at],
        doubt=in_doubt,
        doubt_id=np.stack([one.doubt_id for one in found])[doubt.argmax(axis=0), at],
        surveyed=np.logical_or.reduce(surveyed, axis=0),
        distance_m=np.fmin.reduce(distance, axis=0),
    )


def settle(found: PlaceHazard) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.object_]]:
    """Return, by the module's five rules, whether each place is known, its index (NaN unknown) and the id that decides."""
    in_zone = ~np.isnan(found.index)
    stands = in_zone & ((np.where(in_zone, found.index, 0.0) >= _STANDS_IN_DOUBT) | ~found.doubt)
    known = stands | (~in_zone & ~found.doubt & found.surveyed)
    index = np.where(stands, found.index, np.where(known, 0.0, np.nan))
    return known, index, np.where(stands, found.zone_id, np.where(found.doubt, found.doubt_id, ""))


def _worst_first(
    place: NDArray[np.intp], index: NDArray[np.float64], ids: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return each place once and the position of its worst pair (ties: smallest id); unknown classes come last."""
    if not len(place):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    order = np.lexsort((ids.astype(str), -np.where(np.isnan(index), -1.0, index), place))
    unique, first = np.unique(place[order], return_index=True)
    return unique, order[first]


def _inside_any(points: NDArray[np.object_], polygons: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which points lie in a polygon, border included."""
    inside = np.zeros(len(points), dtype=bool)
    if len(polygons):
        inside[shapely.STRtree(points).query(polygons, predicate="intersects")[1]] = True
    return inside


def _distance_m(points: NDArray[np.object_], zones: Zones) -> NDArray[np.float64]:
    """Return the distance to the nearest zone, metres (NaN where there is none or the point is missing).

    The nearest feature gives an upper bound u; a nearer zone can only belong to a feature within u + the longest reach.
    """
    count = len(points)
    if not len(zones.geometry):
        return np.full(count, np.nan)
    tree = shapely.STRtree(zones.geometry)
    (place, zone), gap = tree.query_nearest(points, return_distance=True, all_matches=False)
    bound = np.full(count, np.nan)
    bound[place] = np.maximum(gap - zones.reach_m[zone], 0.0)
    longest = float(zones.reach_m.max())
    if float(zones.reach_m.min()) == longest:
        return bound
    near, feature = tree.query(points[place], predicate="dwithin", distance=bound[place] + longest + BORDER_TOLERANCE_M)
    distances = np.maximum(shapely.distance(points[place][near], zones.geometry[feature]) - zones.reach_m[feature], 0.0)
    np.minimum.at(bound, place[near], distances)
    return bound


def _sample_worst(points: NDArray[np.object_], zones: Zones) -> NDArray[np.float64]:
    """Return the raster's index at each point: the worst of the cells it touches; NaN outside, and where safety is not sure."""
    grid = zones.raster
    assert grid is not None
    rows, cols = grid.shape
    x, y = shapely.get_x(points), shapely.get_y(points)
    column, row = (x - grid.transform.c) / grid.transform.a, (y - grid.transform.f) / grid.transform.e
    slack = BORDER_TOLERANCE_M / max(grid.cell_size)
    worst, unsure = np.full(len(points), np.nan), np.zeros(len(points), dtype=bool)
    for d_col, d_row in ((-slack, -slack), (-slack, slack), (slack, -slack), (slack, slack)):
        here_col, here_row = np.floor(column + d_col), np.floor(row + d_row)
        inside = (here_col >= 0) & (here_col < cols) & (here_row >= 0) & (here_row < rows)
        value = np.full(len(points), np.nan)
        value[inside] = grid.values[here_row[inside].astype(int), here_col[inside].astype(int)]
        unsure |= np.isnan(value)
        worst = np.fmax(worst, value)
    # Beside an unknown cell "none" is not sure; a zone is.
    return np.where(unsure & (worst == 0), np.nan, worst)


def _kind_rows(ids: NDArray[np.object_], kind: str, found: PlaceHazard, vintages: dict[str, str]) -> pd.DataFrame:
    """Return the rows of one kind."""
    known, index, decides = settle(found)
    return pd.DataFrame(
        {
            "settlement_id": ids,
            "hazard_kind": kind,
            "status": np.where(known, str(Status.OK), str(Status.NO_DATA)),
            "hazard_class": [_CLASS_OF_INDEX[one] if sure else "" for one, sure in zip(index, known, strict=True)],
            "exposure_index": index,
            "distance_m": found.distance_m,
            "source_layer": found.layer,
            "source_id": decides,
            "vintage": [vintages[one] for one in found.layer],
        }
    )


def _summarise(exposure: pd.DataFrame, ids: NDArray[np.object_], kinds: Sequence[str]) -> pd.DataFrame:
    """Return one row per settlement from rows ordered settlement × kind."""
    index = exposure["exposure_index"].to_numpy(dtype=float).reshape(len(ids), len(kinds))
    known = ~np.isnan(index)
    filled = np.where(known, index, -1.0)
    worst = filled.max(axis=1)
    any_known, hit = worst >= 0, worst > 0
    sure = known.all(axis=1) | (worst >= HAZARD_INDEX["extreme"])
    return pd.DataFrame(
        {
            "settlement_id": ids,
            "hazard_status": np.where(sure, str(Status.OK), str(Status.NO_DATA)),
            "worst_kind": np.where(hit, np.array(kinds, dtype=object)[filled.argmax(axis=1)], ""),
            "worst_class": [_CLASS_OF_INDEX.get(float(one), "") for one in worst],
            "hazard_index": np.where(any_known, worst, np.nan),
        }
    )


def _unknown_everywhere(ids: NDArray[np.object_]) -> ExposureResult:
    """Return the result of a plan that maps no hazard: unknown, not safe."""
    no_data = str(Status.NO_DATA)
    nothing = {
        "hazard_class": "",
        "exposure_index": np.nan,
        "distance_m": np.nan,
        "source_layer": "",
        "source_id": "",
        "vintage": "",
    }
    exposure = pd.DataFrame({"settlement_id": ids, "hazard_kind": "any", "status": no_data, **nothing})
    summary = pd.DataFrame(
        {"settlement_id": ids, "hazard_status": no_data, "worst_kind": "", "worst_class": "", "hazard_index": np.nan}
    )
    return ExposureResult(exposure=exposure, summary=summary)
