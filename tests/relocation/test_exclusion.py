"""Masks that never exclude too little: checked against exact vector geometry."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geoplan.contracts.config import HazardConfig, PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Network
from geoplan.io.documents import read_speeds
from geoplan.relocation import exclusion, read_zones
from geoplan.relocation.exclusion import (
    Exclusion,
    all_weather_roads,
    frame_slope,
    mask_near,
    mask_road_reach,
    mask_unsurveyed,
    mask_zones,
    name_layer,
    study_mask,
    tabulate_exclusions,
)
from geoplan.spatial.proximity import buffer_mask


def _squares(grid: Grid) -> np.ndarray:
    rows, cols = np.indices(grid.shape)
    west, north = grid.transform.c + cols * grid.transform.a, grid.transform.f + rows * grid.transform.e
    return shapely.box(west, north + grid.transform.e, west + grid.transform.a, north)


def test_buffer_of_a_point_has_the_area_of_the_circle_and_contains_it(make: SimpleNamespace) -> None:
    """Radius 300 m, margin 100 m on 5 m cells: π·400² = 502,655 m², within 2% above it, never below it."""
    like = make.grid(np.zeros((200, 200)), cell_m=5.0, west=-500, south=-500)
    slides = make.frame([Point(0.0, 0.0)], radius_m=[300.0], hazard_class=["low"])
    zones = read_zones(make.layers(slides=slides), HazardConfig(layer="slides", kind="landslide"))
    mask = mask_zones(zones, like, 100.0)
    assert np.pi * 400**2 <= mask.sum() * 25 <= np.pi * 400**2 * 1.02 + 2 * np.pi * 400 * 5
    assert (shapely.distance(_squares(like)[~mask], Point(0, 0)) >= 400).all()


def test_a_cell_entered_by_centimetres_is_entered(make: SimpleNamespace) -> None:
    """A point 4 m east of a cell's border, distance 4.03 m: 3 cm of the cell lie within, so the cell is excluded."""
    like = make.grid(np.zeros((20, 20)), cell_m=10.0)
    mask = mask_near(gpd.GeoSeries([Point(34, 55)], crs=make.crs), like, 4.03)
    assert mask[14].nonzero()[0].tolist() == [2, 3]


near = st.integers(0, 190).map(float)


@settings(deadline=None, max_examples=30)
@given(near, near, near, near, st.floats(0, 40), st.sampled_from(["point", "line", "polygon"]))
def test_no_cell_left_over_is_within_the_distance(
    make: SimpleNamespace, x: float, y: float, u: float, v: float, distance: float, kind: str
) -> None:
    """Whatever the geometry, a cell outside the mask is farther than the distance from it: excluded at least, on the safe side."""
    like = make.grid(np.zeros((20, 20)), cell_m=10.0)
    shape = {
        "point": Point(x, y),
        "line": LineString([(x, y), (u, v + 0.5)]),
        "polygon": box(min(x, u), min(y, v), max(x, u) + 1, max(y, v) + 1),
    }
    mask = mask_near(gpd.GeoSeries([shape[kind]], crs=make.crs), like, distance)
    gaps = shapely.distance(_squares(like), shape[kind])
    # Touching exactly at a cell's border takes no ground of the cell.
    assert (gaps[~mask] >= distance - 1e-6).all()
    # And not far too much: a cell's diagonal and half a percent.
    assert (gaps[mask] <= distance * 1.005 + 1e-6).all()


def test_exclusion_takes_the_inside_and_not_the_outside(make: SimpleNamespace) -> None:
    """A red line in the middle of a 5 × 5 grid takes exactly its own cell."""
    like = make.grid(np.zeros((5, 5)))
    mask = mask_near(gpd.GeoSeries([box(210, 210, 290, 290)], crs=make.crs), like, 0.0)
    assert np.argwhere(mask).tolist() == [[2, 2]]


def test_an_exclusion_layer_is_called_what_the_plan_says_it_is():
    plan = PlanConfig.model_validate(
        {"name": "x", "year": 2026, "roads": "r", "dem": "d", "ecology": {"red_line": ["rl"]},
         "services": [{"id": "c", "label_zh": "c", "label_en": "c", "layers": ["c"]}]}
    )  # fmt: skip
    assert name_layer("rl", plan) == ("生态保护红线", "ecological red line")
    assert name_layer("lake", plan) == ("避让图层 lake", "exclusion layer lake")


def test_own_and_added_area_by_hand(make: SimpleNamespace) -> None:
    """3 × 3 cells of 100 m, the lower row outside the county. First reason: left column. Second: top row and everything outside."""
    study = np.array([[1, 1, 1], [1, 1, 1], [0, 0, 0]], dtype=bool)
    first = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]], dtype=bool)
    second = np.array([[1, 1, 1], [0, 0, 0], [1, 1, 1]], dtype=bool)
    table, left = tabulate_exclusions([Exclusion("a", "甲", "a", first), Exclusion("b", "乙", "b", second)], study, 100.0)
    assert table["excluded_area_m2"].tolist() == [20_000.0, 30_000.0]
    assert table["added_area_m2"].tolist() == [20_000.0, 20_000.0]
    assert np.argwhere(left).tolist() == [[1, 1], [1, 2]]
    assert study.sum() == 6


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**16 - 1), st.lists(st.integers(0, 2**16 - 1), max_size=4))
def test_added_areas_and_what_is_left_make_the_county(study_bits: int, reasons: list[int]) -> None:
    def bits(number: int) -> np.ndarray:
        return np.array([number >> at & 1 for at in range(16)], dtype=bool).reshape(4, 4)

    found = [Exclusion(str(place), "", "", bits(one)) for place, one in enumerate(reasons)]
    table, left = tabulate_exclusions(found, bits(study_bits), 10.0)
    assert table["added_area_m2"].sum() + left.sum() * 100 == bits(study_bits).sum() * 100
    assert (table["added_area_m2"] <= table["excluded_area_m2"]).all()


def test_ground_is_surveyed_only_where_every_kind_is_and_the_whole_cell(make: SimpleNamespace) -> None:
    """Slides surveyed in x < 250, floods in x < 450: of five columns of 100 m the first two are known whole."""
    like = make.grid(np.zeros((1, 5)))
    slides = make.frame([Point(1e6, 0)], radius_m=[1.0], hazard_class=["low"])
    floods = make.frame([box(1e6, 0, 1e6 + 1, 1)], hazard_class=["low"])
    layers = make.layers(
        slides=slides, floods=floods, a=make.frame([box(-9, -9, 250, 900)]), b=make.frame([box(-9, -9, 450, 900)])
    )
    one = HazardConfig(layer="slides", kind="landslide", survey_area="a")
    two = HazardConfig(layer="floods", kind="flood", survey_area="b")
    assert mask_unsurveyed([one, two], [read_zones(layers, each) for each in (one, two)], like)[0].tolist() == [0, 0, 1, 1, 1]
    unstated = HazardConfig(layer="floods", kind="flood")
    assert mask_unsurveyed([one, unstated], [read_zones(layers, each) for each in (one, unstated)], like).all()
    assert mask_unsurveyed([], [], like).all()


def test_hazard_that_cannot_be_placed_leaves_no_ground(make: SimpleNamespace) -> None:
    like = make.grid(np.zeros((3, 3)))
    slides = make.frame([Point(0, 0)], hazard_class=["low"])
    assert mask_zones(read_zones(make.layers(slides=slides), HazardConfig(layer="slides", kind="landslide")), like, 0.0).all()


def test_raster_hazard_takes_its_cells_margin_and_unknown_cells(make: SimpleNamespace) -> None:
    """One flooded cell of 100 m in the middle of nine, one unknown at the lower right; grid of 50 m, margin 40 m."""
    depth = make.grid([[0, 0, 0], [0, 2, 0], [0, 0, np.nan]])
    like = make.grid(np.zeros((6, 6)), cell_m=50.0)
    config = HazardConfig(layer="depth", kind="flood", thresholds={"high": 1.0})
    zones = read_zones(make.layers(depth=depth), config)
    gaps = shapely.distance(_squares(like), box(100, 100, 200, 200))
    mask = mask_zones(zones, like, 40.0)
    assert mask[gaps < 40].all()
    unknown = mask_unsurveyed([config], [zones], like)
    assert unknown[4:, 4:].all()
    assert not unknown[:3, :3].any()


def test_road_reach_never_takes_too_many_cells(make: SimpleNamespace) -> None:
    """A cell counted as within 300 m has its centre within 300 m of the road; those within 250 m are all counted."""
    like = make.grid(np.zeros((40, 40)), cell_m=30.0)
    road = LineString([(100, 130), (700, 500), (1100, 480)])
    near_road = mask_road_reach(gpd.GeoSeries([road], crs=make.crs), like, 300.0)
    gaps = shapely.distance(shapely.centroid(_squares(like)), road)
    assert (gaps[near_road] <= 300).all()
    assert near_road[gaps <= 250].all()
    assert not mask_road_reach(gpd.GeoSeries([], crs=make.crs), like, 300.0).any()


def test_slope_of_a_plane_is_kept_on_a_finer_and_a_coarser_grid(make: SimpleNamespace) -> None:
    """A plane rising 10 m per 100 m is 5.71° whatever the cell; unknown elevation stays unknown."""
    rise = np.tile(np.arange(30) * 10.0, (30, 1))
    dem = make.grid(rise)
    for cell in (30.0, 100.0, 250.0):
        slope = frame_slope(make.demand([]), dem, cell)
        assert slope.cell_size == (cell, cell)
        assert slope.values[2:-2, 2:-2] == pytest.approx(np.degrees(np.arctan(0.1)), abs=1e-4)
    rise[15, 15] = np.nan
    slope = frame_slope(make.demand([]), make.grid(rise), 50.0)
    assert np.isnan(slope.values[28:32, 30:32]).any()


def test_the_county_is_the_study_area_and_not_its_outside(make: SimpleNamespace) -> None:
    demand = make.demand([], county=box(100, 100, 300, 300))
    slope = frame_slope(demand, make.grid(np.zeros((10, 10))), 50.0)
    assert slope.bounds == (100.0, 100.0, 300.0, 300.0)
    assert study_mask(demand, slope).all()
    round_county = make.demand([], county=Point(500, 500).buffer(200))
    slope = frame_slope(round_county, make.grid(np.zeros((10, 10))), 10.0)
    assert study_mask(round_county, slope).sum() * 100 == pytest.approx(np.pi * 200**2, rel=0.02)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 29)), max_size=4), st.floats(0, 120), st.integers(3, 50))
def test_tiled_buffer_equals_the_whole(cells: list[tuple[int, int]], radius: float, tile: int) -> None:
    """Tiles of 3 to 50 cells, marks anywhere, radius up to twelve cells: not a cell differs."""
    mask = np.zeros((40, 30), dtype=bool)
    for row, col in cells:
        mask[row, col] = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exclusion, "_TILE_CELLS", tile)
        tiled = exclusion._buffer_in_tiles(mask, radius, (10.0, 10.0))
    assert (tiled == buffer_mask(mask, radius, 10.0)).all()


def test_only_roads_open_all_year_count(make: SimpleNamespace) -> None:
    """Concrete counts; earth, an unknown surface, a paved footpath and a concrete road over a ford or ferry do not."""
    edges = make.frame(
        [LineString([(0, y), (1, y)]) for y in range(7)],
        surface=["concrete", "asphalt", "earth", "unknown", "concrete", "concrete", "concrete"],
        road_class=["village", "county", "village", "village", "path", "village", "village"],
        crossing=["", "bridge", "", "", "", "ford", "ferry"],
    )
    network = Network(np.zeros((0, 2)), edges, None, make.crs)  # type: ignore[arg-type]
    assert all_weather_roads(network, read_speeds("speeds_cn_2026")).index.tolist() == [0, 1]


def test_without_a_county_the_settlements_and_their_reach_are_looked_at(make: SimpleNamespace) -> None:
    """Settlements at 1000..1500 m and a reach of 300 m on a DEM of 3 km: 700..1800; never beyond the DEM; same slope as the whole."""
    rise = np.arange(30)[None, :] ** 2 * 1.0 + np.zeros((30, 1))
    dem = make.grid(rise)
    near = frame_slope(make.demand([(1000, 1000), (1500, 1500)]), dem, 100.0, reach_m=300.0)
    assert near.bounds == (700.0, 700.0, 1800.0, 1800.0)
    whole = frame_slope(make.demand([]), dem, 100.0)
    assert whole.bounds == dem.bounds
    assert near.values == pytest.approx(whole.values[12:23, 7:18])
    assert frame_slope(make.demand([(100, 100)]), dem, 100.0, reach_m=500.0).bounds == (0.0, 0.0, 600.0, 600.0)


def test_a_county_without_a_shape_is_as_none(make: SimpleNamespace) -> None:
    """Where no boundary layer is given the county is a row with a code and no geometry: the settlements say where to look."""
    dem = make.grid(np.zeros((30, 30)))
    demand = make.demand([(1000, 1000), (1500, 1500)])
    shapeless = gpd.GeoDataFrame({"code": ["KM"], "name": ["Comores"], "parent_code": [""]}, geometry=[None], crs=make.crs)
    found = frame_slope(replace(demand, county=shapeless), dem, 100.0, reach_m=300.0)
    assert found.bounds == frame_slope(demand, dem, 100.0, reach_m=300.0).bounds
