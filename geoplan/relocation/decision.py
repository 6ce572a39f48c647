"""Hold what serving a village group where it stands costs against what moving it costs.

Both are present values over the profile's horizon H at its discount rate r, in money of its price year:

    PV = capital + yearly · a(r, H),   a(r, H) = (1 − (1 + r)^−H) / r   (H where r = 0)

Every item that is not known has bounds: from what is known to be short, to everybody it could be short for (`geoplan.relocation.shortages`). So has each
side, and the cheaper one is named wherever the bounds decide:

    high(serve) < low(move): serving      high(move) < low(serve): moving      else unknown

An unknown item leaves its side without a total all the same; works against hazards that are not known have no bound above. Where no road can be built,
serving is impossible and moving is what remains. The choice is one of cost alone: who is threatened is decided elsewhere.

Subsidies change who pays and not what it costs; they are not counted (`geoplan.relocation.move_costs.fund_moves`). A link shared with other groups
is cheap only while they stay: what the group would pay alone stands beside (``serve_alone_yuan``, ``cheaper_alone``). Links that are cheapest for all
together may lead a group the long way round, so that its share is more than its own link would cost; that stands there too.

Road prices raised together never favour staying: no link changes its course, and every share grows with the price. (One price raised alone may lead
links elsewhere and make groups share that did not.)

By hand: serving 40 people: link 1,200,000 yuan with 1 % upkeep, 6 % over 20 years: 1,200,000 + 12,000 · 11.4699 = 1,337,639, or 33,441 a person;
moving at 80,000 a person: 3,200,000. Serving is cheaper; it is from 1,337,639 / 80,000 = 16.7 people on. Were safe water of its 10 households (5,835
yuan each) not surveyed: between 1,337,639 and 1,395,990, still cheaper.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.ground import Ground
from geoplan.contracts.relocation import DecisionResult
from geoplan.contracts.results import Demand, Network
from geoplan.contracts.status import Status
from geoplan.links.road_ground import lay_road_ground
from geoplan.links.road_links import RoadLinks, link_groups
from geoplan.relocation.break_even import collect_shares, find_break_even
from geoplan.relocation.cost_groups import gather_groups, own_group
from geoplan.relocation.cost_items import stack_items, sum_side
from geoplan.relocation.decide_reasons import say_decisions
from geoplan.relocation.move_costs import fund_moves, price_moves
from geoplan.relocation.serve_costs import price_gaps, price_links, price_works

_OK = str(Status.OK)
_FEN = 0.01


def decide(
    demand: Demand,
    gaps: pd.DataFrame,
    network: Network,
    ground: Ground,
    profile: CostProfile,
    *,
    barriers: gpd.GeoDataFrame | None = None,
    treatment: pd.DataFrame | None = None,
    homesteads: pd.DataFrame | None = None,
    roads: RoadLinks | None = None,
) -> DecisionResult:
    """Return what serving and what moving every village group costs.

    Parameters
    ----------
    demand
        Settlements and units.
    gaps
        `CoverageResult.gaps`.
    network
        Roads as they are; looked at only without ``roads``.
    ground
        Ground of the dry season, likewise.
    profile
        Prices.
    barriers
        Rivers, reservoirs, cliffs … with ``barrier_kind`` and ``layer``, in the ground's CRS.
    treatment
        `TreatmentResult.treatment`; None: hazard works are not known, and no group has a total for serving.
    homesteads
        settlement_id, area_m2. By default the settlements' own ``homestead_m2``; without either the land released is not known.
    roads
        Road links of the groups, such as those of the road programme, cheapest together (`geoplan.links.programme_links.read_links`); by default
        each group's own cheapest (`geoplan.links.road_links.link_groups`).

    Raises
    ------
    CrsError
        ``CRS-MISSING``, ``CRS-MIXED``.
    TableError
        ``SETTLEMENT-DUPLICATE``.
    """
    groups = gather_groups(demand)
    if roads is None:
        roads = link_groups(groups, network, lay_road_ground(ground, profile, barriers=barriers), profile)
    return weigh_costs(demand, groups, gaps, roads, profile, treatment=treatment, homesteads=homesteads)


def weigh_costs(
    demand: Demand,
    groups: pd.DataFrame,
    gaps: pd.DataFrame,
    roads: RoadLinks,
    profile: CostProfile,
    *,
    treatment: pd.DataFrame | None = None,
    homesteads: pd.DataFrame | None = None,
) -> DecisionResult:
    """Return the decision for groups whose road links are known; arguments as for `decide`.

    Parameters
    ----------
    groups
        See `geoplan.relocation.cost_groups.gather_groups`.
    roads
        See `geoplan.links.road_links.link_groups`.
    """
    own = own_group(demand)
    if homesteads is None and "homestead_m2" in demand.settlements:
        homesteads = pd.DataFrame({"settlement_id": own.index, "area_m2": demand.settlements["homestead_m2"].to_numpy()})
    link_items, link_shares = price_links(roads, profile)
    gap_items, gap_shares = price_gaps(gaps, groups, own, profile)
    works, works_shares = price_works(treatment, groups, own, profile)
    moves = price_moves(groups, own, profile, homesteads=homesteads)
    items = _drop_empty(stack_items([link_items, gap_items, works, moves]), groups)
    shares = pd.concat([one for one in (link_shares, gap_shares, works_shares) if len(one)] or [link_shares], ignore_index=True)
    table = _compare(groups, items, shares, profile)
    table = _add_roads(table, roads, items, link_shares)
    table = table.merge(
        fund_moves(groups, items, profile)[["group_code", "subsidy_yuan", "status"]].rename(columns={"status": "subsidy_status"}),
        on="group_code", how="left", validate="one_to_one",
    )  # fmt: skip
    zh, en = say_decisions(table, items, profile)
    return DecisionResult(table.assign(reason_zh=zh, reason_en=en), items, roads.links)


def _drop_empty(items: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return the items of groups where somebody may live; nobody is served or moved where nobody lives."""
    empty = groups.loc[(groups["persons"] == 0.0) & (groups["persons_status"] == _OK), "group_code"]
    return items[~items["group_code"].isin(empty)].reset_index(drop=True)


def _compare(groups: pd.DataFrame, items: pd.DataFrame, shares: pd.DataFrame, profile: CostProfile) -> pd.DataFrame:
    """Return the totals of both sides, which is cheaper, and the break-even size."""
    codes = groups["group_code"]
    serve, move = (sum_side(items, codes, side) for side in ("serve", "move"))
    people = groups["persons"].to_numpy(dtype=np.float64)
    counted = (groups["persons_status"] == _OK).to_numpy() & (people > 0.0)
    each = np.where(counted, people, np.nan)
    growing = _sum_growing(items, codes)
    ok = (serve["status"] == _OK).to_numpy() & (move["status"] == _OK).to_numpy() & counted
    size, state = find_break_even(
        *_rates(collect_shares(shares, items, groups), np.where(ok, growing / each, np.nan), move["total_yuan"].to_numpy() / each)
    )
    table = groups[["group_code", "name", "persons", "persons_status", "households", "households_status"]].reset_index(drop=True)
    return table.assign(
        serve_yuan=serve["total_yuan"].to_numpy(), move_yuan=move["total_yuan"].to_numpy(),
        serve_status=serve["status"].to_numpy(), move_status=move["status"].to_numpy(),
        serve_known_yuan=serve["known_yuan"].to_numpy(), move_known_yuan=move["known_yuan"].to_numpy(),
        serve_low_yuan=_close(serve["low_yuan"]), serve_high_yuan=_close(serve["high_yuan"]),
        move_low_yuan=_close(move["low_yuan"]), move_high_yuan=_close(move["high_yuan"]),
        serve_yuan_per_person=serve["total_yuan"].to_numpy() / each, move_yuan_per_person=move["total_yuan"].to_numpy() / each,
        cheaper=choose(serve, move), break_even_persons=size, break_even_status=state,
        horizon_years=profile.horizon_years.value, discount_rate=profile.discount_rate.value, price_year=profile.price_year,
    )  # fmt: skip


def _close(bound: pd.Series) -> NDArray[np.float64]:
    """Return a bound; NaN where there is none."""
    value = bound.to_numpy(dtype=np.float64)
    return np.where(np.isfinite(value), value, np.nan)


def _rates(
    shared: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]],
    serve_rate: NDArray[np.float64],
    move_rate: NDArray[np.float64],
) -> tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]
]:
    """Put fixed costs, rates and shares in the order `find_break_even` takes them."""
    fixed, group, whole, others = shared
    return fixed, serve_rate, move_rate, group, whole, others


def _sum_growing(items: pd.DataFrame, codes: pd.Series) -> NDArray[np.float64]:
    """Return what of serving grows in proportion to people, per group."""
    own = items[(items["side"] == "serve") & (items["grows_with"] == "persons")]
    return own.groupby("group_code")["known_yuan"].sum().reindex(codes.to_numpy()).fillna(0.0).to_numpy(dtype=np.float64)


def choose(serve: pd.DataFrame, move: pd.DataFrame) -> NDArray[np.object_]:
    """Return serve / move / equal / unknown from the bounds of both sides (`geoplan.relocation.cost_items.sum_side`).

    A difference of a fen is none. By hand: serving at least 90 with more unknown, moving 80 → move; serving at least 70 → unknown; serving 70 to 79 →
    serve.
    """
    closed = (serve["status"] == str(Status.UNREACHABLE)).to_numpy()
    low_s, high_s, low_m, high_m = (
        side[name].to_numpy(dtype=np.float64) for side in (serve, move) for name in ("low_yuan", "high_yuan")
    )
    with np.errstate(invalid="ignore"):
        equal = (high_s - low_m <= _FEN) & (high_m - low_s <= _FEN)
        return np.select(
            [closed, equal, low_s - high_m > _FEN, low_m - high_s > _FEN], ["move", "equal", "move", "serve"], default="unknown"
        ).astype(object)


def _add_roads(table: pd.DataFrame, roads: RoadLinks, items: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Add the link's state and length, and what serving would cost if nobody shared the link."""
    codes = table["group_code"]
    place = roads.places.set_index("group_code").reindex(codes.to_numpy())
    whole = codes.map(_price_alone(roads, shares)).fillna(0.0).to_numpy()
    road = items[items["item"].isin(("road_new", "road_upgrade", "road_bridge"))]
    paid = codes.map(road.groupby("group_code")["known_yuan"].sum()).fillna(0.0).to_numpy()
    sharers = codes.map(roads.uses.groupby("group_code")["users"].max()).fillna(1).astype(np.int64).to_numpy() - 1
    table = table.assign(
        road_status=np.where(place["has_road"], "served", place["status"]),
        road_m=place["length_m"].to_numpy(), road_shared_with=sharers, serve_alone_yuan=table["serve_yuan"].to_numpy() + whole - paid,
    )  # fmt: skip
    known = table["cheaper"].isin(("serve", "move", "equal")) & table["serve_alone_yuan"].notna() & table["move_yuan"].notna()
    gap = table["serve_alone_yuan"] - table["move_yuan"]
    alone = np.select([gap.abs() <= _FEN, gap > 0.0], ["equal", "move"], default="serve")
    return table.assign(cheaper_alone=np.where(known, alone, table["cheaper"]))


def _price_alone(roads: RoadLinks, shares: pd.DataFrame) -> pd.Series:
    """Return the present value of each group's own cheapest link, by group_code.

    Its capital is `RoadLinks.places` ``alone_yuan``; upkeep is taken at the share of capital it has on the links the group uses, which may make a detour
    that is cheaper for all together.
    """
    capital = roads.uses.merge(roads.links[["link_id", "capital_yuan"]], left_on="shared_id", right_on="link_id")
    built = capital.groupby("group_code")["capital_yuan"].sum()
    present = shares.groupby("group_code")["present_yuan"].sum()
    own = roads.places.set_index("group_code")["alone_yuan"].reindex(present.index)
    return present * (own / built.reindex(present.index).replace(0.0, np.nan))
