"""How far the nearest road is that meets a standard, and when two roads do not tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage import classify_gaps

NAN = float("nan")
ANY = {"id": "any", "measure": "road_access", "threshold": 250.0, "unit": "m"}
HARD = {**ANY, "id": "hard", "surfaces": ["asphalt", "concrete"]}


def judge(county, item, **road):
    access = county.make_access(road=county.make_road(**road))
    return classify_gaps(county.make_demand(), access, county.make_profile(item), year=2020)


def test_any_road_uses_the_nearest(county):
    """100, 200, 300, 400 m against 250 m."""
    gaps = judge(county, ANY, surface="earth", road_class=None, all_weather_m=9e9)
    assert gaps["coverage"].tolist() == ["covered", "covered", "gap", "gap"]
    assert gaps["shortfall"].tolist() == [0.0, 0.0, 50.0, 150.0]


def test_hardened_road_looks_past_a_gravel_one(county):
    """Gravel at 100 m does not count; the hardened one at 250.0 m does, at 251 m it is a gap of 1 m."""
    gaps = judge(county, HARD, surface="gravel", off_road_m=100.0, all_weather_m=[250.0, 251.0, 90.0, 900.0])
    assert gaps["value"].tolist() == [250.0, 251.0, 90.0, 900.0]
    assert gaps["coverage"].tolist() == ["covered", "gap", "covered", "gap"]
    assert gaps["shortfall"].iloc[1] == 1.0


@pytest.mark.parametrize("surface", [None, "", "unknown"])
def test_unknown_surface_within_reach_is_unknown(county, surface):
    """A road of unknown surface at 100 m may be hardened: unknown where no known hardened one is near."""
    gaps = judge(
        county,
        HARD,
        surface=surface,
        off_road_m=[100.0, 100.0, 300.0, 100.0],
        all_weather_m=[200.0, 900.0, 900.0, NAN],
        all_weather_status=["ok", "ok", "ok", "unreachable"],
    )
    assert gaps["coverage"].tolist() == ["covered", "unknown", "gap", "unknown"]
    assert gaps["cause"].tolist() == ["", "ROAD-CONDITION-UNKNOWN", "ROAD-TOO-FAR", "ROAD-CONDITION-UNKNOWN"]


def test_no_hardened_road_at_all_is_unreachable(county):
    gaps = judge(county, HARD, surface="gravel", all_weather_status="unsnapped", all_weather_m=NAN)
    assert set(gaps["coverage"]) == {"unreachable"}
    assert set(gaps["cause"]) == {"NOT-JOINED"}


def test_unknown_width_is_unknown_never_covered(county):
    """3.5 m asked for: 4 m covered, unknown width unknown, 3 m near but another may be wide enough: unknown; nothing near: gap."""
    gaps = judge(
        county,
        {**HARD, "min_width_m": 3.5},
        width_m=[4.0, NAN, 3.0, 3.0],
        off_road_m=[100.0, 100.0, 100.0, 400.0],
        all_weather_m=[100.0, 100.0, 100.0, 400.0],
    )
    assert gaps["coverage"].tolist() == ["covered", "unknown", "unknown", "gap"]
    assert gaps["cause"].tolist() == ["", "ROAD-CONDITION-UNKNOWN", "ROAD-NOT-RESOLVED", "ROAD-TOO-FAR"]


def test_exactly_the_width_is_wide_enough(county):
    assert set(judge(county, {**ANY, "threshold": 500.0, "min_width_m": 4.0})["coverage"]) == {"covered"}


def test_narrower_than_all_weather_is_bounded_by_it(county):
    """Asphalt only: the nearest all-weather road at 900 m bounds it, so a gravel road at 100 m leaves a gap of at least 650 m."""
    gaps = judge(county, {**ANY, "surfaces": ["asphalt"]}, surface="gravel", off_road_m=100.0, all_weather_m=900.0)
    assert set(gaps["coverage"]) == {"gap"}
    assert set(gaps["shortfall"]) == {650.0}


def test_class_beyond_the_nearest_road_is_not_resolved(county):
    """A village road at 100 m says nothing of the nearest county road."""
    gaps = judge(
        county,
        {**ANY, "classes": ["county"]},
        off_road_m=[100.0, 100.0, 100.0, 400.0],
        road_class=["county", "village", "unknown", "village"],
    )
    assert gaps["coverage"].tolist() == ["covered", "unknown", "unknown", "gap"]


def test_profile_of_the_speeds_decides_what_all_weather_means(county):
    """Where gravel counts as all-weather, the all-weather road need not be hardened."""
    access = county.make_access(road=county.make_road(surface="gravel"))
    gaps = classify_gaps(
        county.make_demand(), access, county.make_profile(HARD), year=2020, all_weather_surfaces=["asphalt", "concrete", "gravel"]
    )
    assert gaps["coverage"].tolist() == ["unknown", "unknown", "gap", "gap"]


def test_settlement_without_a_road_row_is_unknown(county):
    access = county.make_access(road=county.make_road().iloc[:3])
    for item in (ANY, HARD, {**HARD, "min_width_m": 3.0}):
        gaps = classify_gaps(county.make_demand(), access, county.make_profile(item), year=2020)
        assert gaps["coverage"].iloc[3] == "unknown"
        assert gaps["cause"].iloc[3] == "ROW-MISSING"


@settings(deadline=None, max_examples=25)
@given(
    roads=st.lists(
        st.tuples(st.floats(0.0, 500.0), st.sampled_from(["concrete", "gravel", "unknown"]), st.floats(2.0, 6.0)),
        min_size=1,
        max_size=5,
    ),
    width=st.one_of(st.none(), st.floats(2.0, 6.0)),
    hard=st.booleans(),
)
def test_verdict_never_contradicts_the_full_road_list(county, roads, width, hard):
    """Knowing every road of known surface: covered and gap are only claimed where the full list agrees."""
    roads = sorted(roads)
    near, paved = roads[0], [r for r in roads if r[1] == "concrete"]
    item = {**ANY, "min_width_m": width, "surfaces": ["asphalt", "concrete"] if hard else []}
    verdict = judge(
        county,
        item,
        off_road_m=near[0],
        surface=near[1],
        width_m=near[2],
        all_weather_status="ok" if paved else "unreachable",
        all_weather_m=paved[0][0] if paved else NAN,
    )["coverage"].iloc[0]
    known = [r for r in roads if r[0] <= 250.0 and (not hard or r[1] == "concrete") and (width is None or r[2] >= width)]
    maybe = hard and near[1] == "unknown" and near[0] <= 250.0
    if verdict == "covered":
        assert known
    if verdict in ("gap", "unreachable"):
        assert not known
        assert not maybe or (width is not None and near[2] < width)
    assert np.isin(verdict, ["covered", "gap", "unreachable", "unknown"])
