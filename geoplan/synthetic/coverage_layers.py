"""Complete a county with what coverage asks about, drawn last from numbers of its own: everything before stays what it was.

The truth about units (villages, townships) stands beside that about settlements: which villages' clinics have no doctor, which townships have too few
kindergarten seats, no public kindergarten, or fewer than two general practitioners for 10,000 people. All are sums over the layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.synthetic import amenities, grids, registers, supplies
from geoplan.synthetic.assemble import Settled
from geoplan.synthetic.frame import Flags, Floats
from geoplan.synthetic.ground import Ground

UNIT_TRUTH = ["truth", "level", "code", "value", "needed"]
"""Columns of the truth about units: what holds of which unit, what it has and what it would need."""
GPS_PER_PERSON = 2.0 / 10_000.0
"""General practitioners for each person."""
_POWERLESS = 24


@dataclass(frozen=True)
class CoverageLayers:
    """What is added: layers (changed and new), truth about settlements (flags), units and the lists of two departments."""

    vectors: dict[str, gpd.GeoDataFrame]
    flags: dict[str, Flags]
    units: pd.DataFrame
    comparisons: pd.DataFrame


def complete_coverage(
    rng: np.random.Generator,
    ground: Ground,
    settled: Settled,
    vectors: dict[str, gpd.GeoDataFrame],
    *,
    remote: Floats,
    roadless: Flags,
    dry: Flags,
) -> CoverageLayers:
    """Return ``vectors`` with the columns and layers that coverage asks about, and their truth.

    Parameters
    ----------
    rng
        Numbers of its own: nothing drawn before depends on it.
    remote
        (n,) 0 (at the road) to 1 (far from any).
    roadless, dry
        (n,) settlements without a road (they get no signal) and without water.
    """
    points, seats = vectors["settlements"].copy(), settled.seats
    barred = np.arange(len(points)) < seats
    added = pd.concat(
        [
            supplies.count_ages(rng, points["persons"].to_numpy(), remote=remote),
            supplies.supply_people(rng, remote=remote, dry=dry),
        ],
        axis=1,
    )
    for name in added.columns:
        before = "farmland_mu" if name in supplies.AGES else "geometry"
        points.insert(points.columns.get_loc(before), name, added[name].to_numpy())
    names = {k: v for one in ("townships", "villages") for k, v in zip(vectors[one]["code"], vectors[one]["name"], strict=True)}
    clinics = _geometry_last(supplies.staff_clinics(rng, vectors["clinics"]))
    schools = _geometry_last(supplies.staff_schools(rng, vectors["schools"]))
    powerless = grids.choose_powerless(rng, settled.xy, barred, count=_POWERLESS)
    transformers = grids.place_transformers(rng, points, powerless)
    deaf = roadless | _near_any(rng, settled, barred)
    masts = grids.place_masts(rng, points, ground.county, ground.dem, deaf)
    insurance, clinic_truth = registers.register_clinics(rng, clinics, points, names)
    civil, statistics, village_truth = registers.register_villages(rng, vectors["villages"], points, names)
    placeless = gpd.GeoSeries([None] * len(civil), crs=points.crs), gpd.GeoSeries([None] * len(statistics), crs=points.crs)
    return CoverageLayers(
        vectors=vectors
        | {
            "settlements": points,
            "clinics": clinics,
            "schools": schools,
            "sports_grounds": amenities.place_sports_grounds(rng, points, seats, settled.village_seats, names),
            "weather_stations": amenities.place_weather_stations(rng, points, seats, names),
            "transformers": transformers,
            "masts": masts,
            "clinics_insurance": insurance,
            "villages_civil": gpd.GeoDataFrame(civil, geometry=placeless[0]),
            "villages_statistics": gpd.GeoDataFrame(statistics, geometry=placeless[1]),
        },
        flags={
            "beyond_transformer": grids.find_beyond(settled.xy, transformers, radius_m=grids.POWER_M),
            "beyond_mast": grids.find_beyond(settled.xy, masts, radius_m=0.0),
        },
        units=list_unit_truth(points, clinics, schools),
        comparisons=pd.concat([clinic_truth, village_truth], ignore_index=True),
    )


def list_unit_truth(points: gpd.GeoDataFrame, clinics: gpd.GeoDataFrame, schools: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the truth about units: truth, level, code, value, needed.

    ``clinic_no_doctor``
        Villages with clinics in which nobody is a qualified doctor; ``clinic_doctor_unknown``: nobody is known to be, and of some nothing is known.
    ``kindergarten_seats_short``
        Townships with fewer kindergarten seats than children counted (settlements without a count left out, so it is a lower bound).
    ``no_public_kindergarten``
        Townships in which no kindergarten is public; ``public_kindergarten_unknown``: none is known to be.
    ``gps_short``
        Townships with fewer general practitioners than 2 for every 10,000 people.
    """
    rows: list[tuple[str, str, str, float, float]] = []
    doctors = clinics.groupby("village_code")["doctors"].agg(["max", "count", "size"])
    lacking = doctors[~(doctors["max"] > 0.0)]
    for code, known, size in zip(lacking.index, lacking["count"], lacking["size"], strict=True):
        rows.append(("clinic_no_doctor" if known == size else "clinic_doctor_unknown", "village", code, 0.0, 1.0))
    people = points.groupby("township_code")[["persons", "kindergarten_persons"]].sum()
    nurseries = schools[schools["level"] == "kindergarten"].groupby("township_code")
    seats = nurseries["capacity"].sum().reindex(people.index, fill_value=0.0)
    public = nurseries["public"].max().reindex(people.index)
    open_ = nurseries["public"].agg(lambda one: one.isna().any()).reindex(people.index, fill_value=False)
    gps = clinics.groupby("township_code")["gps"].sum().reindex(people.index, fill_value=0.0)
    for code, everybody, children in people.itertuples(name=None):
        needed = float(everybody) * GPS_PER_PERSON
        if seats[code] < children:
            rows.append(("kindergarten_seats_short", "township", code, float(seats[code]), float(children)))
        if not public[code] > 0.0:
            rows.append(("public_kindergarten_unknown" if open_[code] else "no_public_kindergarten", "township", code, 0.0, 1.0))
        if gps[code] < needed:
            rows.append(("gps_short", "township", code, float(gps[code]), round(needed, 4)))
    return pd.DataFrame(rows, columns=UNIT_TRUTH).sort_values(["truth", "code"]).reset_index(drop=True)


def _near_any(rng: np.random.Generator, settled: Settled, barred: Flags) -> Flags:
    """Return the settlements of three groups, drawn among those without a township or village seat."""
    seats = np.zeros(len(settled.xy), dtype=bool)
    seats[settled.village_seats] = True
    held = np.unique(settled.group[barred | seats])
    return np.isin(settled.group, rng.permutation(np.setdiff1d(settled.group, held))[:3])


def _geometry_last(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame with its geometry as the last column."""
    return frame[[*frame.columns.drop("geometry"), "geometry"]]
