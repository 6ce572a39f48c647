"""Divide the county: settlements into townships, villages and groups, with codes, and polygons that nest exactly.

Polygons start as the Voronoi cells of the settlements, bent by one smooth displacement of the whole plane (neighbours
share every vertex before and after), cut by the county's line on a 1 m grid, and dissolved upwards.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from scipy.ndimage import map_coordinates
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from geoplan.synthetic.frame import EPSG, NORTH_M, ROUTE, WEST_M, Floats, Ints
from geoplan.synthetic.hydrology import make_noise

COUNTY_CODE = "990821000000"
CITY_CODE = "990800000000"
COUNTY_NAME = "示例县"


def cluster(xy: Floats, count: int) -> Ints:
    """Return labels 0..count-1 of a k-means partition started from the farthest points; every label occurs."""
    count = min(count, len(xy))
    centre = [int(np.argmin(np.hypot(*(xy - xy.mean(axis=0)).T)))]
    gap = np.hypot(*(xy - xy[centre[0]]).T)
    while len(centre) < count:
        centre.append(int(np.argmax(gap)))
        gap = np.minimum(gap, np.hypot(*(xy - xy[centre[-1]]).T))
    middle = xy[centre].copy()
    label = np.zeros(len(xy), dtype=np.int64)
    for _ in range(12):
        label = np.argmin(np.hypot(xy[:, None, 0] - middle[None, :, 0], xy[:, None, 1] - middle[None, :, 1]), axis=1)
        for k in range(count):
            if (label == k).any():
                middle[k] = xy[label == k].mean(axis=0)
    return np.unique(label, return_inverse=True)[1]


def divide(xy: Floats, within: Ints, *, count: int) -> Ints:
    """Return labels 0..n-1 of about ``count`` clusters, none of which crosses the classes of ``within``."""
    label = np.full(len(xy), -1)
    start = 0
    for one in np.unique(within):
        rows = np.flatnonzero(within == one)
        part = cluster(xy[rows], max(1, round(count * len(rows) / len(xy))))
        label[rows] = start + part
        start += int(part.max()) + 1
    return label


def find_neighbours(polygons: list[shapely.Geometry]) -> Ints:
    """Return (k, 2) pairs of polygons that share a border line (not only a corner), both ways round."""
    array = np.array(polygons, dtype=object)
    first, second = shapely.STRtree(array).query(array, predicate="touches")
    shared = shapely.length(shapely.intersection(array[first], array[second])) > 0.0
    return np.column_stack([first[shared], second[shared]])


def absorb_exclaves(label: Ints, pairs: Ints, within: Ints) -> Ints:
    """Return labels whose units are in one piece: smaller pieces join the neighbour of their own ``within`` they touch most.

    Parameters
    ----------
    label
        (n,) unit of each cell.
    pairs
        Neighbouring cells, as `find_neighbours` gives them.
    within
        (n,) class that no unit may leave.
    """
    label = label.copy()
    for _ in range(8):
        joined = pairs[label[pairs[:, 0]] == label[pairs[:, 1]]]
        graph = csr_matrix((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), shape=(len(label), len(label)))
        piece = connected_components(graph, directed=False)[1]
        size = np.bincount(piece)
        first = np.unique(piece, return_index=True)[1]
        order = np.lexsort((first, -size))
        main = order[np.unique(label[first][order], return_index=True)[1]]
        loose = np.setdiff1d(np.arange(len(size)), main)
        if not len(loose):
            break
        for one in loose.tolist():
            border = pairs[(piece[pairs[:, 0]] == one) & (piece[pairs[:, 1]] != one)]
            border = border[within[border[:, 0]] == within[border[:, 1]]]
            if len(border):
                label[piece == one] = np.argmax(np.bincount(label[border[:, 1]]))
    return np.unique(label, return_inverse=True)[1]


def smooth_units(label: Ints, pairs: Ints, *, fixed: int) -> Ints:
    """Return labels after three rounds in which each cell joins the unit of most of its neighbours; the first ``fixed`` stay."""
    label = label.copy()
    for _ in range(3):
        votes = np.zeros((len(label), int(label.max()) + 1))
        np.add.at(votes, (pairs[:, 0], label[pairs[:, 1]]), 1.0)
        votes[np.arange(len(label)), label] += 1.0
        label = np.append(label[:fixed], np.argmax(votes, axis=1)[fixed:])
    return label


def number_within(label: Ints, parent: Ints) -> Ints:
    """Return 1, 2, … for each label among the labels of its parent, in order of label."""
    pairs = np.unique(np.column_stack([parent, label]), axis=0)
    first = np.r_[True, pairs[1:, 0] != pairs[:-1, 0]]
    serial = np.arange(len(pairs)) - np.maximum.accumulate(np.where(first, np.arange(len(pairs)), 0)) + 1
    table = np.zeros(int(label.max()) + 1, dtype=np.int64)
    table[pairs[:, 1]] = serial
    return table[label]


def draw_cells(rng: np.random.Generator, xy: Floats, county: shapely.Polygon) -> list[shapely.Geometry]:
    """Return one polygon per settlement: bent Voronoi cells that tile the county on a 1 m grid."""
    voronoi = shapely.voronoi_polygons(shapely.MultiPoint(xy), extend_to=county.buffer(3000.0), only_edges=True)
    bend = [make_noise(rng, ROUTE.shape, beta=3.0, shortest=9.0) * 45.0 for _ in range(2)]

    def shift(points: Floats) -> Floats:
        where = [(NORTH_M - points[:, 1]) / ROUTE.cell_m - 0.5, (points[:, 0] - WEST_M) / ROUTE.cell_m - 0.5]
        return points + np.column_stack(
            [np.clip(map_coordinates(one, where, order=1, mode="nearest"), -60.0, 60.0) for one in bend]
        )

    edges = shapely.transform(shapely.segmentize(voronoi, 260.0), shift)
    noded = shapely.union_all([shapely.set_precision(edges, 1.0), shapely.set_precision(county.exterior, 1.0)], grid_size=1.0)
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    pieces = pieces[shapely.contains(county, shapely.point_on_surface(pieces))]
    holder = np.full(len(pieces), -1)
    piece, point = shapely.STRtree(shapely.points(xy)).query(pieces, predicate="contains")
    holder[piece] = point
    for one in np.flatnonzero(holder < 0).tolist():
        # A bit cut off by a bend of the border goes to the cell it shares the longest line with, so that cells stay whole.
        around = np.flatnonzero(shapely.touches(pieces, pieces[one]) & (holder >= 0))
        holder[one] = holder[around[np.argmax(shapely.length(shapely.intersection(pieces[around], pieces[one])))]]
    return [shapely.union_all(pieces[holder == k]) for k in range(len(xy))]


def dissolve(cells: list[shapely.Geometry], codes: list[str], names: dict[str, str], parents: dict[str, str]) -> gpd.GeoDataFrame:
    """Return one polygon per code with name and parent code, in order of code."""
    array = np.array(cells, dtype=object)
    code = np.array(codes)
    unique = sorted(set(codes))
    shapes = [shapely.union_all(array[code == one]) for one in unique]
    data = {"code": unique, "name": [names[one] for one in unique], "parent_code": [parents[one] for one in unique]}
    return gpd.GeoDataFrame(data, geometry=shapes, crs=EPSG)
