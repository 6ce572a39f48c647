"""Headline numbers of what the demonstration county lacks, what that costs, and where to build: each with the reckoning it follows from.

Money stands here only where it is places times a price of the preset; the sum is held against the decision it comes from, to the fen.
"""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def ledger(demo_result):
    return demo_result.ledger.ledger


@pytest.fixture(scope="module")
def short(demo_result):
    """Item → people short of it in the county: gap and unreachable."""
    county = demo_result.coverage.county.set_index("item")
    return county["gap_persons"] + county["unreachable_persons"]


def test_the_ledger_has_a_row_for_every_unit_that_is_not_covered(demo_result, ledger):
    """6,364 units × items: 6,254 open, 110 unverified because nobody knows. Most are groups, which three ways to school and to water are far from."""
    assert ledger["status"].value_counts().to_dict() == {"open": 6254, "unverified": 110}
    assert ledger["gap_id"].is_unique
    gaps = demo_result.coverage.gaps
    column = {"township": "township_code", "village": "village_code", "group": "group_code", "household": "group_code"}
    counted = {}
    for (item, level), rows in gaps[(gaps["coverage"] != "covered") & (gaps["asked_persons"] > 0)].groupby(["item", "level"]):
        counted[item] = rows[column[level]].nunique()
    assert ledger.groupby("item").size().to_dict() == counted
    assert (ledger["status"] == "unverified").equals(ledger["coverage"] == "unknown")


def test_unverified_rows_cost_nothing_that_is_said_to_be_known(ledger):
    """Who must look first cannot buy: no total beside an unknown, and no unknown that is overdue is lost from the list."""
    unknown = ledger[ledger["status"] == "unverified"]
    assert set(unknown["cost_status"]) == {"no_data"}
    assert unknown[["capital_yuan", "present_yuan", "short_persons"]].isna().all().all()
    assert (unknown["unknown_persons"] > 0).all()


@pytest.mark.parametrize(
    ("item", "places", "yuan"),
    [
        ("village_clinic", 28, 100_000),  # 150 villages, 122 with a clinic
        ("village_culture_room", 32, 200_000),
        ("village_sports_ground", 43, 100_000),
        ("village_finance_point", 70, 20_000),
        ("village_bus_stop", 43, 15_000),
        ("township_hospital", 4, 4_000_000),  # built, and not up to standard
        ("township_weather_station", 11, 60_000),
        ("township_kindergarten", 1, 2_000_000),  # planted: the one township without a public one
        ("group_power_radius", 23, 150_000),  # groups of the 24 planted hamlets beyond every transformer
    ],
)
def test_what_is_built_costs_places_times_the_price(ledger, item, places, yuan):
    """Capital of the county = rows × the price of one in `costs_cn_2026`."""
    rows = ledger[ledger["item"] == item]
    assert set(rows["cost_status"]) == {"ok"}
    assert len(rows) == places
    assert rows["capital_yuan"].to_numpy() == pytest.approx(float(yuan))


def test_the_countys_cost_is_the_decisions_cost_of_serving(demo_result, ledger):
    """Every yuan of serving in place stands once: on a row of the ledger, as works against a hazard, or as what no standard asks for."""
    from geoplan.coverage.ledger import reconcile_ledger

    documents, items = demo_result.plan.documents, demo_result.decision.items
    serve = items[items["side"] == "serve"]
    parts = reconcile_ledger(
        demo_result.coverage, demo_result.demand, documents.standards, demo_result.decision, documents.costs,
        access=demo_result.access, seats=demo_result.seats, year=documents.plan.year,
    ).set_index("part")["known_yuan"]  # fmt: skip
    works = serve.loc[serve["item"].str.startswith("hazard_"), "known_yuan"].sum()
    assert ledger["known_yuan"].sum() == pytest.approx(parts["ledger"], abs=0.005)
    assert parts["works"] == pytest.approx(works, abs=0.005)
    assert parts.drop("total").sum() == pytest.approx(serve["known_yuan"].sum(), abs=0.005)
    assert ledger["known_yuan"].sum() > 0.5 * serve["known_yuan"].sum()


def test_children_without_a_seat_live_too_far_and_two_and_two_find_it_full(demo_result, short):
    """Unseated = demand − a day seat − a boarding place. All who are within reach sit, but for two in each of two schools.

    Grades 4–6: 1,555.052 cannot walk to school in 45 minutes (the same as the travel-time item says), 902.108 of them board.
    """
    seats = demo_result.seats.settlements.groupby("item")[
        ["demand_persons", "within_persons", "seated_persons", "boarding_persons", "unseated_persons"]
    ].sum()
    assert seats["unseated_persons"].to_dict() == pytest.approx(
        {"kindergarten_seat": 189.404, "grade13_seat": 156.812, "grade46_seat": 652.944, "junior_seat": 2.0}, abs=1e-5
    )
    found = seats["demand_persons"] - seats["seated_persons"] - seats["boarding_persons"]
    assert seats["unseated_persons"].to_numpy() == pytest.approx(found.to_numpy())
    full = seats["within_persons"] - seats["seated_persons"]
    assert full.to_dict() == pytest.approx(
        {"kindergarten_seat": 2.0, "grade13_seat": 0.0, "grade46_seat": 0.0, "junior_seat": 0.0}
    )
    beyond = seats.loc["grade46_seat", "demand_persons"] - seats.loc["grade46_seat", "within_persons"]
    assert beyond == pytest.approx(1555.052) == pytest.approx(short["grade46_walk_45min"])
    assert seats.loc["grade46_seat", "boarding_persons"] == pytest.approx(902.108, abs=1e-5)


def test_what_serves_people_with_water_adds_up_to_everybody(demo_result):
    """By gravity 39,651, pumped 14,416, from springs 12,407, from nothing that has yield left 23,526: 90,000. Nobody is unknown, every yield is surveyed."""
    water = demo_result.water
    served = water.settlements.groupby("served_by")["persons"].sum().to_dict()
    assert served == {"gravity": 39_651.0, "pump": 14_416.0, "dispersed": 12_407.0, "none": 23_526.0}
    assert sum(served.values()) == 90_000
    given = water.settlements[water.settlements["source_id"] != ""].groupby("source_id")["persons"].sum()
    sources = water.sources.set_index("source_id")
    pd.testing.assert_series_equal(
        sources["persons"],
        given.reindex(sources.index, fill_value=0.0),
        check_names=False,
        check_dtype=False,
        check_index_type=False,
    )
    assert (sources["demand_m3_day"] <= sources["yield_m3_day"] * (1.0 + 1e-9)).all()


def test_hamlets_beyond_the_transformers_are_932_people(demo_result, short):
    """The lines' table and the standard's item say the same; masts reach 485 fewer by radius, and 9,992 fewer where terrain must not stand between."""
    lines = demo_result.lines.settlements
    outside = lines[lines["within"] == "false"].groupby("network")["persons"].sum().to_dict()
    assert outside == {"power": 932.0, "signal": 9_992.0}
    assert short["group_power_radius"] == 932.0
    far = lines[(lines["network"] == "signal") & ~(lines["distance_m"] <= lines["radius_m"])]
    assert short["village_signal"] == 485.0
    assert far["persons"].sum() >= short["village_signal"]
    assert set(far["within"]) == {"false"}


def test_five_new_clinics_bring_477_people_within_half_an_hour(demo_result, short):
    """88,310 = 90,000 − 1,690 reach one in 30 min today; then 147 + 109 + 86 + 74 + 61 more. Each price of 100,000 is one facility of the curve."""
    siting = demo_result.siting
    curve = siting.curve[siting.curve["question"] == "new_clinics"].set_index("facilities")
    assert curve.loc[0, "covered_persons"] == 88_310.0 == 90_000.0 - short["clinic_30min"]
    assert curve["covered_persons"].diff().dropna().tolist() == [147.0, 109.0, 86.0, 74.0, 61.0]
    assert (curve["bound_persons"] == curve["covered_persons"]).all()
    assert curve["budget_yuan"].tolist() == [100_000.0 * k for k in range(6)]
    built = siting.sites[(siting.sites["question"] == "new_clinics") & ~siting.sites["existing"]]
    assert built.sort_values("order")["persons_gained"].tolist() == [147.0, 109.0, 86.0, 74.0, 61.0]
    served = siting.assignments[siting.assignments["question"] == "new_clinics"]
    assert served["persons"].sum() == 90_000
    assert served.loc[served["served"], "persons"].sum() == 88_787.0


def test_townships_are_ranked_by_the_mean_of_what_is_known_to_be_covered(demo_result):
    """42 items alike: 城关镇 0.883 first, 盐河镇 0.758 last; scores are means of covered / (asked − unknown), unknown is neither good nor bad."""
    units, townships = demo_result.ranking.units, demo_result.coverage.townships
    known = townships["covered_persons"] / (townships["persons"] - townships["unknown_persons"])
    mean = known.groupby(townships["code"]).mean()
    assert units.set_index("code")["score"].to_dict() == pytest.approx(mean.to_dict())
    ordered = units.sort_values("rank")
    assert ordered["name"].iloc[[0, -1]].tolist() == ["城关镇", "盐河镇"]
    assert ordered["score"].iloc[[0, -1]].tolist() == pytest.approx([0.8827, 0.7579], abs=5e-5)
    assert ordered["rank"].tolist() == list(range(1, 19))
    assert (units["score_low"] <= units["score"]).all()
    assert (units["score"] <= units["score_high"]).all()


def test_two_departments_agree_on_what_the_county_file_says_they_do(demo_result, root):
    """Clinics: 97 agree, 20 contradict, 7 + 7 on one list only; villages 123, 20, 4 and 3. All as planted, every row once."""
    summary = demo_result.comparison.summary
    found = {(one, state): rows for one, state, rows in summary[["comparison", "state", "rows"]].itertuples(index=False) if rows}
    planted = pd.read_csv(root / "layers" / "demo" / "truth_comparisons.csv", dtype=str).groupby(["comparison", "state"]).size()
    assert found == planted.to_dict()
    assert found == {
        ("clinics", "agrees"): 97, ("clinics", "contradicts"): 20, ("clinics", "left_only"): 7, ("clinics", "right_only"): 7,
        ("villages", "agrees"): 123, ("villages", "contradicts"): 20, ("villages", "left_only"): 4, ("villages", "right_only"): 3,
    }  # fmt: skip


def test_the_road_programme_leaves_no_group_without_a_road(demo_result):
    """245 of 710 groups have no road to standard today; all get one, the shares are the whole, and pieces built once cost less than each alone."""
    programme = demo_result.programme
    groups = programme.groups
    assert len(groups) == 710
    assert (~groups["has_road"].astype(bool)).sum() == 245
    assert set(groups["status"]) == {"ok"}
    assert groups["share_yuan"].sum() == pytest.approx(programme.total_yuan, abs=0.01 * len(groups))
    assert programme.bound_yuan <= programme.total_yuan <= programme.shared_yuan <= programme.alone_yuan
    assert programme.gap_share == pytest.approx((programme.total_yuan - programme.bound_yuan) / programme.total_yuan)
    assert programme.gap_share < 0.02
