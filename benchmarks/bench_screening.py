"""Route water over a real country's elevation model and screen it, and trace run-out, with seconds and memory.

    python benchmarks/bench_screening.py

Needs ../shared/data for the real model (three islands in the sea, SRTM 1″); made-up ground of 3,000² cells is measured in any case. Each row is a
process of its own, its kernels compiled before. Prints a Markdown table.
"""

from __future__ import annotations

import multiprocessing
import pickle
import resource
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from pyproj import CRS
from scipy import ndimage

from geoplan.contracts.grid import Grid
from geoplan.contracts.screening_config import RunOutConfig, ScreeningConfig
from geoplan.relocation.run_out import trace_run_out
from geoplan.relocation.screening import index_susceptibility, measure_terrain
from geoplan.spatial.flow import route_flow
from geoplan.spatial.terrain import slope_deg

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ScreeningConfig(sea_m=0.0)


def make_ground(cells: int) -> Grid:
    """Return made-up mountains: noise of several wavelengths, 30 m cells."""
    rng = np.random.default_rng(7)
    z = np.zeros((cells, cells))
    for sigma, height in ((cells / 20, 900.0), (cells / 80, 250.0), (12.0, 60.0), (2.0, 4.0)):
        noise = ndimage.gaussian_filter(rng.standard_normal((cells, cells)), sigma, mode="wrap")
        z += height * noise / noise.std()
    return Grid((z - z.min()).astype(np.float32), Affine(30, 0, 400_000, 0, -30, 3_600_000), CRS.from_epsg(4544))


def read_comoros() -> Grid:
    from geoplan.plan import Plan

    with tempfile.TemporaryDirectory() as cache:
        return Plan.from_yaml(ROOT / "tests" / "plans" / "comoros.yaml", cache=cache).layers().rasters["dem"]


def scatter_sources(dem: Grid, count: int) -> gpd.GeoDataFrame:
    """Return squares of 150 m on ground steeper than 28°, of the three kinds in turn."""
    rng = np.random.default_rng(11)
    steep = np.flatnonzero(slope_deg(dem).values > 28)
    row, col = np.divmod(rng.choice(steep, count), dem.shape[1])
    x, y = dem.transform.c + (col + 0.5) * dem.transform.a, dem.transform.f + (row + 0.5) * dem.transform.e
    kinds = np.array(["landslide", "rockfall", "debris_flow"])[np.arange(count) % 3]
    return gpd.GeoDataFrame(
        {"source_id": [f"s{one}" for one in range(count)], "kind": kinds},
        geometry=shapely.box(x - 75, y - 75, x + 75, y + 75),
        crs=dem.crs,
    )


def prepare(name: str, path: str) -> None:
    """Keep an elevation model on disk: making it takes more memory than what is measured."""
    dem = read_comoros() if name == "Comoros" else make_ground(3000)
    Path(path).write_bytes(pickle.dumps(dem))


def measure(name: str, path: str) -> None:
    """Print the rows of one elevation model."""
    dem = pickle.loads(Path(path).read_bytes())
    measure_terrain(Grid(dem.values[:50, :50], dem.transform, dem.crs), CONFIG)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def row(what: str, began: float, note: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        taken = time.process_time() - began
        print(
            f"| {name} | {dem.values.size / 1e6:.1f} | {what} | {taken:.2f} | {(peak - base) / 1024:,.0f} | {note} |", flush=True
        )

    began = time.process_time()
    flow = route_flow(dem, stream_km2=CONFIG.stream_km2, sea_m=CONFIG.sea_m)
    row("route_flow", began, f"{int(flow.stream.sum()):,} stream cells, {len(flow.order):,} cells of land")
    began = time.process_time()
    terrain = measure_terrain(dem, CONFIG, flow=flow)
    row("measure_terrain (flow given)", began, "")
    began = time.process_time()
    index = index_susceptibility(terrain, CONFIG)
    row("index_susceptibility", began, f"mean {np.nanmean(index.values):.2f}")
    sources = scatter_sources(dem, 600)
    trace_run_out(dem, sources[:3], flow, RunOutConfig())
    began = time.process_time()
    run_out = trace_run_out(dem, sources, flow, RunOutConfig())
    row("trace_run_out, 600 sources", began, f"{run_out.zones['area_m2'].sum() / 1e6:,.1f} km² summed")


def main() -> None:
    """Measure each model in a process of its own, so that the peak memory is its own."""
    print("| ground | M cells | what | CPU s | peak MB over start | |\n|---|---:|---|---:|---:|---|", flush=True)
    names = ["made-up"] + (["Comoros"] if (ROOT.parent / "shared" / "data").is_dir() else [])
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for step in (prepare, measure):
                process = multiprocessing.get_context("spawn").Process(target=step, args=(name, f"{folder}/{name}.pickle"))
                process.start()
                process.join()
                if process.exitcode:
                    sys.exit(process.exitcode)


if __name__ == "__main__":
    main()
