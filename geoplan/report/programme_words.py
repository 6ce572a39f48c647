"""Say roads to build, water, power and what two departments know in the words and colours of the map of what to build.

Each label is a pair (Chinese, English); `words_payload` hands all of them to the scripts, so that no label is written there. By hand: a link of
kind ``ferry_bridge`` is 渡改桥 in Chinese, ``bridge in place of a ferry`` in English.
"""

from __future__ import annotations

from typing import Any, Final

from geoplan.contracts.cost_profile import PLATFORM_LABELS
from geoplan.report.ledger_sheets import COST_STATUS_LABELS
from geoplan.report.style import RIVER_COLOUR

Label = tuple[str, str]

ROAD_LABELS: Final[dict[str, Label]] = {
    "new": ("新修公路", "new road"),
    "upgrade": ("既有道路硬化、加宽", "road hardened and widened"),
    "bridge": ("新建桥梁", "new bridge"),
    "ferry_bridge": ("渡改桥", "bridge in place of a ferry"),
    "rope_bridge": ("溜索改桥", "bridge in place of a rope"),
    "ford_bridge": ("漫水路改桥", "bridge in place of a ford"),
}
ROAD_COLOURS: Final[dict[str, str]] = {
    "new": "#d95f02", "upgrade": "#8a5a12", "bridge": "#7570b3", "ferry_bridge": "#0072b2", "rope_bridge": "#a50f2d", "ford_bridge": "#117733",
}  # fmt: skip
SERVED_LABELS: Final[dict[str, Label]] = {
    "gravity": ("自流集中供水", "by gravity from a scheme"),
    "pump": ("提水集中供水", "pumped from a scheme"),
    "dispersed": ("分散水源", "dispersed source"),
    "none": ("无水源可供", "no source serves them"),
    "unknown": ("未知(缺数据)", "unknown (no data)"),
}
SERVED_COLOURS: Final[dict[str, str]] = {
    "gravity": RIVER_COLOUR, "pump": "#332288", "dispersed": "#44aa99", "none": "#a50f2d", "unknown": "#ffffff",
}  # fmt: skip
"""Unknown is white with a dashed ring wherever it is drawn."""
WITHIN_LABELS: Final[dict[str, Label]] = {
    "true": ("半径以内", "within the radius"),
    "false": ("半径以外", "beyond the radius"),
    "unknown": ("未知(缺数据)", "unknown (no data)"),
}
WITHIN_COLOURS: Final[dict[str, str]] = {"true": "#9ecae8", "false": "#d55e00", "unknown": "#ffffff"}
STATE_LABELS: Final[dict[str, Label]] = {
    "contradicts": ("矛盾", "contradict"),
    "left_only": ("仅{left}有", "only {left}"),
    "right_only": ("仅{right}有", "only {right}"),
    "unknown": ("无可比数值", "nothing to compare"),
    "agrees": ("一致", "agree"),
}
"""States of a row of a comparison, most pressing first; the two sides are named by the comparison."""
STATE_COLOURS: Final[dict[str, str]] = {
    "contradicts": "#a50f2d", "left_only": "#e69f00", "right_only": "#882255", "unknown": "#ffffff", "agrees": "#0072b2",
}  # fmt: skip
STATE_SHAPES: Final[dict[str, str]] = {
    "contradicts": "triangle", "left_only": "square", "right_only": "diamond", "unknown": "dot", "agrees": "dot",
}  # fmt: skip
"""States differ in shape too, for those who do not tell the colours apart."""
MODEL_LABELS: Final[dict[str, Label]] = {
    "lscp": ("全覆盖所需最少新建数", "fewest that cover everybody"),
    "mclp": ("覆盖人口最多", "most people covered"),
    "p_median": ("总出行人·分钟最少", "least person-minutes"),
    "p_center": ("最远者用时最短", "shortest longest way"),
}
SOLVED_LABELS: Final[dict[str, Label]] = {
    "optimal": ("已证明最优", "proven best"),
    "feasible": ("可行,未证明最优", "feasible, not proven best"),
    "infeasible": ("现有数量下无法全部满足", "cannot serve everybody with so many"),
}
METHOD_LABELS: Final[dict[str, Label]] = {
    "exact": ("已证明最省", "proven cheapest"),
    "bounded": ("有下界的近似解", "near-best with a proven bound"),
}
MATCHED_LABELS: Final[dict[str, Label]] = {
    "code": ("编码相同", "same code"),
    "name": ("名称相同或相近", "same or like name"),
    "place": ("位置相近", "near place"),
    "": ("未匹配", "no match"),
}
WATER_KIND_LABELS: Final[dict[str, Label]] = {
    "scheme": ("集中供水工程", "central scheme"),
    "source": ("分散水源(山泉)", "dispersed source (spring)"),
    "": ("类型未知的水源", "source of unknown kind"),
}
RULE_LABELS: Final[dict[str, Label]] = {
    "true": ("达标", "met"), "met": ("达标", "met"), "false": ("未达标", "not met"), "short": ("未达标", "not met"), "unknown": ("未知", "unknown"),
}  # fmt: skip
AGREES_LABELS: Final[dict[str, Label]] = {
    "true": ("一致", "agrees"),
    "false": ("矛盾", "contradicts"),
    "unknown": ("未知", "unknown"),
}
LEVEL_LABELS: Final[dict[str, Label]] = {
    "county": ("县级", "county"),
    "township": ("乡镇级", "township"),
    "village": ("村级", "village"),
}
PLACE_LABEL: Final[Label] = ("位置", "place")
QUESTION_COLOURS: Final = ("#a50f2d", "#332288", "#117733", "#882255", "#0072b2", "#661100")
RANK_COLOURS: Final = ("#ffffff", "#d4dde6", "#a3b6c9", "#6f8cab", "#3b5f8a")
"""Fifths of the ranked townships, best served first: the darker, the worse."""
BEYOND_COLOURS: Final = ("#d55e00", "#882255", "#117733", "#332288")
"""Who lies beyond the radius of the first, second … network."""


def words_payload() -> dict[str, Any]:
    """Return labels and colours for the scripts."""
    return {
        "roads": ROAD_LABELS, "roadColours": ROAD_COLOURS, "served": SERVED_LABELS, "servedColours": SERVED_COLOURS,
        "within": WITHIN_LABELS, "withinColours": WITHIN_COLOURS, "states": STATE_LABELS, "stateColours": STATE_COLOURS, "stateShapes": STATE_SHAPES,
        "models": MODEL_LABELS, "solved": SOLVED_LABELS, "methods": METHOD_LABELS, "matched": MATCHED_LABELS, "waterKinds": WATER_KIND_LABELS,
        "rules": RULE_LABELS, "levels": LEVEL_LABELS, "agrees": AGREES_LABELS, "questionColours": QUESTION_COLOURS,
        "rankColours": RANK_COLOURS, "beyondColours": BEYOND_COLOURS,
        "platforms": PLATFORM_LABELS, "costStatus": COST_STATUS_LABELS,
    }  # fmt: skip
