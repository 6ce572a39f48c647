"""Wall the pockets in: cliffs that run from river to river around each, so that its own crossing is the only way out.

The wall follows the land: it is the line where the distance to the pocket (its settlements and its own road) and four times the difference in
height to it add up to a given reach, smoothed. Where that line meets water the river takes over; the cliff ends some metres beyond the water's
line, so that no gap is left. The ground a pocket shares is the face that water and wall cut out. By hand: a pocket at the head of a 10 % slope with a
reach of 700 m is walled in at 700 m along the contour and at 500 m up the slope: 500 + 4 · 50 = 700.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import shapes as trace_shapes
from rasterio.transform import Affine
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import EPSG, FINE, Floats, Ints
from geoplan.synthetic.ground import Ground
from geoplan.synthetic.pockets import Plant
from geoplan.synthetic.walking import WET_CLOSED

_REACHES_M = (1000.0, 880.0, 760.0, 650.0, 550.0, 460.0, 380.0)
_CLIMB = 4.0
_FREE_M = 160.0
"""The wall keeps so far off the pocket's own houses, road and crossing, and off everybody else's houses."""
_BEYOND_M = 14.0
"""How far a cliff runs on beyond the water it ends at."""
_CENTRE_M = 0.05
"""No cliff passes so near to a cell's centre: on which side a walker there stands must not hang on rounding."""


def own_roads(roads: gpd.GeoDataFrame, xy: Floats) -> tuple[Ints, Ints]:
    """Return the rows of the roads of the pocket around (n, 2) ``xy``: those inside, and the crossings that lead out.

    Inside is what hangs together with the road nearest to the pocket once fords, ferries and ropes are shut.
    """
    closed = roads["crossing"].isin(WET_CLOSED).to_numpy()
    coordinates, line = shapely.get_coordinates(roads.geometry.to_numpy(), return_index=True)
    vertex, number = np.unique(np.round(coordinates, 3), axis=0, return_inverse=True)
    number = number.ravel()
    held = ~closed[line]
    lines = len(roads)
    graph = csr_matrix((np.ones(held.sum()), (line[held], number[held] + lines)), shape=(lines + len(vertex),) * 2)
    label = connected_components(graph, directed=False)[1]
    nearest = np.flatnonzero(held)[cKDTree(coordinates[held]).query(xy[0])[1]]
    inside = np.flatnonzero((label[:lines] == label[line[nearest]]) & ~closed)
    touched = np.unique(line[~held & (label[number + lines] == label[line[nearest]])])
    return inside, touched


def _outline(soft: Floats, own: shapely.Geometry, reach_m: float) -> shapely.Polygon:
    """Return the smooth outline of the ground within reach of ``own`` by the ``soft`` heights of the 50 m grid, river or not."""
    west, south, east, north = own.buffer(reach_m + 200.0).bounds
    transform, (rows, cols), cell = FINE.transform, FINE.shape, FINE.cell_m
    left, right = (int(np.clip((one - transform.c) // cell, 0, cols - 1)) for one in (west, east))
    top, bottom = (int(np.clip((transform.f - one) // cell, 0, rows - 1)) for one in (north, south))
    window = np.arange(rows * cols).reshape(rows, cols)[top : bottom + 1, left : right + 1]
    spots = shapely.get_coordinates(shapely.segmentize(own, 25.0))
    away_m, nearest = cKDTree(spots).query(FINE.centres()[window.ravel()])
    rise_m = np.abs(soft.ravel()[window.ravel()] - soft.ravel()[FINE.cells(spots)][nearest])
    mask = (away_m + _CLIMB * rise_m <= reach_m).reshape(window.shape)
    corner = Affine(cell, 0.0, transform.c + left * cell, 0.0, -cell, transform.f - top * cell)
    found = trace_shapes(mask.astype(np.uint8), mask=mask, transform=corner)
    close = own.buffer(_FREE_M + 60.0)
    cells = shapely.union_all([shapely.Polygon(one["coordinates"][0]) for one, _ in found] + [close])
    rounded = cells.buffer(110.0).buffer(-220.0).buffer(110.0).union(close).buffer(60.0).buffer(-60.0)
    whole = max(shapely.get_parts(rounded), key=lambda one: one.area)
    return shapely.Polygon(whole.exterior).simplify(9.0)


def _extend(line: shapely.LineString) -> shapely.LineString:
    """Return a cliff run on straight beyond both its ends, coordinates in decimetres."""
    xy = shapely.get_coordinates(line)
    first, last = xy[0] - xy[1], xy[-1] - xy[-2]
    first, last = (_BEYOND_M * one / np.hypot(*one) for one in (first, last))
    return shapely.LineString(np.round(np.vstack([xy[0] + first, xy, xy[-1] + last]), 1))


def _wall(
    outline: shapely.Polygon, water: Sequence[shapely.Geometry], home: shapely.Point
) -> tuple[shapely.Polygon, list[shapely.LineString]]:
    """Return the face around ``home`` that the outline and the water cut out, and the parts of its border that are cliff."""
    lines = [one.boundary if one.geom_type == "Polygon" else one for one in water]
    near = shapely.union_all([one for one in lines if one.intersects(outline)])
    pieces = shapely.get_parts(shapely.union_all([outline.exterior, near]))
    face = next(one for one in shapely.get_parts(shapely.polygonize(pieces)) if one.contains(home))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    # A distance to no water is NaN, which is not near.
    dry = (shapely.distance(middle, face.exterior) < 1e-6) & ~(shapely.distance(middle, near) < 1e-6)
    merged = shapely.line_merge(shapely.union_all(pieces[dry]))
    return face, [_extend(one) for one in shapely.get_parts(merged) if not one.is_empty]


def _is_sound(
    face: shapely.Polygon,
    cliffs: list[shapely.LineString],
    water: shapely.STRtree,
    *,
    own: shapely.Geometry,
    roads: shapely.STRtree,
    ours: Ints,
    others: shapely.STRtree,
) -> bool:
    """Say whether a wall holds.

    The pocket is within; nobody else's house or road is within or near; no road meets a cliff; both ends of each cliff lie across water.
    """
    if not cliffs or not face.covers(own) or len(np.setdiff1d(roads.query(face, predicate="intersects"), ours)):
        return False
    taken = shapely.union_all([face, *[one.buffer(_FREE_M) for one in cliffs]])
    if len(others.query(taken, predicate="intersects")):
        return False
    return not any(_leaks(one, water, roads) for one in cliffs)


def _leaks(cliff: shapely.LineString, water: shapely.STRtree, roads: shapely.STRtree) -> bool:
    """Say whether a cliff meets a road, ends short of water, or passes through the centre of a cell."""
    xy = shapely.get_coordinates(cliff)
    # Three vertices, not two: rounding may put the one on the water to either side.
    ends = [shapely.LineString(xy[:3]), shapely.LineString(xy[-3:])]
    if len(roads.query(cliff, predicate="intersects")) or any(not len(water.query(one, predicate="intersects")) for one in ends):
        return True
    beside = FINE.cells(shapely.get_coordinates(shapely.segmentize(cliff, 20.0)))
    return bool(shapely.distance(cliff, shapely.points(FINE.centres()[np.unique(beside)])).min() < _CENTRE_M)


def draw_cliffs(
    ground: Ground, roads: gpd.GeoDataFrame, xy: Floats, plants: Sequence[Plant], first: int
) -> gpd.GeoDataFrame | None:
    """Return the cliffs around all pockets, or None where one cannot be walled in.

    Parameters
    ----------
    roads
        All roads, drawn.
    xy
        (n, 2) settlements; those of ``plants`` follow one another from row ``first``.

    Returns
    -------
    GeoDataFrame
        name, barrier_kind ("cliff"), lines.
    """
    tree, points = shapely.STRtree(roads.geometry.to_numpy()), shapely.points(xy)
    soft = gaussian_filter(ground.dem, 3.0)
    shapes: list[list[shapely.LineString]] = []
    row = first
    for plant in plants:
        mine = np.arange(row, row + len(plant.cells))
        row += len(plant.cells)
        if plant.kind == "no_road":
            continue
        shapes.append(_wall_in(soft, ground.barriers, tree, own_roads(roads, xy[mine]), points, mine))
        if not shapes[-1]:
            return None
    names = [f"{k + 1}号崖" for k, found in enumerate(shapes) for _ in found]
    lines = [one for found in shapes for one in found]
    return gpd.GeoDataFrame({"name": names, "barrier_kind": "cliff"}, geometry=lines, crs=EPSG)


def _wall_in(
    soft: Floats, water: shapely.STRtree, roads: shapely.STRtree, ours: tuple[Ints, Ints], points: np.ndarray, mine: Ints
) -> list[shapely.LineString]:
    """Return the cliffs around one pocket, as wide as the land beside it allows; none where nothing holds."""
    inside, crossings = ours
    own = shapely.union_all([*points[mine], *roads.geometries[inside]])
    spread = own.union(shapely.union_all(roads.geometries[crossings]))
    others = shapely.STRtree(np.delete(points, mine))
    for reach_m in _REACHES_M:
        face, cliffs = _wall(_outline(soft, spread, reach_m), water.geometries.tolist(), points[mine[0]])
        if _is_sound(face, cliffs, water, own=own, roads=roads, ours=np.concatenate([inside, crossings]), others=others):
            return cliffs
    return []
