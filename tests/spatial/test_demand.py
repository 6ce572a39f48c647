"""Settlements become demand without losing a row or a person."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Layers
from geoplan.errors import CrsError, LayerError, TableError
from geoplan.spatial.demand import build_demand
from geoplan.spatial.terrain import slope_deg

METRIC = CRS.from_epsg(4544)
NORTH = 1000.0


def plan(**more):
    clinic = {"id": "clinic", "label_zh": "卫生室", "label_en": "clinic", "layers": ["clinics"]}
    return PlanConfig(name="示例县", year=2024, roads="roads", dem="dem", services=[clinic], **more)


def points(*places, **columns):
    table = {"settlement_id": [f"s{number}" for number in range(len(places))], **columns}
    shapes = [None if one is None else shapely.Point(one) for one in places]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=METRIC)


def polygons(codes, boxes, **columns):
    return gpd.GeoDataFrame({"code": codes, **columns}, geometry=[shapely.box(*one) for one in boxes], crs=METRIC)


def sheet(values, cell=100.0):
    return Grid(np.asarray(values, dtype=float), Affine(cell, 0, 0, 0, -cell, NORTH), METRIC)


def layers(settlements, *, population=None, dem=None, **vectors):
    rasters = {"dem": dem if dem is not None else sheet(np.full((10, 10), 500.0))}
    if population is not None:
        rasters["population"] = population
    return Layers(METRIC, {"settlements": settlements, **vectors}, rasters, ())


def people(cells):
    """A 10 × 10 sheet of 100 m cells: {(col, row from the bottom): people}."""
    values = np.full((10, 10), np.nan)
    for (col, row), count in cells.items():
        values[9 - row, col] = count
    return sheet(values)


def codes_of(problems):
    return {one.code: one for one in problems}


def test_own_counts_stay_and_the_rest_comes_from_the_raster():
    """A counts 50; B none. 40 raster people near A, 30 near B, 5 out of reach: A 50, B 30, 5 unplaced, 75 in the raster."""
    source = points((50, 50), (450, 50), persons=[50.0, np.nan])
    population = people({(0, 0): 40, (4, 0): 30, (9, 9): 5})
    demand, problems = build_demand(layers(source, population=population), plan(population="population", population_reach_m=300))
    assert demand.settlements["persons"].tolist() == [50.0, 30.0]
    assert demand.settlements["persons_source"].tolist() == ["layer", "raster"]
    assert demand.settlements["persons_status"].tolist() == ["ok", "ok"]
    assert demand.raster_persons == 75.0
    assert demand.unplaced_persons == 5.0
    found = codes_of(problems)
    assert "50" in found["DEMAND-OWN-COUNT"].message_en
    assert "40" in found["DEMAND-OWN-COUNT"].message_en
    assert found["DEMAND-UNPLACED"].severity == "warning"


def test_without_own_counts_placed_and_unplaced_make_the_raster():
    rng = np.random.default_rng(6)
    population = sheet(rng.gamma(0.5, 10, (10, 10)))
    source = points(*rng.uniform(0, 1000, (7, 2)))
    demand, _ = build_demand(layers(source, population=population), plan(population="population", population_reach_m=200))
    assert demand.settlements["persons"].sum() + demand.unplaced_persons == pytest.approx(demand.raster_persons, rel=1e-9)
    assert demand.raster_persons == pytest.approx(population.values.sum(), rel=1e-9)


def test_a_place_the_raster_does_not_know_is_unknown_not_empty():
    """B lies behind A: every populated cell is nearer to A. B's people are unknown (no_data), not 0."""
    source = points((50, 50), (950, 950))
    demand, problems = build_demand(layers(source, population=people({(0, 0): 12})), plan(population="population"))
    assert demand.settlements["persons"].tolist()[0] == 12.0
    assert np.isnan(demand.settlements["persons"].iloc[1])
    assert demand.settlements["persons_status"].tolist() == ["ok", "no_data"]
    assert demand.settlements["persons_source"].tolist() == ["raster", ""]
    assert codes_of(problems)["DEMAND-NO-PEOPLE"].ids == ("s1",)


def test_without_a_raster_missing_people_stay_unknown_and_zero_stays_zero():
    demand, _ = build_demand(layers(points((50, 50), (150, 50), persons=[np.nan, 0.0])), plan())
    assert demand.settlements["persons_status"].tolist() == ["no_data", "ok"]
    assert demand.settlements["persons"].iloc[1] == 0.0
    assert np.isnan(demand.raster_persons)
    assert demand.unplaced_persons == 0.0


def test_people_beyond_the_county_are_not_its_people():
    """The county is the western half: a border cell of 8 counts half, a cell of 100 in the next county not at all."""
    population = people({(0, 0): 20, (4, 0): 8, (7, 0): 100})
    county = polygons(["990821000000"], [(0, 0, 450, 1000)], name=["示例县"])
    built = layers(points((50, 50)), population=population, county=county)
    demand, problems = build_demand(built, plan(population="population", county="county", population_reach_m=2000))
    assert demand.raster_persons == pytest.approx(24.0)
    assert demand.settlements["persons"].tolist() == pytest.approx([24.0])
    assert "104" in codes_of(problems)["DEMAND-OUTSIDE"].message_en


def test_counts_that_are_no_counts_are_unknown_and_named():
    """A negative count and words are errors to report, not people."""
    source = points((50, 50), (150, 50), (250, 50), persons=pd.Series(["30", "-4", "约600"], dtype="str"))
    demand, problems = build_demand(layers(source), plan())
    assert demand.settlements["persons"].tolist()[0] == 30.0
    assert demand.settlements["persons"].isna().tolist() == [False, True, True]
    found = codes_of(problems)["DEMAND-COUNT"]
    assert (found.ids, found.count, found.severity) == (("s1", "s2"), 2, "error")


def test_households_are_the_layers_else_derived_else_unknown():
    """36 people at 3.6 a household are 10; a given 7 stays; unknown people give unknown households."""
    source = points((50, 50), (150, 50), (250, 50), persons=[36.0, 20.0, np.nan], households=[np.nan, 7.0, np.nan])
    found = build_demand(layers(source), plan(people_per_household=3.6))[0].settlements
    assert found["households"].tolist()[:2] == pytest.approx([10.0, 7.0])
    assert np.isnan(found["households"].iloc[2])
    assert found["households_source"].tolist() == ["derived", "layer", ""]


def test_slope_and_elevation_are_those_of_the_ground():
    """z = 0.5 x: at x = 130 the ground is at 65 m and 26.565° steep; off the model both are unknown."""
    x = (np.arange(10) + 0.5) * 100
    dem = sheet(np.tile(0.5 * x, (10, 1)))
    found = build_demand(layers(points((130, 500), (5000, 5000)), dem=dem), plan())[0].settlements
    assert found["elevation_m"].iloc[0] == pytest.approx(65.0)
    assert found["slope_deg"].iloc[0] == pytest.approx(26.565051, abs=1e-4)
    assert found[["elevation_m", "slope_deg"]].iloc[1].isna().all()
    assert slope_deg(dem).values[5, 1] == pytest.approx(found["slope_deg"].iloc[0], abs=1e-4)


def test_polygons_and_lines_become_a_point_that_lies_on_them():
    """The middle of a C-shaped settlement lies outside it; its point must not."""
    shape = shapely.box(0, 0, 300, 300).difference(shapely.box(100, 100, 300, 200))
    line = shapely.LineString([(500, 500), (500, 700)])
    source = gpd.GeoDataFrame({"settlement_id": ["a", "b"]}, geometry=[shape, line], crs=METRIC)
    found = build_demand(layers(source), plan())[0].settlements
    assert (found.geometry.geom_type == "Point").all()
    assert shape.contains(found.geometry.iloc[0])
    assert line.distance(found.geometry.iloc[1]) == 0


def test_a_row_without_location_is_kept_and_named():
    source = points((50, 50), None, persons=[10.0, 20.0])
    demand, problems = build_demand(layers(source, population=people({(0, 0): 9})), plan(population="population"))
    found = demand.settlements
    assert len(found) == 2
    assert found["persons"].tolist() == [10.0, 20.0]
    assert np.isnan(found["slope_deg"].iloc[1])
    assert codes_of(problems)["DEMAND-GEOMETRY"].ids == ("s1",)


UNITS = {
    "groups": polygons(
        ["990821101201001", "990821101201002"],
        [(0, 0, 500, 1000), (500, 0, 1000, 1000)],
        parent_code=["990821101201"] * 2,
        name=["一组", "二组"],
    ),
    "villages": polygons(["990821101201"], [(0, 0, 1000, 1000)], parent_code=["990821101000"], name=["清水村"]),
    "townships": polygons(["990821101000"], [(0, 0, 1000, 1000)], parent_code=["990821000000"], name=["云雾乡"]),
}
NAMED = {"groups": "groups", "villages": "villages", "townships": "townships"}


def test_missing_codes_come_from_the_polygons():
    demand, problems = build_demand(layers(points((100, 100), (900, 100)), **UNITS), plan(**NAMED))
    found = demand.settlements
    assert found["group_code"].tolist() == ["990821101201001", "990821101201002"]
    assert found["village_code"].tolist() == ["990821101201"] * 2
    assert found["township_code"].tolist() == ["990821101000"] * 2
    assert demand.groups["name"].tolist() == ["一组", "二组"]
    assert list(demand.groups.columns) == ["code", "name", "parent_code", "geometry"]
    assert demand.county["code"].tolist() == ["990821000000"]
    assert demand.county["name"].tolist() == ["示例县"]
    assert problems == [] or set(codes_of(problems)) == {"DEMAND-NO-PEOPLE"}


def test_a_code_given_is_kept_and_the_contradiction_named():
    """s0 says group 002 but lies in 001: the code stays, the planner is told. On the border both are right."""
    source = points((100, 100), (500, 100), group_code=["990821101201002", "990821101201002"])
    demand, problems = build_demand(layers(source, **UNITS), plan(**NAMED))
    assert demand.settlements["group_code"].tolist() == ["990821101201002"] * 2
    assert codes_of(problems)["DEMAND-UNIT"].ids == ("s0",)


def test_a_point_on_a_border_goes_to_the_smaller_code():
    demand, _ = build_demand(layers(points((500, 100)), **UNITS), plan(**NAMED))
    assert demand.settlements["group_code"].tolist() == ["990821101201001"]


def test_without_polygons_units_come_from_the_codes():
    """A 15-digit group code holds its village (12 digits) and township (9 digits + 000)."""
    source = points((1, 1), (2, 2), (3, 3), group_code=["990821101201001", "990821102203001", None])
    demand, _ = build_demand(layers(source), plan())
    assert demand.settlements["village_code"].tolist() == ["990821101201", "990821102203", ""]
    assert demand.settlements["township_code"].tolist() == ["990821101000", "990821102000", ""]
    assert demand.groups["code"].tolist() == ["990821101201001", "990821102203001"]
    assert demand.groups["parent_code"].tolist() == ["990821101201", "990821102203"]
    assert demand.townships.geometry.isna().all()
    assert demand.county["code"].tolist() == ["990821000000"]


def test_a_unit_the_polygons_lack_gets_a_row():
    """Settlements of a group that is not in the group layer still roll up somewhere."""
    source = points((100, 100), group_code=["990821101201009"])
    demand, _ = build_demand(layers(source, **UNITS), plan(**NAMED))
    row = demand.groups.set_index("code").loc["990821101201009"]
    assert row["parent_code"] == "990821101201"
    assert row["geometry"] is None


def test_no_groups_give_an_empty_table_with_the_right_columns():
    demand, _ = build_demand(layers(points((1, 1))), plan())
    assert demand.groups.empty
    assert list(demand.groups.columns) == ["code", "name", "parent_code", "geometry"]
    assert demand.groups.crs == METRIC
    assert demand.settlements["group_code"].tolist() == [""]


def test_parts_of_one_unit_are_united():
    villages = polygons(["v", "v", "w"], [(0, 0, 10, 10), (20, 0, 30, 10), (50, 0, 60, 10)], name=["岛", "岛", "岸"])
    demand, _ = build_demand(layers(points((25, 5)), villages=villages), plan(villages="villages"))
    assert demand.villages["code"].tolist() == ["v", "w"]
    assert demand.villages.geometry.iloc[0].area == pytest.approx(200.0)
    assert demand.settlements["village_code"].tolist() == ["v"]


def test_wrong_layers_give_one_clear_error():
    source = points((1, 1))
    with pytest.raises(TableError) as caught:
        build_demand(layers(source.drop(columns="settlement_id")), plan())
    assert caught.value.code == "COLUMN-MISSING"
    with pytest.raises(LayerError) as lacking:
        build_demand(layers(source), plan(population="population"))
    assert lacking.value.code == "LAYER-MISSING"
    with pytest.raises(CrsError) as mixed:
        build_demand(layers(source.set_crs(32648, allow_override=True)), plan())
    assert mixed.value.code == "CRS-MIXED"


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 1000))
def test_the_order_of_rows_changes_nobodys_people_and_inputs_stay(seed):
    rng = np.random.default_rng(seed)
    source = points(*rng.uniform(0, 1000, (6, 2)), persons=np.where(rng.random(6) < 0.3, 40.0, np.nan))
    population = sheet(rng.gamma(0.5, 10, (10, 10)))
    before = source.copy()
    config = plan(population="population", population_reach_m=250)
    first = build_demand(layers(source, population=population), config)[0]
    order = rng.permutation(6)
    second = build_demand(layers(source.iloc[order], population=population), config)[0]
    one, other = (part.settlements.set_index("settlement_id")["persons"].sort_index() for part in (first, second))
    assert one.to_numpy() == pytest.approx(other.to_numpy(), nan_ok=True)
    assert first.settlements["settlement_id"].tolist() == source["settlement_id"].tolist()
    assert source.equals(before)


@pytest.mark.shared
def test_comoros_keeps_every_place_and_every_person(comoros, comoros_layers):
    """161 places (154 nodes and 7 drawn as areas only); 869,595 people of the raster, placed or named as unplaced."""
    demand, problems = build_demand(comoros_layers, comoros.documents.plan)
    found = demand.settlements
    assert len(found) == len(comoros_layers.vectors["settlements"]) == 161
    assert demand.raster_persons == pytest.approx(869_595, abs=1)
    assert found["persons"].sum() + demand.unplaced_persons == pytest.approx(demand.raster_persons, rel=1e-9)
    assert demand.unplaced_persons < 0.05 * demand.raster_persons
    assert set(found["township_code"]) == {"KM-A", "KM-G", "KM-M"}
    # Communes are drawn for Mohéli alone: the others' settlements have none, and say so.
    assert set(found.loc[found["village_code"] != "", "township_code"]) == {"KM-M"}
    assert found["elevation_m"].between(-14, 2361).all()
    assert demand.groups.empty
    assert "DEMAND-UNPLACED" in codes_of(problems)
