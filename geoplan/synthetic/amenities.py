"""Set up what villages and townships use together beside offices: sports grounds and small weather stations."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.synthetic.frame import EPSG, Ints

_SPORTS_SHARE = 0.66
_STATIONS = 7


def place_sports_grounds(
    rng: np.random.Generator, points: gpd.GeoDataFrame, seats: int, village_seats: Ints, names: dict[str, str]
) -> gpd.GeoDataFrame:
    """Return the sports grounds (健身场地) of every township seat and of two villages in three: facility_id, name, level and codes.

    Parameters
    ----------
    points
        Settlements; the first ``seats`` are the township seats.
    village_seats
        Rows of the village seats.
    names
        Unit code → name.
    """
    luck = rng.random(len(village_seats)) < _SPORTS_SHARE
    at = np.array([*range(seats), *[k for k, lucky in zip(village_seats.tolist(), luck, strict=True) if lucky and k >= seats]])
    return _stand(rng, points, at, seats, "SG", "健身场地", names, spread_m=90.0)


def place_weather_stations(
    rng: np.random.Generator, points: gpd.GeoDataFrame, seats: int, names: dict[str, str]
) -> gpd.GeoDataFrame:
    """Return small automatic weather stations (气象站) at seven township seats: facility_id, name, level and codes."""
    at = np.sort(rng.permutation(seats)[:_STATIONS])
    return _stand(rng, points, at, seats, "WS", "气象站", names, spread_m=200.0)


def _stand(
    rng: np.random.Generator,
    points: gpd.GeoDataFrame,
    at: Ints,
    seats: int,
    prefix: str,
    kind: str,
    names: dict[str, str],
    *,
    spread_m: float,
) -> gpd.GeoDataFrame:
    """Return one facility beside each of the settlements ``at``."""
    township, village = (points[one].to_numpy(dtype=object)[at] for one in ("township_code", "village_code"))
    seat = at < seats
    table = pd.DataFrame(
        {
            "facility_id": [f"{prefix}{n + 1:04d}" for n in range(len(at))],
            "name": [names[one] + kind for one in np.where(seat, township, village)],
            "level": np.where(seat, "township", "village"),
            "township_code": township,
            "village_code": village,
        }
    )
    xy = shapely.get_coordinates(points.geometry.to_numpy())[at]
    where = np.round(xy + rng.uniform(-spread_m, spread_m, xy.shape), 1)
    return gpd.GeoDataFrame(table, geometry=shapely.points(where), crs=EPSG)
