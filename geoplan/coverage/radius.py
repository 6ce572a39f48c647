"""Hold the straight distance to a facility against the radius it serves (transformers, masts, teaching points).

With facilities j at distance d_ij from settlement i and radius r_j (its own ``radius_m`` where that is a positive number, else the item's
threshold):

- some d_ij ≤ r_j: covered; value the distance to the nearest of those that cover it, threshold its radius
- else a gap; value and threshold are those of the facility least short of it (smallest d_ij − r_j), which need not be the nearest
- else unknown where a facility of unknown level covers it, or one of unknown place might

A line is never shorter than the straight distance: where the radius speaks of a line's length, a gap is certain and being covered is not.

By hand: a transformer 400 m away of radius 300 m and one 900 m away of radius 1,000 m → covered, value 900, threshold 1,000.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.access.facilities import locate_points
from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.profiles import StandardItem
from geoplan.contracts.results import AccessResult
from geoplan.contracts.status import Coverage, Status
from geoplan.coverage import causes
from geoplan.coverage.judgement import Judgement, judge_nothing, judge_values, override
from geoplan.coverage.listed import why_unanswered
from geoplan.coverage.presence import match_levels, read_columns
from geoplan.errors import CrsError


def judge_radii(
    settlements: gpd.GeoDataFrame, access: AccessResult, item: StandardItem, *, services: Sequence[ServiceConfig] = ()
) -> Judgement:
    """Judge a ``radius`` item (straight metres) for every settlement.

    Parameters
    ----------
    settlements
        Points in the working CRS, metres.
    access
        Facilities in the same CRS.
    item
        Standard item of measure ``radius``; its threshold is the radius of facilities without one of their own.
    services
        Services of the plan.

    Raises
    ------
    CrsError
        ``CRS-DIFFERS``: settlements and facilities are not in one CRS.
    """
    n = len(settlements)
    unanswered = why_unanswered(access, item.service, services=services)
    if unanswered:
        return judge_nothing(n, unanswered)
    if access.facilities.crs != settlements.crs:
        raise CrsError(
            f"facilities are in {access.facilities.crs} and settlements in {settlements.crs}",
            code="CRS-DIFFERS",
            layer="facilities",
            remedy="Bring both into the working CRS.",
        )
    places, points = locate_points(settlements), locate_points(access.facilities)
    fits, possible = match_levels(access.facilities, item)
    own = read_columns(access.facilities, ["radius_m"])[:, 0]
    radius = np.where(np.isfinite(own) & (own > 0.0), own, np.nan if item.threshold is None else item.threshold)
    placed = ~np.isnan(points[:, 0])
    known = fits & placed
    value, limit = cover_by_radius(places, points[known], radius[known])
    here = ~np.isnan(places[:, 0])
    status = np.where(here & ~np.isnan(value), str(Status.OK), str(Status.NO_DATA)).astype(object)
    judged = judge_values(status, value, value <= limit, cause=causes.OUT_OF_RADIUS)
    judged = override(judged, here & np.isnan(value), causes.LAYER_EMPTY)
    served = judged.coverage == str(Coverage.COVERED)
    doubtful = possible & ~fits & placed
    near, near_limit = cover_by_radius(places, points[doubtful], radius[doubtful])
    judged = override(judged, ~served & (near <= near_limit), causes.FACILITY_UNSURE)
    judged = override(judged, ~served & bool((possible & ~placed).any()), causes.PLACE_UNKNOWN)
    judged = override(judged, ~here, causes.PLACE_UNKNOWN)
    fallback = 0.0 if item.threshold is None else float(item.threshold)
    return replace(judged, threshold=np.where(np.isnan(judged.value), fallback, limit))


def cover_by_radius(
    places: NDArray[np.float64], points: NDArray[np.float64], radius: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, per place, the distance to the point that covers it (or is least short of it), and the radius of that point.

    Parameters
    ----------
    places
        (n, 2) coordinates, metres; NaN where unknown.
    points
        (m, 2) coordinates, metres.
    radius
        (m,) metres.

    Returns
    -------
    distance_m, radius_m
        (n,) each; NaN where a place is unknown or there are no points. Covered where distance ≤ radius: then the nearest point that
        covers, the larger radius where two are as near.
    """
    n = len(places)
    distance, limit = np.full(n, np.nan), np.full(n, np.nan)
    rows = np.flatnonzero(~np.isnan(places).any(axis=1))
    if not len(rows) or not len(points):
        return distance, limit
    covered, beyond = np.zeros(len(rows), dtype=bool), np.full(len(rows), np.inf)
    held, reach = np.full(len(rows), np.inf), np.full(len(rows), np.nan)
    # One tree per distinct radius: among points of one radius the nearest is the best of them. Largest first, so that ties keep it.
    for each in np.unique(radius)[::-1]:
        of_radius = points[radius == each]
        _, at = cKDTree(of_radius).query(places[rows])
        apart = np.hypot(*(places[rows] - of_radius[at]).T)
        covers = apart <= each
        better = np.where(covers, ~covered | (apart < held), ~covered & (apart - each < beyond))
        held[better], reach[better], beyond[better] = apart[better], each, (apart - each)[better]
        covered |= covers
    distance[rows], limit[rows] = held, reach
    return distance, limit
