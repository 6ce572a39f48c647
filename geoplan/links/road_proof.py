"""Name the trees that the links of several groups form, and solve the small ones exactly.

A tree is all groups whose links meet. The cheapest links of its groups alone, as if there were no others, are found by
`geoplan.optimise.steiner_exact` in a region that no tree as cheap as the one known, of cost U, can leave:

    {v : d(v, nearest of its places) + D(v) ≤ U},   D(v) the cost from v to a road to standard (or a lower bound of it).

By hand: a tree of 500,000 yuan: a node 300,000 yuan from its places and 250,000 from the roads cannot be in a cheaper one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geoplan.links.road_region import cut_region
from geoplan.links.road_together import SharedLinks
from geoplan.optimise.steiner import span_few
from geoplan.optimise.steiner_exact import FEW

_MOST_LABELS = 30_000_000


def solve_trees(shared: SharedLinks, tree: pd.Series, cost_fen: pd.Series, bound_fen: pd.Series) -> pd.Series:
    """Return what the cheapest links of the groups of each small tree that is not proven yet cost, by the tree's name, fen.

    Parameters
    ----------
    shared
        See `geoplan.links.road_together.link_together`.
    tree, cost_fen, bound_fen
        Per group in the order of the links' ``places``: tree ("" for none), its cost and bound.
    """
    search = shared.search
    place = np.full(len(tree), -1, dtype=np.int64)
    place[search.lacking] = search.graph.places
    open_ = (tree != "").to_numpy() & (bound_fen < cost_fen).to_numpy()
    solved: dict[str, int] = {}
    for name, rows in pd.Series(np.flatnonzero(open_)).groupby(tree.to_numpy()[open_], sort=True):
        at = rows.to_numpy()
        if len(at) > FEW:
            continue
        most = int(cost_fen.iloc[at[0]])
        region = cut_region(search.graph, place[at], np.full(len(at), most), from_road=search.cost_fen)
        if len(region.node) << len(at) <= _MOST_LABELS:
            solved[str(name)] = span_few(region.first, region.to, region.cost_fen, region.places, most=most).cost
    return pd.Series(solved, dtype=np.float64)


def name_trees(uses: pd.DataFrame, codes: pd.Series) -> dict[str, str]:
    """Return the first group of the tree that each group with links is in."""
    if uses.empty:
        return {}
    group = pd.Index(codes).get_indexer(uses["group_code"])
    link, _ = pd.factorize(uses["shared_id"])
    size = len(codes) + link.max() + 1
    part = connected_components(coo_matrix((np.ones(len(uses)), (group, len(codes) + link)), shape=(size, size)), directed=False)[
        1
    ]
    at = np.unique(group)
    first = pd.Series(at).groupby(part[at]).transform("min").to_numpy()
    return dict(zip(codes.to_numpy()[at], codes.to_numpy()[first], strict=True))
