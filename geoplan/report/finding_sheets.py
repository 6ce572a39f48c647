"""Lay out what else was found as sheets: ranking, seats and staff, water, layers compared, roads, siting, costs of serving and moving, sites.

Each function takes a result and returns sheets; a status word stands beside every number that may be missing. By hand: a source yielding 12 m³/d for
60 people in need of 6 m³/d is used to 50.0%.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from geoplan.contracts.columns import COLUMNS
from geoplan.contracts.coverage import ComparisonResult, RankingResult, RoadProgramme, SeatsResult, SitingResult, WaterResult
from geoplan.contracts.relocation import AllocationResult, DecisionResult
from geoplan.report.relocation_words import BINDING_LABELS, CHEAPER_LABELS
from geoplan.report.style import label
from geoplan.report.workbook_sheet import Field, Sheet

Words = Mapping[str, tuple[str, str]]
STATUS_WORDS: Final[Words] = {
    "ok": ("已知", "known"),
    "unreachable": ("不可达", "unreachable"),
    "unsnapped": ("未接入路网", "not joined"),
    "no_data": ("无资料", "no data"),
}
_KIND: Final[Words] = {"day": ("走读", "day"), "boarding": ("寄宿", "boarding")}
_SERVED: Final[Words] = {
    "gravity": ("自流集中供水", "gravity scheme"), "pump": ("提水集中供水", "pumped scheme"), "dispersed": ("分散供水", "dispersed source"),
    "none": ("无水源", "none"), "unknown": ("未知", "unknown"),
}  # fmt: skip
_WATER_KIND: Final[Words] = {"scheme": ("集中供水工程", "scheme"), "source": ("水源点", "source")}
AGREEMENT_WORDS: Final[Words] = {
    "agrees": ("一致", "agrees"), "contradicts": ("矛盾", "contradicts"), "left_only": ("仅甲方有", "left only"),
    "right_only": ("仅乙方有", "right only"),
}  # fmt: skip
_MATCHED: Final[Words] = {"code": ("编码", "code"), "name": ("名称", "name"), "place": ("位置", "place"), "": ("未匹配", "none")}
LINK_WORDS: Final[Words] = {
    "new": ("新建", "new"), "upgrade": ("改造", "upgrade"), "bridge": ("新建桥梁", "bridge"), "ferry_bridge": ("渡改桥", "ferry to bridge"),
    "rope_bridge": ("溜索改桥", "rope to bridge"), "ford_bridge": ("漫水路改桥", "ford to bridge"),
}  # fmt: skip
_MODEL: Final[Words] = {
    "lscp": ("最少设施全覆盖", "fewest that cover all"), "mclp": ("最大覆盖人口", "most people covered"),
    "p_median": ("总时间最小", "least person-minutes"), "p_center": ("最远者最近", "least worst minutes"),
}  # fmt: skip
_SOLVED: Final[Words] = {
    "optimal": ("已证明最优", "proven optimal"), "feasible": ("可行,未证明最优", "feasible, not proven"), "infeasible": ("无可行方案", "infeasible"),
}  # fmt: skip
_TRI: Final[Words] = {"true": ("是", "yes"), "false": ("否", "no"), "unknown": ("未知", "unknown")}


def _say(column: pd.Series, words: Words, language: str) -> pd.Series:
    spoken = {code: label(pair, language) for code, pair in words.items()}
    text = column.fillna("").astype(str)
    return text.map(lambda one: spoken.get(one, one))


def _spoken(table: pd.DataFrame, language: str, **words: Words) -> pd.DataFrame:
    """Return a table without geometry whose ``_zh``/``_en`` pairs have a ``_label``, as have the columns named with their words."""
    frame = pd.DataFrame({name: table[name] for name in table.columns if name != "geometry"})
    tail = "_zh" if language == "zh" else "_en"
    for name in list(frame.columns):
        if isinstance(name, str) and name.endswith(tail):
            frame[f"{name.removesuffix(tail)}_label"] = frame[name]
    for name, spoken in words.items():
        if name in frame:
            frame[f"{name}_label"] = _say(frame[name], spoken, language)
    return frame


def _sheet(
    language: str,
    zh: tuple[str, str, str],
    en: tuple[str, str, str],
    fields: tuple[Field, ...],
    frame: pd.DataFrame,
    frozen: int = 2,
) -> Sheet:
    name, title, note = zh if language == "zh" else en
    return Sheet(name, title, note, fields, frame, frozen)


def list_ranking_sheets(result: RankingResult, *, language: str = "zh") -> list[Sheet]:
    """Return the ranking of townships with the interval of each rank, and the indicators behind it."""
    units = _spoken(result.units, language, status=STATUS_WORDS).sort_values(["rank", "code"], kind="stable")
    names = dict(zip(result.units["code"], result.units["name"], strict=True))
    indicators = _spoken(result.indicators, language, status=STATUS_WORDS)
    indicators["name"] = indicators["code"].map(names)
    fields = (
        Field("rank", "名次", "rank", "count", 7), Field("name", "乡镇", "township", "code", 12),
        Field("score", "得分(0—1,1最好)", "score (1 is best)", "score", 11), Field("rank_low", "名次区间(起)", "rank from", "count", 10),
        Field("rank_high", "名次区间(止)", "rank to", "count", 10), Field("p_rank", "恰为此名次的概率", "chance of this rank", "share", 12),
        Field("persons", "人口(人)", "people", "count", 10), Field("unknown_share", "未知比例", "share unknown", "share", 10),
        Field("status_label", "数据状态", "status", "code", 11), Field("reason_label", "说明", "reason", "text", 46),
        Field("code", "乡镇代码", "township code", "code", 15),
    )  # fmt: skip
    more = (
        Field("code", "乡镇代码", "township code", "code", 15), Field("name", "乡镇", "township", "code", 12),
        Field("label_label", "指标", "indicator", "text", 34), Field("value", "值", "value", "number", 10),
        Field("low", "下限(未知均缺)", "low", "number", 11), Field("high", "上限(未知均达标)", "high", "number", 12),
        Field("unit", "单位", "unit", "code", 9), Field("weight", "权重", "weight", "score", 8), Field("points", "得分", "points", "score", 8),
        Field("status_label", "数据状态", "status", "code", 11),
    )  # fmt: skip
    return [
        _sheet(
            language,
            ("乡镇排名", "乡镇综合排名及名次区间", "名次 1 为保障最好;区间越宽,名次越不可靠。相邻乡镇区间重叠时不宜作优劣判断。"),
            ("Ranking", "Townships ranked", "Rank 1 is best served; where intervals overlap the order is not sure."),
            fields,
            units,
        ),
        _sheet(
            language,
            ("排名指标", "排名所用指标", "上下限:未知人口全部算缺、全部算达标时的值。"),
            ("Indicators", "Indicators of the ranking", "Bounds: all unknown people short, or all served."),
            more,
            indicators,
        ),
    ]


def list_seat_sheets(result: SeatsResult, *, labels: Words, language: str = "zh") -> list[Sheet]:
    """Return 人员与学位: staff short of the standard, and seats used of each facility."""
    staff = _spoken(result.staff, language, item=labels, status=STATUS_WORDS)
    if "column" in staff:
        staff["column_label"] = _say(
            staff["column"], {one.name: (one.label_zh, one.label_en) for one in COLUMNS.values()}, language
        )
    seats = _spoken(result.facilities, language, item=labels, kind=_KIND, capacity_status=STATUS_WORDS)
    common = (
        Field("item_label", "标准项", "standard item", "text", 36), Field("facility_id", "设施编号", "facility id", "code", 14),
        Field("name", "设施", "facility", "text", 22), Field("township_code", "乡镇代码", "township code", "code", 15),
    )  # fmt: skip
    people = (
        *common, Field("column_label", "人员类别", "kind of staff", "code", 12),
        Field("have", "现有(人)", "have", "count", 9), Field("need", "应有(人)", "need", "count", 9),
        Field("short", "缺(人)", "short", "count", 9, total=True), Field("status_label", "数据状态", "status", "code", 11),
    )  # fmt: skip
    places = (
        *common, Field("kind_label", "类型", "kind", "code", 8), Field("capacity", "容量(个)", "capacity", "count", 10),
        Field("capacity_status_label", "容量状态", "status", "code", 11), Field("used", "已用(个)", "used", "count", 10, total=True),
        Field("free", "剩余(个)", "free", "count", 10),
    )  # fmt: skip
    return [
        _sheet(
            language,
            ("人员缺口", "设施人员配备", "人数不详的留空,状态为“无资料”,不算配齐。"),
            ("Staff", "Staff of facilities", "Empty where not known: that is not enough staff."),
            people,
            staff,
        ),
        _sheet(
            language,
            ("学位", "学位与床位使用", "学生按容量就近分配后的用量;合计随筛选变化。"),
            ("Seats", "Seats and boarding places", "After pupils were assigned within capacity."),
            places,
            seats,
        ),
    ]


def list_water_sheets(result: WaterResult, *, names: Mapping[str, str], language: str = "zh") -> list[Sheet]:
    """Return 供水: how each settlement can be supplied, and how far each source is used."""
    served = _spoken(result.settlements, language, served_by=_SERVED, status=STATUS_WORDS)
    served["settlement_name"] = served["settlement_id"].map(dict(names)).fillna("")
    sources = _spoken(result.sources, language, water_kind=_WATER_KIND, status=STATUS_WORDS)
    fields = (
        Field("settlement_id", "自然村编号", "settlement id", "code", 19), Field("settlement_name", "自然村", "settlement", "text", 16),
        Field("persons", "人口(人)", "people", "count", 9, total=True), Field("served_by_label", "供水方式", "served by", "code", 13),
        Field("source_name", "水源", "source", "text", 18), Field("head_m", "剩余水头(m)", "head left (m)", "tenth", 10),
        Field("lift_m", "扬程(m)", "lift (m)", "tenth", 9), Field("pipe_m", "管长(m)", "pipe (m)", "metres", 9),
        Field("l_person_day", "水量(升/人·日)", "L per person and day", "tenth", 10), Field("reliability_share", "保证率", "reliability", "share", 8),
        Field("round_trip_min", "取水往返(分钟)", "fetching (min)", "tenth", 12), Field("status_label", "数据状态", "status", "code", 11),
        Field("reason_label", "说明", "reason", "text", 46), Field("rules", "逐项规则", "rules", "code", 30, extra=True),
    )  # fmt: skip
    more = (
        Field("source_id", "水源编号", "source id", "code", 14), Field("name", "水源", "source", "text", 22),
        Field("water_kind_label", "类型", "kind", "code", 14), Field("yield_m3_day", "日供水量(m³/d)", "yield (m³/d)", "tenth", 11),
        Field("reliability_share", "保证率", "reliability", "share", 9), Field("persons", "供水人口(人)", "people", "count", 11, total=True),
        Field("demand_m3_day", "需水量(m³/d)", "demand (m³/d)", "tenth", 11, total=True), Field("used_share", "利用率", "share used", "share", 9),
        Field("status_label", "数据状态", "status", "code", 11),
    )  # fmt: skip
    return [
        _sheet(
            language,
            ("供水", "各自然村供水方案", "水量、水头未知的留空,状态说明原因;未知不算达标。"),
            ("Water", "How each settlement can be supplied", "Empty where not known."),
            fields,
            served,
        ),
        _sheet(
            language,
            ("水源", "水源与供需", "利用率 = 需水量 ÷ 日供水量。"),
            ("Water sources", "Sources: yield and demand", "Share used = demand ÷ yield."),
            more,
            sources,
        ),
    ]


def list_comparison_sheets(result: ComparisonResult, *, language: str = "zh") -> list[Sheet]:
    """Return 部门比对: how many rows agree, and every row of both layers with what contradicts."""
    summary = _spoken(result.summary, language, state=AGREEMENT_WORDS)
    rows = _spoken(result.rows, language, state=AGREEMENT_WORDS, matched_by=_MATCHED)
    words = (
        summary.drop_duplicates("comparison").set_index("comparison")["label_label"]
        if "label_label" in summary
        else pd.Series(dtype=object)
    )
    rows["comparison_label"] = rows["comparison"].map(words).fillna(rows["comparison"])
    fields = (
        Field("label_label", "比对", "comparison", "text", 34), Field("state_label", "结果", "state", "code", 12),
        Field("rows", "条数", "rows", "count", 9), Field("share", "占比", "share", "share", 9),
    )  # fmt: skip
    more = (
        Field("comparison_label", "比对", "comparison", "text", 26), Field("state_label", "结果", "state", "code", 10),
        Field("left_id", "甲方编号", "left id", "code", 18), Field("left_name", "甲方名称", "left name", "text", 20),
        Field("right_id", "乙方编号", "right id", "code", 18), Field("right_name", "乙方名称", "right name", "text", 20),
        Field("matched_by_label", "匹配依据", "matched by", "code", 9), Field("distance_m", "相距(m)", "apart (m)", "metres", 9),
        Field("columns", "矛盾字段", "columns that differ", "text", 22), Field("reason_label", "说明", "reason", "text", 36),
        Field("township_code", "乡镇代码", "township code", "code", 15, extra=True),
    )  # fmt: skip
    return [
        _sheet(
            language,
            ("部门比对汇总", "部门数据比对结果", "两个部门同类图层的一致、矛盾与单方记录。"),
            ("Comparison summary", "Layers of two departments compared", "Agreements, contradictions, one-sided rows."),
            fields,
            summary,
        ),
        _sheet(
            language,
            ("部门比对", "部门数据逐条比对", "两个图层的每一条记录恰好出现一次。"),
            ("Comparison", "Layers compared row by row", "Every row of both layers occurs exactly once."),
            more,
            rows,
        ),
    ]


def list_road_sheets(result: RoadProgramme, *, language: str = "zh") -> list[Sheet]:
    """Return 道路方案: every link to build or upgrade with length, cost, bridges, people and minutes gained."""
    links = _spoken(result.links, language, kind=LINK_WORDS)
    fields = (
        Field("link_id", "路段编号", "link id", "code", 14), Field("kind_label", "类型", "kind", "code", 13),
        Field("length_m", "长度(m)", "length (m)", "metres", 10, total=True), Field("bridges", "桥(座)", "bridges", "count", 8, total=True),
        Field("bridge_m", "桥长(m)", "bridge (m)", "metres", 9, total=True),
        Field("capital_yuan", "一次性投资(万元)", "capital (10,000 yuan)", "wan", 13, total=True),
        Field("yearly_yuan", "年养护(万元/年)", "yearly (10,000 yuan)", "wan", 12, total=True), Field("persons", "受益人口(人)", "people", "count", 11),
        Field("minutes_gained", "节省时间(人·分钟)", "person-minutes gained", "count", 12), Field("township_code", "乡镇代码", "township code", "code", 15),
        Field("groups", "受益村民小组", "groups", "text", 44),
    )  # fmt: skip
    return [
        _sheet(
            language,
            ("道路方案", "最省的新建与改造路段", "满足各组出行公路标准的最省路段组合;单价为量级估算,须以县级价替换。"),
            ("Roads", "Cheapest new and upgraded links", "By which every group meets its road standard."),
            fields,
            links,
        )
    ]


def list_siting_sheets(result: SitingResult, *, language: str = "zh") -> list[Sheet]:
    """Return 布点: where to build in which order, and what each budget covers."""
    summary = _spoken(result.summary, language, model=_MODEL, status=_SOLVED)
    words = dict(zip(summary["question"], summary["label_label"], strict=True)) if "label_label" in summary else {}
    sites = _spoken(result.sites, language, model=_MODEL)
    sites["question_label"] = sites["question"].map(lambda one: words.get(one, one))
    sites["existing_label"] = sites["existing"].map(
        {True: "现有" if language == "zh" else "existing", False: "新建" if language == "zh" else "new"}
    )
    curve = result.curve.copy()
    curve["question_label"] = curve["question"].map(lambda one: words.get(one, one))
    fields = (
        Field("question_label", "问题", "question", "text", 26), Field("order", "建设次序", "order", "count", 8),
        Field("existing_label", "现有/新建", "existing", "code", 9), Field("name", "地点", "place", "text", 20),
        Field("model_label", "模型", "model", "code", 16), Field("persons_gained", "新增覆盖(人)", "people gained", "count", 11),
        Field("persons_served", "服务人口(人)", "people served", "count", 11), Field("capacity", "容量", "capacity", "count", 9),
        Field("cost_yuan", "投资(万元)", "cost (10,000 yuan)", "wan", 11), Field("township_code", "乡镇代码", "township code", "code", 15),
        Field("candidate_id", "候选点编号", "candidate id", "code", 19),
    )  # fmt: skip
    more = (
        Field("question_label", "问题", "question", "text", 26), Field("facilities", "新建数", "facilities", "count", 8),
        Field("budget_yuan", "预算(万元)", "budget (10,000 yuan)", "wan", 11), Field("covered_persons", "最多覆盖(人)", "best covered", "count", 11),
        Field("bound_persons", "已证明上限(人)", "proven bound", "count", 12), Field("order_persons", "按次序建成覆盖(人)", "by this order", "count", 13),
        Field("gap_share", "与上限差距", "gap", "share", 10), Field("demand_persons", "需求人口(人)", "demand", "count", 11),
        Field("unreachable_persons", "到不了(人)", "unreachable", "count", 10), Field("unknown_persons", "未知(人)", "unknown", "count", 9),
    )  # fmt: skip
    return [
        _sheet(
            language,
            ("布点", "新建设施布点与次序", "次序 1 先建;新增覆盖为按次序建成时新增的人口。"),
            ("Siting", "Where to build, in which order", "1 is built first."),
            fields,
            sites,
        ),
        _sheet(
            language,
            ("布点曲线", "覆盖人口与预算", "最多覆盖为该预算下的最优,差距为 0 即已证明最优。"),
            ("Siting curve", "People covered against budget", "A gap of 0 is proven optimal."),
            more,
            curve,
        ),
    ]


def list_cost_sheets(
    decision: DecisionResult | None, allocation: AllocationResult | None, *, language: str = "zh"
) -> list[Sheet]:
    """Return 就地与搬迁 (serving each group beside moving it) and 安置点 (who finds room where)."""
    sheets = []
    if decision is not None:
        groups = _spoken(decision.groups, language, serve_status=STATUS_WORDS, move_status=STATUS_WORDS, cheaper=CHEAPER_LABELS)
        shown: tuple[Field, ...] = (
            Field("group_code", "组代码", "group code", "code", 17), Field("name", "村民小组", "group", "text", 18),
            Field("persons", "人口(人)", "people", "count", 9, total=True), Field("households", "户数(户)", "households", "count", 9, total=True),
            Field("serve_yuan", "就地配套(万元)", "serve (10,000 yuan)", "wan", 11, total=True),
            Field("serve_status_label", "就地费用状态", "status", "code", 10),
            Field("move_yuan", "搬迁(万元)", "move (10,000 yuan)", "wan", 11, total=True), Field("move_status_label", "搬迁费用状态", "status", "code", 10),
            Field("serve_yuan_per_person", "就地人均(元)", "serve, yuan each", "yuan", 11),
            Field("move_yuan_per_person", "搬迁人均(元)", "move, yuan each", "yuan", 11), Field("cheaper_label", "比较", "cheaper", "code", 14),
            Field("reason_label", "说明", "reason", "text", 44),
        )  # fmt: skip
        sheets.append(
            _sheet(
                language,
                ("就地与搬迁", "各组就地配套与搬迁费用比较", "现值;单价为量级估算(惯例),须以县级价替换后引用。"),
                ("Serve or move", "Serving each group beside moving it", "Present values at indicative prices."),
                shown,
                groups,
            )
        )
    if allocation is not None:
        sites = _spoken(allocation.sites, language, binding=BINDING_LABELS)
        sites["opened_label"] = sites["opened"].map(
            {True: "启用" if language == "zh" else "open", False: "未启用" if language == "zh" else "shut"}
        )
        fields = (
            Field("site_id", "安置点编号", "site id", "code", 18), Field("name", "安置点", "site", "text", 20),
            Field("opened_label", "是否启用", "open", "code", 9), Field("persons", "安置人口(人)", "people", "count", 11, total=True),
            Field("households", "安置户数(户)", "households", "count", 11, total=True), Field("capacity_persons", "容量(人)", "capacity", "count", 10),
            Field("load_share", "占用率", "load", "share", 9), Field("binding_label", "约束", "bound by", "code", 12),
            Field("settlements", "迁出自然村(个)", "settlements", "count", 10), Field("cost_yuan", "费用(万元)", "cost (10,000 yuan)", "wan", 11, total=True),
            Field("reason_label", "说明", "reason", "text", 36),
        )  # fmt: skip
        sheets.append(
            _sheet(
                language,
                ("安置点", "安置点启用与占用", "安置人口不超过容量。"),
                ("Sites", "Receiving sites and their load", "Nobody beyond capacity."),
                fields,
                sites,
            )
        )
    return sheets
