"""Serving against moving: items, totals, bounds, and which is cheaper."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from geoplan.access.ground import build_ground
from geoplan.contracts.cost_profile import CostProfile, Price
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Network, NetworkReport
from geoplan.errors import TableError
from geoplan.io.documents import _read_profile, read_walking
from geoplan.links.programme_links import keep_links, read_links
from geoplan.links.road_ground import lay_road_ground
from geoplan.links.road_programme import tabulate_programme
from geoplan.links.road_together import link_together
from geoplan.relocation.cost_groups import gather_groups, own_group
from geoplan.relocation.cost_items import sum_side, tabulate_item
from geoplan.relocation.decision import choose, decide
from geoplan.relocation.move_costs import fund_moves, price_moves, sum_homesteads
from geoplan.relocation.serve_costs import price_gaps, price_works

COSTS = _read_profile(CostProfile, "costs_cn_2026", None)
ANNUITY = (1 - 1.06**-20) / 0.06
REPORT = NetworkReport(0, 0, 0, 0, 0, 0, 0, 0, (), 0, 0, 0, ())


def times(profile, factor, *, roads_only=False):
    """The profile with every price, or every road and bridge price, multiplied."""

    def scale(value):
        if isinstance(value, Price):
            return value.model_copy(update={"yuan": value.yuan * factor})
        if isinstance(value, list):
            return [scale(one) for one in value]
        if hasattr(value, "model_fields_set"):
            return value.model_copy(update={name: scale(getattr(value, name)) for name in type(value).model_fields})
        return value

    return profile.model_copy(update={"road": scale(profile.road)}) if roads_only else scale(profile)


def make_gaps(demand, **items):
    """``items``: item=one letter per settlement: c covered, g gap, u unreachable, ? unknown; or a share short."""
    frame = demand.settlements
    rows = []
    states = {"c": ("covered", 0.0), "g": ("gap", 1.0), "u": ("unreachable", 1.0), "?": ("unknown", np.nan)}
    for item, letters in items.items():
        for one, own in zip(letters, frame.to_dict("records"), strict=True):
            coverage, short = states[one] if isinstance(one, str) else ("gap", float(one))
            rows.append(
                {
                    "settlement_id": own["settlement_id"], "item": item, "coverage": coverage, "persons": own["persons"], "households": own["households"],
                    "short_persons": own["persons"] * short, "short_households": own["households"] * short,
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns="settlement_id item coverage persons households short_persons short_households".split())


def make_treatment(*rows):
    """``rows``: (settlement_id, treatment, class, people, works_yuan, source)."""
    columns = "settlement_id treatment hazard_class persons_threatened works_yuan source_id".split()
    table = pd.DataFrame([(*one, *(np.nan, "")[len(one) - 4 :]) for one in rows], columns=columns)
    status = np.where(table["treatment"] == "?", "no_data", "ok")
    return table.assign(
        treatment=table["treatment"].replace("?", ""), status=status, hazard_kind="landslide", source_layer="slides"
    )


def no_threat(demand):
    return make_treatment(*((one, "", "", 0.0) for one in demand.settlements["settlement_id"]))


@pytest.fixture(scope="session")
def county(make):
    """Builds a demand: groups A, B of village v1 and C of v2; homesteads of 100 m² a household."""

    def build(
        people=(30, 10, 20), codes=("A", "B", "C"), villages=("v1", "v1", "v2"), xy=((225, 225), (405, 225), (525, 225)), **more
    ):
        households = [np.nan if p is None else p / 4 for p in people]
        people = [np.nan if p is None else float(p) for p in people]
        more.setdefault("homestead_m2", [one * 100 for one in households])
        return make.demand(
            xy, persons=people, persons_status=["no_data" if np.isnan(p) else "ok" for p in people], households=households,
            group_code=list(codes), village_code=list(villages), **more,
        )  # fmt: skip

    return build


@pytest.fixture(scope="session")
def land():
    """Level ground with a county road along its bottom; mud tracks from its middle to (315, 135), and on to A and B."""
    heights = np.zeros((10, 20), dtype=np.float32)
    ground = build_ground(
        Grid(heights, Affine(30, 0, 0, 0, -30, 300), gpd.GeoSeries([], crs=4544).crs),
        walking=read_walking("walking_2026"),
        cliff_deg=None,
    )
    lines = [
        [(0, 15), (315, 15)],
        [(315, 15), (600, 15)],
        [(315, 15), (315, 135)],
        [(315, 135), (225, 225)],
        [(315, 135), (405, 225)],
    ]
    names = {}
    ends = [[names.setdefault(one, len(names)) for one in (line[0], line[-1])] for line in lines]
    shapes = [shapely.LineString(one) for one in lines]
    edges = gpd.GeoDataFrame(
        {
            "u": [one[0] for one in ends], "v": [one[1] for one in ends], "length_m": [one.length for one in shapes],
            "road_class": ["county"] * 2 + ["track"] * 3, "surface": ["asphalt"] * 2 + ["earth"] * 3, "width_m": [6.0] * 2 + [3.0] * 3,
            "crossing": "", "joinable": True, "walked": False,
        },
        geometry=shapes, crs=4544,
    )  # fmt: skip
    network = Network(np.array(list(names), dtype=float), edges, REPORT, edges.crs)
    near = COSTS.road.model_copy(update={"reach_m": COSTS.road.reach_m.model_copy(update={"value": 50.0})})
    return network, ground, COSTS.model_copy(update={"road": near})


def settle(county, land, *, profile=None, treatment="none", gaps=None, **changes):
    network, ground, costs = land
    demand = county(**changes)
    gaps = make_gaps(demand, household_safe_water="c" * len(demand.settlements)) if gaps is None else make_gaps(demand, **gaps)
    treatment = no_threat(demand) if isinstance(treatment, str) else treatment
    return decide(demand, gaps, network, ground, costs if profile is None else profile, treatment=treatment)


# --------------------------------------------------------------------------- money


def test_a_price_paid_once_carries_its_upkeep():
    """12 households at 4,000 yuan and 4 %: 48,000 + 1,920 · 11.4699 = 70,022."""
    price = COSTS.serve[0].price
    row = tabulate_item(
        ["a"],
        side="serve",
        item="x",
        labels=("", ""),
        unit="household",
        price=price,
        profile=COSTS,
        platform="ecology",
        quantity=12,
    ).iloc[0]
    assert (row["capital_yuan"], row["yearly_yuan"]) == (48_000, pytest.approx(1_920))
    assert row["present_yuan"] == pytest.approx(48_000 + 1_920 * ANNUITY) == pytest.approx(70_022, abs=1)


def test_the_annuity_is_that_of_the_textbook_and_the_horizon_where_money_costs_nothing():
    assert COSTS.annuity == pytest.approx(sum(1.06**-year for year in range(1, 21)))
    free = COSTS.model_copy(update={"discount_rate": COSTS.discount_rate.model_copy(update={"value": 0.0})})
    assert free.annuity == 20


def test_prices_of_another_year_are_brought_to_the_profiles():
    grown = COSTS.model_copy(update={"price_growth": COSTS.price_growth.model_copy(update={"value": 0.02}), "price_year": 2026})
    assert grown.unit_yuan(Price(yuan=500, price_year=2024, source="x", status="cited")) == pytest.approx(520.2)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p["road"]["slopes"].pop(),
        lambda p: p["road"]["slopes"][1].update(factor=1.0) or p["road"]["slopes"][0].update(factor=1.2),
        lambda p: p["move"].append(p["move"][0]),
        lambda p: p["works"].append(p["works"][0]),
        lambda p: p["horizon_years"].update(value=0),
        lambda p: p["road"]["new_per_m"].update(every_year=True, yearly_share=0.0),
        lambda p: p["serve"][0]["price"].update(every_year=True),
        lambda p: p["road"]["max_grade"].update(value=0),
    ],
)
def test_a_profile_that_cannot_be_followed_is_refused(change):
    values = COSTS.model_dump()
    change(values)
    with pytest.raises(ValidationError):
        CostProfile.model_validate(values)


def test_every_price_of_the_preset_names_its_source_and_its_state():
    subsidy = COSTS.subsidy_per_household
    assert (subsidy.yuan, subsidy.status, COSTS.housing_m2_per_person.value) == (25_000, "secondary", 25)
    prices = [COSTS.road.new_per_m, COSTS.road.bridge_per_m, *(row.price for row in (*COSTS.serve, *COSTS.works, *COSTS.move))]
    assert {one.status for one in prices} == {"convention"}
    assert all("县级" in one.source or "常用估算" in one.source for one in prices)


# --------------------------------------------------------------------------- groups


def test_the_main_place_is_the_settlement_nearest_to_its_people(county):
    demand = county((30, 10, 0, 5), "AAAA", ("v",) * 4, ((0, 0), (100, 0), (20, 0), (20, 500)))
    groups = gather_groups(demand)
    assert groups[["persons", "settlements", "settlement_id"]].iloc[0].tolist() == [45.0, 4, "s0"]
    assert gather_groups(county((None, None), "AA", ("v",) * 2, ((0, 0), (9, 0))))["persons_status"].tolist() == ["no_data"]


def test_a_settlement_without_a_group_is_one_of_its_own(county):
    demand = county((30, 10, 20), ("A", None, " "))
    assert own_group(demand).tolist() == ["A", "s1", "s2"]
    assert gather_groups(demand)["group_code"].tolist() == ["A", "s1", "s2"]


def test_doubled_settlements_are_named(county):
    with pytest.raises(TableError, match="SETTLEMENT-DUPLICATE"):
        gather_groups(county(settlement_id=["x", "x", "y"]))


@given(st.permutations(range(6)))
@settings(max_examples=15, deadline=None)
def test_the_order_of_settlements_changes_no_group(county, order):
    people, xy, codes = [5, 50, None, 7, 0, 30], [(n * n, 3 * n) for n in range(6)], list("AABABB")
    groups = gather_groups(county(people, codes, ["v"] * 6, xy, settlement_id=[f"s{n}" for n in range(6)]))
    other = gather_groups(
        county(
            [people[n] for n in order],
            [codes[n] for n in order],
            ["v"] * 6,
            [xy[n] for n in order],
            settlement_id=[f"s{n}" for n in order],
        )
    )
    columns = ["group_code", "persons", "persons_status", "households", "settlement_id"]
    pd.testing.assert_frame_equal(
        groups[columns].sort_values("group_code", ignore_index=True), other[columns].sort_values("group_code", ignore_index=True)
    )


# --------------------------------------------------------------------------- services


def serve(demand, **items):
    found, shares = price_gaps(make_gaps(demand, **items), gather_groups(demand), own_group(demand), COSTS)
    return found.set_index(["item", "group_code"]), shares


def test_households_short_are_paid_for_and_covered_ones_are_not(county):
    items, _ = serve(county((40, 20, 20)), household_safe_water=[0.6, "c", "?"])
    assert items.loc[("safe_water", "A"), "capital_yuan"] == 6 * 4_000
    assert ("safe_water", "B") not in items.index
    assert items.loc[("safe_water", "C"), "status"] == "no_data"
    assert np.isnan(items.loc[("safe_water", "C"), "present_yuan"])


def test_a_clinic_is_built_once_for_the_groups_that_lack_it(county):
    """100,000 yuan for villages v1 (30 and 10 people) and v2 (20): 75,000 + 25,000, and 100,000."""
    items, shares = serve(county(), village_clinic="ggg")
    assert items.loc["village_clinic", "capital_yuan"].tolist() == [75_000, 25_000, 100_000]
    assert shares["others"].tolist() == [10, 30, 0]


def test_people_far_from_a_school_cost_every_year(county):
    items, _ = serve(county(), primary_school_30min="ugc")
    assert items["capital_yuan"].tolist() == [0, 0]
    assert items["yearly_yuan"].tolist() == [30 * 4_000, 10 * 4_000]


def test_what_the_standards_do_not_ask_for_is_not_priced(county):
    items, _ = serve(county(), village_library="ggg")
    assert items.empty


def test_one_settlement_short_settles_a_group_whatever_is_unknown_of_the_others(county):
    demand = county((30, 10), "AA", ("v1",) * 2, ((0, 0), (9, 9)))
    items, _ = serve(demand, village_clinic="g?")
    assert items["status"].tolist() == ["ok"]


def test_unknown_households_are_not_counted_as_none(county):
    items, _ = serve(county((None, 10, 20)), household_safe_water="gcc")
    assert items.loc[("safe_water", "A"), ["status", "known_yuan"]].tolist() == ["no_data", 0.0]


# --------------------------------------------------------------------------- hazards


def works(demand, *rows):
    items, shares = price_works(make_treatment(*rows), gather_groups(demand), own_group(demand), COSTS)
    return items.set_index(["item", "group_code"]), shares


def test_works_cost_by_class_and_watching_every_year(county):
    items, _ = works(county(), ("s0", "工程治理", "high", 30.0), ("s1", "监测预警", "low", 10.0), ("s2", "", "", 0.0))
    assert items.loc[("hazard_works_high", "A"), "capital_yuan"] == 30 * 20_000
    assert items.loc[("hazard_watch_low", "B"), "yearly_yuan"] == 10 * 100
    assert len(items) == 2


def test_works_against_one_source_are_paid_once(county):
    """A design of 400,000 yuan protects 30 and 10 people: 300,000 and 100,000; who is only watched does not pay for it."""
    rows = [("s0", "工程治理", "high", 30.0), ("s1", "避让搬迁", "extreme", 10.0), ("s2", "监测预警", "low", 20.0)]
    items, shares = works(county(), *((*one, 400_000.0, "slide1") for one in rows))
    assert items.loc["hazard_works_given", "capital_yuan"].to_dict() == {"A": 300_000, "B": 100_000}
    assert shares["present_yuan"].tolist() == [400_000, 400_000]
    assert items.loc[("hazard_watch_low", "C"), "quantity"] == 20


def test_an_unknown_treatment_is_never_safe(county):
    items, _ = works(county(), ("s0", "?", "", np.nan), ("s1", "", "", 0.0))
    assert items.loc["hazard_works", "status"].to_dict() == {"A": "no_data", "C": "no_data"}
    demand = county()
    assert price_works(None, gather_groups(demand), own_group(demand), COSTS)[0]["status"].tolist() == ["no_data"] * 3


# --------------------------------------------------------------------------- moving


def test_moving_forty_people_by_pencil(county):
    """40 people, 10 households, 1,000 m² of homesteads."""
    demand = county((40,), "A", ("v",), ((0, 0),))
    groups, own = gather_groups(demand), own_group(demand)
    homes = pd.DataFrame({"settlement_id": ["s0", "s0"], "area_m2": [700.0, 300.0]})
    items = price_moves(groups, own, COSTS, homesteads=homes).set_index("item")
    assert items.loc["housing", ["quantity", "capital_yuan"]].tolist() == [1_000, 1_600_000]
    assert items.loc["site_land", "capital_yuan"] == 40 * 90 * 150
    assert items.loc["moving", "capital_yuan"] == 10 * 5_000
    assert items.loc["reclamation", "capital_yuan"] == 1_000 * 60
    assert items.loc["land_released", "present_yuan"] == -1_000 * 300
    funded = fund_moves(groups, items.reset_index(), COSTS).iloc[0]
    assert (funded["subsidy_yuan"], funded["released_yuan"]) == (250_000, 300_000)
    whole = items.loc[~items["credit"], "capital_yuan"].sum()
    assert funded["capital_yuan"] == whole
    assert funded["remaining_yuan"] == pytest.approx(whole - 550_000)


def test_a_homestead_that_is_not_known_is_neither_free_nor_worthless(county):
    demand = county((40, 20), "AA", ("v",) * 2, ((0, 0), (9, 9)))
    groups, own = gather_groups(demand), own_group(demand)
    items = price_moves(groups, own, COSTS, homesteads=pd.DataFrame({"settlement_id": ["s0"], "area_m2": [700.0]}))
    assert items.loc[items["status"] == "no_data", "item"].tolist() == ["reclamation", "land_released"]
    side = sum_side(items, groups["group_code"], "move").iloc[0]
    assert (side["status"], side["low_yuan"], side["high_yuan"]) == ("no_data", -np.inf, np.inf)
    area, known = sum_homesteads(groups["group_code"], own, None, empty=np.array([False]))
    assert (area.tolist(), known.tolist()) == ([0.0], [False])


@given(st.floats(1, 500), st.floats(0, 500))
@settings(max_examples=20, deadline=None)
def test_more_people_never_move_for_less(county, people, more):
    costs = []
    for size in (people, people + more):
        demand = county((size,), "A", ("v",), ((0, 0),), homestead_m2=[500.0])
        homes = pd.DataFrame({"settlement_id": ["s0"], "area_m2": [500.0]})
        costs.append(price_moves(gather_groups(demand), own_group(demand), COSTS, homesteads=homes)["present_yuan"].sum())
    assert costs[1] >= costs[0] - 1e-6


# --------------------------------------------------------------------------- the choice


def sides(status, low, high):
    return pd.DataFrame({"status": [status], "low_yuan": [low], "high_yuan": [high]})


@pytest.mark.parametrize(
    ("serving", "moving", "cheaper"),
    [
        (("ok", 90, 90), ("ok", 80, 80), "move"), (("ok", 80, 80), ("ok", 90, 90), "serve"), (("ok", 80, 80), ("ok", 80.005, 80.005), "equal"),
        (("no_data", 90, np.inf), ("ok", 80, 80), "move"), (("no_data", 70, np.inf), ("ok", 80, 80), "unknown"),
        (("ok", 70, 70), ("no_data", 80, np.inf), "serve"), (("ok", 90, 90), ("no_data", -np.inf, 80), "move"),
        (("ok", 70, 70), ("no_data", -np.inf, 80), "unknown"), (("unreachable", 1, np.inf), ("ok", 80, 80), "move"),
    ],
)  # fmt: skip
def test_the_cheaper_side_is_named_only_where_it_is_certain(serving, moving, cheaper):
    assert choose(sides(*serving), sides(*moving)).tolist() == [cheaper]


def test_a_small_county_by_pencil(county, land):
    """A and B share 120 m of track by 30 and 10 people; each has 127.28 m of its own; C builds 210 m of new road."""
    found = settle(county, land)
    pv = 1 + 0.01 * ANNUITY
    own, shared = 300 * 90 * np.sqrt(2), 300 * 120
    groups = found.groups.set_index("group_code")
    assert groups.loc["A", "serve_yuan"] == pytest.approx((own + 0.75 * shared) * pv, abs=1)
    assert groups.loc["B", "serve_yuan"] == pytest.approx((own + 0.25 * shared) * pv, abs=1)
    assert groups.loc["C", "serve_yuan"] == pytest.approx(210 * 500 * pv, abs=1)
    assert groups.loc["B", "serve_alone_yuan"] == pytest.approx((own + shared) * pv, abs=1)
    each = groups.loc["C", "move_yuan_per_person"]
    assert groups.loc["C", "break_even_persons"] == pytest.approx(210 * 500 * pv / each, rel=1e-6)
    assert groups["cheaper"].tolist() == ["serve"] * 3
    assert groups.loc["A", "road_m"] == pytest.approx(120 + 90 * np.sqrt(2))
    assert groups.loc["A", "road_shared_with"] == 1


def test_the_break_even_size_makes_both_sides_equal(county, land):
    """A group of the size found, all else as it was, is served for what moving it costs."""
    gaps = {"village_clinic": "ggg", "household_safe_water": "gcg"}
    profile = times(land[2], 8.0, roads_only=True)
    found = settle(county, land, gaps=gaps, profile=profile).groups
    for at, size in enumerate(found["break_even_persons"]):
        people = [30, 10, 20]
        people[at] = size
        again = settle(county, land, gaps=gaps, profile=profile, people=people).groups.iloc[at]
        assert again["serve_yuan"] == pytest.approx(again["move_yuan"], rel=1e-6)


def test_items_sum_to_their_side_and_every_group_has_its_row(county, land):
    gaps = {"village_clinic": "g?c", "household_safe_water": "gcg", "clinic_30min": "ccg"}
    found = settle(county, land, gaps=gaps)
    assert found.groups["group_code"].tolist() == ["A", "B", "C"]
    for side in ("serve", "move"):
        own = found.items[found.items["side"] == side]
        total = (
            own.groupby("group_code")["present_yuan"]
            .sum(min_count=1)
            .where(own.groupby("group_code")["status"].agg(lambda s: (s == "ok").all()))
        )
        assert found.groups[f"{side}_yuan"].tolist() == pytest.approx(
            total.reindex(found.groups["group_code"]).tolist(), nan_ok=True
        )
        known = own.groupby("group_code")["known_yuan"].sum().reindex(found.groups["group_code"])
        assert found.groups[f"{side}_known_yuan"].tolist() == pytest.approx(known.tolist())
    ok = found.items[found.items["status"] == "ok"]
    paid = ok["quantity"] * ok["unit_yuan"] * ok["shared_share"] * np.where(ok["credit"], -1, 1)
    assert (paid - np.where(ok["capital_yuan"] != 0, ok["capital_yuan"], ok["yearly_yuan"])).abs().max() < 0.01
    roads = ok[ok["item"].str.startswith("road_")]
    assert roads["capital_yuan"].sum() == pytest.approx(found.links["capital_yuan"].sum())
    assert roads["yearly_yuan"].sum() == pytest.approx(found.links["yearly_yuan"].sum())
    assert found.groups["serve_status"].tolist() == ["ok", "no_data", "ok"]


def test_what_is_not_known_leaves_no_total_and_is_named(county, land):
    found = settle(county, land, treatment=None).groups
    assert found["serve_status"].tolist() == ["no_data"] * 3
    assert found["serve_yuan"].isna().all()
    assert found["cheaper"].tolist() == ["unknown"] * 3
    assert found["reason_zh"].str.contains("未知：灾害治理").all()
    dear = settle(county, land, treatment=None, profile=times(land[2], 200.0, roads_only=True)).groups
    assert dear["cheaper"].tolist() == ["move"] * 3


def test_unknown_people_leave_both_sides_open(county, land):
    found = settle(county, land, people=(None, 10, 20)).groups.iloc[0]
    assert (found["move_status"], found["cheaper"], found["break_even_status"]) == ("no_data", "unknown", "no_data")
    assert np.isnan(found["serve_yuan_per_person"])


def test_nobody_costs_nothing(county, land):
    found = settle(county, land, people=(0, 10, 20))
    assert found.groups.iloc[0][["serve_yuan", "move_yuan", "cheaper"]].tolist() == [0.0, 0.0, "equal"]
    assert "A" not in set(found.items["group_code"])
    assert found.groups["reason_zh"].iloc[0] == "无人居住，两侧均不计。"


def test_where_no_road_can_be_built_moving_remains(county, land):
    network, ground, profile = land
    demand = county()
    wall = gpd.GeoDataFrame({"barrier_kind": ["cliff"]}, geometry=[shapely.LineString([(450, -1), (450, 301)])], crs=4544)
    ring = gpd.GeoDataFrame({"barrier_kind": ["cliff"]}, geometry=[shapely.box(495, 195, 555, 255).exterior], crs=4544)
    for barriers, state in ((wall, "ok"), (ring, "unreachable")):
        gaps = make_gaps(demand, household_safe_water="ccc")
        found = decide(demand, gaps, network, ground, profile, barriers=barriers, treatment=no_threat(demand)).groups.iloc[2]
        assert found["serve_status"] == state
    assert (found["cheaper"], found["road_status"]) == ("move", "unreachable")
    assert "修不通路" in found["reason_zh"]


SIZES = st.lists(st.integers(1, 200), min_size=3, max_size=3)


@given(SIZES, st.floats(1.0, 60.0), st.floats(1.0, 20.0))
@settings(max_examples=6, deadline=None)
def test_a_dearer_road_never_favours_staying(county, land, people, first, more):
    cheap, dear = (
        settle(county, land, people=people, profile=times(land[2], one, roads_only=True)).groups for one in (first, first * more)
    )
    assert (dear["serve_yuan"] >= cheap["serve_yuan"] - 0.01).all()
    assert not ((cheap["cheaper"] == "move") & (dear["cheaper"] != "move")).any()


@given(SIZES, st.floats(1.0, 60.0))
@settings(max_examples=6, deadline=None)
def test_doubling_all_prices_changes_no_choice(county, land, people, roads):
    profile = times(land[2], roads, roads_only=True)
    gaps = {"village_clinic": "ggc", "household_safe_water": "gcg", "primary_school_30min": "gcc"}
    once, twice = (settle(county, land, people=people, profile=times(profile, one), gaps=gaps).groups for one in (1.0, 2.0))
    assert once["cheaper"].tolist() == twice["cheaper"].tolist()
    assert twice["serve_yuan"].tolist() == pytest.approx((2 * once["serve_yuan"]).tolist(), abs=0.5)
    assert twice["break_even_persons"].tolist() == pytest.approx(once["break_even_persons"].tolist(), rel=1e-4, nan_ok=True)


@given(SIZES, st.integers(0, 2), st.integers(1, 300))
@settings(max_examples=6, deadline=None)
def test_a_bigger_group_never_pays_more_a_person_for_being_served(county, land, people, at, more):
    gaps = {"village_clinic": "ggc", "household_safe_water": "gcg"}
    grown = [one + more * (n == at) for n, one in enumerate(people)]
    before, after = (settle(county, land, people=one, gaps=gaps).groups.iloc[at] for one in (people, grown))
    assert after["serve_yuan_per_person"] <= before["serve_yuan_per_person"] + 0.05


@given(st.floats(1, 60), st.floats(0, 40), st.floats(0, 0.15))
@settings(max_examples=6, deadline=None)
def test_a_longer_horizon_never_makes_serving_cheaper(county, land, years, more, rate):
    found = []
    for horizon in (years, years + more):
        profile = land[2].model_copy(
            update={
                "horizon_years": COSTS.horizon_years.model_copy(update={"value": horizon}),
                "discount_rate": COSTS.discount_rate.model_copy(update={"value": rate}),
            }
        )
        found.append(settle(county, land, profile=profile, gaps={"clinic_30min": "ggg"}).groups["serve_yuan"])
    assert (found[1] >= found[0] - 1e-6).all()


def test_inputs_are_left_alone(county, land):
    network, ground, profile = land
    demand = county()
    gaps, treatment = make_gaps(demand, village_clinic="ggg"), no_threat(demand)
    kept = [one.copy() for one in (demand.settlements, gaps, treatment, network.edges)]
    decide(demand, gaps, network, ground, profile, treatment=treatment)
    for before, after in zip(kept, (demand.settlements, gaps, treatment, network.edges), strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(after))


def test_the_decision_pays_for_the_roads_of_the_programme_to_the_fen(county, land):
    """Shares of the road items over all groups are the programme's total, whether its links are read back or handed on."""
    network, ground, profile = land
    demand = county()
    groups, gaps = gather_groups(demand), make_gaps(demand, village_clinic="g?c")
    shared = link_together(groups, network, lay_road_ground(ground, profile), profile)
    programme = keep_links(tabulate_programme(shared, groups), shared.links)
    read, handed = (
        decide(demand, gaps, network, ground, profile, treatment=no_threat(demand), roads=roads)
        for roads in (read_links(programme), shared.links)
    )
    for name in ("groups", "items", "links"):
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(read, name)), pd.DataFrame(getattr(handed, name)), check_dtype=False)
    roads = read.items[read.items["item"].str.startswith("road_")]
    fen = (roads.groupby("group_code")["capital_yuan"].sum() * 100).round().astype(int).sum()
    assert fen == round(programme.total_yuan * 100) > 0
    assert (read.links["capital_yuan"] * 100).round().astype(int).sum() == fen


def test_what_is_small_and_not_known_leaves_the_choice_clear(county, land):
    """Safe water of B's households is not surveyed: at most 2.5 · 5,835 yuan, and moving 10 people costs far more."""
    found = settle(county, land, gaps={"household_safe_water": "c?c"})
    row = found.groups.set_index("group_code").loc["B"]
    most = 2.5 * 4_000 * (1 + 0.04 * ANNUITY)
    assert (row["serve_status"], row["cheaper"]) == ("no_data", "serve")
    assert np.isnan(row["serve_yuan"])
    assert row["serve_low_yuan"] == row["serve_known_yuan"]
    assert row["serve_high_yuan"] == pytest.approx(row["serve_low_yuan"] + most)
    assert "即使未知项全部不足，就地配套仍更省" in row["reason_zh"]
    assert "even if all of it were lacking" in row["reason_en"]


def test_the_item_that_would_decide_is_named(county, land):
    """Serving B costs somewhat less than moving it; a clinic of its own would make it dearer, safe water of its 2.5 households would not."""
    known = settle(county, land, gaps={"household_safe_water": "ccc"}).groups.set_index("group_code").loc["B"]
    factor = (known["move_yuan"] - 40_000) / known["serve_yuan"]
    profile = times(land[2], factor, roads_only=True)
    found = settle(county, land, profile=profile, gaps={"village_clinic": "c?c", "household_safe_water": "c?c"})
    row = found.groups.set_index("group_code").loc["B"]
    assert row["cheaper"] == "unknown"
    assert "能定高下的是村卫生室；" in row["reason_zh"]
    assert "what would decide: village clinic;" in row["reason_en"]
