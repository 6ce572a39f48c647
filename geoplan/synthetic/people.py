"""Give every settlement its people, households, land and household supplies, and say who was asked about moving."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.synthetic.frame import Floats, Ints


def share_persons(rng: np.random.Generator, *, seats: int, count: int, total: int) -> Ints:
    """Return whole persons per settlement that add up to ``total``.

    The county town holds about an eighth, township seats some hundreds to 1,600, hamlets are lognormal about a median of
    34. Rounding keeps the total: the largest remainders are rounded up.
    """
    weight = rng.lognormal(np.log(34.0), 0.62, count)
    weight[1:seats] = rng.lognormal(np.log(820.0), 0.35, seats - 1)
    weight[0] = 11_500.0
    fixed = weight[:seats].sum()
    exact = np.concatenate([weight[:seats], weight[seats:] * (total - fixed) / weight[seats:].sum()])
    whole = np.maximum(np.floor(exact), 4.0).astype(np.int64)
    missing = total - int(whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    step = 1 if missing > 0 else -1
    big = order if missing > 0 else order[whole[order] > 10]
    whole[big[: abs(missing)]] += step
    return whole


def describe_people(rng: np.random.Generator, persons: Ints, *, seats: int, slope_deg: Floats, remote: Floats) -> pd.DataFrame:
    """Return households, willingness, farmland, homesteads and household supply shares.

    Parameters
    ----------
    persons
        (n,) people.
    slope_deg
        (n,) slope at the settlement, degrees.
    remote
        (n,) 0 (at the road) to 1 (far from any).
    """
    n = len(persons)
    households = np.clip(np.round(persons / rng.normal(3.4, 0.25, n).clip(2.7, 4.2)), 1, None).astype(np.int64)
    town = np.arange(n) < seats
    willing = np.round(households * np.clip(0.12 + 0.6 * remote + rng.normal(0.0, 0.12, n), 0.0, 1.0))
    willing[rng.random(n) < 0.15] = np.nan
    farmland = persons * np.clip(rng.normal(1.15, 0.3, n) - slope_deg / 60.0, 0.15, 2.5) * np.where(town, 0.15, 1.0)
    share = {
        "safe_water_share": np.clip(rng.normal(0.93, 0.08, n) - 0.35 * remote, 0.05, 1.0),
        "power_share": np.clip(rng.normal(1.02, 0.03, n) - 0.05 * remote, 0.5, 1.0),
        "production_power_share": np.clip(rng.normal(1.0, 0.14, n) - 0.4 * remote, 0.0, 1.0),
        "production_water_share": np.clip(rng.normal(0.95, 0.12, n) - 0.4 * remote, 0.0, 1.0),
        "broadband_share": np.clip(rng.normal(0.75, 0.18, n) - 0.6 * remote, 0.0, 1.0),
        "tv_share": np.clip(rng.normal(0.97, 0.05, n) - 0.1 * remote, 0.3, 1.0),
    }
    frame = pd.DataFrame(
        {
            "persons": persons,
            "households": households,
            "willing_households": willing,
            "farmland_mu": np.round(farmland, 1),
            "homestead_m2": np.round(
                households * np.where(town, 95.0, 1.0) * np.where(town, 1.0, rng.normal(185.0, 30.0, n).clip(90.0, 320.0))
            ),
        }
    )
    for name, values in share.items():
        frame[name] = np.where(town, np.maximum(np.round(values, 2), 0.95), np.round(values, 2))
    frame.loc[(rng.random(n) < 0.06) & ~town, "broadband_share"] = np.nan
    return frame


def count_needy(rng: np.random.Generator, persons: Ints, *, seats: int, slope_deg: Floats, remote: Floats) -> pd.DataFrame:
    """Return how many people can work, have a low income, and live on the basic allowance (低保): whole numbers.

    All are at most ``persons``, and those on the allowance are among those of low income.
    """
    n = len(persons)
    town = np.arange(n) < seats
    labour = np.clip(rng.normal(0.56, 0.07, n) - 0.08 * remote, 0.2, 0.9)
    low = np.clip(rng.normal(0.07, 0.04, n) + 0.25 * remote + slope_deg / 250.0, 0.0, 0.7) * np.where(town, 0.4, 1.0)
    lowincome = np.round(persons * low).astype(np.int64)
    return pd.DataFrame(
        {
            "labour_persons": np.round(persons * labour).astype(np.int64),
            "lowincome_persons": lowincome,
            "dibao_persons": np.round(lowincome * np.clip(rng.normal(0.35, 0.12, n), 0.0, 1.0)).astype(np.int64),
        }
    )


def ask_willingness(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return settlement_id, willing_households and surveyed (the day) of the settlements that were asked; the others have no row.

    Village after village was visited from 3 March 2025 on, one a day.
    """
    asked = points[points["willing_households"].notna()]
    visit = np.unique(points["village_code"], return_inverse=True)[1][points["willing_households"].notna().to_numpy()]
    day = np.datetime64("2025-03-03") + visit.astype("timedelta64[D]")
    data = {
        "settlement_id": asked["settlement_id"].to_numpy(),
        "willing_households": asked["willing_households"].to_numpy().astype(np.int64),
        "surveyed": day.astype(str),
    }
    return gpd.GeoDataFrame(data, geometry=asked.geometry.to_numpy(), crs=asked.crs)
