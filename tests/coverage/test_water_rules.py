"""Rule versions stand side by side, thresholds are inside, and what is not known is never met."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from geoplan.contracts.water_profile import FetchingWay, WaterRule
from geoplan.coverage.water_rules import RULE_COLUMNS, judge_water_rules
from geoplan.io.documents import read_water

PROFILE = read_water("water_cn_2026")
NAN = float("nan")


def facts(**changes):
    base = {
        "settlement_id": ["s1"],
        "l_person_day": [50.0],
        "reliability_share": [0.95],
        "fetch_status": ["ok"],
        "round_trip_min": [15.0],
        "level_m": [300.0],
        "climb_m": [-30.0],
    }
    return pd.DataFrame({**base, **changes})


def judged(rule, **changes):
    table = judge_water_rules(facts(**changes), PROFILE)
    return table[table["rule"] == rule].iloc[0]


@pytest.mark.parametrize(
    ("litres", "low", "high", "newer"),
    [
        (60.0, "safe", "safe", "basic"),
        (59.999, "safe", "basic", "basic"),
        (40.0, "safe", "basic", "basic"),
        (35.0, "basic", "short", "basic"),
        (34.999, "basic", "short", "short"),
        (20.0, "basic", "short", "short"),
        (19.999, "short", "short", "short"),
        (NAN, "unknown", "unknown", "unknown"),
    ],
)
def test_versions_about_quantity_are_judged_apart_and_thresholds_are_inside(litres, low, high, newer):
    grades = [
        judged(rule, l_person_day=[litres])["grade"] for rule in ("quantity_2004_low", "quantity_2004_high", "quantity_2018")
    ]
    assert grades == [low, high, newer]


@pytest.mark.parametrize(
    ("minutes", "level", "climb", "old", "newer", "by"),
    [
        (10.0, 900.0, 10.0, "safe", "basic", "round_trip_min"),
        (20.0, 900.0, 10.0, "basic", "basic", "round_trip_min"),
        (20.01, 500.0, -100.0, "short", "basic", "level_m;climb_m"),
        (25.0, 500.01, 10.0, "short", "short", ""),
        (25.0, 400.0, 100.01, "short", "short", ""),
        (NAN, 400.0, 60.0, "unknown", "basic", "level_m;climb_m"),
        (NAN, 600.0, 60.0, "unknown", "unknown", ""),
        (NAN, NAN, 120.0, "unknown", "unknown", ""),
        (30.0, NAN, 120.0, "short", "short", ""),
    ],
)
def test_a_walk_is_met_by_one_way_whose_limits_all_hold(minutes, level, climb, old, newer, by):
    walk = {"round_trip_min": [minutes], "level_m": [level], "climb_m": [climb]}
    assert judged("fetching_2004", **walk)["grade"] == old
    row = judged("fetching_2018", **walk)
    assert (row["grade"], row["met_by"]) == (newer, by)


def test_nobody_fetches_water_where_no_way_leads():
    row = judged("fetching_2018", fetch_status=["unreachable"], round_trip_min=[NAN], level_m=[100.0], climb_m=[0.0])
    assert (row["grade"], row["met"], row["status"]) == ("short", "false", "unreachable")
    row = judged("fetching_2018", fetch_status=["no_data"], round_trip_min=[NAN], level_m=[NAN], climb_m=[NAN])
    assert (row["grade"], row["met"], row["status"]) == ("unknown", "unknown", "no_data")


@pytest.mark.parametrize(("share", "grade"), [(0.95, "safe"), (0.90, "basic"), (0.8999, "short"), (NAN, "unknown")])
def test_reliability_is_safe_from_95_and_basic_from_90_percent(share, grade):
    assert judged("reliability_2004", reliability_share=[share])["grade"] == grade


def test_every_rule_names_its_source_and_its_state():
    assert all(rule.source and rule.status in ("cited", "secondary", "convention") for rule in PROFILE.rules)
    assert {rule.item for rule in PROFILE.rules} == {"quantity", "fetching", "reliability"}


def test_a_rule_without_its_thresholds_is_refused():
    base = {"id": "r", "label_zh": "规", "label_en": "rule", "source": "x", "status": "convention"}
    with pytest.raises(ValidationError, match="fetching"):
        WaterRule(item="fetching", basic_at_least=1.0, **base)
    with pytest.raises(ValidationError, match="quantity"):
        WaterRule(item="quantity", basic_ways=[FetchingWay(level_m=1.0)], **base)
    with pytest.raises(ValidationError, match="less than basic"):
        WaterRule(item="quantity", safe_at_least=1.0, basic_at_least=2.0, **base)
    with pytest.raises(ValidationError, match="limit"):
        FetchingWay()


ORDER = {"short": 0, "unknown": 0, "basic": 1, "safe": 2}


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(*[st.one_of(st.just(NAN), st.floats(0.0, 120.0))] * 3), min_size=1, max_size=5),
    st.floats(0.0, 60.0),
)
def test_more_water_and_shorter_walks_never_grade_lower_and_no_row_is_lost(rows, better):
    litres, minutes, level = (np.array(one) for one in zip(*rows, strict=True))
    n = len(rows)
    columns = {"settlement_id": [f"s{k}" for k in range(n)], "reliability_share": NAN, "fetch_status": "ok", "climb_m": 0.0}
    worse = judge_water_rules(
        pd.DataFrame({**columns, "l_person_day": litres, "round_trip_min": minutes, "level_m": level * 8}), PROFILE
    )
    after = judge_water_rules(
        pd.DataFrame(
            {
                **columns,
                "l_person_day": litres + better,
                "round_trip_min": np.maximum(minutes - better, 0.0),
                "level_m": level * 4,
            }
        ),
        PROFILE,
    )
    assert list(worse.columns) == RULE_COLUMNS
    assert len(worse) == n * len(PROFILE.rules)
    assert (after["grade"].map(ORDER) >= worse["grade"].map(ORDER)).all()
    assert ((worse["met"] == "true") == worse["grade"].isin(["safe", "basic"])).all()
