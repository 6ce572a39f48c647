"""The explanation says every number of the score, and everything that is not known."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.config import ServiceConfig
from geoplan.errors import TableError
from geoplan.io.documents import read_standards
from geoplan.relocation import explain_settlement, score_candidacy
from geoplan.relocation.explain import _hazard_lines
from geoplan.relocation.explain_access import say_access, say_gaps
from geoplan.relocation.explain_route import round_minutes, say_route
from geoplan.relocation.reasons import cite, quantity, round_parts

LINE = [(0.0, 0.0), (100.0, 1.0)]
GAPS = pd.DataFrame(
    {
        "settlement_id": ["a", "a", "a"],
        "item": ["clinic_30", "road", "school"],
        "coverage": ["gap", "unknown", "covered"],
        "value": [45.0, float("nan"), 5.0],
        "threshold": [30.0, 500.0, 30.0],
        "unit": ["min", "m", "min"],
        "cause": ["too_far", "no_data", "met"],
        "cause_zh": ["超过限时", "没有数据", "达标"],
        "cause_en": ["too far", "no data", "met"],
        "short_persons": [60.0, float("nan"), 0.0],
    }
)


def _explain(make: SimpleNamespace, language: str, hazard: str = "medium") -> str:
    ids = ["a", "b"]
    minutes = {
        ("clinic", "dry", "one_way"): [45, 1],
        ("seat", "dry", "one_way"): ["no_data", 1],
        ("bus", "dry", "one_way"): ["unreachable", 1],
    }
    demand = make.demand([(0, 0), (9000, 0)], settlement_id=ids, name=["张家坪", "李家湾"])
    access, exposure = make.access(ids, minutes), make.exposure(ids, [hazard, "none"])
    indicators = (
        ("hazard_index", 0.4, [(0.0, 0.0), (1.0, 1.0)], None),
        ("clinic_min", 0.3, LINE),
        ("bus_min", 0.1, LINE),
        ("seat_min", 0.2, LINE),
    )
    rules = make.profile(*indicators)
    candidacy = score_candidacy(demand, access, exposure, rules)
    return explain_settlement("a", demand, access, exposure, GAPS, candidacy, rules, language=language)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_shown_contributions_add_up_to_the_shown_score(make: SimpleNamespace, language: str) -> None:
    """hazard 0.4·0.5, clinic 0.3·0.45, bus unreachable 0.1·1, seat unknown: 0.435/0.8 = 0.544 (0.54375)."""
    text = _explain(make, language)
    shown = [float(one) for one in re.findall(r"= (\d\.\d{3})[;;]", text)]
    total = float(re.search(r"(?:合计|sum): (\d\.\d{3})", text).group(1))  # type: ignore[union-attr]
    assert len(shown) == 3
    assert sum(shown) == pytest.approx(total)
    assert total == pytest.approx(0.544)


def test_what_is_unknown_is_said_and_apart_from_what_is_missing(make: SimpleNamespace) -> None:
    text = _explain(make, "zh", hazard="")
    known, unknown = text.split("尚不清楚的:")
    for word in ("滑坡: 未查明", "seat_min", "road: 不明"):
        assert word in unknown
    for word in (
        "bus: 旱季 无法到达",
        "clinic_30: 未达标, 45 分钟 / 30 分钟,涉及 60 人; 超过限时",
        "张家坪 a",
        "试验文件 一(惯例)",
    ):
        assert word in known


def test_english_has_no_chinese_units_or_states(make: SimpleNamespace) -> None:
    text = _explain(make, "en")
    assert "分钟" not in text
    assert "无法到达" not in text
    assert "bus: dry season cannot be reached" in text


def test_an_id_nobody_has_is_one_clear_error(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0)], settlement_id=["a"])
    access, exposure = make.access(["a"], {("clinic", "dry", "one_way"): [1]}), make.exposure(["a"], ["none"])
    rules = make.profile(("clinic_min", 1.0, LINE))
    candidacy = score_candidacy(demand, access, exposure, rules)
    with pytest.raises(TableError, match=r"ID-UNKNOWN.*zzz"):
        explain_settlement("zzz", demand, access, exposure, None, candidacy, rules)


def test_quantities_for_reading() -> None:
    assert quantity(31.26, "min", "zh") == "31.3 分钟"
    assert quantity(12345.6, "m") == "12,346 m"
    assert quantity(0.5, "index") == "0.5"
    assert quantity(float("nan"), "m") == "—"


@settings(deadline=None, max_examples=80)
@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=9))
def test_rounded_parts_keep_the_total_and_stay_within_a_thousandth(parts: list[float]) -> None:
    table = pd.DataFrame([parts]).to_numpy(dtype=float)
    shown = round_parts(table, table.sum(axis=1))
    assert shown.sum() == pytest.approx(round(sum(parts), 3), abs=1.01e-3 if abs(sum(parts) * 1000 % 1 - 0.5) < 1e-6 else 1e-9)
    assert (abs(shown - table) <= 1.001e-3).all()


def test_services_and_standards_are_called_by_name_with_legs_that_add_up(make: SimpleNamespace) -> None:
    """12.5 min on foot, 20 by road, 2.5 at the far end: 35 in all; the service, the clinic and the standard are named with source."""
    times = pd.DataFrame(
        {
            "settlement_id": ["a", "a"],
            "service": ["clinic", "clinic"],
            "season": ["dry", "wet"],
            "trip": ["one_way", "one_way"],
            "status": ["ok", "unreachable"],
            "travel_time_min": [35.0, float("nan")],
            "facility_id": ["CL1", ""],
            "route": ["network", ""],
            "off_road_min": [12.5, float("nan")],
            "network_min": [20.0, float("nan")],
            "facility_off_road_min": [2.5, float("nan")],
        }
    )
    access = make.access(["a"], {})
    facilities = pd.DataFrame({"facility_id": ["CL1"], "name": ["东村卫生室"]})
    service = ServiceConfig(id="clinic", label_zh="卫生室", label_en="clinic", layers=["clinics"])
    known, _ = say_access("a", replace(access, times=times, facilities=facilities), [service], "zh")
    assert (
        known[-1]
        == "  卫生室: 旱季 35 分钟 → 东村卫生室 CL1(步行至路网 12.5 分钟 + 沿路 20.0 分钟 + 离路至设施 2.5 分钟); 雨季 无法到达"
    )
    standards = read_standards("four_level_2015")
    item = next(one for one in standards.items if one.id == "clinic_30min")
    named = GAPS.assign(item=["clinic_30min", "road", "school"])
    short, unknown = say_gaps("a", named, standards, "en")
    assert short == [f"  {item.label_en}: not met, 45 min / 30 min, 60 people; too far {cite(item, 'en')}"]
    assert len(unknown) == 1


SERVICE = ServiceConfig(id="clinic", label_zh="卫生室", label_en="clinic", layers=["clinics"])


def _leg(leg: int, kind: str, metres: float, minutes: float, **more: object) -> dict[str, object]:
    plain = {"way": "there", "crossing": "", "road_class": "", "surface": "", "ascent_m": 0.0, "descent_m": 0.0}
    own = {"settlement_id": "a", "season": "dry", "status": "ok", "facility_id": "c1", "leg": leg, "kind": kind}
    return own | plain | {"leg_m": metres, "leg_min": minutes} | more


def test_a_path_is_told_leg_by_leg_with_road_length_minutes_and_climb() -> None:
    """320 m up to an earth group road, 1.2 km along it, a bridge, the clinic: 4.1 + 7.2 + 0.3 min are shown and add up."""
    legs = pd.DataFrame(
        [
            _leg(1, "off_road", 320.4, 4.14, ascent_m=25.0),
            _leg(2, "ride", 1200.0, 7.2, road_class="group", surface="earth", descent_m=40.0),
            _leg(3, "ride", 60.0, 0.3, road_class="group", surface="concrete", crossing="bridge"),
        ]
    )
    told = say_route(legs, SERVICE, name="木门镇卫生院", language="zh").splitlines()
    assert told[0] == "a → 卫生室 · 旱季 · 木门镇卫生院 c1"
    assert told[1] == "  1. 步行(无路) 320 m(4.1 分钟,上升 25 m)"
    assert told[2] == "  2. 乘车 通组路(土路) 1.2 km(7.2 分钟,下降 40 m)"
    assert told[3] == "  3. 乘车 通组路(水泥,桥) 60 m(0.3 分钟)"
    assert told[4] == "  合计 1.6 km,11.6 分钟"
    english = say_route(legs, SERVICE, language="en").splitlines()
    assert english[2] == "  2. ride along group road (earth) 1.2 km (7.2 min, down 40 m)"


def test_a_round_trip_is_told_there_and_back_and_no_way_by_its_reason() -> None:
    there_and_back = pd.DataFrame(
        [_leg(1, "on_foot", 300.0, 4.0, road_class="path"), _leg(1, "on_foot", 300.0, 5.0, way="back", road_class="path")]
    )
    told = say_route(there_and_back, SERVICE, language="en")
    assert " there:" in told
    assert " back:" in told
    assert told.endswith("in all 600 m, 9.0 min")
    none = pd.DataFrame([_leg(0, "", float("nan"), float("nan")) | {"status": "unreachable", "facility_id": ""}])
    assert say_route(none, SERVICE, language="zh") == "a → 卫生室 · 旱季: 无法到达"


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.0, 500.0), min_size=1, max_size=30))
def test_shown_minutes_of_legs_add_up_to_the_shown_total(minutes: list[float]) -> None:
    shown = round_minutes(pd.Series(minutes))
    assert shown.sum() == pytest.approx(round(float(pd.Series(minutes).cumsum().iloc[-1]), 1))
    assert (shown >= 0).all()
    assert ((shown - minutes).abs() <= 0.1 + 1e-9).all()


def test_the_share_of_houses_and_the_people_in_a_zone_are_told(make: SimpleNamespace) -> None:
    """A quarter of the homesteads and 15 people; where nothing is in the zone, or nobody measured, no share is told."""
    exposure = make.exposure(["a", "b", "c"], ["high", "none", ""])
    table = exposure.exposure.assign(exposed_share=[0.25, 0.0, float("nan")], exposed_persons=[15.0, 0.0, float("nan")])
    told = {one: _hazard_lines(one, replace(exposure, exposure=table), "zh") for one in "abc"}
    assert "25% 的宅基地、15 人在威胁范围内" in told["a"][0][0]
    assert "宅基地" not in told["b"][0][0]
    assert told["c"][0] == []
    assert "宅基地" not in told["c"][1][0]
    assert "25% of the homesteads and 15 people in a zone" in _hazard_lines("a", replace(exposure, exposure=table), "en")[0][0]
