"""Make up mountain ground, rivers and roads of any size, the same every time.

Relief is a sum of bilinear noise, written block by block so that 24,000 × 24,000 cells need no more than their own five bytes each; its mean slope is
about 14°, like the mountain counties this is for. Rivers are winding lines nobody walks across, 0.3 km to the km²; they end, so there is a way round.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from pyproj import CRS

from geoplan.access.barriers import block_cells, mark_barriers, mark_cliffs
from geoplan.access.ground import count_blocked
from geoplan.access.network import build_network
from geoplan.contracts.ground import Ground, GroundReport, Neighbours
from geoplan.contracts.results import Network
from geoplan.io.documents import read_speeds

CELL_M, CLIFF_DEG, BLOCK_ROWS = 30.0, 45.0, 500
WORKING = CRS.from_epsg(4544)
LEVEL_KMH = np.array([0.0, 5.0, 4.5, 4.0, 3.5, 3.0, 2.5])
"""Lakes, then six classes of land."""
RELIEF = ((256, 1400.0), (64, 450.0), (16, 130.0), (4, 25.0), (1, 1.5))
"""Cells between the knots of a noise, and its size in metres."""
RIVER_KM_PER_KM2, RIVER_KM, STEP_M = 0.3, 8.0, 100.0
EMPTY: dict[str, list[str]] = {
    "road_id": [],
    "road_class": [],
    "surface": [],
    "width_m": [],
    "oneway": [],
    "crossing": [],
    "road_layer": [],
}


def blend(knots: np.ndarray, rows: np.ndarray, cols: np.ndarray, gap: int) -> np.ndarray:
    """Return bilinear values of a lattice with a knot every ``gap`` cells."""
    r, c = rows // gap, cols // gap
    down = (rows % gap / np.float32(gap)).astype(np.float32)[:, None]
    right = (cols % gap / np.float32(gap)).astype(np.float32)
    lines = knots[r] * (1 - down) + knots[r + 1] * down
    return lines[:, c] * (1 - right) + lines[:, c + 1] * right


def make_cells(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (side, side) int16 decimetres and uint8 speed classes, 0 on lakes."""
    rng = np.random.default_rng(30)
    # The finest noise is one tile repeated: its knots are as many as cells.
    lattices = [(gap, size, rng.uniform(-1, 1, (min(side, 4096) // gap + 3,) * 2).astype(np.float32)) for gap, size in RELIEF]
    cover, lake = (rng.random((side // gap + 3,) * 2).astype(np.float32) for gap in (24, 40))
    height_dm, speed_class = np.empty((side, side), dtype=np.int16), np.empty((side, side), dtype=np.uint8)
    cols = np.arange(side)
    for top in range(0, side, BLOCK_ROWS):
        rows = np.arange(top, min(top + BLOCK_ROWS, side))
        metres = np.zeros((len(rows), side), dtype=np.float32)
        for gap, size, knots in lattices:
            period = (len(knots) - 2) * gap
            metres += size * blend(knots, rows % period, cols % period, gap)
        height_dm[rows] = np.rint(10 * metres)
        speed_class[rows] = 1 + np.clip(6 * (blend(cover, rows, cols, 24) * 1.2 - 0.1), 0, 5).astype(np.uint8)
        speed_class[rows] *= blend(lake, rows, cols, 40) < 0.93
    return height_dm, speed_class


def make_rivers(side: int) -> gpd.GeoDataFrame:
    """Return winding lines."""
    span = side * CELL_M
    count = max(int((span / 1000) ** 2 * RIVER_KM_PER_KM2 / RIVER_KM), 1)
    rng = np.random.default_rng(31)
    turns = rng.normal(0, 0.25, (count, int(RIVER_KM * 1000 / STEP_M))).cumsum(axis=1) + rng.uniform(0, 2 * np.pi, (count, 1))
    steps = STEP_M * np.stack([np.cos(turns), np.sin(turns)], axis=2)
    lines = shapely.linestrings(rng.uniform(0, span, (count, 1, 2)) + steps.cumsum(axis=1))
    return gpd.GeoDataFrame(geometry=lines, crs=WORKING)


def make_ground(side: int, neighbours: Neighbours = 16) -> tuple[Ground, gpd.GeoDataFrame]:
    """Return ground of side × side cells of 30 m with lakes, cliffs and rivers, and the rivers."""
    height_dm, speed_class = make_cells(side)
    transform = Affine(CELL_M, 0.0, 0.0, 0.0, -CELL_M, side * CELL_M)
    passable = speed_class > 0
    rivers = make_rivers(side)
    blocked = block_cells(passable, neighbours=neighbours)
    mark_barriers(blocked, rivers, transform=transform)
    cliffs = mark_cliffs(blocked, passable, height_dm, transform=transform, cliff_deg=CLIFF_DEG)
    impassable = int(side * side - np.count_nonzero(passable))
    report = GroundReport(side * side, 0, 0, impassable, 0, count_blocked(blocked, neighbours=neighbours), cliffs, "")
    return Ground(height_dm, speed_class, blocked, LEVEL_KMH, transform, WORKING, 1500.0, report), rivers


def make_network(side: int, road_km: float) -> Network:
    """Return about so many km of roads over the ground: a shaken lattice, thinned, of bent lines; 0 km: no road."""
    rng = np.random.default_rng(32)
    span = side * CELL_M
    roads = gpd.GeoDataFrame(EMPTY, geometry=[], crs=WORKING)
    if road_km:
        # A lattice of gap g over a square of side s has about 2 s²/g km of lines; a fifth of them is left out, and bends make the rest longer.
        gap = 2 * span**2 * 0.8 * 1.08 / (road_km * 1000)
        count = int(span // gap)
        place = (np.stack(np.meshgrid(np.arange(count), np.arange(count)), axis=2) + 0.5) * span / count
        place += rng.uniform(-0.3, 0.3, place.shape) * gap
        ends = np.concatenate([np.stack([place[:, :-1], place[:, 1:]], axis=2).reshape(-1, 2, 2),
                               np.stack([place[:-1], place[1:]], axis=2).reshape(-1, 2, 2)])  # fmt: skip
        ends = ends[rng.random(len(ends)) < 0.8]
        bends = np.linspace(0, 1, 12)[1:-1, None]
        inner = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * bends + rng.uniform(-0.02, 0.02, (len(ends), 10, 2)) * gap
        lines = shapely.linestrings(np.concatenate([ends[:, :1], inner, ends[:, 1:]], axis=1))
        kind = rng.choice(["county", "township", "village"], len(lines), p=[0.1, 0.3, 0.6])
        base = {"road_id": [f"r{n}" for n in range(len(lines))], "road_class": kind, "surface": "concrete", "width_m": 4.0,
                "oneway": 0, "crossing": "", "road_layer": 0}  # fmt: skip
        roads = gpd.GeoDataFrame(base, geometry=lines, crs=WORKING)
    speeds = read_speeds("speeds_cn_2026")
    return build_network(roads, speeds=speeds, seasons=["dry"], dem=None, walk_kmh=5.0, gap_tolerance_m=0.0)
