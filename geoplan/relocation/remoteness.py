"""Say how remote a settlement is: the weighted mean of the points of the profile's remoteness indicators.

    remoteness_index = Σ_K w_i p_i / Σ_K w_i,   K the remoteness indicators with evidence; 0 is near, 1 is remote

Points are those of the candidacy score (fixed anchors), so one settlement's index does not depend on the others'. With weights
(0.1, 0.3) and points (1.0, 0.5) the index is (0.1 + 0.15)/0.4 = 0.625; with the second missing it is 1.0 on a quarter of the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geoplan.contracts.profiles import RelocationProfile
from geoplan.relocation.value import weigh


def index_remoteness(points: pd.DataFrame, profile: RelocationProfile, *, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return the remoteness index of every settlement.

    Parameters
    ----------
    points
        Points 0..1 (NaN missing), one row per settlement, one column per indicator id.
    profile
        Names the indicators in ``remoteness``.
    weights
        Weight of each indicator; only their ratios count.

    Returns
    -------
    DataFrame
        remoteness_index (0..1, 1 is worse; NaN without evidence), remoteness_evidence_share (0..1), index of ``points``.
    """
    own = np.array([weights[name] for name in profile.remoteness], dtype=float)
    if not len(own) or own.sum() <= 0:
        return pd.DataFrame({"remoteness_index": np.nan, "remoteness_evidence_share": 0.0}, index=points.index)
    found = weigh(points[list(profile.remoteness)].to_numpy(dtype=float), own / own.sum())
    return pd.DataFrame({"remoteness_index": found.score, "remoteness_evidence_share": found.evidence_share}, index=points.index)
