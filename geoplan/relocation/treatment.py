"""Choose 监测预警, 工程治理 or 避让搬迁 for every threatened settlement by the profile's table, and say why.

The first row of the table that holds decides. It looks at the kind and class of the hazard, at the people its *source* threatens (a slide
above three hamlets threatens the people of all three, and one wall serves them all), and at the cost of works per such person where one is
given. What is not known may be anything: people are between those known and without end, so a row may hold *surely* or *possibly*.
Going down the table, rows that possibly hold are gathered until one surely holds; where all of them name one treatment it is that, else
it is no_data. A settlement whose exposure is no_data gets no treatment, which is not 监测预警: nobody knows.

A settlement's people are those whose houses lie in the zone where the exposure counts them (``exposed_persons``), else all of them. A place
is counted with the source that decides its class; a lesser zone over it does not count it again.

The scale follows the people the source threatens: 特大 ≥ 1,000, 大 500–1,000, 中 100–500, 小 < 100.
A settlement's summary is the strictest treatment among its kinds; status no_data where a kind is unknown and it is not 避让搬迁 yet
("at least").

By hand: a slide of class high over hamlets of 40 and 80 people, works for 1.2 million yuan: 120 people (中), 10,000 yuan per person. Rows
"high, works below 60,000 yuan per person, from 100 people → 工程治理" and "high → 避让搬迁": both hamlets get 工程治理. Without the
works both get 避让搬迁. With the second hamlet's people unknown the slide threatens at least 40: the first row may hold, the second does:
no_data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import RelocationProfile
from geoplan.contracts.relocation import TreatmentResult
from geoplan.contracts.results import Demand, ExposureResult
from geoplan.contracts.status import Status
from geoplan.contracts.treatment_profile import HAZARD_SCALES, TREATMENTS, TreatmentRule
from geoplan.relocation.dispersion import known_persons
from geoplan.relocation.treatment_reasons import row_reasons, summary_reasons
from geoplan.relocation.works import match_works

_OK, _NO_DATA = str(Status.OK), str(Status.NO_DATA)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """What a table says of n cases.

    Attributes
    ----------
    treatment
        (n,) treatment, "" where the table does not tell.
    rule
        (n,) position of the row that decides; −1 where none does.
    doubt
        (n,) rows that may hold name different treatments, or only an unknown number keeps a row from holding.
    """

    treatment: NDArray[np.object_]
    rule: NDArray[np.int64]
    doubt: NDArray[np.bool_]


def choose_treatments(
    exposure: ExposureResult, demand: Demand, profile: RelocationProfile, *, works: pd.DataFrame | None = None
) -> TreatmentResult:
    """Return the treatment of every settlement for every kind of hazard, and the strictest per settlement.

    Parameters
    ----------
    exposure
        Exposure of the settlements; those it leaves out are no_data.
    demand
        Settlements with people.
    profile
        ``treatments`` is the table; empty: every threatened settlement is no_data.
    works
        Cost of the works against a hazard, where somebody gave one: hazard_id (as ``source_id`` of the exposure), works_yuan, and layer where
        ids are unique only within a layer.

    Returns
    -------
    TreatmentResult
        As `geoplan.contracts.relocation` lists it, with further columns source_id, source_persons (people known to be threatened by the
        source), source_persons_status (no_data: there are more), works_yuan_per_person.

    Raises
    ------
    TableError
        ``COLUMN-MISSING`` or ``ID-DUPLICATE`` when ``works`` lacks a column or names a hazard twice, ``NUMBER-NEGATIVE`` for a cost below 0.
    """
    table = _cases(exposure, demand)
    exposed = table["exposed"].to_numpy(dtype=bool)
    known, unknown = _source_persons(table, exposed)
    table["source_persons"], table["source_persons_status"] = known, np.where(unknown, _NO_DATA, _OK)
    table.loc[~exposed, "source_persons"] = np.nan
    table["works_yuan"] = match_works(table, works)
    table.loc[~exposed, "works_yuan"] = np.nan
    most = np.where(unknown, np.inf, known)
    per_person = _divide(table["works_yuan"].to_numpy(dtype=float), known)
    table["works_yuan_per_person"] = np.where(exposed & ~unknown & np.isfinite(per_person), per_person, np.nan)
    least_cost = np.where(unknown, np.where(np.isnan(per_person), np.nan, 0.0), per_person)
    found = apply_rules(
        profile.treatments,
        table["hazard_kind"].to_numpy(dtype=object),
        np.where(exposed, table["hazard_class"].to_numpy(dtype=object), ""),
        persons=(known, most),
        works_yuan_per_person=(least_cost, per_person),
    )
    table["treatment"] = found.treatment
    undecided = exposed & (found.treatment == "")
    table["status"] = np.where(undecided, _NO_DATA, table["status"])
    table["scale"] = np.where(exposed, hazard_scale(known, most), "")
    ids = np.array(["", *(one.id for one in profile.treatments)], dtype=object)
    table["rule"] = ids[found.rule + 1]
    table["reason_zh"], table["reason_en"] = row_reasons(table, found.rule, found.doubt, profile)
    return TreatmentResult(treatment=_ordered(table), summary=_summarise(table, demand))


def apply_rules(
    rules: Sequence[TreatmentRule],
    kinds: NDArray[np.object_],
    classes: NDArray[np.object_],
    *,
    persons: tuple[Floats, Floats],
    works_yuan_per_person: tuple[Floats, Floats],
) -> Choice:
    """Return what the first row that holds says of each of n cases.

    Parameters
    ----------
    rules
        The table, in order.
    kinds, classes
        (n,) hazard kinds and classes; a class "" matches no row.
    persons
        (n,) least and most people the hazard threatens; equal where known.
    works_yuan_per_person
        (n,) least and most cost of works per person, yuan; NaN where none is given, then no row with such a bound holds.
    """
    count = len(kinds)
    chosen, rule = np.full(count, -1), np.full(count, -1)
    done, clash = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    for place, one in enumerate(rules):
        covers = np.isin(classes.astype(str), one.hazard_classes)
        if "*" not in one.hazard_kinds:
            covers &= np.isin(kinds.astype(str), one.hazard_kinds)
        sure, possible = _within(*persons, one.persons_from, one.persons_to)
        if one.needs_works:
            bounds = one.works_yuan_per_person_from, one.works_yuan_per_person_to
            sure_cost, possible_cost = _within(*works_yuan_per_person, *bounds)
            sure, possible = sure & sure_cost, possible & possible_cost
        severity = TREATMENTS.index(one.treatment)
        holds = covers & possible & ~done
        clash |= holds & (chosen >= 0) & (chosen != severity)
        chosen = np.where(holds & (chosen < 0), severity, chosen)
        decides = holds & sure
        rule = np.where(decides, place, rule)
        done |= decides
    settled = done & ~clash
    names = np.array([*TREATMENTS, ""], dtype=object)
    return Choice(
        treatment=names[np.where(settled, chosen, -1)], rule=np.where(settled, rule, -1), doubt=(chosen >= 0) & ~settled
    )


def _within(least: Floats, most: Floats, low: float | None, high: float | None) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where every number and where any number between ``least`` and ``most`` lies in [low, high); nowhere for NaN."""
    floor, ceiling = -np.inf if low is None else low, np.inf if high is None else high
    # An end without bound is no bound, even for a cost that is infinite because nobody is threatened.
    below = np.ones(len(least), dtype=bool) if high is None else most < ceiling
    some_below = np.ones(len(least), dtype=bool) if high is None else least < ceiling
    known = ~np.isnan(least)
    return known & (least >= floor) & below, known & (most >= floor) & some_below


def hazard_scale(least: Floats, most: Floats) -> NDArray[np.object_]:
    """Return 小, 中, 大 or 特大 by the people threatened; "" where ``least`` and ``most`` do not agree.

    >>> hazard_scale(np.array([99.0, 100.0, 500.0, 700.0]), np.array([99.0, 100.0, 500.0, np.inf])).tolist()
    ['小', '中', '大', '']
    """
    names = np.array([zh for zh, _, _ in HAZARD_SCALES], dtype=object)
    steps = np.array([bound for _, _, bound in HAZARD_SCALES[1:]])
    low, high = np.searchsorted(steps, least, side="right"), np.searchsorted(steps, most, side="right")
    return np.where(low == high, names[low], "").astype(object)


def _cases(exposure: ExposureResult, demand: Demand) -> pd.DataFrame:
    """Return one row per settlement × kind that is exposed or unknown, and one of kind "" where there is none, in the settlements' order."""
    ids = demand.settlements["settlement_id"].to_numpy()
    rows = exposure.exposure
    state, level = rows["status"].to_numpy(dtype=object), rows["hazard_class"].to_numpy(dtype=object)
    is_known = state == _OK
    told = rows[(is_known & ~np.isin(level.astype(str), ("none", ""))) | ~is_known]
    columns = ["settlement_id", "hazard_kind", "status", "hazard_class", "source_layer", "source_id"]
    if "exposed_persons" in rows.columns:
        columns.append("exposed_persons")
    told = told.loc[told["settlement_id"].isin(ids), columns]
    rest = pd.DataFrame({"settlement_id": ids[~np.isin(ids, told["settlement_id"].to_numpy())]})
    asked = np.isin(rest["settlement_id"].to_numpy(), rows["settlement_id"].to_numpy())
    rest = rest.assign(hazard_kind="", hazard_class=np.where(asked, "none", ""), source_layer="", source_id="")
    rest = rest.assign(status=np.where(asked, _OK, _NO_DATA), exposed_persons=np.nan)
    table = pd.concat([told, rest[columns]], ignore_index=True)
    place = pd.Index(ids).get_indexer(table["settlement_id"].to_numpy())
    table["place"], table["persons_threatened"] = place, known_persons(demand)[place]
    if "exposed_persons" in table.columns:
        # Those whose houses lie in the zone; where that is not told, all who live there.
        counted = table["exposed_persons"].to_numpy(dtype=float)
        table["persons_threatened"] = np.where(np.isfinite(counted), counted, table["persons_threatened"])
    table = table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
    for name in ("source_layer", "source_id"):
        table[name] = table[name].fillna("").astype(object)
    table["exposed"] = (table["status"] == _OK) & ~table["hazard_class"].isin(["none", ""])
    table.loc[~table["exposed"], "persons_threatened"] = np.nan
    return table


def _source_persons(table: pd.DataFrame, exposed: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the people known to be threatened by the source of each row, and whether there are more of unknown number.

    A source without an id (a raster) is a source of its own in every settlement.
    """
    named = (table["source_id"] != "").to_numpy(dtype=bool)
    own = np.where(named, "", table["settlement_id"].to_numpy(dtype=object))
    key = table[["hazard_kind", "source_layer", "source_id"]].assign(own=own)
    group = key.groupby(list(key.columns), sort=False).ngroup().to_numpy()
    persons = table["persons_threatened"].to_numpy(dtype=float)
    known = np.bincount(group, weights=np.where(exposed, np.nan_to_num(persons), 0.0))[group] if len(group) else np.empty(0)
    unknown = np.bincount(group, weights=exposed & np.isnan(persons))[group] > 0 if len(group) else np.empty(0, dtype=bool)
    return known, unknown


def _divide(yuan: Floats, persons: Floats) -> Floats:
    """Return yuan per person; infinite where nobody is threatened, NaN where no cost is given."""
    whole = np.where(np.isnan(yuan), np.nan, np.inf)
    return np.divide(yuan, persons, out=whole, where=persons > 0)


def _summarise(table: pd.DataFrame, demand: Demand) -> pd.DataFrame:
    """Return the strictest treatment of each settlement (ties: the first kind)."""
    severity = np.array([TREATMENTS.index(one) if one else -1 for one in table["treatment"]], dtype=int)
    order = np.lexsort((np.arange(len(table)), -severity, table["place"].to_numpy()))
    _, first = np.unique(table["place"].to_numpy()[order], return_index=True)
    best = table.iloc[order[first]].reset_index(drop=True)
    unknown = table.assign(unknown=table["status"] != _OK).groupby("place")["unknown"].any().to_numpy()
    strictest = (best["treatment"] == TREATMENTS[-1]).to_numpy()
    summary = pd.DataFrame(
        {
            "settlement_id": demand.settlements["settlement_id"].to_numpy(),
            "treatment": best["treatment"].to_numpy(dtype=object),
            "status": np.where(unknown & ~strictest, _NO_DATA, _OK),
            "hazard_kind": np.where(best["treatment"] == "", "", best["hazard_kind"]).astype(object),
        }
    )
    summary["reason_zh"], summary["reason_en"] = summary_reasons(best, table, unknown)
    return summary


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    names = (
        "settlement_id hazard_kind hazard_class treatment status persons_threatened scale works_yuan rule reason_zh reason_en "
        "source_layer source_id source_persons source_persons_status works_yuan_per_person"
    )
    return table[names.split()]
