"""Hold the way to a road against a standard: how far is the nearest road that meets surface, class and width.

The access result knows two roads per settlement: the nearest motorable one (at d₁ metres, with its attributes) and the nearest
with an all-weather surface (at d₂). From them the distance d* to the nearest road that meets an item's conditions is

- d₁, when the nearest road meets them (no road is nearer);
- d₂, when the conditions are just "an all-weather surface";
- otherwise at least d₂ (conditions narrower than all-weather) and at least d₁: enough for a gap when that bound is beyond the
  threshold, and the bound is the value (the shortfall is then "at least").

What these do not decide is unknown. A nearest road within the threshold whose surface, class or width is not known makes
the item unknown unless another road is known to meet it: neither covered nor a gap may be claimed. Roads of unknown surface beyond the
nearest road are not seen here; the check of the road layer says what share of the length they are.

Example: threshold 500 m, hardened. Nearest road 120 m, gravel; nearest hardened 900 m → gap, value 900, shortfall 400.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import StandardItem
from geoplan.contracts.status import Coverage, Status
from geoplan.coverage import causes
from geoplan.coverage.judgement import Judgement, judge_values, override
from geoplan.coverage.travel import align, numbers, states

_NOT_KNOWN = ("", "unknown")


def judge_roads(ids: pd.Index, road: pd.DataFrame, item: StandardItem, *, all_weather_surfaces: Sequence[str]) -> Judgement:
    """Judge a ``road_access`` item (metres off the road) for the settlements ``ids``.

    Parameters
    ----------
    road
        `AccessResult.road`.
    all_weather_surfaces
        Surfaces behind the ``all_weather_*`` columns of ``road`` (the speed profile's).
    """
    rows = align(road, ids, table="access.road", of="road access")
    missing = rows["status"].isna().to_numpy()
    threshold = float(item.threshold or 0.0)
    state, near = states(rows), numbers(rows, "off_road_m")
    ok = (state == str(Status.OK)) & np.isfinite(near)
    meets, unsure = _meets(rows, item)
    if not (item.surfaces or item.classes or item.min_width_m is not None):
        judged = judge_values(state, near, near <= threshold, cause=causes.ROAD_TOO_FAR)
        return override(judged, missing, causes.ROW_MISSING)

    hard_state, hard = states(rows, "all_weather_status"), numbers(rows, "all_weather_m")
    only_surface = not item.classes and item.min_width_m is None
    if only_surface and set(item.surfaces) == set(all_weather_surfaces):
        value, status = np.where(ok & meets, near, hard), np.where(ok & meets, str(Status.OK), hard_state).astype(object)
        judged = judge_values(status, value, value <= threshold, cause=causes.ROAD_TOO_FAR)
        doubtful = ok & unsure & (near <= threshold) & (judged.coverage != str(Coverage.COVERED))
        return override(override(judged, doubtful, causes.ROAD_CONDITION_UNKNOWN), missing, causes.ROW_MISSING)

    bound = near.copy()
    if item.surfaces and set(item.surfaces) <= set(all_weather_surfaces):
        # A road that meets the item is all-weather too, so it is no nearer than the nearest all-weather road, unless the
        # nearest road of all is one whose surface is not known.
        bound = np.where(ok & ~meets & ~unsure & (hard_state == str(Status.OK)), np.fmax(near, hard), near)
    judged = judge_values(state, bound, ok & meets & (near <= threshold), cause=causes.ROAD_TOO_FAR)
    open_question = ok & ~meets & (bound <= threshold)
    judged = override(judged, open_question & unsure, causes.ROAD_CONDITION_UNKNOWN)
    judged = override(judged, open_question & ~unsure, causes.ROAD_NOT_RESOLVED)
    return override(judged, missing, causes.ROW_MISSING)


def _meets(rows: pd.DataFrame, item: StandardItem) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether the nearest road is known to meet the item, and whether it may (something about it is not known)."""
    failed = np.zeros(len(rows), dtype=bool)
    unsure = np.zeros(len(rows), dtype=bool)
    for column, wanted in (("surface", item.surfaces), ("road_class", item.classes)):
        if wanted:
            text = rows[column].astype(object)
            blank = (text.isna() | text.isin(_NOT_KNOWN)).to_numpy()
            unsure |= blank
            failed |= ~blank & ~text.isin(wanted).to_numpy()
    if item.min_width_m is not None:
        width = numbers(rows, "width_m")
        unsure |= np.isnan(width)
        failed |= width < item.min_width_m
    return ~failed & ~unsure, ~failed & unsure
