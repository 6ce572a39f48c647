"""The sentences a run ends with: at most seven, every number from the tables, the parts adding up to the whole."""

from __future__ import annotations

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.relocation import AllocationResult, CertaintyResult, DecisionResult, GroupMovesResult
from geoplan.report.summary import summarise


def plan_of(small, **changes):
    """The plan in the one season its times are in."""
    access = small.plan.access.model_copy(update={"seasons": ["dry"]})
    return small.plan.model_copy(update={"access": access, **changes})


def found_by(small, **changes):
    """The result, with the people who are short."""
    gaps = small.result.coverage.gaps
    short = gaps["persons"].where(gaps["coverage"].isin(["gap", "unreachable"]), 0.0)
    coverage = replace(small.result.coverage, gaps=gaps.assign(short_persons=short))
    return replace(small.result, coverage=coverage, **changes)


def tell(small, language, **changes):
    return summarise(found_by(small, **changes), plan_of(small), small.standards, language=language)


def allocation(rows):
    """``rows``: (move, persons, households, site, reason) of settlements."""
    table = pd.DataFrame(rows, columns=["move", "persons", "households", "site_id", "reason"])
    empty = gpd.GeoDataFrame({"settlement_id": []}, geometry=[], crs=4544)
    return AllocationResult(table, pd.DataFrame(), empty, 0.0, 0.0, 0.0, "optimal")


MOVES = allocation(
    [
        ("assigned", 1500.0, 400.0, "S1", "assigned"),
        ("assigned", 20.0, 6.0, "S1", "whole_group"),
        ("assigned", 80.0, 20.0, "S2", "assigned"),
        ("unassigned", 300.0, 70.0, "", "site_too_small"),
        ("undecided", np.nan, np.nan, "", "persons_unknown"),
        ("stays", 9000.0, 2500.0, "", "can_stay"),
    ]
)
GROUPS = GroupMovesResult(pd.DataFrame({"form": ["whole", "single", "whole", "none"]}))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_seven_sentences_at_most_each_one_sentence(small, language):
    told = tell(small, language)
    assert 5 <= len(told) <= 7
    assert all(one.endswith("。" if language == "zh" else ".") for one in told)
    assert all(one.count("。") == 1 for one in told if language == "zh")
    assert not any("nan" in one.lower() for one in told)


def test_movers_are_placed_or_not_and_both_are_told(small):
    """1,500 + 20 + 80 placed at two sites and 300 without: 1,900 are to move; those nobody counted are told apart."""
    zh, en = (tell(small, one, allocation=MOVES, group_moves=GROUPS)[-1] for one in ("zh", "en"))
    assert zh.startswith(
        "需搬迁 1,900 人、496 户(另有 1 个应搬的自然村人数未知),其中 2 个村民小组整组搬迁:1,600 人安置到 2 处安置点,300 人未能安置"
    )
    assert en.startswith(
        "1,900 people in 496 households are to move (and those of 1 settlement nobody counted), 2 village groups as a whole: "
        "1,600 go to 2 receiving sites and 300 find no place; 2 usable sites could take 700 households"
    )


def test_groups_do_not_move_whole_where_the_plan_says_so(small):
    plan = plan_of(small, allocation=small.plan.allocation.model_copy(update={"whole_groups": False}))
    told = summarise(found_by(small, allocation=MOVES, group_moves=GROUPS), plan, small.standards, language="zh")[-1]
    assert "整组" not in told


def test_without_a_usable_site_the_largest_exclusion_is_named(small):
    sites = replace(
        small.result.sites,
        sites=small.result.sites.sites.assign(rank=np.nan),
        exclusions=pd.DataFrame(
            {"label_zh": ["坡度", "灾害未查明"], "label_en": ["slope", "hazard is not known"], "excluded_area_m2": [1.0, 2.0]}
        ),
    )
    nobody = allocation([("stays", 100.0, 30.0, "", "can_stay")])
    told = tell(small, "en", sites=sites, allocation=nobody, group_moves=GROUPS)[-1]
    assert "there is no usable receiving site, most ground being ruled out as “hazard is not known”" in told
    assert told.startswith("0 people in 0 households are to move")


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(["serve", "move", "equal", "unknown"]), min_size=1, max_size=60))
def test_the_groups_told_are_all_groups(small, cheaper):
    """Cheaper served, cheaper moved, equal and unknown add up to every group, in both languages."""
    decision = DecisionResult(pd.DataFrame({"cheaper": cheaper, "horizon_years": 20.0}), pd.DataFrame(), None)
    zh, en = (tell(small, one, decision=decision)[5] for one in ("zh", "en"))
    numbers = [int(one) for one in re.findall(r"(\d+) 个", zh)]
    assert numbers[0] == sum(numbers[1:]) == len(cheaper)
    assert f"for {cheaper.count('serve')} of {len(cheaper)} village groups and more for {cheaper.count('move')}" in en
    assert en.endswith(f"for {cheaper.count('unknown')} it is not known.")
    assert zh.startswith("按 20 年现值")


def test_certain_classes_are_counted_and_the_commonest_doubt_is_named(small):
    """Two certain to move, one to stay, three depend: twice on the hazard class before anything else, once on the weights."""
    verdicts = ["certain_move", "certain_move", "certain_stay", "depends", "depends", "depends"]
    depends = ["", "", "", "hazard_class;speed", "hazard_class", "weight:slope_deg;hazard_class"]
    tornado = pd.DataFrame(
        {"factor": ["hazard_class"], "label_zh": ["灾害分级误差"], "label_en": ["error of the mapped hazard class"]}
    )
    found = CertaintyResult(
        pd.DataFrame({"verdict": verdicts, "depends_on": depends}), pd.DataFrame(), tornado, draws=10_000, seed=1
    )
    zh, en = (tell(small, one, certainty=found)[4] for one in ("zh", "en"))
    assert zh == "10,000 次抽样中,3 个自然村的等级是确定的(应搬 2 个、可留 1 个),3 个尚不确定,最常取决于“灾害分级误差”(2 个)。"
    assert en.startswith(
        "Over 10,000 draws the class of 3 settlements is certain (2 to move, 1 to stay); for 3 it depends, most often on “error"
    )
    sure = replace(found, settlements=found.settlements.iloc[:3])
    assert tell(small, "zh", certainty=sure)[4].endswith("0 个尚不确定。")
