"""Ecology overlap by homesteads or circle, land within reach, and what no layer says."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import ConfigError, CrsError
from geoplan.relocation import build_indicators
from geoplan.relocation.land import LAND_INDICATORS, covered_area_m2, measure_land


def _line(make: SimpleNamespace, *boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    return make.frame(shapely.box(*np.array(boxes).T))


def test_share_of_the_homesteads_by_hand(make: SimpleNamespace) -> None:
    """300 m² outside the line and 100 m² inside: 0.25. The neighbour's are its own."""
    demand = make.demand([(0, 0), (5000, 0)])
    homes = make.frame(
        [shapely.box(0, 0, 30, 10), shapely.box(100, 0, 110, 10), shapely.box(5000, 0, 5010, 10)],
        settlement_id=["s0", "s0", "s1"],
    )
    line = _line(make, (90, -50, 200, 50))
    land = measure_land(demand, ecology={"red_line": line}, homesteads=homes)
    assert land["red_line_share"].tolist() == [0.25, 0.0]
    assert land["footprint_basis"].tolist() == ["homesteads", "homesteads"]
    assert land["footprint_m2"].tolist() == [400.0, 100.0]


def test_without_homesteads_a_circle_stands_in_and_says_so(make: SimpleNamespace) -> None:
    """Half the circle lies east of its centre."""
    demand = make.demand([(0, 0), (5000, 0)])
    homes = make.frame([shapely.box(5000, 0, 5010, 10)], settlement_id=["s1"])
    land = measure_land(demand, ecology={"reserve": _line(make, (0, -500, 500, 500))}, homesteads=homes, circle_m=100.0)
    assert land["footprint_basis"].tolist() == ["circle", "homesteads"]
    assert land["reserve_share"].tolist() == pytest.approx([0.5, 0.0])
    assert land["footprint_m2"].iloc[0] == pytest.approx(np.pi * 100**2, rel=2e-3)


def test_absent_and_empty_layers_answer_nothing(make: SimpleNamespace) -> None:
    """Unknown is never 0: neither the red line nobody gave nor the reserves of an empty file."""
    land = measure_land(make.demand([(0, 0)]), ecology={"reserve": make.frame([])}, farmland=make.frame([]))
    for name in (*("red_line_share", "reserve_share", "basic_farmland_share"), "farmland_within_reach_mu_per_person"):
        assert land[name].isna().all()
        assert land[f"{name}_status"].tolist() == ["no_data"]


def test_a_settlement_without_position_is_there_and_unknown(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0), (np.nan, np.nan)])
    land = measure_land(demand, ecology={"red_line": _line(make, (-1, -1, 1, 1))}, farmland=_line(make, (0, 0, 100, 100)))
    assert land["settlement_id"].tolist() == ["s0", "s1"]
    assert land["footprint_basis"].tolist() == ["circle", ""]
    for name in LAND_INDICATORS:
        assert land[f"{name}_status"].iloc[1] == "no_data"
        assert np.isnan(land[name].iloc[1])


def test_homesteads_without_a_name_go_to_the_nearest_settlement_in_reach(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0), (1000, 0)])
    homes = _line(make, (390, 0, 400, 10), (600, 0, 620, 10), (1600, 0, 1610, 10))
    land = measure_land(demand, ecology={}, homesteads=homes)
    assert land["footprint_m2"].tolist() == [100.0, 200.0]


def test_farmland_and_dispersion_reach_the_table(make: SimpleNamespace) -> None:
    """15,000 m² = 22.5 亩 for 30 people: 0.75 each; 30 people within 1 km: 30/π per km²."""
    demand = make.demand([(0, 0), (600, 0)], persons=[10.0, 20.0])
    land = measure_land(demand, ecology={}, farmland=_line(make, (250, 0, 400, 100)), reach_m=500.0)
    assert land["farmland_within_reach_mu_per_person"].tolist() == pytest.approx([0.75, 0.75])
    assert land["persons_per_km2"].tolist() == pytest.approx([30 / np.pi] * 2)
    assert land["nearest_settlement_m"].tolist() == [600.0, 600.0]
    assert land["persons_within_1km"].tolist() == [30.0, 30.0]


def test_land_answers_the_indicators_of_a_profile(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0), (600, 0)], persons=[10.0, 20.0])
    ids = demand.settlements["settlement_id"]
    land = measure_land(demand, ecology={"red_line": _line(make, (-50, -500, 0, 500))}).iloc[::-1]
    names = ["red_line_share", "reserve_share", "persons_per_km2", "persons_within_1km"]
    exposure = make.exposure(ids, ["none"] * 2)
    table = build_indicators(demand, make.access(ids), exposure, names, land=land).set_index(["indicator", "settlement_id"])
    assert table.loc["red_line_share", "raw"].tolist()[1] == 0.0
    assert 0 < table.loc[("red_line_share", "s0"), "raw"] < 0.5
    assert table.loc["reserve_share", "status"].tolist() == ["no_data"] * 2
    assert table.loc["persons_per_km2", "raw"].tolist() == pytest.approx([30 / np.pi] * 2)
    without = build_indicators(demand, make.access(ids), exposure, names).set_index(["indicator", "settlement_id"])
    assert without.loc["red_line_share", "status"].tolist() == ["no_data"] * 2
    assert (without.loc["red_line_share", "note_zh"] != "").all()
    pd.testing.assert_frame_equal(without.loc[["persons_within_1km"]], table.loc[["persons_within_1km"]])


def test_a_land_column_without_its_state_is_no_indicator(make: SimpleNamespace) -> None:
    """The size of a footprint is no evidence for or against moving, and a number without a state is not taken at its word."""
    demand = make.demand([(0, 0)])
    land = measure_land(demand, ecology={})
    table = build_indicators(demand, make.access(["s0"]), make.exposure(["s0"], ["none"]), ["footprint_m2"], land=land)
    assert table["status"].tolist() == ["no_data"]


def test_strange_kinds_and_foreign_coordinates_are_refused(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0)])
    with pytest.raises(ConfigError, match="ECOLOGY-KIND"):
        measure_land(demand, ecology={"swamp": make.frame([])})
    with pytest.raises(CrsError, match="CRS-MIXED"):
        measure_land(demand, ecology={"red_line": make.frame([]).set_crs(4490, allow_override=True)})


box = st.tuples(*[st.integers(-20, 20).map(lambda n: n * 10.0)] * 2, *[st.integers(1, 20).map(lambda n: n * 10.0)] * 2)


@settings(deadline=None, max_examples=30)
@given(st.lists(box, min_size=1, max_size=5), st.lists(box, min_size=1, max_size=5))
def test_covered_area_equals_a_twin_and_overlaps_count_once(rows: list, zones: list) -> None:
    footprints = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in rows])
    polygons = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in zones])
    twin = [shapely.intersection(one, shapely.union_all(polygons)).area for one in footprints]
    assert covered_area_m2(footprints, polygons) == pytest.approx(twin)
    assert covered_area_m2(footprints, np.concatenate([polygons, polygons])) == pytest.approx(twin)
    more = np.append(polygons, shapely.box(0, 0, 50, 50))
    assert (covered_area_m2(footprints, more) >= np.array(twin) - 1e-6).all()
