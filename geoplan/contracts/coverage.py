"""Hold what the coverage room adds to gaps: seats, the ledger of gaps, road programme, water, lines, siting, ranking, layers compared.

As in `geoplan.contracts.results`: long tables, no row dropped, ids and codes are strings, a number that may be missing has its ``status``
beside it, words for people stand in ``_zh`` and ``_en`` columns. People always add up to those of the county.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@dataclass(frozen=True)
class SeatsResult:
    """Who is within reach of a facility and finds a seat there.

    Attributes
    ----------
    settlements
        settlement_id, item, status (ok / unreachable / unsnapped / no_data), demand_persons, demand_source (column / derived /
        persons / ""),
        within_persons (within reach of any facility), seated_persons (a day seat), boarding_persons (a boarding seat), unseated_persons.
        demand = seated + boarding + unseated where status is ok; unreachable: all unseated. One row per settlement × seat item.
    flows
        settlement_id, item, facility_id, kind (day / boarding), persons, travel_time_min.
    facilities
        item, facility_id, name, level, township_code, village_code, kind (day / boarding), capacity, capacity_status, used, free.
        Σ used over facilities = Σ persons over flows.
    ratios
        settlement_id, item, method (e2sfca), ratio (seats per person in demand; 0 where none is within reach), status.
        Σ demand × ratio = Σ seats of facilities that anyone reaches.
    staff
        item, facility_id, name, level, township_code, village_code, have, need, short (need − have, not below 0; NaN no_data), status.
        One row per facility × staff item (presence with required staff, or ratio).
    """

    settlements: pd.DataFrame
    flows: pd.DataFrame
    facilities: pd.DataFrame
    ratios: pd.DataFrame
    staff: pd.DataFrame


@dataclass(frozen=True)
class LedgerResult:
    """The ledger of gaps (台账): what is missing where, why, what would close it, what that costs, and by when.

    Attributes
    ----------
    ledger
        gap_id (``<unit code>-<item>``, the same every year), level (township / village / group / household), unit_code, unit_name
        (the unit that must have it: for
        household items the village group), township_code, township_name, village_code, village_name, group_code, group_name ("" above),
        item, label_zh, label_en, coverage (gap / unreachable / unknown), cause (code), cause_class, cause_class_zh, cause_class_en,
        cause_zh, cause_en,
        settlements (short of it or unknown), persons, households (of the unit), short_persons, short_households (NaN where
        unknown), unknown_persons,
        deadline (Int64), overdue (bool), status (``open`` / ``unverified`` where unknown), status_zh, status_en,
        remedy (id), remedy_zh, remedy_en (the smallest thing that would close it, with its quantity), quantity, quantity_unit,
        capital_yuan, yearly_yuan, present_yuan, cost_status (ok / no_data / shared: paid with the gap named in ``cost_with``),
        cost_with (gap_id or ""),
        platform, price_status, source, clause. One row per unit × item that is not covered, townships in code order.
    by_year
        level, code, name, year (deadline), item, settlements, persons, households, short_persons, short_households,
        unknown_persons, items (1 where the unit is short of
        it). Levels group, village, township, county, city. Units × items with a deadline.
    years
        level, code, name, year, items_short (due by then and not covered), settlements, short_persons, short_households (of anyone
        short of at least one item
        due by that year, each person once: the largest shortfall of the settlement), unknown_persons. One row per unit × year.
    """

    ledger: pd.DataFrame
    by_year: pd.DataFrame
    years: pd.DataFrame


@dataclass(frozen=True)
class RoadProgramme:
    """The cheapest set of new and upgraded links by which every village group meets its road standard.

    Attributes
    ----------
    links
        GeoDataFrame (lines, working CRS): link_id, kind (new / upgrade / bridge / ferry_bridge / rope_bridge / ford_bridge),
        kind_zh, kind_en, length_m,
        capital_yuan, yearly_yuan, bridges, bridge_m, persons (who rely on it), groups (codes, ``;`` between), minutes_gained
        (person-minutes to the nearest
        road to standard or the seat, as documented), township_code.
    groups
        group_code, status (ok / unreachable / no_data / unsnapped), has_road, length_m, links (ids, ``;`` between), share_yuan
        (shares sum to the total).
    total_yuan, bound_yuan, gap_share
        Cost of the programme, proven lower bound, (total − bound) / total; 0 when proven optimal.
    alone_yuan, shared_yuan
        Cost if every group built its own link, and of the least-cost links with common pieces built once.
    method
        ``exact`` or ``bounded``.
    places
        group_code, status, has_road, length_m, alone_yuan (its own cheapest link; NaN unless ok): one row per group; None where only
        the tables were kept. With ``uses`` the links the decision of serving or moving rests on
        (`geoplan.links.programme_links.read_links`).
    uses
        shared_id (link), group_code, persons, users, split, weight, others, share_fen. Shares sum to a link's cost.
    """

    links: gpd.GeoDataFrame
    groups: pd.DataFrame
    total_yuan: float
    bound_yuan: float
    gap_share: float
    alone_yuan: float
    shared_yuan: float
    method: str
    places: pd.DataFrame | None = None
    uses: pd.DataFrame | None = None


@dataclass(frozen=True)
class WaterResult:
    """Which settlements a central scheme can serve, and what is left for dispersed sources.

    Attributes
    ----------
    settlements
        settlement_id, persons, served_by (gravity / pump / dispersed / none / unknown), source_id, source_name, head_m (left at the
        settlement after losses; negative:
        to be pumped), pipe_m, lift_m, l_person_day (what the source leaves each person), reliability_share, round_trip_min, rules
        (``rule:met`` ``;`` between), status,
        reason_zh, reason_en. One row per settlement.
    sources
        source_id, name, water_kind (scheme / source), yield_m3_day, reliability_share, persons, demand_m3_day, used_share, status.
        One row per source.
    pipes
        GeoDataFrame (lines): pipe_id, source_id, settlements (ids), persons, length_m, diameter_mm, flow_l_s, loss_m, mode (gravity
        / pump), capital_yuan.
    rules
        settlement_id, rule (id), item (quantity / fetching / reliability), value, threshold, unit, status, met (true / false /
        unknown), grade (safe / basic / short / unknown).
    """

    settlements: pd.DataFrame
    sources: pd.DataFrame
    pipes: gpd.GeoDataFrame
    rules: pd.DataFrame


@dataclass(frozen=True)
class LinesResult:
    """Who lies within the service radius of transformers and masts, and how long a line would connect the rest.

    Attributes
    ----------
    settlements
        settlement_id, network (id of the plan's entry), persons, status, within (true / false / unknown), nearest_id, distance_m
        (straight), radius_m, load_share (of the nearest's
        capacity; NaN no_data), connect_m (line length to connect, along the shared tree; NaN where within or unknown),
        capital_yuan, reason_zh, reason_en.
    lines
        GeoDataFrame (lines): line_id, network, from_id, settlements, persons, length_m, capital_yuan.
    """

    settlements: pd.DataFrame
    lines: gpd.GeoDataFrame


@dataclass(frozen=True)
class SitingResult:
    """Where to build, per question of the plan.

    Attributes
    ----------
    sites
        GeoDataFrame (points): question (id), service, model (lscp / mclp / p_median / p_center), order (1 = build first; 0
        existing), candidate_id, name, township_code, persons_gained (by the
        time it is built), persons_served, capacity, cost_yuan, existing (bool).
    curve
        question, facilities, budget_yuan, covered_persons (best for this budget, proven), bound_persons, order_persons (reached by
        following ``order``), gap_share,
        demand_persons, unreachable_persons, unknown_persons.
    assignments
        question, settlement_id, candidate_id (facility or candidate that serves it; ""), travel_time_min, persons, served (bool), status.
    summary
        question, label_zh, label_en, service, model, status (optimal / feasible / infeasible), objective, bound, gap_share, seconds
        not kept here, reason_zh, reason_en.
    """

    sites: gpd.GeoDataFrame
    curve: pd.DataFrame
    assignments: pd.DataFrame
    summary: pd.DataFrame


@dataclass(frozen=True)
class RankingResult:
    """Townships ranked by one set of indicators, with how far each rank can be trusted.

    Attributes
    ----------
    units
        code, name, score (0..1, 1 = best served), rank (1 = best), rank_low, rank_high (ranks held in the middle ``interval_share``
        of draws), p_rank (share of
        draws with exactly ``rank``), persons, unknown_share, status, reason_zh, reason_en. One row per township.
    indicators
        code, indicator, label_zh, label_en, value, low, high (bounds where unknown people are all short / all served), unit,
        weight, points, status.
    pairs
        code, other, p_above (share of draws in which ``code`` ranks above ``other``).
    """

    units: pd.DataFrame
    indicators: pd.DataFrame
    pairs: pd.DataFrame


@dataclass(frozen=True)
class ComparisonResult:
    """Two departments' layers compared.

    Attributes
    ----------
    rows
        GeoDataFrame (points; of the left where both have one): comparison (id), left_id, right_id, matched_by (code / name / place
        / ""), distance_m, name_similarity, state (agrees / contradicts / left_only /
        right_only), columns (contradicting columns, ``;`` between), left_name, right_name, township_code, reason_zh, reason_en.
        Every row of both layers occurs exactly once.
    values
        comparison, left_id, right_id, column, left_value, right_value, difference, agrees (true / false / unknown).
    summary
        comparison, label_zh, label_en, state, rows, share.
    """

    rows: gpd.GeoDataFrame
    values: pd.DataFrame
    summary: pd.DataFrame
