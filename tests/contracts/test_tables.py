"""Nothing is coerced, nothing is stamped, and every broken row is named."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import Point

from geoplan.contracts import tables
from geoplan.contracts.tables import check_table
from geoplan.errors import CrsError, TableError

NAN = float("nan")
WORKING = CRS.from_epsg(4544)


def times(**changes):
    base = {
        "settlement_id": ["a", "b", "c"],
        "service": "clinic",
        "season": "dry",
        "trip": "one_way",
        "status": ["ok", "unreachable", "no_data"],
        "travel_time_min": [30.0, NAN, NAN],
        "facility_id": ["f", "", ""],
        "route": ["network", "", ""],
        "off_road_m": [1.0, NAN, NAN],
        "off_road_min": [1.0, NAN, NAN],
        "network_min": [29.0, NAN, NAN],
        "network_m": [900.0, NAN, NAN],
        "facility_off_road_m": [0.0, NAN, NAN],
        "facility_off_road_min": [0.0, NAN, NAN],
        "walk_min": [1.0, NAN, NAN],
        "ride_min": [29.0, NAN, NAN],
        "walk_m": [1.0, NAN, NAN],
        "ride_m": [900.0, NAN, NAN],
        "ascent_m": [0.0, NAN, NAN],
        "descent_m": [30.0, NAN, NAN],
        "level_distance_m": [800.0, NAN, NAN],
        "climb_m": [-30.0, NAN, NAN],
    }
    return pd.DataFrame({**base, **changes})


def settlements(**changes):
    base = {
        "settlement_id": ["a", "b"],
        "name": ["上湾", None],
        "group_code": "",
        "village_code": "990821101201",
        "township_code": "990821101000",
        "persons": [10.0, NAN],
        "persons_status": ["ok", "no_data"],
        "persons_source": ["layer", ""],
        "households": [3.0, NAN],
        "households_source": ["layer", ""],
        "slope_deg": [5.0, 6.0],
        "elevation_m": [-3.0, 900.0],
    }
    return gpd.GeoDataFrame({**base, **changes}, geometry=[Point(0, 0), Point(1, 1)], crs=WORKING)


def test_good_tables_pass_and_are_left_alone():
    frame, points = times(further="column"), settlements()
    before = frame.copy(), points.copy()
    check_table(frame, tables.TIMES)
    check_table(points, tables.SETTLEMENTS, crs=WORKING)
    pd.testing.assert_frame_equal(frame, before[0])
    pd.testing.assert_frame_equal(points, before[1])


@pytest.mark.parametrize(
    ("changes", "rule", "ids"),
    [
        ({"travel_time_min": [NAN, NAN, NAN]}, "exactly where status is ok", ("a/clinic/dry",)),
        ({"travel_time_min": [30.0, 9999.0, NAN]}, "exactly where status is ok", ("b/clinic/dry",)),
        ({"travel_time_min": [np.inf, NAN, NAN]}, "finite number", ("a/clinic/dry",)),
        ({"travel_time_min": [-1.0, NAN, NAN]}, "at least 0", ("a/clinic/dry",)),
        ({"status": ["ok", "lost", "no_data"]}, "must be one of", ("b/clinic/dry",)),
        ({"settlement_id": ["a", "a", "c"]}, "one row per", ("a/clinic/dry", "a/clinic/dry")),
        ({"settlement_id": [1, 2, 3]}, "must be text", ()),
        ({"travel_time_min": ["30", None, None]}, "must be a number", ()),
    ],
)
def test_broken_rows_are_named(changes, rule, ids):
    """Sentinels, strange states, doubles and wrong kinds are refused, not mended."""
    with pytest.raises(TableError, match="TABLE-CONTRACT") as caught:
        check_table(times(**changes), tables.TIMES)
    assert rule in caught.value.message
    assert caught.value.ids[: len(ids)] == ids


def test_every_broken_rule_is_told_at_once():
    frame = times(status=["ok", "lost", "no_data"], season=["dry", "summer", "dry"]).drop(columns=["route", "climb_m"])
    with pytest.raises(TableError) as caught:
        check_table(frame, tables.TIMES)
    for word in ("column route is missing", "column climb_m is missing", "'dry', 'wet'", "'no_data'"):
        assert word in caught.value.message


def test_code_stored_as_a_number_is_refused():
    """990821101201 as an integer has no leading zeros to lose here, but the next county's has."""
    with pytest.raises(TableError, match="village_code: must be text"):
        check_table(settlements(village_code=[990821101201, 990821101201]), tables.SETTLEMENTS, crs=WORKING)


def test_missing_crs_is_never_stamped():
    """Unlabelled lon/lat stays unlabelled: an error, not EPSG:4544."""
    bare = settlements().set_crs(None, allow_override=True)
    with pytest.raises(CrsError, match="CRS-MISSING"):
        check_table(bare, tables.SETTLEMENTS, crs=WORKING)
    assert bare.crs is None
    with pytest.raises(CrsError, match="CRS-MISSING"):
        check_table(pd.DataFrame(settlements().drop(columns="geometry")), tables.SETTLEMENTS, crs=WORKING)


def test_other_crs_is_refused_and_the_same_written_differently_is_not():
    with pytest.raises(CrsError, match="CRS-DIFFERS"):
        check_table(settlements().to_crs("EPSG:4490"), tables.SETTLEMENTS, crs=WORKING)
    check_table(
        settlements().set_crs(WORKING.to_wkt(), allow_override=True), tables.SETTLEMENTS, crs=CRS.from_string("EPSG:4544")
    )


PEOPLE = st.floats(0.0, 1e6)


@settings(deadline=None, max_examples=25)
@given(parts=st.tuples(PEOPLE, PEOPLE, PEOPLE, PEOPLE), lost=st.sampled_from([0.0, 0.5]))
def test_roll_up_that_loses_people_is_refused(parts, lost):
    """covered + gap + unreachable + unknown = persons, or the table does not pass."""
    names = ["covered_persons", "gap_persons", "unreachable_persons", "unknown_persons"]
    row = {name: [part] for name, part in zip(names, parts, strict=True)}
    frame = pd.DataFrame(
        {
            "code": ["x"],
            "name": ["乡"],
            "item": ["i"],
            "service": [""],
            "settlements": [1],
            "persons": [sum(parts) + lost],
            "persons_unknown_settlements": [0],
            "covered_share": [NAN],
            "coverage": ["gap"],
            "resident_persons": [sum(parts) + lost],
            **row,
        }
    )
    if lost:
        with pytest.raises(TableError, match="the four states add up"):
            check_table(frame, tables.ROLL_UP)
    else:
        check_table(frame, tables.ROLL_UP)


def gap_row(**changed):
    """A gap of 2 of 4 pupils in a settlement of 60 people."""
    texts = dict.fromkeys(
        "service cause_zh cause_en cause_class_zh cause_class_en township_code village_code group_code".split(), ""
    )
    row = {
        **texts, "settlement_id": "s", "item": "i", "level": "group", "unit": "min", "coverage": "gap", "status": "ok",
        "cause": "FULL", "cause_class": "full", "asked_source": "column", "value": 40.0, "shortfall": 10.0, "threshold": 30.0,
        "persons": 60.0, "households": 20.0, "short_persons": 2.0, "short_households": NAN, "asked_persons": 4.0, "deadline": NAN,
        "overdue": False,
    }  # fmt: skip
    return pd.DataFrame({name: [value] for name, value in (row | changed).items()})


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({}, ""),
        ({"short_persons": 5.0}, "no more people are short than the item is for"),
        ({"short_persons": NAN}, ""),
        ({"asked_persons": NAN, "short_persons": NAN}, "asked_source is named exactly where"),
        ({"asked_persons": NAN, "short_persons": NAN, "asked_source": ""}, ""),
        ({"asked_source": "guessed"}, "must be one of"),
        ({"cause_class": ""}, "a cause has a class"),
    ],
)
def test_a_gap_says_for_whom_it_is_one_and_of_which_class(changed, rule):
    if rule:
        with pytest.raises(TableError, match=rule):
            check_table(gap_row(**changed), tables.GAPS)
    else:
        check_table(gap_row(**changed), tables.GAPS)
