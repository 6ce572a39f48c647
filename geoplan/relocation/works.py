"""Find what works against a hazard cost, by the id of the hazard.

A hazard has one cost or none: 0 is a cost, an empty cell is none. By hand: works of 500,000 yuan against
h2 and nothing stated of h1: NaN, 500,000.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.errors import TableError


def match_works(sources: pd.DataFrame, works: pd.DataFrame | None) -> NDArray[np.float64]:
    """Return the cost of works against the source of each row, yuan; NaN where none is given.

    Parameters
    ----------
    sources
        source_layer and source_id of n hazards, as the exposure names them.
    works
        hazard_id, works_yuan (NaN: none given) and, where ids are unique only within a layer, layer; None: no costs at all.

    Returns
    -------
    ndarray
        (n,) yuan.

    Raises
    ------
    TableError
        ``COLUMN-MISSING``, ``ID-DUPLICATE``, ``NUMBER-NEGATIVE``.

    Examples
    --------
    >>> slides = pd.DataFrame({"source_layer": ["a", "a"], "source_id": ["h1", "h2"]})
    >>> match_works(slides, pd.DataFrame({"hazard_id": ["h2"], "works_yuan": [5e5]})).tolist()
    [nan, 500000.0]
    """
    if works is None:
        return np.full(len(sources), np.nan)
    for column in ("hazard_id", "works_yuan"):
        if column not in works.columns:
            raise TableError(
                "the works lack a column",
                code="COLUMN-MISSING",
                layer="works",
                column=column,
                remedy="Give hazard_id and works_yuan.",
            )
    keys = ["layer", "hazard_id"] if "layer" in works.columns else ["hazard_id"]
    doubled = works.loc[works.duplicated(keys), "hazard_id"]
    if len(doubled):
        raise TableError(
            "hazards have more than one cost of works",
            code="ID-DUPLICATE",
            layer="works",
            column="hazard_id",
            ids=doubled.unique(),
            remedy="Give each hazard one row, with its layer where ids repeat.",
        )
    below = works.loc[works["works_yuan"] < 0, "hazard_id"]
    if len(below):
        raise TableError(
            "works cost less than nothing",
            code="NUMBER-NEGATIVE",
            layer="works",
            column="works_yuan",
            ids=below,
            remedy="Give costs of at least 0 yuan, or leave the cell empty.",
        )
    rows = sources[["source_layer", "source_id"]].rename(columns={"source_layer": "layer", "source_id": "hazard_id"})
    return rows.merge(works[[*keys, "works_yuan"]], on=keys, how="left")["works_yuan"].to_numpy(dtype=float)
