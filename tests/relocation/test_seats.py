"""Free seats, pools and what binds a site's capacity."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geoplan.contracts.site_profile import SITE_PROFILE
from geoplan.relocation.capacity import bind_capacity
from geoplan.relocation.seats import count_free_seats, find_roomy, pool_seats

SCHOOL, CLINIC = SITE_PROFILE.seats


def _facilities(make: SimpleNamespace, **capacity: float) -> gpd.GeoDataFrame:
    return make.frame([Point(0, 0)] * len(capacity), facility_id=list(capacity), capacity=list(capacity.values()))


def _times(*rows: tuple[str, str], season: str = "dry", status: str = "ok") -> pd.DataFrame:
    columns = {"settlement_id": [one[0] for one in rows], "facility_id": [one[1] for one in rows]}
    return pd.DataFrame(columns).assign(service="primary_school", season=season, status=status)


def _free(make: SimpleNamespace, times: pd.DataFrame | None, persons: dict[str, float], **capacity: float) -> pd.DataFrame:
    people = pd.DataFrame({"settlement_id": list(persons), "persons": list(persons.values())})
    return count_free_seats(_facilities(make, **capacity), SCHOOL, times=times, settlements=people, season="dry")


def test_free_seats_by_hand(make: SimpleNamespace) -> None:
    """120 places, 1,000 people at 76 per 1,000: 44 free. A school nobody is nearest to is free whole; one overfull has none, not fewer."""
    times = _times(("s1", "A"), ("s2", "A"), ("s3", "C"))
    found = _free(make, times, {"s1": 600, "s2": 400, "s3": 5000}, A=120, B=50, C=100)
    assert found["free_seats"].tolist() == pytest.approx([44.0, 50.0, 0.0])
    assert found["used_seats"].tolist() == pytest.approx([76.0, 0.0, 380.0])
    assert found["status"].tolist() == ["ok"] * 3


def test_unknown_seats_stay_unknown_unless_what_is_known_fills_them(make: SimpleNamespace) -> None:
    """No capacity; people unknown; people unknown but the rest fill it; no times; times of another season."""
    times = _times(("s1", "A"), ("s1b", "B"), ("s2", "B"), ("s3", "C"), ("s2", "C"))
    found = _free(make, times, {"s1": 10, "s1b": 10, "s2": np.nan, "s3": 5000}, A=np.nan, B=50, C=100)
    assert found["status"].tolist() == ["no_data", "no_data", "ok"]
    assert found["free_seats"].tolist() == pytest.approx([np.nan, np.nan, 0.0], nan_ok=True)
    for blind in (None, _times(("s1", "A"), season="wet")):
        assert _free(make, blind, {"s1": 10}, A=100)["status"].tolist() == ["no_data"]
    # A settlement without a way to any school uses none.
    assert _free(make, _times(("s1", ""), status="unreachable"), {"s1": 10}, A=100)["free_seats"].tolist() == [100.0]


def _way(*rows: tuple[str, float, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["status", "travel_min", "facility_id"])


def test_a_site_uses_the_nearest_school_with_room_and_two_sites_share_it(make: SimpleNamespace) -> None:
    """A is nearest and full, B has room for both sites; C is nearest to nobody; site 3 has nothing within 30 min; site 4 nobody knows."""
    free = _free(make, _times(("s1", "A")), {"s1": 2000}, A=100, B=44, C=9)
    assert find_roomy(free, least_seats=8.4).tolist() == [False, True, True]
    nearest = _way(("ok", 5, "A"), ("ok", 12, "B"), ("ok", 31, "A"), ("no_data", np.nan, ""))
    roomy = _way(("ok", 20, "B"), ("ok", 12, "B"), ("ok", 45, "B"), ("no_data", np.nan, ""))
    pools = pool_seats(["x1", "x2", "x3", "x4"], [SCHOOL], {"school": free}, {"school": [roomy, nearest]})
    assert pools["pool_id"].tolist() == ["school:B", "school:B", "school:beyond:x3", "school:unknown:x4"]
    assert pools["free_seats"].tolist() == pytest.approx([44.0, 44.0, 0.0, np.nan], nan_ok=True)
    assert pools["status"].tolist() == ["ok", "ok", "unreachable", "no_data"]
    assert pools["travel_min"].tolist() == pytest.approx([20.0, 12.0, np.nan, np.nan], nan_ok=True)


def test_where_no_school_has_room_within_reach_the_nearest_stands(make: SimpleNamespace) -> None:
    free = _free(make, _times(("s1", "A")), {"s1": 1250}, A=100, B=44)
    pools = pool_seats(["x"], [SCHOOL], {"school": free}, {"school": [_way(("ok", 40, "B")), _way(("ok", 5, "A"))]})
    assert (pools["pool_id"][0], pools["free_seats"][0]) == ("school:A", pytest.approx(5.0))


def _ground(kind: str = "patch", persons: float = 111.0, households: float = 30.0, count: int = 1) -> pd.DataFrame:
    row: dict[str, Any] = {
        "kind": kind, "capacity_persons": persons, "capacity_households": households, "capacity_basis_zh": "面积", "capacity_basis_en": "area",
    }  # fmt: skip
    return pd.DataFrame([{"site_id": f"x{number}", **row} for number in range(count)])


def _pools(school: float, clinic: float) -> pd.DataFrame:
    rows = [("x0", "school", school, SCHOOL), ("x0", "clinic", clinic, CLINIC)]
    return pd.DataFrame(
        {
            "site_id": [one[0] for one in rows], "kind": [one[1] for one in rows], "free_seats": [one[2] for one in rows],
            "status": ["ok" if np.isfinite(one[2]) else "no_data" for one in rows],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("school", "clinic", "persons", "households", "binding", "status"),
    [
        (6.0, 5.0, 78, 21, "school", "ok"),
        (60.0, 0.12, 100, 27, "clinic", "ok"),
        (60.0, 5.0, 111, 30, "area", "ok"),
        (np.nan, 5.0, 111, 30, "area", "no_data"),
        (6.0, np.nan, 78, 21, "school", "no_data"),
        (0.0, 0.0, 0, 0, "school", "ok"),
    ],
)
def test_the_smallest_ceiling_binds_and_is_named(
    school: float, clinic: float, persons: float, households: float, binding: str, status: str
) -> None:
    """1 ha: 111 people, 30 households. 6 places / 0.076 = 78 people; 0.12 beds / 0.0012 = 100 people."""
    found = bind_capacity(_ground(), _pools(school, clinic), SITE_PROFILE.seats, people_per_household=3.6).iloc[0]
    assert (found["capacity_persons"], found["capacity_households"]) == (persons, households)
    assert (found["binding"], found["seats_status"]) == (binding, status)
    assert found["ground_persons"] == 111
    assert "受限于" in found["capacity_basis_zh"]
    assert "bound by" in found["capacity_basis_en"]
    assert ("余量不明" in found["capacity_basis_zh"]) == (status == "no_data")


def test_a_place_that_states_nothing_has_no_capacity_however_many_seats() -> None:
    found = bind_capacity(_ground("集镇", np.nan, np.nan), _pools(6.0, 5.0), SITE_PROFILE.seats, people_per_household=3.6).iloc[0]
    assert np.isnan(found["capacity_persons"])
    assert np.isnan(found["capacity_households"])
    assert found["binding"] == ""
    stated = bind_capacity(_ground("集镇", 36.0, 10.0), _pools(6.0, 5.0), SITE_PROFILE.seats, people_per_household=3.6).iloc[0]
    assert (stated["capacity_households"], stated["binding"]) == (10.0, "stated")


seats = st.one_of(st.just(np.nan), st.floats(0, 500))


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 2000), seats, seats, st.floats(2, 6))
def test_capacity_is_above_no_ceiling_and_more_seats_never_lower_it(
    persons: float, school: float, clinic: float, household: float
) -> None:
    persons = float(np.floor(persons))
    ground = _ground(persons=persons, households=float(np.floor(persons / household)))
    found = bind_capacity(ground, _pools(school, clinic), SITE_PROFILE.seats, people_per_household=household).iloc[0]
    assert found["capacity_persons"] <= persons
    for name, free, need in (("school", school, SCHOOL), ("clinic", clinic, CLINIC)):
        if np.isfinite(free):
            assert found["capacity_persons"] <= found[f"{name}_persons"]
            assert found["capacity_persons"] * need.per_1000_persons / 1000 <= free + 1e-6
    assert found["capacity_households"] * household <= found["capacity_persons"] + 1e-6
    more = bind_capacity(ground, _pools(school + 10, clinic), SITE_PROFILE.seats, people_per_household=household).iloc[0]
    assert more["capacity_persons"] >= found["capacity_persons"]
