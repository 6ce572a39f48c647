"""Combine the hazard kinds of a settlement: the worst, how they add up, which they are, and how many people any of them threatens.

With e_k the exposure index of the known kinds k of a settlement:

    hazard_index    = max_k e_k
    combined_index  = 1 − Π_k (1 − e_k)           never below the worst, 1 where one kind is extreme; unknown kinds take no part
    kinds           = those with e_k > 0
    exposed_persons = people under the union of the zones of all known kinds: who lives in two zones counts once

The product treats the indices as if they were independent chances, which an ordinal class is not: it ranks settlements under several threats above
those under one, and is no probability. The worst stays the figure that decides.

By hand: landslide medium (0.5), flood low (0.25), fault unknown: worst 0.5, combined 1 − 0.5 · 0.75 = 0.625, kinds ``landslide;flood``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.status import HAZARD_INDEX, Status

_CLASS_OF_INDEX = {index: name for name, index in HAZARD_INDEX.items()}


def combine_indices(index: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 − Π (1 − e_k) of (n, kinds) indices over the known ones (NaN: unknown); NaN where none is known."""
    known = ~np.isnan(index)
    product = 1.0 - np.prod(np.where(known, 1.0 - index, 1.0), axis=1)
    # The product of 1 - e rounds; one kind alone is exactly its index.
    worst = np.where(known, index, -1.0).max(axis=1, initial=-1.0)
    return np.where(known.any(axis=1), np.maximum(product, worst), np.nan)


def summarise_exposure(
    exposure: pd.DataFrame,
    ids: NDArray[np.object_],
    kinds: Sequence[str],
    *,
    exposed_share: NDArray[np.float64],
    exposed_persons: NDArray[np.float64],
) -> pd.DataFrame:
    """Return one row per settlement.

    Parameters
    ----------
    exposure
        Rows settlement × kind, in the order of ``ids`` and ``kinds``, with exposure_index.
    ids, kinds
        Settlements and hazard kinds.
    exposed_share, exposed_persons
        (n,) under the union of the zones of all known kinds.
    """
    index = exposure["exposure_index"].to_numpy(dtype=float).reshape(len(ids), len(kinds))
    known = ~np.isnan(index)
    filled = np.where(known, index, -1.0)
    worst = filled.max(axis=1)
    any_known, hit = worst >= 0, worst > 0
    sure = known.all(axis=1) | (worst >= HAZARD_INDEX["extreme"])
    names = np.array(kinds, dtype=object)
    return pd.DataFrame(
        {
            "settlement_id": ids,
            "hazard_status": np.where(sure, str(Status.OK), str(Status.NO_DATA)),
            "worst_kind": np.where(hit, names[filled.argmax(axis=1)], ""),
            "worst_class": [_CLASS_OF_INDEX.get(float(one), "") for one in worst],
            "hazard_index": np.where(any_known, worst, np.nan),
            "combined_index": combine_indices(index),
            "kinds": [";".join(names[row]) for row in filled > 0],
            "exposed_share": np.where(any_known, exposed_share, np.nan),
            "exposed_persons": np.where(any_known, exposed_persons, np.nan),
        }
    )
