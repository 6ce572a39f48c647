"""What was planted for coverage comes out of the whole chain: power, signal, doctors, practitioners, kindergarten seats, and nobody else is accused."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def truth(root):
    return pd.read_csv(root / "layers" / "demo" / "truth.csv", dtype=str)


@pytest.fixture(scope="module")
def units(root):
    return pd.read_csv(root / "layers" / "demo" / "truth_units.csv", dtype={"code": str})


def settlements_with(result, item, coverage):
    gaps = result.coverage.gaps
    return set(gaps.loc[(gaps["item"] == item) & (gaps["coverage"] == coverage), "settlement_id"])


def units_with(result, item, coverage, level):
    rows = result.demand.settlements
    return set(rows.loc[rows["settlement_id"].isin(settlements_with(result, item, coverage)), f"{level}_code"])


@pytest.mark.parametrize(("item", "kind"), [("group_power_radius", "beyond_transformer"), ("village_signal", "beyond_mast")])
def test_the_planted_hamlets_and_only_those_lie_beyond_every_radius(demo_result, truth, item, kind):
    planted = set(truth.loc[truth["truth"] == kind, "settlement_id"])
    assert settlements_with(demo_result, item, "gap") == planted
    assert settlements_with(demo_result, item, "unknown") == set()


def test_villages_whose_clinics_have_no_doctor_are_gaps_and_unknown_doctors_stay_unknown(demo_result, units):
    """The others among the gaps have no clinic at all."""
    planted = {kind: set(part["code"]) for kind, part in units.groupby("truth")}
    short = units_with(demo_result, "village_clinic_doctor", "gap", "village")
    without = units_with(demo_result, "village_clinic", "gap", "village")
    assert short - without == planted["clinic_no_doctor"]
    assert units_with(demo_result, "village_clinic_doctor", "unknown", "village") == planted["clinic_doctor_unknown"]


def test_townships_short_of_practitioners_are_the_planted_ones(demo_result, units):
    assert units_with(demo_result, "township_gps", "gap", "township") == set(units.loc[units["truth"] == "gps_short", "code"])


def test_the_township_without_a_public_kindergarten_is_the_planted_one(demo_result, units):
    """No kindergarten of the township is public, and nobody is left unsure of that."""
    planted = set(units.loc[units["truth"] == "no_public_kindergarten", "code"])
    assert planted
    assert units_with(demo_result, "township_kindergarten", "gap", "township") == planted
    assert units_with(demo_result, "township_kindergarten", "unknown", "township") == set()


def test_townships_with_seats_for_fewer_than_three_children_in_four_are_the_planted_ones(demo_result, units):
    """The county file lists townships with fewer seats than children; the standard asks for seats for 75 in 100."""
    rows = units[units["truth"] == "kindergarten_seats_short"]
    few = set(rows.loc[rows["value"] < 0.75 * rows["needed"], "code"])
    assert few
    assert units_with(demo_result, "township_kindergarten_seats", "gap", "township") == few
