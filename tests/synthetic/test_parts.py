"""Small laws of the generator's parts: beds, walks, cliffs, bus lines, threats, connected roads, the frame."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.synthetic.buses import HEADWAYS_MIN, draw_buses
from geoplan.synthetic.cliffs import own_roads
from geoplan.synthetic.frame import COARSE, FINE, NORTH_M, ROUTE, WEST_M
from geoplan.synthetic.terrain import River, burn_beds
from geoplan.synthetic.truth import list_threats, write_rows
from geoplan.synthetic.walking import find_joined, find_reached, join_cells, measure_road_walk, open_moves

OX, OY = WEST_M + 20_025.0, NORTH_M - 20_025.0
"""The centre of a cell in the middle of the map."""


def _lines(*rows, road_class="group"):
    data = {"crossing": [one for one, _ in rows], "road_class": road_class}
    return gpd.GeoDataFrame(data, geometry=[shapely.LineString(xy) for _, xy in rows], crs=4544)


def _at(*offsets):
    return np.array(offsets, dtype=float) + np.array([OX, OY])


@pytest.fixture(scope="module")
def hillside():
    """
    A plane that rises 1 in 10 eastwards. Around the origin O a river west and cliffs on the other three sides, 500 m off; east of it a wall of 90°.

              +-----------+          |
        river |     O     | cliff    | step of 1000 m, 3 km east of O
              +-----------+          |
    """
    dem = np.round((FINE.centres()[:, 0] - OX) * 0.1, 6).reshape(FINE.shape)
    dem[:, int((OX - WEST_M) // 50) + 60 :] += 1000.0
    river = shapely.LineString(_at((-500, -700), (-500, 700)))
    cliff = shapely.LineString(_at((-510, 490), (490, 490), (490, -490), (-510, -490)))
    return open_moves(dem, [river, cliff])


@pytest.mark.parametrize("frame", [COARSE, ROUTE, FINE])
def test_a_cell_holds_its_centre(frame):
    assert (frame.cells(frame.centres()) == np.arange(frame.shape[0] * frame.shape[1])).all()


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 1000))
def test_burnt_beds_never_rise_and_never_raise_the_ground(seed):
    """Over rough ground, a winding line drawn downstream gets a bed that only falls; no cell ends higher than it was."""
    rng = np.random.default_rng(seed)
    ground = np.full(FINE.shape, 1000.0)
    ground[300:500, 300:500] += np.round(rng.uniform(-50.0, 50.0, (200, 200)), 1)
    start = np.array([562_000.0 + 350 * 50.0, 3_602_000.0 - 350 * 50.0])
    xy = np.round(start + np.cumsum(rng.normal(40.0, 60.0, (60, 2)) * [1.0, -1.0], axis=0), 1)
    river = River(xy=xy, bed_m=np.linspace(990.0, 900.0, 60), area_km2=np.full(60, 50.0))
    burnt = burn_beds(ground, [river])
    assert (burnt <= ground).all()
    under = FINE.cells(shapely.get_coordinates(shapely.segmentize(shapely.LineString(xy), 3.0)))
    assert (np.diff(burnt.ravel()[under]) <= 0.0).all()


def test_a_ford_joins_in_the_dry_season_only():
    """
    seat ---- A ==ford== B ---- C          wet: B and C are not joined. A line that only passes by is never joined.
    """
    roads = _lines(("", [(0, 0), (40, 0)]), ("ford", [(40, 0), (60, 0)]), ("", [(60, 0), (100, 0)]), ("", [(0, 5), (100, 5)]))
    xy, joined = find_joined(roads, np.array([0.0, 0.0]))
    assert set(xy[joined, 0]) == {0.0, 40.0}
    xy, joined = find_joined(roads.assign(crossing=""), np.array([0.0, 0.0]))
    assert set(xy[joined & (xy[:, 1] == 0.0), 0]) >= {0.0, 40.0, 60.0, 100.0}
    assert not joined[xy[:, 1] == 5.0].any()


def test_a_pocket_is_reached_over_its_ford_in_the_dry_season_only(hillside):
    """The seat west of the river, O behind it, and one more settlement outside the cliffs: only O hangs on the ford."""
    roads = _lines(("", _at((-1000, 0), (-540, 0))), ("ford", _at((-540, 0), (-460, 0))), ("", _at((-460, 0), (0, 0))))
    xy = _at((-1000, 0), (0, 0), (1000, 0))
    assert find_reached(hillside, roads, xy, season="dry").tolist() == [True, True, True]
    assert find_reached(hillside, roads, xy, season="wet").tolist() == [True, False, True]


def test_nobody_walks_up_a_wall(hillside):
    """The step of 1000 m over one cell parts the ground; a road through it joins it."""
    xy = _at((1000, 0), (5000, 0))
    assert find_reached(hillside, _lines(("", _at((0, 5), (5, 5)))), xy, season="dry").tolist() == [True, False]
    assert find_reached(hillside, _lines(("", _at((1000, 0), (5000, 0)))), xy, season="dry").tolist() == [True, True]


def test_no_join_passes_a_barrier(hillside):
    """From a point 20 m outside the cliff, every cell it joins lies outside too; in the open, all centres within 75 m are joined."""
    point, cell, metres = join_cells(hillside, _at((510, 0), (1000, 0)))
    assert (FINE.centres()[cell[point == 0], 0] > OX + 490.0).all()
    assert (point == 0).any()
    assert sorted(np.round(metres[point == 1], 3)) == [0.0] + [50.0] * 4 + [70.711] * 4


def test_the_walk_to_a_road_is_as_long_as_pencil_and_paper_say(hillside):
    """
    A road runs north to south 1,500 m west of the river's line. From 1,000 m east of it: 1,000 m straight down the slope.
    Along a path (not motorable) the walk goes on to the road. Behind cliff and river there is none.
    """
    road = _lines(("", _at((-3000, -3000), (-3000, 3000))))
    xy = _at((-2000, 0), (-2500, 1000), (0, 0))
    assert measure_road_walk(hillside, road, xy)[:2] == pytest.approx([1000.0, 500.0])
    assert np.isinf(measure_road_walk(hillside, road, xy)[2])
    path = _lines(("", _at((-3000, 0), (-2000, 0))), road_class="path")
    both = gpd.GeoDataFrame(pd.concat([road, path], ignore_index=True), crs=4544)
    assert measure_road_walk(hillside, both, xy)[:2] == pytest.approx([1000.0, 500.0])
    assert np.isinf(measure_road_walk(hillside, path, xy)).all()


def test_a_nearer_road_shortens_the_walks_it_is_nearer_to_and_no_other(hillside):
    """A second road, nearer to some: their walks shorten to its distance, the others keep theirs."""
    far = ("", _at((-4000, -3000), (-4000, 3000)))
    near = ("", _at((-2500, -3000), (-2500, 3000)))
    xy = _at((-2000, 0), (-3900, 0), (-3000, 500))
    before, after = measure_road_walk(hillside, _lines(far), xy), measure_road_walk(hillside, _lines(far, near), xy)
    assert before == pytest.approx([2000.0, 100.0, 1000.0])
    assert after == pytest.approx([500.0, 100.0, 500.0])


def test_the_roads_of_a_pocket_are_what_its_crossing_leads_to():
    """
    0 ==1== 2 ---- village        Road 2 lies inside, the ford 1 leads out; road 0 beyond the ford and road 3 that crosses nothing are others'.
    """
    roads = _lines(
        ("", [(-500, 0), (0, 0)]), ("ford", [(0, 0), (80, 0)]), ("", [(80, 0), (500, 0)]), ("", [(-500, 90), (0, 90)])
    )  # fmt: skip
    inside, crossings = own_roads(roads, np.array([[480.0, 30.0]]))
    assert inside.tolist() == [2]
    assert crossings.tolist() == [1]


def test_bus_lines_go_where_they_open_up_most_road():
    """
    seat --10-- A --10-- B       the line to B (20 km) comes first, then C for its branch of 5 km; A and the seat on a village road get none.
                |5
                C
    """
    km = 1000.0
    roads = _lines(
        ("", [(0, 0), (10 * km, 0)]), ("", [(10 * km, 0), (20 * km, 0)]), ("", [(10 * km, 0), (10 * km, -5 * km)]), ("", [(0, 0), (0, 9 * km)])
    )  # fmt: skip
    roads["road_class"] = ["national", "provincial", "county", "village"]
    seats = np.array([(0, 0), (10 * km, 0), (20 * km, 0), (10 * km, -5 * km)])
    lines = draw_buses(roads, seats, ["县城", "甲", "乙", "丙"])
    assert lines["name"].tolist() == ["县城—乙", "县城—丙"]
    assert lines["headway_min"].tolist() == list(HEADWAYS_MIN[:2])
    assert lines.length.tolist() == [20 * km, 15 * km]
    assert all(line.coords[0] == (0.0, 0.0) for line in lines.geometry)


def test_of_overlapping_zones_the_worst_class_counts():
    """The point lies in a medium and a high landslide zone and in a low flood: two rows, landslide high and flood low."""
    points = gpd.GeoDataFrame(
        {"settlement_id": ["a", "b"], "group_code": ["g", "h"]}, geometry=shapely.points([[0, 0], [90, 90]])
    )
    zones = gpd.GeoDataFrame(
        {"hazard_kind": ["landslide", "landslide", "flood"], "hazard_class": ["medium", "high", "low"]},
        geometry=[shapely.box(-1, -1, 1, 1), shapely.box(-2, -2, 2, 2), shapely.box(-3, -3, 3, 3)],
    )
    threats = list_threats(points, zones)
    assert threats.to_numpy().tolist() == [["a", "flood", "low"], ["a", "landslide", "high"]]
    rows = write_rows(points, {"no_road": np.array([False, True])}, threats)
    assert rows["truth"].tolist() == ["no_road", "threatened", "threatened"]
    assert rows["group_code"].tolist() == ["h", "g", "g"]
