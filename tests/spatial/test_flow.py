"""Water on planes and valleys whose ways are known by pencil, and a naive D8 beside it on small random ground."""

from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import CRS

from geoplan.contracts.grid import Grid
from geoplan.errors import ConfigError, CrsError
from geoplan.spatial.flow import distance_to_stream, height_above_stream, route_flow

METRIC = CRS.from_epsg(4544)
NEIGHBOURS = [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]


def grid(values, *, width=10.0, height=10.0, crs=METRIC):
    return Grid(np.asarray(values, dtype=float), Affine(width, 0, 500_000, 0, -height, 3_560_000), crs)


def valley(rows=20, half=10, *, side=3.0, along=0.5, cell=10.0):
    """A V: the middle column falls southwards by ``along`` per cell, both sides rise by ``side`` per cell."""
    z = np.add.outer(np.arange(rows, 0, -1) * along, np.abs(np.arange(2 * half + 1) - half) * side)
    return grid(z, width=cell, height=cell)


def naive_fill(z):
    """Height of the lowest way out of every cell: Dijkstra whose path length is its highest ground."""
    rows, cols = z.shape
    filled = np.full(z.shape, np.inf)
    heap = []
    for r in range(rows):
        for c in range(cols):
            around = [(r + dr, c + dc) for dr, dc in NEIGHBOURS]
            outside = [not (0 <= a < rows and 0 <= b < cols) or np.isnan(z[a, b]) for a, b in around]
            if not np.isnan(z[r, c]) and any(outside):
                filled[r, c] = z[r, c]
                heapq.heappush(heap, (z[r, c], r, c))
    while heap:
        level, r, c = heapq.heappop(heap)
        for dr, dc in NEIGHBOURS:
            a, b = r + dr, c + dc
            if 0 <= a < rows and 0 <= b < cols and not np.isnan(z[a, b]) and max(level, z[a, b]) < filled[a, b]:
                filled[a, b] = max(level, z[a, b])
                heapq.heappush(heap, (filled[a, b], a, b))
    return np.where(np.isnan(z), np.nan, filled)


def naive_steepest(filled, width, height):
    """The neighbour of steepest descent of each cell, its own number where none is lower, −1 on nodata."""
    rows, cols = filled.shape
    to = np.full(filled.shape, -1)
    for r in range(rows):
        for c in range(cols):
            if np.isnan(filled[r, c]):
                continue
            to[r, c], best = r * cols + c, 0.0
            for dr, dc in NEIGHBOURS:
                a, b = r + dr, c + dc
                if 0 <= a < rows and 0 <= b < cols and not np.isnan(filled[a, b]):
                    fall = (filled[r, c] - filled[a, b]) / np.hypot(dr * height, dc * width)
                    if fall > best:
                        to[r, c], best = a * cols + b, fall
    return to


def ways(flow):
    """Every cell's way down, as lists of cell numbers."""
    down = flow.downstream.ravel()
    found = {}
    for start in np.flatnonzero(down >= 0):
        way = [int(start)]
        while down[way[-1]] != way[-1]:
            way.append(int(down[way[-1]]))
            assert len(way) <= down.size, "a loop"
        found[int(start)] = way
    return found


ground = st.builds(
    lambda z, holes: np.where(holes, np.nan, z),
    hnp.arrays(float, (7, 9), elements=st.integers(0, 12).map(float)),
    hnp.arrays(bool, (7, 9), elements=st.integers(0, 9).map(lambda one: one == 0)),
)


def test_a_valleys_sides_stand_over_its_line_by_their_own_rise():
    """3 m a cell: the third cell from the line is 9 m above it and 30 m away, straight and along the water."""
    flow = route_flow(valley(), stream_km2=0.003)
    stream = np.zeros(flow.shape, dtype=bool)
    stream[1:, 10] = True
    assert (flow.stream == stream).all()
    away = np.abs(np.arange(21) - 10)
    for row in (5, 12, 19):
        assert height_above_stream(flow).values[row] == pytest.approx(3.0 * away)
        assert distance_to_stream(flow).values[row] == pytest.approx(10.0 * away)
        assert distance_to_stream(flow, along_flow=True).values[row] == pytest.approx(10.0 * away)


def test_water_takes_the_steepest_way_and_not_the_lowest_neighbour():
    """Beside the line the south-western neighbour is lower, the western one steeper: the water goes west."""
    flow = route_flow(valley(), stream_km2=0.003)
    assert flow.downstream[5, 14] == 5 * 21 + 13


def test_area_adds_up_cell_by_cell_down_a_valley():
    """Row k of the line drains (k + 1) rows of 21 cells of 100 m²."""
    flow = route_flow(valley(), stream_km2=0.003)
    assert flow.upstream_km2[:, 10] == pytest.approx(np.arange(1, 21) * 21 * 1e-4)
    assert flow.upstream_km2[:, 0] == pytest.approx(1e-4)


def test_a_stream_begins_at_the_very_threshold():
    flow = route_flow(valley(), stream_km2=10 * 21 * 1e-4)
    assert flow.stream[:, 10].tolist() == [False] * 9 + [True] * 11


def test_a_mapped_river_is_a_stream_whatever_drains_to_it_and_moves_no_water():
    """The river enters the valley at its head: without the map the first nine rows have no stream."""
    dem, rivers = valley(), np.zeros((20, 21), dtype=bool)
    rivers[:, 10] = True
    plain = route_flow(dem, stream_km2=10 * 21 * 1e-4)
    mapped = route_flow(dem, stream_km2=10 * 21 * 1e-4, rivers=rivers)
    assert (mapped.stream == rivers).all()
    assert (mapped.downstream == plain.downstream).all()
    assert height_above_stream(mapped).values[0] == pytest.approx(3.0 * np.abs(np.arange(21) - 10))
    assert height_above_stream(plain).values[0, 10] == pytest.approx(4.5), "nine rows above the stream's beginning"
    with pytest.raises(ValueError, match="rivers"):
        route_flow(dem, stream_km2=1.0, rivers=rivers[:5])


def test_the_way_is_level_length_with_diagonals():
    """A plane falling to the south-east by the same on each side: every step is a diagonal of √2 cells."""
    z = np.add.outer(np.arange(8, 0, -1), np.arange(8, 0, -1)) * 10.0
    flow = route_flow(grid(z), stream_km2=64 * 1e-4)
    assert flow.stream.sum() == 1
    assert flow.stream[7, 7]
    along = distance_to_stream(flow, along_flow=True).values
    assert np.diag(along) == pytest.approx(np.arange(7, -1, -1) * np.hypot(10, 10))


def test_a_pit_is_filled_to_its_lowest_brim_and_its_water_leaves_there():
    z = np.full((7, 7), 50.0)
    z[2:5, 2:5] = 20.0
    z[3, 5], z[3, 6] = 30.0, 10.0
    flow = route_flow(grid(z), stream_km2=9 * 1e-4)
    assert (flow.filled_m[2:5, 2:5] == 30.0).all()
    assert flow.upstream_km2[3, 6] >= 10 * 1e-4
    for way in (way for start, way in ways(flow).items() if start in {2 * 7 + 2, 3 * 7 + 3, 4 * 7 + 2}):
        assert way[-2:] == [3 * 7 + 5, 3 * 7 + 6]
    assert (height_above_stream(flow).values[2:5, 2:5] <= 20.0).all()


def test_ground_whose_water_leaves_before_any_stream_has_no_known_height():
    flow = route_flow(valley(), stream_km2=0.003)
    assert np.isnan(height_above_stream(flow).values[0, 10]) == (flow.downstream[0, 10] == 10)
    away = route_flow(grid(np.tile(np.arange(6.0), (6, 1))), stream_km2=1.0)
    assert np.isnan(height_above_stream(away).values).all()
    assert np.isnan(distance_to_stream(away).values).all()


def test_the_sea_takes_water_and_has_no_streams_and_a_low_hollow_inland_is_land():
    """An island in a sea of 0 m with a hollow at −2 m in its middle."""
    far = np.hypot(*np.mgrid[-10:11, -10:11])
    z = np.clip(90 - 10 * far, 0, None)
    z[8:13, 8:13] = 100.0
    z[10, 10] = -2.0
    flow = route_flow(grid(z), stream_km2=5e-4, sea_m=0.0)
    sea = flow.downstream < 0
    assert (sea == (z == 0)).all()
    assert not sea[10, 10]
    assert not flow.stream[sea].any()
    assert not np.isnan(height_above_stream(flow).values[~sea]).any()
    assert (height_above_stream(flow).values[flow.coast] == 0).all()
    assert flow.upstream_km2[flow.downstream == np.arange(z.size).reshape(z.shape)].sum() == pytest.approx((~sea).sum() * 1e-4)


def test_cells_of_unlike_sides_measure_slope_by_their_own_length():
    """4 m down over 40 m against 3 m over 10 m: the shorter way is steeper."""
    z = [[9.0, 9.0, 9.0], [9.0, 9.0, 5.0], [9.0, 6.0, 9.0]]
    assert route_flow(grid(z, width=40.0), stream_km2=1.0).downstream[1, 1] == 7
    assert route_flow(grid(z, height=40.0), stream_km2=1.0).downstream[1, 1] == 5


@settings(max_examples=40, deadline=None)
@given(ground, st.sampled_from([(10.0, 10.0), (30.0, 20.0)]))
def test_flow_is_that_of_a_naive_d8(z, cell):
    flow = route_flow(grid(z, width=cell[0], height=cell[1]), stream_km2=3 * cell[0] * cell[1] / 1e6)
    filled = naive_fill(z)
    assert np.array_equal(flow.filled_m, filled.astype(np.float32), equal_nan=True)
    steepest = naive_steepest(filled, *cell)
    own = np.arange(z.size).reshape(z.shape)
    falling = (steepest >= 0) & (steepest != own)
    assert (flow.downstream[falling] == steepest[falling]).all()
    assert ((flow.downstream < 0) == np.isnan(z)).all()
    # Flats have no steepest way: theirs leads out without a loop and never uphill, and every cell is counted once at an outlet.
    down, area, level = ways(flow), np.zeros(z.size), filled.ravel()
    for way in down.values():
        area[way] += cell[0] * cell[1] / 1e6
        assert (np.diff(level[way]) <= 0).all()
        r, c = divmod(way[-1], z.shape[1])
        around = [(r + dr, c + dc) for dr, dc in NEIGHBOURS]
        assert any(not (0 <= a < 7 and 0 <= b < 9) or np.isnan(z[a, b]) for a, b in around)
    known = ~np.isnan(z.ravel())
    assert flow.upstream_km2.ravel()[known] == pytest.approx(area[known], rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(ground)
def test_height_and_way_to_a_stream_are_read_off_the_way_itself(z):
    flow = route_flow(grid(z), stream_km2=4e-4)
    hand, along = height_above_stream(flow).values.ravel(), distance_to_stream(flow, along_flow=True).values.ravel()
    straight = distance_to_stream(flow).values.ravel()
    stream, level = flow.stream.ravel(), flow.filled_m.ravel()
    for start, way in ways(flow).items():
        met = next((k for k, cell in enumerate(way) if stream[cell]), None)
        if met is None:
            assert np.isnan(hand[start])
            assert np.isnan(along[start])
            continue
        assert hand[start] == level[start] - level[way[met]] >= 0
        steps = [10 * np.hypot(*np.subtract(divmod(a, 9), divmod(b, 9))) for a, b in pairwise(way[: met + 1])]
        assert along[start] == pytest.approx(sum(steps))
        assert straight[start] <= along[start] + 1e-3


@settings(max_examples=20, deadline=None)
@given(ground, st.integers(-300, 300))
def test_raising_all_ground_changes_no_way(z, lift):
    low, high = route_flow(grid(z), stream_km2=4e-4), route_flow(grid(z + lift), stream_km2=4e-4)
    assert (low.downstream == high.downstream).all()
    assert (low.stream == high.stream).all()


def test_a_model_is_never_changed_and_the_same_twice():
    dem = valley()
    before = dem.values.copy()
    first, second = route_flow(dem, stream_km2=0.003), route_flow(dem, stream_km2=0.003)
    assert (dem.values == before).all()
    assert (first.order == second.order).all()


def test_degrees_and_senseless_thresholds_are_refused():
    with pytest.raises(CrsError):
        route_flow(grid(np.zeros((3, 3)), crs=CRS.from_epsg(4490)), stream_km2=1.0)
    with pytest.raises(ConfigError, match="STREAM-AREA"):
        route_flow(valley(), stream_km2=0.0)


def test_a_model_without_any_data_has_no_flow():
    flow = route_flow(grid(np.full((4, 4), np.nan)), stream_km2=1.0)
    assert (flow.downstream == -1).all()
    assert len(flow.order) == 0
    assert np.isnan(height_above_stream(flow).values).all()
