"""Find a layer whose coordinates are GCJ-02 or BD-09 though its label says otherwise, by its offset from another layer.

Settlements and facilities stand near roads. If undoing GCJ-02 (or BD-09) brings the points far nearer to the reference, and no plain labelling
does, the label is wrong. By hand: 200 points 20 m from their roads lie about 300 m from them after a shift of 553 m, since the
nearest other road is closer than the own one; undone, the median falls back to 20 m.

It must not cry wolf. The median distance must fall by more than 40 m and to under 60% (40% for fewer than 60 points), and shifts of
the same length in seven other directions must do clearly worse: points that have nothing to do with the reference gain as much from
any shift. The points must lie off the reference in more than one direction: beside one straight road an offset across it cannot be
told from houses that all stand back from it (twelve settlements 200 m north of a road are no GCJ-02). The other way round is tried as
well: points that fit once *put into* GCJ-02 say that the reference is the mislabelled layer.
"""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity
from geoplan.io.datum import bd09_from_wgs84, gcj02_from_wgs84, wgs84_from_bd09, wgs84_from_gcj02
from geoplan.io.problems import note_problem
from geoplan.spatial.crs import transformer_between

Points = NDArray[np.float64]
_MIN_POINTS = 12
_MAX_POINTS = 400
_FEW_POINTS = 60
_SHARE, _SHARE_FEW = 0.6, 0.4
_GAIN_M = 40.0
_RIVAL_SHARE = 0.75
_ONE_DIRECTION = 0.95
"""Mean resultant length of the doubled angles at which all offsets are taken for parallel (1: exactly)."""
_CANDIDATES: tuple[tuple[str, bool, Callable[[Points], Points]], ...] = (
    ("gcj02", True, wgs84_from_gcj02),
    ("bd09", True, wgs84_from_bd09),
    ("gcj02", False, gcj02_from_wgs84),
    ("bd09", False, bd09_from_wgs84),
)
"""Datum, whether the points (else the reference) would carry it, and the conversion of the points that tries it."""


def guess_datum_offset(
    points: gpd.GeoSeries, reference: gpd.GeoSeries, *, crs: CRS, layer: str, reference_layer: str
) -> Problem | None:
    """Return a problem if one of two layers looks like GCJ-02 or BD-09 beside the other, else None.

    Parameters
    ----------
    points
        Settlements or facilities in ``crs``; other geometries count by a point inside them.
    reference
        Roads (or settlement polygons) in ``crs`` that the points should lie near.
    crs
        Metric CRS of both, on CGCS2000 or WGS 84.
    layer, reference_layer
        Catalogue ids, for the message.

    Returns
    -------
    ``DATUM-OFFSET`` for the layer that looks mislabelled, with the mean offset in metres.
    """
    places = points.dropna()
    targets = reference.dropna()
    places, targets = places[~places.is_empty], targets[~targets.is_empty]
    if len(places) < _MIN_POINTS or targets.empty:
        return None
    every = shapely.get_coordinates(shapely.point_on_surface(places.to_numpy()))
    sample = every[np.unique(np.linspace(0, len(every) - 1, min(len(every), _MAX_POINTS)).astype(int))]
    tree = shapely.STRtree(targets.to_numpy())
    as_labelled = _median_distance_m(tree, sample)
    down = transformer_between(crs, CRS.from_epsg(4326))
    degrees = np.column_stack(down.transform(*sample.T))
    best: tuple[float, str, bool, Points] | None = None
    for datum, points_carry_it, convert in _CANDIDATES:
        longitude, latitude = convert(degrees).T
        moved = np.column_stack(down.transform(longitude, latitude, direction="INVERSE"))
        distance = _median_distance_m(tree, moved)
        if best is None or distance < best[0]:
            best = (distance, datum, points_carry_it, moved - sample)
    if best is None or not _convincing(tree, sample, as_labelled, best[0], best[3]):
        return None
    distance, datum, points_carry_it, shift = best
    offset_m = float(np.hypot(*shift.T).mean())
    return _offset_problem(
        layer if points_carry_it else reference_layer,
        reference_layer if points_carry_it else layer,
        datum,
        offset_m,
        as_labelled,
        distance,
        len(places),
    )


def _convincing(tree: shapely.STRtree, sample: Points, before_m: float, after_m: float, shift: Points) -> bool:
    """Return whether the gain is strong, and not to be had by shifting in any direction."""
    share = _SHARE if len(sample) >= _FEW_POINTS else _SHARE_FEW
    if not (before_m - after_m > _GAIN_M and after_m < share * before_m):
        return False
    for turn in np.arange(1, 8) * np.pi / 4:
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        if after_m > _RIVAL_SHARE * _median_distance_m(tree, sample + shift @ rotation):
            return False
    return not _is_one_directional(tree, sample)


def _is_one_directional(tree: shapely.STRtree, points: Points) -> bool:
    """Return whether the ways from the points to the reference are all parallel, so that they speak of one direction only."""
    nearest = tree.geometries[tree.nearest(shapely.points(points))]
    ways = shapely.get_coordinates(shapely.shortest_line(shapely.points(points), nearest)).reshape(-1, 2, 2)
    east, north = (ways[:, 1] - ways[:, 0]).T
    away = np.hypot(east, north) > 1.0
    doubled = np.exp(2j * np.arctan2(north[away], east[away]))
    return len(doubled) == 0 or float(np.abs(doubled.mean())) > _ONE_DIRECTION


def _median_distance_m(tree: shapely.STRtree, points: Points) -> float:
    _, distance = tree.query_nearest(shapely.points(points), return_distance=True, all_matches=False)
    return float(np.median(distance))


def _offset_problem(layer: str, other: str, datum: str, offset_m: float, before_m: float, after_m: float, count: int) -> Problem:
    name = {"gcj02": "GCJ-02", "bd09": "BD-09"}[datum]
    return note_problem(
        "DATUM-OFFSET",
        Severity.ERROR,
        layer,
        zh=f"与 {other} 相比系统性偏移约 {offset_m:.0f} m，疑为 {name} 坐标：纠偏后距离中位数由 {before_m:.0f} m 降为 {after_m:.0f} m",
        en=f"lies about {offset_m:.0f} m off beside {other} and looks like {name}: undone, the median distance falls from "
        f"{before_m:.0f} m to {after_m:.0f} m",
        fix_zh=f"核对来源；若确为 {name}，在目录中写 datum: {datum}。",
        fix_en=f"Ask the source; if it is {name}, state `datum: {datum}` in the catalogue.",
        column="geometry",
        count=count,
    )
