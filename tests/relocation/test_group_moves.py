"""Whole groups and single households: people add up, what is unknown stays open, a wish makes no finding."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.results import CandidacyResult
from geoplan.contracts.treatment_profile import MoveStage
from geoplan.relocation.group_moves import roll_up_groups, share_alone

CLASSES = ["应搬", "建议搬", "可留", "证据不足"]
STAGES = [
    MoveStage(stage="应搬", year_from=2023, year_to=2025, source="试验文件", status="convention"),
    MoveStage(stage="愿搬", year_from=2026, year_to=2027, source="试验文件", status="convention"),
]


def _candidacy(classes: list[str]) -> CandidacyResult:
    ids = [f"s{n}" for n in range(len(classes))]
    table = pd.DataFrame({"settlement_id": ids, "relocation_class": classes, "rank": range(1, len(ids) + 1)})
    return CandidacyResult(table[table["relocation_class"] != ""], pd.DataFrame())


def _roll(
    make: SimpleNamespace, rows: list[tuple[str, str, float]], *, line: float = 2 / 3, willing: Any = None, **columns: Any
) -> Any:
    """Rows: (group, class, people)."""
    demand = make.demand(
        [(n, 0) for n in range(len(rows))], group_code=[r[0] for r in rows], persons=[r[2] for r in rows], **columns
    )
    profile = make.profile(("a", 1.0, [(0, 0), (1, 1)]), stages=STAGES)
    return roll_up_groups(_candidacy([r[1] for r in rows]), demand, profile, whole_group_share=line, willingness=willing)


def test_whole_groups_by_hand(make: SimpleNamespace) -> None:
    """30 of 40 is three quarters: whole, 10 go along. 30 of 60 is half: single, all of them alone."""
    rows = [("a", "应搬", 30.0), ("a", "可留", 10.0), ("b", "应搬", 30.0), ("b", "可留", 30.0), ("c", "建议搬", 5.0)]
    moves = _roll(make, rows)
    groups = moves.groups.set_index("group_code")
    assert groups["form"].tolist() == ["whole", "single", "none"]
    assert groups["moving_share"].tolist() == [0.75, 0.5, 0.0]
    assert groups["moving_persons"].tolist() == [40.0, 30.0, 0.0]
    assert groups["along_persons"].tolist() == [10.0, 0.0, 0.0]
    assert groups["alone_share"].tolist()[:2] == [0.0, 1.0]
    assert np.isnan(groups.loc["c", "alone_share"])
    assert share_alone(moves) == (0.5, 0.5)
    assert "整组线 66.7%" in groups.loc["a", "reason_zh"]
    assert "75.0%" in groups.loc["a", "reason_en"]


def test_what_is_unknown_decides_only_where_it_could(make: SimpleNamespace) -> None:
    """30 应搬 and 10 证据不足: from 0.75 up; whole at 2/3, open at 0.8. 10 应搬 of 40 with 10 unknown never reach 2/3."""
    rows = [("a", "应搬", 30.0), ("a", "证据不足", 10.0), ("b", "应搬", 10.0), ("b", "可留", 20.0), ("b", "证据不足", 10.0)]
    assert _roll(make, rows).groups["form"].tolist() == ["whole", "single"]
    open_form = _roll(make, rows, line=0.8)
    assert open_form.groups["form"].tolist() == ["undecided", "single"]
    assert open_form.groups["moving_persons"].isna().tolist() == [True, False]
    assert share_alone(open_form) == (0.25, 1.0)
    only_unknown = _roll(make, [("a", "证据不足", 10.0), ("a", "可留", 10.0)]).groups
    assert only_unknown["form"].tolist() == ["undecided"]
    assert only_unknown["stage"].tolist() == [""]


def test_two_of_three_people_are_enough_for_two_thirds(make: SimpleNamespace) -> None:
    assert _roll(make, [("a", "应搬", 2.0), ("a", "可留", 1.0)], line=2 / 3).groups["form"].tolist() == ["whole"]


def test_the_line_of_the_profile_holds_where_none_is_given(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0), (1, 0)], group_code=["a", "a"], persons=[2.0, 1.0])
    for line, form in ((0.666, "whole"), (0.67, "single")):
        profile = make.profile(("a", 1.0, [(0, 0), (1, 1)]), whole_group_share=line)
        assert roll_up_groups(_candidacy(["应搬", "可留"]), demand, profile).groups["form"].tolist() == [form]


def test_a_wish_makes_no_finding_and_no_answer_is_no_wish(make: SimpleNamespace) -> None:
    """a: must, nobody asked. b: advised and willing. c: advised, not asked. d: can stay, willing: no stage."""
    rows = [("a", "应搬", 10.0), ("b", "建议搬", 10.0), ("c", "建议搬", 10.0), ("d", "可留", 10.0)]
    survey = pd.DataFrame(
        {"settlement_id": ["s1", "s3"], "willing_households": [1.0, 4.0], "surveyed": ["2025-03-03", "2025-03-04"]}
    )
    groups = _roll(make, rows, willing=survey, households=[4.0] * 4).groups
    assert groups["stage"].tolist() == ["应搬", "愿搬", "", ""]
    assert groups["form"].tolist() == ["whole", "none", "none", "none"]
    assert groups["willing_persons"].tolist()[1::2] == [2.5, 10.0]
    assert groups["willing_persons"].isna().tolist() == [True, False, True, False]
    assert groups["willing_status"].tolist() == ["no_data", "ok", "no_data", "ok"]
    assert np.isnan(groups["must_willing_persons"].iloc[0])
    assert groups["stage_from"].tolist()[:2] == [2023, 2026]
    assert groups["stage_to"].isna().tolist() == [False, False, True, True]
    assert groups["surveyed_from"].tolist() == ["", "2025-03-03", "", "2025-03-04"]
    assert "其余未知" in groups["reason_zh"].iloc[0]


def test_a_group_half_asked_keeps_what_was_said_and_claims_no_total(make: SimpleNamespace) -> None:
    rows = [("a", "应搬", 10.0), ("a", "应搬", 10.0)]
    survey = pd.DataFrame({"settlement_id": ["s0"], "willing_households": [2.0]})
    groups = _roll(make, rows, willing=survey, households=[4.0, 4.0]).groups
    assert groups["willing_least_persons"].tolist() == [5.0]
    assert groups["willing_persons"].isna().all()
    assert groups["asked_settlements"].tolist() == [1]


def test_settlements_without_group_never_move_as_one_and_empty_groups_are_listed(make: SimpleNamespace) -> None:
    rows = [("", "应搬", 10.0), ("b", "应搬", 10.0), ("", "应搬", 5.0)]
    demand = make.demand([(0, 0), (1, 0), (2, 0)], group_code=[r[0] for r in rows], persons=[r[2] for r in rows])
    units = pd.DataFrame({"code": ["z", "b"], "name": ["空组", "二组"], "parent_code": ["", ""]})
    demand = type(demand)(demand.settlements, units, demand.villages, demand.townships, demand.county)
    profile = make.profile(("a", 1.0, [(0, 0), (1, 1)]))
    groups = roll_up_groups(_candidacy(["应搬"] * 3), demand, profile).groups
    assert groups["group_code"].tolist() == ["z", "b", ""]
    assert groups["name"].tolist() == ["空组", "二组", ""]
    assert groups["form"].tolist() == ["none", "whole", "single"]
    assert groups["persons"].sum() == 25.0
    assert groups["rank"].tolist() == [3, 2, 1]


def test_a_place_known_to_be_empty_moves_nobody(make: SimpleNamespace) -> None:
    groups = _roll(make, [("a", "应搬", 0.0), ("a", "可留", 10.0)]).groups
    assert (groups["form"].tolist(), groups["stage"].tolist()) == (["none"], [""])


def test_settlements_the_scoring_left_out_are_undecided(make: SimpleNamespace) -> None:
    assert _roll(make, [("a", "", 10.0)]).groups["undecided_persons"].tolist() == [10.0]


def _sizes(people: float) -> list[float]:
    return [1.0, 500.0] if np.isnan(people) else [people]


cell = st.tuples(st.sampled_from(["a", "b", ""]), st.sampled_from(CLASSES), st.sampled_from([0.0, 1.0, 2.0, 7.0, np.nan]))


@settings(deadline=None, max_examples=20)
@given(st.lists(cell, min_size=1, max_size=3), st.sampled_from([0.5, 2 / 3, 0.9, 1.0]))
def test_people_add_up_and_a_decided_form_survives_every_filling_in(make: SimpleNamespace, rows: list, line: float) -> None:
    """Fill unknown people and classes with what they could be: a group called whole, single or none stays what it was called."""
    groups = _roll(make, rows, line=line).groups.set_index("group_code")
    parts = groups[["must_persons", "suggest_persons", "stay_persons", "undecided_persons"]].sum(axis=1)
    assert parts.tolist() == groups["persons"].tolist()
    assert groups["persons"].sum() == np.nansum([row[2] for row in rows])
    assert groups["persons_unknown_settlements"].sum() == sum(np.isnan(row[2]) for row in rows)
    choices = [
        [(code, one, size) for one in (["应搬", "可留"] if name == "证据不足" else [name]) for size in _sizes(people)]
        for code, name, people in rows
    ]
    for filled in product(*choices):
        sure = _roll(make, list(filled), line=line).groups.set_index("group_code")
        assert (sure["form"] != "undecided").all()
        for code, form in groups["form"].items():
            assert form in ("undecided", sure.loc[code, "form"])
            least, most = groups.loc[code, ["moving_least_share", "moving_most_share"]]
            if not np.isnan(sure.loc[code, "moving_share"]):
                assert least - 1e-12 <= sure.loc[code, "moving_share"] <= most + 1e-12


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(CLASSES[:3]), st.integers(1, 9).map(float)), min_size=1, max_size=6
    ),
    st.integers(0, 5),
)
def test_one_more_settlement_that_must_move_never_keeps_a_group_at_home(make: SimpleNamespace, rows: list, which: int) -> None:
    order = ["none", "single", "whole"]
    before = _roll(make, rows).groups.set_index("group_code")["form"]
    which %= len(rows)
    worse = [(code, "应搬" if at == which else name, people) for at, (code, name, people) in enumerate(rows)]
    after = _roll(make, worse).groups.set_index("group_code")["form"]
    assert all(order.index(after[code]) >= order.index(before[code]) for code in before.index)


def test_inputs_are_not_changed(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0)], group_code=["a"])
    candidacy, before = _candidacy(["应搬"]), demand.settlements.copy(deep=True)
    kept = candidacy.candidacy.copy(deep=True)
    roll_up_groups(candidacy, demand, make.profile(("a", 1.0, [(0, 0), (1, 1)])))
    pd.testing.assert_frame_equal(demand.settlements, before)
    pd.testing.assert_frame_equal(candidacy.candidacy, kept)


def test_nobody_to_move_has_no_share_alone(make: SimpleNamespace) -> None:
    assert share_alone(_roll(make, [("a", "可留", 5.0)])) == pytest.approx((np.nan, np.nan), nan_ok=True)
