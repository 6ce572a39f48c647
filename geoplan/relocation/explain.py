"""Tell a reader in plain words why one settlement has its class: every number of the score, and what is not known.

The contributions shown add up to the score shown. Services that are out of reach, hazards nobody surveyed and indicators without
data are listed under what is unknown or missing, never left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.profiles import RelocationProfile, StandardsProfile
from geoplan.contracts.results import AccessResult, CandidacyResult, Demand, ExposureResult
from geoplan.contracts.status import HAZARD_CLASS_ZH, HAZARD_KIND_ZH, Status
from geoplan.errors import TableError
from geoplan.relocation.explain_access import say_access, say_gaps
from geoplan.relocation.reasons import quantity

_WORDS = {
    "zh": {
        "score": "评分构成",
        "sum": "合计",
        "hazard": "灾害",
        "access": "可达性",
        "gaps": "短板",
        "unknown": "尚不清楚的",
        "nothing": "无",
        "people": "人口",
        "remote": "偏远指数",
        "rank": "排序第",
    },
    "en": {
        "score": "What the score is made of",
        "sum": "sum",
        "hazard": "Hazard",
        "access": "Access",
        "gaps": "Gaps",
        "unknown": "Not known",
        "nothing": "nothing",
        "people": "people",
        "remote": "remoteness index",
        "rank": "rank",
    },
}


def explain_settlement(
    settlement_id: str,
    demand: Demand,
    access: AccessResult,
    exposure: ExposureResult,
    coverage_gaps: pd.DataFrame | None,
    candidacy: CandidacyResult,
    profile: RelocationProfile,
    *,
    services: Sequence[ServiceConfig] = (),
    standards: StandardsProfile | None = None,
    language: str = "zh",
) -> str:
    """Return the case of one settlement as lines of text.

    Parameters
    ----------
    settlement_id
        Which settlement.
    demand, access, exposure, candidacy, profile
        The run's results and the profile they were made with.
    coverage_gaps
        ``CoverageResult.gaps``, or None where coverage was not computed.
    services, standards
        The plan's services and standards, for their labels, limits and sources; ids are shown for what they do not name.
    language
        ``zh`` or ``en``.

    Raises
    ------
    TableError
        ``ID-UNKNOWN`` when no settlement has the id.
    """
    words = _WORDS[language]
    own = candidacy.candidacy[candidacy.candidacy["settlement_id"] == settlement_id]
    if own.empty:
        raise TableError(
            "no settlement has this id",
            code="ID-UNKNOWN",
            layer="settlements",
            column="settlement_id",
            ids=[settlement_id],
            remedy="Take an id from settlements.gpkg; it has 17 characters in a Chinese county.",
        )
    case = own.iloc[0]
    lines = [_headline(settlement_id, demand, words), str(case[f"reason_{language}"]), ""]
    lines += [f"{words['score']} ({profile.label_zh if language == 'zh' else profile.label_en}):"]
    parts = candidacy.contributions[candidacy.contributions["settlement_id"] == settlement_id]
    counted, missing = parts[parts["points"].notna()], parts[parts["points"].isna()]
    lines += [f"  {one}" for one in counted.sort_values("contribution", ascending=False, kind="stable")[f"reason_{language}"]]
    lines += [f"  {words['sum']}: {show_score(case['candidacy_score'])}; {words['rank']} {int(case['rank'])}"]
    lines += [f"  {words['remote']}: {show_score(case['remoteness_index'])}", ""]
    hazard_known, hazard_unknown = _hazard_lines(settlement_id, exposure, language)
    lines += [f"{words['hazard']}:", *(hazard_known or [f"  {words['nothing']}"]), ""]
    access_known, access_unknown = say_access(settlement_id, access, services, language)
    lines += [f"{words['access']}:", *(access_known or [f"  {words['nothing']}"]), ""]
    if coverage_gaps is not None:
        gaps, gaps_unknown = say_gaps(settlement_id, coverage_gaps, standards, language)
        lines += [f"{words['gaps']}:", *(gaps or [f"  {words['nothing']}"]), ""]
        access_unknown += gaps_unknown
    unknown = hazard_unknown + [f"  {one}" for one in missing[f"reason_{language}"]] + access_unknown
    lines += [f"{words['unknown']}:", *(unknown or [f"  {words['nothing']}"])]
    return "\n".join(lines)


def show_score(value: float) -> str:
    """Return a score with three decimals, or a dash where there is none."""
    return "—" if pd.isna(value) else f"{float(value):.3f}"


def _headline(settlement_id: str, demand: Demand, words: dict[str, str]) -> str:
    """Return name, id and people."""
    row = demand.settlements[demand.settlements["settlement_id"] == settlement_id].iloc[0]
    persons = row["persons"] if "persons" in row else float("nan")
    return f"{row.get('name', '')} {settlement_id}, {words['people']} {'—' if pd.isna(persons) else f'{float(persons):.0f}'}"


def _hazard_lines(settlement_id: str, exposure: ExposureResult, language: str) -> tuple[list[str], list[str]]:
    """Return a line per known hazard kind, and one per unknown kind."""
    known: list[str] = []
    unknown: list[str] = []
    for row in exposure.exposure[exposure.exposure["settlement_id"] == settlement_id].itertuples(index=False):
        kind = HAZARD_KIND_ZH.get(row.hazard_kind, row.hazard_kind) if language == "zh" else row.hazard_kind
        source = " ".join(str(one) for one in (row.source_layer, row.source_id, row.vintage) if one)
        near = "" if pd.isna(row.distance_m) else quantity(float(row.distance_m), "m", language)
        if row.status == str(Status.OK):
            level = HAZARD_CLASS_ZH[row.hazard_class] if language == "zh" else row.hazard_class
            said = f"危险等级 {level}" if language == "zh" else f"class {level}"
        else:
            said = "未查明,不能视为安全" if language == "zh" else "not known, not taken for safe"
        if near:
            said += f",距最近威胁范围 {near}" if language == "zh" else f", nearest zone {near}"
        said += _say_share(row, language) if row.status == str(Status.OK) else ""
        line = f"  {kind}: {said}" + (f" ({source})" if source else "")
        (known if row.status == str(Status.OK) else unknown).append(line)
    return known, unknown


def _say_share(row: Any, language: str) -> str:
    """Return how much of the homesteads and how many people are in the zone; nothing where that is nobody or was not measured."""
    share, people = float(getattr(row, "exposed_share", float("nan"))), float(getattr(row, "exposed_persons", float("nan")))
    if not share > 0:
        return ""
    zh = language == "zh"
    told = f",{share:.0%} 的宅基地" if zh else f", {share:.0%} of the homesteads"
    if people == people:  # not NaN
        told += f"、{people:,.0f} 人" if zh else f" and {people:,.0f} people"
    return told + ("在威胁范围内" if zh else " in a zone")
