"""Add what the four-level standard asks of people and of facilities: ages, water per person, networks, doctors, teachers, seats, quality.

Children are about 4 in 100 people for every three years of age, people of 60 and over about 24; both depend on how far the place is from a road.
By hand: 100 people at the road are drawn once with the shares 0.038, 0.036, 0.035, 0.036 and 0.24, so the five counts never add up to more than 100.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.synthetic.frame import Flags, Floats

AGES = ("kindergarten_persons", "grade13_persons", "grade46_persons", "junior_persons", "elder_persons")
"""Columns of ages that do not overlap: 3–5, 6–8, 9–11, 12–14, 60 and over."""
_SHARES = np.array([0.038, 0.036, 0.035, 0.036, 0.24])
_AGES_MISSING, _WATER_MISSING, _NETWORKS_MISSING = 0.03, 0.07, 0.04


def count_ages(rng: np.random.Generator, persons: Floats, *, remote: Floats) -> pd.DataFrame:
    """Return the columns `AGES`, whole numbers that add up to at most ``persons``; about 3 % of the rows are missing in all of them.

    Parameters
    ----------
    persons
        (n,) people.
    remote
        (n,) 0 (at the road) to 1 (far from any): fewer children, more of 60 and over.
    """
    young = np.clip(1.0 - 0.25 * remote, 0.0, 1.0)
    shares = _SHARES * np.column_stack([young, young, young, young, 1.0 + 0.3 * remote])
    chances = np.column_stack([shares, 1.0 - shares.sum(axis=1)])
    counts = rng.multinomial(np.asarray(persons, dtype=np.int64), chances)[:, : len(AGES)].astype(float)
    counts[rng.random(len(counts)) < _AGES_MISSING] = np.nan
    return pd.DataFrame(counts, columns=list(AGES))


def supply_people(rng: np.random.Generator, *, remote: Floats, dry: Flags) -> pd.DataFrame:
    """Return water_l_person_day (litres per person and day really supplied) and networks_share (households with the three networks).

    Waterless places carry home 8 to 18 litres each; 7 and 4 in 100 rows are missing.
    """
    n = len(remote)
    litres = np.where(dry, rng.uniform(8.0, 18.0, n), np.clip(rng.normal(62.0, 16.0, n) - 14.0 * remote, 16.0, 120.0))
    networks = np.clip(rng.normal(1.05, 0.07, n) - 0.28 * remote, 0.3, 1.0)
    litres = np.where(rng.random(n) < _WATER_MISSING, np.nan, np.round(litres))
    networks = np.where(rng.random(n) < _NETWORKS_MISSING, np.nan, np.round(networks, 2))
    return pd.DataFrame({"water_l_person_day": litres, "networks_share": networks})


def staff_clinics(rng: np.random.Generator, clinics: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the clinics with doctors (qualified, at most the staff), gps and standard_met; some are missing: not known.

    A village clinic has at most two doctors and no general practitioner, a township hospital up to four of them, those at the county seat more.
    """
    n = len(clinics)
    level, staff = clinics["level"].to_numpy(), clinics["staff"].to_numpy(dtype=float)
    village, township = level == "village", level == "township"
    doctors = np.where(village, np.maximum(staff - (rng.random(n) < 0.15), 0.0), np.round(staff * rng.uniform(0.28, 0.42, n)))
    gps = np.where(village, 0.0, np.where(township, rng.choice([0, 0, 1, 1, 2, 3, 4], n), np.round(staff / 60.0)))
    met = rng.random(n) < np.where(village, 0.72, np.where(township, 0.8, 1.0))
    met &= ~village | (doctors > 0)
    doctors = np.where((rng.random(n) < 0.05) & village, np.nan, doctors)
    known = (rng.random(n) >= 0.06) | ~(village | township)
    return clinics.assign(doctors=doctors, gps=gps, standard_met=_flag(met, known))


def staff_schools(rng: np.random.Generator, schools: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the schools with teachers, boarding_seats, standard_met and public; some of the last two are missing: not known.

    Boarders live at junior schools and at the central primary schools of townships (those of 180 seats and more).
    """
    n = len(schools)
    level, seats = schools["level"].to_numpy(), schools["capacity"].to_numpy(dtype=float)
    per_teacher = np.select([level == "kindergarten", level == "junior"], [14.0, 13.0], 17.0)
    teachers = np.maximum(np.round(seats / per_teacher * rng.uniform(0.8, 1.1, n)), 1.0)
    boards = (level == "junior") | ((level == "primary") & (seats >= 180.0))
    boarding = np.where(boards, np.round(seats * np.where(level == "junior", 0.6, rng.uniform(0.15, 0.4, n)), -1), 0.0)
    met = rng.random(n) < np.select([level == "teaching_point", seats >= 180.0], [0.55, 0.88], 0.7)
    town = schools["name"].str.contains("公办|示例县").to_numpy()
    public = (level != "kindergarten") | town | (rng.random(n) < 0.5)
    return schools.assign(
        teachers=teachers,
        boarding_seats=boarding,
        standard_met=_flag(met, rng.random(n) >= 0.05),
        public=_flag(public, town | (level != "kindergarten") | (rng.random(n) >= 0.08)),
    )


def _flag(yes: Flags, known: Flags) -> Floats:
    """Return 1 and 0 where known, else NaN."""
    return np.where(known, yes.astype(float), np.nan)
