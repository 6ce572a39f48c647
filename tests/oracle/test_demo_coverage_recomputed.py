"""Compute what coverage adds to the demonstration county a second time, from the layers and with pandas and scipy alone.

Only travel times are taken as they are (`test_demo_recomputed` holds those), save where new clinics are: there scipy searches again.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml


@pytest.fixture(scope="module")
def plain():
    """The helper beside this file."""
    spec = importlib.util.spec_from_file_location("oracle_plain", Path(__file__).with_name("plain.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["oracle_plain"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(root):
    return root / "layers" / "demo"


@pytest.fixture(scope="module")
def settlements(plain, folder):
    return plain.read_layer(folder, "settlements").set_index("settlement_id")


@pytest.fixture(scope="module")
def profile(root):
    return yaml.safe_load((root / "geoplan" / "presets" / "four_level_2015.yaml").read_text("utf-8"))


def children(profile, item, settlements):
    """Return the children an item is for: counted, or the stated share of everybody."""
    group = next(one for one in profile["age_groups"] if one["id"] == item["age_group"])
    return settlements[group["column"]].astype(float).fillna(settlements["persons"] * group["share_of_persons"])


def minutes(demo_result, service):
    times = demo_result.access.times
    return times[(times["service"] == service) & (times["season"] == "dry")].set_index("settlement_id")["travel_time_min"]


@pytest.mark.parametrize("name", ["kindergarten_seat", "grade13_seat", "grade46_seat", "junior_seat"])
def test_seats_are_held_by_those_within_reach_and_no_school_holds_more_than_it_has(
    demo_result, plain, folder, profile, settlements, name
):
    """Demand by age as listed; within reach who is at most so many minutes from the nearest; each school's seats as in its layer."""
    item = next(one for one in profile["items"] if one["id"] == name)
    rows = demo_result.seats.settlements
    rows = rows[rows["item"] == name].set_index("settlement_id").reindex(settlements.index)
    asked = children(profile, item, settlements)
    pd.testing.assert_series_equal(rows["demand_persons"], asked, check_names=False)
    near = minutes(demo_result, item["service"]).reindex(settlements.index) <= item["within_min"]
    walker = next(one for one in profile["age_groups"] if one["id"] == item["age_group"])["walker"]
    plan = yaml.safe_load((folder / "county.yaml").read_text("utf-8"))
    service = next(one for one in plan["services"] if one["id"] == item["service"])
    if service.get("walker", "adult") == walker:
        pd.testing.assert_series_equal(rows["within_persons"], asked.where(near, 0.0), check_names=False)
    else:
        # Children walk to the road and from it more slowly than the adults whose minutes the service shows.
        assert (rows["within_persons"] <= asked.where(near, 0.0)).all()
        assert set(rows["within_persons"][near] - asked[near]) <= {0.0, *(-asked[near])}
        assert rows["within_persons"].sum() > 0.9 * asked.where(near, 0.0).sum()
    parts = rows[["seated_persons", "boarding_persons", "unseated_persons"]]
    np.testing.assert_allclose(parts.sum(axis=1), asked, atol=1e-6)
    assert parts.to_numpy().min() >= 0.0
    assert (rows["seated_persons"] <= rows["within_persons"] + 1e-6).all()

    flows = demo_result.seats.flows
    flows = flows[flows["item"] == name]
    limit = {"day": item["within_min"], "boarding": item.get("boarding_within_min", 0.0)}
    assert (flows["travel_time_min"] <= flows["kind"].map(limit)).all()
    schools = plain.read_layer(folder, "schools").set_index("facility_id")
    for kind, column in (("day", "capacity"), ("boarding", "boarding_seats")):
        used = flows[flows["kind"] == kind].groupby("facility_id")["persons"].sum()
        assert (used <= schools[column].astype(float).reindex(used.index) + 1e-6).all()


def test_people_short_by_a_year_are_counted_once_each(demo_result, profile):
    """Of every settlement the largest shortfall among the items due by then, added up: 1,336.304 by 2017, 69,617.72 by 2019, 82,744.49 by 2020."""
    gaps, years = demo_result.coverage.gaps, demo_result.ledger.years
    county = years[years["level"] == "county"].set_index("year")
    assert county.index.tolist() == sorted({one["deadline"] for one in profile["items"] if one.get("deadline")})
    for year in county.index:
        due = gaps[gaps["item"].isin([one["id"] for one in profile["items"] if (one.get("deadline") or 9999) <= year])]
        once = due.groupby("settlement_id")["short_persons"].max().fillna(0.0)
        assert county.loc[year, "short_persons"] == pytest.approx(once.sum())
        assert county.loc[year, "settlements"] == (once > 0).sum()
        assert county.loc[year, "items_short"] == due.loc[due["coverage"].isin(["gap", "unreachable"]), "item"].nunique()
    assert county["short_persons"].to_dict() == pytest.approx({2017: 1336.304, 2019: 69_617.72, 2020: 82_744.49})


def test_the_ledgers_people_are_those_of_the_gaps_of_its_unit(demo_result):
    """Per unit and item the settlements' shortfalls add up, and so do the people of whom nobody knows."""
    gaps = demo_result.coverage.gaps
    column = {"township": "township_code", "village": "village_code", "group": "group_code", "household": "group_code"}
    rows = gaps.assign(
        unit_code=[row[column[row["level"]]] for row in gaps[["level", *sorted(set(column.values()))]].to_dict("records")]
    )
    rows["unknown"] = rows["asked_persons"].where(rows["coverage"] == "unknown", 0.0)
    sums = rows.groupby(["unit_code", "item"])[["short_persons", "unknown"]].sum()
    ledger = demo_result.ledger.ledger.set_index(["unit_code", "item"])
    sums = sums.reindex(ledger.index)
    np.testing.assert_allclose(ledger["short_persons"].fillna(0.0), sums["short_persons"], atol=1e-6)
    np.testing.assert_allclose(ledger["unknown_persons"], sums["unknown"], atol=1e-6)


@pytest.mark.parametrize(
    ("item", "layer"),
    [("village_clinic", "clinics"), ("village_sports_ground", "sports_grounds"), ("village_finance_point", "finance_points")],
)
def test_villages_that_lack_a_facility_are_those_without_one_in_its_layer(demo_result, plain, folder, settlements, item, layer):
    """Of any level: a village where the township's hospital stands need not have a clinic of its own."""
    lacking = set(settlements["village_code"]) - set(plain.read_layer(folder, layer)["village_code"])
    ledger = demo_result.ledger.ledger
    assert set(ledger.loc[ledger["item"] == item, "unit_code"]) == lacking


def test_no_source_gives_more_water_than_it_yields(demo_result, plain, folder, settlements, root):
    """Piped: litres a person and day ÷ (1 − losses); springs: litres a person and day. Yields as in the layer, people as in theirs."""
    water = yaml.safe_load((root / "geoplan" / "presets" / "water_cn_2026.yaml").read_text("utf-8"))["demand"]
    piped = water["piped_l_person_day"]["value"] / 1000.0 / (1.0 - water["loss_share"]["value"])
    spring = water["dispersed_l_person_day"]["value"] / 1000.0
    found = demo_result.water.settlements.set_index("settlement_id").reindex(settlements.index)
    pd.testing.assert_series_equal(found["persons"], settlements["persons"].astype(float), check_names=False)
    need = found["persons"] * found["served_by"].map({"gravity": piped, "pump": piped, "dispersed": spring, "none": 0.0})
    layer = plain.read_layer(folder, "water").set_index("facility_id")
    given = need[need > 0].groupby(found["source_id"]).sum()
    assert (given <= layer["yield_m3_day"].astype(float).reindex(given.index) * (1.0 + 1e-9)).all()
    assert set(found.loc[found["served_by"] == "none", "source_id"]) == {""}


@pytest.mark.slow
def test_five_new_clinics_gain_whom_scipy_says_they_gain(demo_result, plain, folder, settlements, root):
    """Who is farther than 30 min from every clinic and within it of a new one; scipy's minutes differ by seconds, so the count lies between ±6 s."""
    plan = yaml.safe_load((folder / "county.yaml").read_text("utf-8"))
    presets = [
        yaml.safe_load((root / "geoplan" / "presets" / f"{plan['access'][one]}.yaml").read_text("utf-8"))
        for one in ("speeds", "walking")
    ]
    county = plain.County.read(folder, plan, *presets)
    sites = demo_result.siting.sites
    new = sites[(sites["question"] == "new_clinics") & ~sites["existing"]]
    places = np.column_stack([settlements.geometry.x, settlements.geometry.y])
    own = county.solve("ride", "dry", places, np.column_stack([new.geometry.x, new.geometry.y]))
    before = minutes(demo_result, "clinic").reindex(settlements.index).to_numpy() > 30.0
    people = settlements["persons"].to_numpy(float)
    least, most = (people[before & (own <= 30.0 + apart)].sum() for apart in (-0.1, 0.1))
    assert least <= new["persons_gained"].sum() <= most
    assert most - least < 100.0
