"""List the canonical columns of every layer, with unit and labels: the vocabulary every room shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "code", "number", "integer", "boolean"]


@dataclass(frozen=True)
class Column:
    """One canonical column."""

    name: str
    kind: Kind
    unit: str
    label_zh: str
    label_en: str


def _table(*rows: tuple[str, Kind, str, str, str]) -> dict[str, Column]:
    names = [row[0] for row in rows]
    doubled = {one for one in names if names.count(one) > 1}
    if doubled:
        raise ValueError(f"columns listed twice: {', '.join(sorted(doubled))}")
    return {row[0]: Column(*row) for row in rows}


COLUMNS: dict[str, Column] = _table(
    ("settlement_id", "code", "", "自然村编号", "settlement id"),
    ("name", "text", "", "名称", "name"),
    ("code", "code", "", "统计用区划代码", "statistical code"),
    ("parent_code", "code", "", "上级代码", "parent code"),
    ("group_code", "code", "", "村民小组代码", "village group code"),
    ("village_code", "code", "", "行政村代码", "administrative village code"),
    ("township_code", "code", "", "乡镇代码", "township code"),
    ("county_code", "code", "", "县代码", "county code"),
    ("persons", "number", "人", "人口", "people"),
    ("households", "number", "户", "户数", "households"),
    ("willing_households", "number", "户", "愿搬户数", "households willing to move"),
    ("labour_persons", "number", "人", "劳动力", "people who can work"),
    ("lowincome_persons", "number", "人", "低收入人口", "people of low income"),
    ("dibao_persons", "number", "人", "低保人口", "people on the basic allowance"),
    ("medical_persons", "number", "人", "需医疗救助人口", "people in need of medical aid"),
    ("disaster_persons", "number", "人", "受灾人口", "people hit by a disaster"),
    ("kindergarten_persons", "number", "人", "幼儿(3—5岁)", "children of kindergarten age (3–5)"),
    ("grade13_persons", "number", "人", "小学1—3年级学生", "pupils of grades 1–3"),
    ("grade46_persons", "number", "人", "小学4—6年级学生", "pupils of grades 4–6"),
    ("junior_persons", "number", "人", "初中学生", "junior-school pupils"),
    ("elder_persons", "number", "人", "60岁以上人口", "people of 60 and over"),
    ("water_l_person_day", "number", "L/人·日", "人均日供水量", "water per person and day"),
    ("networks_share", "number", "", "三网覆盖户比例", "share of households with the three networks"),
    ("surveyed", "text", "", "调查日期", "day of survey"),
    ("homestead_id", "code", "", "宅基地编号", "homestead id"),
    ("works_yuan", "number", "元", "治理工程费用", "cost of works"),
    ("farmland_mu", "number", "亩", "耕地", "farmland"),
    ("homestead_m2", "number", "m²", "宅基地面积", "homestead area"),
    ("safe_water_share", "number", "", "安全饮水户比例", "share of households with safe water"),
    ("power_share", "number", "", "生活用电户比例", "share of households with power"),
    ("production_power_share", "number", "", "生产用电户比例", "share of households with production power"),
    ("production_water_share", "number", "", "生产用水户比例", "share of households with production water"),
    ("broadband_share", "number", "", "宽带户比例", "share of households with broadband"),
    ("tv_share", "number", "", "广播电视户比例", "share of households with TV"),
    ("road_id", "code", "", "道路编号", "road id"),
    ("road_class", "text", "", "道路等级", "road class"),
    ("surface", "text", "", "路面类型", "surface"),
    ("width_m", "number", "m", "路面宽度", "width"),
    ("oneway", "integer", "", "单行", "one-way (1 along, -1 against, 0 both)"),
    ("crossing", "text", "", "跨越方式", "crossing kind"),
    ("road_layer", "integer", "", "层", "vertical layer"),
    ("maxspeed_kmh", "number", "km/h", "限速", "speed limit"),
    ("line_id", "code", "", "线路编号", "bus line id"),
    ("headway_min", "number", "min", "发车间隔", "headway"),
    ("facility_id", "code", "", "设施编号", "facility id"),
    ("level", "text", "", "级别", "level"),
    ("capacity", "number", "", "容量", "capacity"),
    ("staff", "number", "人", "人员", "staff"),
    ("doctors", "number", "人", "合格医生", "qualified doctors"),
    ("gps", "number", "人", "全科医生", "general practitioners"),
    ("teachers", "number", "人", "教师", "teachers"),
    ("boarding_seats", "number", "", "寄宿床位", "boarding places"),
    ("standard_met", "boolean", "", "达标", "up to standard"),
    ("public", "boolean", "", "公办", "public"),
    ("supply_kva", "number", "kVA", "变压器容量", "transformer capacity"),
    ("water_kind", "text", "", "供水类型", "water supply kind"),
    ("yield_m3_day", "number", "m³/d", "日供水量", "yield"),
    ("reliability_share", "number", "", "供水保证率", "reliability"),
    ("hazard_id", "code", "", "隐患点编号", "hazard id"),
    ("hazard_class", "text", "", "危险等级", "hazard class"),
    ("radius_m", "number", "m", "威胁半径", "threatened radius"),
    ("setback_m", "number", "m", "避让距离", "setback"),
    ("site_id", "code", "", "安置点编号", "site id"),
    ("site_kind", "text", "", "安置点类型", "site kind"),
    ("capacity_households", "number", "户", "可安置户数", "capacity in households"),
    ("barrier_kind", "text", "", "阻隔类型", "barrier kind"),
    ("kind", "text", "", "类型", "kind"),
)

ROAD_CLASSES: dict[str, tuple[str, str]] = {
    "motorway": ("高速公路", "motorway"),
    "national": ("国道", "national road"),
    "provincial": ("省道", "provincial road"),
    "county": ("县道", "county road"),
    "township": ("乡道", "township road"),
    "village": ("村道", "village road"),
    "group": ("通组路", "group road"),
    "track": ("机耕道", "farm track"),
    "path": ("步行小路", "footpath"),
    "ferry": ("渡口", "ferry"),
    "unknown": ("未知等级", "class unknown"),
}
SURFACES: dict[str, tuple[str, str]] = {
    "asphalt": ("沥青", "asphalt"),
    "concrete": ("水泥", "concrete"),
    "gravel": ("砂石", "gravel"),
    "earth": ("土路", "earth"),
    "stone": ("石板", "stone slabs"),
    "water": ("水面", "water"),
    "unknown": ("未知路面", "surface unknown"),
}
CROSSINGS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "bridge": ("桥", "bridge"),
    "tunnel": ("隧道", "tunnel"),
    "ford": ("漫水路", "ford"),
    "ferry": ("渡船", "ferry"),
    "rope": ("溜索", "rope crossing"),
}
