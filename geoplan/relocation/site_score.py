"""Score receiving sites by fixed-anchor value functions: gentle ground, road, water, school, clinic, seat, farmland, room, shape.

Same rules as the candidacy score (`geoplan.relocation.value`): the score is the weighted mean of the points that have evidence; what is
proven out of reach scores 0, what is missing is left out, lowers ``evidence_share`` and widens ``score_low`` … ``score_high``. 1 is the
better site. No site's score depends on another's. Weights and anchors come from the `SiteProfile`, each with its source.

By hand, weights 0.6 and 0.4: slope 10° (0.7 points) and a school 20 min away (0.75): 0.42 + 0.30 = 0.72; the school unknown: 0.7, between
0.42 and 0.82; the school out of reach: 0.42.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.site_profile import SITE_PROFILE, SiteCriterion, SiteProfile
from geoplan.contracts.status import Status
from geoplan.relocation.value import WeightedScore, apply_anchors, weigh

_PROVEN = [str(Status.UNREACHABLE), str(Status.UNSNAPPED)]
CONTRIBUTION_COLUMNS = (
    "site_id criterion label_zh label_en raw unit status points weight contribution source clause evidence".split()
)


def score_sites(sites: pd.DataFrame, profile: SiteProfile = SITE_PROFILE) -> WeightedScore:
    """Return the score of each site with its bounds, evidence share and contributions (sites × criteria).

    Parameters
    ----------
    sites
        The columns that the criteria name; a column that is absent is missing everywhere.
    profile
        Criteria.
    """
    points = [point_site(sites, one)[2] for one in profile.criteria]
    return weigh(np.stack(points, axis=1), np.array([one.weight for one in profile.criteria]))


def point_site(
    sites: pd.DataFrame, criterion: SiteCriterion
) -> tuple[NDArray[np.float64], NDArray[np.object_], NDArray[np.float64]]:
    """Return raw value, status and points of every site for one criterion."""
    count = len(sites)
    raw = sites[criterion.column].to_numpy(dtype=float, na_value=np.nan) if criterion.column in sites else np.full(count, np.nan)
    known = np.isfinite(raw)
    status = np.where(known, str(Status.OK), str(Status.NO_DATA)).astype(object)
    if criterion.status_column in sites:
        stated = sites[criterion.status_column].to_numpy(dtype=object)
        status = np.where(known | ~np.isin(stated, _PROVEN), status, stated).astype(object)
    raw = np.where(known, raw, np.nan)
    return raw, status, np.where(np.isin(status, _PROVEN), 0.0, apply_anchors(raw, criterion.anchors))


def tabulate_contributions(sites: pd.DataFrame, scored: WeightedScore, profile: SiteProfile = SITE_PROFILE) -> pd.DataFrame:
    """Return one row per site × criterion; ``contribution`` sums to the site's score, and is NaN for a site that has none.

    ``evidence`` is how sure the source is (cited / secondary / convention), ``status`` whether the value exists.
    """
    parts = []
    rated = sites["site_score"].notna().to_numpy() if "site_score" in sites else np.ones(len(sites), dtype=bool)
    for number, one in enumerate(profile.criteria):
        raw, status, points = point_site(sites, one)
        part = {
            "site_id": sites["site_id"].to_numpy(dtype=object), "criterion": one.id, "label_zh": one.label_zh, "label_en": one.label_en,
            "raw": raw, "unit": one.unit, "status": status, "points": points, "weight": one.weight,
            "contribution": np.where(rated, scored.contributions[:, number], np.nan),
            "source": one.source, "clause": one.clause, "evidence": one.status,
        }  # fmt: skip
        parts.append(pd.DataFrame(part))
    table = pd.concat(parts, ignore_index=True)
    # Site by site, criteria in the profile's order.
    order = np.arange(len(table)).reshape(len(profile.criteria), len(sites)).T.ravel()
    return table.iloc[order][CONTRIBUTION_COLUMNS].reset_index(drop=True)
