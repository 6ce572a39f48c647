"""The field against tools that know nothing of geoplan: scipy's and networkx' searches, and GRASS."""

from __future__ import annotations

import shutil
import subprocess

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geoplan.access import lay_costs, lay_ways, solve, time_edges
from geoplan.access.field import Seeds
from geoplan.access.ticks import NEVER
from geoplan.access.ways import TICKS_PER_MIN


@pytest.mark.parametrize("towards", [True, False])
def test_scipy_finds_the_same_ticks_on_the_explicit_graph(world, twin, scenes, towards):
    """60 × 60 cells, barriers, twelve roads: every arc written out; each cell and node to the last tick."""
    scene = scenes.draw_scene(
        11, rows=60, cols=60, roads=12, barriers=4, points=8, steep=3.0, speeds=world.speeds, walking=world.walking
    )
    trip = world.travel(scene.surface, scene.here, scene.there, towards=towards, tile=16)
    arcs = twin.lay_arcs(scene.surface, trip.ways, ticks=True)
    least = {}
    for start, out in arcs.items():
        for end, cost in out:
            key = (end, start) if towards else (start, end)
            least[key] = min(least.get(key, cost), cost)
    size = scene.surface.ground.speed_class.size + len(scene.surface.stops.xy)
    # One more node for all sources at once: its arcs are the seeds.
    seeds = twin.plant(twin.lay_legs(trip.far, scene.surface, trip.ways), towards=towards, ticks=True)
    keys = np.array([*least, *((size, code) for code in seeds)])
    # A stored zero is no arc to scipy: all seeds start a tick late.
    costs = np.array([*least.values(), *(at + 1 for at in seeds.values())], dtype=np.float64)
    graph = coo_array((costs, (keys[:, 0], keys[:, 1])), shape=(size + 1, size + 1)).tocsr()
    found = dijkstra(graph, indices=size)[:-1] - 1
    found = np.where(found < NEVER, found, NEVER).astype(np.uint32)
    np.testing.assert_array_equal(np.r_[trip.field.time.ravel(), trip.field.node_time], found)
    assert (found < NEVER).mean() > 0.5


def seed_at(surface, codes, *, towards, **traveller):
    """Return the field that starts at places of the surface itself."""
    ways = lay_ways(surface, *time_edges(surface.network, **traveller), walker=traveller["walker"])
    none = np.zeros(len(codes), dtype=np.int64)
    return solve(lay_costs(surface, ways, towards=towards), Seeds(codes, none, none, none - 1))


corner = st.tuples(st.integers(0, 6), st.integers(0, 6))
street = st.tuples(corner, corner, st.sampled_from(["county", "village", "track", "path"]), st.sampled_from([0, 0, 1, -1]))


@settings(deadline=None, max_examples=25)
@given(
    streets=st.lists(street.filter(lambda one: one[0] != one[1]), min_size=1, max_size=9),
    mode=st.sampled_from(["ride", "walk"]),
    season=st.sampled_from(["dry", "wet"]),
    walker=st.sampled_from([1.0, 0.6]),
)
def test_on_roads_alone_networkx_finds_the_same_minutes(world, streets, mode, season, walker):
    """Roads on dams through a lake, from junction to junction: a pure graph, parallel edges and one-ways included."""
    lines = [[np.array(a) * 200.0, np.array(b) * 200.0] for a, b, *_ in streets]
    shape, corner = (44, 44), {"west": -60.0, "north": 1260.0}
    lake = world.hills(world.grid(np.zeros(shape), **corner), landcover=world.grid(np.full(shape, 80.0), **corner))
    surface = world.surface(lake, lines, road_class=[one[2] for one in streets], oneway=[one[3] for one in streets])
    edges, nodes = surface.network.edges, surface.network.nodes
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(nodes)))
    for edge in edges.itertuples():
        for start, end, way in ((edge.u, edge.v, "forward"), (edge.v, edge.u, "backward")):
            foot = getattr(edge, f"walk_{way}_min_{season}") / walker
            driven = np.inf if mode == "walk" or edge.walked else getattr(edge, f"{way}_min_{season}")
            if np.isfinite(min(foot, driven)):
                graph.add_edge(start, end, minutes=min(foot, driven))
    sources = np.arange(0, len(nodes), 3)
    cells = lake.speed_class.size
    for towards in (True, False):
        field = seed_at(surface, cells + sources, mode=mode, season=season, walker=walker, towards=towards)
        searched = graph.reverse() if towards else graph
        naive = nx.multi_source_dijkstra_path_length(searched, set(sources.tolist()), weight="minutes")
        expected = np.array([naive.get(node, np.inf) for node in range(len(nodes))])
        found = np.where(field.node_time < NEVER, field.node_time / TICKS_PER_MIN, np.inf)[: len(nodes)]
        assert found == pytest.approx(expected, abs=400 / TICKS_PER_MIN)
        assert (field.time == NEVER).all()


@pytest.mark.parametrize("neighbours", [8, 16])
def test_grass_finds_the_same_cost_on_level_ground(world, tmp_path, neighbours):
    """r.cost, and r.cost -k with knight's moves, in seconds per cell over five land classes: half of each move in each cell."""
    if shutil.which("grass") is None:
        pytest.skip("GRASS is not installed (Debian: apt-get install grass-core)")
    rng = np.random.default_rng(5)
    cover = world.grid(rng.choice([20.0, 30.0, 40.0, 50.0, 112.0], (40, 40)), north=1200.0)
    ground = world.hills(world.grid(np.zeros((40, 40)), north=1200.0), landcover=cover, neighbours=neighbours)
    field = seed_at(world.surface(ground), np.array([20 * 40 + 20]), mode="walk", season="dry", walker=1.0, towards=False)
    second_per_cell = 30.0 * 3.6 / ground.level_kmh[ground.speed_class]
    text = "north: 40\nsouth: 0\neast: 40\nwest: 0\nrows: 40\ncols: 40\n"
    text += "\n".join(" ".join(f"{value:.12g}" for value in row) for row in second_per_cell) + "\n"
    (tmp_path / "cost.asc").write_text(text)
    knight = "-k" if neighbours == 16 else ""
    (tmp_path / "run.sh").write_text(
        f"set -e\nr.in.ascii --q input='{tmp_path}/cost.asc' output=cost\ng.region raster=cost\n"
        f"r.cost --q {knight} input=cost output=sum start_coordinates=20.5,19.5\n"
        f"r.out.ascii -h --q input=sum output='{tmp_path}/sum.txt' precision=9\n"
    )
    command = ["grass", "--tmp-location", "XY", "--exec", "sh", str(tmp_path / "run.sh")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    grass_min = np.loadtxt(tmp_path / "sum.txt") / 60.0
    assert field.time / TICKS_PER_MIN == pytest.approx(grass_min, abs=100 / TICKS_PER_MIN)
