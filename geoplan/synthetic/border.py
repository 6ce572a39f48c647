"""Draw the county's border along the ridges: a closed chain of least-cost paths for which high ground is cheap."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from geoplan.synthetic.frame import COARSE, Floats, Ints
from geoplan.synthetic.hydrology import link_cells
from geoplan.synthetic.terrain import map_extent

_WAYPOINTS = 11


def _ring(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return angles and radii (share of the half map) of a winding ring around the middle."""
    angle = np.linspace(0.0, 2.0 * np.pi, 721)[:-1]
    swing = sum(rng.normal() / wave**1.3 * np.cos(wave * angle + rng.uniform(0.0, 2.0 * np.pi)) for wave in range(2, 9))
    squarish = (np.abs(np.cos(angle)) ** 4 + np.abs(np.sin(angle)) ** 4) ** -0.25
    return angle, 0.82 * (1.0 + 0.09 * swing / np.abs(swing).max()) * np.minimum(squarish, 1.13)


def draw_county(rng: np.random.Generator, dem: Floats) -> shapely.Polygon:
    """Return the county polygon: it follows the ridges near a ring around the middle of the map.

    Parameters
    ----------
    dem
        Heights on the 50 m grid, metres.
    """
    west, south, east, north = map_extent()
    rows, cols = COARSE.shape
    z = dem.reshape(rows, 4, cols, 4).max(axis=(1, 3))
    relief = (z - gaussian_filter(z, 9.0)) / 130.0
    angle, radius = _ring(rng)
    xy = COARSE.centres()
    dx, dy = (
        (xy[:, 0] - (west + east) / 2.0) / ((east - west) / 2.0),
        (xy[:, 1] - (south + north) / 2.0) / ((north - south) / 2.0),
    )
    off = np.abs(np.hypot(dx, dy) - np.interp(np.mod(np.arctan2(dy, dx), 2.0 * np.pi), angle, radius, period=2.0 * np.pi))
    cost = np.exp(np.clip(-1.3 * relief.ravel(), -3.0, 4.0)) * (1.0 + (off / 0.075) ** 4)
    stops = []
    turn = np.mod(np.arctan2(dy, dx), 2.0 * np.pi)
    for k in range(_WAYPOINTS):
        near = np.flatnonzero((np.abs(turn - (k + 0.5) / _WAYPOINTS * 2.0 * np.pi) < 0.1) & (off < 0.06))
        stops.append(int(near[np.argmax(z.ravel()[near])]))
    path = _join_stops(cost, stops, turn)
    line = gaussian_filter1d(xy[path], 1.6, axis=0, mode="wrap")
    shape = shapely.simplify(shapely.make_valid(shapely.Polygon(line)), 45.0)
    largest = max(shapely.get_parts(shape), key=lambda one: one.area)
    whole = shapely.set_precision(shapely.Polygon(largest.exterior).buffer(-60.0).buffer(60.0), 1.0)
    return max(shapely.get_parts(whole), key=lambda one: one.area)


def _join_stops(cost: Floats, stops: list[int], turn: Floats) -> Ints:
    """Return the closed chain of cells through ``stops``; each leg stays within its own sector of directions."""
    u, v, length = link_cells(COARSE.shape)
    weight = length * (cost[u] + cost[v]) / 2.0
    cells: list[int] = []
    for k, (start, end) in enumerate(zip(stops, [*stops[1:], stops[0]], strict=True)):
        low, high = turn[start], turn[end] + (2.0 * np.pi if k == len(stops) - 1 else 0.0)
        within = (np.mod(turn - low + 0.02, 2.0 * np.pi) <= high - low + 0.04) | (np.arange(len(turn)) == end)
        keep = within[u] & within[v]
        graph = csr_matrix((weight[keep], (u[keep], v[keep])), shape=(len(turn), len(turn)))
        _, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
        leg = [end]
        while leg[-1] != start:
            leg.append(int(before[leg[-1]]))
        cells += leg[:0:-1]
    return np.array(cells)
