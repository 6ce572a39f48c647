"""Measure the travel-time field beside what a user would pick instead, on the same made-up ground, as ratios from one run.

    python benchmarks/bench_field.py                     # 1,000² and 3,000² cells, peers, roads, extending, threads, start-up, exactness
    python benchmarks/bench_field.py --only terrain --sides 10000 24000 --no-peers
    python benchmarks/bench_field.py --only exact --sides 500

Prints markdown tables. Cells are 30 m, relief has a mean slope of 13°, six classes of land, lakes, cliffs, and 0.3 km of rivers to the km² that nobody
crosses (2,400 km at 3,000²); 50 sources. Times are CPU seconds of the process, best of three below 3,000², of two there, one run above; what compiles
does so before. Peers solve something easier or coarser where the table says so; none of them knows a barrier that is a line, so they get rivers as cells.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from field_peers import Skip, run_grass, run_scipy, run_skimage, run_xrspatial
from field_setup import MOVE_MAX_M, SOURCES, Peak, Ready, demo_county, place_sources, prepare, repeats, spend
from made_ground import make_ground, make_network
from rasterio.features import rasterize

from geoplan.access import field as field_module
from geoplan.access.entries import enter
from geoplan.access.field import Field, Seeds, extend, lay_legs, plant_seeds, solve
from geoplan.access.kernel import NEVER, TICKS_PER_S

ROAD_KM_AT_3000 = 5000.0
_PEERS_TO = 5000
"""Cells along a side up to which peers are asked."""


def bench_terrain(sides: list[int], peers: bool) -> None:
    """Terrain alone."""
    print("\n## Terrain alone\n")
    print(
        "| cells | moves | reached | CPU s | M cells/s | ground B/cell | result B/cell | most memory of search, B/cell | of joining, B/cell |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    rows: list[tuple[int, str, float | None, float | None, str]] = []
    base = np.nan
    for side in sides:
        for moves in (16, 8):
            gc.collect()
            ground, rivers = make_ground(side, neighbours=moves)
            watch = Peak()
            ready = prepare(ground, make_network(1000, 0.0), rivers, place_sources(ground))
            joining = watch.stop()
            gc.collect()
            watch = Peak()
            cpu, _, field = spend(lambda ready=ready: solve(ready.costs, ready.seeds), 1)
            growth = watch.stop()
            if repeats(side) > 1:
                del field
                cpu, _, field = spend(lambda ready=ready: solve(ready.costs, ready.seeds), repeats(side))
            held = sum(one.nbytes for one in (ground.height_dm, ground.speed_class, ground.blocked))
            size = side * side
            reached = np.count_nonzero(field.time < NEVER) / size
            print(f"| {side:,}² | {moves} | {reached:.3f} | {cpu:.3f} | {size / cpu / 1e6:.2f} | {held / size:.1f} | {field.time.nbytes / size:.1f} "
                  f"| {growth / size:.1f} | {joining / size:.1f} |", flush=True)  # fmt: skip
            del field
            if peers and side <= _PEERS_TO:
                if moves == 16:
                    base, own = cpu, bench_peers(ready, rivers, repeats(side))
                else:
                    own = [("geoplan, 8 moves", cpu, "the same, fewer moves")]
                rows += [(side, name, taken, taken / base if taken else None, note) for name, taken, note in own]
            del ready
    if rows:
        print("\n| cells | peer | CPU s | × geoplan with 16 moves | what it solves |\n|---|---|---:|---:|---|")
    for side, name, taken, ratio, note in rows:
        print(
            f"| {side:,}² | {name} | {taken:.2f} | {ratio:.1f} | {note} |"
            if taken
            else f"| {side:,}² | {name} | – | – | {note} |"
        )


def bench_peers(ready: Ready, rivers: gpd.GeoDataFrame, times: int) -> list[tuple[str, float | None, str]]:
    """Return name, CPU seconds and what it solved of every peer; None and the reason where it was left out."""
    ground = ready.surface.ground
    wet = rasterize(rivers.geometry, out_shape=ground.shape, transform=ground.transform, all_touched=True).astype(bool)
    cells = ready.seeds.code[: ready.seeds.code.searchsorted(ground.speed_class.size)]
    # One cell per source: peers start in cells, not beside them.
    cells = np.array(
        [one[np.argmin(ready.seeds.ticks[np.isin(ready.seeds.code, one)])] for one in split_by_source(ready.seeds, cells)]
    )
    peers: list[tuple[str, str, Callable[[], tuple[float, np.ndarray]]]] = [
        ("GRASS r.walk", "8 moves, own slope law, rivers as cells", lambda: run_grass(ground, wet, cells, knight=False)),
        ("GRASS r.walk -k", "16 moves, own slope law, rivers as cells", lambda: run_grass(ground, wet, cells, knight=True)),
        ("scikit-image MCP_Geometric", "8 moves, no slope, rivers as cells", lambda: run_skimage(ground, wet, cells, times)),
        ("xarray-spatial cost_distance", "8 moves, no slope, rivers as cells", lambda: run_xrspatial(ground, wet, cells, times)),
        ("scipy dijkstra", "the same in float64, graph made before", lambda: run_scipy(ready.costs, ready.seeds.code, ready.seeds.ticks, times)),
    ]  # fmt: skip
    found: list[tuple[str, float | None, str]] = []
    for name, note, run in peers:
        try:
            found.append((name, run()[0], note))
        except Skip as reason:
            found.append((name, None, f"left out: {reason}"))
        gc.collect()
    return found


def split_by_source(seeds: Seeds, cells: np.ndarray) -> list[np.ndarray]:
    """Return the seeded cells of each source."""
    source = seeds.source[: len(cells)]
    return [cells[source == one] for one in np.unique(source)]


def bench_coupled(side: int) -> None:
    """Terrain and roads together beside terrain alone."""
    print("\n## Coupled with roads\n")
    print("| county | cells | km of roads | road nodes | links | terrain alone, CPU s | coupled, CPU s | coupled ÷ alone |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    ground, rivers = make_ground(side)
    made = ground, make_network(side, ROAD_KM_AT_3000 * (side / 3000) ** 2), rivers, place_sources(ground)
    for name, county in (("demo", demo_county), ("made up", lambda: made)):
        ground, network, barriers, xy = county()
        taken = []
        for roads in (make_network(1000, 0.0), network):
            ready = prepare(ground, replace(roads, crs=network.crs), barriers, xy)
            solve(ready.costs, ready.seeds)
            taken.append(spend(lambda ready=ready: solve(ready.costs, ready.seeds), 3)[0])
        km = float(network.edges["length_m"].sum()) / 1000
        print(f"| {name} | {ground.speed_class.size:,} | {km:,.0f} | {len(ready.surface.stops.xy):,} | {len(ready.surface.link_cell):,} "
              f"| {taken[0]:.3f} | {taken[1]:.3f} | {taken[1] / taken[0]:.2f} |", flush=True)  # fmt: skip


def bench_extend(side: int) -> None:
    """Adding one facility to a finished field."""
    ground, rivers = make_ground(side)
    ready = prepare(ground, make_network(side, ROAD_KM_AT_3000 * (side / 3000) ** 2), rivers, place_sources(ground))
    field = solve(ready.costs, ready.seeds)
    inner, spent = field_module.search, []

    def timed(*arguments: Any) -> Any:
        start = time.perf_counter()
        answer = inner(*arguments)
        spent.append(time.perf_counter() - start)
        return answer

    rows = []
    field_module.search = timed  # type: ignore[assignment]
    try:
        for number, xy in enumerate(place_sources(ground, count=11, seed=35)):
            tries = []
            for _ in range(3):
                start = time.perf_counter()
                legs = lay_legs(enter(xy[None], ready.surface, move_max_m=MOVE_MAX_M), ready.surface, ready.ways)
                seeds = plant_seeds(legs, towards=True)
                between = time.perf_counter()
                grown = extend(field, replace(seeds, source=seeds.source + SOURCES + number))
                tries.append((between - start, time.perf_counter() - between, spent[-1]))
            rows.append((*(min(column) for column in zip(*tries, strict=True)), np.count_nonzero(grown.time < field.time)))
    finally:
        field_module.search = inner
    rows = rows[1:]
    print(f"\n## Adding a facility to a finished field of {ground.speed_class.size / 1e6:.0f} M cells\n")
    print(
        "| of ten, best of three each | entering, wall ms | `extend`, wall ms | of it the search | cells that gained |\n|---|---:|---:|---:|---:|"
    )
    for name, pick in (("median", statistics.median), ("slowest", max)):
        ms = [1000 * pick([row[part] for row in rows]) for part in range(3)]
        print(f"| {name} | {ms[0]:.1f} | {ms[1]:.1f} | {ms[2]:.1f} | {pick([row[3] for row in rows]):,.0f} |")


def bench_threads(side: int) -> None:
    """Five services at once and one after another."""
    ground, rivers = make_ground(side)
    network = make_network(side, ROAD_KM_AT_3000 * (side / 3000) ** 2)
    points = [place_sources(ground, seed=40 + n) for n in range(5)]
    ready = prepare(ground, network, rivers, np.vstack(points))
    seeds = [plant_seeds(ready.legs, towards=True, points=np.arange(SOURCES) + SOURCES * n) for n in range(5)]
    solve(ready.costs, seeds[0])

    def separate() -> list[Field]:
        done = [prepare(ground, network, rivers, xy) for xy in points]
        return [solve(one.costs, one.seeds) for one in done]

    def at_once() -> list[Field]:
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            return list(pool.map(lambda one: solve(ready.costs, one), seeds))

    def shared() -> list[Field]:
        prepare(ground, network, rivers, np.vstack(points))
        return at_once()

    ways = (
        ("five separate runs", separate),
        ("one surface, five searches on threads", shared),
        ("the searches alone, one after another", lambda: [solve(ready.costs, one) for one in seeds]),
        ("the searches alone, on threads", at_once),
    )
    print(f"\n## Five services, {ground.speed_class.size / 1e6:.0f} M cells with roads, {os.cpu_count()} cores\n")
    print("| | wall s | CPU s |\n|---|---:|---:|")
    for name, run in ways:
        gc.collect()
        cpu, wall, _ = spend(run, 1 if run in (separate, shared) else 2)
        print(f"| {name} | {wall:.2f} | {cpu:.2f} |", flush=True)


START = """
import time
began = time.perf_counter()
import sys
sys.path.insert(0, {here!r})
from field_setup import place_sources, prepare
from made_ground import make_ground, make_network
from geoplan.access.field import solve
imported = time.perf_counter()
ground, rivers = make_ground(100)
field = solve(*prepare(ground, make_network(100, 20.0), rivers, place_sources(ground))[2::2])
print(imported - began, time.perf_counter() - imported)
"""


def bench_start() -> None:
    """Time to the first result of fresh processes."""
    print(
        "\n## Start-up of a fresh process, 100² cells with roads\n\n| kernels | imports, s | from there to the first field, s |\n|---|---:|---:|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, times in (("compiled now", 1), ("kept from before", 3)):
            taken = []
            for _ in range(times):
                found = subprocess.run(
                    [sys.executable, "-c", START.format(here=str(Path(__file__).parent))],
                    capture_output=True, text=True, check=True, env=os.environ | {"NUMBA_CACHE_DIR": folder},
                )  # fmt: skip
                taken.append([float(one) for one in found.stdout.split()])
            imports, first = min(taken, key=lambda one: one[1])
            print(f"| {name} | {imports:.2f} | {first:.2f} |", flush=True)


def bench_exact(sides: list[int]) -> None:
    """Ticks beside float64."""
    print(
        "\n## Ticks beside float64 (scipy, the exponential itself)\n\n| cells | longest time, h | largest difference, s | mean, s | reached alike |"
    )
    print("|---|---:|---:|---:|---|", flush=True)
    for side in sides:
        ground, rivers = make_ground(side)
        ready = prepare(ground, make_network(1000, 0.0), rivers, place_sources(ground))
        field = solve(ready.costs, ready.seeds)
        _, exact = run_scipy(ready.costs, ready.seeds.code, ready.seeds.ticks, 1)
        reached = field.time < NEVER
        gap = np.abs(field.time[reached] - exact[reached]) / TICKS_PER_S
        alike = bool((reached == np.isfinite(exact)).all())
        print(
            f"| {side:,}² | {exact[reached].max() / TICKS_PER_S / 3600:.1f} | {gap.max():.4f} | {gap.mean():.5f} | {'yes' if alike else 'NO'} |"
        )


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ["terrain", "coupled", "extend", "threads", "start", "exact"]
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--sides", type=int, nargs="+", help="cells along a side; the last is the county of the other tables")
    parser.add_argument("--large", action="store_true", help="terrain also at 10,000² and 24,000² cells (12 GB)")
    parser.add_argument("--no-peers", action="store_true")
    arguments = parser.parse_args()
    sides = arguments.sides or [1000, 3000]
    small, _ = make_ground(120)
    warm = prepare(small, make_network(120, 20.0), _, place_sources(small))
    solve(warm.costs, warm.seeds)
    tasks: dict[str, Callable[[], None]] = {
        "terrain": lambda: bench_terrain(sides + ([10_000, 24_000] if arguments.large else []), not arguments.no_peers),
        "coupled": lambda: bench_coupled(sides[-1]),
        "extend": lambda: bench_extend(sides[-1]),
        "threads": lambda: bench_threads(sides[-1]),
        "start": bench_start,
        "exact": lambda: bench_exact([side for side in sides if side <= 1000] or [500]),
    }
    for part in arguments.only:
        tasks[part]()


if __name__ == "__main__":
    main()
