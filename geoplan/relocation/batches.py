"""Put the people a programme speaks of into its batches (五个一批), nobody twice, and say how many no layer puts anywhere.

Batches take people in the order of the profile's table. In a settlement of p people, c of them concerned, r of those not yet taken:

    all left of a class   (no column)              takes r
    a column n that counts people concerned        takes min(n, r); a person is counted in one such column only
    a column n that counts everybody               takes max(0, n + r − p), those who must be in both; up to min(n, r) may be
    no such column, or no number here              takes 0; up to r may be
    the settlement's class is not one of the rule's  takes 0; up to what it would take where the class is 证据不足

What is left of the concerned is ``unknown``, everybody else ``not_concerned``; where nobody knows how many are concerned, columns that count
them take theirs and all the rest is ``unknown``. So the batches of a settlement add up to its people, and those of the county to the
county's; ``persons_most`` says how many more a batch could have. Settlements of unknown size are counted beside the totals.

By hand: 100 people, 40 concerned, 10 of them on the allowance, 75 of the 100 can work: allowance 10; of the 30 left at least
75 + 30 − 100 = 5 can work, at most 30; unknown 25, not concerned 60; 10 + 5 + 25 + 60 = 100.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import RelocationProfile
from geoplan.contracts.relocation import BatchesResult
from geoplan.contracts.results import CandidacyResult, Demand
from geoplan.contracts.status import RelocationClass, Status
from geoplan.contracts.treatment_profile import RESERVED_BATCHES, BatchRule
from geoplan.relocation.dispersion import known_persons
from geoplan.relocation.reasons import cite

_OK, _NO_DATA = str(Status.OK), str(Status.NO_DATA)
_UNDECIDED = str(RelocationClass.UNDECIDED)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Taken:
    """What one rule takes in n settlements."""

    sure: Floats
    most: Floats
    answered: bool
    """Whether a layer has the column the rule counts by."""


def allocate_batches(candidacy: CandidacyResult, demand: Demand, profile: RelocationProfile) -> BatchesResult:
    """Return the people of every settlement by batch, and the county's totals.

    Parameters
    ----------
    candidacy
        Relocation class of every settlement; one that is missing is 证据不足.
    demand
        Settlements with people and the columns the rules count by.
    profile
        ``batches`` is the table, ``batch_persons_column`` counts the people concerned.

    Returns
    -------
    BatchesResult
        As `geoplan.contracts.relocation` lists it, with further columns persons_most (of settlements and totals), and of the totals layer_status
        (no_data: no layer has the column, so its persons are none that are known, not none), persons_unknown_settlements and source_status.
        A settlement has a row for each batch with people; one of unknown size has the row ``unknown`` with status no_data.
    """
    persons = known_persons(demand)
    classes = _classes(candidacy, demand)
    concerned = _column(demand, profile.batch_persons_column) if profile.batch_persons_column != "persons" else persons
    counted = np.zeros(len(persons), dtype=bool) if concerned is None else np.isfinite(concerned)
    base = persons if concerned is None else np.where(counted, np.minimum(concerned, persons), persons)
    left = base.copy()
    taken: list[_Taken] = []
    for rule in profile.batches:
        found = _take(rule, demand, classes, persons=persons, left=left, counted=counted)
        left = left - found.sure
        taken.append(found)
    sure = np.column_stack([*(one.sure for one in taken), np.where(counted, persons - base, 0.0), left])
    most = np.column_stack([*(one.most for one in taken), np.where(counted, persons - base, left), left])
    return BatchesResult(
        settlements=_settlement_rows(demand, sure, most, profile), totals=_total_rows(sure, most, persons, taken, profile)
    )


def _take(
    rule: BatchRule, demand: Demand, classes: NDArray[np.object_], *, persons: Floats, left: Floats, counted: NDArray[np.bool_]
) -> _Taken:
    """Return how many of those ``left`` a rule takes for sure and at most."""
    number = None if rule.column is None else _column(demand, rule.column)
    if rule.column is None:
        # All concerned who are left; where nobody knows how many are concerned, nobody for sure.
        sure, most = np.where(counted, left, 0.0), left
    elif number is None:
        sure, most = np.zeros(len(left)), left
    elif rule.counts == "concerned":
        most = np.fmin(number, left)
        sure = np.where(np.isfinite(number), most, 0.0)
    else:
        most = np.fmin(number, left)
        sure = np.where(np.isfinite(number) & counted, np.clip(np.minimum(number, persons) + left - persons, 0.0, None), 0.0)
    if rule.classes:
        within = np.isin(classes.astype(str), rule.classes)
        sure = np.where(within, sure, 0.0)
        most = np.where(within | (classes == _UNDECIDED), most, 0.0)
    unknown = np.isnan(persons)
    return _Taken(np.where(unknown, np.nan, sure), np.where(unknown, np.nan, most), rule.column is None or number is not None)


def _classes(candidacy: CandidacyResult, demand: Demand) -> NDArray[np.object_]:
    """Return the class of each settlement, 证据不足 where it has none."""
    known = candidacy.candidacy.set_index("settlement_id")["relocation_class"]
    found = known.reindex(demand.settlements["settlement_id"])
    return found.where(found.notna(), _UNDECIDED).to_numpy(dtype=object)


def _column(demand: Demand, name: str) -> Floats | None:
    """Return a settlement column of counts, NaN where there is none or it is negative; None where no layer has it."""
    if name not in demand.settlements.columns:
        return None
    values = demand.settlements[name].to_numpy(dtype=float, na_value=np.nan)
    return np.where(values >= 0, values, np.nan)


def _batch_labels(profile: RelocationProfile) -> pd.DataFrame:
    """Return id, labels and citation of every batch, those of the table first."""
    rows = [
        (one.id, one.label_zh, one.label_en, one.source, one.clause, str(one.status), cite(one), cite(one, "en"))
        for one in profile.batches
    ]
    rows += [(name, *labels, "", "", "", "", "") for name, labels in RESERVED_BATCHES.items()]
    names = "batch label_zh label_en source clause source_status cite_zh cite_en"
    return pd.DataFrame(rows, columns=names.split(), dtype=object)


def _settlement_rows(demand: Demand, sure: Floats, most: Floats, profile: RelocationProfile) -> pd.DataFrame:
    """Return a row per settlement and batch with people; a settlement without any, or of unknown size, has the row ``unknown``."""
    ids = demand.settlements["settlement_id"].to_numpy()
    labels = _batch_labels(profile)
    shown = sure > 0
    shown[~shown.any(axis=1), -1] = True
    place, batch = np.nonzero(shown)
    persons, could = sure[place, batch], most[place, batch]
    rows = pd.DataFrame(
        {
            "settlement_id": ids[place],
            "batch": labels["batch"].to_numpy()[batch],
            "persons": persons,
            "persons_most": could,
            "status": np.where(np.isnan(persons), _NO_DATA, _OK).astype(object),
        }
    )
    zh, en = [], []
    columns = (labels[one].to_numpy()[batch] for one in ("label_zh", "label_en", "cite_zh", "cite_en"))
    for name_zh, name_en, cite_zh, cite_en, count, top in zip(*columns, persons.tolist(), could.tolist(), strict=True):
        if count != count:  # NaN
            zh.append("人口未知,不能分批")
            en.append("people not known, no batch can be told")
            continue
        more_zh, more_en = (f"(至多 {top:,.0f} 人)", f" (at most {top:,.0f})") if top > count else ("", "")
        per_zh, per_en = (f";依据 {cite_zh}", f"; per {cite_en}") if cite_zh else ("", "")
        zh.append(f"{name_zh}:{count:,.0f} 人{more_zh}{per_zh}")
        en.append(f"{name_en}: {count:,.0f} people{more_en}{per_en}")
    rows["reason_zh"], rows["reason_en"] = zh, en
    return rows


def _total_rows(sure: Floats, most: Floats, persons: Floats, taken: list[_Taken], profile: RelocationProfile) -> pd.DataFrame:
    """Return the county's people by batch; also those of batches nobody is in."""
    labels = _batch_labels(profile)
    reserved = len(RESERVED_BATCHES)
    known = ~np.isnan(persons)
    return pd.DataFrame(
        {
            **{name: labels[name] for name in ("batch", "label_zh", "label_en")},
            "persons": sure[known].sum(axis=0),
            "persons_most": most[known].sum(axis=0),
            "settlements": (sure[known] > 0).sum(axis=0),
            "persons_unknown_settlements": [*[0] * (len(taken) + reserved - 1), int((~known).sum())],
            "layer_status": [*(_OK if one.answered else _NO_DATA for one in taken), *[_OK] * reserved],
            **{name: labels[name] for name in ("source", "clause", "source_status")},
        }
    )
