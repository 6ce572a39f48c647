"""Find the cheapest road link of every village group without a road to standard, and whose links run together.

Every group's link is the least-cost one for it alone: over the ground as a new road, along existing roads as an upgrade, over rivers on bridges,
and for nothing along a road to standard that leads nowhere yet. All links come from one search and form a forest, so where links meet they stay
together. A piece that several groups use is built once and its cost is split among them (`geoplan.links.shared_costs`). The forest is not the
cheapest network for all groups together (`geoplan.links.road_programme` looks for that one); its cost is an upper bound of it.

By hand: groups A (30 people) and B (10) meet after 1 km and 2 km of their own and share 4 km; 500 yuan/m: A pays 500,000 + 3/4 · 2,000,000 = 2.0
million, B 1,000,000 + 1/4 · 2,000,000 = 1.5 million, together 3.5 million for 7 km.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numba import njit
from numpy.typing import NDArray

from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.results import Network
from geoplan.contracts.status import Status
from geoplan.links.road_arcs import RoadGraph, join_roads
from geoplan.links.road_ground import FEN_PER_YUAN, RoadGround
from geoplan.links.road_search import BRIDGE, EXISTING, NEVER, measure_pieces, search_roads
from geoplan.links.road_standard import find_served, judge_network
from geoplan.links.shared_costs import SPLIT_LABELS, split_shared

KINDS = ("new", "upgrade", "bridge", "existing", "bridge", "bridge", "bridge")
"""Kind of a piece by its number in `geoplan.links.road_search`."""
REPLACED = ("", "", "", "", "ford", "ferry", "rope")
"""What a bridge replaces, likewise."""


@dataclass(frozen=True)
class RoadLinks:
    """Links of all groups.

    Attributes
    ----------
    places
        group_code, status (ok; unreachable: no road can be built; no_data: only to roads of unknown surface or width; unsnapped: no ground
        for a road within one and a half cells), has_road (bool:
        nothing to build), length_m, alone_yuan (the whole link, as if nobody shared it; NaN unless ok). One row per group.
    links
        GeoDataFrame: link_id, kind (new / upgrade / bridge), length_m (bends included), capital_yuan, yearly_yuan, bridges, persons, groups,
        split_zh, split_en.
    uses
        shared_id (link), group_code, persons, users, split, weight, others, share_fen. Shares sum to a link's cost.
    bridges
        link_id, replaces (ford / ferry / rope, "" for none), bridge_m (a bridge over a river drawn as a line counts the profile's span). One row
        per link.
    """

    places: pd.DataFrame
    links: gpd.GeoDataFrame
    uses: pd.DataFrame
    bridges: pd.DataFrame


@dataclass(frozen=True)
class LinkSearch:
    """The cheapest link of every group that lacks one, before anything is put together.

    Attributes
    ----------
    groups
        The groups, as given.
    served
        (groups,) bool: has a road to standard.
    lacking
        Positions of the groups that need a link, in the order of the graph's places.
    status
        (groups,) as in `RoadLinks.places`.
    graph, cost_fen, parent
        Ground and roads, and the answer of `geoplan.links.road_search.search_roads` over them.
    profile
        Prices and the standard.
    """

    groups: pd.DataFrame
    served: NDArray[np.bool_]
    lacking: NDArray[np.int64]
    status: NDArray[np.object_]
    graph: RoadGraph
    cost_fen: NDArray[np.int64]
    parent: NDArray[np.int64]
    profile: CostProfile

    @property
    def linked(self) -> NDArray[np.int64]:
        """Positions within ``lacking`` of the groups that a link can reach."""
        return np.flatnonzero(self.cost_fen[self.graph.places] < NEVER)


def link_groups(groups: pd.DataFrame, network: Network, ground: RoadGround, profile: CostProfile) -> RoadLinks:
    """Return the road links of village groups, each the cheapest for its group alone.

    Parameters
    ----------
    groups
        See `geoplan.relocation.cost_groups.gather_groups`. A group known to have no people gets no link.
    network
        Roads as they are.
    ground
        See `geoplan.links.road_ground.lay_road_ground`.
    profile
        Prices and the standard.
    """
    found = search_links(groups, network, ground, profile)
    return gather_links(found, found.parent)


def search_links(
    groups: pd.DataFrame, network: Network, ground: RoadGround, profile: CostProfile, *, replace: bool = False
) -> LinkSearch:
    """Return the search behind `link_groups`; with ``replace`` bridges may take the place of ferries and ropes."""
    judged = judge_network(network, profile.road)
    xy = groups[["easting_m", "northing_m"]].to_numpy(dtype=np.float64)
    served = find_served(xy, network, judged, reach_m=profile.road.reach_m.value, walls=ground.walls)
    empty = ((groups["persons"] == 0.0) & (groups["persons_status"] == str(Status.OK))).to_numpy()
    lacking = np.flatnonzero(~served & ~empty)
    graph = join_roads(network, judged, ground, profile, places=xy[lacking], replace=replace)
    cost, parent = search_roads(ground, graph.arcs, graph.seeds, graph.places)
    found = cost[graph.places]
    # A place none of whose legs is open was never on the ground: that nothing leads there proves nothing.
    loose = np.diff(graph.arcs.first)[graph.places] == 0
    status = np.full(len(groups), str(Status.OK), dtype=object)
    status[lacking] = np.where(found < NEVER, str(Status.OK), np.where(loose, str(Status.UNSNAPPED), str(Status.UNREACHABLE)))
    status[lacking[_may_be_reached(graph, ground, status[lacking])]] = str(Status.NO_DATA)
    return LinkSearch(groups, served, lacking, status, graph, cost, parent, profile)


def gather_links(search: LinkSearch, parent: NDArray[np.int64]) -> RoadLinks:
    """Return the links of a search along ``parent`` ((nodes,) next node towards the roads, −1 on them): its own or a tree's that is cheaper together."""
    groups, lacking, linked = search.groups, search.lacking, search.linked
    found = search.cost_fen[search.graph.places]
    alone = np.zeros(len(groups))
    alone[lacking] = np.where(found < NEVER, found / FEN_PER_YUAN, np.nan)
    members = groups.iloc[lacking[linked]]
    links, uses, bridges = _gather(search.graph, search.graph.ground, parent, search.graph.places[linked], members, search.profile)
    length = uses.merge(links[["link_id", "length_m"]], left_on="shared_id", right_on="link_id")
    run = groups["group_code"].map(length.groupby("group_code")["length_m"].sum()).fillna(0.0)
    places = pd.DataFrame(
        {
            "group_code": groups["group_code"].to_numpy(), "status": search.status, "has_road": search.served,
            "length_m": run.where(search.status == str(Status.OK)).to_numpy(), "alone_yuan": alone,
        }
    )  # fmt: skip
    return RoadLinks(places, links, uses, bridges)


def _may_be_reached(graph: RoadGraph, ground: RoadGround, status: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the unreachable places that a road of unknown surface or width could serve: there nothing is proven."""
    lost = np.flatnonzero(status == str(Status.UNREACHABLE))
    if len(lost) == 0 or len(graph.unsure) == 0:
        return lost[:0]
    cost, _ = search_roads(ground, graph.arcs, graph.unsure, graph.places[lost])
    return lost[cost[graph.places[lost]] < NEVER]


def _gather(
    graph: RoadGraph,
    ground: RoadGround,
    parent: NDArray[np.int64],
    starts: NDArray[np.int64],
    members: pd.DataFrame,
    profile: CostProfile,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the links, cut wherever their users or their kind change, who uses them, and their bridges."""
    count, owner, child = _claim(parent, starts)
    onto = parent[child]
    fen, length, kind, spans = measure_pieces(ground, graph.arcs, child, onto)
    # A place on the very spot of a stop, or a stop on a centre: nothing is built between the two.
    kind = np.where((fen == 0) & (length == 0.0), EXISTING, kind)
    fresh = np.ones(len(child), dtype=bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (count[child[1:]] != count[child[:-1]]) | (kind[1:] != kind[:-1])
    link = np.cumsum(fresh) - 1
    total = int(link[-1]) + 1 if len(link) else 0
    kinds = kind[fresh]
    link_of = np.full(len(parent), -1, dtype=np.int64)
    link_of[child] = link
    who, what = _follow(parent, starts, link_of)
    kept = kinds != EXISTING
    wet = (kinds == BRIDGE) | (kinds > EXISTING)
    number = np.cumsum(kept)
    names = np.array([f"L{one:05d}" for one in number], dtype=object)
    cost = pd.Series(np.bincount(link, weights=fen, minlength=total).astype(np.int64), index=names)[kept]
    use = kept[what]
    uses = pd.DataFrame(
        {
            "shared_id": names[what[use]],
            "group_code": members["group_code"].to_numpy()[who[use]],
            "persons": members["persons"].where(members["persons_status"] == str(Status.OK)).to_numpy()[who[use]],
        }
    )
    uses = split_shared(uses, cost, split=profile.road.split)
    bridges = np.bincount(link, weights=spans, minlength=total).astype(np.int64)
    table = pd.DataFrame(
        {
            "link_id": names, "kind": np.array(KINDS, dtype=object)[kinds],
            "length_m": np.bincount(link, weights=length, minlength=total),
            "bridges": np.where(wet, np.maximum(bridges, 1), 0),
            "geometry": _draw(graph, child, onto, link, total),
        }
    )[kept]  # fmt: skip
    wide = np.where(spans > 0, profile.road.bridge_span_m.value, np.where(wet[link], length, 0.0))
    spanned = pd.DataFrame(
        {"link_id": names, "replaces": np.array(REPLACED, dtype=object)[kinds], "bridge_m": np.bincount(link, weights=wide, minlength=total)}
    )[kept].reset_index(drop=True)
    return _price(table, cost, uses, profile, ground), uses, spanned


def _price(
    table: pd.DataFrame, cost: pd.Series, uses: pd.DataFrame, profile: CostProfile, ground: RoadGround
) -> gpd.GeoDataFrame:
    """Add costs, people and users to the links."""
    road = profile.road
    upkeep = {
        "new": road.new_per_m.yearly_share,
        "upgrade": road.upgrade_per_m.yearly_share,
        "bridge": road.bridge_per_m.yearly_share,
    }
    by = uses.groupby("shared_id", sort=False)
    capital = cost.to_numpy() / FEN_PER_YUAN
    at = table["link_id"]
    way = at.map(by["split"].first())
    frame = table.assign(
        capital_yuan=capital,
        yearly_yuan=capital * table["kind"].map(upkeep).to_numpy(dtype=np.float64),
        persons=at.map(by["persons"].sum(min_count=1)).astype(np.float64),
        groups=at.map(by["group_code"].agg(";".join)).astype(object),
        split_zh=way.map({name: zh for name, (zh, _) in SPLIT_LABELS.items()}).astype(object),
        split_en=way.map({name: en for name, (_, en) in SPLIT_LABELS.items()}).astype(object),
    )
    order = "link_id kind length_m capital_yuan yearly_yuan bridges persons groups split_zh split_en geometry".split()
    return gpd.GeoDataFrame(frame[order].reset_index(drop=True), geometry="geometry", crs=ground.ground.crs)


def _draw(
    graph: RoadGraph, child: NDArray[np.int64], onto: NDArray[np.int64], link: NDArray[np.int64], total: int
) -> NDArray[np.object_]:
    """Return the line of every link from its pieces, which follow one another."""
    first = np.flatnonzero(np.r_[True, link[1:] != link[:-1]]) if len(link) else np.zeros(0, dtype=np.int64)
    last = np.r_[first[1:] - 1, len(link) - 1] if len(link) else first
    nodes = np.r_[child, onto[last]]
    owner = np.r_[link, np.arange(total)]
    order = np.argsort(owner, kind="stable")
    if total == 0:
        return np.empty(0, dtype=object)
    return np.asarray(shapely.linestrings(graph.locate(nodes[order]), indices=owner[order]), dtype=object)


@njit(cache=True, nogil=True)
def _claim(
    parent: NDArray[np.int64], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return how many paths pass each node, and each piece once: the first path that takes it, and its lower end."""
    count = np.zeros(len(parent), dtype=np.int64)
    total = 0
    for start in starts:
        at = start
        while parent[at] >= 0:
            total += count[at] == 0
            count[at] += 1
            at = parent[at]
    owner, child = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64)
    taken = np.zeros(len(parent), dtype=np.bool_)
    n = 0
    for k in range(len(starts)):
        at = starts[k]
        while parent[at] >= 0 and not taken[at]:
            taken[at] = True
            owner[n], child[n] = k, at
            n += 1
            at = parent[at]
    return count, owner, child


@njit(cache=True, nogil=True)
def _follow(
    parent: NDArray[np.int64], starts: NDArray[np.int64], link_of: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (path, link) for every link that a path uses, in order."""
    room = 64
    who, what = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    n = 0
    for k in range(len(starts)):
        at, before = starts[k], np.int64(-1)
        while parent[at] >= 0:
            if link_of[at] != before:
                before = link_of[at]
                if n == len(who):
                    who, what = np.append(who, np.empty_like(who)), np.append(what, np.empty_like(what))
                who[n], what[n] = k, before
                n += 1
            at = parent[at]
    return who[:n], what[:n]
