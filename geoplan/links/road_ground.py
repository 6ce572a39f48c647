"""Lay the ground that a road may be built on: terrain slope by class, what a move costs, which moves cross a river and which no road makes.

A move of level length d metres that rises by z between two cell centres is built along

    l = max(d, |z| / g),   L = √(l² + z²)

with g the steepest grade allowed: ground steeper than g is climbed in bends, and the road is longer than the ground by slope / limit. With price p
a metre and cut-and-fill factor f of the terrain slope (mean over the cells passed: the two ends, or a quarter of each of four for a knight's move),

    cost = p · f · L + (span price where the move crosses a river drawn as a line)

and, where the move lies on a river drawn as an area, the price of a metre of bridge times d instead. Costs are whole fen (0.01 yuan), so sums
and searches are exact.

Terrain slope is that of the plane through the four neighbours: tan = √((Δz/Δx)² + (Δz/Δy)²); at an edge or beside ground of unknown height,
one-sided.

By hand: 30 m level at 500 yuan/m and f = 1: 15,000 yuan. Rising 9 m with g = 0.12: l = 75 m, L = 75.54 m, 37,769 yuan at f = 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numba import njit
from numpy.typing import NDArray

from geoplan.access.barriers import block_cells, mark_barriers, mark_cliffs
from geoplan.access.offroad import Barriers, prepare_barriers
from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.ground import MOVES, Ground, Neighbours, middles
from geoplan.spatial.frames import require_same_crs

FEN_PER_YUAN = 100
_MIDDLES: NDArray[np.int64] = np.array([middles(k) or ((0, 0), (0, 0)) for k in range(16)], dtype=np.int64)
_BITS: NDArray[np.uint16] = (1 << np.arange(16)).astype(np.uint16)


@dataclass(frozen=True)
class RoadGround:
    """Ground priced for roads.

    Attributes
    ----------
    height_dm
        (rows, cols) int16 heights, decimetres above the ground's base.
    slope_class
        (rows, cols) uint8 class of the cell's terrain slope.
    factors
        (classes,) cut-and-fill factor of each class.
    blocked, river_line, river_area
        (rows, cols) uint16; bit k: move k of `geoplan.contracts.ground.MOVES` may not be built, crosses a river drawn as a line, or lies on or
        touches one drawn as an area.
    transform
        Place of the cells; north-up, metric.
    new_fen_per_m, bridge_fen_per_m, span_fen
        Prices: a metre of new road on gentle ground, a metre of bridge, the bridge over a river drawn as a line.
    max_grade
        Steepest grade along the road.
    ground
        The ground it was made from, for heights between cell centres.
    walls
        Every barrier, bridged or not: no straight leg between a cell and a road or a place crosses one.
    """

    height_dm: NDArray[np.int16]
    slope_class: NDArray[np.uint8]
    factors: NDArray[np.float64]
    blocked: NDArray[np.uint16]
    river_line: NDArray[np.uint16]
    river_area: NDArray[np.uint16]
    transform: Affine
    new_fen_per_m: float
    bridge_fen_per_m: float
    span_fen: float
    max_grade: float
    ground: Ground
    walls: Barriers | None

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return (int(self.slope_class.shape[0]), int(self.slope_class.shape[1]))


def lay_road_ground(
    ground: Ground, profile: CostProfile, *, barriers: gpd.GeoDataFrame | None = None, neighbours: Neighbours = 16
) -> RoadGround:
    """Return the ground of a county priced for roads.

    Parameters
    ----------
    ground
        Heights and impassable cells. Its blocked moves are not used: walkers and roads are stopped by different things.
    profile
        Prices, slope classes, grade limit, and which kinds of barrier a bridge crosses.
    barriers
        Lines and polygons with ``barrier_kind`` and, where known, ``layer``, in the ground's CRS. A kind that is not among ``road.bridged_kinds``,
        a missing one too, stops roads.
    neighbours
        16, or 8 to leave out the knight's moves.

    Raises
    ------
    CrsError
        ``CRS-MISSING``, ``CRS-MIXED``.
    """
    road = profile.road
    if barriers is not None:
        require_same_crs(barriers.crs, ground.crs, what="barriers")
    over, against = split_barriers(barriers, road.bridged_kinds)
    edge = block_cells(np.ones(ground.shape, dtype=bool), neighbours=neighbours)
    river_line, river_area = (_mark(edge, over, dimension, ground.transform) for dimension in (1, 2))
    # Water that a bridge may cross is no obstacle where its bed's height is known; a void is stored as 0 dm.
    wet = ((river_area | edge) == np.uint16(0xFFFF)) & (river_area != 0) & (ground.height_dm != 0)
    passable = (ground.speed_class > 0) | wet
    blocked = block_cells(passable, neighbours=neighbours)
    mark_barriers(blocked, against, transform=ground.transform)
    mark_cliffs(blocked, passable, ground.height_dm, transform=ground.transform, cliff_deg=road.cliff_deg.value)
    tangents = np.tan(np.radians([min(row.slope_max_deg, 89.999) for row in road.slopes]))
    tangents[-1] = np.inf
    factors = np.array([row.factor for row in road.slopes], dtype=np.float64)
    width, tall = ground.cell_size
    bridge = profile.unit_yuan(road.bridge_per_m) * FEN_PER_YUAN
    return RoadGround(
        ground.height_dm, _classify_slope(ground.height_dm, passable, width, tall, tangents), factors, blocked, river_line, river_area,
        ground.transform, profile.unit_yuan(road.new_per_m) * FEN_PER_YUAN, bridge, bridge * road.bridge_span_m.value,
        road.max_grade.value, ground, prepare_barriers(barriers),
    )  # fmt: skip


def split_barriers(
    barriers: gpd.GeoDataFrame | None, bridged: list[str]
) -> tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Return the barriers that a bridge may cross, by kind or by layer, and the others.

    By hand: kinds river, reservoir and none, with ``["river"]`` bridged: the first is crossed, the other two are not.
    """
    if barriers is None or barriers.empty:
        return None, None
    is_over = np.zeros(len(barriers), dtype=bool)
    for column in ("barrier_kind", "layer"):
        if column in barriers:
            is_over |= barriers[column].isin(bridged).to_numpy()
    return barriers[is_over], barriers[~is_over]


def _mark(edge: NDArray[np.uint16], barriers: gpd.GeoDataFrame | None, dimension: int, transform: Affine) -> NDArray[np.uint16]:
    """Return the moves on the grid that meet the barriers drawn as lines (1) or as areas (2)."""
    if barriers is None:
        return np.zeros_like(edge)
    met = edge.copy()
    mark_barriers(met, barriers[shapely.get_dimensions(barriers.geometry.array) == dimension], transform=transform)
    return met & ~edge


@njit(cache=True, nogil=True, error_model="numpy")
def _classify_slope(
    height_dm: NDArray[np.int16], known: NDArray[np.bool_], width: float, tall: float, tangents: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Return each cell's slope class; a slope of exactly a class's limit is inside."""
    rows, cols = height_dm.shape
    found = np.empty((rows, cols), dtype=np.uint8)
    for row in range(rows):
        up, down = max(row - 1, 0), min(row + 1, rows - 1)
        for col in range(cols):
            left, right = max(col - 1, 0), min(col + 1, cols - 1)
            w, e = (left if known[row, left] else col), (right if known[row, right] else col)
            n, s = (up if known[up, col] else row), (down if known[down, col] else row)
            across = 0.1 * (np.float64(height_dm[row, e]) - height_dm[row, w]) / (width * max(e - w, 1))
            along = 0.1 * (np.float64(height_dm[s, col]) - height_dm[n, col]) / (tall * max(s - n, 1))
            slope = np.sqrt(across * across + along * along)
            at = 0
            # What rounding makes of a tangent must not push a slope over its limit.
            while slope > tangents[at] * (1.0 + 1e-9):
                at += 1
            found[row, col] = at
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def price_move(
    row: int,
    col: int,
    move: int,
    height_dm: NDArray[np.int16],
    slope_class: NDArray[np.uint8],
    factors: NDArray[np.float64],
    over_line: bool,
    over_area: bool,
    level: float,
    moves: NDArray[np.int64],
    between: NDArray[np.int64],
    prices: NDArray[np.float64],
) -> tuple[np.int64, float]:
    """Return the cost of a move, fen, and the metres built; ``prices`` are new and bridge per metre, span, and the grade limit."""
    r, c = row + moves[move, 0], col + moves[move, 1]
    if over_area:
        return np.int64(np.rint(prices[1] * level)), level
    rise = 0.1 * (np.float64(height_dm[r, c]) - np.float64(height_dm[row, col]))
    mean = 0.5 * (factors[slope_class[row, col]] + factors[slope_class[r, c]])
    if move >= 8:
        first = factors[slope_class[row + between[move, 0, 0], col + between[move, 0, 1]]]
        second = factors[slope_class[row + between[move, 1, 0], col + between[move, 1, 1]]]
        mean = 0.5 * mean + 0.25 * (first + second)
    run = max(level, abs(rise) / prices[3])
    length = np.sqrt(run * run + rise * rise)
    return np.int64(np.rint(prices[0] * mean * length + (prices[2] if over_line else 0.0))), length


def move_tables(
    ground: RoadGround,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16], NDArray[np.float64]]:
    """Return what kernels need beside the arrays: level length, moves, middles, bits, prices."""
    level = np.hypot(MOVES[:, 0] * ground.transform.e, MOVES[:, 1] * ground.transform.a)
    prices = np.array([ground.new_fen_per_m, ground.bridge_fen_per_m, ground.span_fen, ground.max_grade])
    return level, MOVES, _MIDDLES, _BITS, prices
