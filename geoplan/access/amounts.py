"""Line up people and capacities with the ids of a reach table, and keep apart what is not known.

A Series is lined up by its index, an array by position. An amount that is missing, or whose id is missing, is NaN: unknown, never 0.

By hand: ids (a, b, c), Series {c: 5, a: 10} → (10, NaN, 5).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geoplan.errors import TableError


def align_amounts(amounts: ArrayLike | pd.Series, ids: NDArray[np.object_], *, name: str) -> NDArray[np.float64]:
    """Return (n,) amounts in the order of ``ids``, NaN where unknown.

    Parameters
    ----------
    amounts
        (n,) in the order of ``ids``, or a Series indexed by id; ids that the table does not have are passed over.
    ids
        (n,) ids of the table.
    name
        What the amounts are, for messages.

    Raises
    ------
    TableError
        ``AMOUNT-LENGTH`` (an array of another length), ``AMOUNT-IDS`` (an id twice), ``AMOUNT-NEGATIVE`` (below zero or endless).
    """
    if isinstance(amounts, pd.Series):
        repeated = amounts.index[amounts.index.duplicated()]
        if len(repeated):
            raise TableError(
                f"ids of {name} repeat", code="AMOUNT-IDS", column=name, ids=repeated, remedy="Give one amount per id."
            )
        read = amounts.reindex(pd.Index(ids, dtype=object)).to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        read = np.array(amounts, dtype=np.float64)
    if read.shape != (len(ids),):
        raise TableError(
            f"{name} has shape {read.shape}, the table has {len(ids)} ids",
            code="AMOUNT-LENGTH",
            column=name,
            remedy="Give one per id.",
        )
    wrong = (read < 0) | np.isinf(read)
    if wrong.any():
        raise TableError(
            f"{name} is below zero or without end",
            code="AMOUNT-NEGATIVE",
            column=name,
            ids=ids[wrong],
            remedy="Correct it, or leave it empty.",
        )
    return read
