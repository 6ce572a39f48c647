"""Time water schemes and lines of the demonstration county, beside SciPy, answers compared.

    python benchmarks/bench_schemes.py          # about 1 min with an empty cache

Prints Markdown tables. SciPy's Dijkstra is given our moves and prices as a sparse matrix, without the reserve along the pipe, which it cannot keep; our search
runs without it there too. SciPy's spanning tree is given every pair.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from geoplan.contracts.coverage_config import LineNetwork
from geoplan.contracts.water_profile import WaterProfile
from geoplan.coverage.line_sight import look_along
from geoplan.coverage.line_tree import span_tree
from geoplan.coverage.lines import connect_lines
from geoplan.coverage.scheme_routes import PipeGround, lay_pipe_ground, search_routes
from geoplan.coverage.scheme_sources import SCHEME, collect_sources, place_sources
from geoplan.coverage.schemes import compute_water
from geoplan.io.documents import read_water
from geoplan.plan import Plan

ROOT = Path(__file__).resolve().parents[1]


def spend(run: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """Return the least CPU seconds of several runs after a first one, which compiles, and the last answer."""
    run()
    spent = []
    for _ in range(times):
        began = time.process_time()
        answer = run()
        spent.append(time.process_time() - began)
    return min(spent), answer


def join_cells(ground: PipeGround, top_m: float, pipe_yuan: float, trench_yuan: float) -> csr_array:
    """Return all moves between cells below a head as a sparse matrix of prices."""
    rows, cols = ground.height_m.shape
    width, tall = ground.dem.cell_size
    number = np.arange(rows * cols).reshape(rows, cols)
    a, b, price = [], [], []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        left = slice(0, cols - right) if right >= 0 else slice(1, cols)
        other = slice(right, cols) if right >= 0 else slice(0, cols - 1)
        here, there = (slice(0, rows - down), left), (slice(down, rows), other)
        z1, z2 = (ground.height_m[at].astype(np.float64) for at in (here, there))
        run = np.sqrt((down * tall) ** 2 + (right * width) ** 2 + (z2 - z1) ** 2)
        cost = run * (pipe_yuan + trench_yuan * 0.5 * (ground.factor[here].astype(np.float64) + ground.factor[there]))
        is_open = (z1 <= top_m) & (z2 <= top_m)
        a.append(number[here][is_open])
        b.append(number[there][is_open])
        price.append(cost[is_open])
    start, end, cost = (np.concatenate(one) for one in (a, b, price))
    return csr_array((cost, (start, end)), shape=(rows * cols, rows * cols))


def compare_search(ground: PipeGround, at: np.ndarray, people: np.ndarray, profile: WaterProfile) -> None:
    """Print one source's search beside SciPy's, from the centre of its cell to the centres of cells."""
    pipes = profile.pipes
    figures = profile.model_dump()
    figures["pipes"]["reserve_m_per_km"]["value"] = 0.0
    figures["pipes"]["length_max_km"]["value"] = 1000.0
    free = WaterProfile.model_validate(figures)
    inverse = ~ground.dem.transform
    row, col = int(inverse.e * at[1] + inverse.f), int(inverse.a * at[0] + inverse.c)
    top = float(ground.height_m[row, col]) + 400.0
    # The four corners of a cell's neighbourhood are tapped from the cell itself when they stand in its centre.
    cell = np.unique(
        (inverse.e * people[:, 1] + inverse.f).astype(int) * ground.height_m.shape[1]
        + (inverse.a * people[:, 0] + inverse.c).astype(int)
    )
    centre = ground.dem.transform * (cell % ground.height_m.shape[1] + 0.5, cell // ground.height_m.shape[1] + 0.5)
    goals = np.column_stack([*centre, ground.height_m.ravel()[cell]]).astype(np.float64)
    x, y = ground.dem.transform * (col + 0.5, row + 0.5)
    start = np.array([[x, y, ground.height_m[row, col]]])
    ours_s, ours = spend(
        lambda: search_routes(
            ground, start, np.array([top]), goals, goals[:, 2], free, trench_yuan_per_m=pipes.trench_per_m.value
        )
    )
    began = time.process_time()
    matrix = join_cells(ground, top, pipes.sizes[0].yuan_per_m, pipes.trench_per_m.value)
    laid = time.process_time() - began
    theirs_s, theirs = spend(
        lambda: dijkstra(matrix, directed=False, indices=row * ground.height_m.shape[1] + col)[cell[ours.settlement]], times=1
    )
    print("\n| one search over the whole county | CPU s | largest difference |\n|---|---:|---:|")
    print(f"| geoplan, {len(cell)} goals | {ours_s:.2f} | |")
    # Legs from source and to goals are straight over one cell and a half; SciPy's first and last moves are priced by both cells' mean.
    print(
        f"| SciPy (+ {laid:.2f} to lay the matrix) | {theirs_s:.2f} | {np.max(np.abs(ours.yuan / theirs - 1.0)[theirs > 1e5]):.4f} |"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as cache:
        plan = Plan.from_yaml(ROOT / "layers" / "demo" / "county.yaml", cache=cache)
        stage = plan.begin().result
        layers, demand, access = stage("layers"), stage("demand")[0], stage("access")
    profile, dem = read_water("water_cn_2026"), layers.rasters["dem"]
    sources = collect_sources(layers, ["water"])
    whole_s, found = spend(lambda: compute_water(demand, sources, dem, access.times, profile))
    placed = place_sources(sources, dem)
    schemes = placed[placed["water_kind"] == SCHEME]
    ground_s, ground = spend(lambda: lay_pipe_ground(dem, profile))
    served = found.settlements.groupby("served_by")["persons"].sum()
    print("| water | CPU s |\n|---|---:|")
    print(
        f"| whole: {len(schemes)} schemes, {len(placed) - len(schemes)} springs, {len(found.settlements)} settlements | {whole_s:.2f} |"
    )
    print(f"| of it, ground priced | {ground_s:.2f} |")
    print("\nPeople: " + ", ".join(f"{name} {persons:,.0f}" for name, persons in served.items()), end="")
    print(
        f"; {len(found.pipes)} pipes, {found.pipes['length_m'].sum() / 1000:,.0f} km, {found.pipes['capital_yuan'].sum() / 1e6:,.1f} million yuan"
    )
    xy = np.column_stack([demand.settlements.geometry.x, demand.settlements.geometry.y])
    compare_search(ground, schemes[["x", "y"]].to_numpy()[0], xy, profile)

    print("\n| lines | CPU s | answer |\n|---|---:|---:|")
    for name, kind, radius_m in (("transformers", "wired", 500.0), ("masts", "signal", 3000.0)):
        network = LineNetwork(id=name, label_zh=name, label_en=name, layers=[name], radius_m=radius_m, kind=kind)
        frame = layers.vectors[name]
        spent, lines = spend(lambda frame=frame, network=network: connect_lines(demand, frame, network, dem=dem))
        people = lines.settlements.loc[lines.settlements["within"] == "true", "persons"].sum()
        print(f"| {len(frame)} {name} | {spent:.2f} | {people:,.0f} people within |")
    masts = layers.vectors["masts"].geometry
    mast_xy = np.column_stack([masts.x, masts.y])
    who, mast = np.indices((len(xy), len(mast_xy))).reshape(2, -1)
    rays_s, seen = spend(lambda: look_along(dem, mast_xy[mast], xy[who], from_above_m=30.0, to_above_m=1.5))
    print(f"| {len(who):,} rays over the county | {rays_s:.2f} | {np.mean(seen == 1):.3f} clear |")
    far = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    ours_s, (_, length, _) = spend(lambda: span_tree(xy, np.r_[0.0, np.full(len(xy) - 1, np.inf)]))
    theirs_s, theirs = spend(lambda: minimum_spanning_tree(np.where(far > 0, far, 1e-12)).sum())
    print(f"| spanning tree of {len(xy)} places | {ours_s:.3f} | {length.sum() / 1000:,.3f} km |")
    print(f"| the same, SciPy (every pair laid before) | {theirs_s:.3f} | {theirs / 1000:,.3f} km |")


if __name__ == "__main__":
    main()
