"""Who gets water from where: heads by pencil, ridges, yields, springs, and nobody lost."""

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

from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Demand, Layers
from geoplan.contracts.water_profile import WaterProfile
from geoplan.coverage.hydraulics import head_loss_m
from geoplan.coverage.scheme_dispersed import pair_springs, share_springs
from geoplan.coverage.scheme_routes import lay_pipe_ground, search_routes
from geoplan.coverage.scheme_sources import collect_sources, place_sources
from geoplan.coverage.schemes import compute_water
from geoplan.errors import CrsError
from geoplan.io.documents import read_water

CRS = "EPSG:4544"
NAN = float("nan")
PROFILE = read_water("water_cn_2026")
CELL, ROWS, COLS = 50.0, 21, 61
MIDDLE = ROWS * CELL / 2
LEVEL = np.full((ROWS, COLS), 500.0)


def changed(**figures: float) -> WaterProfile:
    """Return the preset with other figures, by name (``lift_max_m=0``)."""
    document = PROFILE.model_dump()
    for part in ("demand", "pipes", "pump"):
        for name, value in figures.items():
            if name in document[part]:
                document[part][name]["value"] = value
    return WaterProfile.model_validate(document)


def slope(fall_m: float, *, ridge_m: float = 0.0) -> Grid:
    """Return ground that falls evenly from 600 m to the east, with a ridge across the middle."""
    values = 600.0 - fall_m * (np.arange(COLS) + 0.5) / COLS + np.zeros((ROWS, 1))
    values[:, COLS // 2] += ridge_m
    return grid(values)


def grid(values):
    return Grid(
        np.asarray(values, dtype=np.float64), Affine(CELL, 0.0, 0.0, 0.0, -CELL, ROWS * CELL), pyproj.CRS.from_user_input(CRS)
    )


def people(xs, persons=None, **columns):
    n = len(xs)
    table = {"settlement_id": [f"s{k}" for k in range(n)], "persons": [100.0] * n if persons is None else persons, **columns}
    points = [None if x is None else Point(*x) if isinstance(x, tuple) else Point(x, MIDDLE) for x in xs]
    frame = gpd.GeoDataFrame(table, geometry=points, crs=CRS)
    return Demand(frame, *[frame.iloc[:0]] * 4)


def sources(rows):
    """Return sources from (x, kind, yield) rows."""
    table = {
        "facility_id": [f"w{k}" for k in range(len(rows))],
        "name": [f"水{k}" for k in range(len(rows))],
        "water_kind": [row[1] for row in rows],
        "yield_m3_day": [row[2] for row in rows],
        "reliability_share": [0.95] * len(rows),
    }
    points = [None if x is None else Point(*x) if isinstance(x, tuple) else Point(x, MIDDLE) for x, *_ in rows]
    return gpd.GeoDataFrame(table, geometry=points, crs=CRS)


NO_WALKS = pd.DataFrame(
    columns="settlement_id service season trip status travel_time_min facility_id level_distance_m climb_m".split()
)


def walks(rows):
    """Return timed walks from (settlement, facility, minutes, level metres, climb) rows."""
    table = pd.DataFrame(rows, columns="settlement_id facility_id travel_time_min level_distance_m climb_m".split())
    return table.assign(service="water", season="dry", trip="round_trip", status="ok")


def water(demand, rows, dem, profile=PROFILE, times=NO_WALKS):
    return compute_water(demand, sources(rows), dem, times, profile)


def test_the_head_left_is_height_less_losses():
    found = water(people([2525.0]), [(525.0, "scheme", 100.0)], slope(61.0))
    row, pipe = found.settlements.iloc[0], found.pipes.iloc[0]
    # The ground falls 1 m a cell: 40 cells, √(50² + 1²) m of pipe each; 2 m of water above ground at the source.
    length = 40.0 * np.hypot(50.0, 1.0)
    flow = 100.0 * 80.0 / 0.85 / 86400.0 * 2.0
    loss = head_loss_m(flow, pipe["diameter_mm"], length, roughness_c=140.0)
    assert row["served_by"] == "gravity"
    assert row["pipe_m"] == pytest.approx(length)
    assert row["head_m"] == pytest.approx(40.0 + 2.0 - loss)
    assert (pipe["flow_l_s"], pipe["loss_m"]) == (pytest.approx(flow), pytest.approx(loss))
    # The thinnest pipe would lose more than the 32 m there are to lose; this one is the thinnest that does not.
    assert head_loss_m(flow, 26.0, length, roughness_c=140.0) < 32.0
    assert pipe["diameter_mm"] == 26.0
    assert pipe["capital_yuan"] == pytest.approx(length * (12.0 + 40.0))


def test_least_head_at_the_tap_is_inclusive():
    level = grid(LEVEL)
    at = people([(525.0 + 1.0, MIDDLE)])
    enough = changed(source_head_m=12.0, residual_min_m=10.0, lift_max_m=0.0)
    short = changed(source_head_m=10.0, residual_min_m=10.0, lift_max_m=0.0)
    assert water(at, [(525.0, "scheme", 100.0)], level, enough).settlements["served_by"].iloc[0] == "gravity"
    # On level ground every metre of pipe loses head: what starts with exactly 10 m cannot keep 10 m.
    assert water(at, [(525.0, "scheme", 100.0)], level, short).settlements["served_by"].iloc[0] == "none"


def test_a_ridge_above_the_grade_line_stops_gravity_and_a_pump_lifts_over_it():
    at, rows = people([2525.0]), [(525.0, "scheme", 100.0)]
    open_way = water(at, rows, slope(61.0, ridge_m=15.0))
    assert open_way.settlements["served_by"].iloc[0] == "gravity"
    over = water(at, rows, slope(61.0, ridge_m=60.0)).settlements.iloc[0]
    assert over["served_by"] == "pump"
    # The ridge's crest lies 20.5 m down the slope and 60 m up: 39.5 m above the source less 2 m of water, and what is lost on the way.
    assert 37.0 < over["lift_m"] < 48.0
    no_pump = water(at, rows, slope(61.0, ridge_m=60.0), changed(lift_max_m=0.0)).settlements.iloc[0]
    assert no_pump["served_by"] == "none"


def test_every_pipe_lies_below_its_grade_line():
    ground = slope(61.0, ridge_m=15.0)
    found = water(people([2525.0, 2900.0, 1200.0], [100.0, 300.0, 50.0]), [(525.0, "scheme", 200.0)], ground)
    assert (found.settlements["served_by"] == "gravity").all()
    assert (found.settlements["head_m"] >= 10.0 - 1e-6).all()
    pipes = found.pipes.set_index("pipe_id")
    head = {(525.0, MIDDLE): ground_at(ground, 525.0) + 2.0}
    for pipe in pipes.itertuples():
        xy = np.array(pipe.geometry.coords)
        z = np.array([ground_at(ground, x) for x, _ in xy])
        run = np.r_[0.0, np.cumsum(np.hypot(np.diff(xy[:, 0]), np.diff(z)))]
        line = head[tuple(xy[0])] - head_loss_m(pipe.flow_l_s, pipe.diameter_mm, run, roughness_c=140.0)
        assert (line >= z - 1e-6).all()
        head[tuple(xy[-1])] = float(line[-1])


def ground_at(ground, x):
    at = x / CELL - 0.5
    row = ground.values[ROWS // 2]
    return float(np.interp(at, np.arange(COLS), row))


def test_shared_trunks_carry_the_sum_of_their_flows():
    found = water(people([1025.0, 1525.0], [100.0, 300.0]), [(525.0, "scheme", 200.0)], slope(61.0))
    pipes = found.pipes.sort_values("flow_l_s", ascending=False)
    unit = 80.0 / 0.85 / 86400.0 * 2.0
    assert pipes["flow_l_s"].iloc[0] == pytest.approx(400 * unit)
    assert pipes["persons"].iloc[0] == 400.0
    assert pipes["settlements"].iloc[0] == "s0;s1"
    longest = found.settlements.set_index("settlement_id").loc["s1", "pipe_m"]
    # The nearer one taps the farther one's pipe at its door: not 500 m + 1,000 m but 1,000 m, and a leg of at most a cell.
    assert pipes["length_m"].sum() <= longest + 2 * CELL


def test_yield_binds_and_the_cheapest_per_person_come_first():
    # Needs 9.41, 28.2 and 18.8 m³/d; 40 m³/d: the large one is cheapest per person, then the third no longer fits, the first does.
    found = water(people([1025.0, 1225.0, 1425.0], [100.0, 300.0, 200.0]), [(525.0, "scheme", 40.0)], slope(61.0))
    rows = found.settlements
    assert rows["served_by"].tolist() == ["gravity", "gravity", "none"]
    assert rows["reason_zh"].iloc[2] == "附近水源水量已分完"
    source = found.sources.iloc[0]
    assert source["demand_m3_day"] == pytest.approx(400.0 * 0.08 / 0.85)
    assert source["used_share"] == pytest.approx(400.0 * 0.08 / 0.85 / 40.0)
    assert rows["l_person_day"].iloc[0] == pytest.approx(40.0 * 0.85 * 1000.0 / 400.0)


def test_a_yield_that_is_just_enough_is_enough():
    exact = 100.0 * 80.0 / 1000.0 / (1.0 - 0.15)
    assert water(people([1025.0]), [(525.0, "scheme", exact)], slope(61.0)).settlements["served_by"].iloc[0] == "gravity"
    assert water(people([1025.0]), [(525.0, "scheme", exact * 0.999)], slope(61.0)).settlements["served_by"].iloc[0] == "none"


def test_springs_serve_who_remains_nearest_first_within_the_walk():
    # 3.5 m³/d at 35 L: 100 people. 60 at 100 m, 50 at 200 m, 40 at 300 m, and one at 501 m.
    at = people([625.0, 725.0, 825.0, 1026.0], [60.0, 50.0, 40.0, 1.0])
    found = water(at, [(525.0, "source", 3.5)], grid(LEVEL))
    assert found.settlements["served_by"].tolist() == ["dispersed", "none", "dispersed", "none"]
    assert found.settlements["l_person_day"].iloc[0] == pytest.approx(35.0)
    assert found.sources["used_share"].iloc[0] == pytest.approx(1.0)
    assert found.settlements["reason_zh"].tolist()[3] == "管线与步行范围内无可用水源"


def test_a_walk_known_to_be_too_long_is_no_walk():
    at, rows = people([625.0], [60.0]), [(525.0, "source", 3.5)]
    near = water(at, rows, grid(LEVEL), times=walks([("s0", "w0", 20.0, 100.0, 0.0)]))
    far = water(at, rows, grid(LEVEL), times=walks([("s0", "w0", 20.01, 100.0, 0.0)]))
    assert near.settlements["served_by"].iloc[0] == "dispersed"
    assert near.settlements["round_trip_min"].iloc[0] == 20.0
    assert far.settlements["served_by"].iloc[0] == "none"


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([(525.0, "scheme", NAN)], "水量"),
        ([(525.0, "", 100.0)], "类型"),
        ([(None, "scheme", 100.0)], "位置"),
        ([((-400.0, MIDDLE), "scheme", 100.0)], "高程"),
        ([(725.0, "source", NAN)], "水量"),
    ],
)
def test_a_source_not_fully_known_serves_nobody_and_leaves_unknown_whom_it_might_serve(rows, word):
    found = water(people([1025.0]), rows, slope(61.0))
    row = found.settlements.iloc[0]
    assert (row["served_by"], row["status"], row["source_id"]) == ("unknown", "no_data", "")
    assert word in row["reason_zh"]
    assert found.sources["status"].iloc[0] == "no_data"


def test_unknown_people_height_or_layers_leave_a_settlement_unknown():
    rows = [(525.0, "scheme", 100.0)]
    assert water(people([1025.0], [NAN]), rows, slope(61.0)).settlements["reason_zh"].iloc[0] == "人口未知"
    assert water(people([(1025.0, -900.0)]), rows, slope(61.0)).settlements["served_by"].iloc[0] == "unknown"
    assert water(people([None]), rows, slope(61.0)).settlements["served_by"].iloc[0] == "unknown"
    assert water(people([1025.0]), [], slope(61.0)).settlements["reason_zh"].iloc[0] == "无水源图层数据"
    assert water(people([1025.0]), rows, None).settlements["served_by"].iloc[0] == "unknown"
    assert water(people([1025.0], [0.0]), rows, slope(61.0)).settlements["served_by"].iloc[0] == "none"


def test_rules_are_judged_as_things_are_and_as_planned():
    at = people([1025.0, 2925.0], [100.0, 9000.0], water_l_person_day=[15.0, 45.0])
    times = walks([("s0", "w0", 30.0, 900.0, 90.0), ("s1", "w0", 12.0, 300.0, 10.0)])
    rules = water(at, [(525.0, "scheme", 60.0)], slope(61.0), times=times).rules
    grade = rules.set_index(["settlement_id", "rule", "basis"])["grade"]
    assert grade["s0", "quantity_2004_low", "today"] == "short"
    assert grade["s0", "quantity_2004_low", "planned"] == "safe"
    assert grade["s0", "fetching_2004", "today"] == "short"
    assert grade["s0", "fetching_2004", "planned"] == "safe"
    # Served by nothing: planned is as today.
    for rule in ("quantity_2004_low", "fetching_2004", "fetching_2004_distance", "reliability_2004"):
        assert grade["s1", rule, "planned"] == grade["s1", rule, "today"]
    assert grade["s1", "quantity_2004_low", "today"] == "safe"
    assert len(rules) == 2 * len(PROFILE.rules) * 2


def test_routes_cost_what_networkx_finds():
    rng = np.random.default_rng(7)
    values = 500.0 + rng.uniform(-20.0, 20.0, (ROWS, COLS))
    values[8, 20], values[10, 10], values[10, 40] = NAN, 490.0, 490.0
    ground = lay_pipe_ground(grid(values), PROFILE)
    at = np.array([[525.0, MIDDLE, values[10, 10]]])
    goal = np.array([[2025.0, MIDDLE, values[10, 40]]])
    top = 512.0
    routes = search_routes(ground, at, np.array([top]), goal, goal[:, 2], PROFILE, trench_yuan_per_m=40.0)
    graph = nx.DiGraph()
    for r in range(ROWS):
        for c in range(COLS):
            for r2, c2 in ((r + dr, c + dc) for dr in (-1, 0, 1) for dc in (-1, 0, 1) if dr or dc):
                if 0 <= r2 < ROWS and 0 <= c2 < COLS and max(values[r, c], values[r2, c2]) <= top - 6.0:
                    run = np.sqrt(((r - r2) * CELL) ** 2 + ((c - c2) * CELL) ** 2 + (values[r, c] - values[r2, c2]) ** 2)
                    mean = 0.5 * (ground.factor[r, c] + ground.factor[r2, c2])
                    graph.add_edge((r, c), (r2, c2), weight=run * (12.0 + 40.0 * mean))
    legs = {
        end: {
            (r, c): np.hypot(CELL * np.hypot(r - 10, c - centre), values[r, c] - z) * (12.0 + 40.0 * ground.factor[r, c])
            for r in (9, 10, 11)
            for c in (centre - 1, centre, centre + 1)
        }
        for end, centre, z in (("a", 10, at[0, 2]), ("b", 40, goal[0, 2]))
    }
    for cell, cost in legs["a"].items():
        if graph.has_node(cell):
            graph.add_edge("a", cell, weight=cost)
    for cell, cost in legs["b"].items():
        if graph.has_node(cell):
            graph.add_edge(cell, "b", weight=cost)
    # The oracle keeps the whole reserve (1 m/km · 6 km) everywhere: never cheaper than the search, and with the ground bounded below both, equal.
    strict = search_routes(
        ground, at, np.array([top - 6.0]), goal, goal[:, 2], changed(reserve_m_per_km=0.0), trench_yuan_per_m=40.0
    )
    assert strict.yuan[0] == pytest.approx(nx.dijkstra_path_length(graph, "a", "b"), rel=1e-6)
    assert routes.yuan[0] <= strict.yuan[0] + 1e-6


def test_springs_are_paired_by_distance_climb_and_order():
    springs = np.array([[0.0, 0.0, 100.0], [0.0, 0.0, NAN]])
    settlements = np.array([[500.0, 0.0, 200.0], [500.01, 0.0, 100.0], [10.0, 0.0, 200.01], [5.0, 0.0, 0.0]])
    none = np.full(4, -1)
    who, spring, level = pair_springs(springs, settlements, PROFILE.dispersed_way, timed_spring=none, timed_min=np.full(4, NAN))
    assert who.tolist() == [3, 0]
    assert spring.tolist() == [0, 0]
    assert level.tolist() == [5.0, 500.0]
    chosen, left = share_springs(who, spring, np.array([1.0, 1.0, 1.0, 2.0]), np.ones(4, dtype=bool), np.array([2.5, 9.0]))
    assert chosen.tolist() == [-1, -1, -1, 0]
    assert left.tolist() == [0.5, 9.0]


def test_sources_carry_the_ids_of_travel_times():
    crs = pyproj.CRS.from_user_input(CRS)
    one, two = sources([(525.0, "scheme", 10.0)]), sources([(625.0, "source", -1.0)]).drop(columns="water_kind")
    found = collect_sources(Layers(crs, {"one": one, "two": two}, {}, ()), ["one", "two", "gone"])
    assert found["facility_id"].tolist() == ["one:w0", "two:w0"]
    assert found["water_kind"].tolist() == ["scheme", ""]
    placed = place_sources(found, grid(LEVEL))
    assert placed["z"].tolist() == [500.0, 500.0]
    # A negative yield is no yield.
    assert placed["yield_m3_day"].tolist() == pytest.approx([10.0, NAN], nan_ok=True)
    assert placed["known"].tolist() == [True, False]


xs = st.lists(st.tuples(st.floats(60.0, 2990.0), st.floats(60.0, 990.0)), min_size=1, max_size=8)


@st.composite
def counties(draw):
    at = draw(xs)
    persons = [float(draw(st.integers(0, 400))) for _ in at]
    kinds = draw(
        st.lists(
            st.tuples(xs.map(lambda one: one[0]), st.sampled_from(["scheme", "source"]), st.floats(0.0, 80.0)),
            min_size=1,
            max_size=4,
        )
    )
    values = (
        500.0
        + np.random.default_rng(draw(st.integers(0, 50))).uniform(-40.0, 40.0, (7, 7)).repeat(3, 0).repeat(9, 1)[:ROWS, :COLS]
    )
    return (
        people(at, persons),
        kinds,
        grid(np.pad(values, ((0, ROWS - values.shape[0]), (0, COLS - values.shape[1])), mode="edge")),
    )


@settings(deadline=None, max_examples=25)
@given(counties())
def test_everybody_is_counted_once_and_no_source_gives_more_than_it_has(county):
    demand, rows, ground = county
    found = water(demand, rows, ground)
    by = found.settlements.groupby("served_by")["persons"].sum()
    assert by.sum() == demand.settlements["persons"].sum()
    assert found.settlements["settlement_id"].tolist() == demand.settlements["settlement_id"].tolist()
    served = found.settlements[found.settlements["source_id"] != ""]
    assert found.sources["persons"].sum() == served["persons"].sum()
    assert (found.sources["demand_m3_day"] <= found.sources["yield_m3_day"] * (1 + 1e-8) + 1e-12).all()
    piped = found.settlements[found.settlements["served_by"].isin(["gravity", "pump"])]
    assert (piped["head_m"] + piped["lift_m"] >= 10.0 - 1e-6).all()
    assert (piped["lift_m"] <= 120.0).all()
    assert (found.pipes["velocity_m_s"] <= 2.0 + 1e-9).all()


@settings(deadline=None, max_examples=20)
@given(counties())
def test_without_pumps_nobody_is_served_who_is_not_served_with_them(county):
    demand, rows, ground = county
    without = water(demand, rows, ground, changed(lift_max_m=0.0)).settlements
    with_pump = water(demand, rows, ground).settlements
    gravity = without["served_by"] == "gravity"
    assert (with_pump["served_by"][gravity] == "gravity").all()
    piped = with_pump["served_by"].isin(["gravity", "pump"])
    assert (piped | ~gravity).all()


@settings(deadline=None, max_examples=20)
@given(xs, st.lists(st.integers(1, 400), min_size=8, max_size=8), st.floats(0.0, 60.0), st.floats(0.0, 60.0))
def test_a_larger_yield_never_serves_fewer_people(at, persons, given_m3, more):
    demand, ground = people(at, [float(one) for one in persons[: len(at)]]), slope(61.0)
    # Wide pipes: the yield alone binds.
    profile = changed(lift_max_m=0.0, velocity_max_m_s=9.0)
    served = [
        found.loc[found["served_by"] == "gravity", "persons"].sum()
        for found in (water(demand, [(125.0, "scheme", q)], ground, profile).settlements for q in (given_m3, given_m3 + more))
    ]
    assert served[1] >= served[0]


@settings(deadline=None, max_examples=20)
@given(xs, st.floats(0.0, 60.0), st.integers(0, 50))
def test_a_higher_source_never_serves_fewer(at, more, seed):
    demand = people(at, [40.0] * len(at))
    ground = grid(500.0 + np.random.default_rng(seed).uniform(-15.0, 15.0, (ROWS, COLS)))
    served = [
        (
            water(demand, [(1525.0, "scheme", 900.0)], ground, changed(lift_max_m=0.0, source_head_m=head)).settlements[
                "served_by"
            ]
            == "gravity"
        )
        for head in (10.0, 10.0 + more)
    ]
    assert (served[1] | ~served[0]).all()


def test_the_order_of_rows_changes_nothing_for_anybody():
    points, persons = [(1025.0, 500.0), (1500.0, 420.0), (2200.0, 700.0), (2900.0, 300.0)], [50.0, 300.0, 120.0, 80.0]
    rows = [(125.0, "scheme", 30.0), ((600.0, 800.0), "scheme", 25.0), ((2900.0, 400.0), "source", 3.0)]
    demand, given_sources = people(points, persons), sources(rows)
    one = compute_water(demand, given_sources, slope(61.0), NO_WALKS, PROFILE)
    turned = Demand(demand.settlements.iloc[::-1].reset_index(drop=True), *[demand.groups] * 4)
    two = compute_water(turned, given_sources.iloc[::-1].reset_index(drop=True), slope(61.0), NO_WALKS, PROFILE)
    left, right = (found.settlements.set_index("settlement_id").sort_index() for found in (one, two))
    pd.testing.assert_frame_equal(left, right)
    assert one.pipes["length_m"].sum() == pytest.approx(two.pipes["length_m"].sum())


def test_a_pump_costs_its_station_its_power_and_its_electricity():
    found = water(people([2525.0]), [(525.0, "scheme", 100.0)], slope(61.0, ridge_m=60.0))
    row, lift = found.sources.iloc[0], found.settlements["lift_m"].iloc[0]
    mean_l_s = 100.0 * 80.0 / 0.85 / 86400.0
    kw = 9.81 * mean_l_s * 2.0 / 1000.0 * lift / 0.6
    assert row["lift_m"] == lift
    assert row["pump_kw"] == pytest.approx(kw)
    assert row["pump_capital_yuan"] == pytest.approx(60_000.0 + 3_000.0 * kw)
    assert row["pump_yearly_yuan"] == pytest.approx(kw / 2.0 * 8760.0 * 0.55)
    assert row["pipe_capital_yuan"] == pytest.approx(found.pipes["capital_yuan"].sum())


def test_a_pump_lifts_no_more_than_the_worst_place_needs():
    # 40 m up over 40 cells of √(50² + 1²) m: 10 m of head at the tap, 5 m lost a kilometre, less 2 m of water at the source.
    row = water(people([525.0]), [(2525.0, "scheme", 100.0)], slope(61.0)).settlements.iloc[0]
    length = 40.0 * np.hypot(50.0, 1.0)
    assert row["served_by"] == "pump"
    assert row["lift_m"] == pytest.approx(40.0 + 10.0 + 0.005 * length - 2.0)
    assert row["head_m"] < 0.0
    assert row["head_m"] + row["lift_m"] >= 10.0


def test_a_lift_at_its_limit_is_still_pumped_and_beyond_it_is_not():
    at, rows = people([525.0]), [(2525.0, "scheme", 100.0)]
    # The limit of 50 m leaves 2 m for losses: a thicker pipe, no more lift. 48 m leaves none.
    tight = water(at, rows, slope(61.0), changed(lift_max_m=50.0, reserve_m_per_km=0.0))
    roomy = water(at, rows, slope(61.0))
    assert tight.settlements["lift_m"].iloc[0] == pytest.approx(50.0)
    assert tight.pipes["diameter_mm"].max() > roomy.pipes["diameter_mm"].max()
    assert water(at, rows, slope(61.0), changed(lift_max_m=48.0)).settlements["served_by"].iloc[0] == "none"


def test_inputs_are_left_as_they_were():
    demand, rows, ground = people([1025.0, 2900.0]), sources([(525.0, "scheme", 40.0), (2800.0, "source", 9.0)]), slope(61.0)
    before = demand.settlements.copy(), rows.copy(), ground.values.copy()
    compute_water(demand, rows, ground, NO_WALKS, PROFILE)
    pd.testing.assert_frame_equal(demand.settlements, before[0])
    pd.testing.assert_frame_equal(rows, before[1])
    np.testing.assert_array_equal(ground.values, before[2])


def test_layers_in_two_reference_systems_are_refused():
    with pytest.raises(CrsError):
        compute_water(people([1025.0]), sources([(525.0, "scheme", 40.0)]).to_crs("EPSG:4547"), slope(61.0), NO_WALKS, PROFILE)
