"""Say in words what serving and what moving a village group costs, and why the one is dearer.

Where something is not known, the range is told, and either that it does not matter ("即使未知项全部不足，就地配套仍更省") or which item would decide.

By hand: 40 people, serving 1,337,639 and moving 3,200,000 yuan: "20 年现值：就地配套每人 3.34 万元，搬迁每人 8.00 万元，就地更省……".
"""

from __future__ import annotations

import math

import pandas as pd

from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.status import Status
from geoplan.relocation.deciding_items import find_deciding

_OK = str(Status.OK)
_CHEAPER = {
    "serve": ("就地更省", "serving in place costs less"),
    "move": ("搬迁更省", "moving costs less"),
    "equal": ("两者相当", "both cost the same"),
}


def say_decisions(groups: pd.DataFrame, items: pd.DataFrame, profile: CostProfile) -> tuple[list[str], list[str]]:
    """Return the Chinese and the English reason of every group.

    Parameters
    ----------
    groups, items
        Tables of `geoplan.contracts.relocation.DecisionResult`, groups with the columns `geoplan.relocation.decision` adds.
    profile
        Horizon, and whether prices are conventions.
    """
    largest = _largest(items)
    missing, deciding = _missing(items), _deciding(items, groups)
    convention = bool((items["price_status"] == "convention").any()) if len(items) else False
    zh, en = [], []
    for row in groups.to_dict("records"):
        code = row["group_code"]
        parts = [_totals(row, profile), _main(largest.get((code, "serve")), row), _road(row), _size(row)]
        parts.append(_unknown(row, missing.get(code, ()), deciding.get(code, ())))
        if convention and row["persons"] != 0.0:
            parts.append(("单价多为惯例值，须由县级替换", "most unit prices are conventions the county must replace"))
        said = [one for one in parts if one is not None]
        zh.append("；".join(one[0] for one in said) + "。")
        text = "; ".join(one[1] for one in said)
        en.append(text[:1].upper() + text[1:] + ".")
    return zh, en


def _largest(items: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str, float]]:
    """Return the largest known item of every group and side: labels and share of the known sum."""
    own = items[items["known_yuan"] > 0.0]
    if own.empty:
        return {}
    total = own.groupby(["group_code", "side"])["known_yuan"].transform("sum")
    top = own.assign(part=own["known_yuan"] / total).loc[own.groupby(["group_code", "side"])["known_yuan"].idxmax()]
    return {
        (code, side): (zh, en, part)
        for code, side, zh, en, part in zip(
            top["group_code"], top["side"], top["label_zh"], top["label_en"], top["part"], strict=True
        )
    }


def _missing(items: pd.DataFrame) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the labels of the items without a value, per group."""
    return _labels(items[items["status"] != _OK])


def _deciding(items: pd.DataFrame, groups: pd.DataFrame) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the labels of the items that would decide, per group; of what is open in sharing alone, that is said."""
    own = items[find_deciding(items, groups)]
    shared = own["status"] == _OK
    return _labels(
        own.assign(
            label_zh=own["label_zh"].where(~shared, own["label_zh"] + "(其他组是否也缺)"),
            label_en=own["label_en"].where(~shared, own["label_en"] + " (whether other groups lack it too)"),
        )
    )


def _labels(items: pd.DataFrame) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the labels of items, each once, per group."""
    return {
        str(code): tuple(dict.fromkeys(zip(some["label_zh"], some["label_en"], strict=True)))
        for code, some in items.groupby("group_code", sort=False)
    }


def _wan(yuan: float) -> str:
    return f"{yuan / 10_000:.2f} 万元"


def _totals(row: dict[str, object], profile: CostProfile) -> tuple[str, str]:
    """Say both totals and which is lower."""
    if row["persons"] == 0.0 and row["persons_status"] == _OK:
        return "无人居住，两侧均不计", "nobody lives there and neither side is reckoned"
    years = f"{profile.horizon_years.value:g}"
    said = []
    for side, zh, en in (("serve", "就地配套", "serving in place"), ("move", "搬迁", "moving")):
        each, known, low, high = (
            float(row[f"{side}_{name}"])  # type: ignore[arg-type]
            for name in ("yuan_per_person", "known_yuan", "low_yuan", "high_yuan")
        )
        if row[f"{side}_status"] == str(Status.UNREACHABLE):
            said.append((f"{zh}不可行", f"{en} is not possible"))
        elif math.isfinite(each):
            said.append((f"{zh}每人 {_wan(each)}", f"{en} costs {each:,.0f} yuan a person"))
        elif high > low:
            said.append(
                (
                    f"{zh}未知（共 {low / 10_000:.2f} 至 {_wan(high)}）",
                    f"{en} is not known (between {low:,.0f} and {high:,.0f} yuan in all)",
                )
            )
        else:
            said.append((f"{zh}未知（已知部分共 {_wan(known)}）", f"{en} is not known (known part {known:,.0f} yuan in all)"))
    verdict = _CHEAPER.get(str(row["cheaper"]), ("尚不能比较", "they cannot be compared yet"))
    return (
        f"{years} 年现值（{profile.price_year} 年价）：{said[0][0]}，{said[1][0]}，{verdict[0]}",
        f"over {years} years (present value, {profile.price_year} money) {said[0][1]} and {said[1][1]}: {verdict[1]}",
    )


def _main(top: tuple[str, str, float] | None, row: dict[str, object]) -> tuple[str, str] | None:
    """Name the largest cost of serving."""
    if top is None or row["serve_status"] == str(Status.UNREACHABLE):
        return None
    part = "已知就地成本" if row["serve_status"] != _OK else "就地成本"
    return (
        f"{part}中{top[0]}占 {top[2]:.0%}",
        f"{top[1]} is {top[2]:.0%} of {'the known cost' if row['serve_status'] != _OK else 'the cost'} of serving",
    )


def _road(row: dict[str, object]) -> tuple[str, str] | None:
    """Say the link, and whether the choice rests on others who share it."""
    if row["road_status"] == str(Status.UNREACHABLE):
        return "在坡度、纵坡和阻隔限制内修不通路", "no road can be built within the limits of slope and barriers"
    if row["road_status"] == str(Status.NO_DATA):
        return "那里的道路路面或宽度不详，接线未知", "the surface or width of the roads there is not known, nor is the link"
    if row["road_status"] == str(Status.UNSNAPPED):
        return "居住点不在可修路的地面上，接线未知", "the place is not on ground a road can reach, so its link is not known"
    length = float(row["road_m"])  # type: ignore[arg-type]
    if row["road_status"] == "served" or not length > 0.0:
        return None
    others = int(row["road_shared_with"])  # type: ignore[call-overload]
    zh = f"需接线 {length / 1000:.1f} 千米" + (f"，至多与另 {others} 个组分摊" if others else "")
    en = f"its road link is {length / 1000:.1f} km" + (
        f", shared with up to {others} other group{'s' if others > 1 else ''}" if others else ""
    )
    if others and row["cheaper"] == "serve" and row["cheaper_alone"] == "move":
        zh, en = (
            zh + "；其余组若都搬走、由其独担，则搬迁更省",
            en + "; if the others all left and it paid alone, moving would cost less",
        )
    return zh, en


def _size(row: dict[str, object]) -> tuple[str, str] | None:
    """Say from which size serving is no dearer."""
    if row["break_even_status"] == "ok":
        size = float(row["break_even_persons"])  # type: ignore[arg-type]
        people = math.ceil(size - 1e-9)
        return f"满 {people:,} 人时就地不贵于搬迁", f"serving is no dearer from a size of {people:,} on"
    if row["break_even_status"] == "never":
        return "无论多少人，就地每人成本都高于搬迁", "serving costs more at any size"
    if row["break_even_status"] == "always":
        return "无论多少人，就地都不贵于搬迁", "serving is no dearer at any size"
    return None


def _unknown(
    row: dict[str, object], missing: tuple[tuple[str, str], ...], deciding: tuple[tuple[str, str], ...]
) -> tuple[str, str] | None:
    """Name what is not known, and say whether it matters to which side is cheaper."""
    zh = "未知：" + "、".join(one[0] for one in missing) if missing else ""
    en = "not known: " + ", ".join(one[1] for one in missing) if missing else ""
    if deciding:
        what = "能定高下的是" if missing else "高下取决于"
        zh += ("；" if zh else "") + what + "、".join(one[0] for one in deciding)
        en += ("; " if en else "") + "what would decide: " + ", ".join(one[1] for one in deciding)
    elif missing and (kept := _settled(row)):
        zh, en = f"{zh}；{kept[0]}", f"{en}; {kept[1]}"
    return (zh, en) if zh else None


def _settled(row: dict[str, object]) -> tuple[str, str] | None:
    """Say that what is not known does not change which side is cheaper."""
    if row["serve_status"] == str(Status.UNREACHABLE) or row["cheaper"] not in ("serve", "move"):
        return None
    serve = row["cheaper"] == "serve"
    if row["move_status"] != _OK:
        kept = ("就地配套", "serving in place") if serve else ("搬迁", "moving")
        return f"无论未知项如何，{kept[0]}都更省", f"whatever it is, {kept[1]} costs less"
    if serve:
        return "即使未知项全部不足，就地配套仍更省", "even if all of it were lacking, serving in place would cost less"
    return "即使未知项全部不缺，搬迁仍更省", "even if none of it were lacking, moving would cost less"
