"""Give every settlement its people, households, land and household supplies."""

from __future__ import annotations

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
