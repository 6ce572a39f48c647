"""What the plan makes of a settlement is told with units and sources, and what is not known is told as not known."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.relocation import (
    AllocationResult,
    CertaintyResult,
    DecisionResult,
    GroupMovesResult,
    ScreeningResult,
    TreatmentResult,
)
from geoplan.relocation.explain_group import say_group, say_yuan
from geoplan.relocation.explain_plan import join_paragraphs, pick_row, say_plan

PLAN = PlanConfig.model_validate(
    {
        "name": "县",
        "year": 2026,
        "roads": "roads",
        "dem": "dem",
        "services": [{"id": "clinic", "label_zh": "卫生室", "label_en": "clinic", "layers": ["clinics"]}],
    }
)
NONE = gpd.GeoDataFrame({"settlement_id": []}, geometry=[], crs=4544)
WAN = 10_000.0


def _item(side: str, name: str, wan: float, **more: Any) -> dict[str, Any]:
    plain = {"quantity": 10.0, "unit": "household", "unit_yuan": 100.0, "capital_yuan": wan * WAN, "yearly_yuan": 0.0, "status": "ok",
             "shared_share": 1.0, "source": "县造价", "clause": "表 1", "price_year": 2025, "price_status": "secondary"}  # fmt: skip
    return (
        {"group_code": "g", "side": side, "item": name, "label_zh": name, "label_en": name, "present_yuan": wan * WAN}
        | plain
        | more
    )


def _result(*, items: list[dict[str, Any]] | None = None, **changes: Any) -> Any:
    """Settlement ``a`` of group ``g`` goes 16 minutes to S1; ``b`` belongs to no group and is nowhere else."""
    items = [_item("serve", f"i{k}", wan) for k, wan in enumerate((1.0, 5.0, 1.0, 3.0))] if items is None else items
    told = {"reason_zh": "理由", "reason_en": "reason"}
    groups = {
        "group_code": "g",
        "serve_yuan": 10 * WAN,
        "move_yuan": np.nan,
        "reason_zh": "甲\uff1b乙\u3002",
        "reason_en": "One; two.",
    }
    found: dict[str, Any] = {
        "demand": SimpleNamespace(settlements=pd.DataFrame({"settlement_id": ["a", "b"], "group_code": ["g", ""]})),
        "treatment": TreatmentResult(
            pd.DataFrame([{"settlement_id": "a", "reason_zh": "避让搬迁:滑坡", "reason_en": "moving away"}]), pd.DataFrame()
        ),
        "screening": ScreeningResult(
            pd.DataFrame([{"settlement_id": "a", "status": "ok", "slope_deg": 31.2, "relief_m": 180.0, "stream_m": 70.0, "hand_m": 3.0,
                           "susceptibility_index": 0.74, "susceptibility_class": "high", "flood_prone": True}]),
            below=pd.DataFrame([{"settlement_id": "a", "status": "ok", "in_run_out": True, "kinds": "debris_flow", "source_ids": "DF1"}]),
        ),
        "certainty": CertaintyResult(
            pd.DataFrame([{"settlement_id": "a", "verdict": "depends", "rank_p05": 3, "rank_p95": 1234, **told}]),
            pd.DataFrame(),
            pd.DataFrame(
                [{"settlement_id": "a", "factor": "speed", "label_zh": "路速", "label_en": "speed", "unit": "time factor", "value_low": 0.8,
                  "value_high": 1.25, "score_low": 0.5, "score_high": 0.62, "class_low": "建议搬", "class_high": "应搬"},
                 {"settlement_id": "a", "factor": "population", "label_zh": "人口", "label_en": "people", "unit": "factor", "value_low": 0.9,
                  "value_high": 1.1, "score_low": 0.5, "score_high": 0.5, "class_low": "建议搬", "class_high": "建议搬"}]
            ),
            draws=100, seed=1,
        ),
        "allocation": AllocationResult(
            pd.DataFrame([{"settlement_id": "a", "move": "assigned", "site_id": "S1", "travel_min": 16.2, "straight_m": 4510.0,
                           "same_township": True, **told}]),
            pd.DataFrame([{"site_id": "S1", "name": "新村", "persons": 590.0, "capacity_persons": 1088.0, "binding": "school"}]),
            NONE, 1.0, 1.0, 0.00312, "optimal",
        ),
        "group_moves": GroupMovesResult(pd.DataFrame([{"group_code": "g", "name": "一组", "form": "whole", "stage": "应搬", "along_persons": 12.0,
                                                       "surveyed_from": "2025-03-01", "surveyed_to": "2025-03-01", **told}])),
        "decision": DecisionResult(pd.DataFrame([groups]), pd.DataFrame(items), NONE),
    }  # fmt: skip
    return SimpleNamespace(**(found | changes))


def test_a_settlement_is_told_in_four_paragraphs_with_units() -> None:
    told = say_plan("a", _result(), PLAN, language="zh")
    assert [one.split("(")[0].rstrip(":") for one in re.findall(r"(?m)^\S.*:$", told)] == [
        "隐患处置",
        "去向",
        "等级把握",
        "地形筛查",
    ]
    for words in (
        "  避让搬迁:滑坡",
        "  新居到老地 16 分钟(旱季,单程,可乘车),直线 4.5 km;在本乡镇",
        "  新村(S1):共安置 590 人,容量 1,088 人,由学位决定",
        "  整个安置方案的代价至多比最优高 0.31%",
        "  尚不能确定: 理由",
        "第 3–1,234 位",
        "  只变“路速”(用时 × 0.80 → 用时 × 1.25):得分 0.500 → 0.620,建议搬 → 应搬",
    ):
        assert words in told
    assert "只变“人口”" not in told, "a factor that alone turns nothing is not named"


def test_screening_is_called_screening_and_told_with_its_sources() -> None:
    """31° and an index of 0.74 (high from 0.7), 3 m above a stream (line 5 m): prone, may be flooded, below DF1 (11°)."""
    zh, en = (say_plan("a", _result(), PLAN, language=one).rsplit("\n\n", 1)[1] for one in ("zh", "en"))
    assert zh.startswith("地形筛查(只由高程模型推算,未经实地调查;不计入评分和等级)")
    assert "screening, no survey" in en.splitlines()[0]
    assert "坡度 31°,300 m 半径内起伏 180 m;易滑指数 0.74(0–1):高易发;依据" in zh
    assert "距最近沟道 70 m,高出 3 m:可能受淹(界限 5 m;依据 Nobre 等 2011" in zh
    assert "处在泥石流隐患点 DF1 的推测到达范围内(到达角 11°" in zh
    assert "highly prone" in en
    assert "debris flow DF1 may run out as far as here" in en
    assert zh.count("惯例)") == en.count("[convention]") == 3


@pytest.mark.parametrize(("language", "word"), [("zh", "未知"), ("en", "not known")])
def test_what_no_stage_answered_is_said_to_be_unknown(language: str, word: str) -> None:
    """Nothing is known of ``b``: every paragraph stands, and none says that it is safe, stays or costs nothing."""
    paragraphs = say_plan("b", _result(), PLAN, language=language).split("\n\n")
    assert len(paragraphs) == 4
    assert all(word in one for one in paragraphs)
    group = say_group("b", _result(), SimpleNamespace(stages=[]), language=language)  # type: ignore[arg-type]
    assert ("不属于任何村民小组" if language == "zh" else "belongs to no village group") in group
    assert word in group.split("\n\n")[1]


def test_a_stream_nobody_knows_the_height_above_is_no_flood_and_no_safety() -> None:
    screening = _result().screening
    dry = ScreeningResult(screening.settlements.assign(hand_m=np.nan, flood_prone=False), below=None)
    told = say_plan("a", _result(screening=dry), PLAN, language="zh")
    assert "不能判断是否易淹" in told
    assert "不在易淹高度内" not in told
    assert "是否在隐患点的推测到达范围内:未知" in told
    none = ScreeningResult(screening.settlements, NONE, screening.below.assign(in_run_out=False))
    assert "没有已知的隐患点,不能推测到达范围" in say_plan("a", _result(screening=none), PLAN, language="zh")


def test_who_finds_no_site_is_told_why() -> None:
    allocation = _result().allocation
    rows = allocation.settlements.assign(
        move="unassigned", site_id="", travel_min=np.nan, straight_m=np.nan, reason_en="no site within 60 min"
    )
    alone = AllocationResult(rows, allocation.sites, NONE, 1.0, 1.0, 0.0, "optimal")
    told = say_plan("a", _result(allocation=alone), PLAN, language="en")
    assert "to move, but no site is found: no site within 60 min" in told
    assert "the whole plan is proven the best" in told
    assert "new home" not in told


def test_group_costs_are_told_in_short_lines_with_the_largest_items_and_their_prices() -> None:
    """5, 3, 1, 1 万元: three are named, the other is summed; a cost priced by the year says so; an unknown one has no number."""
    items = [_item("serve", f"i{k}", wan) for k, wan in enumerate((1.0, 5.0, 1.0, 3.0))]
    items[1] |= {"capital_yuan": 0.0, "yearly_yuan": 4000.0, "shared_share": 0.25}
    items.append(_item("move", "住房", np.nan, status="no_data"))
    profile: Any = SimpleNamespace(stages=[])
    zh = say_group("a", _result(items=items), profile, language="zh")
    assert (
        "  甲\n  乙\n  就地配套合计现值 10.00 万元:\n    i1 5.00 万元(10 户,100 元/户·年,本组分摊其中 25%;县造价 表 1,转引,2025 年价)"
        in zh
    )
    assert "    其他 1 项 1.00 万元" in zh
    assert "  搬迁合计未知,已知部分现值 0 元:\n    未知:住房" in zh
    assert "  随整组迁出而本身不属应搬的 12 人\n  意愿调查日期 2025-03-01\n  阶段:应搬,年份未定" in zh
    en = say_group("a", _result(items=items), profile, language="en")
    assert (
        "i1 50,000 yuan (10 households, 100 yuan per household a year, of which the group bears 25%; 2025 prices, 县造价 表 1 [secondary])"
        in en
    )
    assert "    not known: 住房" in en


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-900, 900), min_size=1, max_size=9))
def test_items_told_add_up_to_the_side(parts: list[int]) -> None:
    """Each amount is told in whole yuan, so named and other items add up to the total told."""
    items = [_item("serve", f"i{k}", part / WAN) for k, part in enumerate(parts)]
    found = _result(items=items)
    found.decision.groups["serve_yuan"] = float(sum(parts))
    told = say_group("a", found, SimpleNamespace(stages=[]), language="en")  # type: ignore[arg-type]
    amounts = [float(one.replace(",", "")) for one in re.findall(r"(?m)^    .*? (-?[\d,]+) yuan(?: \(|$)", told)]
    total = float(re.search(r"present value (-?[\d,]+) yuan in all", told).group(1).replace(",", ""))  # type: ignore[union-attr]
    assert sum(amounts) == pytest.approx(total)


@given(st.floats(-1e9, 1e9))
def test_money_always_carries_its_unit(value: float) -> None:
    assert say_yuan(value, "zh").endswith("元")
    assert say_yuan(value, "en").endswith(" yuan")
    assert say_yuan(float("nan"), "zh") == "未知"


def test_rows_and_paragraphs_of_nothing_are_nothing_known() -> None:
    assert pick_row(None, "id", "a") is None
    assert pick_row(pd.DataFrame({"id": ["a"]}), "id", "b") is None
    assert join_paragraphs([("H", []), ("K", ["  x"])], "zh") == "H:\n  未知:没有这一项结果\n\nK:\n  x"
