"""People, not points, at every level, and nobody lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage import ROLL_UP_COLUMNS, UNASSIGNED_NAME, compute_coverage, sum_by_unit

NAN = float("nan")
FOUR = ["covered_persons", "gap_persons", "unreachable_persons", "unknown_persons"]
LEVELS = ["groups", "villages", "townships", "county"]


def cover(county, times, **changes):
    return compute_coverage(
        county.make_demand(**changes), county.make_access(times), county.make_profile(county.CLINIC_30), year=2020
    )


def test_hand_example_of_people_by_state(county):
    """T1: 40 covered, 60 gap, 25 unreachable; T2: 75 unknown. County 200 people, 20% covered."""
    times = county.make_times("clinic", [30.0, 42.5, NAN, NAN], ["ok", "ok", "unreachable", "no_data"])
    result = cover(county, times)
    assert list(result.townships.columns) == list(ROLL_UP_COLUMNS)
    east, west = (result.townships.set_index("code").loc[code] for code in (county.T1, county.T2))
    assert east[FOUR].tolist() == [40.0, 60.0, 25.0, 0.0]
    assert (east["settlements"], east["persons"], east["covered_share"], east["coverage"], east["name"]) == (
        3,
        125.0,
        0.32,
        "unreachable",
        "东",
    )
    assert west[FOUR].tolist() == [0.0, 0.0, 0.0, 75.0]
    assert (west["covered_share"], west["coverage"]) == (0.0, "unknown")
    whole = result.county.iloc[0]
    assert (whole["code"], whole["name"], whole["persons"], whole["covered_share"]) == ("990821000000", "示例县", 200.0, 0.2)
    assert result.groups.set_index("name").loc["组1", "gap_persons"] == 60.0


def test_people_and_not_points(county):
    """One large settlement covered, three small ones not: 3 of 4 points have a gap, 3% of the people."""
    times = county.make_times("clinic", [10.0, 40.0, 40.0, 40.0])
    whole = cover(county, times, persons=[970.0, 10.0, 10.0, 10.0]).county.iloc[0]
    assert (whole["covered_share"], whole["gap_persons"]) == (0.97, 30.0)


def test_settlement_without_codes_is_kept_in_a_row_of_its_own(county):
    """s4 names no unit: its 75 people stand under code ""."""
    result = cover(
        county,
        county.make_times("clinic", [10.0] * 4),
        group_code=[county.V11 + "001"] * 3 + [None],
        village_code=[county.V11] * 3 + [""],
    )
    for table in (result.groups, result.villages):
        row = table.set_index("code").loc[""]
        assert (row["name"], row["persons"], row["settlements"]) == (UNASSIGNED_NAME, 75.0, 1)
        assert table["persons"].sum() == 200.0


def test_code_the_unit_table_does_not_list_is_kept_without_a_name(county):
    result = cover(
        county, county.make_times("clinic", [10.0] * 4), village_code=[county.V11, county.V11, "990821101999", county.V21]
    )
    row = result.villages.set_index("code").loc["990821101999"]
    assert (row["name"], row["persons"]) == ("", 25.0)


def test_unit_without_settlements_has_a_row_and_is_unknown(county):
    """V12 is on the map though nobody of the list lives there: no people, unknown, no share."""
    result = cover(county, county.make_times("clinic", [10.0] * 4), village_code=[county.V11] * 3 + [county.V21])
    row = result.villages.set_index("code").loc[county.V12]
    assert (row["settlements"], row["persons"], row["coverage"]) == (0, 0.0, "unknown")
    assert np.isnan(row["covered_share"])


def test_people_that_are_not_known_are_counted_apart(county):
    """s2 (gap) of unknown people: in no sum, in settlements, and its gap speaks for the village."""
    times = county.make_times("clinic", [10.0, 40.0, 10.0, 10.0])
    row = cover(county, times, persons_status=["ok", "no_data", "ok", "ok"]).villages.set_index("code").loc[county.V11]
    assert (row["settlements"], row["persons"], row["persons_unknown_settlements"]) == (2, 40.0, 1)
    assert (row["covered_share"], row["coverage"]) == (1.0, "gap")


def test_empty_settlement_does_not_speak_for_the_unit(county):
    """Nobody lives in s2: its gap holds for no one. Where nobody lives anywhere, the worst state is shown."""
    times = county.make_times("clinic", [10.0, 40.0, 10.0, 40.0])
    villages = cover(county, times, persons=[40.0, 0.0, 25.0, 0.0]).villages.set_index("code")
    assert villages.loc[county.V11, "coverage"] == "covered"
    assert villages.loc[county.V21, "coverage"] == "gap"


@pytest.mark.parametrize(
    ("status", "worst"),
    [
        (["ok", "unreachable", "no_data", "ok"], "unreachable"),
        (["ok", "ok", "no_data", "ok"], "gap"),
        (["no_data", "no_data", "no_data", "ok"], "unknown"),
    ],
)
def test_worst_state_speaks_for_the_county(county, status, worst):
    """unreachable before gap before unknown before covered (s2 takes 40 min)."""
    minutes = [m if s == "ok" else NAN for m, s in zip([10.0, 40.0, 10.0, 10.0], status, strict=True)]
    assert cover(county, county.make_times("clinic", minutes, status)).county["coverage"].iloc[0] == worst


HOUSEHOLD = {
    "id": "safe_water",
    "label_zh": "户有安全饮水",
    "label_en": "Safe water",
    "level": "household",
    "measure": "attribute",
    "column": "safe_water_share",
    "threshold": 1.0,
    "unit": "share",
    "source": "广元决定",
    "status": "cited",
}


def water(county, shares, **changed):
    demand = county.make_demand(safe_water_share=shares)
    return compute_coverage(demand, county.make_access(), county.make_profile({**HOUSEHOLD, **changed}), year=2020)


def test_of_every_household_only_those_without_it_are_short(county):
    """Shares 0.9, 1, unknown, 0.5: of P people P·0.1, none, unknown, P·0.5 lack safe water; not everybody in the settlement."""
    found = water(county, [0.9, 1.0, NAN, 0.5])
    persons = found.gaps["persons"].to_numpy()
    short = found.gaps["short_persons"].to_numpy()
    np.testing.assert_allclose(short[[0, 1, 3]], persons[[0, 1, 3]] * [0.1, 0.0, 0.5])
    assert np.isnan(short[2])
    whole = found.county.iloc[0]
    assert whole["gap_persons"] == pytest.approx(np.nansum(short))
    assert whole["unknown_persons"] == pytest.approx(np.nansum(persons[2]))
    assert whole["covered_persons"] + whole["gap_persons"] + whole["unknown_persons"] == pytest.approx(whole["persons"])


def test_a_share_below_all_is_the_settlements_as_a_whole(county):
    """At least 60% of households: a settlement at 50% falls short with everybody, one at 70% with nobody."""
    found = water(county, [0.5, 0.7, 0.6, 1.0], threshold=0.6)
    persons = found.gaps["persons"].to_numpy()
    np.testing.assert_allclose(found.gaps["short_persons"], persons * [1.0, 0.0, 0.0, 0.0])


@settings(deadline=None, max_examples=15)
@given(st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4))
def test_more_households_served_never_means_more_people_short(county, shares):
    """Raising every share by a tenth (at most to 1) leaves no settlement with more people short."""
    less = water(county, shares).gaps["short_persons"].to_numpy()
    more = water(county, [min(1.0, one + 0.1) for one in shares]).gaps["short_persons"].to_numpy()
    assert (more[~np.isnan(less)] <= less[~np.isnan(less)] + 1e-9).all()


STATES = st.sampled_from(["ok", "unreachable", "unsnapped", "no_data"])
CODES = st.sampled_from(["", "A", "B", "C"])
ROWS = st.lists(
    st.tuples(STATES, st.floats(0.0, 60.0), st.one_of(st.just(NAN), st.floats(0.0, 1e5)), CODES, CODES, CODES),
    min_size=1,
    max_size=12,
)


def build(county, rows):
    n = len(rows)
    table = {
        "settlement_id": [f"s{i + 1}" for i in range(n)],
        "name": "",
        "persons": [r[2] for r in rows],
        "persons_status": ["no_data" if np.isnan(r[2]) else "ok" for r in rows],
        "persons_source": "layer",
        "households": 1.0,
        "households_source": "layer",
        "slope_deg": 0.0,
        "elevation_m": 0.0,
        "group_code": [r[3] for r in rows],
        "village_code": [r[4] for r in rows],
        "township_code": [r[5] for r in rows],
    }
    times = county.make_times("clinic", [r[1] if r[0] == "ok" else NAN for r in rows], [r[0] for r in rows])
    return compute_coverage(
        county.make_demand(**table), county.make_access(times), county.make_profile(county.CLINIC_30), year=2020
    )


@settings(deadline=None, max_examples=25)
@given(rows=ROWS)
def test_nobody_is_lost_at_any_level(county, rows):
    """covered + gap + unreachable + unknown = persons in every row, and every level adds up to the same people and settlements."""
    result = build(county, rows)
    people = float(np.nansum([r[2] for r in rows]))
    for level in LEVELS:
        table = getattr(result, level)
        np.testing.assert_allclose(table[FOUR].sum(axis=1), table["persons"], rtol=0, atol=1e-9)
        assert table["persons"].sum() == pytest.approx(people, rel=1e-12, abs=1e-9)
        assert table["settlements"].sum() == len(rows)
        assert table["persons_unknown_settlements"].sum() == sum(np.isnan(r[2]) for r in rows)
        for state in FOUR:
            assert table[state].sum() == pytest.approx(result.county[state].sum(), rel=1e-12, abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(rows=ROWS)
def test_equals_the_obvious_sum_and_unknown_is_never_covered(county, rows):
    """A dozen plain lines give the same people per township; no_data never adds to covered."""
    result = build(county, rows)
    sums: dict[tuple[str, str], float] = {}
    for status, minutes, people, _, _, township in rows:
        state = {"ok": "covered" if minutes <= 30.0 else "gap", "no_data": "unknown"}.get(status, "unreachable")
        sums[township, state] = sums.get((township, state), 0.0) + (0.0 if np.isnan(people) else people)
    table = result.townships.set_index("code")
    for (township, state), people in sums.items():
        assert table.loc[township, f"{state}_persons"] == pytest.approx(people, rel=1e-12)
    if all(r[0] == "no_data" for r in rows):
        assert table["covered_persons"].sum() == 0.0
        assert set(table["coverage"]) == {"unknown"}


def test_shuffled_gaps_give_the_same_sums(county):
    result = cover(county, county.make_times("clinic", [10.0, 40.0, NAN, NAN], ["ok", "ok", "no_data", "unreachable"]))
    shuffled = result.gaps.iloc[[2, 0, 3, 1]]
    again = sum_by_unit(shuffled, shuffled["village_code"], county.make_demand().villages)
    pd.testing.assert_frame_equal(again, result.villages)


def test_several_counties_are_summed_under_no_code(county):
    demand = county.make_demand()
    two = pd.concat([demand.county, demand.county.assign(code="990822000000")], ignore_index=True)
    both = type(demand)(demand.settlements, demand.groups, demand.villages, demand.townships, two)
    table = compute_coverage(both, county.make_access(), county.make_profile(county.CLINIC_30), year=2020).county
    assert (len(table), table["code"].iloc[0], table["persons"].iloc[0]) == (1, "", 200.0)


def test_county_without_any_unit_table_keeps_everyone(county):
    """No polygons, no codes: one unassigned row per level."""
    demand = county.make_demand(group_code=None, village_code=None, township_code=None)
    none = demand.groups.iloc[:0]
    bare = type(demand)(demand.settlements, none, none, none, none)
    result = compute_coverage(bare, county.make_access(), county.make_profile(county.CLINIC_30), year=2020)
    for level in LEVELS:
        table = getattr(result, level)
        assert (len(table), table["persons"].iloc[0], table["code"].iloc[0]) == (1, 200.0, "")


def test_county_without_settlements_gives_empty_gaps_and_no_failure(county):
    """No settlement: no gap rows; whole tables of units without people would need items, so they are empty too."""
    demand = county.make_demand()
    empty = type(demand)(demand.settlements.iloc[:0], demand.groups, demand.villages, demand.townships, demand.county)
    result = compute_coverage(empty, county.make_access(), county.make_profile(county.CLINIC_30), year=2020)
    assert len(result.gaps) == 0
    assert result.county["persons"].sum() == 0.0
