"""Who lies within reach of transformers and masts, what blocks a view, and the shortest lines that connect the rest."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyproj
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geoplan.contracts.coverage_config import LineNetwork
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Demand
from geoplan.coverage.line_sight import BLOCKED, CLEAR, UNSEEN, look_along
from geoplan.coverage.line_tree import gather_users, span_tree
from geoplan.coverage.lines import connect_lines, join_networks
from geoplan.errors import CrsError

CRS = "EPSG:4544"
NAN = float("nan")
POWER = LineNetwork(id="power", label_zh="供电", label_en="Power", layers=["t"], radius_m=500.0, yuan_per_m=100.0)
SIGNAL = LineNetwork(id="signal", label_zh="信号", label_en="Signal", layers=["m"], radius_m=3000.0, kind="signal")


def people(points, persons=None, households=None):
    n = len(points)
    table = {
        "settlement_id": [f"s{k}" for k in range(n)],
        "persons": [10.0] * n if persons is None else persons,
        "households": [3.0] * n if households is None else households,
    }
    frame = gpd.GeoDataFrame(table, geometry=[None if p is None else Point(*p) for p in points], crs=CRS)
    none = frame.iloc[:0]
    return Demand(frame, none, none, none, none)


def supply(points, **columns):
    ids = [f"t{k}" for k in range(len(points))]
    return gpd.GeoDataFrame({"facility_id": ids, **columns}, geometry=[None if p is None else Point(*p) for p in points], crs=CRS)


def test_a_radius_includes_its_rim_and_the_supplys_own_comes_first():
    found = connect_lines(people([(500, 0), (500.001, 0), (0, 700)]), supply([(0, 0), (0, 1500)], radius_m=[NAN, 800.0]), POWER)
    rows = found.settlements
    assert rows["within"].tolist() == ["true", "false", "true"]
    # The nearest (700 m) does not cover the third, the farther one (800 m) with its larger radius does.
    assert rows["nearest_id"].tolist() == ["t0", "t0", "t1"]
    assert rows["distance_m"].tolist() == pytest.approx([500.0, 500.001, 800.0])
    assert rows["radius_m"].tolist() == [500.0, 500.0, 800.0]


def test_a_shared_line_is_built_once_and_paid_by_people():
    #  t0 at 0 | s0 at 400 (within) | s1 1400 | s2 1900 | s3 2200
    found = connect_lines(
        people([(400, 0), (1400, 0), (1900, 0), (2200, 0)], [5.0, 10.0, 20.0, 0.0]), supply([(0, 0)]), POWER, slack=1.5
    )
    rows, lines = found.settlements, found.lines.set_index("line_id")
    assert lines["from_id"].to_dict() == {"power-s1": "s0", "power-s2": "s1", "power-s3": "s2"}
    assert lines["length_m"].tolist() == pytest.approx([1500.0, 750.0, 450.0])
    assert lines["settlements"].tolist() == ["s1;s2;s3", "s2;s3", "s3"]
    assert lines["persons"].tolist() == [30.0, 20.0, 0.0]
    assert rows["connect_m"].tolist()[1:] == pytest.approx([1500.0, 2250.0, 2700.0])
    # 150,000 split 10:20:0, 75,000 split 20:0, 45,000 to the empty hamlet alone.
    assert rows["capital_yuan"].tolist()[1:] == pytest.approx([50_000.0, 175_000.0, 45_000.0])
    assert rows["capital_yuan"].sum() == pytest.approx(lines["capital_yuan"].sum())


def test_a_line_without_a_price_has_a_length_and_no_cost():
    found = connect_lines(people([(900, 0)]), supply([(0, 0)]), POWER.model_copy(update={"yuan_per_m": None}))
    assert found.settlements["connect_m"].iloc[0] == pytest.approx(900 * 1.3)
    assert np.isnan(found.settlements["capital_yuan"].iloc[0])
    assert np.isnan(found.lines["capital_yuan"].iloc[0])


def test_load_is_counted_at_the_supply_that_covers_and_unknown_capacity_stays_unknown():
    at = [(300, 0), (500, 0), (5000, 0), (5100, 0), (9000, 0)]
    found = connect_lines(
        people(at, households=[20.0, 25.0, 10.0, NAN, 4.0]),
        supply([(0, 0), (5000, 0), (9000, 0)], supply_kva=[100.0, 50.0, NAN]),
        POWER,
    )
    assert found.settlements["load_share"].tolist() == pytest.approx([0.9, 0.9, NAN, NAN, NAN], nan_ok=True)


def test_without_rows_everybody_is_unknown():
    found = connect_lines(people([(0, 0), (1, 1)]), supply([]), POWER)
    assert found.settlements["within"].tolist() == ["unknown"] * 2
    assert found.settlements["status"].tolist() == ["no_data"] * 2
    assert len(found.lines) == 0


def test_a_supply_of_unknown_place_leaves_the_uncovered_unknown():
    found = connect_lines(people([(100, 0), (900, 0), None]), supply([(0, 0), None]), POWER)
    assert found.settlements["within"].tolist() == ["true", "unknown", "unknown"]
    assert len(found.lines) == 0


def test_layers_in_two_reference_systems_are_refused():
    with pytest.raises(CrsError):
        connect_lines(people([(0, 0)]), supply([(0, 0)]).to_crs("EPSG:4547"), POWER)


def ridge(height_m, *, cells=81, void=False):
    """Level ground at 100 m, cells of 50 m, with one column of cells as a ridge in the middle (x = 2025)."""
    values = np.full((5, cells), 100.0)
    values[:, cells // 2] = NAN if void else height_m
    return Grid(values, Affine(50.0, 0.0, 0.0, 0.0, -50.0, 250.0), pyproj.CRS.from_user_input(CRS))


def test_a_ridge_blocks_a_view_exactly_where_it_stands_above_the_line():
    a, b = np.array([[25.0, 125.0]]), np.array([[4025.0, 125.0]])
    # Antennas at 130 m and 101.5 m: half-way the line is at 115.75 m; the earth bulges 2000² / (2 · 4/3 · 6,371,000) = 0.2354 m.
    for height, expected in ((115.51, CLEAR), (115.52, BLOCKED)):
        assert look_along(ridge(height), a, b, from_above_m=30.0, to_above_m=1.5)[0] == expected


def test_the_earth_alone_blocks_far_views():
    wide = Grid(np.full((3, 800), 0.0), Affine(100.0, 0.0, 0.0, 0.0, -100.0, 300.0), pyproj.CRS.from_user_input(CRS))
    a = np.array([[50.0, 150.0]])
    # Two antennas of h and 0.01 m on a smooth earth see one another to about √(2 · 4/3 · R · h) = 22.57 km for h = 30 m.
    for far, expected in ((22_000.0, CLEAR), (23_600.0, BLOCKED)):
        assert look_along(wide, a, a + np.array([[far, 0.0]]), from_above_m=30.0, to_above_m=0.01)[0] == expected


def test_a_view_over_unknown_ground_is_unknown_and_what_blocks_it_anyway_blocks_it():
    a, b = np.array([[25.0, 125.0]]), np.array([[4025.0, 125.0]])
    hidden = ridge(100.0, void=True)
    assert look_along(hidden, a, b, from_above_m=30.0, to_above_m=1.5)[0] == UNSEEN
    wall = hidden.values.copy()
    wall[:, 60] = 400.0
    assert look_along(Grid(wall, hidden.transform, hidden.crs), a, b, from_above_m=30.0, to_above_m=1.5)[0] == BLOCKED


def test_a_mast_behind_a_ridge_does_not_cover_and_no_line_is_drawn():
    at, mast = people([(4025, 125), (1025, 125)]), supply([(25, 125)], radius_m=[4500.0])
    hidden = connect_lines(at, mast, SIGNAL, dem=ridge(200.0))
    assert hidden.settlements["within"].tolist() == ["false", "true"]
    assert hidden.settlements["sight"].tolist() == ["blocked", "clear"]
    assert "遮挡" in hidden.settlements["reason_zh"].iloc[0]
    assert len(hidden.lines) == 0
    assert connect_lines(at, mast, SIGNAL, dem=ridge(100.0)).settlements["within"].tolist() == ["true", "true"]
    assert connect_lines(at, mast, SIGNAL).settlements["within"].tolist() == ["unknown", "unknown"]


@settings(deadline=None, max_examples=30)
@given(st.floats(100.0, 180.0), st.floats(0.0, 60.0), st.floats(0.0, 60.0))
def test_who_sees_is_seen_and_a_higher_mast_never_sees_less(height, mast, more):
    a, b = np.array([[25.0, 125.0]]), np.array([[4025.0, 90.0]])
    seen = look_along(ridge(height), a, b, from_above_m=mast, to_above_m=2.0)[0]
    assert look_along(ridge(height), b, a, from_above_m=2.0, to_above_m=mast)[0] == seen
    assert look_along(ridge(height), a, b, from_above_m=mast + more, to_above_m=2.0)[0] >= seen


places = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=14)


@settings(deadline=None, max_examples=30)
@given(places, places)
def test_the_tree_is_as_short_as_networkx_finds_it(points, roots):
    xy, at = np.array(points, dtype=float), np.array(roots, dtype=float)
    root_m = np.hypot(*(xy[:, None] - at[None]).transpose(2, 0, 1)).min(axis=1)
    parent, length, order = span_tree(xy, root_m)
    graph = nx.Graph()
    for k in range(len(xy)):
        graph.add_edge("root", k, weight=root_m[k])
        for other in range(k):
            graph.add_edge(k, other, weight=float(np.hypot(*(xy[k] - xy[other]))))
    oracle = sum(d["weight"] for _, _, d in nx.minimum_spanning_tree(graph).edges(data=True))
    assert length.sum() == pytest.approx(oracle)
    place = {int(k): step for step, k in enumerate(order)}
    assert all(parent[k] == -1 or place[int(parent[k])] < place[k] for k in range(len(xy)))
    assert sum(k in users for users in gather_users(parent, order) for k in [users[0]]) == len(xy)


@settings(deadline=None, max_examples=20)
@given(places, places, st.floats(1.0, 40.0))
def test_a_larger_radius_covers_whoever_a_smaller_does_and_nobody_is_lost(points, roots, radius):
    at, with_supply = people(points), supply(roots)
    small = connect_lines(at, with_supply, POWER.model_copy(update={"radius_m": radius}))
    large = connect_lines(at, with_supply, POWER.model_copy(update={"radius_m": radius * 1.5}))
    near, far = (one.settlements["within"] == "true" for one in (small, large))
    assert (far | ~near).all()
    assert small.settlements["settlement_id"].tolist() == at.settlements["settlement_id"].tolist()
    assert small.settlements["capital_yuan"].sum() == pytest.approx(small.lines["capital_yuan"].sum())
    assert large.lines["length_m"].sum() <= small.lines["length_m"].sum() + 1e-6
    naive = np.hypot(*(np.array(points)[:, None] - np.array(roots)[None]).transpose(2, 0, 1)).min(axis=1)
    assert small.settlements["distance_m"].to_numpy() == pytest.approx(naive)


def test_the_order_of_rows_changes_nothing_for_anybody():
    points = [(400, 0), (1400, 0), (1900, 300), (2200, -50), (90, 90)]
    one = connect_lines(people(points), supply([(0, 0), (3000, 10)]), POWER).settlements.set_index("settlement_id")
    turned = people(points)
    turned = Demand(turned.settlements.iloc[::-1].reset_index(drop=True), *[turned.groups] * 4)
    two = connect_lines(turned, supply([(0, 0), (3000, 10)]), POWER).settlements.set_index("settlement_id").loc[one.index]
    pd.testing.assert_frame_equal(one, two)


def test_networks_are_joined_in_their_order():
    parts = [connect_lines(people([(0, 0)]), supply([(0, 0)]), one, dem=ridge(100.0)) for one in (POWER, SIGNAL)]
    crs = pyproj.CRS.from_user_input(CRS)
    assert join_networks(parts, crs=crs).settlements["network"].tolist() == ["power", "signal"]
    none = join_networks([], crs=crs)
    assert (len(none.settlements), len(none.lines)) == (0, 0)
    assert list(none.settlements.columns) == list(parts[0].settlements.columns)
