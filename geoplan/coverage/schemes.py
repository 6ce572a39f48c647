"""Lay out water supply: central schemes as the backbone, by gravity, then by pumping; springs for who remains; and who is left with none.

1. **Gravity.** Every scheme's water stands at H₀ = ground + water level at the source. Ways are searched over the ground below H₀
   (`geoplan.coverage.scheme_routes`), settlements are joined cheapest per person first while yield and heads allow (`geoplan.coverage.scheme_join`),
   and pipes get the smallest diameters that keep every point below the hydraulic grade line (`geoplan.coverage.hydraulics`).
2. **Pumping.** Schemes with yield left lift water at the source for settlements still without, up to the profile's lift. Gravity has gone first, so
   nobody loses gravity water to a pump.
3. **Springs** (water_kind ``source``) serve who remains within the profile's walk, nearest first (`geoplan.coverage.scheme_dispersed`).
4. **None**, or **unknown** where a source that is not fully known might serve, or the settlement's people or height are not known.

People are never divided: Σ persons over ``served_by`` is everybody. What a source gives, per day, of pipes that lose the share v:

    need = persons · litres / (1 − v) / 1000   [m³/d],   peak flow = need · peak factor / 86.4   [L/s]

Simplified on purpose, and told: quality is not measured; a yield is one figure, without seasons or years; one pressure zone per tree (``pressure_max_m``
says where pipes need pressure broken); gravity and pumped water run in pipes of their own; existing pipes are not known, so all are new; rivers and
land rights stop no pipe; the way is the cheapest of its source, not of all together. It is a layout to discuss, not a design.

By hand: 100 people at 80 L with 15 % lost need 9.412 m³/d and, at peak factor 2, 0.2179 L/s.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.contracts.coverage import WaterResult
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Demand
from geoplan.contracts.status import Status
from geoplan.contracts.water_profile import WaterProfile
from geoplan.coverage.scheme_layout import lay_out_water
from geoplan.coverage.scheme_sources import place_sources
from geoplan.coverage.scheme_tables import tabulate_water
from geoplan.spatial.frames import require_same_crs
from geoplan.spatial.terrain import sample_bilinear

_ROUND_TRIP = "round_trip"


def compute_water(
    demand: Demand,
    sources: gpd.GeoDataFrame,
    dem: Grid | None,
    access_times: pd.DataFrame,
    profile: WaterProfile,
    *,
    service: str = "water",
    season: str = "dry",
) -> WaterResult:
    """Return which settlements schemes and springs can serve, the pipes that takes, and who meets which rule.

    Parameters
    ----------
    demand
        Settlements; ``water_l_person_day``, where the layer has it, is the amount as surveyed.
    sources
        Schemes and springs (`geoplan.coverage.scheme_sources.collect_sources`), in the CRS of the settlements.
    dem
        Heights, metres, in the same CRS; None: no water can be laid out, and all who might be served are unknown.
    access_times
        `AccessResult.times`: the walk to water today.
    profile
        Rules and figures.
    service, season
        Rows of ``access_times`` that are the walk to water; minutes count where the trip is there and back.

    Returns
    -------
    WaterResult
        As in `geoplan.contracts.coverage`. Beside it, sources tell lift_m, pump_kw, pump_capital_yuan, pump_yearly_yuan (electricity), pipe_capital_yuan,
        reason_zh, reason_en; pipes tell velocity_m_s, pressure_max_m; rules tell ``basis`` (today / planned), safe_threshold, met_by and their source.
        ``settlements.rules`` is the planned state.

    Raises
    ------
    CrsError
        ``CRS-MIXED``: layers lie in different reference systems.
    """
    require_same_crs(sources.crs, demand.settlements.crs, what="water sources")
    people = _place_people(demand, dem, profile)
    walks = _pick_walks(access_times, people, service=service, season=season)
    layout = lay_out_water(
        people,
        place_sources(sources, dem),
        dem,
        profile,
        timed_id=walks["facility_id"].to_numpy(dtype=object),
        timed_min=walks["round_trip_min"].to_numpy(dtype="float64"),
        crs=demand.settlements.crs,
    )
    surveyed = np.full(len(people), np.nan)
    if "water_l_person_day" in demand.settlements:
        column = pd.to_numeric(demand.settlements["water_l_person_day"], errors="coerce")
        surveyed = column.to_numpy(dtype="float64", na_value=np.nan)
    return tabulate_water(layout, walks, surveyed, profile)


def _place_people(demand: Demand, dem: Grid | None, profile: WaterProfile) -> pd.DataFrame:
    """Return the settlements with place, height, least head, and whether they can be planned for."""
    settlements = demand.settlements
    points = settlements.geometry
    placed = ~(points.isna() | points.is_empty).to_numpy(dtype=bool)
    xy = np.full((len(settlements), 2), np.nan)
    xy[placed] = np.column_stack([points[placed].x, points[placed].y])
    z = np.full(len(settlements), np.nan)
    if dem is not None:
        require_same_crs(settlements.crs, dem.crs, what="settlements")
        z[placed] = sample_bilinear(dem, xy[placed])
    persons = settlements["persons"].to_numpy(dtype="float64", na_value=np.nan)
    if "persons_status" in settlements:
        persons = np.where((settlements["persons_status"].astype(str) == str(Status.OK)).to_numpy(), persons, np.nan)
    return pd.DataFrame(
        {
            "settlement_id": settlements["settlement_id"].astype(str).to_numpy(dtype=object),
            "persons": persons,
            "x": xy[:, 0],
            "y": xy[:, 1],
            "z": z,
            "least_m": z + profile.pipes.residual_min_m.value,
            "plannable": ~np.isnan(z) & ~np.isnan(persons),
        }
    )


def _pick_walks(times: pd.DataFrame, people: pd.DataFrame, *, service: str, season: str) -> pd.DataFrame:
    """Return today's walk to water, one row per settlement: facility_id, fetch_status, round_trip_min, level_m, climb_m."""
    asked = times[(times["service"] == service) & (times["season"] == season)].drop_duplicates("settlement_id")
    rows = asked.set_index("settlement_id").reindex(people["settlement_id"])
    status = rows["status"].astype(object).where(rows["status"].notna(), str(Status.NO_DATA)).astype(str)
    ok = (status == str(Status.OK)).to_numpy()
    back = ok & (rows["trip"].astype(object) == _ROUND_TRIP).to_numpy()
    return pd.DataFrame(
        {
            "facility_id": np.where(ok, rows["facility_id"].astype(object), ""),
            "fetch_status": status.to_numpy(dtype=object),
            "round_trip_min": np.where(back, rows["travel_time_min"], np.nan).astype("float64"),
            "level_m": np.where(ok, rows["level_distance_m"], np.nan).astype("float64"),
            "climb_m": np.where(ok, rows["climb_m"], np.nan).astype("float64"),
        }
    )
