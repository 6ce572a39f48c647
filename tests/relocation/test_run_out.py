"""Masses on slopes whose end is known by pencil, and a naive tracer beside the kernel."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geoplan.contracts.config import HazardConfig
from geoplan.contracts.screening_config import ReachRow, RunOutConfig
from geoplan.errors import ConfigError, CrsError, TableError
from geoplan.relocation.run_out import find_in_run_out, gather_sources, trace_run_out
from geoplan.spatial.flow import route_flow

CELL = 10.0


def config(angle_deg, *, spread_deg=0.0, spread_max_m=200.0, kind="landslide"):
    row = ReachRow(
        kind=kind, angle_deg=angle_deg, spread_deg=spread_deg, spread_max_m=spread_max_m, source="试验", status="convention"
    )
    return RunOutConfig(rows=[row])


def slope_and_flat(*, top=100.0, beta_deg=30.0, rows=41, cols=15, tilt=1e-3):
    """A slope of 30° falling to the south from ``top`` in row 0 to a flat that falls by a hair; row k lies 10·k m from the source row."""
    fall = np.arange(rows) * CELL
    z = np.maximum(top - fall * np.tan(np.radians(beta_deg)), 0.0) - tilt * fall / CELL
    return np.tile(z[:, None], (1, cols))


def sources(make, *places, kind="landslide"):
    """Point sources at (row, col) cells."""
    return make.frame(places, source_id=[f"q{k}" for k in range(len(places))], kind=[kind] * len(places))


def at(row, col, rows):
    return shapely.Point((col + 0.5) * CELL, (rows - row - 0.5) * CELL)


def trace(make, z, places, settings_of, kind="landslide"):
    dem = make.grid(z, cell_m=CELL)
    flow = route_flow(dem, stream_km2=1.0)
    points = [one if isinstance(one, shapely.Geometry) else at(*one, len(z)) for one in places]
    return trace_run_out(dem, sources(make, *points, kind=kind), flow, settings_of)


def naive_zone(z, down, starts, row):
    """The docstring's rule, cell by cell: relax e and l down the ways until nothing changes, then test every cell against every other."""
    rows, cols = z.shape
    reach, spread = np.tan(np.radians(row.angle_deg)), np.tan(np.radians(row.spread_deg))
    e, length = {one: z.flat[one] for one in starts}, dict.fromkeys(starts, 0.0)
    for _ in range(z.size):
        for cell in list(e):
            to = down.flat[cell]
            step = CELL * np.hypot(*np.subtract(divmod(cell, cols), divmod(to, cols)))
            if to != cell and e[cell] - reach * step >= z.flat[to] - 1e-6:
                e[to] = max(e.get(to, -np.inf), e[cell] - reach * step)
                length[to] = max(length.get(to, 0.0), length[cell] + step)
    zone = set(e)
    for cell in e:
        r, c = divmod(cell, cols)
        for a in range(rows):
            for b in range(cols):
                d = CELL * np.hypot(a - r, b - c)
                n = max(abs(a - r), abs(b - c))
                if n and d <= min(row.spread_max_m, spread * length[cell]) + 1e-6:
                    line = [
                        (r + int(np.rint((a - r) * k / n)), c + int(np.rint((b - c) * k / n)), d * k / n) for k in range(1, n + 1)
                    ]
                    if all(e[cell] - reach * far >= z[i, j] - 1e-6 for i, j, far in line):
                        zone.add(a * cols + b)
    return zone


ground = hnp.arrays(float, (8, 9), elements=st.integers(0, 40).map(float))
places = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 8)), min_size=1, max_size=4, unique=True)
angles = st.sampled_from([5.0, 11.0, 21.0, 33.0, 45.0])


@pytest.mark.parametrize("angle_deg", [15.0, 20.0, 25.0])
def test_on_a_slope_with_a_flat_foot_the_mass_stops_at_height_over_tangent(make, angle_deg):
    """L = H / tan α from the source: 275 m at 20°, of which the slope of 30° takes 173 m."""
    z = slope_and_flat()
    found = trace(make, z, [(0, 7)], config(angle_deg))
    reach = 100.0 / np.tan(np.radians(angle_deg))
    rows, cols = np.nonzero(found.reached)
    assert set(cols) == {7}
    assert rows.max() == int(reach / CELL)
    assert found.zones["length_m"].to_list() == [pytest.approx(rows.max() * CELL)]
    assert found.zones["drop_m"].to_list() == [pytest.approx(100.0, abs=0.05)]


def test_a_sources_own_angle_stands_before_its_kinds(make):
    dem = make.grid(slope_and_flat(), cell_m=CELL)
    flow = route_flow(dem, stream_km2=1.0)
    both = sources(make, at(0, 3, 41), at(0, 11, 41)).assign(angle_deg=[15.0, np.nan])
    found = trace_run_out(dem, both, flow, config(25.0)).zones
    assert found["angle_deg"].to_list() == [15.0, 25.0]
    assert found["length_m"].to_list() == [370.0, 210.0]
    with pytest.raises(TableError, match="RUNOUT-ANGLE"):
        trace_run_out(dem, both.assign(angle_deg=[0.0, 20.0]), flow, config(25.0))


def test_an_angle_steeper_than_the_slope_goes_nowhere(make):
    found = trace(make, slope_and_flat(), [(5, 7)], config(31.0))
    assert np.argwhere(found.reached).tolist() == [[5, 7]]


def test_the_zone_widens_with_its_way_up_to_the_stated_most(make):
    """tan 45° = 1: as wide on each side as the way is long, but at most 40 m. The level slope sideways stops no one."""
    found = trace(make, slope_and_flat(rows=61), [(0, 7)], config(15.0, spread_deg=45.0, spread_max_m=40.0))
    wide = found.reached.sum(axis=1)
    assert wide[:6].tolist() == [1, 3, 5, 7, 9, 9]
    narrow = trace(make, slope_and_flat(rows=61), [(0, 7)], config(15.0)).reached
    assert (found.reached >= narrow).all()


def test_nothing_jumps_a_ridge(make):
    """A wall of 200 m one cell beside the way: the ground behind it stays out, though it is near and low."""
    z = slope_and_flat()
    z[:, 9] = 200.0
    found = trace(make, z, [(0, 7)], config(15.0, spread_deg=45.0))
    assert found.reached[:, :9].any()
    assert not found.reached[:, 9:].any()


def test_where_ways_join_the_higher_line_and_the_longer_way_go_on_together(make):
    """A gully of one cell between banks of 70 m. From its head (60 m) comes a long way, from a spur beside row 5 (100 m) a high line.

    The bank 40 m beside row 7 needs both: a way of 40 m at 45° (the head's 70 m, not the spur's 30 m) and a line of 70 m
    (the spur's 100 − 7 · 10 tan 20° = 74.5 m, not the head's). Whichever cell of the source is taken first.
    """
    z = np.full((12, 11), 70.0)
    z[:, [0, 10]] = 300.0
    z[:, 5] = 60.0 - 4.0 * np.arange(12)
    z[5, 6] = 100.0
    head, spur = at(0, 5, 12), at(5, 6, 12)
    reached = {
        name: bool(trace(make, z, [one], config(20.0, spread_deg=45.0)).reached[7, 1])
        for name, one in (("head", head), ("spur", spur), ("both", shapely.MultiPoint([head, spur])))
    }
    assert reached == {"head": False, "spur": False, "both": True}


def test_a_mass_stops_at_a_brim_too_high_for_it_and_passes_a_lower_one(make):
    """A gully of one cell, dammed on the flat 200 m from the source: the line there is 100 − 200 tan 20° = 27.2 m high."""
    z = np.full((41, 3), 300.0)
    z[:, 1] = slope_and_flat()[:, 7]
    for brim, passes in ((28.0, False), (26.0, True)):
        dammed = z.copy()
        dammed[20, 1] = brim
        found = trace(make, dammed, [(0, 1)], config(20.0)).reached
        assert found[19, 1]
        assert bool(found[20:, 1].all(where=np.arange(20, 41) <= 27)) == passes


def test_zones_name_their_source_kind_and_area(make):
    found = trace(make, slope_and_flat(), [(0, 3), (2, 11)], config(20.0))
    assert found.zones["source_id"].to_list() == ["q0", "q1"]
    assert found.zones["kind"].to_list() == ["landslide", "landslide"]
    assert found.zones["area_m2"].to_list() == pytest.approx(found.zones.area.to_list())
    assert found.zones["cells"].sum() == found.reached.sum()
    assert found.zones.crs == make.crs


def test_a_source_without_a_place_on_the_model_is_listed_as_unknown(make):
    z = slope_and_flat()
    z[0, 0] = np.nan
    found = trace(make, z, [(0, 0), shapely.Point(-500, -500), (0, 7)], config(20.0))
    assert found.zones["status"].to_list() == ["no_data", "no_data", "ok"]
    assert found.zones["cells"].to_list()[:2] == [0, 0]
    assert found.zones[["area_m2", "length_m", "drop_m"]].iloc[:2].isna().all(axis=None)


@settings(max_examples=30, deadline=None)
@given(ground, places, angles, st.sampled_from([0.0, 10.0, 45.0]), st.sampled_from([15.0, 40.0]))
def test_the_kernel_is_the_rule_of_the_docstring(make, z, starts, angle_deg, spread_deg, most):
    settings_of = config(angle_deg, spread_deg=spread_deg, spread_max_m=most)
    dem = make.grid(z, cell_m=CELL)
    flow = route_flow(dem, stream_km2=1.0)
    whole = shapely.MultiPoint([at(*one, 8) for one in starts])
    found = trace_run_out(dem, sources(make, whole), flow, settings_of)
    expected = naive_zone(z, flow.downstream, [r * 9 + c for r, c in starts], settings_of.rows[0])
    assert set(np.flatnonzero(found.reached)) == expected


@settings(max_examples=30, deadline=None)
@given(ground, places, angles, angles, st.sampled_from([0.0, 20.0]))
def test_a_smaller_angle_never_shrinks_the_zone(make, z, starts, one, other, spread_deg):
    small, large = sorted([one, other])
    far = trace(make, z, starts, config(small, spread_deg=spread_deg)).reached
    near = trace(make, z, starts, config(large, spread_deg=spread_deg)).reached
    assert (far >= near).all()


@settings(max_examples=30, deadline=None)
@given(ground, places, st.tuples(st.integers(0, 7), st.integers(0, 8)), angles)
def test_more_sources_never_shrink_it_and_their_order_does_not_matter(make, z, starts, more, angle_deg):
    settings_of = config(angle_deg, spread_deg=20.0)
    few, many = trace(make, z, starts, settings_of).reached, trace(make, z, [more, *starts], settings_of).reached
    assert (many >= few).all()
    back = trace(make, z, [*starts[::-1], more], settings_of).reached
    assert (many == back).all()
    # One source of all cells reaches no less than each of its cells alone.
    whole = trace(make, z, [shapely.MultiPoint([at(*one, 8) for one in starts])], settings_of).reached
    assert (whole >= few).all()


def test_sources_are_gathered_by_kind_and_findings_of_none_left_out(make):
    slides = make.frame(
        [shapely.Point(5, 5), shapely.Point(15, 5), shapely.Point(25, 5)],
        hazard_id=["a", "b", "c"],
        hazard_class=["high", "none", None],
        radius_m=[100.0, 100.0, 100.0],
    )
    floods = make.frame([shapely.box(0, 0, 10, 10)], hazard_id=["f"], hazard_class=["high"])
    layers = make.layers(slides=slides, floods=floods)
    hazards = [HazardConfig(layer="slides", kind="landslide"), HazardConfig(layer="floods", kind="flood")]
    found = gather_sources(layers, hazards, RunOutConfig())
    assert found["source_id"].to_list() == ["a", "c"]
    assert found["source_layer"].to_list() == ["slides", "slides"]
    assert gather_sources(layers, hazards[1:], RunOutConfig()).empty


def test_strange_kinds_doubled_ids_and_other_grids_are_refused(make):
    dem = make.grid(slope_and_flat(), cell_m=CELL)
    flow = route_flow(dem, stream_km2=1.0)
    point = at(0, 7, 41)
    with pytest.raises(ConfigError, match="RUNOUT-KIND"):
        trace_run_out(dem, sources(make, point, kind="flood"), flow, RunOutConfig())
    with pytest.raises(TableError, match="RUNOUT-ID"):
        trace_run_out(dem, make.frame([point, point], source_id=["a", "a"], kind=["landslide"] * 2), flow, RunOutConfig())
    with pytest.raises(TableError, match="RUNOUT-GRID"):
        trace_run_out(make.grid(slope_and_flat(rows=40), cell_m=CELL), sources(make, point), flow, RunOutConfig())
    elsewhere = gpd.GeoDataFrame({"source_id": ["a"], "kind": ["landslide"]}, geometry=[point], crs="EPSG:4490")
    with pytest.raises(CrsError, match="CRS-MIXED"):
        trace_run_out(dem, elsewhere, flow, RunOutConfig())


def test_settlements_in_a_zone_are_named_with_its_sources_and_those_off_the_model_are_unknown(make):
    """Two masses run down one column: the settlement below both is in both; the one beside them in none."""
    z = slope_and_flat()
    found = trace(make, z, [(0, 7), (3, 7)], config(20.0))
    demand = make.demand([[75.0, 300.0], [5.0, 5.0], [-900.0, 0.0], [75.0, 405.0]])
    table = find_in_run_out(demand, make.grid(z, cell_m=CELL), found)
    assert table["source_ids"].to_list() == ["q0;q1", "", "", "q0"]
    assert table["kinds"].to_list() == ["landslide", "", "", "landslide"]
    assert table["in_run_out"].to_list() == [True, False, False, True]
    assert table["status"].to_list() == ["ok", "ok", "no_data", "ok"]
    assert set(table["basis"]) == {"screening"}


@settings(max_examples=20, deadline=None)
@given(ground, places, angles, st.permutations(range(6)))
def test_a_settlement_is_in_a_zone_when_its_cell_is_reached(make, z, starts, angle_deg, order):
    dem = make.grid(z, cell_m=CELL)
    run_out = trace(make, z, starts, config(angle_deg, spread_deg=20.0))
    xy = np.array([[5.0, 5.0], [33.0, 41.0], [48.0, 12.0], [85.0, 75.0], [62.0, 62.0], [14.0, 57.0]])[list(order)]
    table = find_in_run_out(make.demand(xy), dem, run_out)
    cells = run_out.reached[7 - (xy[:, 1] // CELL).astype(int), (xy[:, 0] // CELL).astype(int)]
    assert table["in_run_out"].to_list() == cells.tolist()
    assert (table["in_run_out"] == (table["source_ids"] != "")).all()


def test_no_source_no_zone(make):
    dem = make.grid(slope_and_flat(), cell_m=CELL)
    found = trace_run_out(dem, sources(make), route_flow(dem, stream_km2=1.0), RunOutConfig())
    assert found.zones.empty
    assert found.zones.crs == make.crs
    assert not found.reached.any()
    assert not find_in_run_out(make.demand([[75.0, 300.0]]), dem, found)["in_run_out"].any()
