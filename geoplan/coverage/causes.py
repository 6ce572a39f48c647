"""Name why a settlement meets, misses or cannot be held against a standard: one code, two sentences each."""

from __future__ import annotations

from typing import Final

MET: Final = ""
TOO_LONG: Final = "TRAVEL-TOO-LONG"
TOO_LONG_OFF_ROAD: Final = "OFF-ROAD-LEG-TOO-LONG"
TOO_FAR: Final = "TOO-FAR"
ROAD_TOO_FAR: Final = "ROAD-TOO-FAR"
NONE_IN_UNIT: Final = "NONE-IN-UNIT"
TOO_FEW_IN_UNIT: Final = "TOO-FEW-IN-UNIT"
SHARE_TOO_LOW: Final = "SHARE-TOO-LOW"
NO_PATH: Final = "NO-PATH"
NOT_JOINED: Final = "NOT-JOINED"
NO_DATA: Final = "NO-DATA"
SERVICE_NOT_IN_PLAN: Final = "SERVICE-NOT-IN-PLAN"
SEASON_NOT_COMPUTED: Final = "SEASON-NOT-COMPUTED"
TRIP_DIFFERS: Final = "TRIP-DIFFERS"
ROW_MISSING: Final = "ROW-MISSING"
VALUE_MISSING: Final = "VALUE-MISSING"
LAYER_EMPTY: Final = "LAYER-EMPTY"
UNIT_UNKNOWN: Final = "UNIT-UNKNOWN"
FACILITY_UNSURE: Final = "FACILITY-UNSURE"
COLUMN_ABSENT: Final = "COLUMN-ABSENT"
SHARE_INVALID: Final = "SHARE-INVALID"
ROAD_CONDITION_UNKNOWN: Final = "ROAD-CONDITION-UNKNOWN"
ROAD_NOT_RESOLVED: Final = "ROAD-NOT-RESOLVED"

CAUSES: Final[dict[str, tuple[str, str]]] = {
    MET: ("", ""),
    TOO_LONG: ("出行时间超过标准", "travel takes longer than the standard allows"),
    TOO_LONG_OFF_ROAD: (
        "仅从自然村步行到道路就已超过标准时间",
        "the walk from the settlement to the road alone takes longer than the standard allows",
    ),
    TOO_FAR: ("距离超过标准", "farther than the standard allows"),
    ROAD_TOO_FAR: ("标准距离内没有符合条件的道路", "no road that meets the standard lies within the distance"),
    NONE_IN_UNIT: ("本级区划内没有该设施", "no such facility stands in the unit"),
    TOO_FEW_IN_UNIT: ("本级区划内设施数量不足", "fewer such facilities in the unit than the standard asks for"),
    SHARE_TOO_LOW: ("达标农户比例低于标准", "too few households have it"),
    NO_PATH: ("没有任何道路或步道可达", "no path leads to any such facility"),
    NOT_JOINED: (
        "在规定的接入距离内没有路网可接入,按未服务计",
        "not joined to any network within the stated distance, so it counts as not served",
    ),
    NO_DATA: ("没有资料可供判断", "the layer that would answer is absent or empty here"),
    SERVICE_NOT_IN_PLAN: ("计划文件没有列出该服务", "the plan does not list this service"),
    SEASON_NOT_COMPUTED: ("计划没有计算该季节", "the plan does not compute this season"),
    TRIP_DIFFERS: (
        "计划的单程或往返口径与标准不同",
        "the plan counts another kind of trip (one way or return) than the standard",
    ),
    ROW_MISSING: ("可达性结果中没有该自然村", "the access result has no row for this settlement"),
    VALUE_MISSING: ("数值缺失或无效", "the value is missing or invalid"),
    LAYER_EMPTY: ("该服务的设施图层为空", "the facility layers of this service are empty"),
    UNIT_UNKNOWN: ("自然村没有所属区划代码", "the settlement carries no code of the unit that must have it"),
    FACILITY_UNSURE: (
        "有设施无法确定所在区划或级别,不能断言没有",
        "a facility of this service cannot be placed in a unit or has no level, so its absence cannot be claimed",
    ),
    COLUMN_ABSENT: ("自然村图层没有这一字段", "the settlement layer has no such column"),
    SHARE_INVALID: ("比例不在0到1之间", "the share lies outside 0..1"),
    ROAD_CONDITION_UNKNOWN: (
        "最近道路的路面、等级或宽度未知",
        "surface, class or width of the nearest road is unknown",
    ),
    ROAD_NOT_RESOLVED: (
        "最近道路不合要求,更远道路是否合要求不得而知",
        "the nearest road does not meet the standard and a farther one within the distance may",
    ),
}
"""Cause code → (Chinese, English)."""
