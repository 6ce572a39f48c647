"""五个一批: nobody twice, nobody lost, and only what the layers say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from geoplan.contracts.results import CandidacyResult
from geoplan.contracts.treatment_profile import BatchRule
from geoplan.io.documents import read_relocation
from geoplan.relocation.batches import allocate_batches

HUAIHUA = "怀化市精准扶贫攻坚行动实施纲要(2015—2020年)"
CLASSES = ["应搬", "建议搬", "可留", "证据不足"]


def _rule(name: str, **changes: Any) -> BatchRule:
    return BatchRule(id=name, label_zh=name, label_en=name, source="试验文件", status="convention", **changes)


def _candidacy(classes: list[str]) -> CandidacyResult:
    table = pd.DataFrame({"settlement_id": [f"s{n}" for n in range(len(classes))], "relocation_class": classes})
    return CandidacyResult(table, pd.DataFrame())


def _allocate(make: SimpleNamespace, rules: list, *, concerned: str = "persons", classes: Any = None, **columns: Any) -> Any:
    count = len(columns["persons"])
    profile = make.profile(("a", 1.0, [(0, 0), (1, 1)]), batches=rules, batch_persons_column=concerned)
    demand = make.demand([(n, 0) for n in range(count)], **columns)
    return allocate_batches(_candidacy(classes or ["可留"] * count), demand, profile)


def _persons(result: Any) -> dict[str, float]:
    return dict(zip(result.totals["batch"], result.totals["persons"], strict=True))


def test_the_batches_of_huaihua_add_up(make: SimpleNamespace) -> None:
    """纲要 二: 45.83 + 8.22 + 9.39 + 11.79 = 75.23 万, the poor people of the city, to the last person."""
    names = {"production": 458_300, "relocation": 82_200, "dibao": 93_900, "medical": 117_900}
    rules = [
        BatchRule(id=one, label_zh=one, label_en=one, column=f"{one}_persons", source=HUAIHUA, clause="二", status="cited")
        for one in names
    ]
    columns = {f"{one}_persons": [float(count // 3), float(count - count // 3)] for one, count in names.items()}
    poor = [sum(column[at] for column in columns.values()) for at in (0, 1)]
    result = _allocate(make, rules, concerned="poor_persons", persons=[1_500_000.0, 2_798_857.0], poor_persons=poor, **columns)
    found = _persons(result)
    assert {one: found[one] for one in names} == names
    assert sum(found[one] for one in names) == 752_300
    assert (found["unknown"], found["not_concerned"]) == (0.0, 4_298_857.0 - 752_300)
    assert result.totals.set_index("batch").loc["dibao", ["source", "clause", "source_status"]].tolist() == [
        HUAIHUA,
        "二",
        "cited",
    ]


def test_six_paths_of_anqing_by_labour_will_and_place(make: SimpleNamespace) -> None:
    """建议 二: 兜底, 产业, 就业, 分红, 整体易地搬迁, 因学. A county writes its own list; place goes first here."""
    rules = [
        _rule("place", classes=["应搬"]),
        *(_rule(one, column=f"{one}_persons") for one in ("carried", "industry", "work", "shares", "school")),
    ]
    counts = {"carried_persons": [3.0, 4.0], "industry_persons": [5.0, 6.0], "work_persons": [2.0, 1.0]}
    result = _allocate(
        make,
        rules,
        classes=["应搬", "可留"],
        persons=[20.0, 20.0],
        **counts,
        shares_persons=[1.0, 2.0],
        school_persons=[1.0, np.nan],
    )
    assert _persons(result) == {
        "place": 20,
        "carried": 4,
        "industry": 6,
        "work": 1,
        "shares": 2,
        "school": 0,
        "not_concerned": 0,
        "unknown": 7,
    }


def test_those_who_can_work_are_taken_only_where_they_must_be_poor_by_hand(make: SimpleNamespace) -> None:
    """100 people, 40 concerned, 10 on the allowance, 75 can work: 10; at least 5 and at most 30; 25 unknown; 60 not concerned."""
    rules = [_rule("dibao", column="dibao_persons"), _rule("labour", column="labour_persons", counts="everybody")]
    result = _allocate(
        make, rules, concerned="low_persons", persons=[100.0], low_persons=[40.0], dibao_persons=[10.0], labour_persons=[75.0]
    )
    assert _persons(result) == {"dibao": 10, "labour": 5, "not_concerned": 60, "unknown": 25}
    assert result.totals["persons_most"].tolist() == [10, 30, 60, 25]
    assert "至多 30 人" in result.settlements.set_index("batch").loc["labour", "reason_zh"]


def test_a_column_no_layer_has_takes_nobody_and_says_so(make: SimpleNamespace) -> None:
    result = _allocate(
        make,
        [_rule("medical", column="medical_persons"), _rule("dibao", column="dibao_persons")],
        persons=[10.0],
        dibao_persons=[4.0],
    )
    totals = result.totals.set_index("batch")
    assert totals["persons"].tolist() == [0, 4, 0, 6]
    assert totals.loc["medical", "layer_status"] == "no_data"
    assert totals.loc["medical", "persons_most"] == 10
    assert result.settlements["batch"].tolist() == ["dibao", "unknown"]


def test_unknown_class_is_not_moved_and_may_be(make: SimpleNamespace) -> None:
    result = _allocate(
        make, [_rule("relocation", classes=["应搬"])], classes=["应搬", "证据不足", "可留"], persons=[5.0, 6.0, 7.0]
    )
    assert _persons(result) == {"relocation": 5, "not_concerned": 0, "unknown": 13}
    assert result.totals["persons_most"].iloc[0] == 11


def test_where_nobody_knows_who_is_poor_nobody_is_called_poor_or_not(make: SimpleNamespace) -> None:
    """Only those whom a column counts among the poor are known to be; the rest is unknown, not 'not concerned'."""
    rules = [_rule("relocation", classes=["应搬"]), _rule("dibao", column="dibao_persons")]
    result = _allocate(make, rules, concerned="poor_persons", classes=["应搬"], persons=[20.0], dibao_persons=[3.0])
    assert _persons(result) == {"relocation": 0, "dibao": 3, "not_concerned": 0, "unknown": 17}
    assert result.totals["persons_most"].iloc[0] == 20


def test_settlements_of_unknown_size_are_listed_beside_the_totals(make: SimpleNamespace) -> None:
    result = _allocate(make, [_rule("dibao", column="dibao_persons")], persons=[np.nan, 10.0], dibao_persons=[3.0, 3.0])
    assert result.settlements[["settlement_id", "batch", "status"]].to_numpy().tolist() == [
        ["s0", "unknown", "no_data"],
        ["s1", "dibao", "ok"],
        ["s1", "unknown", "ok"],
    ]
    assert result.totals["persons_unknown_settlements"].tolist() == [0, 0, 1]
    assert result.totals["persons"].sum() == 10


def test_a_batch_of_nobody_in_particular_is_refused() -> None:
    with pytest.raises(ValidationError, match="name a column"):
        _rule("empty")
    with pytest.raises(ValidationError, match="kept for people in no batch"):
        _rule("unknown", column="x")


def test_preset_batches_run_on_what_a_county_has(make: SimpleNamespace) -> None:
    profile = read_relocation("poverty_relocation_2015")
    columns = {"lowincome_persons": [8.0, 10.0], "dibao_persons": [3.0, 4.0], "labour_persons": [9.0, 18.0]}
    demand = make.demand([(0, 0), (1, 0)], persons=[20.0, 20.0], **columns)
    found = _persons(allocate_batches(_candidacy(["应搬", "可留"]), demand, profile))
    # The second place: 4 on the allowance, of 6 left at least 18 + 6 - 20 = 4 can work, 2 unknown.
    assert found == {
        "relocation": 8,
        "dibao": 4,
        "medical": 0,
        "reconstruction": 0,
        "production": 4,
        "not_concerned": 22,
        "unknown": 2,
    }


amount = st.one_of(st.integers(0, 60).map(float), st.just(np.nan))
place = st.tuples(amount, amount, amount, amount, st.sampled_from(CLASSES))


@settings(deadline=None, max_examples=40)
@given(st.lists(place, min_size=1, max_size=6), st.permutations(["relocation", "dibao", "labour"]))
def test_nobody_twice_and_nobody_lost(make: SimpleNamespace, rows: list, order: list[str]) -> None:
    rules = {
        "relocation": _rule("relocation", classes=["应搬"]),
        "dibao": _rule("dibao", column="dibao_persons"),
        "labour": _rule("labour", column="labour_persons", counts="everybody"),
    }
    names = ("persons", "poor_persons", "dibao_persons", "labour_persons")
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    result = _allocate(make, [rules[one] for one in order], concerned="poor_persons", classes=[row[4] for row in rows], **columns)
    table = result.settlements
    assert set(table["settlement_id"]) == {f"s{n}" for n in range(len(rows))}
    own = table.groupby("settlement_id", sort=False)["persons"].sum(min_count=1).tolist()
    assert own == pytest.approx([row[0] for row in rows], nan_ok=True)
    assert result.totals["persons"].sum() == np.nansum(columns["persons"])
    assert (table["persons_most"] >= table["persons"])[table["status"] == "ok"].all()
    assert (table["persons"].dropna() >= 0).all()
    for n, (people, poor, dibao, labour, _) in enumerate(rows):  # no batch holds more than there could be
        mine = table[table["settlement_id"] == f"s{n}"].set_index("batch")["persons"]
        assert not mine.get("dibao", 0) > np.nan_to_num(dibao)
        assert not mine.get("labour", 0) > min(np.nan_to_num(labour), np.nan_to_num(poor))
        if np.isfinite(people) and np.isfinite(poor):
            assert mine.get("not_concerned", 0) == max(people - poor, 0)
