"""Split what several groups use together: paid once, every share stated, and the shares add up to the cost to the fen.

With cost C in whole fen and weights w₁ … w_n in order, share k is

    round(C · (w₁ + … + w_k) / W) − round(C · (w₁ + … + w_{k−1}) / W),   W = w₁ + … + w_n

so each is within one fen of C·w_k/W and together they are C exactly. By persons the weights are people; where the people of one user are not known,
or nobody is left, the thing is split in equal parts, and says so.

By hand: 100.00 yuan among 1, 1 and 1 people: 33.33, 33.34, 33.33. A road of 600,000 yuan for groups of 100, 40 and 60 people: 300,000, 120,000,
180,000.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

Split = Literal["persons", "equal"]
SPLIT_LABELS: dict[str, tuple[str, str]] = {
    "persons": ("按受益人口分摊", "split by people served"),
    "equal": ("按组平均分摊", "split in equal parts"),
    "equal_unknown": ("有组人口不详,按组平均分摊", "split in equal parts: the people of a group are not known"),
    "own": ("不分摊", "not shared"),
}
"""How something is split → (Chinese, English) words."""


def split_shared(uses: pd.DataFrame, cost_fen: pd.Series, *, split: Split = "persons") -> pd.DataFrame:
    """Return the share of every user in what it uses.

    Parameters
    ----------
    uses
        shared_id, group_code, persons (NaN: not known); one row per thing and user.
    cost_fen
        Whole fen of every thing, by shared_id.
    split
        ``persons``: by people; ``equal``: in equal parts.

    Returns
    -------
    pandas.DataFrame
        ``uses`` in its own order with users (of the thing), split (persons / equal / equal_unknown / own), weight, others (weight of the other
        users), share_fen (int64; sums to the cost over a thing).
    """
    table = uses.copy()
    by = table.groupby("shared_id", sort=False)
    users = by["group_code"].transform("size")
    unknown = table["persons"].isna().groupby(table["shared_id"]).transform("any")
    nobody = by["persons"].transform("sum") <= 0.0
    way = np.where(users == 1, "own", np.where(unknown, "equal_unknown", "equal" if split == "equal" else "persons"))
    way = np.where((way == "persons") & nobody, "equal", way)
    weight = table["persons"].where(way == "persons", 1.0)
    total = weight.groupby(table["shared_id"]).transform("sum")
    reached = weight.groupby(table["shared_id"]).cumsum()
    cost = table["shared_id"].map(cost_fen).to_numpy(dtype=np.int64)
    upto = np.rint(cost * np.minimum(reached / total, 1.0).to_numpy()).astype(np.int64)
    # The last user's share ends at the whole cost, whatever adding up made of the weights.
    last = ~table["shared_id"].duplicated(keep="last").to_numpy()
    upto[last] = cost[last]
    before = pd.Series(upto, index=table.index).groupby(table["shared_id"]).shift(1, fill_value=0).to_numpy()
    return table.assign(users=users, split=way, weight=weight, others=total - weight, share_fen=upto - before)
