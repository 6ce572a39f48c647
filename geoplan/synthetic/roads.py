"""Draw the network's cells as roads: smooth lines that share exact vertices where they meet, and cross water only on bridges.

Steps are chained between junctions; each chain is smoothed with its ends fixed, less and less until it meets no water.
Steps over a river stay straight and become features of their own, with the crossing's kind.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from scipy.ndimage import gaussian_filter1d

from geoplan.synthetic.frame import EPSG, ROUTE, Floats, Ints
from geoplan.synthetic.ground import Ground
from geoplan.synthetic.routing import NO_RANK, RANKS, Layout

_WIDTH_M = {"national": 8.5, "provincial": 7.5, "county": 6.5, "township": 5.5, "village": 4.5, "group": 3.5, "path": 1.2}


def _chain_steps(layout: Layout) -> list[list[int]]:
    """Return lists of cells between junctions; a chain has one rank, one owner and one crossing kind throughout."""
    on = np.flatnonzero(layout.rank < NO_RANK)
    u, v = layout.steps.u[on], layout.steps.v[on]
    kind: dict[tuple[int, int], tuple[int, int, str]] = {}
    neighbours: dict[int, list[int]] = {}
    for k, a, b in zip(on.tolist(), u.tolist(), v.tolist(), strict=True):
        crossing = layout.crossing[k]
        kind[(a, b)] = kind[(b, a)] = (int(layout.rank[k]), int(layout.owner[k]), crossing + (str(k) if crossing else ""))
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    ends = {n for n, around in neighbours.items() if len(around) != 2 or kind[(n, around[0])] != kind[(n, around[1])]}
    chains, done = [], set()
    for start in sorted(ends):
        for step in sorted(neighbours[start]):
            if (start, step) in done:
                continue
            chain = [start, step]
            while chain[-1] not in ends:
                one, other = neighbours[chain[-1]]
                chain.append(other if one == chain[-2] else one)
            done.update([(chain[0], chain[1]), (chain[-1], chain[-2])])
            chains.append(chain)
    return chains


def _smooth(ground: Ground, xy: Floats) -> shapely.LineString:
    """Return a smooth line through a chain with fixed ends that meets no water."""
    for sigma in (6.0, 3.5, 1.5):
        if len(xy) < 3:
            break
        parts = np.linspace(0.0, len(xy) - 1.0, (len(xy) - 1) * 3 + 1)
        dense = np.column_stack([np.interp(parts, np.arange(len(xy)), xy[:, k]) for k in (0, 1)])
        mirrored = np.vstack([2 * dense[0] - dense[:0:-1], dense, 2 * dense[-1] - dense[-2::-1]])
        soft = gaussian_filter1d(mirrored, sigma, axis=0)[len(dense) - 1 : 2 * len(dense) - 1]
        soft[0], soft[-1] = xy[0], xy[-1]
        # To the micrometre, so that which of two equally far vertices `simplify` keeps does not hang on the machine.
        soft = np.round(soft, 6)
        line = shapely.LineString(np.round(shapely.get_coordinates(shapely.simplify(shapely.LineString(soft), 4.0)), 1))
        if not len(ground.barriers.query(line, predicate="intersects")):
            return line
    return shapely.LineString(np.round(xy, 1))


def _share_crossings(lines: list[shapely.LineString]) -> list[shapely.LineString]:
    """Return the lines with a shared vertex wherever two of them meet away from their ends."""
    tree = shapely.STRtree(lines)
    first, second = tree.query(lines, predicate="crosses")
    extra: dict[int, list[tuple[float, float]]] = {}
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        if a >= b:
            continue
        for x, y in shapely.get_coordinates(shapely.intersection(lines[a], lines[b])):
            point = (round(float(x), 1), round(float(y), 1))
            extra.setdefault(a, []).append(point)
            extra.setdefault(b, []).append(point)
    joined = list(lines)
    for k, points in extra.items():
        joined[k] = _insert(lines[k], points)
    return joined


def _insert(line: shapely.LineString, points: list[tuple[float, float]]) -> shapely.LineString:
    """Return ``line`` with ``points`` (which lie on it to within rounding) as vertices."""
    xy = shapely.get_coordinates(line)
    known = {(float(x), float(y)) for x, y in xy}
    along = [line.project(shapely.Point(one)) for one in xy]
    rows = [(d, 0, (float(x), float(y))) for d, (x, y) in zip(along, xy, strict=True)]
    rows += [(line.project(shapely.Point(p)), 1, p) for p in points if p not in known]
    if line.is_ring or len(set(along)) < len(along):
        return line
    return shapely.LineString([p for _, _, p in sorted(rows)])


def draw_roads(rng: np.random.Generator, ground: Ground, layout: Layout, owner_names: list[dict[str, str]]) -> gpd.GeoDataFrame:
    """Return the road lines with class, surface, width, crossing and layer.

    Parameters
    ----------
    owner_names
        For each place number, the names of the roads built for it, by class.
    """
    xy = ROUTE.centres()
    chains = _chain_steps(layout)
    first = layout.find_steps(np.array([c[0] for c in chains]), np.array([c[1] for c in chains]))
    crossing = [str(layout.crossing[k]) for k in first]
    lines = [
        join_straight(xy[np.array(c)]) if kind else _smooth(ground, xy[np.array(c)])
        for c, kind in zip(chains, crossing, strict=True)
    ]
    lines = _share_crossings(lines)
    rank = np.array([RANKS[layout.rank[k]] for k in first], dtype=object)
    owner = np.array([layout.owner[k] for k in first])
    surface = _pave(rng, rank, owner, np.array(crossing, dtype=object))
    width = np.array([_WIDTH_M[one] for one in rank])
    width = np.where(np.isin(surface, ["earth"]) & (rank != "path"), 3.0, width)
    kinds = np.where(np.isin(crossing, ["ferry"]), "ferry", rank)
    return gpd.GeoDataFrame(
        {
            "road_id": [f"R{k + 1:05d}" for k in range(len(lines))],
            "name": [owner_names[k][one] for k, one in zip(owner, rank, strict=True)],
            "road_class": kinds.astype(str),
            "surface": surface.astype(str),
            "width_m": width,
            "oneway": np.zeros(len(lines), dtype=np.int64),
            "crossing": crossing,
            "road_layer": np.array([1 if one in ("bridge", "rope") else 0 for one in crossing], dtype=np.int64),
        },
        geometry=lines,
        crs=EPSG,
    )


def join_straight(xy: Floats) -> shapely.LineString:
    """Return the straight line through ``xy`` rounded to decimetres."""
    return shapely.LineString(np.round(xy, 1))


def _pave(rng: np.random.Generator, rank: Ints, owner: Ints, crossing: Ints) -> np.ndarray:
    """Return the surface of each chain: the same along all roads built for one place."""
    places = int(owner.max()) + 1
    luck = rng.random(places)[owner]
    surface = np.full(len(rank), "asphalt", dtype=object)
    surface[rank == "township"] = np.where(luck[rank == "township"] < 0.75, "asphalt", "concrete")
    surface[rank == "village"] = np.where(luck[rank == "village"] < 0.8, "concrete", "gravel")
    group = rank == "group"
    surface[group] = np.select([luck[group] < 0.45, luck[group] < 0.75], ["concrete", "gravel"], "earth")
    path = rank == "path"
    surface[path] = np.where(luck[path] < 0.4, "stone", "earth")
    surface[crossing == "ferry"] = "water"
    return surface
