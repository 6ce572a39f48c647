"""Say how every layer of ``coverage.gpkg`` looks: the map's colours, Chinese or English words, and the order in which layers lie.

A layer may have several styles: units have one for the number of items not met and one for each item. By hand: a profile of 19 items gives ``groups``
twenty styles, the first of which is the default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import geopandas as gpd

from geoplan.contracts.columns import COLUMNS
from geoplan.contracts.standards_profile import StandardsProfile
from geoplan.contracts.status import RELOCATION_CLASS_EN
from geoplan.report import style
from geoplan.report.finding_sheets import AGREEMENT_WORDS, LINK_WORDS
from geoplan.report.qgis_frames import step_name
from geoplan.report.qgis_symbols import INK, Category, LayerStyle, Shape, Symbol
from geoplan.report.relocation_words import LINK_COLOURS

Label = tuple[str, str]
PIPE_COLOURS: Final = {"gravity": style.RIVER_COLOUR, "pump": "#332288"}
AGREEMENT_COLOURS: Final = {"agrees": "#9ecae8", "contradicts": "#a50f2d", "left_only": "#e69f00", "right_only": "#882255"}
NEW_COLOUR: Final = "#d95f02"
_PIPE_WORDS: Final[dict[str, Label]] = {"gravity": ("自流管道", "gravity pipe"), "pump": ("提水管道", "pumped pipe")}
_SITE_WORDS: Final[dict[str, Label]] = {"offered": ("可选安置点", "offered"), "excluded": ("已排除", "excluded")}
_BUILD_WORDS: Final[dict[str, Label]] = {"new": ("拟新建", "to build"), "existing": ("现有", "existing")}
LAYER_TITLES: Final[dict[str, Label]] = {
    "townships": ("乡镇", "townships"), "villages": ("行政村", "villages"), "groups": ("村民小组", "village groups"),
    "settlements": ("自然村", "settlements"), "facilities": ("设施", "facilities"), "open_gaps": ("缺口台账", "ledger of gaps"),
    "proposed_sites": ("拟建设施", "where to build"), "road_links": ("道路方案", "road links"), "pipes": ("供水管道", "pipes"),
    "lines": ("供电与通信线路", "power and signal lines"), "comparison": ("部门比对", "layers compared"),
    "candidate_sites": ("候选安置点(地块)", "candidate sites"), "candidate_places": ("候选安置点(集镇等)", "candidate places"),
}  # fmt: skip
"""Tables of the GeoPackage, in the order in which they are written."""
_ALIASES: Final[dict[str, Label]] = {
    "settlements": ("自然村数", "settlements"), "items_short": ("未达标项数", "items not met"), "items_unknown": ("未知项数", "items unknown"),
    "state": ("状态", "state"), "coverage": ("状态", "state"), "relocation_class": ("搬迁分类", "relocation class"),
    "candidacy_score": ("搬迁评分", "candidacy score"), "persons_status": ("人口状态", "status of people"), "hazard_status": ("灾害数据状态", "hazard status"),
    "worst_kind": ("主要灾种", "worst hazard"), "worst_class": ("最高危险等级", "worst class"), "road_m": ("距道路(米)", "to road (m)"),
    "road_status": ("道路数据状态", "road status"), "gaps": ("未达标项数", "items not met"), "unknowns": ("未知项数", "items unknown"),
    "service": ("服务", "service"), "snap_status": ("接入状态", "joined"), "gap_id": ("台账编号", "gap id"), "unit_code": ("单位代码", "unit code"),
    "unit_name": ("单位", "unit"), "township_name": ("乡镇", "township"), "village_name": ("村", "village"), "group_name": ("组", "group"),
    "item": ("标准项代号", "item id"), "item_label": ("标准项", "standard item"), "cause_label": ("原因", "cause"),
    "short_persons": ("缺口人数", "people short"), "short_households": ("缺口户数", "households short"), "unknown_persons": ("未知人数", "people not judged"),
    "deadline": ("期限(年)", "due (year)"), "overdue": ("逾期", "overdue"), "status_label": ("办理状态", "status"), "remedy_label": ("对策", "remedy"),
    "capital_yuan": ("一次性投资(元)", "capital (yuan)"), "yearly_yuan": ("年运行(元)", "yearly (yuan)"), "cost_status": ("费用状态", "cost status"),
    "platform": ("资金渠道", "platform"), "source": ("来源", "source"), "clause": ("条款", "clause"), "link_id": ("路段编号", "link id"),
    "length_m": ("长度(米)", "length (m)"), "bridges": ("桥(座)", "bridges"), "bridge_m": ("桥长(米)", "bridge (m)"),
    "minutes_gained": ("节省时间(人·分钟)", "person-minutes gained"), "groups": ("受益村民小组", "groups"), "pipe_id": ("管段编号", "pipe id"),
    "source_id": ("水源编号", "source id"), "mode": ("方式", "mode"), "diameter_mm": ("管径(mm)", "diameter (mm)"), "flow_l_s": ("流量(L/s)", "flow (L/s)"),
    "loss_m": ("水头损失(米)", "loss (m)"), "network": ("网络", "network"), "from_id": ("接自", "from"), "question": ("问题", "question"),
    "model": ("模型", "model"), "order": ("建设次序", "order"), "candidate_id": ("候选点编号", "candidate id"),
    "persons_gained": ("新增覆盖(人)", "people gained"), "persons_served": ("服务人口(人)", "people served"), "cost_yuan": ("投资(元)", "cost (yuan)"),
    "existing": ("现有", "existing"), "comparison": ("比对", "comparison"), "left_id": ("甲方编号", "left id"), "left_name": ("甲方名称", "left name"),
    "right_id": ("乙方编号", "right id"), "right_name": ("乙方名称", "right name"), "matched_by": ("匹配依据", "matched by"),
    "distance_m": ("相距(米)", "apart (m)"), "name_similarity": ("名称相似度", "likeness of names"), "columns": ("矛盾字段", "columns that differ"),
    "reason_label": ("说明", "reason"), "area_m2": ("面积(m²)", "area (m²)"), "slope_deg": ("坡度(°)", "slope (°)"),
    "capacity_persons": ("容量(人)", "capacity (people)"), "binding": ("约束", "bound by"), "seats_status": ("学位数据状态", "status of seats"),
    "seat_min": ("到乡镇驻地(分钟)", "to the seat (min)"), "seat_status": ("到驻地状态", "status"), "site_score": ("评分", "score"), "rank": ("名次", "rank"),
    "excluded_reason": ("排除原因", "excluded because"),
}  # fmt: skip


def state_categories(shape: Shape, language: str) -> tuple[Category, ...]:
    """Return the states of coverage in the map's colours, unknown hatched."""
    return tuple(
        Category(
            state,
            style.label(style.STATE_LABELS[state], language),
            Symbol(shape, colour, outline="#7a7a7a" if shape == "fill" else INK, width_mm=0.15, hatched=state == "unknown"),
        )
        for state, colour in style.STATE_COLOURS.items()
    )


def count_categories(language: str) -> tuple[Category, ...]:
    """Return the classes of units by items not met, in the map's colours."""
    zh = language == "zh"

    def fill(colour: str, *, hatched: bool = False) -> Symbol:
        return Symbol("fill", colour, outline="#7a7a7a", width_mm=0.15, hatched=hatched)

    out = [Category("0", "全部达标" if zh else "all met", fill(style.STATE_COLOURS["covered"]))]
    for (low, high), colour in zip(style.COUNT_STEPS, style.COUNT_COLOURS, strict=True):
        span = f"{low} 项及以上未达标" if high is None else f"{low}–{high} 项未达标"
        english = f"{low} or more not met" if high is None else f"{low}–{high} not met"
        out.append(Category(step_name(low, high), span if zh else english, fill(colour)))
    unknown = "无缺口,有未知项" if zh else "none short, some unknown"
    out.append(Category("unknown", unknown, fill(style.STATE_COLOURS["unknown"], hatched=True)))
    out.append(Category("empty", style.label(style.STATE_LABELS["empty"], language), fill(style.STATE_COLOURS["empty"])))
    return tuple(out)


def name_columns(columns: Iterable[str], standards: StandardsProfile, language: str) -> dict[str, str]:
    """Return column → words: those of the vocabulary, and of items and services by their label.

    A column without words has none, and shows its own name.
    """
    items = {one.id: style.label((one.label_zh, one.label_en), language) for one in standards.items}
    zh = language == "zh"
    patterns = (
        ("coverage_", "", "{}"),
        ("short_", "_persons", "{}:缺口人数" if zh else "{}: people short"),
        ("unknown_", "_persons", "{}:未知人数" if zh else "{}: people unknown"),
        ("covered_", "_share", "{}:达标率" if zh else "{}: share covered"),
    )
    found = {}
    for name in columns:
        if name in _ALIASES:
            found[name] = style.label(_ALIASES[name], language)
        elif name in COLUMNS:
            one = COLUMNS[name]
            words = one.label_zh if zh else one.label_en
            found[name] = f"{words}({one.unit})" if one.unit and zh else words
        for head, tail, text in patterns:
            if name.startswith(head) and name.endswith(tail):
                item = name.removeprefix(head).removesuffix(tail)
                if item in items:
                    found[name] = text.format(items[item])
    return found


def _by_words(
    shape: Shape, words: Mapping[str, Label], colours: Mapping[str, str], language: str, **look: float
) -> tuple[Category, ...]:
    return tuple(Category(one, style.label(words[one], language), Symbol(shape, colours[one], **look)) for one in words)  # type: ignore[arg-type]


def _by_colour(
    frame: gpd.GeoDataFrame, column: str, words: Mapping[str, str], shape: Shape, **look: float
) -> tuple[Category, ...]:
    """Return categories of what occurs in a column, those named in ``words`` first and in their order."""
    there = dict.fromkeys(frame[column].fillna("").astype(str))
    order = [one for one in words if one in there] + sorted(one for one in there if one not in words)
    places = {one: k for k, one in enumerate(words)}
    palette = style.FACILITY_COLOURS
    return tuple(
        Category(one, words.get(one, one), Symbol(shape, palette[places.get(one, k) % len(palette)], **look))  # type: ignore[arg-type]
        for k, one in enumerate(order)
    )


def style_layers(
    frames: Mapping[str, gpd.GeoDataFrame], standards: StandardsProfile, *, language: str, services: Sequence[tuple[str, str, str]] = (),
    networks: Sequence[tuple[str, str, str]] = (),
) -> dict[str, dict[str, LayerStyle]]:  # fmt: skip
    """Return table → style name → style; the first of a table is its default.

    Parameters
    ----------
    frames
        Table → frame, as `qgis_frames` gathers them.
    standards
        Items and their labels.
    language
        ``zh`` or ``en``.
    services, networks
        (id, Chinese, English) of the plan's services and line networks, in the plan's order: their place gives the colour, as on the map.
    """
    pick = 1 if language == "zh" else 2
    out: dict[str, dict[str, LayerStyle]] = {}
    for table, frame in frames.items():
        title = style.label(LAYER_TITLES[table], language)
        aliases = name_columns([one for one in frame.columns if one != frame.geometry.name], standards, language)
        if table in ("townships", "villages", "groups"):
            styles = _unit_styles(table, frame, standards, language)
        else:
            styles = {
                title: _plain_style(
                    table, frame, language, *({one[0]: one[pick] for one in part} for part in (services, networks))
                )
            }
        if table == "settlements":
            styles = _add_items(styles, "marker", frame, standards, language)
        out[table] = {name: replace(one, aliases=aliases, title=name) for name, one in styles.items()}
    return out


def _unit_styles(table: str, frame: gpd.GeoDataFrame, standards: StandardsProfile, language: str) -> dict[str, LayerStyle]:
    from_scale, points = {"townships": (0, 10.0), "villages": (150_000, 8.0), "groups": (40_000, 7.0)}[table]
    name = "未达标项数" if language == "zh" else "items not met"
    first = {name: LayerStyle(count_categories(language), "state", "name", from_scale, points)}
    return _add_items(first, "fill", frame, standards, language)


def _add_items(
    first: dict[str, LayerStyle], shape: Shape, frame: gpd.GeoDataFrame, standards: StandardsProfile, language: str
) -> dict[str, LayerStyle]:
    """Return a layer's styles and one for each item whose state the layer holds."""
    out = dict(first)
    base = next(iter(first.values()))
    for item in standards.items:
        if f"coverage_{item.id}" in frame:
            title = style.label((item.label_zh, item.label_en), language)
            named = title if title not in out else f"{title} ({item.id})"
            out[named] = replace(base, categories=state_categories(shape, language), attribute=f"coverage_{item.id}")
    return out


def _plain_style(
    table: str, frame: gpd.GeoDataFrame, language: str, services: Mapping[str, str], networks: Mapping[str, str]
) -> LayerStyle:
    if table == "settlements":
        classes = tuple(
            Category(
                one,
                one if language == "zh" else RELOCATION_CLASS_EN[one],
                Symbol("marker", colour, size_mm=1.8, hatched=one == "证据不足"),
            )
            for one, colour in style.RELOCATION_COLOURS.items()
        )
        return LayerStyle(classes, "relocation_class", "name", 25_000, 7.0)
    if table == "facilities":
        return LayerStyle(_by_colour(frame, "service", services, "marker", size_mm=2.6), "service", "name", 50_000, 7.0)
    if table == "open_gaps":
        open_states = tuple(one for one in state_categories("marker", language) if one.value in ("gap", "unreachable", "unknown"))
        return LayerStyle(open_states, "coverage")
    if table == "proposed_sites":
        colours = {"new": NEW_COLOUR, "existing": "#555555"}
        return LayerStyle(_by_words("marker", _BUILD_WORDS, colours, language, size_mm=3.4), "state", "name", 100_000)
    if table == "road_links":
        colours = {one: LINK_COLOURS.get(one, LINK_COLOURS["bridge"]) for one in LINK_WORDS}
        return LayerStyle(_by_words("line", dict(LINK_WORDS), colours, language, width_mm=0.9), "kind")
    if table == "pipes":
        return LayerStyle(_by_words("line", _PIPE_WORDS, PIPE_COLOURS, language, width_mm=0.6), "mode")
    if table == "lines":
        return LayerStyle(_by_colour(frame, "network", networks, "line", width_mm=0.5), "network")
    if table == "comparison":
        return LayerStyle(
            _by_words("marker", dict(AGREEMENT_WORDS), AGREEMENT_COLOURS, language, size_mm=2.6),
            "state",
            "left_name",
            50_000,
            7.0,
        )
    shape: Shape = "fill" if table == "candidate_sites" else "marker"
    sites = tuple(
        Category(
            one,
            style.label(words, language),
            Symbol(shape, style.SITE_COLOUR if one == "offered" else "", outline=style.SITE_COLOUR, size_mm=3.0),
        )
        for one, words in _SITE_WORDS.items()
    )
    return LayerStyle(sites, "state", "name", 50_000, 7.0)
