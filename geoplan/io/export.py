"""Write what leaves a run: tables, layers, pages; each file whole or not at all, the same input giving the same bytes.

What may leave is listed here. A column that is neither in the vocabulary (`geoplan.contracts.columns`) nor a result stays inside, unless the
plan names it in ``output.personal_columns``: source layers carry names, telephone and identity numbers of people.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd

from geoplan.contracts.columns import COLUMNS
from geoplan.io.atomic import made_by_geoplan, publish_folder, refuse_foreign, replacing
from geoplan.io.geojson import write_geojson
from geoplan.io.geopackage import write_gpkg
from geoplan.io.plain import plain_columns, plain_value

__all__ = [
    "RESULT_COLUMNS",
    "exportable",
    "made_by_geoplan",
    "publish_folder",
    "refuse_foreign",
    "write_geojson",
    "write_gpkg",
    "write_json",
    "write_parquet",
    "write_text",
]

Frame = TypeVar("Frame", bound=pd.DataFrame)

RESULT_COLUMNS: frozenset[str] = frozenset(
    # demand
    "persons_status persons_source households_source slope_deg elevation_m "
    # hazard
    "hazard_status worst_kind worst_class hazard_index hazard_kind exposure_index distance_m source_layer source_id vintage "
    # candidacy
    "candidacy_score score_low score_high evidence_share remoteness_index relocation_class rank veto reason_zh reason_en "
    "indicator raw unit points weight contribution "
    # road access
    "road_status road_m road_min road_surface road_width_m all_weather_status all_weather_road_id all_weather_m all_weather_min "
    # travel
    "service season trip status travel_time_min route off_road_m off_road_min network_min network_m facility_off_road_m "
    "facility_off_road_min walk_min ride_min walk_m ride_m ascent_m descent_m level_distance_m climb_m component snap_status moved_m "
    # coverage
    "item coverage value threshold shortfall short_persons short_households deadline overdue cause settlements covered_persons "
    "gap_persons unreachable_persons unknown_persons persons_unknown_settlements covered_share gaps unknowns "
    # sites
    "area_m2 capacity_persons capacity_basis_zh capacity_basis_en seat_min seat_status school_min school_status clinic_min clinic_status "
    "site_score reason label_zh label_en excluded_area_m2 added_area_m2 excluded_reason patches "
    "compactness binding seats_status ground_persons ground_households school_persons school_seats_free school_seats_status clinic_persons "
    "clinic_seats_free clinic_seats_status water_m water_status farmland_mu_per_household farmland_status criterion evidence source clause "
    "pool_id seats_per_person free_seats capacity_seats used_seats scope block_m "
    # exposure by houses
    "basis exposed_share unknown_share exposed_persons combined_index kinds "
    # terrain screening and run-out
    "relief_m curvature_per_km stream_m hand_m susceptibility_index susceptibility_class flood_prone susceptibility_zh susceptibility_en "
    "stream_status hand_status angle_deg spread_deg cells length_m drop_m in_run_out source_ids "
    # treatment
    "treatment persons_threatened scale rule source_persons source_persons_status works_yuan_per_person "
    # whole groups and batches
    "asked_settlements willing_least_persons must_willing_persons must_persons suggest_persons stay_persons undecided_persons surveyed_from "
    "surveyed_to moving_share moving_least_share moving_most_share form moving_persons along_persons alone_share willing_persons "
    "willing_status stage stage_from stage_to batch persons_most layer_status source_status "
    # certainty
    "p_must p_suggest p_stay p_undecided verdict depends_on rank_p05 rank_p50 rank_p95 score_p05 score_p50 score_p95 p_must_sure "
    "p_stay_sure p_open rank_from rank_to acceptability factor class_low class_high value_low value_high "
    # serving against moving
    "households_status serve_yuan move_yuan serve_status move_status serve_known_yuan move_known_yuan "
    "serve_low_yuan serve_high_yuan move_low_yuan move_high_yuan low_yuan high_yuan serve_yuan_per_person "
    "move_yuan_per_person cheaper break_even_persons break_even_status horizon_years discount_rate price_year road_shared_with "
    "serve_alone_yuan cheaper_alone subsidy_yuan subsidy_status side quantity unit_yuan capital_yuan yearly_yuan present_yuan known_yuan "
    "shared_share grows_with credit platform price_status link_id bridges groups split_zh split_en "
    # allocation
    "move travel_min same_township straight_m opened load_share cost_yuan".split()
)
"""Columns that geoplan itself works out (`geoplan.contracts.results`)."""
_RESULT_PATTERN = re.compile(
    r"[0-9A-Za-z_\-]+_(dry|wet)_(min|status)|short_[0-9A-Za-z_\-]+_persons|unknown_[0-9A-Za-z_\-]+_persons|"
    r"covered_[0-9A-Za-z_\-]+_share|hazard_[a-z_]+_class|contribution_[0-9A-Za-z_\-]+|coverage_[0-9A-Za-z_\-]+"
)
"""Wide columns named after the plan's services and the profile's items."""


def exportable(frame: Frame, *, personal: Collection[str] = ()) -> Frame:
    """Return the frame with the columns that may leave: the vocabulary, the results, the geometry, and those in ``personal``.

    Parameters
    ----------
    frame
        Table or layer; rows, order and index stay.
    personal
        Further columns the plan allows to leave.
    """
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    kept = [
        name
        for name in frame.columns
        if name in COLUMNS
        or name in RESULT_COLUMNS
        or name in personal
        or name == geometry
        or _RESULT_PATTERN.fullmatch(str(name))
    ]
    return frame[kept]


def write_parquet(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame as Parquet, a layer as GeoParquet; the index is not written.

    Raises
    ------
    LayerError
        ``OUTPUT-UNWRITABLE``.
    """
    path = Path(path)
    with replacing(path) as scratch:
        plain_columns(frame).to_parquet(scratch, index=False, compression="zstd")
    return path


def write_json(obj: Any, path: Path) -> Path:
    """Write an object as indented JSON; missing numbers are ``null``, keys keep their order.

    Raises
    ------
    LayerError
        ``OUTPUT-UNWRITABLE``.
    """
    return write_text(json.dumps(plain_value(obj), ensure_ascii=False, allow_nan=False, indent=2) + "\n", path)


def write_text(text: str, path: Path) -> Path:
    """Write text as UTF-8 with the line ends it has.

    Raises
    ------
    LayerError
        ``OUTPUT-UNWRITABLE``.
    """
    path = Path(path)
    with replacing(path) as scratch:
        scratch.write_bytes(text.encode("utf-8", "replace"))
    return path
