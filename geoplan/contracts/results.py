"""Hold what the rooms hand to one another: frozen tables whose columns are listed here and nowhere else.

Long tables have one row per (settlement, thing); no row is ever dropped. Every numeric column that may be missing has a
``status`` beside it (see `Status`). Ids and codes are strings. Enumerations are stored as their string values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geoplan.contracts.status import Severity

if TYPE_CHECKING:
    # Named in annotations only: a run in which nothing changed ends before it needs any of them.
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS

    from geoplan.contracts.coverage import (
        ComparisonResult,
        LedgerResult,
        LinesResult,
        RankingResult,
        RoadProgramme,
        SeatsResult,
        SitingResult,
        WaterResult,
    )
    from geoplan.contracts.grid import Grid
    from geoplan.contracts.relocation import (
        AllocationResult,
        BatchesResult,
        CertaintyResult,
        DecisionResult,
        GroupMovesResult,
        ScreeningResult,
        TreatmentResult,
    )


@dataclass(frozen=True)
class Problem:
    """One thing a check found, with the way out."""

    code: str
    severity: Severity
    layer: str
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str
    column: str = ""
    ids: tuple[str, ...] = ()
    """First offending ids (at most 50 kept)."""
    count: int = 0
    """How many rows or features are concerned."""


@dataclass(frozen=True)
class CheckReport:
    """Every problem found in one pass, errors first."""

    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that stop a run."""
        return tuple(one for one in self.problems if one.severity == Severity.ERROR)

    @property
    def ok(self) -> bool:
        """True when nothing stops a run."""
        return not self.errors

    def to_frame(self) -> pd.DataFrame:
        """Return one row per problem."""
        import pandas as pd

        rows = [
            {
                "severity": str(one.severity),
                "code": one.code,
                "layer": one.layer,
                "column": one.column,
                "count": one.count,
                "message_zh": one.message_zh,
                "message_en": one.message_en,
                "remedy_zh": one.remedy_zh,
                "remedy_en": one.remedy_en,
                "ids": ", ".join(one.ids),
            }
            for one in self.problems
        ]
        columns = "severity code layer column count message_zh message_en remedy_zh remedy_en ids".split()
        return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class LayerRecord:
    """Where a layer came from and what was done to it on reading: the manifest's line for it."""

    id: str
    kind: str
    """vector, raster or table."""
    paths: tuple[str, ...]
    sha256: str
    """Checksum of the bytes of all files, in path order."""
    crs: str
    datum: str
    vintage: str
    licence: str
    source: str
    rows_in: int
    """Features in the source (cells for a raster)."""
    rows_out: int
    """Features handed on."""
    notes: tuple[str, ...] = ()
    """What was changed on reading, in words (e.g. ``3 polygons made valid``)."""


@dataclass(frozen=True)
class Layers:
    """All layers of a plan in the working CRS, by catalogue id."""

    crs: CRS
    vectors: dict[str, gpd.GeoDataFrame]
    rasters: dict[str, Grid]
    records: tuple[LayerRecord, ...]
    problems: tuple[Problem, ...] = ()
    """What reading found (invalid geometry, cut text, odd encoding …)."""


@dataclass(frozen=True)
class NetworkReport:
    """What building the network changed or could not know."""

    length_m: float
    imputed_speed_length_m: float
    """Length whose class had no speed row."""
    unknown_class_length_m: float
    """Length without a class."""
    gaps_closed: int
    max_gap_m: float
    crossings_unjoined: int
    """Places where two lines cross without a shared vertex (joined unless bridge/tunnel/layer says otherwise: counts those left unjoined)."""
    crossings_joined: int
    components: int
    component_length_m: tuple[float, ...]
    """Length of each component, longest first."""
    duplicates: int
    zero_length: int
    self_loops: int
    isolated_ids: tuple[str, ...]
    """Road ids outside the largest component (at most 50 kept)."""


@dataclass(frozen=True)
class Network:
    """A road graph: junction coordinates and one row per edge.

    Attributes
    ----------
    nodes
        (n, 2) easting, northing, metres.
    edges
        GeoDataFrame, index 0..m-1, columns: edge_id (str), road_id (str), u, v (int node numbers), length_m, road_class,
        surface, width_m, crossing ("", bridge, tunnel, ford, ferry, rope), joinable (bool: walkers may join along it), walked (bool: a path
        or rope, on foot in every mode), wait_min, forward_min_<season>, backward_min_<season> (inf: not allowed), walk_forward_min_<season> …,
        <mode>_forward_min_<season> … of further modes, component (int), geometry (LineString from u to v).
    report
        What was changed or is unknown.
    """

    nodes: NDArray[np.float64]
    edges: gpd.GeoDataFrame
    report: NetworkReport
    crs: CRS


@dataclass(frozen=True)
class AccessResult:
    """Travel times and road access.

    Attributes
    ----------
    times
        settlement_id, service, season, trip, status, travel_time_min, facility_id, route ("network"; "walk": no road used; ""),
        off_road_m, off_road_min (before the first road), network_min, network_m (NaN without a road), facility_off_road_m,
        facility_off_road_min (after the last road), walk_min, ride_min, walk_m, ride_m, ascent_m, descent_m (along the way),
        level_distance_m, climb_m (straight, settlement to facility; + is uphill to the facility), component.
        One row per settlement × service × season.
    road
        settlement_id, status, road_id, road_class, surface, width_m, off_road_m, off_road_min (nearest motorable road);
        all_weather_status, all_weather_road_id, all_weather_m, all_weather_min (nearest road with an all-weather surface, walking);
        moved_m (how far the settlement was moved to a place one can walk from; 0 mostly).
        One row per settlement.
    facilities
        GeoDataFrame: facility_id, service, name, level, capacity, snap_status, off_road_m, moved_m, township_code, village_code,
        staff, doctors, gps, teachers, boarding_seats, standard_met, public, radius_m, supply_kva, yield_m3_day, reliability_share (NaN: not known), geometry.
    """

    times: pd.DataFrame
    road: pd.DataFrame
    facilities: gpd.GeoDataFrame
    report: NetworkReport


@dataclass(frozen=True)
class CoverageResult:
    """Gaps against the standards.

    Attributes
    ----------
    gaps
        settlement_id, item, service, level, coverage, status, value, threshold, unit, shortfall (how far beyond the threshold, in unit,
        0 when covered, NaN when unknown/unreachable), deadline, overdue (bool: deadline <= year and not covered), cause, cause_zh,
        cause_en, cause_class, cause_class_zh, cause_class_en, persons, households (everybody of the settlement), asked_persons (those the
        item is for: everybody, or its age group; NaN unknown), asked_source (persons / column / derived / ""), short_persons,
        short_households (those asked for who lack it: 0 when covered, NaN when unknown; households only of items for everybody),
        township_code, village_code, group_code. One row per settlement × item.
    groups, villages, townships, county
        Roll-ups, long: code, name, item, service, settlements, persons (people the item is for), covered_persons, gap_persons,
        unreachable_persons, unknown_persons (the four add up to persons), persons_unknown_settlements (settlements whose people asked for
        are not known), covered_share (of persons; NaN when no persons), coverage (worst state that holds for anyone: unreachable, gap,
        unknown, covered in that order), resident_persons (everybody who lives there, whomever the item is for).
    """

    gaps: pd.DataFrame
    groups: pd.DataFrame
    villages: pd.DataFrame
    townships: pd.DataFrame
    county: pd.DataFrame


@dataclass(frozen=True)
class ExposureResult:
    """Hazard exposure.

    Attributes
    ----------
    exposure
        settlement_id, hazard_kind, status (ok / no_data), hazard_class (extreme … none; "" when no_data; the worst of point and houses),
        exposure_index (0..1; NaN when no_data), distance_m (to the nearest zone of the kind; 0 inside; NaN when none mapped),
        exposed_share (of homestead area in zones; without houses 1 or 0, as the point has it), unknown_share (neither in a zone nor surveyed,
        so at most exposed_share + unknown_share is exposed), exposed_persons (NaN also where persons are unknown), basis (``footprint`` /
        ``point``: what the shares rest on), source_layer, source_id, vintage (of the survey). Shares and persons are NaN when no_data.
        One row per settlement × hazard kind of the plan (one row with kind "any" and no_data when the plan maps none).
    summary
        settlement_id, hazard_status (ok when every kind is known, else no_data unless the known ones already reach extreme),
        worst_kind, worst_class, hazard_index (max over known kinds; NaN when none known), combined_index (1 − Π(1 − index) over known kinds,
        never below the worst), kinds (those that hold it, ``;`` between), exposed_share and exposed_persons (under the union of all known
        kinds' zones, so nobody counts twice). One row per settlement.
    """

    exposure: pd.DataFrame
    summary: pd.DataFrame


@dataclass(frozen=True)
class CandidacyResult:
    """Candidacy for 易地搬迁.

    Attributes
    ----------
    candidacy
        settlement_id, candidacy_score (0..1), score_low, score_high (bounds when missing evidence is best/worst), evidence_share (0..1),
        remoteness_index, relocation_class (应搬 / 建议搬 / 可留 / 证据不足), rank (1 = strongest; ties share the smallest), veto, reason_zh, reason_en.
    contributions
        settlement_id, indicator, raw, unit, status, points (0..1, NaN if missing), weight (after scaling), contribution
        (sums to candidacy_score over a settlement), reason_zh, reason_en. One row per settlement × indicator.
    """

    candidacy: pd.DataFrame
    contributions: pd.DataFrame


@dataclass(frozen=True)
class SitesResult:
    """Candidate receiving sites (安置点).

    Attributes
    ----------
    sites
        GeoDataFrame of polygons (patches) and points (existing places): site_id, name, kind (patch / 集镇 / 聚居点 / 园区 …), area_m2, slope_deg,
        compactness (4πA/P² of a patch), capacity_persons, capacity_households (the least known ceiling), binding (area / stated / school /
        clinic; "" where the capacity is unknown), seats_status (ok when the free seats of every kind are known), ground_persons,
        ground_households (ceiling by area, or as stated), <kind>_persons (ceiling by seats; NaN: unknown, binds nobody), <kind>_seats_free,
        <kind>_seats_status (ok / no_data / unreachable: none within reach) of school and clinic, capacity_basis_zh, capacity_basis_en,
        road_m, water_m, seat_min, school_min, clinic_min (NaN + <x>_status), farmland_mu (within reach), farmland_mu_per_household (+
        farmland_status), site_score (0..1, 1 is better), score_low, score_high (missing evidence worst/best), evidence_share, rank,
        township_code, excluded_reason ("" where offered).
    exclusions
        reason, label_zh, label_en, excluded_area_m2 (of its own), added_area_m2 (beyond those before it), in the order applied.
    exclusion_maps
        GeoDataFrame of MultiPolygons: reason, label_zh, label_en, scope (own / added), area_m2 (counted in cells; the table's), block_m
        (how coarse it is drawn). Two rows per reason that rules out ground.
    contributions
        site_id, criterion, label_zh, label_en, raw, unit, status, points (0..1, NaN if missing), weight, contribution (sums to site_score
        over a site), source, clause, evidence (cited / secondary / convention). One row per site × criterion.
    pools
        site_id, pool_id, facility_id, kind (school / clinic), seats_per_person, free_seats (NaN: unknown, binds nobody), status,
        travel_min, capacity_seats, used_seats. One row per site × kind; sites with one pool_id share its free seats: Σ people ×
        seats_per_person ≤ free_seats.
    """

    sites: gpd.GeoDataFrame
    exclusions: pd.DataFrame
    exclusion_maps: gpd.GeoDataFrame | None = None
    contributions: pd.DataFrame | None = None
    pools: pd.DataFrame | None = None


@dataclass(frozen=True)
class Demand:
    """Settlements as the plan uses them.

    Attributes
    ----------
    settlements
        GeoDataFrame (points, working CRS): settlement_id, name, group_code, village_code, township_code, persons, persons_status (ok / no_data),
        persons_source (layer / raster), households, households_source (layer / derived / ""), slope_deg, elevation_m, geometry + canonical extras.
    unplaced_persons
        People of the raster farther than the stated reach from every settlement, plus those no settlement could take. Never lost.
    groups, villages, townships
        Unit tables: code, name, parent_code, geometry (may be None where no polygons are given).
    """

    settlements: gpd.GeoDataFrame
    groups: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    townships: gpd.GeoDataFrame
    county: gpd.GeoDataFrame
    raster_persons: float = float("nan")
    unplaced_persons: float = 0.0


@dataclass(frozen=True)
class PlanResult:
    """Everything a run found; frames are ready to plot."""

    demand: Demand
    access: AccessResult
    exposure: ExposureResult
    coverage: CoverageResult
    candidacy: CandidacyResult
    sites: SitesResult
    checks: CheckReport
    screening: ScreeningResult
    treatment: TreatmentResult
    group_moves: GroupMovesResult
    batches: BatchesResult
    certainty: CertaintyResult
    decision: DecisionResult
    allocation: AllocationResult
    seats: SeatsResult
    ledger: LedgerResult
    programme: RoadProgramme
    water: WaterResult
    lines: LinesResult
    siting: SitingResult
    ranking: RankingResult
    comparison: ComparisonResult
    records: tuple[LayerRecord, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    """Stage → seconds (0 when taken from the cache)."""
    cached: dict[str, bool] = field(default_factory=dict)
    """Stage → whether its result came from the cache."""
