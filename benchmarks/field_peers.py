"""Solve the nearest-source problem of `bench_field.py` with what a user would pick instead; each says how its problem differs.

Every function returns CPU seconds and cells as (rows, cols) of costs, NaN or inf where not reached, or raises `Skip` with the reason.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numba import njit

from geoplan.access.field import Costs
from geoplan.contracts.ground import MOVES, Ground

BYTES_PER_CELL = {"scikit-image": 90, "xarray-spatial": 60, "scipy": 450, "GRASS": 60}
"""What each was seen to need, rounded up: asked for before it starts."""


class Skip(Exception):  # noqa: N818
    """Why a peer is left out."""


def free_bytes() -> int:
    """Return the memory that may be taken without swapping."""
    with Path("/proc/meminfo").open() as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def require(module: str, cells: int, peer: str) -> None:
    """Raise `Skip` where a module or memory is missing."""
    if importlib.util.find_spec(module) is None:
        raise Skip(f"{module} is not installed")
    if cells * BYTES_PER_CELL[peer] > 0.8 * free_bytes():
        raise Skip(f"needs about {cells * BYTES_PER_CELL[peer] / 1e9:.1f} GB")


def cpu_s(run: Callable[[], np.ndarray], times: int) -> tuple[float, np.ndarray]:
    """Return the least CPU seconds of several runs, and the answer."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        answer = run()
        taken.append(time.process_time() - start)
    return min(taken), answer


def friction(ground: Ground, barriers: np.ndarray) -> np.ndarray:
    """Return seconds per metre, NaN on lakes and on cells that a river passes."""
    kmh = ground.level_kmh[ground.speed_class]
    return np.where(barriers | (kmh == 0), np.nan, 3.6 / np.where(kmh > 0, kmh, 1.0))


def run_skimage(ground: Ground, barriers: np.ndarray, cells: np.ndarray, times: int) -> tuple[float, np.ndarray]:
    """Solve isotropic, 8 neighbours, no slope; rivers are cells."""
    require("skimage", ground.speed_class.size, "scikit-image")
    from skimage.graph import MCP_Geometric

    cost = np.nan_to_num(friction(ground, barriers) * ground.cell_size[0], nan=-1.0)
    starts = [tuple(one) for one in np.argwhere(np.isin(np.arange(cost.size).reshape(cost.shape), cells) & (cost > 0))]
    MCP_Geometric(cost[:50, :50]).find_costs([(0, 0)])
    return cpu_s(lambda: MCP_Geometric(cost).find_costs(starts)[0], times)


def run_xrspatial(ground: Ground, barriers: np.ndarray, cells: np.ndarray, times: int) -> tuple[float, np.ndarray]:
    """Solve isotropic, 8 neighbours, no slope; rivers are cells; float32."""
    require("xrspatial", ground.speed_class.size, "xarray-spatial")
    import xarray as xr
    from xrspatial.cost_distance import cost_distance

    def frame(values: np.ndarray) -> xr.DataArray:
        y, x = (np.arange(count) * 30.0 for count in values.shape)
        return xr.DataArray(values, dims=("y", "x"), coords={"y": y[::-1], "x": x}, attrs={"res": (30.0, 30.0)})

    pace = friction(ground, barriers).astype(np.float32)
    source = np.isin(np.arange(pace.size), cells).astype(np.float32).reshape(pace.shape)
    cost_distance(frame(source[:50, :50]), frame(pace[:50, :50]))
    targets, costs = frame(source), frame(pace)
    return cpu_s(lambda: cost_distance(targets, costs).values, times)


@njit
def lay_arcs(height, classes, blocked, pace, share_m, slope_per_dm, moves, first, end, cost):  # type: ignore[no-untyped-def]
    rows, cols = height.shape
    n = 0
    for r in range(rows):
        for c in range(cols):
            first[r * cols + c] = n
            for k in range(16):
                if (blocked[r, c] >> k) & 1:
                    continue
                down, right = moves[k]
                paces = pace[classes[r, c]] + pace[classes[r + down, c + right]]
                if abs(right) == 2:
                    paces += pace[classes[r, c + right // 2]] + pace[classes[r + down, c + right // 2]]
                elif abs(down) == 2:
                    paces += pace[classes[r + down // 2, c]] + pace[classes[r + down // 2, c + right]]
                slope = (float(height[r + down, c + right]) - height[r, c]) * slope_per_dm[k]
                end[n] = (r + down) * cols + c + right
                cost[n] = share_m[k] * paces * np.exp(3.5 * abs(slope + 0.05) - 0.175)
                n += 1
    first[rows * cols] = n


def run_scipy(costs: Costs, cells: np.ndarray, ticks: np.ndarray, times: int) -> tuple[float, np.ndarray]:
    """Solve the same moves and costs in float64 on an explicit graph, with the exponential itself; making the graph is not counted."""
    ground = costs.surface.ground
    require("scipy", ground.speed_class.size, "scipy")
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    size = ground.speed_class.size
    arcs = int(np.bitwise_count(~ground.blocked).sum(dtype=np.int64))
    # One more node is joined to the cells that are entered: the search starts there.
    first, end, cost = np.empty(size + 2, np.int32), np.empty(arcs + len(cells), np.int32), np.empty(arcs + len(cells))
    lay_arcs(
        ground.height_dm,
        ground.speed_class,
        ground.blocked,
        costs.pace,
        costs.share_m,
        costs.slope_per_dm,
        MOVES,
        first,
        end,
        cost,
    )
    end[arcs:], cost[arcs:], first[-1] = cells, np.maximum(ticks, 1e-9), arcs + len(cells)
    graph = csr_array((cost, end, first), shape=(size + 1, size + 1))
    return cpu_s(lambda: dijkstra(graph, indices=size)[:-1].reshape(ground.shape), times)


GRASS = """
import os, resource, subprocess, sys
folder, knight, memory = sys.argv[1:]
for name in ("elevation", "friction", "start"):
    subprocess.run(["r.in.gdal", "-o", "--quiet", f"input={folder}/{name}.tif", f"output={name}"], check=True)
subprocess.run(["g.region", "raster=elevation"], check=True)
before = resource.getrusage(resource.RUSAGE_CHILDREN)
flags = ["-k"] if knight == "1" else []
subprocess.run(["r.walk", *flags, "--quiet", "elevation=elevation", "friction=friction", "start_raster=start", "output=time",
                f"memory={memory}"], check=True)
after = resource.getrusage(resource.RUSAGE_CHILDREN)
print("CPU", after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss)
"""


def run_grass(ground: Ground, barriers: np.ndarray, cells: np.ndarray, *, knight: bool) -> tuple[float, np.ndarray]:
    """Solve Naismith–Langmuir on the slope, 8 neighbours (16 with -k); classes as added friction; rivers are cells. Only the module is timed."""
    if shutil.which("grass") is None:
        raise Skip("GRASS is not installed")
    require("rasterio", ground.speed_class.size, "GRASS")
    import rasterio

    size = ground.shape
    # r.walk takes 0.72 s per metre on the level; what a class is slower than that is friction.
    slower = friction(ground, barriers).astype(np.float32) - np.float32(0.72)
    start = np.full(ground.speed_class.size, -9999, dtype=np.int32)
    start[cells] = 1
    layers = {
        "elevation": ((ground.height_dm / np.float32(10)).astype(np.float32), -9999.0),
        "friction": (np.nan_to_num(slower, nan=-9999.0).astype(np.float32), -9999.0),
        "start": (start.reshape(size), -9999),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, (values, nodata) in layers.items():
            shape = {"height": size[0], "width": size[1], "count": 1, "dtype": values.dtype, "nodata": nodata}
            with rasterio.open(
                f"{folder}/{name}.tif", "w", driver="GTiff", crs=ground.crs, transform=ground.transform, **shape
            ) as file:
                file.write(values, 1)
        script = Path(folder) / "walk.py"
        script.write_text(GRASS)
        memory = int(free_bytes() * 0.6 / 1e6)
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        found = subprocess.run(
            ["grass", "--tmp-location", f"{folder}/elevation.tif", "--exec", sys.executable, str(script), folder, str(int(knight)), str(memory)],
            capture_output=True, text=True, env=own,
        )  # fmt: skip
    spent = [line.split()[1] for line in found.stdout.splitlines() if line.startswith("CPU ")]
    if not spent:
        raise Skip("GRASS failed: " + (found.stderr.strip().splitlines() or ["no message"])[-1])
    return float(spent[0]), np.zeros(0)
