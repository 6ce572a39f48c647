"""Receiving sites end to end on a valley drawn by hand, with a real road network."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from geoplan.access.ground import build_ground
from geoplan.access.network import build_network
from geoplan.access.surface import join_surface
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.results import SitesResult
from geoplan.errors import ConfigError, LayerError
from geoplan.io.documents import read_relocation, read_speeds, read_walking
from geoplan.relocation import rate_sites
from geoplan.relocation.site_score import SITE_CRITERIA, score_sites

SPEEDS = read_speeds("speeds_cn_2026")
PROFILE = read_relocation("hazard_avoidance_2023")
SIDE = 3000.0
# A slide in the north-west, basic farmland in the south-west; a concrete road runs east to west through the middle.
SLIDE = Point(700, 2200)
FARM = box(300, 300, 1100, 1200)
RIVER = LineString([(0, 250), (3000, 250)])


def _roads(make: SimpleNamespace, surface: str = "concrete", road_class: str = "village") -> gpd.GeoDataFrame:
    return make.frame(
        [LineString([(0, 1500), (1500, 1500), (3000, 1500)])],
        road_id=["r1"], road_class=[road_class], surface=[surface], width_m=[4.5], oneway=[0], crossing=[""], road_layer=[0],
    )  # fmt: skip


def _plan(**changes: Any) -> PlanConfig:
    services = [{"id": one, "label_zh": one, "label_en": one, "layers": [one]} for one in ("seat", "primary_school", "clinic")]
    sites = {
        "cell_m": 30.0,
        "hazard_margin_m": 50.0,
        "exclusions": ["farm"],
        "places": "places",
        "max_road_m": 800.0,
        "max_sites": 50,
    }
    sites.update(changes.pop("sites", {}))
    hazards = changes.pop("hazards", [{"layer": "slides", "kind": "landslide", "survey_area": "survey"}])
    return PlanConfig(name="试", year=2026, roads="roads", dem="dem", services=services, hazards=hazards, sites=sites, **changes)


def _rate(make: SimpleNamespace, plan: PlanConfig | None = None, **changes: Any) -> SitesResult:
    plan = plan or _plan()
    eastings = np.arange(30) * 100 + 50.0
    # Level in the west, and a wall of 45° east of x = 2400.
    height = np.tile(np.where(eastings < 2400, 600.0, 600 + (eastings - 2350)), (30, 1))
    dem = make.grid(height)
    roads = changes.pop("roads", _roads(make))
    layers = make.layers(
        dem=dem,
        slides=make.frame([SLIDE], hazard_id=["h1"], radius_m=[200.0], hazard_class=["high"]),
        survey=make.frame([changes.pop("survey", box(0, 0, SIDE, SIDE))]),
        farm=make.frame([FARM]),
        places=make.frame(
            [Point(1500, 1400), Point(700, 2440), Point(700, 2460)], site_id=["p1", "p2", "p3"], name=["集", "危", "安"],
            site_kind=["集镇", "聚居点", "聚居点"], capacity_households=[120.0, 40.0, np.nan],
        ),
    )  # fmt: skip
    units = make.frame([box(0, 0, 1500, SIDE), box(1500, 0, SIDE, SIDE)], code=["west", "east"])
    demand = make.demand([(400, 1600), (2000, 1400)], county=box(0, 0, SIDE, SIDE), townships=units, name=["西湾", "东坪"])
    network = build_network(roads, speeds=SPEEDS, seasons=["dry"], dem=dem, walk_kmh=5.0, gap_tolerance_m=2.0)
    facilities = {
        one: make.frame([Point(x, 1500)], facility_id=[one], name=[one], level=["township"], capacity=[1.0], township_code=[""], village_code=[""])
        for one, x in (("seat", 2000), ("primary_school", 1800), ("clinic", 1600))
    }  # fmt: skip
    river = make.frame([RIVER])
    ground = build_ground(dem, walking=read_walking("walking_2026"), barriers=river, cliff_deg=None)
    surface = join_surface(ground, network, barriers=river)
    return rate_sites(demand, layers, plan, PROFILE, surfaces={"dry": surface}, speeds=SPEEDS, facilities=facilities, barriers=river)


@pytest.fixture(scope="module")
def rated(make: SimpleNamespace) -> SitesResult:
    return _rate(make)


def _patches(result: SitesResult) -> gpd.GeoDataFrame:
    return result.sites[result.sites["kind"] == "patch"]


def test_no_patch_touches_what_is_excluded(rated: SitesResult) -> None:
    """Against exact vector geometry: slide radius + margin 250 m, farmland, river, the 45° wall, 800 m from the road."""
    patches = _patches(rated)
    assert len(patches) > 5
    ground = patches.geometry.to_numpy()
    assert shapely.distance(ground, SLIDE).min() >= 250.0
    assert shapely.area(shapely.intersection(ground, FARM)).max() == 0.0
    assert not shapely.crosses(ground, RIVER).any()
    assert shapely.bounds(ground)[:, 2].max() <= 2500.0
    # The edge of a cell whose centre is within 800 m.
    assert np.abs(shapely.bounds(ground)[:, [1, 3]] - 1500).max() <= 800 + 15


def test_excluded_ground_was_not_all_there_is(rated: SitesResult) -> None:
    """Inside and outside are not swapped: the open valley in the middle is a site, and most of it is taken up."""
    open_valley = box(1200, 900, 2250, 2100)
    taken = shapely.area(shapely.intersection(shapely.union_all(_patches(rated).geometry.to_numpy()), open_valley))
    assert taken / open_valley.area > 0.95


def test_patches_are_polygons_of_their_stated_area_within_the_limits(rated: SitesResult) -> None:
    patches = _patches(rated)
    assert patches.geometry.geom_type.eq("Polygon").all()
    assert patches.geometry.is_valid.all()
    assert patches.geometry.area.tolist() == pytest.approx(patches["area_m2"].tolist())
    assert (patches["area_m2"] >= 10_000).all()
    assert (patches["area_m2"] <= 130_000).all()
    assert (patches["slope_deg"] <= 15).all()
    assert (patches["capacity_persons"] == np.floor(patches["area_m2"] / 90)).all()
    ground = patches.geometry.to_numpy()
    assert shapely.area(shapely.union_all(ground)) == pytest.approx(patches["area_m2"].sum())


def test_areas_add_up_to_the_county(rated: SitesResult) -> None:
    """9 km² = what the reasons added + narrow, small and surplus ground + the patches."""
    assert rated.exclusions["added_area_m2"].sum() + _patches(rated)["area_m2"].sum() == pytest.approx(SIDE**2)
    assert rated.exclusions["reason"].tolist()[0] == "hazard:slides"
    own = rated.exclusions.set_index("reason")["excluded_area_m2"]
    # Every cell the border touches is out: never less than the circle, at most a cell's width more around it.
    assert np.pi * 250**2 <= own["hazard:slides"] <= np.pi * 250**2 + 2 * np.pi * 250 * 30
    assert own["farm"] == pytest.approx(FARM.area, rel=0.12)
    assert own["hazard_unknown"] == 0.0


def test_places_in_a_zone_or_its_margin_are_listed_without_a_rank(rated: SitesResult) -> None:
    """Zone 200 m around y = 2200, margin 50: y = 2440 is inside, 2460 is outside; a capacity nobody states is unknown."""
    places = rated.sites.set_index("site_id").loc[["p1", "p2", "p3"]]
    assert places["excluded_reason"].tolist() == ["", "hazard", ""]
    assert places["rank"].isna().tolist() == [False, True, False]
    assert places["site_score"].isna().tolist() == [False, True, False]
    assert places["capacity_persons"].tolist() == pytest.approx([432.0, 144.0, np.nan], nan_ok=True)
    assert places["kind"].tolist() == ["集镇", "聚居点", "聚居点"]
    assert rated.sites["excluded_reason"].iloc[-1] == "hazard"


def test_sites_are_ranked_and_their_numbers_have_states(rated: SitesResult) -> None:
    sites = rated.sites
    ranked = sites[sites["rank"].notna()]
    assert ranked["rank"].is_monotonic_increasing
    assert ranked["site_score"].is_monotonic_decreasing
    assert (ranked["rank"] == ranked["site_score"].round(12).rank(ascending=False, method="min")).all()
    assert sites["site_id"].is_unique
    for stem in ("seat", "school", "clinic"):
        assert (sites[f"{stem}_status"] == "ok").all()
        assert (sites[f"{stem}_min"] > 0).all()
    p1 = sites.set_index("site_id").loc["p1"]
    assert p1["road_m"] == pytest.approx(100.0)
    west = sites[sites.geometry.centroid.x < 1400]
    assert set(west["township_code"]) == {"west"}
    assert set(_patches(rated)["name"]) == {"西湾附近地块", "东坪附近地块"}


def test_unsurveyed_ground_is_excluded_and_named(make: SimpleNamespace) -> None:
    """Only x < 1500 was surveyed: no patch and no valid place beyond, and the reason says how much."""
    result = _rate(make, survey=box(0, 0, 1500, SIDE))
    assert shapely.bounds(_patches(result).geometry.to_numpy())[:, 2].max() <= 1500
    own = result.exclusions.set_index("reason")["excluded_area_m2"]
    assert own["hazard_unknown"] == pytest.approx(1500 * SIDE)
    no_hazards = _rate(make, _plan(hazards=[]))
    assert _patches(no_hazards).empty
    assert no_hazards.sites["excluded_reason"].tolist() == ["hazard_unknown"] * 3
    assert no_hazards.exclusions.set_index("reason")["added_area_m2"]["hazard_unknown"] == SIDE**2


@pytest.mark.parametrize(("surface", "road_class"), [("earth", "village"), ("unknown", "village"), ("concrete", "path")])
def test_without_an_all_weather_road_there_is_no_site(make: SimpleNamespace, surface: str, road_class: str) -> None:
    """An earth road, a road of unknown surface and a paved footpath carry no traffic all year."""
    result = _rate(make, roads=_roads(make, surface, road_class))
    assert _patches(result).empty
    assert result.exclusions.set_index("reason")["excluded_area_m2"]["far_from_road"] == SIDE**2
    assert result.sites["road_m"].isna().all()


def test_more_patches_than_wanted_are_counted_and_the_best_kept(make: SimpleNamespace, rated: SitesResult) -> None:
    result = _rate(make, _plan(sites={"max_sites": 3}))
    assert len(_patches(result)) == 3
    beyond = result.exclusions.set_index("reason").loc["beyond_max_sites"]
    assert beyond["patches"] == len(_patches(rated)) - 3
    assert result.exclusions["added_area_m2"].sum() + _patches(result)["area_m2"].sum() == pytest.approx(SIDE**2)
    assert len(result.sites) == 3 + 3
    best = _patches(rated)["site_score"].max()
    assert _patches(result)["site_score"].max() == pytest.approx(best)


def test_a_larger_margin_never_gives_more_ground(make: SimpleNamespace, rated: SitesResult) -> None:
    wider = _rate(make, _plan(sites={"hazard_margin_m": 300.0}))
    before = shapely.union_all(_patches(rated).geometry.to_numpy())
    after = shapely.union_all(_patches(wider).geometry.to_numpy())
    assert after.area < before.area
    assert shapely.distance(after, SLIDE) >= 500.0


def test_layers_that_are_missing_are_named(make: SimpleNamespace) -> None:
    with pytest.raises(ConfigError, match="red_line"):
        _rate(make, _plan(sites={"exclusions": ["red_line"]}))
    with pytest.raises(LayerError, match="towns"):
        _rate(make, _plan(sites={"places": "towns"}))


def test_a_plan_without_places_has_patches_only(make: SimpleNamespace, rated: SitesResult) -> None:
    result = _rate(make, _plan(sites={"places": None}))
    assert result.sites["kind"].eq("patch").all()
    assert result.sites["site_id"].tolist() == _patches(rated)["site_id"].tolist()
    assert list(result.sites.columns) == list(rated.sites.columns)


def test_nothing_found_is_an_empty_table_with_all_columns(make: SimpleNamespace, rated: SitesResult) -> None:
    """No hazard layer and no places: no site, and the whole county stands beside the reason."""
    result = _rate(make, _plan(hazards=[], sites={"places": None}))
    assert result.sites.empty
    assert list(result.sites.columns) == list(rated.sites.columns)
    assert result.sites.crs == make.crs
    assert result.exclusions["added_area_m2"].sum() == SIDE**2


def test_same_input_gives_the_same_sites_and_leaves_the_inputs_alone(make: SimpleNamespace, rated: SitesResult) -> None:
    again = _rate(make)
    pd.testing.assert_frame_equal(pd.DataFrame(rated.sites), pd.DataFrame(again.sites))
    pd.testing.assert_frame_equal(rated.exclusions, again.exclusions)


def _site(**changes: Any) -> pd.DataFrame:
    row = {"slope_deg": 5.0, "road_m": 100.0, "seat_min": 10.0, "school_min": 10.0, "clinic_min": 10.0, "area_m2": 10_000.0}
    states = {"seat_status": "ok", "school_status": "ok", "clinic_status": "ok"}
    return pd.DataFrame([{**row, **states, **changes}])


def test_site_score_by_hand() -> None:
    """0.25 + 0.20 + 0.45 + 0.1·0.2 = 0.92; clinic unreachable takes 0.15; clinic unknown: (0.92 − 0.15)/0.85; nothing known: NaN."""
    assert sum(one.weight for one in SITE_CRITERIA) == pytest.approx(1.0)
    assert score_sites(_site())[0] == pytest.approx(0.92)
    assert score_sites(_site(clinic_min=np.nan, clinic_status="unreachable"))[0] == pytest.approx(0.77)
    assert score_sites(_site(clinic_min=np.nan, clinic_status="no_data"))[0] == pytest.approx(0.77 / 0.85)
    nothing = dict.fromkeys(("slope_deg", "road_m", "seat_min", "school_min", "clinic_min", "area_m2"), np.nan)
    assert np.isnan(score_sites(_site(**nothing))[0])


@pytest.mark.parametrize(
    "worse", [{"slope_deg": 12.0}, {"road_m": 700.0}, {"seat_min": 40.0}, {"school_min": 40.0}, {"clinic_min": 40.0}]
)
def test_steeper_or_farther_sites_score_less(worse: dict[str, float]) -> None:
    assert score_sites(_site(**worse))[0] < score_sites(_site())[0]
