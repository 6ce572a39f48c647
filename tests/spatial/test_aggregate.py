"""Wide tables have one row per settlement or unit, in order, with nothing lost and nothing added up twice."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geoplan.spatial.aggregate import count_states, widen_roll_up, widen_times


def test_times_stand_side_by_side_by_service_and_season():
    """Two settlements × clinic × dry, wet: four rows become two, the unreachable one keeps its status and has no number."""
    times = pd.DataFrame(
        {
            "settlement_id": ["a", "a", "b", "b"],
            "service": "clinic",
            "season": ["dry", "wet", "dry", "wet"],
            "travel_time_min": [10.0, 12.0, 20.0, np.nan],
            "status": ["ok", "ok", "ok", "unreachable"],
        }
    )
    wide = widen_times(times)
    assert list(wide.columns) == ["clinic_dry_min", "clinic_dry_status", "clinic_wet_min", "clinic_wet_status"]
    assert wide.loc["a", "clinic_wet_min"] == 12.0
    assert np.isnan(wide.loc["b", "clinic_wet_min"])
    assert wide.loc["b", "clinic_wet_status"] == "unreachable"


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(["covered", "gap", "unreachable", "unknown"]), min_size=1, max_size=12))
def test_gaps_and_unknowns_are_counted_apart(states):
    """gaps = gap + unreachable; an unknown is neither a gap nor covered; with the covered ones they make up all items."""
    gaps = pd.DataFrame({"settlement_id": "a", "coverage": states})
    counted = count_states(gaps).loc["a"]
    assert counted["gaps"] == sum(one in ("gap", "unreachable") for one in states)
    assert counted["unknowns"] == states.count("unknown")
    assert counted["gaps"] + counted["unknowns"] + states.count("covered") == len(states)


def roll_up(codes, persons, short, unreachable):
    return pd.DataFrame(
        {
            "code": codes,
            "name": ["甲", "未归属/unassigned"],
            "item": "clinic",
            "settlements": 1,
            "persons": persons,
            "gap_persons": short,
            "unreachable_persons": unreachable,
            "unknown_persons": 0.0,
            "covered_share": 0.5,
        }
    )


def test_a_unit_without_a_shape_or_without_people_is_kept():
    """Units A (no roll-up row is lost) and B (nobody in it), and the unassigned row: three rows, people as in the roll-up."""
    units = gpd.GeoDataFrame(
        {"code": ["A", "B"], "name": ["甲", "乙"], "parent_code": ["T", "T"]},
        geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)],
        crs=4544,
    )
    wide = widen_roll_up(roll_up(["A", ""], [100.0, 7.0], [30.0, 0.0], [20.0, 7.0]), units)
    assert wide["code"].tolist() == ["A", "B", ""]
    assert wide["short_clinic_persons"].tolist()[0] == pytest.approx(50.0)
    assert wide["persons"].sum() == pytest.approx(107.0)
    assert np.isnan(wide.loc[1, "persons"])
    assert wide.crs == units.crs
    assert wide.loc[2, "name"] == "未归属/unassigned"
