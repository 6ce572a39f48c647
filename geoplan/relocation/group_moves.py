"""Roll candidacy up to village groups: which move as a whole (整组搬迁), which in part, and who would move alone.

Of a group with people M that are 应搬, U whose class is 证据不足 and P in all, the share that moves lies between

    low = M / P          (none of the undecided must move)
    high = (M + U) / P   (all of them must)

and where the people of a settlement are not known, between the least and the most any number of them could make of it. With a line s:

    whole      low ≥ s: the group moves whole, whatever the unknown turns out to be; its other people go along
    none       nobody is 应搬 or could be
    single     somebody is 应搬 and high < s: those move, the group stays
    undecided  else: what is unknown decides

应搬 is a finding and needs nobody's wish; 愿搬 is a wish and never makes a finding. So the stage is 应搬 where somebody is 应搬, 愿搬 where
nobody is but people of 建议搬 settlements were asked and want to, and empty else. Nothing is imputed for those who were not asked:
``willing_persons`` is NaN (no_data) unless all settlements of the group were, ``willing_least_persons`` counts those who said so.
Settlements without a group have the row with code "" and never move as one. People of the four classes add up to the group's, the groups'
to the county's.

By hand: a group of 30 应搬 and 10 可留 people, line 2/3: 30/40 = 0.75, whole, 10 go along, alone_share 0. With 30 可留: 0.5, single,
alone_share 1. With the 10 people 证据不足 and the line 0.8: between 0.75 and 1, undecided.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import RelocationProfile
from geoplan.contracts.relocation import GroupMovesResult
from geoplan.contracts.results import CandidacyResult, Demand
from geoplan.contracts.status import RelocationClass, Status
from geoplan.contracts.treatment_profile import MoveStage
from geoplan.relocation.dispersion import known_persons
from geoplan.relocation.reasons import cite
from geoplan.relocation.willingness import measure_willingness

_OK, _NO_DATA = str(Status.OK), str(Status.NO_DATA)
_MUST, _SUGGESTED, _STAY, _UNDECIDED = (str(one) for one in RelocationClass)
_ROUNDING = 1e-12
_FORMS = {
    "whole": ("整组搬迁", "the whole group moves"),
    "single": ("单户搬迁", "single households move"),
    "none": ("不搬迁", "nobody moves"),
    "undecided": ("证据不足,搬迁方式未定", "evidence insufficient, the form is not known"),
}
Floats = NDArray[np.float64]


def roll_up_groups(
    candidacy: CandidacyResult,
    demand: Demand,
    profile: RelocationProfile,
    *,
    whole_group_share: float | None = None,
    willingness: pd.DataFrame | None = None,
) -> GroupMovesResult:
    """Return how each village group moves.

    Parameters
    ----------
    candidacy
        Class and rank of every settlement; one that is missing is 证据不足.
    demand
        Settlements with people and ``group_code``; groups with names, listed even where they have no settlement.
    profile
        Has the line of whole groups and the years of the stages.
    whole_group_share
        Replaces the profile's line.
    willingness
        As `geoplan.relocation.willingness.measure_willingness` takes it.

    Returns
    -------
    GroupMovesResult
        As `geoplan.contracts.relocation` lists it, with further columns moving_least_share, moving_most_share, moving_persons and
        along_persons (NaN while undecided), willing_least_persons, asked_settlements, must_willing_persons (of 应搬 people, those who are willing; NaN unless
        all of those settlements were asked), surveyed_from, surveyed_to, stage_from, stage_to (years), rank (1 = most urgent, by the group's
        strongest settlement).
    """
    line = profile.whole_group_share if whole_group_share is None else whole_group_share
    rows = _settlement_rows(candidacy, demand, willingness)
    groups = _add_up(rows, demand)
    low, high = _bounds(groups)
    groups["moving_share"] = _ratio(groups["must_persons"].to_numpy(dtype=float), groups["persons"].to_numpy(dtype=float))
    groups["moving_least_share"], groups["moving_most_share"] = low, high
    groups["form"] = _forms(groups, low, high, line)
    groups = _say_who_wants(_say_who_moves(groups), profile.stages)
    groups["rank"] = _rank(groups.pop("best_rank").to_numpy(dtype=float))
    groups["reason_zh"], groups["reason_en"] = _reasons(groups, profile, line)
    return GroupMovesResult(groups=groups)


def share_alone(moves: GroupMovesResult) -> tuple[float, float]:
    """Return the least and most share of the county's 应搬 people whose group does not move whole; NaN where nobody is 应搬.

    Between the two stand the groups whose form is not decided.
    """
    groups = moves.groups
    must = groups["must_persons"].to_numpy(dtype=float)
    total = must.sum()
    if total <= 0:
        return float("nan"), float("nan")
    single, open_form = (groups["form"] == "single").to_numpy(), (groups["form"] == "undecided").to_numpy()
    return float(must[single].sum() / total), float(must[single | open_form].sum() / total)


def _settlement_rows(candidacy: CandidacyResult, demand: Demand, willingness: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row per settlement with what a group adds up."""
    settlements = demand.settlements
    ids = settlements["settlement_id"]
    found = candidacy.candidacy.set_index("settlement_id").reindex(ids)
    asked = measure_willingness(demand, willingness)
    persons = known_persons(demand)
    counted = np.nan_to_num(persons)
    name = found["relocation_class"].where(found["relocation_class"].notna(), _UNDECIDED).to_numpy(dtype=object)
    code = settlements["group_code"] if "group_code" in settlements.columns else pd.Series("", index=settlements.index)
    unknown, said = np.isnan(persons), asked["willing_status"].to_numpy() == _OK
    willing = asked["willing_persons"].to_numpy(dtype=float)
    rows: dict[str, object] = {
        "group_code": code.fillna("").astype(str).to_numpy(dtype=object),
        "settlements": 1,
        "persons": counted,
        "persons_unknown_settlements": unknown.astype(int),
        # Settlements of unknown size, by what they could do to the share.
        "unknown_must": unknown & (name == _MUST),
        "unknown_open": unknown & (name == _UNDECIDED),
        "unknown_other": unknown & np.isin(name.astype(str), (_SUGGESTED, _STAY)),
        # A place known to be empty moves nobody, whatever its class.
        "must_settlements": (name == _MUST) & (persons != 0),
        "open_settlements": (name == _UNDECIDED) & (persons != 0),
        "asked_settlements": said.astype(int),
        "willing_least_persons": np.where(said, willing, 0.0),
        "must_willing_persons": np.where(said & (name == _MUST), willing, 0.0),
        "unasked_must": ~said & (name == _MUST),
        "suggested_willing": np.where(said & (name == _SUGGESTED), willing, 0.0),
        "best_rank": found["rank"].to_numpy(dtype=float, na_value=np.nan) if "rank" in found.columns else np.nan,
        "surveyed": asked["surveyed"].to_numpy(dtype=object),
    }
    for column, kind in (("must", _MUST), ("suggest", _SUGGESTED), ("stay", _STAY), ("undecided", _UNDECIDED)):
        rows[f"{column}_persons"] = np.where(name == kind, counted, 0.0)
    return pd.DataFrame(rows)


def _add_up(rows: pd.DataFrame, demand: Demand) -> pd.DataFrame:
    """Return sums per group: those of the unit table in its order, then those only settlements name, then those without a group."""
    sums = [one for one in rows.columns if one not in ("group_code", "best_rank", "surveyed")]
    grouped = rows.groupby("group_code", sort=True)
    table = grouped[sums].sum()
    table["best_rank"] = grouped["best_rank"].min()
    days = rows[rows["surveyed"] != ""].groupby("group_code")["surveyed"]
    table["surveyed_from"], table["surveyed_to"] = days.min(), days.max()
    units = demand.groups
    own = units.drop_duplicates("code").set_index("code")
    names = own["name"].astype(object) if "name" in own.columns else pd.Series(dtype=object)
    listed = list(dict.fromkeys(units["code"].dropna().astype(str)))
    rest = [one for one in table.index if one not in set(listed)]
    order = [*listed, *sorted(rest, key=lambda one: (one == "", one))]
    table = table.reindex(order)
    table[sums] = table[sums].fillna(0).astype(float)
    whole = ["settlements", "persons_unknown_settlements", "asked_settlements"]
    table[whole] = table[whole].astype(int)
    for column in ("surveyed_from", "surveyed_to"):
        table[column] = table[column].fillna("").astype(object)
    table.insert(0, "name", names.reindex(order).fillna("").to_numpy(dtype=object))
    return table.rename_axis("group_code").reset_index()


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def _bounds(groups: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return the least and most share of a group's people that must move; NaN where it has none.

    A settlement of unknown size that must move can only raise the share, up to 1; one that stays can only lower it, down to 0.
    """
    persons, must, undecided = (groups[one].to_numpy(dtype=float) for one in ("persons", "must_persons", "undecided_persons"))
    more, either, less = (groups[one].to_numpy(dtype=float) > 0 for one in ("unknown_must", "unknown_open", "unknown_other"))
    only_must = more & ~either & ~less & (persons <= 0)
    low, high = _ratio(must, persons), _ratio(must + undecided, persons)
    low = np.where(only_must, 1.0, np.where(either | less | (more & np.isnan(low)), 0.0, low))
    high = np.where(more | either, 1.0, np.where(less & np.isnan(high), 0.0, high))
    return low, high


def _forms(groups: pd.DataFrame, low: Floats, high: Floats, line: float) -> NDArray[np.object_]:
    """Return whole, single, none or undecided."""
    some = groups["must_settlements"].to_numpy(dtype=float) > 0
    maybe = groups["open_settlements"].to_numpy(dtype=float) > 0
    ungrouped = (groups["group_code"] == "").to_numpy()
    # NaN: a group of nobody is below every line.
    sure, possible = np.nan_to_num(low) >= line - _ROUNDING, np.nan_to_num(high) >= line - _ROUNDING
    rules = [~some & ~maybe, some & (sure & ~ungrouped), some & (~possible | ungrouped)]
    return np.select(rules, ["none", "whole", "single"], default="undecided").astype(object)


def _say_who_moves(groups: pd.DataFrame) -> pd.DataFrame:
    """Return the groups with moving_persons, along_persons and alone_share."""
    form, must, persons = groups["form"].to_numpy(), groups["must_persons"], groups["persons"]
    return groups.assign(
        moving_persons=np.select([form == "whole", form == "undecided"], [persons, np.nan], default=must),
        along_persons=np.select([form == "whole", form == "undecided"], [persons - must, np.nan], default=0.0),
        alone_share=np.select([form == "whole", form == "single"], [0.0, 1.0], default=np.nan),
    )


def _say_who_wants(groups: pd.DataFrame, stages: Sequence[MoveStage]) -> pd.DataFrame:
    """Return the groups with willingness, stage and its years, without what only they need."""
    all_asked = (groups["asked_settlements"] == groups["settlements"]) & (groups["settlements"] > 0)
    wanted = (groups["must_settlements"] == 0) & (groups["suggested_willing"] > 0)
    stage = np.select([groups["must_settlements"] > 0, wanted], ["应搬", "愿搬"], default="")
    years = {one.stage: (one.year_from, one.year_to) for one in stages}
    first, last = ([years[one][end] if one in years else None for one in stage] for end in (0, 1))
    spent = "unknown_must unknown_open unknown_other must_settlements open_settlements unasked_must suggested_willing"
    return groups.assign(
        willing_persons=groups["willing_least_persons"].where(all_asked),
        willing_status=np.where(all_asked, _OK, _NO_DATA).astype(object),
        must_willing_persons=groups["must_willing_persons"].where(groups["unasked_must"] == 0),
        stage=stage.astype(object),
        stage_from=pd.array(first, dtype="Int64"),
        stage_to=pd.array(last, dtype="Int64"),
    ).drop(columns=spent.split())


def _rank(best: Floats) -> NDArray[np.int64]:
    """Return ranks from 1 by the strongest settlement, ties sharing the smallest; groups without one come last."""
    order = np.where(np.isnan(best), np.inf, best)
    return (np.searchsorted(np.sort(order), order, side="left") + 1).astype(np.int64)


def _reasons(groups: pd.DataFrame, profile: RelocationProfile, line: float) -> tuple[list[str], list[str]]:
    """Return the Chinese and English reason of each group's form."""
    zh, en = [], []
    per_zh, per_en = cite(profile.whole_group_cited), cite(profile.whole_group_cited, "en")
    columns = "form persons must_persons undecided_persons persons_unknown_settlements moving_least_share moving_most_share"
    names = f"{columns} willing_persons willing_least_persons asked_settlements settlements"
    for row in groups[names.split()].itertuples(index=False):
        form_zh, form_en = _FORMS[str(row.form)]
        parts_zh = [f"{form_zh}:共 {row.persons:,.0f} 人,应搬 {row.must_persons:,.0f} 人"]
        parts_en = [f"{form_en}: {row.persons:,.0f} people, {row.must_persons:,.0f} must move"]
        if row.undecided_persons:
            parts_zh.append(f"证据不足 {row.undecided_persons:,.0f} 人")
            parts_en.append(f"{row.undecided_persons:,.0f} without sufficient evidence")
        if row.persons_unknown_settlements:
            parts_zh.append(f"{row.persons_unknown_settlements} 个自然村人口未知")
            parts_en.append(f"the people of {row.persons_unknown_settlements} settlements are not known")
        if row.moving_most_share == row.moving_most_share:  # not NaN
            least, most = f"{row.moving_least_share:.1%}", f"{row.moving_most_share:.1%}"
            share_zh, share_en = (least, least) if least == most else (f"{least}–{most}", f"{least} to {most}")
            parts_zh.append(f"应搬占比 {share_zh},整组线 {line:.1%}(依据 {per_zh})")
            parts_en.append(f"share that must move {share_en}, whole group from {line:.1%} (per {per_en})")
        if row.asked_settlements == row.settlements and row.settlements:
            parts_zh.append(f"愿搬 {row.willing_persons:,.0f} 人")
            parts_en.append(f"{row.willing_persons:,.0f} want to move")
        elif row.settlements:
            parts_zh.append(
                f"{row.asked_settlements}/{row.settlements} 个自然村问过意愿,其中愿搬 {row.willing_least_persons:,.0f} 人,其余未知"
            )
            parts_en.append(
                f"{row.asked_settlements} of {row.settlements} settlements were asked, {row.willing_least_persons:,.0f} of them want to, the rest unknown"
            )
        zh.append(";".join(parts_zh))
        en.append("; ".join(parts_en))
    return zh, en
