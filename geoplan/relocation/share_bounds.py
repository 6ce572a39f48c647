"""Bound the part that a village group bears of what it shares, when it is not known of everybody whether and for how many people they share it.

User k of a thing of cost C brings between l_k and h_k people (sure users; users that may not share bring l_k = 0 and may pay nothing). By persons it
bears between

    C · l_k / (l_k + Σ_{j≠k} h_j)    and    C · h_k / (h_k + Σ_{j≠k} l_j)

one fen more or less for the rounding of `geoplan.links.shared_costs`, within 0 and C. In equal parts everybody brings one. Where nothing is open the
bounds are the share itself.

By hand: 100,000 yuan, A with 30 people short, B with 10 not surveyed: A bears 75,000 to 100,000, B nothing to 25,000 (a fen more at most).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_SLACK = 1e-6


def bound_shares(
    shared_id: pd.Series,
    cost_fen: NDArray[np.int64],
    least: NDArray[np.float64],
    most: NDArray[np.float64],
    sure: NDArray[np.bool_],
    *,
    equal: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return the least and most of every user's share, in fen, and whether anything about its thing is open.

    Parameters
    ----------
    shared_id
        (uses,) the thing.
    cost_fen
        (uses,) its whole cost.
    least, most
        (uses,) people the user brings; most may be inf.
    sure
        (uses,) whether it shares for certain.
    equal
        The thing is split in equal parts.
    """
    uses = len(shared_id)
    low_w = np.where(sure, 1.0, 0.0) if equal else np.where(sure, least, 0.0)
    high_w = np.ones(uses) if equal else most.astype(np.float64)
    frame = pd.DataFrame(
        {
            "id": shared_id.to_numpy(), "low": low_w, "high": np.where(np.isinf(high_w), 0.0, high_w), "endless": np.isinf(high_w),
            "open": ~sure | (low_w != high_w),
        }
    )  # fmt: skip
    by = frame.groupby("id", sort=False)
    others_low = by["low"].transform("sum").to_numpy() - low_w
    others_high = by["high"].transform("sum").to_numpy() - frame["high"].to_numpy()
    others_endless = by["endless"].transform("sum").to_numpy() - frame["endless"].to_numpy() > 0
    # What adding up leaves of nobody is nobody.
    others_low = np.where(others_low <= 1e-9, 0.0, others_low)
    cost = cost_fen.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        down = np.where(low_w > 0.0, low_w / (low_w + np.maximum(others_high, 0.0)), 0.0)
        up = np.where(np.isinf(high_w) | (others_low == 0.0), 1.0, high_w / (high_w + others_low))
    down = np.where(others_endless | ~sure, 0.0, down)
    low = np.maximum(np.ceil(cost * down - 1.0 - _SLACK), 0.0)
    high = np.minimum(np.floor(cost * up + 1.0 + _SLACK), cost)
    # Alone for certain: all of it.
    alone = sure & (by["id"].transform("size").to_numpy() == 1)
    return np.where(alone, cost, low), np.where(alone, cost, high), by["open"].transform("any").to_numpy() & ~alone
