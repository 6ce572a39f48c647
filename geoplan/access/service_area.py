"""Draw the ground within so many minutes of a service: disjoint bands, the threshold inside.

Band i holds the cells with from_min < t ≤ to_min; exactly 60.0 minutes is inside 60. A cell's time is a sum of whole ticks, off by up to half a tick
each step, so what lies within 0.05 s of a threshold counts as on it. Bands, what lies beyond the last, and what the search did not
reach make up the passable ground, and people of every band and of every other state add up to the people of the raster.
By hand: on level 30 m cells at 5 km/h (0.36 min each) the cell 50 east of a clinic is 18.0 min away: in band 0–18, not in 18–36.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.cell_polygons import draw_cells
from geoplan.access.field import Field
from geoplan.access.kernel import NEVER, TICKS_PER_S
from geoplan.access.people_on_ground import count_people
from geoplan.access.ticks import TICKS_PER_MIN
from geoplan.contracts.grid import Grid
from geoplan.contracts.reach import REACH_STATUS_LABELS, ReachStatus
from geoplan.errors import ConfigError

_SLACK_S = 0.05


def band_cells(field: Field, bands_min: Sequence[float]) -> NDArray[np.int32]:
    """Return (rows, cols) number of the band of every cell.

    Numbers below b = len(bands_min) are bands; b is beyond the last, b + 1 passable and not reached, b + 2 impassable.

    Raises
    ------
    ConfigError
        ``BANDS``: the minutes do not rise from above 0. ``BANDS-LIMIT``: the field was not solved as far as the last band.
    """
    upper = np.asarray(list(bands_min), dtype=np.float64)
    if not len(upper) or not np.isfinite(upper).all() or upper[0] <= 0 or (np.diff(upper) <= 0).any():
        raise ConfigError(
            f"the bands {list(bands_min)} do not rise from above 0", code="BANDS", remedy="Give minutes such as 15, 30, 60."
        )
    ticks = np.floor(upper * TICKS_PER_MIN + _SLACK_S * TICKS_PER_S).astype(np.int64)
    if np.floor(upper[-1] * TICKS_PER_MIN) >= field.limit:
        raise ConfigError(
            f"the field was solved to {(field.limit - 1) / TICKS_PER_MIN:g} min, the last band ends at {upper[-1]:g}",
            code="BANDS-LIMIT",
            remedy="Solve with a limit no shorter than the last band.",
        )
    band = np.searchsorted(ticks, field.time, side="left").astype(np.int32)
    band[field.time >= min(field.limit, int(NEVER))] = len(upper) + 1
    band[field.costs.surface.ground.speed_class == 0] = len(upper) + 2
    return band


def draw_service_areas(
    field: Field, bands_min: Sequence[float] = (15.0, 30.0, 60.0), *, population: Grid | None = None, simplify_m: float = 0.0
) -> gpd.GeoDataFrame:
    """Return the ground of every band of travel time as a polygon, and all other ground by the reason.

    Parameters
    ----------
    field
        Solved field.
    bands_min
        Upper ends of the bands, minutes, rising; each is inside its band.
    population
        People per cell of its own grid, in the ground's CRS.
    simplify_m
        Tolerance for simplifying the drawn lines, metres; bands keep common lines, and areas stay those of cells.

    Returns
    -------
    GeoDataFrame
        One row per band, then beyond the last (``to_min`` inf), passable and not reached (``unreachable``; ``beyond_cutoff`` where the field
        has a limit), impassable (``unsnapped``) and outside the grid (``no_data``: no area, only people). Columns: band, label_zh, label_en,
        status, from_min, to_min (NaN where the status is not ok), area_km2, persons (with ``population``), geometry.

    Raises
    ------
    ConfigError
        As `band_cells`.
    """
    band, ground = band_cells(field, bands_min), field.costs.surface.ground
    count = len(bands_min) + 3
    table = _name_bands([float(one) for one in bands_min], limited=field.limit < int(NEVER))
    cells = np.bincount(band.ravel(), minlength=count)
    table["area_km2"] = np.append(cells, 0) * (ground.cell_size[0] * ground.cell_size[1] / 1e6)
    if population is not None:
        people = count_people(population, ground, band, count=count)
        table["persons"] = np.append(people.persons, people.outside)
    shapes = draw_cells(band, ground.transform, count=count + 1, simplify_m=simplify_m)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=ground.crs)


def _name_bands(upper: list[float], *, limited: bool) -> pd.DataFrame:
    """Return the rows of bands and other ground with their labels, states and ends."""
    lower = [0.0, *upper]
    bands = [f"{a:g}–{b:g}" for a, b in zip(lower[:-1], upper, strict=True)] + [f">{upper[-1]:g}"]
    missed = ReachStatus.BEYOND_CUTOFF if limited else ReachStatus.UNREACHABLE
    other = [missed.value, ReachStatus.UNSNAPPED.value, ReachStatus.NO_DATA.value]
    nothing = [np.nan] * len(other)
    return pd.DataFrame(
        {
            "band": [*bands, *other],
            "label_zh": [*(f"{one} 分钟" for one in bands), *(REACH_STATUS_LABELS[one][0] for one in other)],
            "label_en": [*(f"{one} min" for one in bands), *(REACH_STATUS_LABELS[one][1] for one in other)],
            "status": [*[ReachStatus.OK.value] * len(bands), *other],
            "from_min": [*lower, *nothing],
            "to_min": [*upper, np.inf, *nothing],
        }
    )
