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
from geoplan.contracts.site_profile import SITE_PROFILE
from geoplan.contracts.tables import SITES, check_table
from geoplan.errors import ConfigError, LayerError, TableError
from geoplan.io.documents import read_relocation, read_speeds, read_walking
from geoplan.relocation import rate_sites
from geoplan.relocation.seats import count_free_seats

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
    options = {name: changes.pop(name) for name in ("access", "run_out", "flood_prone") if name in changes}
    ground = build_ground(dem, walking=read_walking("walking_2026"), barriers=river, cliff_deg=None)
    surface = join_surface(ground, network, barriers=river)
    return rate_sites(
        demand, layers, plan, PROFILE, surfaces={"dry": surface}, speeds=SPEEDS, facilities=facilities, barriers=river, **options
    )


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


def test_every_score_is_told_by_its_contributions(rated: SitesResult) -> None:
    """They sum to the score; a plan without water points and farmland has no evidence for them, and says so in the share: 1 − 0.10 − 0.08."""
    told = rated.contributions
    assert told is not None
    ranked = rated.sites[rated.sites["rank"].notna()].set_index("site_id")
    sums = told.groupby("site_id")["contribution"].sum().reindex(ranked.index)
    assert sums.to_numpy() == pytest.approx(ranked["site_score"].to_numpy())
    assert len(told) == len(rated.sites) * len(SITE_PROFILE.criteria)
    missing = told[told["criterion"].isin(["water", "farmland"])]
    assert (missing["status"] == "no_data").all()
    patches = ranked[ranked["kind"] == "patch"]
    assert patches["evidence_share"].to_numpy() == pytest.approx(0.82)
    assert (ranked["score_low"] <= ranked["site_score"]).all()
    assert (ranked["site_score"] <= ranked["score_high"]).all()


def test_without_times_of_the_settlements_seats_are_unknown_and_bind_nobody(rated: SitesResult) -> None:
    sites, pools = rated.sites, rated.pools
    assert pools is not None
    assert (sites["seats_status"] == "no_data").all()
    assert set(sites.loc[sites["kind"] == "patch", "binding"]) == {"area"}
    assert sites.set_index("site_id")["binding"][["p1", "p3"]].tolist() == ["stated", ""]
    assert len(pools) == 2 * len(sites)
    assert pools["free_seats"].isna().all()


def test_sites_keep_their_contract(make: SimpleNamespace, rated: SitesResult) -> None:
    check_table(rated.sites, SITES, crs=make.crs)
    with pytest.raises(TableError, match="ceiling"):
        check_table(rated.sites.assign(ground_persons=1.0), SITES, crs=make.crs)


def test_one_school_is_one_pool_for_all_sites_and_binds_them(make: SimpleNamespace) -> None:
    """School and clinic of one seat each, nobody uses the school and 300 people the clinic: 1 / 0.076 = 13 people, (1 − 0.36) / 0.0012 = 533."""
    minutes = {("primary_school", "dry", "one_way"): ["unreachable"] * 2, ("clinic", "dry", "one_way"): [5.0, "unreachable"]}
    access = make.access(["s0", "s1"], minutes)
    access.times["facility_id"] = np.where(access.times["status"] == "ok", access.times["service"], "")
    few = make.demand([(400, 1600), (2000, 1400)], persons=[300.0, 10.0])
    free = count_free_seats(
        make.frame([Point(0, 0)], facility_id=["clinic"], capacity=[1.0]), SITE_PROFILE.seats[1], times=access.times, settlements=few.settlements, season="dry"
    )  # fmt: skip
    assert free["free_seats"].tolist() == pytest.approx([0.64])
    result = _rate(make, access=access)
    sites = result.sites
    check_table(sites, SITES, crs=make.crs)
    reached = sites["school_seats_status"] == "ok"
    assert reached.any()
    assert (sites.loc[reached, "school_persons"] == 13).all()
    assert (sites.loc[reached & (sites["kind"] == "patch"), "binding"] == "school").all()
    assert (sites.loc[reached & (sites["kind"] == "patch"), "capacity_persons"] == 13).all()
    pools = result.pools
    assert pools is not None
    assert set(pools.loc[(pools["kind"] == "school") & (pools["status"] == "ok"), "pool_id"]) == {"school:primary_school"}
    capped = sites[sites["capacity_persons"].notna()]
    for ceiling in ("ground_persons", "school_persons", "clinic_persons"):
        assert (capped["capacity_persons"] <= capped[ceiling].fillna(np.inf)).all()


def test_no_site_lies_in_a_run_out_a_flood_bed_or_their_margin(make: SimpleNamespace, rated: SitesResult) -> None:
    """Exact distances to the polygons; the reasons follow the mapped hazards, and the ground left is no more than before."""
    flow = box(1400, 1700, 1700, 2300)
    flood = np.zeros((30, 30))
    flood[14:17, 12:16] = 1.0
    flood[:, :3] = np.nan
    result = _rate(make, run_out=make.frame([flow], source_id=["f"], kind=["debris_flow"]), flood_prone=make.grid(flood))
    ground = _patches(result).geometry.to_numpy()
    assert len(ground)
    assert shapely.distance(ground, flow).min() >= 50.0
    assert shapely.distance(ground, box(1200, 1300, 1600, 1600)).min() >= 50.0
    assert shapely.bounds(ground)[:, 0].min() >= 300.0
    assert result.exclusions["reason"].tolist()[:4] == [
        "hazard:slides",
        "run_out:debris_flow",
        "flood_prone",
        "flood_prone_unknown",
    ]
    assert result.sites.set_index("site_id")["excluded_reason"]["p1"] == "flood_prone"
    before = rated.exclusions.set_index("reason")["added_area_m2"]
    after = result.exclusions.set_index("reason")["added_area_m2"]
    kept = [one for one in before.index if one.startswith(("too_", "beyond_"))]
    assert SIDE**2 - after.drop(kept).sum() < SIDE**2 - before.drop(kept).sum()


def test_farmland_within_reach_is_shared_with_those_who_live_there(make: SimpleNamespace) -> None:
    """The field of 800 × 900 m is 1,080 mu; p1 has it whole within 2 km, shared by the settlements' households and its own 120."""
    plan = _plan(sites={"farmland": "farm"})
    place = _rate(make, plan).sites.set_index("site_id").loc["p1"]
    assert place["farmland_mu"] == pytest.approx(1080.0)
    assert np.isnan(place["farmland_mu_per_household"])
    assert place["farmland_status"] == "no_data"
    with pytest.raises(ConfigError, match="fields"):
        _rate(make, _plan(sites={"farmland": "fields"}))


def test_each_exclusion_has_its_own_map(rated: SitesResult) -> None:
    maps, table = rated.exclusion_maps, rated.exclusions
    assert maps is not None
    ruled = table[~table["reason"].str.startswith(("too_", "beyond_"))].set_index("reason")
    own = maps[maps["scope"] == "own"].set_index("reason")
    assert own.index.tolist() == ruled.index.tolist()
    assert own["area_m2"].tolist() == ruled["excluded_area_m2"].tolist()
    assert own.geometry["hazard:slides"].contains(SLIDE.buffer(249))
    assert own.geometry["farm"].covers(FARM)
    patches = shapely.union_all(_patches(rated).geometry.to_numpy())
    assert shapely.area(shapely.intersection(own.geometry.to_numpy(), patches)).max() == pytest.approx(0.0, abs=1e-6)
