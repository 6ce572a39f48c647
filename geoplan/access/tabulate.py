"""Put paths into the columns of the table of times, with the reason wherever there is no time.

``no_data``: the settlement has no coordinates, or no facility has any. ``unsnapped``: no walk leaves it, even from the nearest place it may be
moved to. ``unreachable``: it entered the surface, and no way leads to a facility. Numbers are NaN wherever the status is not ``ok``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.entries import Entries
from geoplan.access.reading import MINUTE_DIGITS, Paths
from geoplan.access.retime import PARTS
from geoplan.access.straight import sample_ground_m
from geoplan.access.surface import Surface
from geoplan.contracts.status import Status

TIMES = (
    "settlement_id service season trip status travel_time_min facility_id route off_road_m off_road_min network_min network_m "
    "facility_off_road_m facility_off_road_min walk_min ride_min walk_m ride_m ascent_m descent_m level_distance_m climb_m component"
).split()
_AT = {name: place for place, name in enumerate(PARTS)}


def tabulate_times(columns: dict[str, NDArray[Any]]) -> pd.DataFrame:
    """Return the columns of `list_times` as a table; numbers of facilities and components below 0 become missing."""
    numbered = {name: pd.arrays.IntegerArray(columns[name], columns[name] < 0) for name in ("facility", "component")}
    return pd.DataFrame(columns | numbered)


def list_times(
    near: Entries, far: Entries, out: Paths, back: Paths | None, facilities: NDArray[np.int64], *, surface: Surface
) -> dict[str, NDArray[Any]]:
    """Return (s,) columns of times; facility and component are −1 where there is none.

    Parameters
    ----------
    near, far
        Settlements and facilities as entered.
    out, back
        Paths there and, of a round trip, back.
    facilities
        Numbers of the facilities taking part.
    surface
        Ground, for heights, and network, for components.
    """
    status = find_status(near, far, out, facilities)
    ok = status == Status.OK.value
    on_road = out.on_road if back is None else out.on_road | back.on_road

    def there(name: str) -> NDArray[np.float64]:
        return np.where(ok, out.parts[:, _AT[name]], np.nan)

    def whole(name: str, coming: str) -> NDArray[np.float64]:
        return there(name) if back is None else there(name) + np.where(ok, back.parts[:, _AT[coming]], np.nan)

    facility = np.where(ok, out.source, 0)
    to_xy = far.xy[facility] if len(far.xy) else np.full((len(ok), 2), np.nan)
    rise = sample_ground_m(to_xy, surface.ground) - sample_ground_m(near.xy, surface.ground)
    off_road, far_off_road = _split_off_road(out, back, ok)
    network = whole("network_min", "network_min")
    total = np.where(ok, out.minutes if back is None else np.round(out.minutes + back.minutes, MINUTE_DIGITS), np.nan)
    return {
        "status": status,
        "travel_time_min": total,
        "facility": np.where(ok, facility, -1).astype(np.int64),
        "route": np.where(ok, np.where(on_road, "network", "walk"), "").astype(object),
        "off_road_m": there("off_road_m"),
        "off_road_min": off_road,
        "network_min": np.where(on_road, network, np.nan),
        "network_m": np.where(on_road, there("network_m"), np.nan),
        "facility_off_road_m": there("facility_off_road_m"),
        "facility_off_road_min": far_off_road,
        "walk_min": whole("walk_min", "walk_min"),
        "ride_min": whole("ride_min", "ride_min"),
        "walk_m": there("walk_m"),
        "ride_m": there("ride_m"),
        "ascent_m": there("ascent_m"),
        "descent_m": there("descent_m"),
        "level_distance_m": np.where(ok, np.hypot(*(to_xy - near.xy).T), np.nan),
        "climb_m": np.where(ok, rise, np.nan),
        "component": np.where(ok & (out.component >= 0), out.component, nearest_component(near, surface)),
    }


def _split_off_road(out: Paths, back: Paths | None, ok: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return minutes off the road on the settlement's side and on the facility's; a way that uses no road is all the settlement's."""
    first, last = _AT["off_road_min"], _AT["facility_off_road_min"]
    own, other = out.parts[:, first], out.parts[:, last]
    if back is not None:
        # Coming back, the settlement's side comes last; a walk home that uses no road stands first and is the settlement's all the same.
        own = own + np.where(back.on_road, back.parts[:, last], back.parts[:, first])
        other = other + np.where(back.on_road, back.parts[:, first], back.parts[:, last])
    return np.where(ok, own, np.nan), np.where(ok, other, np.nan)


def nearest_component(near: Entries, surface: Surface) -> NDArray[np.int64]:
    """Return the component of each point's nearest road within reach, −1 where there is none."""
    on_road = np.flatnonzero(near.edge >= 0)
    order = on_road[np.lexsort((near.leg_m[on_road], near.point[on_road]))]
    point = near.point[order]
    first = np.r_[True, point[1:] != point[:-1]] if len(point) else np.zeros(0, dtype=bool)
    component = np.full(len(near.xy), -1, dtype=np.int64)
    edges = surface.network.edges["component"].to_numpy(dtype=np.int64)
    component[point[first]] = edges[near.edge[order[first]]]
    return component


def find_status(near: Entries, far: Entries, out: Paths, facilities: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return why each settlement has or has not a travel time."""
    some = bool((far.status[facilities] != Status.NO_DATA.value).any()) if len(facilities) else False
    status = np.where(near.status == Status.OK.value, Status.UNREACHABLE.value, near.status).astype(object)
    status[(out.source >= 0) & np.isfinite(out.minutes)] = Status.OK.value
    if not some:
        status[:] = Status.NO_DATA.value
    return status
