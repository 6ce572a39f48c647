"""Write a water layout as tables: settlements, sources, pipes and rules, with the words that say why.

The rules are judged twice (`geoplan.coverage.water_rules`): as things are today (``basis`` today: the surveyed amount, the walk and the reliability of
the water point people walk to), and with the layout built (``planned``). With the layout built, piped water is at the house (no walk), a spring is at
its level distance and its minutes are known where that walk was timed; who is served by nothing stays as today. A source leaves each person it serves

    litres = yield · (1 − v) · 1000 / persons        (v = 0 for springs)

By hand: 50 m³/d with 15 % lost among 500 people: 85 L each.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.coverage import WaterResult
from geoplan.contracts.status import Status
from geoplan.contracts.water_profile import WaterProfile
from geoplan.coverage.hydraulics import L_PER_M3, S_PER_DAY, pump_kw
from geoplan.coverage.scheme_join import NO_HEAD, NO_YIELD
from geoplan.coverage.scheme_layout import Layout
from geoplan.coverage.scheme_sources import SPRING
from geoplan.coverage.water_rules import judge_water_rules

_DAYS = 365.0


def tabulate_water(layout: Layout, walks: pd.DataFrame, surveyed_l: NDArray[np.float64], profile: WaterProfile) -> WaterResult:
    """Return the tables of a layout.

    Parameters
    ----------
    layout
        Who gets water from where.
    walks
        (settlements) today's walk to water: facility_id, fetch_status, round_trip_min, level_m, climb_m.
    surveyed_l
        (settlements,) litres per person and day as surveyed; NaN: not known.
    profile
        Rules and figures.
    """
    sources = _tabulate_sources(layout, profile)
    today = _facts_today(layout, walks, surveyed_l)
    planned = _facts_planned(layout, walks, surveyed_l, sources, profile.demand.loss_share.value)
    rules = [judge_water_rules(facts, profile).assign(basis=basis) for basis, facts in (("today", today), ("planned", planned))]
    pipes = [works.pipes for works in layout.works.values() if len(works.pipes)]
    drawn = pd.concat(pipes, ignore_index=True) if pipes else layout.works["gravity"].pipes
    return WaterResult(_tabulate_settlements(layout, planned, rules[1]), sources, drawn, pd.concat(rules, ignore_index=True))


def _tabulate_sources(layout: Layout, profile: WaterProfile) -> pd.DataFrame:
    """Return one row per source: whom it serves and what its pump takes."""
    table, n = layout.sources, len(layout.sources)
    at = layout.source
    persons = np.bincount(at[at >= 0], weights=layout.people["persons"].to_numpy()[at >= 0], minlength=n)
    need = np.bincount(at[at >= 0], weights=layout.need_m3_day[at >= 0], minlength=n)
    pumped = (at >= 0) & (layout.served == "pump")
    pumped_m3 = np.bincount(at[pumped], weights=layout.need_m3_day[pumped], minlength=n)
    lift, pump = layout.works["pump"].lift_m, profile.pump
    has_pump = pumped_m3 > 0
    peak = pumped_m3 * L_PER_M3 / S_PER_DAY * profile.demand.peak_factor.value
    kw = np.array([pump_kw(q, h, efficiency=pump.efficiency.value) for q, h in zip(peak, lift, strict=True)])
    mean_kw = kw / profile.demand.peak_factor.value
    given = table["yield_m3_day"].to_numpy()
    ok = table["known"].to_numpy(dtype=bool)
    return pd.DataFrame(
        {
            "source_id": table["source_id"],
            "name": table["name"],
            "water_kind": table["water_kind"],
            "yield_m3_day": given,
            "reliability_share": table["reliability_share"],
            "persons": persons,
            "demand_m3_day": need,
            "used_share": np.divide(need, given, out=np.where(given == 0.0, 0.0, np.nan), where=given > 0.0),
            "status": np.where(ok, str(Status.OK), str(Status.NO_DATA)),
            "lift_m": np.where(has_pump, lift, 0.0),
            "pump_kw": np.where(has_pump, kw, 0.0),
            "pump_capital_yuan": np.where(has_pump, pump.station.value + kw * pump.per_kw.value, 0.0),
            "pump_yearly_yuan": np.where(has_pump, mean_kw * 24.0 * _DAYS * pump.per_kwh.value, 0.0),
            "pipe_capital_yuan": _pipe_capital(layout),
            "reason_zh": np.where(ok, "", "缺" + table["lacking_zh"]),
            "reason_en": np.where(ok, "", "not known: " + table["lacking_en"]),
        }
    )


def _pipe_capital(layout: Layout) -> NDArray[np.float64]:
    """Return what the pipes of each source cost."""
    total = pd.Series(0.0, index=layout.sources["source_id"].to_numpy())
    for works in layout.works.values():
        spent = works.pipes.groupby("source_id")["capital_yuan"].sum() if len(works.pipes) else pd.Series(dtype=float)
        total = total.add(spent.reindex(total.index).fillna(0.0).astype(float).to_numpy())
    return total.to_numpy()


def _facts_today(layout: Layout, walks: pd.DataFrame, surveyed_l: NDArray[np.float64]) -> pd.DataFrame:
    """Return what the rules ask, as things are."""
    known = pd.Series(layout.sources["reliability_share"].to_numpy(), index=layout.sources["source_id"].to_numpy())
    known = known[~known.index.duplicated()]
    return pd.DataFrame(
        {
            "settlement_id": layout.people["settlement_id"].to_numpy(),
            "l_person_day": surveyed_l,
            "reliability_share": known.reindex(walks["facility_id"]).to_numpy(dtype="float64"),
            "fetch_status": walks["fetch_status"].to_numpy(),
            "round_trip_min": walks["round_trip_min"].to_numpy(dtype="float64"),
            "level_m": walks["level_m"].to_numpy(dtype="float64"),
            "climb_m": walks["climb_m"].to_numpy(dtype="float64"),
        }
    )


def _facts_planned(
    layout: Layout, walks: pd.DataFrame, surveyed_l: NDArray[np.float64], sources: pd.DataFrame, loss_share: float
) -> pd.DataFrame:
    """Return what the rules ask, with the layout built."""
    facts = _facts_today(layout, walks, surveyed_l)
    at = layout.source
    who = np.flatnonzero(at >= 0)
    if len(who) == 0:
        return facts
    own = at[who]
    arrives = np.where(layout.sources["water_kind"].to_numpy()[own] == SPRING, 1.0, 1.0 - loss_share)
    persons, given = sources["persons"].to_numpy()[own], sources["yield_m3_day"].to_numpy()[own]
    piped = layout.served[who] != "dispersed"
    xyz, people = layout.sources[["x", "y", "z"]].to_numpy()[own], layout.people[["x", "y", "z"]].to_numpy()[who]
    same = walks["facility_id"].to_numpy()[who] == layout.sources["source_id"].to_numpy()[own]
    minutes = np.where(same, facts["round_trip_min"].to_numpy()[who], np.nan)
    columns = {
        "l_person_day": given * L_PER_M3 * arrives / persons,
        "reliability_share": sources["reliability_share"].to_numpy()[own],
        "round_trip_min": np.where(piped, 0.0, minutes),
        "level_m": np.where(piped, 0.0, np.hypot(*(xyz - people)[:, :2].T)),
        "climb_m": np.where(piped, 0.0, xyz[:, 2] - people[:, 2]),
        "fetch_status": str(Status.OK),
    }
    for name, values in columns.items():
        column = facts[name].to_numpy(copy=True)
        column[who] = values
        facts[name] = column
    return facts


def _tabulate_settlements(layout: Layout, planned: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Return one row per settlement."""
    people, at = layout.people, layout.source
    served = _name_states(layout)
    won = at >= 0
    names = layout.sources[["source_id", "name"]].to_numpy(dtype=object)
    head, along, lift = np.full(len(people), np.nan), np.full(len(people), np.nan), np.full(len(people), np.nan)
    for mode, works in layout.works.items():
        here = layout.served == mode
        lift[here] = works.lift_m[at[here]]
        head[here], along[here] = works.head_m[here] - lift[here], works.along_m[here]
    zh, en = _explain(layout, served)
    met = rules.assign(text=rules["rule"] + ":" + rules["met"]).groupby("settlement_id", sort=False)["text"].agg(";".join)
    return pd.DataFrame(
        {
            "settlement_id": people["settlement_id"],
            "persons": people["persons"],
            "served_by": served,
            "source_id": np.where(won, names[at, 0], "") if len(names) else "",
            "source_name": np.where(won, names[at, 1], "") if len(names) else "",
            "head_m": head,
            "pipe_m": along,
            "lift_m": lift,
            "l_person_day": np.where(won, planned["l_person_day"], np.nan),
            "reliability_share": np.where(won, planned["reliability_share"], np.nan),
            "round_trip_min": planned["round_trip_min"],
            "rules": met.reindex(people["settlement_id"]).fillna("").to_numpy(),
            "status": np.where(served == "unknown", str(Status.NO_DATA), str(Status.OK)),
            "reason_zh": zh,
            "reason_en": en,
        }
    )


def _name_states(layout: Layout) -> NDArray[np.object_]:
    """Return gravity / pump / dispersed / none / unknown."""
    empty = (layout.people["persons"] == 0).to_numpy()
    unsure = ~layout.people["plannable"].to_numpy() | (layout.doubt >= 0) | (len(layout.sources) == 0)
    return np.where(layout.source >= 0, layout.served, np.where(unsure & ~empty, "unknown", "none")).astype(object)


def _explain(layout: Layout, served: NDArray[np.object_]) -> tuple[list[str], list[str]]:
    """Return why, in Chinese and in English."""
    people = layout.people
    zh, en = [], []
    for k, state in enumerate(served):
        if state == "unknown":
            words = _explain_unknown(layout, k)
        elif people["persons"].iloc[k] == 0:
            words = ("无常住人口", "nobody lives here")
        elif state == "none" and layout.refused[k] == NO_YIELD:
            words = ("附近水源水量已分完", "sources in reach have no yield left")
        elif state == "none" and layout.refused[k] == NO_HEAD:
            words = ("附近集中水源水头或管道能力不足", "schemes in reach lack head, or their pipes carry no more")
        elif state == "none":
            words = ("管线与步行范围内无可用水源", "no source within reach of a pipe or a walk")
        else:
            words = _SERVED[str(state)]
        zh.append(words[0])
        en.append(words[1])
    return zh, en


_SERVED = {
    "gravity": (
        "集中水源可自流到户;水质、季节水量未评",
        "a scheme can serve it by gravity; quality and seasonal yield not judged",
    ),
    "pump": (
        "集中水源提水后可到户;水质、季节水量未评",
        "a scheme can serve it with a pump; quality and seasonal yield not judged",
    ),
    "dispersed": ("由分散水源供水;水质、季节水量未评", "a spring serves it; quality and seasonal yield not judged"),
}


def _explain_unknown(layout: Layout, k: int) -> tuple[str, str]:
    """Return why nothing can be said of a settlement."""
    row = layout.people.iloc[k]
    if len(layout.sources) == 0:
        return "无水源图层数据", "no water layer has rows"
    if not row["plannable"]:
        lacks_people = bool(np.isnan(row["persons"]))
        return ("人口未知", "people not known") if lacks_people else ("高程或位置未知", "elevation or place not known")
    source = layout.sources.iloc[layout.doubt[k]]
    return (
        f"可能供水的水源{source['source_id']}缺{source['lacking_zh']}",
        f"source {source['source_id']}, which might serve it, lacks: {source['lacking_en']}",
    )
