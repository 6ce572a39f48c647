"""Block the moves of a grid at rivers, lakes, cliffs and water, beside shapely on a sample of the same cells, answers compared.

``python benchmarks/bench_barriers.py [side …]`` prints a markdown table for square grids of 30 m cells (default 1000 and 3000 a side) with 2,000 km of
winding rivers (a vertex every 20 m) and 300 lakes. shapely answers the same question the plain way: a line for every move, looked up in an STRtree.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine

from geoplan.access.barriers import block_cells, mark_barriers, mark_cliffs
from geoplan.contracts.ground import MOVES

CELL_M, RIVER_KM, LAKES, SAMPLE = 30.0, 2000.0, 300, 20_000


def draw_barriers(side: int, rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return rivers and lakes over a square grid."""
    span, rivers = side * CELL_M, []
    for _ in range(int(RIVER_KM * 1000 / 6000)):
        heading = rng.random() * 2 * np.pi + np.cumsum(rng.normal(0.0, 0.3, 300))
        rivers.append(
            shapely.LineString(rng.random(2) * span + np.cumsum(20 * np.column_stack([np.cos(heading), np.sin(heading)]), axis=0))
        )
    lakes = shapely.buffer(shapely.points(rng.random((LAKES, 2)) * span), rng.uniform(20, 400, LAKES))
    return gpd.GeoDataFrame(geometry=rivers, crs="EPSG:32738"), gpd.GeoDataFrame(geometry=list(lakes), crs="EPSG:32738")


def ask_shapely(barriers: gpd.GeoDataFrame, cells: np.ndarray, side: int) -> np.ndarray:
    """Return (cells, 16) whether shapely finds each move blocked; moves off the grid are."""
    end = cells[:, None] + MOVES
    inside = ((end >= 0) & (end < side)).all(axis=2)
    start = np.broadcast_to(cells[:, None], end.shape)
    xy = [np.stack([(one[..., 1] + 0.5) * CELL_M, (side - one[..., 0] - 0.5) * CELL_M], axis=-1) for one in (start, end)]
    moves = shapely.linestrings(np.stack([xy[0][inside], xy[1][inside]], axis=1))
    tree = shapely.STRtree(shapely.get_parts(barriers.geometry.to_numpy()))
    blocked, hit = ~inside, np.zeros(len(moves), dtype=bool)
    hit[tree.query(moves, predicate="intersects")[0]] = True
    blocked[inside] = hit
    return blocked


def best(run: Callable[[], object], repeats: int = 3) -> float:
    """Return the shortest of several runs, seconds."""
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        spent.append(time.perf_counter() - start)
    return min(spent)


def main(sides: list[int]) -> None:
    print("| grid | step | s | rate |\n|---|---|---|---|")
    for side in sides:
        rng = np.random.default_rng(11)
        rivers, lakes = draw_barriers(side, rng)
        transform = Affine(CELL_M, 0.0, 0.0, 0.0, -CELL_M, side * CELL_M)
        passable = rng.random((side, side)) > 0.01
        wave = np.sin(np.arange(side) / 40)
        height_dm = (3000 * (wave[:, None] * wave) + rng.normal(0, 20, (side, side))).astype(np.int16)
        million, km = side * side / 1e6, float(rivers.length.sum()) / 1000
        open_moves = block_cells(passable)
        steps = {
            "impassable cells (1 %)": partial(block_cells, passable),
            "cliffs": lambda: mark_cliffs(open_moves.copy(), passable, height_dm, transform=transform, cliff_deg=45.0),  # noqa: B023
            "rivers": lambda: mark_barriers(open_moves.copy(), rivers, transform=transform),  # noqa: B023
            "lakes": lambda: mark_barriers(open_moves.copy(), lakes, transform=transform),  # noqa: B023
        }
        rates = {"rivers": lambda spent: f"{km / spent:,.0f} km/s", "lakes": lambda spent: f"{LAKES / spent:,.0f} lakes/s"}  # noqa: B023
        for name, run in steps.items():
            run()
            spent = best(run)
            rate = rates[name](spent) if name in rates else f"{million / spent:.1f} Mcells/s"
            print(f"| {side}² | {name} | {spent:.3f} | {rate} |")
        compare(side, rivers, lakes, transform, rng)


def compare(side: int, rivers: gpd.GeoDataFrame, lakes: gpd.GeoDataFrame, transform: Affine, rng: np.random.Generator) -> None:
    """Print shapely's time on a sample of cells and on how many moves the two differ."""
    free = np.ones((side, side), dtype=bool)
    blocked = block_cells(free)
    both = gpd.GeoDataFrame(geometry=[*rivers.geometry, *lakes.geometry], crs=rivers.crs)
    spent = best(lambda: mark_barriers(blocked.copy(), both, transform=transform))
    mark_barriers(blocked, both, transform=transform)
    cells = rng.integers(0, side, (SAMPLE, 2))
    start = time.perf_counter()
    expected = ask_shapely(both, cells, side)
    plain = time.perf_counter() - start
    found = (blocked[cells[:, 0], cells[:, 1], None] >> np.arange(16, dtype=np.uint16)) & 1
    differ = int((found.astype(bool) != expected).sum())
    whole = plain * side * side / SAMPLE
    print(
        f"| {side}² | shapely, {SAMPLE:,} cells | {plain:.3f} | {whole:.0f} s for all, {whole / spent:.0f} times as long; {differ} moves differ |"
    )


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or [1000, 3000])
