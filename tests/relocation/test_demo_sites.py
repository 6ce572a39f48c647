"""The demo county's receiving sites against exact geometry and the seats they share."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.contracts.config import SitesConfig
from geoplan.contracts.results import SitesResult
from geoplan.contracts.tables import SITES, check_table
from geoplan.relocation import rate_sites
from geoplan.relocation.site_times import SITE_SERVICES
from geoplan.stage_runs import gather_barriers, join_surfaces

TOUCH_M = 1e-6


@pytest.fixture(scope="module")
def given(demo_result: Any) -> dict[str, Any]:
    """What `rate_sites` takes, with the times of the settlements, farmland, and run-out drawn below three slides."""
    from geoplan.access.facilities import collect_facilities

    documents = demo_result.plan.documents
    stages = demo_result.plan.begin()
    layers = stages.result("layers")
    plan = documents.plan.model_copy(
        update={"sites": SitesConfig(**{**documents.plan.sites.model_dump(), "farmland": "farmland"})}
    )
    slides = layers.vectors["landslides"].geometry.iloc[:3]
    flows = gpd.GeoDataFrame({"kind": ["debris_flow"] * 3}, geometry=slides.buffer(1500.0).to_numpy(), crs=layers.crs)
    services = [one for one in plan.services if one.id in SITE_SERVICES.values()]
    return {
        "demand": demo_result.demand, "layers": layers, "plan": plan, "profile": documents.relocation, "surfaces": join_surfaces(documents, stages.result),
        "speeds": documents.speeds, "facilities": collect_facilities(layers, services), "walkers": documents.walking.walker_factors,
        "barriers": gather_barriers(documents, stages.result), "access": demo_result.access, "run_out": flows,
    }  # fmt: skip


@pytest.fixture(scope="module")
def rated(given: dict[str, Any]) -> SitesResult:
    return rate_sites(**given)


def _offered(result: SitesResult) -> gpd.GeoDataFrame:
    return result.sites[result.sites["excluded_reason"] == ""]


def test_no_site_comes_within_the_margin_of_any_zone(rated: SitesResult, given: dict[str, Any]) -> None:
    """Every offered site, patch or place, against every zone of every hazard layer and every run-out: radius or setback, and 50 m."""
    layers, plan = given["layers"], given["plan"]
    ground = _offered(rated).geometry.to_numpy()
    assert len(ground) > 200
    tree = shapely.STRtree(ground)
    margin = plan.sites.hazard_margin_m
    for hazard in plan.hazards:
        zones = layers.vectors[hazard.layer]
        reach = (
            zones["radius_m"]
            if "radius_m" in zones
            else zones["setback_m"]
            if "setback_m" in zones
            else pd.Series(0.0, index=zones.index)
        )
        too_near = tree.query(
            zones.geometry.to_numpy(), predicate="dwithin", distance=reach.to_numpy(dtype=float) + margin - TOUCH_M
        )[1]
        assert len(too_near) == 0, hazard.layer
    assert len(tree.query(given["run_out"].geometry.to_numpy(), predicate="dwithin", distance=margin - TOUCH_M)[1]) == 0
    surveyed = layers.vectors["hazard_survey"].geometry.union_all()
    assert shapely.covers(surveyed, ground).all()


def test_run_out_rules_out_ground_and_adds_none(rated: SitesResult, given: dict[str, Any]) -> None:
    """Without it there is more ground left, and every patch with it lies on what was left without."""
    without = rate_sites(**{**given, "run_out": None})
    kept = ("too_", "beyond_")
    left = [one.exclusions.loc[~one.exclusions["reason"].str.startswith(kept), "added_area_m2"].sum() for one in (rated, without)]
    assert left[0] > left[1]
    assert without.exclusion_maps is not None
    taken = without.exclusion_maps[(without.exclusion_maps["scope"] == "own") & (without.exclusion_maps["block_m"] == 50.0)]
    patches = rated.sites[rated.sites["kind"] == "patch"].geometry.to_numpy()
    for reason, shape in zip(taken["reason"], taken.geometry, strict=True):
        shapely.prepare(shape)
        touching = patches[shapely.intersects(shape, patches)]
        assert shapely.area(shapely.intersection(shape, touching)).sum() == pytest.approx(0.0, abs=1e-3), reason


def test_capacity_is_above_no_ceiling_and_pools_are_those_of_the_sites(rated: SitesResult, given: dict[str, Any]) -> None:
    """Seats counted anew with plain loops: capacity of the facility less 76 places (1.2 beds) per 1,000 people who have it nearest."""
    sites, pools = rated.sites, rated.pools
    check_table(sites, SITES, crs=sites.crs)
    assert pools is not None
    assert len(pools) == 2 * len(sites)
    assert sites["seats_status"].eq("ok").all()
    assert set(sites["binding"]) == {"area", "stated", "school", "clinic"}
    persons = given["demand"].settlements.set_index("settlement_id")["persons"]
    times = given["access"].times
    dry = times[(times["season"] == "dry") & (times["status"] == "ok")]
    capacity = given["access"].facilities.set_index(["service", "facility_id"])["capacity"]
    for kind, service, rate in (("school", "primary_school", 0.076), ("clinic", "clinic", 0.0012)):
        users: dict[str, float] = {}
        for row in dry[dry["service"] == service].itertuples():
            users[row.facility_id] = users.get(row.facility_id, 0.0) + persons[row.settlement_id]
        own = pools[(pools["kind"] == kind) & (pools["status"] == "ok")]
        for row in own.itertuples():
            free = max(capacity[service, row.facility_id] - users.get(row.facility_id, 0.0) * rate, 0.0)
            assert row.free_seats == pytest.approx(free, abs=1e-6)
            assert row.travel_min <= 30.0
        held = sites.set_index("site_id")["capacity_persons"].reindex(own["site_id"]).to_numpy()
        assert (held * rate <= own["free_seats"].to_numpy() + 1e-6).all()
        assert own.groupby("pool_id")["free_seats"].nunique().max() == 1
        assert own["pool_id"].duplicated().any()


def test_farmland_is_shared_and_every_criterion_has_evidence_for_patches(rated: SitesResult) -> None:
    patches = rated.sites[rated.sites["kind"] == "patch"]
    assert (patches["evidence_share"] == 1.0).all()
    assert (patches["farmland_mu_per_household"] * (patches["capacity_households"]) <= patches["farmland_mu"] + 1e-6).all()
    told = rated.contributions
    assert told is not None
    sums = told.groupby("site_id")["contribution"].sum(min_count=1).reindex(rated.sites["site_id"]).to_numpy()
    assert sums == pytest.approx(rated.sites["site_score"].to_numpy(), nan_ok=True)
    assert np.isfinite(patches["site_score"]).all()
