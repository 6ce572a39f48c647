"""Hold what the relocation room adds to exposure, candidacy and sites: treatment, certainty, costs, allocation, whole groups, batches.

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
class ScreeningResult:
    """What the elevation model alone says of settlements; a hint where nobody surveyed, never evidence.

    Attributes
    ----------
    settlements
        settlement_id, status (ok / no_data), slope_deg, relief_m, curvature_per_km, stream_m (level distance to the nearest stream),
        hand_m (height above it), susceptibility_index (0..1), susceptibility_class, flood_prone (bool), basis (always ``screening``).
    run_out
        GeoDataFrame (polygons): source_id, kind, status, angle_deg, area_m2, length_m, drop_m: how far each mapped source runs out.
    below
        settlement_id, status, in_run_out (bool), kinds, source_ids, basis (``screening``): who stands in a run-out.
    """

    settlements: pd.DataFrame
    run_out: gpd.GeoDataFrame | None = None
    below: pd.DataFrame | None = None


@dataclass(frozen=True)
class TreatmentResult:
    """Which of 监测预警 / 工程治理 / 避让搬迁 fits each exposed settlement.

    Attributes
    ----------
    treatment
        settlement_id, hazard_kind, hazard_class, treatment (监测预警 / 工程治理 / 避让搬迁 / "" where not exposed), status (ok / no_data),
        persons_threatened, scale (特大 / 大 / 中 / 小), works_yuan (NaN: not given), rule (id), reason_zh, reason_en.
        One row per settlement × kind it is exposed to; a settlement exposed to nothing has one row with kind "".
    summary
        settlement_id, treatment (the strictest of its kinds), status, hazard_kind, reason_zh, reason_en. One row per settlement.
    """

    treatment: pd.DataFrame
    summary: pd.DataFrame


@dataclass(frozen=True)
class CertaintyResult:
    """How far a settlement's class can be trusted.

    Attributes
    ----------
    settlements
        settlement_id, p_must, p_suggest, p_stay, p_undecided (sum 1), verdict (certain_move / certain_stay / depends), depends_on (factor
        ids, strongest first, ``;`` between; "" when certain), rank_p05, rank_p50, rank_p95, score_p05, score_p50, score_p95,
        reason_zh, reason_en. One row per settlement.
    ranks
        settlement_id, rank_from, rank_to, acceptability (share of draws; sums to 1 over a settlement). One row per settlement × band.
    tornado
        settlement_id, factor, label_zh, label_en, score_low, score_high, class_low, class_high (score and class with the factor alone at
        its low and high end). One row per settlement × factor.
    draws, seed
        How many draws, and the seed they come from.
    """

    settlements: pd.DataFrame
    ranks: pd.DataFrame
    tornado: pd.DataFrame
    draws: int
    seed: int


@dataclass(frozen=True)
class DecisionResult:
    """What serving a village group where it stands costs, and what moving it costs.

    Attributes
    ----------
    groups
        group_code, name, persons, households, serve_yuan, move_yuan (present values; NaN with status), serve_status, move_status,
        serve_low_yuan, serve_high_yuan, move_low_yuan, move_high_yuan (bounds whatever is not known; NaN: no bound on that side),
        serve_yuan_per_person, move_yuan_per_person, cheaper (serve / move / equal / unknown), break_even_persons (size from which serving is
        no dearer than moving; NaN with break_even_status ok / never / always / no_data), reason_zh, reason_en. One row per group.
    items
        group_code, side (serve / move), item (id), label_zh, label_en, quantity, unit, unit_yuan, capital_yuan, yearly_yuan, present_yuan,
        low_yuan, high_yuan (bounds of present_yuan; NaN: no bound), status, shared_share (own share of a shared cost, 1 where not shared),
        source, clause, price_year, price_status.
        present_yuan of a side sums to the group's. One row per group × item that applies.
    links
        GeoDataFrame (lines): link_id, kind (new / upgrade / bridge), length_m, capital_yuan, yearly_yuan, bridges, persons, groups (codes,
        ``;`` between), split_zh, split_en. The group shares of a link sum to its cost.
    """

    groups: pd.DataFrame
    items: pd.DataFrame
    links: gpd.GeoDataFrame


@dataclass(frozen=True)
class AllocationResult:
    """Who goes to which receiving site.

    Attributes
    ----------
    settlements
        settlement_id, group_code, persons, households, move (assigned / unassigned / stays / undecided), site_id ("" unless assigned),
        travel_min (old land to site; NaN unless assigned), same_township (bool), straight_m, reason (code), reason_zh, reason_en.
        One row per settlement; the persons of the four moves add up to all persons.
    sites
        site_id, name, opened (bool), persons, households, capacity_persons, capacity_households, binding (area / school / clinic / stated),
        load_share (0..1), settlements, groups, cost_yuan, reason_zh, reason_en. One row per site.
    moves
        GeoDataFrame (lines from old to new): settlement_id, site_id, persons, travel_min. One row per assigned settlement.
    objective, bound, gap_share
        Value of the plan, proven lower bound, (objective − bound) / objective; 0 when proven optimal.
    status
        ``optimal`` (gap within the tolerance asked for), ``feasible`` (time ran out first), ``empty`` (nobody to move or no site).
    """

    settlements: pd.DataFrame
    sites: pd.DataFrame
    moves: gpd.GeoDataFrame
    objective: float
    bound: float
    gap_share: float
    status: str


@dataclass(frozen=True)
class GroupMovesResult:
    """Candidacy rolled up to village groups, for 整组搬迁.

    Attributes
    ----------
    groups
        group_code, name, settlements, persons, must_persons, suggest_persons, stay_persons, undecided_persons (the four add up to persons),
        persons_unknown_settlements, moving_share (must, of persons), form (whole / single / none / undecided), alone_share (of the moving people,
        those whose group does not move whole), willing_persons, willing_status, stage (应搬 / 愿搬 / ""), reason_zh, reason_en.
    """

    groups: pd.DataFrame


@dataclass(frozen=True)
class BatchesResult:
    """People by batch (五个一批), where the layers allow it; unknown is a batch of its own.

    Attributes
    ----------
    settlements
        settlement_id, batch (id), persons, status, reason_zh, reason_en. Over a settlement the batches add up to its persons.
    totals
        batch, label_zh, label_en, persons, settlements, source, clause. persons add up to the county's.
    """

    settlements: pd.DataFrame
    totals: pd.DataFrame
