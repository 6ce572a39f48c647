"""Tell what the zones of one hazard kind say about places: the worst class, any doubt, whether somebody looked, how far the next zone is.

For a place x (a point, or the ground of a house) and the zones z of one kind (see `geoplan.relocation.zones`), with d(x, z) the distance to the
feature:

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

By hand: a landslide at (0, 0), radius 100 m, class high, surveyed square ±1000 m. A place at (60, 80) lies at 100 m, on
the border: high, 0.75, distance 0. One at (300, 0): none, 0, distance 200. One at (1500, 0): no_data, NaN, distance 1400.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.contracts.status import HAZARD_INDEX
from geoplan.relocation.zones import Zones

BORDER_TOLERANCE_M = 1e-6
"""Distances are rounded to about 1e-9 m at county coordinates; a micrometre on the exposed side makes borders sure."""
_STRETCH = 16
_STANDS_IN_DOUBT = HAZARD_INDEX["high"]


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
        first_of, pick = worst_first(place, zones.index[zone], zones.ids[zone])
        index[first_of], zone_id[first_of] = zones.index[zone[pick]], zones.ids[zone[pick]]
        blind = np.isnan(zones.index[zone])
        first_blind, pick = worst_first(place[blind], np.zeros(int(blind.sum())), zones.ids[zone[blind]])
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


def worst_first(
    place: NDArray[np.intp], index: NDArray[np.float64], ids: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return each place once and the position of its worst pair (ties: smallest id); unknown classes come last.

    By hand: places 0, 0, 1 with indices 0.25, 0.75, NaN and ids a, b, c: places (0, 1), positions (1, 2).
    """
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
    features, of = _split_outlines(zones.geometry)
    reach_m = zones.reach_m[of]
    tree = shapely.STRtree(features)
    (place, near), gap = tree.query_nearest(points, return_distance=True, all_matches=False)
    bound = np.full(count, np.nan)
    bound[place] = np.maximum(gap - reach_m[near], 0.0)
    longest = float(reach_m.max())
    if float(reach_m.min()) == longest:
        return bound
    near, feature = tree.query(points[place], predicate="dwithin", distance=bound[place] + longest + BORDER_TOLERANCE_M)
    distances = np.maximum(shapely.distance(points[place][near], features[feature]) - reach_m[feature], 0.0)
    np.minimum.at(bound, place[near], distances)
    return bound


def _split_outlines(geometry: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return the features, large ones as points and short outlines, and which feature each belongs to.

    A flood zone of twenty thousand vertices is one entry of a search tree; in stretches of 16 its nearest is found without looking at all of it.
    What lies inside a polygon is measured to its border: the caller knows that it is inside.
    """
    wide = shapely.get_num_coordinates(geometry) > _STRETCH + 1
    large, small = np.flatnonzero(wide), np.flatnonzero(~wide)
    parts, of = shapely.get_parts(geometry[large], return_index=True)
    areal = shapely.get_dimensions(parts) == 2
    parts[areal] = shapely.boundary(parts[areal])
    lines, line_of = shapely.get_parts(parts, return_index=True)
    of = large[of[line_of]]
    long = shapely.get_num_points(lines) > _STRETCH + 1
    coords, line = shapely.get_coordinates(lines[long], return_index=True)
    first = np.flatnonzero(np.append(True, line[1:] != line[:-1])) if len(line) else np.empty(0, dtype=np.intp)
    at = np.arange(len(line)) - first[line]
    last = np.append(first[1:], len(line))[line] - first[line] - 1 if len(line) else at
    # A vertex between two stretches ends one and begins the next.
    joint = (at % _STRETCH == 0) & (at > 0)
    begins, ends = np.flatnonzero(~joint | (at < last)), np.flatnonzero(joint)
    vertex = np.concatenate([ends, begins])
    stretch = np.concatenate([at[ends] // _STRETCH - 1, at[begins] // _STRETCH])
    order = np.lexsort((vertex, stretch, line[vertex]))
    vertex, stretch = vertex[order], stretch[order]
    key = line[vertex] * (int(stretch.max(initial=0)) + 1) + stretch
    distinct, number = np.unique(key, return_inverse=True)
    pieces = shapely.linestrings(coords[vertex], indices=number) if len(vertex) else np.empty(0, dtype=object)
    owner = np.flatnonzero(long)[distinct // (int(stretch.max(initial=0)) + 1)]
    return np.concatenate([geometry[small], lines[~long], pieces]), np.concatenate([small, of[~long], of[owner]])


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
