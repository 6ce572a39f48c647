"""Turn the links that are cheapest together into a programme: what is built where, what it costs, and who gains how many minutes.

People walk where there is no road, drive slowly on a road below standard, and drive on the road that is built. On one link of line ℓ and built length
L metres, p people rely on it and gain, on one way out,

    p · max(0, 60 · (ℓ / v_before − L / v_road) / 1000) person-minutes,

v_before the walking speed on new road and over water, the speed of a poor road on an upgrade. Links add up: nobody's minute is counted twice, and what is not
counted (waiting for the ferry, the wet season when nothing goes) is gained beside. Speeds are arguments, km/h; their defaults are conventions.

By hand: 40 people, 1,000 m of new road, 4 and 30 km/h: 40 · (15 − 2) = 520 person-minutes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.coverage import RoadProgramme
from geoplan.contracts.results import Network
from geoplan.links.road_ground import FEN_PER_YUAN, RoadGround
from geoplan.links.road_proof import name_trees, solve_trees
from geoplan.links.road_together import SharedLinks, link_together

KIND_LABELS: dict[str, tuple[str, str]] = {
    "new": ("新修公路", "new road"),
    "upgrade": ("既有道路硬化、加宽", "existing road hardened and widened"),
    "bridge": ("新建桥梁", "new bridge"),
    "ford_bridge": ("漫水路改桥", "bridge in place of a ford"),
    "ferry_bridge": ("渡改桥", "bridge in place of a ferry"),
    "rope_bridge": ("溜索改桥", "bridge in place of a rope"),
}
"""Kind → (Chinese, English) label."""


def plan_roads(
    groups: pd.DataFrame,
    network: Network,
    ground: RoadGround,
    profile: CostProfile,
    *,
    walk_kmh: float = 4.0,
    rough_kmh: float = 15.0,
    road_kmh: float = 30.0,
    prove: bool = False,
) -> RoadProgramme:
    """Return the road programme of a county.

    Parameters
    ----------
    groups, network, ground, profile
        See `geoplan.links.road_links.link_groups`; where ``groups`` has ``township_code``, links get that of most of their people.
    walk_kmh, rough_kmh, road_kmh
        Speeds on foot, on a road below standard and on the road that is built, km/h.
    prove
        Solve every tree of few groups exactly, to know how near it is to the cheapest for its groups alone (about a second a tree).
    """
    shared = link_together(groups, network, ground, profile)
    return tabulate_programme(shared, groups, walk_kmh=walk_kmh, rough_kmh=rough_kmh, road_kmh=road_kmh, prove=prove)


def tabulate_programme(
    shared: SharedLinks,
    groups: pd.DataFrame,
    *,
    walk_kmh: float = 4.0,
    rough_kmh: float = 15.0,
    road_kmh: float = 30.0,
    prove: bool = False,
) -> RoadProgramme:
    """Return the programme of links that are known; arguments as for `plan_roads`.

    Beside the columns of `geoplan.contracts.coverage.RoadProgramme`, ``groups`` has tree (groups whose links meet; the code of its first, "" for
    none), tree_yuan, tree_bound_yuan (what any links of these groups alone cost at least) and tree_method (exact / bounded).
    """
    links = shared.links.links.merge(shared.links.bridges, on="link_id", how="left", validate="one_to_one")
    kind = np.where(links["replaces"] != "", links["replaces"].astype(str) + "_bridge", links["kind"].astype(str))
    before = np.where(links["kind"] == "upgrade", rough_kmh, walk_kmh)
    gained = 0.06 * (links.geometry.length.to_numpy() / before - links["length_m"].to_numpy() / road_kmh)
    table = links.assign(
        kind=kind,
        kind_zh=[KIND_LABELS[one][0] for one in kind],
        kind_en=[KIND_LABELS[one][1] for one in kind],
        minutes_gained=links["persons"].to_numpy() * np.maximum(gained, 0.0),
        township_code=_find_townships(shared, groups, links["link_id"]),
    )
    order = "link_id kind kind_zh kind_en length_m capital_yuan yearly_yuan bridges bridge_m persons groups minutes_gained township_code geometry"
    return RoadProgramme(
        links=table[order.split()],
        groups=_tabulate_groups(shared, prove=prove),
        total_yuan=shared.total_fen / FEN_PER_YUAN,
        bound_yuan=shared.bound_fen / FEN_PER_YUAN,
        gap_share=shared.gap_share,
        alone_yuan=shared.alone_fen / FEN_PER_YUAN,
        shared_yuan=shared.forest_fen / FEN_PER_YUAN,
        method="exact" if shared.is_exact else "bounded",
    )


def _find_townships(shared: SharedLinks, groups: pd.DataFrame, link_ids: pd.Series) -> NDArray[np.object_]:
    """Return the township of most people who rely on each link, ties to the lower code."""
    if "township_code" not in groups or link_ids.empty:
        return np.full(len(link_ids), "", dtype=object)
    code = groups.set_index("group_code")["township_code"]
    uses = shared.links.uses.assign(township_code=shared.links.uses["group_code"].map(code).fillna("").astype(str).to_numpy())
    people = (
        uses.assign(persons=uses["persons"].fillna(0.0)).groupby(["shared_id", "township_code"])["persons"].sum().reset_index()
    )
    most = people.sort_values(["shared_id", "persons", "township_code"], ascending=[True, False, True]).drop_duplicates(
        "shared_id"
    )
    return link_ids.map(most.set_index("shared_id")["township_code"]).fillna("").to_numpy(dtype=object)


def _tabulate_groups(shared: SharedLinks, *, prove: bool) -> pd.DataFrame:
    """Return one row per group: its links and share, the tree it is in, and what that tree costs at least."""
    places, uses, links = shared.links.places, shared.links.uses, shared.links.links
    codes = places["group_code"]
    by = uses.groupby("group_code", sort=False)
    table = places[["group_code", "status", "has_road", "length_m"]].assign(
        links=codes.map(by["shared_id"].agg(";".join)).astype(object).fillna(""),
        share_yuan=(codes.map(by["share_fen"].sum()).fillna(0.0) / FEN_PER_YUAN).where(places["status"] == "ok"),
    )
    tree = pd.Series(codes.map(name_trees(uses, codes)), dtype=object).fillna("")
    first = uses.drop_duplicates("shared_id").set_index("shared_id")["group_code"]
    fen = (links["capital_yuan"] * FEN_PER_YUAN).round()
    own = links["link_id"].map(first).map(dict(zip(codes, tree, strict=True)))
    cost = tree.map(fen.groupby(own).sum())
    raised = codes.map(shared.raised_fen).fillna(0.0)
    # No network is cheaper for some than the cheapest link of one of them alone.
    alone = (places["alone_yuan"] * FEN_PER_YUAN).round()
    bound = tree.map(np.maximum(raised.groupby(tree).sum(), alone.groupby(tree).max())).where(tree != "")
    if shared.is_exact:
        bound = cost
    elif prove:
        bound = np.maximum(bound, tree.map(solve_trees(shared, tree, cost, bound)).fillna(0.0))
    exact = np.where(tree == "", "", np.where(cost <= bound, "exact", "bounded"))
    return table.assign(
        tree=tree, tree_yuan=cost / FEN_PER_YUAN, tree_bound_yuan=bound / FEN_PER_YUAN, tree_method=exact.astype(object)
    )
