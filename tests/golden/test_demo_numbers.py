"""Headline numbers of the demonstration county: each stands for something that was planted or can be worked out by hand.

When one of them moves, either the county was made anew or somebody's answer changed: say in the commit which, and why.
"""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def truth(root):
    return pd.read_csv(root / "layers" / "demo" / "truth.csv", dtype=str)


@pytest.fixture(scope="module")
def classes(demo_result):
    return demo_result.candidacy.candidacy.set_index("settlement_id")


def test_everybody_is_there(demo_result):
    """The generator makes 1,500 settlements with 90,000 people in 710 groups, 150 villages and 18 townships."""
    demand = demo_result.demand
    assert len(demand.settlements) == 1500
    assert demand.settlements["persons"].sum() == 90_000
    assert [len(one) for one in (demand.groups, demand.villages, demand.townships, demand.county)] == [710, 150, 18, 1]


def test_every_table_of_people_adds_up_to_everybody_it_is_for(demo_result):
    """42 items at four levels: covered, gap, unreachable and unknown are 90,000 people, or those of an age; residents are 90,000 in any case.

    Children as counted, and where nobody counted 3.6 % of everybody: 3,298.044 of 3–5, 3,193.044 of grades 1–3, 3,164.044 of grades 4–6
    and 3,161.044 at junior school.
    """
    coverage, profile = demo_result.coverage, demo_result.plan.documents.standards
    children = {"kindergarten": 3298.044, "grade13": 3193.044, "grade46": 3164.044, "junior": 3161.044}
    asked = {one.id: 90_000.0 if one.age_group is None else children[one.age_group] for one in profile.items}
    for table in (coverage.groups, coverage.villages, coverage.townships, coverage.county):
        parts = table[["covered_persons", "gap_persons", "unreachable_persons", "unknown_persons"]].sum(axis=1)
        sums = parts.groupby(table["item"]).sum()
        assert len(sums) == 42
        assert sums.to_dict() == pytest.approx(asked)
        assert table.groupby("item")["resident_persons"].sum().to_numpy() == pytest.approx(90_000)


def test_as_many_are_cut_off_in_the_wet_season_as_were_planted(demo_result, truth):
    """Settlements behind fords, ferries and ropes lose every motor service: the planted ones and no other."""
    times = demo_result.access.times
    clinic = times[times["service"] == "clinic"].pivot(index="settlement_id", columns="season", values="status")
    lost = (clinic["dry"] == "ok") & (clinic["wet"] == "unreachable")
    assert lost.sum() == (truth["truth"] == "cut_off_wet").sum()


def test_those_without_a_road_are_the_planted_ones(demo_result, truth):
    """More than 2 km on foot to the nearest motorable road."""
    road = demo_result.access.road
    assert (road["off_road_m"] > 2000.0).sum() == (truth["truth"] == "no_road").sum()


def test_must_move_is_every_veto_and_every_high_score(classes):
    """应搬 is a veto or a score of 0.60 and more on enough evidence, and nothing else."""
    vetoed = classes["veto"] != ""
    high = (classes["candidacy_score"] >= 0.60) & (classes["evidence_share"] >= 0.60)
    assert (classes["relocation_class"] == "应搬").sum() == (vetoed | high).sum()


def test_vetoed_are_those_planted_under_an_extreme_or_high_threat(demo_result, classes, truth):
    """Faults veto nobody; every other extreme or high threat does (that of a house alone where the plan names the homesteads)."""
    planted = ["threatened", "houses_threatened"] if demo_result.plan.documents.plan.homesteads else ["threatened"]
    worst = truth[
        truth["truth"].isin(planted) & truth["hazard_class"].isin(["extreme", "high"]) & (truth["hazard_kind"] != "fault")
    ]
    assert (classes["veto"] != "").sum() == worst["settlement_id"].nunique()


def test_the_four_classes_are_everybody(classes):
    """No settlement without a class; 证据不足 are places outside the survey that neither veto nor score decides."""
    counts = classes["relocation_class"].value_counts()
    assert set(counts.index) == {"应搬", "建议搬", "可留", "证据不足"}
    assert counts.sum() == 1500


def test_outside_the_survey_is_the_planted_number(demo_result, truth):
    """Unknown hazard only outside the surveyed ground (unless something mapped there is already extreme)."""
    unknown = (demo_result.exposure.summary["hazard_status"] == "no_data").sum()
    assert unknown == (truth["truth"] == "outside_survey").sum()


def test_the_area_ruled_out_and_what_is_left_are_the_county(demo_result):
    """Reasons in order, each only what it adds, then what was too small or beyond the first 200, then the patches: the county's cells."""
    sites, table = demo_result.sites.sites, demo_result.sites.exclusions
    patches = sites.loc[sites["kind"] == "patch", "area_m2"].sum()
    county = demo_result.demand.county.geometry.area.sum()
    assert table["added_area_m2"].sum() + patches == pytest.approx(county, rel=1e-3)


def test_sites_hold_ninety_square_metres_a_person(demo_result):
    """200 patches (max_sites) and every existing place; the ground of patches holds ⌊A / 90 m²⌋ people, seats may allow fewer."""
    sites = demo_result.sites.sites
    patch = sites[sites["kind"] == "patch"]
    assert len(patch) == 200
    assert (patch["ground_persons"] == patch["area_m2"] // 90).all()
    assert (patch["capacity_persons"] <= patch["ground_persons"]).all()


def test_nothing_in_the_clean_county_stops_a_run(demo_result):
    """The generator makes a county without errors; what it plants are warnings and remarks."""
    assert demo_result.checks.errors == ()


def test_times_have_a_row_for_each_settlement_service_and_season(demo_result):
    """1,500 × 13 services × 2 seasons, and no number without status ok: of the plan's 19 services, six are only asked whether they stand there."""
    times, services = demo_result.access.times, demo_result.plan.documents.plan.services
    assert sum(not one.times for one in services) == 6
    assert set(times["service"]) == {one.id for one in services if one.times}
    assert len(times) == 1500 * 13 * 2
    assert (times["travel_time_min"].notna() == (times["status"] == "ok")).all()
