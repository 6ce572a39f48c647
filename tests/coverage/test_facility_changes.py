"""Facilities opened, closed and moved: who stays, who is looked up, who must be searched."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geoplan.access.reach import build_reach
from geoplan.contracts.config import ServiceConfig
from geoplan.coverage.facility_changes import change_facilities, list_homeless, patch_times

CLINIC = ServiceConfig(id="clinic", label_zh="卫生室", label_en="clinic", layers=["clinics"], levels=["village"])


@pytest.fixture
def facilities():
    return gpd.GeoDataFrame(
        {
            "facility_id": ["x", "y", "x"],
            "service": ["clinic", "clinic", "hospital"],
            "name": ["甲", "乙", "甲"],
            "level": ["village", "village", "township"],
            "township_code": ["t", "t", "t"],
            "village_code": ["v", "w", "v"],
            "doctors": [1.0, np.nan, 1.0],
            "snap_status": "ok",
        },
        geometry=[Point(0, 0), Point(100, 0), Point(0, 0)],
        crs="EPSG:4544",
    )


def make_times(minutes: np.ndarray, ids: list[str]) -> pd.DataFrame:
    """Return the table of times of one service from a matrix (settlements, facilities); inf: no way."""
    nearest = np.argmin(minutes, axis=1)
    best = minutes[np.arange(len(minutes)), nearest]
    reached = np.isfinite(best)
    return pd.DataFrame(
        {
            "settlement_id": [f"s{at}" for at in range(len(minutes))], "service": "clinic", "season": "dry", "trip": "one_way",
            "status": np.where(reached, "ok", "unreachable"), "travel_time_min": np.where(reached, best, np.nan),
            "facility_id": np.where(reached, np.array(ids, dtype=object)[nearest], ""), "route": "network", "off_road_min": 0.5,
        }
    )  # fmt: skip


def make_reach(minutes: np.ndarray, ids: list[str], *, cutoff_min: float = np.inf):
    demand, supply = np.nonzero(minutes <= cutoff_min) if np.isfinite(cutoff_min) else np.nonzero(np.isfinite(minutes))
    return build_reach(
        demand, supply, minutes[demand, supply], demand_ids=[f"s{at}" for at in range(len(minutes))], supply_ids=ids,
        cutoff_min=cutoff_min, demand_status=np.full(len(minutes), "ok", dtype=object), supply_status=np.full(len(ids), "ok", dtype=object),
    )  # fmt: skip


def test_who_closes_goes_who_moves_keeps_its_staff_and_who_opens_is_known_by_its_place_alone(facilities):
    after = change_facilities(facilities, CLINIC, close=["y"], move={"x": Point(5, 5)}, add={"z": Point(9, 9)}).set_index(
        "facility_id"
    )
    assert after.index.tolist() == ["x", "z"]
    assert after.loc["x", "geometry"].equals(Point(5, 5))
    assert after.loc["x", "doctors"] == 1.0
    assert after.loc["x", "village_code"] == ""
    assert after.loc["z", "level"] == "village"
    assert np.isnan(after.loc["z", "doctors"])
    assert after.crs == facilities.crs


def test_a_facility_of_another_service_is_passed_over(facilities):
    hospital = ServiceConfig(id="hospital", label_zh="医院", label_en="hospital", layers=["clinics"])
    after = change_facilities(facilities, hospital, close=["y"], move={"y": Point(1, 1)})
    pd.testing.assert_frame_equal(after, facilities[facilities["service"] == "hospital"].reset_index(drop=True))


def test_nothing_changed_is_the_same_table(facilities):
    after = change_facilities(facilities, CLINIC)
    pd.testing.assert_frame_equal(after, facilities[facilities["service"] == "clinic"].reset_index(drop=True))
    assert change_facilities(facilities, CLINIC, close=["x", "y"]).empty


def test_the_example_of_the_module_by_hand():
    minutes = np.array([[42.0, 25.0], [10.0, 80.0]])
    times = make_times(minutes, ["x", "y"])
    assert list_homeless(times, ["y"]).tolist() == ["s0"]
    after, left = patch_times(times, closed=["y"], kept=make_reach(minutes, ["x", "y"], cutoff_min=60))
    assert after["travel_time_min"].tolist() == [42.0, 10.0]
    assert after["facility_id"].tolist() == ["x", "x"]
    assert left == []
    opened, left = patch_times(times, new=make_reach(np.array([[30.0], [5.0]]), ["z"]))
    assert opened["travel_time_min"].tolist() == [25.0, 5.0]
    assert opened["facility_id"].tolist() == ["y", "z"]
    assert left == []


def test_whose_next_facility_is_beyond_the_kept_minutes_is_named_to_be_searched():
    minutes = np.array([[90.0, 25.0], [10.0, 80.0]])
    after, left = patch_times(make_times(minutes, ["x", "y"]), closed=["y"], kept=make_reach(minutes, ["x", "y"], cutoff_min=60))
    assert left == ["s0"]
    assert after["status"].tolist() == ["unreachable", "ok"]


def test_where_no_facility_is_left_nobody_is_served_and_nothing_is_searched():
    minutes = np.array([[42.0], [10.0]])
    after, left = patch_times(make_times(minutes, ["x"]), closed=["x"], kept=make_reach(minutes, ["x"], cutoff_min=60))
    assert left == []
    assert after["status"].tolist() == ["unreachable"] * 2
    assert after["travel_time_min"].isna().all()


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.lists(st.sampled_from([3.0, 7.0, 20.0, 45.0, 61.0, np.inf]), min_size=4, max_size=4), min_size=1, max_size=6),
    st.sets(st.integers(0, 2)),
    st.booleans(),
)
def test_a_look_up_is_the_least_of_what_is_open(rows, closed, opens):
    minutes = np.array(rows)
    ids = ["a", "b", "c"]
    gone = [ids[at] for at in sorted(closed)]
    there = minutes[:, :3]
    times = make_times(there, ids)
    kept = times.copy()
    after, left = patch_times(
        times, closed=gone, kept=make_reach(there, ids, cutoff_min=60), new=make_reach(minutes[:, 3:], ["z"]) if opens else None
    )
    pd.testing.assert_frame_equal(times, kept)
    columns = [at for at in range(3) if at not in closed] + ([3] if opens else [])
    best = minutes[:, columns].min(axis=1) if columns else np.full(len(minutes), np.inf)
    told = after["travel_time_min"].fillna(np.inf).to_numpy()
    searched = after["settlement_id"].isin(left).to_numpy()
    np.testing.assert_array_equal(told[~searched], best[~searched])
    assert (told[searched] >= best[searched]).all()
    assert (best[searched & (best < told)] > 60).all()  # only what lies beyond the kept minutes can be missed
