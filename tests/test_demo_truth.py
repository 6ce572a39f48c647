"""The demo county's planted truth comes out of the whole chain: nothing planted is missed, nothing else is accused."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from geoplan.relocation import expose

THREATS = ["extreme", "high", "medium", "low"]


@pytest.fixture(scope="module")
def result(demo_result):
    return demo_result


@pytest.fixture(scope="module")
def truth(root):
    return pd.read_csv(root / "layers" / "demo" / "truth.csv", dtype=str)


def planted(truth, kind):
    return set(truth.loc[truth["truth"] == kind, "settlement_id"])


def threats(truth, result):
    """The planted threats a run can find: by point, and by house where its plan names the homesteads."""
    kinds = ["threatened", "houses_threatened"] if result.plan.documents.plan.homesteads else ["threatened"]
    return truth[truth["truth"].isin(kinds)]


@pytest.fixture(scope="module")
def by_houses(result, root):
    """The exposure of the demo county by point and homesteads, whatever its plan names."""
    homesteads = gpd.read_parquet(root / "layers" / "demo" / "homesteads.parquet").to_crs(result.demand.settlements.crs)
    return expose(result.demand, result.plan.layers(), result.plan.documents.plan.hazards, homesteads=homesteads)


def states(result, service):
    times = result.access.times
    return times[times["service"] == service].pivot(index="settlement_id", columns="season", values="status")


@pytest.mark.parametrize("service", ["clinic", "primary_school", "seat"])
def test_the_planted_cut_off_settlements_and_only_those_lose_services_in_the_wet_season(result, truth, service):
    table = states(result, service)
    lost = set(table.index[(table["dry"] == "ok") & (table["wet"] == "unreachable")])
    assert lost == planted(truth, "cut_off_wet")


def test_the_planted_roadless_settlements_and_only_those_walk_two_kilometres_to_a_road(result, truth):
    """Over the terrain, along paths and ropes: the planted hamlets more than 2,000 m, everybody else less, by 100 m and more."""
    road = result.access.road.set_index("settlement_id")
    assert set(road["status"]) == {"ok"}
    far = road["off_road_m"] > 2000.0
    assert set(road.index[far]) == planted(truth, "no_road")
    assert ((road["off_road_m"] - 2000.0).abs() > 100.0).all()


def test_nobody_is_cut_off_in_the_dry_season(result):
    times = result.access.times
    assert (times.loc[times["season"] == "dry", "status"] == "ok").all()


def test_every_settlement_enters_the_surface_where_it_stands(result):
    assert (result.access.road["moved_m"] == 0.0).all()


def test_every_planted_threat_is_found_with_its_kind_and_class_and_no_other(result, truth):
    threatened = threats(truth, result)
    found = result.exposure.exposure
    found = found[found["hazard_class"].isin(THREATS)]
    columns = ["settlement_id", "hazard_kind", "hazard_class"]
    assert set(map(tuple, found[columns].to_numpy())) == set(map(tuple, threatened[columns].to_numpy()))


def test_by_houses_every_planted_house_is_found_too_and_no_other(by_houses, truth):
    """Settlements beside a zone with one cluster of houses in it: missed by their point, found by their homesteads."""
    rows = truth[truth["truth"].isin(["threatened", "houses_threatened"])]
    found = by_houses.exposure[by_houses.exposure["hazard_class"].isin(THREATS)]
    columns = ["settlement_id", "hazard_kind", "hazard_class"]
    assert set(map(tuple, found[columns].to_numpy())) == set(map(tuple, rows[columns].to_numpy()))
    assert (found["exposed_share"] > 0).all()
    by_point = found.set_index("settlement_id")["exposed_share"].loc[sorted(planted(truth, "houses_threatened"))]
    assert (by_point < 1).all()


def test_by_houses_the_safe_stay_safe_and_the_unsurveyed_unknown(by_houses, truth):
    rows, summary = by_houses.exposure.set_index("settlement_id"), by_houses.summary.set_index("settlement_id")
    safe = rows.loc[sorted(planted(truth, "safe"))]
    assert set(safe["hazard_class"]) == {"none"}
    assert safe[["exposed_share", "unknown_share", "exposed_persons"]].to_numpy().max() == 0.0
    assert set(summary.index[summary["hazard_status"] == "no_data"]) == planted(truth, "outside_survey")


def test_by_houses_fewer_people_are_exposed_than_live_in_exposed_settlements(by_houses, result):
    """The house decides who is exposed, not the settlement: somebody in every settlement with a share, never more than live there."""
    summary = by_houses.summary.set_index("settlement_id")
    persons = result.demand.settlements.set_index("settlement_id")["persons"].loc[summary.index]
    exposed = summary["exposed_persons"].fillna(0.0)
    assert (exposed <= persons + 1e-9).all()
    assert 0 < exposed.sum() < persons[summary["hazard_index"] > 0].sum()
    each = by_houses.exposure.groupby("settlement_id")["exposed_persons"].sum().loc[summary.index]
    assert (exposed <= each + 1e-9).all()


def test_no_settlement_planted_safe_must_move(result, truth):
    classes = result.candidacy.candidacy.set_index("settlement_id")["relocation_class"]
    assert set(classes.loc[sorted(planted(truth, "safe"))]) == {"可留"}


def test_outside_the_survey_is_unknown_and_never_may_stay(result, truth):
    """No survey is not safety: hazard has no number there, and nobody is told they can stay."""
    ids = sorted(planted(truth, "outside_survey"))
    summary = result.exposure.summary.set_index("settlement_id").loc[ids]
    assert set(summary["hazard_status"]) == {"no_data"}
    classes = result.candidacy.candidacy.set_index("settlement_id")["relocation_class"].loc[ids]
    assert "可留" not in set(classes)


def test_every_threatened_settlement_of_high_class_must_move(result, truth):
    """The 2023 profile's veto: people under an extreme or high geological or flood threat must move (应搬)."""
    worst = threats(truth, result)
    worst = worst[worst["hazard_class"].isin(["extreme", "high"]) & worst["hazard_kind"].ne("fault")]
    classes = result.candidacy.candidacy.set_index("settlement_id")["relocation_class"]
    assert set(classes.loc[worst["settlement_id"]]) == {"应搬"}


def test_the_planted_waterless_settlements_miss_the_fetching_standard(result, truth):
    gaps = result.coverage.gaps
    water = gaps[gaps["item"] == "water_fetch_20min"].set_index("settlement_id")["coverage"]
    assert set(water.loc[sorted(planted(truth, "waterless"))]) <= {"gap", "unreachable"}


def test_nobody_is_lost_between_the_layers_and_the_last_table(result):
    """1,500 settlements and 90,000 people go in; every table that has a row per settlement has them all."""
    ids = set(result.demand.settlements["settlement_id"])
    assert len(ids) == 1500
    assert result.demand.settlements["persons"].sum() == pytest.approx(90_000, rel=0.02)
    for table in (
        result.access.times,
        result.access.road,
        result.exposure.exposure,
        result.coverage.gaps,
        result.candidacy.candidacy,
    ):
        assert set(table["settlement_id"]) == ids
    assert len(result.settlements) == 1500


def test_no_candidate_site_lies_in_a_hazard_zone(result):
    layers = result.plan.layers()
    plan = result.plan.documents.plan
    sites = result.sites.sites
    usable = sites[sites["rank"].notna()]
    for hazard in plan.hazards:
        zones = layers.vectors[hazard.layer]
        radius = zones.get("radius_m", zones.get("setback_m"))
        shapes = zones.geometry if radius is None else zones.geometry.buffer(radius.astype(float))
        assert not usable.geometry.intersects(shapes.union_all()).any(), hazard.layer
