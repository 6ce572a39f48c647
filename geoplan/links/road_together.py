"""Find the cheapest set of new and upgraded roads by which all groups meet their standard together, and prove how near to the cheapest it is.

Every group for itself builds its own cheapest link (`geoplan.links.road_links`); together a detour of one may make a trunk for many. That is a Steiner
tree: terminals are the lacking places, the root is every road to standard, a join costs what it costs to build. It is looked for in the region that
matters (`geoplan.links.road_region`), beginning with the links of each alone, and bounded from below for the whole county
(`geoplan.optimise.steiner`). With few lacking groups it is solved exactly, in a region that no cheaper tree can leave: all nodes within the cost of a
known tree of some place.

By hand: three hamlets, each 18 from the road and 10 from a saddle that is 10 from the road: alone 54, together 40; any network costs at least the bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray

from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.results import Network
from geoplan.links.road_ground import RoadGround
from geoplan.links.road_links import LinkSearch, RoadLinks, gather_links, search_links
from geoplan.links.road_region import Region, cut_region
from geoplan.optimise.steiner import SteinerTree, span_few, span_terminals
from geoplan.optimise.steiner_exact import FEW

_MOST_EXACT_NODES = 400_000


@dataclass(frozen=True)
class SharedLinks:
    """Links of all groups, cheapest together.

    Attributes
    ----------
    links
        As `geoplan.links.road_links.link_groups` returns them: the decision of serving or moving takes them in their place.
    total_fen, bound_fen
        What is built, and what any network that serves the same groups costs at least.
    alone_fen, forest_fen
        If every group built its own cheapest link, and those links with common pieces built once.
    raised_fen
        Each group's part of the bound, by group_code; those of some groups are a bound for these groups alone.
    is_exact
        Whether the network is proven to be the cheapest.
    search
        What the links were looked for on.
    """

    links: RoadLinks
    total_fen: int
    bound_fen: int
    alone_fen: int
    forest_fen: int
    raised_fen: pd.Series
    is_exact: bool
    search: LinkSearch

    @property
    def gap_share(self) -> float:
        """(total − bound) / total; 0 where nothing is built."""
        return (self.total_fen - self.bound_fen) / self.total_fen if self.total_fen else 0.0


def link_together(
    groups: pd.DataFrame, network: Network, ground: RoadGround, profile: CostProfile, *, replace: bool = True
) -> SharedLinks:
    """Return the links of village groups that are cheapest together.

    Parameters
    ----------
    groups, network, ground, profile
        See `geoplan.links.road_links.link_groups`.
    replace
        Let bridges replace ferries and ropes.
    """
    search = search_links(groups, network, ground, profile, replace=replace)
    places = search.graph.places[search.linked]
    own = search.cost_fen[places]
    forest = _measure_forest(search, places)
    few = len(places) <= FEW
    # A tree at most as dear as the forest stays within the forest's cost of a place.
    region = cut_region(search.graph, places, np.full(len(own), forest) if few and len(own) else own)
    if few and len(region.node) <= _MOST_EXACT_NODES:
        tree = span_few(region.first, region.to, region.cost_fen, region.places, most=forest)
    else:
        tree = _span_many(search, region, own)
    parent = _lift(len(search.parent), region, tree)
    links = gather_links(search, parent)
    codes = groups["group_code"].to_numpy()[search.lacking[search.linked]]
    raised = pd.Series(tree.raised, index=pd.Index(codes, name="group_code"))
    return SharedLinks(links, tree.cost, tree.bound, int(own.sum()), forest, raised, tree.is_exact, search)


def _measure_forest(search: LinkSearch, places: NDArray[np.int64]) -> int:
    """Return the cost of the links of each alone, common pieces once."""
    return int(_walk_forest(search.parent, search.cost_fen, places))


def _span_many(search: LinkSearch, region: Region, own: NDArray[np.int64]) -> SteinerTree:
    """Return a cheap tree, begun with the links of each alone, and its bound."""
    number = np.full(len(search.parent), -1, dtype=np.int64)
    number[region.node[2:]] = 2 + np.arange(len(region.node) - 2)
    number[search.graph.seeds] = 0
    start = _draw_forest(search.parent, search.cost_fen, search.graph.places[search.linked], number, len(region.node))
    return span_terminals(
        region.first, region.to, region.cost_fen, region.places, own, beyond=np.array([1]), start=start
    )  # fmt: skip


def _lift(nodes: int, region: Region, tree: SteinerTree) -> NDArray[np.int64]:
    """Return the tree's parents as nodes of the county."""
    parent = np.full(nodes, -1, dtype=np.int64)
    _lift_joins(region.first, region.to, region.cost_fen, region.onto, region.node, tree.parent, tree.join_cost, parent)
    return parent


@njit(cache=True, nogil=True)
def _walk_forest(parent: NDArray[np.int64], cost: NDArray[np.int64], starts: NDArray[np.int64]) -> int:
    """Return the cost of all paths to the roots, each piece once."""
    seen = np.zeros(len(parent), dtype=np.bool_)
    total = 0
    for start in starts:
        at = start
        while parent[at] >= 0 and not seen[at]:
            seen[at] = True
            total += cost[at] - cost[parent[at]]
            at = parent[at]
    return total


@njit(cache=True, nogil=True)
def _draw_forest(
    parent: NDArray[np.int64], cost: NDArray[np.int64], starts: NDArray[np.int64], number: NDArray[np.int64], nodes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the forest in the region's nodes: parent, and the cost of the join to it."""
    above, join = np.full(nodes, -1, dtype=np.int64), np.zeros(nodes, dtype=np.int64)
    for start in starts:
        at = start
        while parent[at] >= 0 and above[number[at]] < 0:
            above[number[at]] = number[parent[at]]
            join[number[at]] = cost[at] - cost[parent[at]]
            at = parent[at]
    return above, join


@njit(cache=True, nogil=True)
def _lift_joins(
    first: NDArray[np.int64],
    to: NDArray[np.int64],
    cost: NDArray[np.int64],
    onto: NDArray[np.int64],
    node: NDArray[np.int64],
    above: NDArray[np.int64],
    join: NDArray[np.int64],
    parent: NDArray[np.int64],
) -> None:
    """Write the county's node at the other end of every join of the tree into ``parent``."""
    for v in range(2, len(above)):
        if above[v] < 0:
            continue
        for k in range(first[v], first[v + 1]):
            if to[k] == above[v] and cost[k] == join[v] and parent[node[v]] < 0:
                parent[node[v]] = onto[k]
