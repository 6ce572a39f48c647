"""Name why a settlement meets, misses or cannot be held against a standard: one code, two sentences and one class each.

A class says which kind of remedy closes the gap: build one, bring it nearer, keep the road open, add places, send staff, bring what
stands up to standard, supply more of it; ``unknown`` says that somebody must look first. A settlement that no path joins to a facility
is ``too_far``, as is one joined to no network: the way is what it lacks.

By hand: a village whose clinic has no qualified doctor → ``NO-DOCTOR``, class ``no_staff``; one without a clinic → ``NONE-IN-UNIT``,
class ``no_facility``.
"""

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
TIMES_NOT_COMPUTED: Final = "TIMES-NOT-COMPUTED"
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
MODE_DIFFERS: Final = "MODE-DIFFERS"
ROAD_CUT_WET: Final = "ROAD-CUT-WET"
NO_DOCTOR: Final = "NO-DOCTOR"
NOT_TO_STANDARD: Final = "NOT-TO-STANDARD"
NOT_PUBLIC: Final = "NOT-PUBLIC"
REQUIREMENT_UNKNOWN: Final = "REQUIREMENT-UNKNOWN"
STAFF_TOO_FEW: Final = "STAFF-TOO-FEW"
AMOUNT_TOO_LOW: Final = "AMOUNT-TOO-LOW"
AMOUNT_UNKNOWN: Final = "AMOUNT-UNKNOWN"
PEOPLE_UNKNOWN: Final = "PEOPLE-UNKNOWN"
NOBODY_ASKED: Final = "NOBODY-ASKED"
OUT_OF_RADIUS: Final = "OUT-OF-RADIUS"
PLACE_UNKNOWN: Final = "PLACE-UNKNOWN"
QUANTITY_TOO_LOW: Final = "QUANTITY-TOO-LOW"
FULL: Final = "FULL"
CAPACITY_UNKNOWN: Final = "CAPACITY-UNKNOWN"
SEATS_NOT_COMPUTED: Final = "SEATS-NOT-COMPUTED"

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
    TIMES_NOT_COMPUTED: (
        "计划列出了该服务,但不计算其出行时间(times: false)",
        "the plan lists this service and does not search travel times to it (times: false)",
    ),
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
    MODE_DIFFERS: (
        "计划中该服务的出行方式或步行者与标准不同",
        "the plan reaches this service by another mode, or with another walker, than the standard speaks of",
    ),
    ROAD_CUT_WET: (
        "旱季达标,雨季道路中断或绕行过远",
        "met in the dry season; in the wet season the road is cut or the detour too long",
    ),
    NO_DOCTOR: ("有设施,但缺少合格人员", "a facility stands in the unit without the qualified staff the standard asks for"),
    NOT_TO_STANDARD: ("有设施,但未达标", "a facility stands in the unit and is not up to standard"),
    NOT_PUBLIC: ("有设施,但不是公办", "a facility stands in the unit and is not public"),
    REQUIREMENT_UNKNOWN: (
        "有设施,但其人员、性质或达标情况不明",
        "a facility stands in the unit; whether it has the staff, is public or up to standard is not known",
    ),
    STAFF_TOO_FEW: ("按人口计,人员不足", "too few staff for the people of the unit"),
    AMOUNT_TOO_LOW: ("按人口计,数量不足", "too little for the people of the unit"),
    AMOUNT_UNKNOWN: ("区划内设施的数量或人员不明", "the amount of some facility of the unit is not known"),
    PEOPLE_UNKNOWN: ("应服务的人口不明", "how many people are to be served is not known"),
    NOBODY_ASKED: ("没有应服务的人口", "nobody lives here for whom this is asked"),
    OUT_OF_RADIUS: ("在所有设施的服务半径之外", "outside the service radius of every facility"),
    PLACE_UNKNOWN: ("自然村或设施的位置不明", "where the settlement or a facility stands is not known"),
    QUANTITY_TOO_LOW: ("人均量低于标准", "less per person than the standard asks for"),
    FULL: ("范围内有设施,但名额已满", "facilities within reach are full"),
    CAPACITY_UNKNOWN: ("范围内设施的容量不明", "the capacity of facilities within reach is not known"),
    SEATS_NOT_COMPUTED: ("没有计算该项的学位或床位分配", "places were not assigned for this item"),
}
"""Cause code → (Chinese, English)."""

CAUSE_CLASSES: Final[dict[str, tuple[str, str]]] = {
    "": ("", ""),
    "no_facility": ("无设施", "no facility"),
    "too_far": ("太远或不通", "too far, or no way"),
    "wet_cut": ("雨季中断", "cut in the wet season"),
    "full": ("容量不足", "full"),
    "no_staff": ("缺人员", "staff missing"),
    "below_standard": ("未达标", "not up to standard"),
    "too_little": ("数量不足", "too little of it"),
    "unknown": ("情况不明", "unknown"),
}
"""Class of cause → (Chinese, English); "" where the standard is met."""

_CLASS_MEMBERS: Final[dict[str, tuple[str, ...]]] = {
    "": (MET,),
    "no_facility": (NONE_IN_UNIT, TOO_FEW_IN_UNIT),
    "too_far": (TOO_LONG, TOO_LONG_OFF_ROAD, TOO_FAR, ROAD_TOO_FAR, OUT_OF_RADIUS, NO_PATH, NOT_JOINED),
    "wet_cut": (ROAD_CUT_WET,),
    "full": (FULL,),
    "no_staff": (NO_DOCTOR, STAFF_TOO_FEW),
    "below_standard": (NOT_TO_STANDARD, NOT_PUBLIC),
    "too_little": (SHARE_TOO_LOW, AMOUNT_TOO_LOW, QUANTITY_TOO_LOW),
}

CLASS_OF_CAUSE: Final[dict[str, str]] = {
    **dict.fromkeys(CAUSES, "unknown"),
    **{code: name for name, codes in _CLASS_MEMBERS.items() for code in codes},
}
"""Cause code → class of cause."""
