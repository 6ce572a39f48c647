"""Lay the homesteads: where the houses of every settlement stand, in clusters of about eight households.

A cluster is a rectangle; the clusters of a settlement lie on a tilted grid about its point, nearest places first, and add up to its
homestead area. Houses keep out of water, out of one another, and out of every hazard zone that does not hold the settlement's point: who is
threatened by point is threatened by house, and with the same class. The exception is planted: settlements beside a zone, one cluster of
which reaches into it (``houses_threatened`` in the truth).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import EPSG, Flags, Floats, Ints
from geoplan.synthetic.truth import list_threats

Shapes = NDArray[np.object_]

CLUSTER_HOUSEHOLDS = 8
MAX_CLUSTERS = 24
GAP_M = 12.0
"""Between two clusters of a settlement."""
ELBOW_M = 40.0
"""Houses keep so far from the points of other settlements."""
_OFFSETS = np.array(
    [(0.0, 0.0), (0.4, 0.0), (-0.4, 0.0), (0.0, 0.4), (0.0, -0.4), (0.4, 0.4), (-0.4, 0.4), (0.4, -0.4), (-0.4, -0.4)]
)
_TURNS = 6


@dataclass(frozen=True)
class _Room:
    """What houses must keep out of."""

    place: Shapes
    """(n,) settlements."""
    xy: Floats
    tree: cKDTree
    zones: shapely.STRtree
    """Hazard zones."""
    waters: shapely.STRtree
    edge: shapely.STRtree
    """Unsurveyed ground, in one piece per hole of the survey."""
    surveyed: Flags
    """(n,)"""
    laid: dict[int, Shapes]
    """Clusters laid so far."""


def draw_homesteads(
    rng: np.random.Generator,
    points: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    survey: gpd.GeoDataFrame,
    waters: Sequence[shapely.Geometry],
    *,
    spared: Flags,
    count: int = 12,
) -> gpd.GeoDataFrame:
    """Return homestead_id, settlement_id, households, persons and a polygon for each cluster of houses.

    Parameters
    ----------
    points
        Settlements with settlement_id, persons, households and homestead_m2.
    zones
        Hazard zones as polygons.
    survey
        Surveyed ground; houses of a surveyed settlement lie on it.
    waters
        Rivers and reservoirs.
    spared
        (n,) settlements at which no house is planted in a zone.
    count
        How many settlements beside a zone get a cluster that reaches into it.
    """
    at = points.geometry.to_numpy()
    area = shapely.union_all(survey.geometry.to_numpy())
    frame = shapely.box(*shapely.union_all(at).buffer(3000.0).bounds)
    holes = shapely.get_parts(frame.difference(area))
    room = _Room(
        place=at,
        xy=shapely.get_coordinates(at),
        tree=cKDTree(shapely.get_coordinates(at)),
        zones=shapely.STRtree(zones.geometry.to_numpy()),
        waters=shapely.STRtree(_bank(waters)),
        edge=shapely.STRtree(holes),
        surveyed=shapely.intersects(area, at),
        laid={},
    )
    clusters = count_clusters(points["households"].to_numpy())
    reaching = _choose_reaching(rng, room, spared, count)
    angle = rng.uniform(0.0, np.pi, len(points))
    size_m2 = points["homestead_m2"].to_numpy(dtype=float) / clusters
    for k in np.argsort(-points["homestead_m2"].to_numpy(), kind="stable").tolist():
        room.laid[k] = _lay(k, room, float(size_m2[k]), int(clusters[k]), float(angle[k]), reaching.get(k))
    return _write(points, room.laid, clusters)


def count_clusters(households: Ints) -> Ints:
    """Return how many clusters the houses of a settlement form: one for every eight households begun, at most 24."""
    return np.clip(-(-households // CLUSTER_HOUSEHOLDS), 1, MAX_CLUSTERS)


def list_house_threats(points: gpd.GeoDataFrame, homesteads: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return settlement_id, hazard_kind and hazard_class where houses are threatened and the settlement's point is not, or less."""
    houses = list_threats(homesteads, zones)
    both = houses.merge(list_threats(points, zones).assign(by_point=True), how="left")
    return both[both["by_point"].isna()].drop(columns="by_point").reset_index(drop=True)


def _bank(waters: Sequence[shapely.Geometry]) -> Shapes:
    """Return waters and their banks; lines stretch by stretch, as long ones take seconds to widen."""
    shapes = np.array(waters, dtype=object)
    coords, of = shapely.get_coordinates(shapes[shapely.get_dimensions(shapes) == 1], return_index=True)
    same = of[1:] == of[:-1]
    stretches = shapely.linestrings(np.stack([coords[:-1][same], coords[1:][same]], axis=1))
    return np.concatenate([shapely.buffer(stretches, 8.0, quad_segs=2), shapes[shapely.get_dimensions(shapes) == 2]])


def _choose_reaching(rng: np.random.Generator, room: _Room, spared: Flags, count: int) -> dict[int, shapely.Geometry]:
    """Return settlement number → zone beside it, for surveyed settlements 8 to 110 m off a single zone."""
    near_place, zone = room.zones.query(room.place, predicate="dwithin", distance=110.0)
    near = np.bincount(near_place, minlength=len(room.place))
    remote = np.ones(len(room.place), dtype=bool)
    remote[room.edge.query(room.place, predicate="dwithin", distance=300.0)[0]] = False
    own = dict(zip(near_place.tolist(), zone.tolist(), strict=True))
    shapes = room.zones.geometries
    drawn = rng.permutation(np.flatnonzero((near == 1) & ~spared & remote)).tolist()
    outside = [k for k in drawn if shapely.distance(shapes[own[k]], room.place[k]) > 8.0]
    return {k: shapes[own[k]] for k in outside[:count]}


def _grid(count: int) -> Floats:
    """Return places of a grid in steps, nearest to the middle first: room for ``count`` and as many again and more."""
    reach = int(np.ceil(np.sqrt(count))) + 2
    steps = np.stack(np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1)), axis=-1).reshape(-1, 2)
    return steps[np.argsort((steps**2).sum(axis=1), kind="stable")].astype(float)


def _rectangles(middle: Floats, width: float, height: float, angle: float) -> Shapes:
    """Return rectangles about (n, 2) middles, turned by ``angle`` (radians), to the decimetre."""
    corner = np.array([(-width, -height), (width, -height), (width, height), (-width, height)]) / 2.0
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    return shapely.polygons(np.round(middle[:, None, :] + corner @ turn, 1))


def _lay(k: int, room: _Room, size_m2: float, count: int, angle: float, zone: shapely.Geometry | None) -> Shapes:
    """Return the clusters of settlement ``k``: the one at its point, then the nearest places that are free."""
    width, height = np.sqrt(size_m2 * 1.5), np.sqrt(size_m2 / 1.5)
    step = np.array([width + GAP_M, height + GAP_M])
    barred = _find_barred(k, room, float(np.hypot(*step)) * (np.sqrt(count) + 3.0))
    first = np.empty(0, dtype=object) if zone is None else _reach_into(room.place[k], zone, barred, width, height, angle)
    if len(first) == count:
        return first
    barred = np.concatenate([barred, shapely.buffer(first, 5.0)])
    wanted, grid = count - len(first), _grid(count)
    best = np.empty(0, dtype=object)
    for turn in range(_TURNS):
        tilt = angle + turn * np.pi / _TURNS
        axes = np.array([(np.cos(tilt), np.sin(tilt)), (-np.sin(tilt), np.cos(tilt))])
        for offset in _OFFSETS:
            boxes = _rectangles(room.xy[k] + (grid * step + offset * (width, height)) @ axes, width, height, tilt)
            free = ~shapely.intersects(barred[:, None], boxes).any(axis=0)
            found = boxes[free][:wanted]
            if len(found) == wanted and free[0]:
                return np.concatenate([first, found])
            best = found if len(found) > len(best) else best
    return np.concatenate([first, best])


def _find_barred(k: int, room: _Room, reach: float) -> Shapes:
    """Return the shapes on which settlement ``k`` builds no house."""
    point = room.place[k]
    zones = room.zones.geometries[room.zones.query(point, predicate="dwithin", distance=reach)]
    others = [one for one in room.tree.query_ball_point(room.xy[k], reach + 450.0) if one != k]
    blocks = np.concatenate([np.empty(0, dtype=object), *[room.laid[one] for one in others if one in room.laid]])
    parts = [
        zones[~shapely.intersects(zones, point)],
        room.waters.geometries[room.waters.query(point, predicate="dwithin", distance=reach)],
        shapely.buffer(room.place[others], ELBOW_M),
        shapely.buffer(blocks[shapely.dwithin(blocks, point, reach)], 5.0),
    ]
    if room.surveyed[k]:
        parts.append(room.edge.geometries[room.edge.query(point, predicate="dwithin", distance=reach)])
    return np.concatenate(parts)


def _reach_into(
    point: shapely.Point, zone: shapely.Geometry, barred: Shapes, width: float, height: float, angle: float
) -> Shapes:
    """Return one cluster across the border of ``zone`` nearest to ``point``, or none where something else is in the way."""
    middle = shapely.get_coordinates(shapely.shortest_line(point, zone))[1:]
    block = _rectangles(middle, width, height, angle)
    others = barred[~shapely.equals(barred, zone)]
    return block if not shapely.intersects(others, block).any() else np.empty(0, dtype=object)


def _write(points: gpd.GeoDataFrame, laid: dict[int, Shapes], clusters: Ints) -> gpd.GeoDataFrame:
    """Return the clusters settlement by settlement, with whole households and persons that add up to the settlement's."""
    owner = np.repeat(np.arange(len(points)), [len(laid[k]) for k in range(len(points))])
    number = np.concatenate([np.arange(len(laid[k])) for k in range(len(points))])
    parts = np.bincount(owner, minlength=len(points))
    assert (parts == clusters).all()
    ids = points["settlement_id"].to_numpy()
    data = {
        "homestead_id": [f"{ids[k]}-{n + 1:02d}" for k, n in zip(owner.tolist(), number.tolist(), strict=True)],
        "settlement_id": ids[owner],
        "households": _share(points["households"].to_numpy(), owner, number, parts),
        "persons": _share(points["persons"].to_numpy(), owner, number, parts),
    }
    shapes = [one for k in range(len(points)) for one in laid[k]]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=EPSG)


def _share(total: Ints, owner: Ints, number: Ints, parts: Ints) -> Ints:
    """Return whole shares of each total over its parts; the first parts take what is left over."""
    return total[owner] // parts[owner] + (number < total[owner] % parts[owner])
