"""Score receiving sites by fixed-anchor value functions: gentle ground, near a road, near seat, school and clinic, room enough.

Same rules as the candidacy score (`geoplan.relocation.value`): the score is the weighted mean of the points that have evidence, a
service that cannot be reached scores 0, a missing one is left out. 1 is the better site. No site's score depends on another's.

By hand: slope 5° (1.0 × 0.25), road 100 m (1.0 × 0.20), seat, school and clinic at 10 min (1.0 × 0.45), 1 ha (0.2 × 0.10): 0.92.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import Cited
from geoplan.contracts.status import Status
from geoplan.relocation.value import apply_anchors, weigh


@dataclass(frozen=True)
class SiteCriterion:
    """One criterion of the site score."""

    column: str
    """Column of the sites table; ``<stem>_status`` beside a ``<stem>_min`` says whether it exists."""
    weight: float
    anchors: tuple[tuple[float, float], ...]
    """(raw, points) pairs; 1 is the better site."""
    cited: Cited


_HABIT = "安置点选址的常用分档,由县级确认"
SITE_CRITERIA: tuple[SiteCriterion, ...] = (
    SiteCriterion("slope_deg", 0.25, ((5.0, 1.0), (15.0, 0.4), (25.0, 0.0)), Cited(source=_HABIT, status="convention")),
    SiteCriterion(
        "road_m", 0.20, ((100.0, 1.0), (500.0, 0.6), (1000.0, 0.2), (2000.0, 0.0)), Cited(source=_HABIT, status="convention")
    ),
    SiteCriterion("seat_min", 0.15, ((10.0, 1.0), (30.0, 0.6), (60.0, 0.0)), Cited(source=_HABIT, status="convention")),
    SiteCriterion("school_min", 0.15, ((10.0, 1.0), (30.0, 0.5), (60.0, 0.0)), Cited(source=_HABIT, status="convention")),
    SiteCriterion("clinic_min", 0.15, ((10.0, 1.0), (30.0, 0.5), (60.0, 0.0)), Cited(source=_HABIT, status="convention")),
    SiteCriterion(
        "area_m2", 0.10, ((10_000.0, 0.2), (50_000.0, 0.8), (100_000.0, 1.0)), Cited(source=_HABIT, status="convention")
    ),
)


def score_sites(sites: pd.DataFrame) -> NDArray[np.float64]:
    """Return the site score (0..1, NaN without any evidence) of each row; needs the columns of `SITE_CRITERIA`."""
    columns = []
    for one in SITE_CRITERIA:
        points = apply_anchors(sites[one.column].to_numpy(dtype=float), one.anchors)
        status = f"{one.column.removesuffix('_min')}_status"
        if one.column.endswith("_min") and status in sites.columns:
            out_of_reach = sites[status].isin([str(Status.UNREACHABLE), str(Status.UNSNAPPED)]).to_numpy(dtype=bool)
            points = np.where(out_of_reach, 0.0, points)
        columns.append(points)
    return weigh(np.stack(columns, axis=1), np.array([one.weight for one in SITE_CRITERIA])).score
