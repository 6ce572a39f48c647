"""The county as a whole: counts, codes, nesting, people, rivers, roads."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoplan.contracts.columns import COLUMNS, CROSSINGS, ROAD_CLASSES, SURFACES
from geoplan.contracts.status import HAZARD_CLASS_ZH
from geoplan.errors import InfeasibleError
from geoplan.synthetic import make_county

pytestmark = pytest.mark.slow


def _height(grid, xy):
    col = ((xy[:, 0] - grid.transform.c) // grid.transform.a).astype(int)
    row = ((xy[:, 1] - grid.transform.f) // grid.transform.e).astype(int)
    return grid.values[row, col], row * grid.shape[1] + col


def test_the_county_has_the_size_it_promises(county):
    count = {name: len(layer) for name, layer in county.vectors.items()}
    assert count["county"] == 1
    assert count["townships"] == 18
    assert 140 <= count["villages"] <= 160
    assert 670 <= count["groups"] <= 740
    assert count["settlements"] == 1500
    assert 1200e6 < county.vectors["county"].area.sum() < 2600e6
    inside = county.dem.values
    assert 400.0 <= inside.min() < 460.0
    assert 2000.0 < inside.max() <= 2200.0


def test_people_add_up_and_the_county_town_is_largest(county):
    points = county.vectors["settlements"]
    assert points["persons"].sum() == 90_000
    assert points["persons"].idxmax() == 0
    size = points["persons"] / points["households"]
    assert size[points["households"] > 3].between(2.3, 5.0).all()


def test_those_who_can_work_and_those_in_need_are_some_of_the_people(county):
    """Whole numbers in every settlement; the basic allowance goes to people of low income."""
    points = county.vectors["settlements"]
    for name in ("labour_persons", "lowincome_persons", "dibao_persons"):
        assert points[name].dtype == np.int64
        assert points[name].between(0, points["persons"]).all()
    assert (points["dibao_persons"] <= points["lowincome_persons"]).all()
    assert 0.4 < points["labour_persons"].sum() / 90_000 < 0.7
    assert 0.03 < points["lowincome_persons"].sum() / 90_000 < 0.25


def test_homesteads_add_up_to_their_settlement(county):
    """Households and persons exactly, area within 1 % of homestead_m2; no two overlap, none lies in water; 90-290 m² a household."""
    points, homes = county.vectors["settlements"].set_index("settlement_id"), county.vectors["homesteads"]
    assert homes["homestead_id"].is_unique
    sums = homes.assign(m2=homes.geometry.area).groupby("settlement_id")[["households", "persons", "m2"]].sum().loc[points.index]
    assert (sums[["households", "persons"]] == points[["households", "persons"]]).all(axis=None)
    assert (sums["m2"] / points["homestead_m2"] - 1.0).abs().max() < 0.01
    assert (sums["m2"] / sums["households"]).between(90.0, 290.0).all()
    shapes = homes.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    assert len(tree.query(shapes, predicate="intersects")[0]) == len(homes)
    water = [*county.vectors["rivers"].geometry, *county.vectors["reservoirs"].geometry]
    assert len(tree.query(water, predicate="intersects")[0]) == 0


def test_homesteads_lie_about_their_own_settlement(county):
    """Within 100 m of its point in 98 of 100 cases, never beyond 400 m (the county town), and within 30 m of no other settlement's point."""
    points, homes = county.vectors["settlements"].set_index("settlement_id").geometry, county.vectors["homesteads"]
    gap = shapely.distance(homes.geometry.to_numpy(), points.loc[homes["settlement_id"]].to_numpy())
    assert np.quantile(gap, 0.98) < 100.0
    assert gap.max() < 400.0
    house, point = shapely.STRtree(points.to_numpy()).query(homes.geometry.to_numpy(), predicate="dwithin", distance=30.0)
    assert (homes["settlement_id"].to_numpy()[house] == points.index.to_numpy()[point]).all()


def test_who_was_asked_is_in_the_table_with_the_number_the_settlement_has(county):
    """Four fifths were asked, each village on one day; a settlement that was not asked has no row and no number."""
    points, asked = county.vectors["settlements"].set_index("settlement_id"), county.vectors["willingness"]
    assert set(asked["settlement_id"]) == set(points.index[points["willing_households"].notna()])
    assert 0.75 < len(asked) / len(points) < 0.9
    own = points.loc[asked["settlement_id"]]
    assert (asked["willing_households"].to_numpy() == own["willing_households"].to_numpy()).all()
    assert (asked["willing_households"].to_numpy() <= own["households"].to_numpy()).all()
    assert asked.groupby(own["village_code"].to_numpy())["surveyed"].nunique().eq(1).all()
    assert asked["surveyed"].str.fullmatch(r"2025-\d\d-\d\d").all()


def test_codes_have_their_shape_and_name_their_parents(county):
    points = county.vectors["settlements"]
    for layer, length in (("county", 12), ("townships", 12), ("villages", 12), ("groups", 15)):
        code = county.vectors[layer]["code"]
        assert code.is_unique
        assert code.str.fullmatch(rf"990821\d{{{length - 6}}}").all(), layer
    assert county.vectors["townships"]["code"].str.endswith("000").all()
    assert points["settlement_id"].is_unique
    assert points["settlement_id"].str.fullmatch(r"\d{17}").all()
    assert (points["settlement_id"].str[:15] == points["group_code"]).all()
    assert (points["group_code"].str[:12] == points["village_code"]).all()
    assert (points["village_code"].str[:9] + "000" == points["township_code"]).all()
    for child, parent in (("groups", "villages"), ("villages", "townships"), ("townships", "county")):
        assert set(county.vectors[child]["parent_code"]) == set(county.vectors[parent]["code"])
    assert set(points["group_code"]) == set(county.vectors["groups"]["code"])


@pytest.mark.parametrize(("child", "parent"), [("groups", "villages"), ("villages", "townships"), ("townships", "county")])
def test_units_nest_exactly(county, child, parent):
    """The children of a unit are a valid coverage whose union is the unit, to the square metre."""
    small, large = county.vectors[child], county.vectors[parent].set_index("code").geometry
    assert shapely.coverage_is_valid(small.geometry.to_numpy())
    for code, rows in small.groupby("parent_code"):
        assert shapely.union_all(rows.geometry.to_numpy()).symmetric_difference(large[code]).area == 0.0
    assert set(small.geom_type) == {"Polygon"}


def test_every_settlement_lies_in_its_group(county):
    groups = county.vectors["groups"].set_index("code").geometry
    points = county.vectors["settlements"]
    assert shapely.contains(groups.loc[points["group_code"]].to_numpy(), points.geometry.to_numpy()).all()


def test_rivers_run_downhill_in_the_elevation_model(county):
    """Walking down every river in steps of 10 m, the cell under foot never rises; at a mouth the next river is no higher."""
    rivers = county.vectors["rivers"].geometry
    for line in rivers:
        z, _ = _height(county.dem, shapely.get_coordinates(shapely.segmentize(line, 10.0)))
        assert (np.diff(z) <= 1e-9).all()
        assert z[0] > z[-1]


def test_rivers_lie_in_valley_bottoms(county):
    """The bed is lower than the mean of the ground 300 m to both sides, along at least 97% of the length."""
    lower = []
    for line in county.vectors["rivers"].geometry:
        at = np.arange(100.0, line.length - 100.0, 100.0)
        bed, _ = _height(county.dem, shapely.get_coordinates(shapely.line_interpolate_point(line, at)))
        sides = []
        for side in (300.0, -300.0):
            ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, at + 20.0))
            here = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
            along = (ahead - here) / np.linalg.norm(ahead - here, axis=1, keepdims=True)
            bank = here + side * np.column_stack([-along[:, 1], along[:, 0]])
            bank[:, 0] = bank[:, 0].clip(562_001.0, 617_999.0)
            bank[:, 1] = bank[:, 1].clip(3_556_001.0, 3_601_999.0)
            sides.append(_height(county.dem, bank)[0])
        lower.append(bed < np.mean(sides, axis=0))
    assert np.concatenate(lower).mean() > 0.97


def test_rivers_meet_at_shared_points(county):
    """Each river ends where another begins, or beyond the county."""
    rivers = county.vectors["rivers"].geometry
    starts = {line.coords[0] for line in rivers}
    outline = county.vectors["county"].geometry.iloc[0]
    loose = [line for line in rivers if line.coords[-1] not in starts]
    assert not any(outline.contains(shapely.Point(line.coords[-1])) for line in loose)


def test_settlements_choose_gentle_ground(county):
    """The median slope at settlements is well below the county's, and no settlement stands in the water."""
    dy, dx = np.gradient(county.dem.values, 50.0)
    slope = np.degrees(np.arctan(np.hypot(dx, dy)))
    xy = shapely.get_coordinates(county.vectors["settlements"].geometry.to_numpy())
    _, cell = _height(county.dem, xy)
    assert np.median(slope.ravel()[cell]) < 0.75 * np.median(slope)
    water = shapely.union_all([*county.vectors["rivers"].geometry, *county.vectors["reservoirs"].geometry])
    assert shapely.distance(water, shapely.points(xy)).min() > 30.0


def test_roads_use_the_vocabulary_and_cross_water_only_where_they_say(county):
    roads = county.vectors["roads"]
    assert set(roads["road_class"]) <= set(ROAD_CLASSES)
    assert set(roads["surface"]) <= set(SURFACES)
    assert set(roads["crossing"]) <= set(CROSSINGS)
    assert {"bridge", "ford", "ferry", "rope"} <= set(roads["crossing"])
    assert roads["road_id"].is_unique
    assert (roads["width_m"] > 0).all()
    water = shapely.STRtree([*county.vectors["rivers"].geometry, *county.vectors["reservoirs"].geometry])
    wet = np.zeros(len(roads), dtype=bool)
    wet[water.query(roads.geometry.to_numpy(), predicate="intersects")[0]] = True
    assert (wet == (roads["crossing"] != "")).all()


def test_roads_meet_at_shared_vertices(county):
    """Wherever two roads touch or cross, both have a vertex there."""
    lines = county.vectors["roads"].geometry.to_numpy()
    a, b = shapely.STRtree(lines).query(lines, predicate="intersects")
    a, b = a[a < b], b[a < b]
    meets = shapely.intersection(lines[a], lines[b])
    vertices = [set(map(tuple, shapely.get_coordinates(line))) for line in lines]
    for one, other, where in zip(a, b, meets, strict=True):
        for point in shapely.get_coordinates(where):
            assert min(np.hypot(*(np.array(list(vertices[one] & vertices[other])) - point).T)) < 0.2


def test_bus_lines_run_on_main_roads_from_the_county_seat_to_township_seats(county):
    """Every stretch of a line is a stretch of a national, provincial or county road; both ends are where a seat is."""
    roads, lines = county.vectors["roads"], county.vectors["bus_lines"]
    assert 3 <= len(lines) <= 5
    assert lines["line_id"].is_unique
    assert lines["headway_min"].between(20.0, 120.0).all()
    main = shapely.union_all(roads.geometry[roads["road_class"].isin(["national", "provincial", "county"])].to_numpy())
    seats = county.vectors["settlements"].geometry.to_numpy()[:18]
    ends = set()
    for line in lines.geometry:
        assert line.is_simple
        assert line.difference(main.buffer(0.01)).length == 0.0
        assert shapely.distance(seats[0], shapely.Point(line.coords[0])) < 60.0
        gap = shapely.distance(seats[1:], shapely.Point(line.coords[-1]))
        assert gap.min() < 60.0
        ends.add(int(gap.argmin()))
    assert len(ends) == len(lines)


def test_cliffs_are_short_to_write_and_keep_off_every_house(county):
    cliffs = county.vectors["cliffs"]
    assert (cliffs["barrier_kind"] == "cliff").all()
    assert cliffs.geometry.count_coordinates().sum() < 600
    assert (
        shapely.distance(shapely.union_all(cliffs.geometry.to_numpy()), county.vectors["settlements"].geometry.to_numpy()).min()
        > 150.0
    )


def test_every_layer_has_its_columns(county):
    """Every column is in the shared vocabulary, every CRS is EPSG:4544, every geometry is valid."""
    for name, layer in county.vectors.items():
        assert isinstance(layer, gpd.GeoDataFrame)
        assert set(layer.columns) - {"geometry"} <= set(COLUMNS), name
        assert layer.crs.to_epsg() == 4544
        placed = layer.geometry[layer.geometry.notna()]
        assert placed.is_valid.all(), name
        assert len(placed) or name.startswith("villages_"), name
        assert not layer.geometry.is_empty.any(), name
        for column in layer.columns[layer.columns.str.endswith(("_id", "code"))]:
            assert layer[column].map(type).eq(str).all(), (name, column)
    for name in ("landslides", "rockfalls", "debris_flows", "floods", "faults"):
        assert set(county.vectors[name]["hazard_class"]) <= set(HAZARD_CLASS_ZH)
        assert county.vectors[name]["hazard_id"].is_unique


def test_facilities_name_the_unit_in_which_they_stand(county):
    villages = set(county.vectors["villages"]["code"])
    for name in ("clinics", "schools", "water", "seats", "bus_stops", "service_points"):
        layer = county.vectors[name]
        assert layer["facility_id"].is_unique
        assert set(layer["village_code"]) <= villages
        assert layer["level"].notna().all()


def test_land_without_room_for_the_plan_is_refused(monkeypatch):
    """300 township seats do not fit 4 km apart; one draw is enough to see it."""
    monkeypatch.setattr("geoplan.synthetic.county._ATTEMPTS", 1)
    with pytest.raises(InfeasibleError) as caught:
        make_county(townships=300)
    assert caught.value.code == "SYNTHETIC-SEED"
