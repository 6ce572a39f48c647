"""Find the size from which a group is served where it stands no dearer than it moves.

A group of n people pays, for being served,

    S(n) = F + Σₖ Cₖ · n / (n + Oₖ) + s · n

with F what does not depend on its size, Cₖ the things it shares by people with Oₖ others (0: nobody), and s what grows with its people; moving
costs m · n. Per person, F/n + Σₖ Cₖ/(n + Oₖ) + s falls as n grows, so there is at most one size n* at which both are equal:

    m ≤ s: never (unless nothing is fixed or shared and m = s: always)
    Σₖ Cₖ/Oₖ + s ≤ m, and nothing fixed or unshared: always
    nothing shared: n* = (F + Σ Cₖ) / (m − s)
    otherwise by halving, to the precision of floating point

By hand: a link of 1,200,000 yuan of one group alone, s = 8,000 and m = 68,000 yuan a person: n* = 1,200,000 / 60,000 = 20 people.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_HALVINGS = 200


def find_break_even(
    fixed: NDArray[np.float64],
    serve_rate: NDArray[np.float64],
    move_rate: NDArray[np.float64],
    group: NDArray[np.int64],
    whole: NDArray[np.float64],
    others: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Return the break-even size of every group, and its status.

    Parameters
    ----------
    fixed
        (groups,) F, yuan.
    serve_rate, move_rate
        (groups,) s and m, yuan a person; NaN: not known.
    group, whole, others
        (things,) row of the group that shares the thing, C in yuan, and O in people.

    Returns
    -------
    persons
        (groups,) n*; NaN unless the status is ok.
    status
        (groups,) ok / never / always / no_data.
    """
    n = len(fixed)
    # Fewer than a billionth of a person is what adding up leaves of nobody.
    alone = others <= 1e-9
    base = fixed + np.bincount(group[alone], weights=whole[alone], minlength=n)
    at, cost, more = group[~alone], whole[~alone], others[~alone]
    gain = move_rate - serve_rate
    at_nought = np.bincount(at, weights=cost / more, minlength=n)
    unknown = ~np.isfinite(gain) | ~np.isfinite(base)
    nothing = (base <= 0.0) & (at_nought <= 0.0)
    always = (base <= 0.0) & (at_nought <= gain)
    never = (gain <= 0.0) & ~(nothing & (gain == 0.0))
    status = np.select([unknown, always, never], ["no_data", "always", "never"], default="ok").astype(object)
    ok = status == "ok"
    safe = np.where(ok, gain, 1.0)
    # Sharing with nobody costs most: the size at which even that is no dearer bounds n* from above.
    high = (base + np.bincount(at, weights=cost, minlength=n)) / safe
    low = np.where(ok, base, 0.0) / safe
    for _ in range(_HALVINGS if len(at) else 0):
        middle = 0.5 * (low + high)
        dearer = base + middle * np.bincount(at, weights=cost / (middle[at] + more), minlength=n) > gain * middle
        low, high = np.where(dearer, middle, low), np.where(dearer, high, middle)
    return np.where(ok, high, np.nan), status


def collect_shares(
    shares: pd.DataFrame, items: pd.DataFrame, groups: pd.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return F of every group, and group, C and O of everything shared by people, from items and shares of `geoplan.relocation.serve_costs`.

    Shares in equal parts do not change with the group's size and are part of F.
    """
    row = pd.Series(np.arange(len(groups)), index=groups["group_code"].to_numpy())
    fixed = items[(items["side"] == "serve") & (items["grows_with"] == "nothing")]
    base: NDArray[np.float64] = np.bincount(
        row.reindex(fixed["group_code"]).to_numpy(dtype=np.int64),
        weights=fixed["known_yuan"].to_numpy(np.float64),
        minlength=len(groups),
    ).astype(np.float64)
    at = row.reindex(shares["group_code"]).to_numpy(dtype=np.int64)
    whole, weight, others = (shares[name].to_numpy(dtype=np.float64) for name in ("present_yuan", "weight", "others"))
    equal = shares["split"].isin(("equal", "equal_unknown")).to_numpy(dtype=bool)
    base += np.bincount(at[equal], weights=(whole * weight / (weight + others))[equal], minlength=len(groups))
    return base, at[~equal], whole[~equal], others[~equal]
