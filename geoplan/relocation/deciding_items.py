"""Find the items that would decide between serving and moving, were they known.

Item i of serving lies between l_i and h_i; all other items of the group together leave serving between L and H, moving between l_m and h_m. Knowing the
item would decide if its least cost makes serving cheaper for certain or its greatest makes moving so:

    H + l_i < l_m    or    L + h_i > h_m

and likewise for an item of moving. Where no single item would, all open ones decide together.

By hand: moving costs 80; serving 70 known, water 0 to 15, a road sign 0 to 2: water decides (70 + 2 + 0 < 80, 70 + 15 > 80), the sign does not
(70 + 15 > 80, 70 + 2 < 80).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def find_deciding(items: pd.DataFrame, groups: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for every item whether its group is undecided and the item would decide.

    Parameters
    ----------
    items
        group_code, side, low_yuan, high_yuan (NaN: no bound); see `geoplan.relocation.cost_items`.
    groups
        group_code, cheaper.
    """
    low = items["low_yuan"].to_numpy(dtype=np.float64)
    high = items["high_yuan"].to_numpy(dtype=np.float64)
    open_ = ~(low == high)
    least, most = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    serve = (items["side"] == "serve").to_numpy()
    code = items["group_code"]
    rest_low, other_low = _sum_rest(least, code, serve)
    rest_high, other_high = _sum_rest(most, code, serve)
    # Its own side may become the cheaper one at the item's least, the dearer one at its most.
    with np.errstate(invalid="ignore"):  # without bound on both sides: nothing is decided
        decides = open_ & ((rest_high + least < other_low) | (rest_low + most > other_high))
    undecided = code.isin(groups.loc[groups["cheaper"] == "unknown", "group_code"]).to_numpy()
    single = pd.Series(decides).groupby(code.to_numpy()).transform("any").to_numpy(dtype=bool) if len(items) else decides
    return undecided & np.where(single, decides, open_)


def _sum_rest(
    bound: NDArray[np.float64], code: pd.Series, serve: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what all other items of the item's side, and all items of the other side, add up to; infinite where one has no bound."""
    endless = np.isinf(bound)
    limit = bound[endless][0] if endless.any() else np.inf
    finite = np.where(endless, 0.0, bound)
    at, _ = pd.factorize(code)
    n = int(at.max()) + 1 if len(at) else 0
    place, other = 2 * at + serve, 2 * at + ~serve
    total = np.bincount(place, weights=finite, minlength=2 * n)
    count = np.bincount(place, weights=endless, minlength=2 * n)
    rest = np.where(count[place] - endless > 0, limit, total[place] - finite)
    return rest, np.where(count[other] > 0, limit, total[other])
