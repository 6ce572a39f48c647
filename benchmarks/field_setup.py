"""Set up one search on made-up ground as a user of the library does, and measure what it takes: CPU, wall, memory."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
from made_ground import CLIFF_DEG

from geoplan.access.entries import enter
from geoplan.access.field import Costs, Legs, Seeds, lay_costs, lay_legs, plant_seeds
from geoplan.access.surface import Surface, join_surface
from geoplan.access.ways import Ways, lay_ways, time_edges
from geoplan.contracts.ground import Ground
from geoplan.contracts.results import Network

ROOT = Path(__file__).resolve().parents[1]
SOURCES, MOVE_MAX_M = 50, 500.0


class Ready(NamedTuple):
    """All that one search needs."""

    surface: Surface
    ways: Ways
    costs: Costs
    legs: Legs
    seeds: Seeds


def place_sources(ground: Ground, *, count: int = SOURCES, seed: int = 33) -> np.ndarray:
    """Return (count, 2) metres, on ground that is walked on."""
    rng = np.random.default_rng(seed)
    rows, cols = ground.shape
    row, col = rng.integers(0, rows, 4 * count), rng.integers(0, cols, 4 * count)
    dry = np.flatnonzero(ground.blocked[row, col] == ground.blocked[row, col].min())[:count]
    width, tall = ground.cell_size
    return np.column_stack([ground.transform.c + (col[dry] + 0.6) * width, ground.transform.f - (row[dry] + 0.3) * tall])


def prepare(ground: Ground, network: Network, barriers: gpd.GeoDataFrame | None, xy: np.ndarray) -> Ready:
    """Join, enter and plant, as a user of the library does."""
    surface = join_surface(ground, network, barriers=barriers, cliff_deg=CLIFF_DEG)
    ways = lay_ways(surface, *time_edges(network, mode="ride", season="dry"))
    legs = lay_legs(enter(xy, surface, move_max_m=MOVE_MAX_M), surface, ways)
    return Ready(surface, ways, lay_costs(surface, ways, towards=True), legs, plant_seeds(legs, towards=True))


def spend(run: Callable[[], Any], times: int) -> tuple[float, float, Any]:
    """Return the least CPU and wall seconds of several runs, and the last answer."""
    cpu, wall = [], []
    for _ in range(times):
        start, began = time.process_time(), time.perf_counter()
        answer = run()
        cpu.append(time.process_time() - start)
        wall.append(time.perf_counter() - began)
    return min(cpu), min(wall), answer


def repeats(side: int) -> int:
    """Return how often a run on so large a grid is repeated."""
    return 3 if side < 3000 else 2 if side < 5000 else 1


class Peak(threading.Thread):
    """Watch how far the memory of this process grows, in bytes; the search lets go of the interpreter, so a thread can look."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.before = self.most = self.look()
        self.done = threading.Event()
        self.start()

    @staticmethod
    def look() -> int:
        """Return the memory held now."""
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    def run(self) -> None:
        """Look every 20 ms."""
        while not self.done.wait(0.02):
            self.most = max(self.most, self.look())

    def stop(self) -> int:
        """Return the growth since the start."""
        self.done.set()
        self.join()
        return max(self.most, self.look()) - self.before


def demo_county() -> tuple[Ground, Network, gpd.GeoDataFrame | None, np.ndarray]:
    """Return ground, roads, barriers and 50 facilities of the demo county."""
    from geoplan.access.facilities import collect_facilities, locate_points
    from geoplan.plan import Plan
    from geoplan.stage_runs import gather_barriers
    from geoplan.stages import STAGE

    documents = Plan.from_yaml(ROOT / "layers" / "demo" / "county.yaml").documents
    kept: dict[str, Any] = {}

    def inputs(name: str) -> Any:
        if name not in kept:
            kept[name] = STAGE[name].run(documents, inputs)
        return kept[name]

    ground = inputs("ground")
    ground = next(iter(ground.values()))
    supply = collect_facilities(inputs("layers"), documents.plan.services)
    xy = np.vstack([locate_points(one) for one in supply.values()])
    rng = np.random.default_rng(34)
    return ground, inputs("network"), gather_barriers(documents, inputs), xy[rng.permutation(len(xy))[:SOURCES]]
