"""What-if answers are those of a run in which the facility is gone, the road is cut or the season is another."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geoplan.contracts.scenario import Scenario
from geoplan.coverage import compute_coverage
from geoplan.errors import ConfigError
from geoplan.questions import in_seasons

KEY = ["settlement_id", "item"]


@pytest.fixture(scope="module")
def busiest(demo_result) -> list[str]:
    """Return clinics in the order in which people go to them."""
    times = demo_result.access.times.query("service == 'clinic' and season == 'dry'")
    people = times["settlement_id"].map(demo_result.demand.settlements.set_index("settlement_id")["persons"])
    return people.groupby(times["facility_id"]).sum().sort_values(ascending=False, kind="stable").index.tolist()


def run_again(result, *, layer: str, change, services: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return gaps and times of some services as a whole run finds them with another layer of facilities, dry season."""
    from geoplan.access.compute import compute_times
    from geoplan.access.facilities import collect_facilities
    from geoplan.stage_runs import join_surfaces

    documents = in_seasons(result.plan.documents, ["dry"])
    inputs = result.plan.begin().result
    layers = inputs("layers")
    layers = replace(layers, vectors={**layers.vectors, layer: change(layers.vectors[layer])})
    asked = [one for one in documents.plan.services if one.id in services]
    facilities = collect_facilities(layers, asked)
    times = compute_times(
        result.demand.settlements, facilities, asked, join_surfaces(documents, inputs), config=documents.plan.access,
        walkers=documents.walking.walker_factors,
    )  # fmt: skip
    frames = [one.assign(service=name, snap_status="ok") for name, one in facilities.items()]
    listed = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=layers.crs)
    gaps = compute_coverage(
        result.demand, replace(result.access, times=times, facilities=listed), documents.standards, year=documents.plan.year,
        services=documents.plan.services, all_weather_surfaces=documents.speeds.all_weather_surfaces,
    ).gaps  # fmt: skip
    return gaps, times


def assert_same(change, gaps: pd.DataFrame, times: pd.DataFrame) -> None:
    """Compare a what-if with a run: states of every item exactly, minutes to a ten-thousandth."""
    told = change.settlements
    assert len(told)
    states = gaps.set_index(KEY)["coverage"].reindex(pd.MultiIndex.from_frame(told[KEY]))
    assert told["coverage_after"].tolist() == states.tolist()
    service = gaps.drop_duplicates("item").set_index("item")["service"]
    minutes = times.set_index(["settlement_id", "service"])["travel_time_min"]
    known = minutes.reindex(pd.MultiIndex.from_arrays([told["settlement_id"], told["item"].map(service)]))
    np.testing.assert_allclose(told["minutes_after"].to_numpy(float), known.to_numpy(float), rtol=0, atol=2e-4)


@pytest.mark.slow
def test_closing_clinics_is_a_run_without_them(demo_result, busiest):
    closed = busiest[:2]
    gaps, times = run_again(
        demo_result, layer="clinics", change=lambda one: one[~one["facility_id"].isin(closed)], services=["clinic", "hospital"]
    )
    change = demo_result.what_if(close=closed, service=["clinic", "hospital"])
    assert_same(change, gaps, times)
    county = change.units.query("level == 'county'").set_index("item")
    assert county.loc["village_clinic", "lost_persons"] > 0
    assert (county["gained_persons"] == 0).all()


@pytest.mark.slow
def test_those_sent_farther_than_the_kept_minutes_are_searched_not_lost(demo_result):
    hospitals = demo_result.access.facilities.query("service == 'hospital'")["facility_id"].tolist()
    closed = hospitals[:-1]
    gaps, times = run_again(
        demo_result, layer="clinics", change=lambda one: one[~one["facility_id"].isin(closed)], services=["hospital"]
    )
    change = demo_result.what_if(close=closed, service="hospital")
    assert_same(change, gaps, times)
    assert (change.settlements["minutes_after"] > 60).any()


@pytest.mark.slow
def test_moving_a_clinic_is_a_run_with_it_there(demo_result, busiest):
    times = demo_result.access.times.query("service == 'clinic' and season == 'dry'")
    far = times.loc[times["travel_time_min"].idxmax(), "settlement_id"]
    point = demo_result.demand.settlements.set_index("settlement_id").loc[far, "geometry"]

    def moved(layer):
        own = layer["facility_id"] == busiest[0]
        codes = {one: layer[one].where(~own, None) for one in ("village_code", "township_code") if one in layer}
        return layer.assign(**codes).set_geometry(layer.geometry.where(~own, point))

    gaps, again = run_again(demo_result, layer="clinics", change=moved, services=["clinic"])
    change = demo_result.what_if(move={busiest[0]: far}, service="clinic")
    assert_same(change, gaps, again)
    assert change.settlements.set_index("settlement_id").loc[[far], "minutes_after"].max() < 1.0


@pytest.mark.slow
def test_a_clinic_closed_and_opened_where_it_stood_changes_no_time(demo_result, busiest):
    place = demo_result.access.facilities.query("service == 'clinic'").set_index("facility_id").loc[busiest[0], "geometry"]
    change = demo_result.what_if(close=[busiest[0]], add={"AGAIN": (place.x, place.y)}, service="clinic", within_min=20)
    own = change.settlements.query("item == 'clinic_within'")
    assert own["difference_min"].abs().max() < 2e-4
    assert (own["state"] == "unchanged").all()
    assert set(own.loc[own["facility_before"] == busiest[0], "facility_after"]) == {"AGAIN"}


@pytest.mark.slow
def test_the_wet_season_is_that_of_the_run(demo_result):
    change = demo_result.what_if(season_after="wet", service="clinic")
    wet = demo_result.access.times.query("service == 'clinic' and season == 'wet'").set_index("settlement_id")
    own = change.settlements
    np.testing.assert_array_equal(own["minutes_after"], wet["travel_time_min"].reindex(own["settlement_id"]))
    assert set(own["item"]) == {"clinic_30min"}  # where no facility changes, only ways are judged
    assert (own["state"] == "lost").any()


@pytest.mark.slow
def test_a_cut_road_is_timed_as_the_scenario_is(demo_result):
    road = demo_result.access.road["road_id"].value_counts().index[0]
    scenario = Scenario(name="断路", close=[{"road_ids": [road]}])
    change = demo_result.what_if(scenario=scenario, service="clinic")
    times = demo_result.plan.times_in(scenario).query("service == 'clinic' and season == 'dry'").set_index("settlement_id")
    own = change.settlements
    np.testing.assert_array_equal(own["minutes_after"], times["travel_time_min"].reindex(own["settlement_id"]))
    assert (own["difference_min"].fillna(0) >= -1e-9).all()


@pytest.mark.slow
def test_people_of_every_level_add_up(demo_result, busiest):
    units = demo_result.what_if(close=busiest[:1]).units
    states = ["gained_persons", "lost_persons", "unchanged_persons", "unknown_persons"]
    np.testing.assert_allclose(units[states].sum(axis=1), units["persons"], atol=1e-6)
    sums = units.groupby(["level", "item"])["persons"].sum().unstack("level")
    for level in sums:
        np.testing.assert_allclose(sums[level], sums["county"], atol=1e-6)


@pytest.mark.slow
def test_a_second_question_searches_nothing(demo_result, busiest, monkeypatch):
    demo_result.what_if(close=busiest[:1], service="clinic")

    def refuse(*_, **__):
        raise AssertionError("searched again")

    monkeypatch.setattr("geoplan.access.service_reach.tabulate_service_reach", refuse)
    monkeypatch.setattr("geoplan.access.compute.compute_times", refuse)
    change = demo_result.what_if(close=busiest[1:2], service="clinic")
    assert (change.settlements["difference_min"] > 0).any()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"close": ["nobody"]}, "WHAT-IF-FACILITY"),
        ({"add": {"NEW": (0.0, 0.0)}}, "WHAT-IF-SERVICE"),
        ({"add": {"NEW": "no settlement"}, "service": "clinic"}, "WHAT-IF-PLACE"),
        ({"add": {"NEW": (0.0, 0.0)}, "service": "clinic"}, "WHAT-IF-PLACE"),
        ({"season_after": "wet", "service": "hospital"}, "WHAT-IF-NOTHING"),
        ({"season_after": "monsoon", "service": "clinic"}, "SEASON-UNKNOWN"),
        ({"close": ["CL0001"], "service": "cinema"}, "SERVICE-UNKNOWN"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(demo_result, question, code):
    with pytest.raises(ConfigError) as caught:
        demo_result.what_if(**question)
    assert caught.value.code == code


@pytest.mark.slow
def test_a_question_of_the_plan_asked_by_hand_has_the_plans_answer(demo_result):
    asked = demo_result.plan.documents.plan.coverage.siting[1]
    told, known = demo_result.plan.site(asked), demo_result.siting
    for name in ("curve", "summary"):
        one, other = (getattr(each, name) for each in (told, known))
        pd.testing.assert_frame_equal(one, other[other["question"] == asked.id].reset_index(drop=True))
