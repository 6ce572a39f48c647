"""Say moves, limits, verdicts and money in the same words and colours on map, pages and plots.

Each label is a pair (Chinese, English). Money: 25,400,000 yuan is 2,540 万元 or 25.4 million yuan; 612,000,000 is 6.12 亿元 or 612 million
yuan.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from geoplan.report.encoding import page_name
from geoplan.report.style import MISSING, SITE_COLOUR

Label = tuple[str, str]

MOVE_LABELS: Final[dict[str, Label]] = {
    "assigned": ("已安排搬迁", "moved to a site"),
    "unassigned": ("应安排而未能安排", "to move, no site found"),
    "stays": ("留居", "stay"),
    "undecided": ("未定(证据不足)", "undecided (evidence missing)"),
}
MOVE_COLOURS: Final[dict[str, str]] = {
    "assigned": SITE_COLOUR,
    "unassigned": "#e66101",
    "stays": "#9ecae8",
    "undecided": "#ffffff",
}
"""Fill of the four; undecided is hatched wherever it is a surface."""
BINDING_LABELS: Final[dict[str, Label]] = {
    "area": ("可建面积", "buildable area"),
    "school": ("学位", "school seats"),
    "clinic": ("医疗服务能力", "clinic capacity"),
    "stated": ("登记容量", "stated capacity"),
}
FORM_LABELS: Final[dict[str, Label]] = {
    "whole": ("整组搬迁", "the whole group moves"),
    "single": ("单户搬迁", "single households move"),
    "none": ("不搬", "nobody moves"),
    "undecided": ("未定", "undecided"),
}
VERDICT_LABELS: Final[dict[str, Label]] = {
    "certain_move": ("确定应搬", "certain to move"),
    "certain_stay": ("确定可留", "certain to stay"),
    "depends": ("尚不确定", "not certain"),
}
CHEAPER_LABELS: Final[dict[str, Label]] = {
    "serve": ("就地保障更省", "serving in place is cheaper"),
    "move": ("搬迁更省", "moving is cheaper"),
    "equal": ("两者相当", "both cost the same"),
    "unknown": ("无法比较", "cannot be compared"),
}
LINK_LABELS: Final[dict[str, Label]] = {
    "new": ("新建道路", "new road"),
    "upgrade": ("改造道路", "road to upgrade"),
    "bridge": ("新建桥梁", "new bridge"),
}
LINK_COLOURS: Final[dict[str, str]] = {"new": "#d95f02", "upgrade": "#a6761d", "bridge": "#7570b3"}
KIND_LABELS: Final[dict[str, Label]] = {
    "patch": ("新选地块", "new patch"),
    "集镇": ("集镇", "market town"),
    "聚居点": ("新村聚居点", "village settlement"),
    "园区": ("产业园区", "industrial park"),
}
UNIT_LABELS: Final[dict[str, Label]] = {
    "person": ("人", "people"), "household": ("户", "households"), "group": ("组", "group"), "village": ("村", "village"),
    "township": ("乡", "township"), "m2": ("m²", "m²"),
    "yuan": ("元", "yuan"), "m": ("m", "m"),
}  # fmt: skip
"""Units of cost items."""
TREATMENT_EN: Final[dict[str, str]] = {
    "监测预警": "monitoring and warning",
    "工程治理": "protective works",
    "避让搬迁": "move away",
}
PLAN_STATUS: Final[dict[str, Label]] = {
    "optimal": ("已证明最优(在允许间隙内)", "proven optimal within the gap allowed"),
    "feasible": ("可行解,时限内未证明最优", "feasible, time ran out before the proof"),
    "empty": ("没有可安排的人或安置点", "nobody to move, or no site"),
}
_PLAIN_ID = re.compile(r"[0-9A-Z_\-]{1,80}")
_STEPS: Final = (("zh", 1e8, "亿元"), ("zh", 1e4, "万元"), ("zh", 1.0, "元"), ("en", 1e6, "million yuan"), ("en", 1.0, "yuan"))


def say(labels: dict[str, Label], key: str, language: str) -> str:
    """Return a label in a language; the key itself where it has none."""
    pair = labels.get(key, (key, key))
    return pair[0] if language == "zh" else pair[1]


def format_yuan(value: float | None, language: str = "zh") -> str:
    """Return an amount of money to three or more figures, with its unit; ``–`` where not known.

    >>> format_yuan(25_400_000.0), format_yuan(25_400_000.0, "en"), format_yuan(812.4), format_yuan(float("nan"))
    ('2,540 万元', '25.4 million yuan', '812 元', '–')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    size = abs(value)
    steps = [(scale, name) for spoken, scale, name in _STEPS if spoken == language]
    scale, name = next((one for one in steps if size >= one[0]), steps[-1])
    shown = value / scale
    digits = 0 if scale == 1.0 or abs(shown) >= 1000 else 1 if abs(shown) >= 10 else 2
    text = f"{shown:,.{digits}f}".replace("-", "−")
    if digits and "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{'0' if text == '−0' else text} {name}"


def site_page_name(site: str) -> str:
    """Return the file name of a site's page: its id where that is plain, else as `encoding.page_name` does; no two ids share a name on any disk.

    >>> site_page_name("P571675-3572075"), site_page_name("p1"), site_page_name("../x")
    ('site_P571675-3572075.html', 'x7031.html', 'x2e2e2f78.html')
    """
    return f"site_{site}.html" if _PLAIN_ID.fullmatch(site) else page_name(site)


def words_payload() -> dict[str, Any]:
    """Return labels and colours for the scripts."""
    return {
        "moves": list(MOVE_LABELS.values()), "moveColours": list(MOVE_COLOURS.values()), "bindings": BINDING_LABELS, "forms": FORM_LABELS,
        "verdicts": list(VERDICT_LABELS.values()), "links": LINK_LABELS, "linkColours": LINK_COLOURS, "kinds": KIND_LABELS,
        "treatments": {zh: [zh, en] for zh, en in TREATMENT_EN.items()}, "status": PLAN_STATUS,
    }  # fmt: skip
