"""Put into words, in Chinese and English, why a settlement gets the treatment it gets, or why nobody can tell.

Every sentence names the hazard, its class, the people its source threatens with the scale, the cost of works where one is given, the
row of the table, and the document it rests on with the status of that evidence.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import RelocationProfile
from geoplan.contracts.status import HAZARD_CLASS_ZH, HAZARD_KIND_ZH, Status
from geoplan.contracts.treatment_profile import HAZARD_SCALES, TREATMENT_EN
from geoplan.relocation.reasons import Pair, cite

_OK = str(Status.OK)
_SCALE_EN = {zh: en for zh, en, _ in HAZARD_SCALES}
_NOBODY = ("无受威胁的灾害:各灾种均已查明,不在威胁范围内", "threatened by nothing: every kind is surveyed and it lies in no zone")
_NOT_ASKED = ("灾害未查明:无调查资料,不等于安全", "hazard not known: no survey speaks of it, which is not safety")


def row_reasons(table: pd.DataFrame, rule: NDArray[np.int64], doubt: NDArray[np.bool_], profile: RelocationProfile) -> Pair:
    """Return the Chinese and English reason of each settlement × kind.

    Parameters
    ----------
    table
        hazard_kind, hazard_class, status, exposed, treatment, scale, source_id, source_persons, source_persons_status, works_yuan,
        works_yuan_per_person.
    rule, doubt
        (n,) position of the row that decides (−1: none), and whether an unknown number keeps it from deciding.
    profile
        Has the table of treatments.
    """
    names = "hazard_kind hazard_class status exposed treatment scale source_id source_persons source_persons_status works_yuan works_yuan_per_person"
    why = [(one.label_zh, one.label_en, cite(one), cite(one, "en")) for one in profile.treatments]
    zh, en = [], []
    for row, place, unsure in zip(table[names.split()].itertuples(index=False), rule.tolist(), doubt.tolist(), strict=True):
        if not row.exposed:
            said = _unexposed(str(row.hazard_kind), str(row.status) == _OK)
        else:
            facts_zh, facts_en = _facts(row)
            if place >= 0:
                label_zh, label_en, cite_zh, cite_en = why[place]
                treatment = str(row.treatment)
                said = (
                    f"{treatment}:{facts_zh};{label_zh};依据 {cite_zh}",
                    f"{TREATMENT_EN[treatment]}: {facts_en}; {label_en}; per {cite_en}",
                )
            elif unsure:
                said = (
                    f"处置方式未定:{facts_zh};人数未知,规则表给出不同处置方式",
                    f"treatment not known: {facts_en}; the table names different treatments for the people it may be",
                )
            else:
                said = (
                    f"处置方式未定:{facts_zh};规则表无相应条目",
                    f"treatment not known: {facts_en}; no row of the table speaks of it",
                )
        zh.append(said[0])
        en.append(said[1])
    return zh, en


def _unexposed(kind: str, known: bool) -> tuple[str, str]:
    """Return why a settlement that is in no known zone has no treatment."""
    if known:
        return _NOBODY
    if kind in ("", "any"):
        return _NOT_ASKED
    return (
        f"{HAZARD_KIND_ZH.get(kind, kind)}未查明,不等于安全,不能定处置方式",
        f"{kind.replace('_', ' ')} not known, which is not safety: no treatment can be chosen",
    )


def _facts(row: Any) -> tuple[str, str]:
    """Return hazard, class, people, scale and works in words."""
    kind, level = str(row.hazard_kind), str(row.hazard_class)
    persons, scale, source = row.source_persons, str(row.scale), str(row.source_id)
    more = row.source_persons_status != _OK
    which_zh, which_en = (f",隐患点 {source}", f", source {source}") if source else ("", "")
    size_zh, size_en = (f",规模{scale}", f", scale {_SCALE_EN[scale]}") if scale else ("", "")
    least_zh, least_en = ("至少 ", "at least ") if more else ("", "")
    zh = f"{HAZARD_KIND_ZH.get(kind, kind)}({HAZARD_CLASS_ZH[level]}{which_zh}),威胁{least_zh or ' '}{persons:,.0f} 人{size_zh}"
    en = f"{kind.replace('_', ' ')} ({level}{which_en}), {least_en}{persons:,.0f} people threatened{size_en}"
    yuan, each = row.works_yuan, row.works_yuan_per_person
    if not np.isnan(yuan):
        each_zh, each_en = ("", "") if np.isnan(each) else (f",人均 {each:,.0f} 元", f", {each:,.0f} yuan per person")
        zh, en = f"{zh},治理工程 {yuan:,.0f} 元{each_zh}", f"{en}, works {yuan:,.0f} yuan{each_en}"
    return zh, en


def summary_reasons(best: pd.DataFrame, table: pd.DataFrame, unknown: NDArray[np.bool_]) -> Pair:
    """Return the Chinese and English reason of each settlement: its strictest row, and the kinds nobody knows.

    Parameters
    ----------
    best
        One row per settlement, the strictest.
    table
        All rows, with ``place`` (row of the settlement).
    unknown
        (settlements,) whether one of its kinds is not known.
    """
    hidden = table[table["status"] != _OK]
    kinds = hidden.groupby("place")["hazard_kind"].agg(list).to_dict()
    zh, en = [], []
    columns = (best[one] for one in ("reason_zh", "reason_en", "treatment", "exposed"))
    for place, (why_zh, why_en, treatment, exposed, missing) in enumerate(zip(*columns, unknown.tolist(), strict=True)):
        names = [one for one in kinds.get(place, []) if one not in ("", "any")]
        said_zh = "、".join(HAZARD_KIND_ZH.get(one, one) for one in names)
        said_en = ", ".join(one.replace("_", " ") for one in names)
        if missing and treatment:
            why_zh, why_en = f"{why_zh};{said_zh}未定,处置不轻于此", f"{why_en}; {said_en} not known, so at least this"
        elif missing and names and not exposed:
            why_zh = f"{said_zh}未查明,不等于安全,不能定处置方式"
            why_en = f"{said_en} not known, which is not safety: no treatment can be chosen"
        zh.append(why_zh)
        en.append(why_en)
    return zh, en
