"""Exposure: borders, overlaps, distance, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon, box

from geoplan.contracts.config import HazardConfig, HazardKind
from geoplan.contracts.results import LayerRecord
from geoplan.contracts.status import HAZARD_INDEX, HAZARD_KIND_ZH
from geoplan.errors import ConfigError, CrsError, LayerError
from geoplan.relocation import expose, read_zones

RECORD = LayerRecord("", "vector", (), "", "EPSG:4544", "cgcs2000", "", "", "", 1, 1, ())
SURVEY = box(-1000, -1000, 1000, 1000)


def _row(result: object, settlement: str = "s0") -> pd.Series:
    rows = result.exposure  # type: ignore[attr-defined]
    return rows[rows["settlement_id"] == settlement].iloc[0]


def _classes(result: object) -> list[str]:
    return result.exposure["hazard_class"].tolist()  # type: ignore[attr-defined]


def test_point_zone_by_hand(make: SimpleNamespace) -> None:
    """Radius 100 m at (0, 0), surveyed ±1000 m: (60, 80) is on the border; (300, 0) is 200 m off; (1500, 0) nobody looked at."""
    demand = make.demand([(60, 80), (300, 0), (1500, 0)])
    slide = make.frame([Point(0, 0)], hazard_id=["h7"], radius_m=[100.0], hazard_class=["high"])
    config = HazardConfig(layer="slides", kind="landslide", survey_area="survey")
    result = expose(demand, make.layers(slides=slide, survey=make.frame([SURVEY])), [config])
    rows = result.exposure
    assert rows["hazard_class"].tolist() == ["high", "none", ""]
    assert rows["status"].tolist() == ["ok", "ok", "no_data"]
    assert rows["exposure_index"].tolist()[:2] == [0.75, 0.0]
    assert np.isnan(rows["exposure_index"].iloc[2])
    assert rows["distance_m"].tolist() == [0.0, 200.0, 1400.0]
    assert rows["source_id"].tolist() == ["h7", "", ""]
    assert result.summary["hazard_status"].tolist() == ["ok", "ok", "no_data"]
    assert result.summary["worst_kind"].tolist() == ["landslide", "", ""]
    assert result.summary["worst_class"].tolist() == ["high", "none", ""]


def test_a_point_on_the_border_is_exposed_for_every_geometry(make: SimpleNamespace) -> None:
    """A polygon's edge, a line's setback and a radius all belong to the zone; a centimetre beyond does not."""
    zones = make.layers(
        polygons=make.frame([box(0, 0, 100, 100)], hazard_class=["low"]),
        lines=make.frame([LineString([(1000, 0), (1000, 500)])], hazard_class=["low"], setback_m=[30.0]),
        points=make.frame([Point(3000, 0)], hazard_class=["low"], radius_m=[50.0]),
        survey=make.frame([box(-1e4, -1e4, 1e4, 1e4)]),
    )
    hazards = [HazardConfig(layer=name, kind="flood", survey_area="survey") for name in ("polygons", "lines", "points")]
    on = [(100, 50), (100, 100), (1030, 250), (1000, 530), (3000, 50)]
    off = [(100.01, 50), (100.01, 100), (1030.01, 250), (1000, 530.01), (3000, 50.01)]
    assert _classes(expose(make.demand(on), zones, hazards)) == ["low"] * 5
    assert _classes(expose(make.demand(off), zones, hazards)) == ["none"] * 5


def test_overlapping_zones_take_the_worst_and_never_add_up(make: SimpleNamespace) -> None:
    """Three mediums and a low over one place are medium, 0.5; with one extreme they are extreme, 1."""
    zones = make.frame([box(0, 0, 10, 10)] * 4, hazard_id=list("abcd"), hazard_class=["medium", "low", "medium", "medium"])
    config = HazardConfig(layer="zones", kind="debris_flow")
    row = _row(expose(make.demand([(5, 5)]), make.layers(zones=zones), [config]))
    assert (row["hazard_class"], row["exposure_index"], row["source_id"]) == ("medium", 0.5, "a")
    worse = make.frame(
        [*zones.geometry, box(4, 4, 6, 6)], hazard_id=list("abcde"), hazard_class=[*zones["hazard_class"], "extreme"]
    )
    row = _row(expose(make.demand([(5, 5)]), make.layers(zones=worse), [config]))
    assert (row["hazard_class"], row["exposure_index"], row["source_id"]) == ("extreme", 1.0, "e")


def test_several_layers_of_a_kind_combine_by_the_worst(make: SimpleNamespace) -> None:
    """A low point and a high polygon of one kind: high; distance is that of the nearer zone."""
    layers = make.layers(
        old=make.frame([Point(0, 0)], hazard_class=["low"], radius_m=[500.0]),
        new=make.frame([box(-10, -10, 10, 10)], hazard_class=["high"]),
        survey=make.frame([SURVEY]),
    )
    hazards = [HazardConfig(layer="old", kind="landslide", survey_area="survey"), HazardConfig(layer="new", kind="landslide")]
    result = expose(make.demand([(0, 0), (100, 0), (600, 0)]), layers, hazards)
    assert result.exposure["hazard_class"].tolist() == ["high", "low", "none"]
    assert result.exposure["source_layer"].tolist() == ["new", "old", "old"]
    assert result.exposure["distance_m"].tolist() == [0.0, 0.0, 100.0]


def test_two_half_surveys_make_a_whole_one(make: SimpleNamespace) -> None:
    """West surveyed by one layer, east by another: both halves are known, the rest is not."""
    far = make.frame([Point(9e5, 9e5)], hazard_class=["low"], radius_m=[10.0])
    layers = make.layers(a=far, b=far, west=make.frame([box(0, 0, 10, 10)]), east=make.frame([box(10, 0, 20, 10)]))
    hazards = [HazardConfig(layer=one, kind="landslide", survey_area=area) for one, area in (("a", "west"), ("b", "east"))]
    result = expose(make.demand([(5, 5), (15, 5), (25, 5)]), layers, hazards)
    assert result.exposure["hazard_class"].tolist() == ["none", "none", ""]
    assert result.exposure["source_layer"].tolist()[:2] == ["a", "b"]


def test_without_a_survey_area_no_zone_is_no_safety(make: SimpleNamespace) -> None:
    """An inventory without a surveyed area says what it has, and nothing about other places."""
    slide = make.frame([Point(0, 0)], radius_m=[100.0], hazard_class=["low"])
    result = expose(make.demand([(0, 0), (5000, 0)]), make.layers(slides=slide), [HazardConfig(layer="slides", kind="landslide")])
    assert result.exposure["status"].tolist() == ["ok", "no_data"]
    assert result.exposure["distance_m"].tolist() == [0.0, 4900.0]


def test_no_hazard_layers_means_unknown_everywhere(make: SimpleNamespace) -> None:
    result = expose(make.demand([(0, 0), (1, 1)]), make.layers(), [])
    assert result.exposure["hazard_kind"].tolist() == ["any", "any"]
    assert (result.exposure["status"] == "no_data").all()
    assert (result.summary["hazard_status"] == "no_data").all()
    assert result.summary["hazard_index"].isna().all()


def test_missing_radius_takes_the_plans_and_else_makes_the_kind_unknown(make: SimpleNamespace) -> None:
    """Own 50 m; a missing, a zero and a negative radius take the plan's 200 m; with no figure anywhere nobody is known to be safe."""
    slides = make.frame(
        [Point(x, 0) for x in (0, 1000, 2000, 3000)], hazard_class=["low"] * 4, radius_m=[50.0, np.nan, 0.0, -5.0]
    )
    layers = make.layers(slides=slides, survey=make.frame([box(-1e4, -1e4, 1e4, 1e4)]))
    demand = make.demand([(60, 0), (1200, 0), (2200, 0), (3200, 0), (3300, 0)])
    stated = HazardConfig(layer="slides", kind="landslide", radius_m=200.0, survey_area="survey")
    assert _classes(expose(demand, layers, [stated])) == ["none", "low", "low", "low", "none"]
    silent = HazardConfig(layer="slides", kind="landslide", survey_area="survey")
    result = expose(demand, layers, [silent])
    assert (result.exposure["status"] == "no_data").all()
    assert (result.exposure["source_id"] == "#1").all()


def test_line_without_a_setback_is_not_a_line_of_no_width(make: SimpleNamespace) -> None:
    """A fault without any setback leaves every place unknown, even one that sits on it."""
    layers = make.layers(faults=make.frame([LineString([(0, 0), (10, 0)])], hazard_class=["high"]), survey=make.frame([SURVEY]))
    config = HazardConfig(layer="faults", kind="fault", survey_area="survey")
    assert (expose(make.demand([(5, 0), (500, 0)]), layers, [config]).exposure["status"] == "no_data").all()


def test_zone_of_unknown_class_is_never_safe_and_never_invented(make: SimpleNamespace) -> None:
    """Inside a zone without a class: no_data, and the zone is named. A known low there does not stand; a known high does."""
    zones = make.frame(
        [box(0, 0, 10, 10), box(20, 0, 30, 10), box(20, 0, 30, 10), box(40, 0, 50, 10), box(40, 0, 50, 10)],
        hazard_id=["blank", "odd", "low", "gap", "high"],
        hazard_class=["", "严重", "low", None, "high"],
    )
    layers = make.layers(zones=zones, survey=make.frame([SURVEY]))
    config = HazardConfig(layer="zones", kind="debris_flow", survey_area="survey")
    result = expose(make.demand([(5, 5), (25, 5), (45, 5), (100, 5)]), layers, [config])
    assert result.exposure["status"].tolist() == ["no_data", "no_data", "ok", "ok"]
    assert result.exposure["source_id"].tolist() == ["blank", "odd", "high", ""]
    assert result.exposure["hazard_class"].tolist() == ["", "", "high", "none"]
    assert result.exposure["distance_m"].tolist()[:3] == [0.0, 0.0, 0.0]


def test_the_plans_class_stands_in_for_none_given_but_not_for_one_not_understood(make: SimpleNamespace) -> None:
    zones = make.frame([box(0, 0, 10, 10), box(20, 0, 30, 10)], hazard_class=[None, "严重"])
    config = HazardConfig(layer="zones", kind="flood", hazard_class="medium")
    result = expose(make.demand([(5, 5), (25, 5)]), make.layers(zones=zones), [config])
    assert result.exposure["hazard_class"].tolist() == ["medium", ""]


def test_polygon_of_class_none_is_surveyed_ground(make: SimpleNamespace) -> None:
    zones = make.frame([box(0, 0, 10, 10), box(0, 0, 100, 100)], hazard_class=["high", "none"])
    result = expose(
        make.demand([(5, 5), (50, 50), (500, 0)]), make.layers(zones=zones), [HazardConfig(layer="zones", kind="flood")]
    )
    assert result.exposure["hazard_class"].tolist() == ["high", "none", ""]
    assert result.exposure["distance_m"].iloc[1] == pytest.approx(np.hypot(40, 40))


def test_feature_without_geometry_makes_the_kind_unknown(make: SimpleNamespace) -> None:
    """The inventory lists a slide nobody can place: it may be anywhere."""
    slides = make.frame(
        [Point(0, 0), None, Point()], hazard_id=["a", "lost", "void"], hazard_class=["high"] * 3, radius_m=[10.0] * 3
    )
    layers = make.layers(slides=slides, survey=make.frame([SURVEY]))
    result = expose(
        make.demand([(0, 0), (100, 0)]), layers, [HazardConfig(layer="slides", kind="landslide", survey_area="survey")]
    )
    assert result.exposure["status"].tolist() == ["ok", "no_data"]
    assert result.exposure["source_id"].tolist() == ["a", "lost"]


def test_settlement_without_a_position_is_unknown(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0), (1, 1)])
    lost = make.frame([None, Point(0, 0)], settlement_id=["s0", "s1"])
    slides = make.frame([Point(0, 0)], hazard_class=["high"], radius_m=[10.0])
    layers = make.layers(slides=slides, survey=make.frame([SURVEY]))
    moved = type(demand)(lost, demand.groups, demand.villages, demand.townships, demand.county)
    result = expose(moved, layers, [HazardConfig(layer="slides", kind="landslide", survey_area="survey")])
    assert result.exposure["status"].tolist() == ["no_data", "ok"]


def test_raster_thresholds_nodata_and_edges(make: SimpleNamespace) -> None:
    """Depths in 100 m cells, thresholds 0.5 medium and 1.0 high; exactly 0.5 is medium.

    0.0  0.5  nan
    0.2  1.0  3.0        (cell rows from y 200 down, columns from x 0)
    """
    depth = make.grid([[0.0, 0.5, np.nan], [0.2, 1.0, 3.0]])
    config = HazardConfig(layer="depth", kind="flood", thresholds={"medium": 0.5, "high": 1.0})
    places = [(50, 150), (150, 150), (250, 150), (50, 50), (150, 50), (250, 50), (500, 50)]
    result = expose(make.demand(places), make.layers(depth=depth), [config])
    assert result.exposure["hazard_class"].tolist() == ["none", "medium", "", "none", "high", "high", ""]
    assert result.exposure["status"].tolist() == ["ok", "ok", "no_data", "ok", "ok", "ok", "no_data"]
    # The nearest zone cell begins at x = 100; (500, 50) is 200 m east of the last one.
    assert result.exposure["distance_m"].tolist() == [50.0, 0.0, 50.0, 50.0, 0.0, 0.0, 200.0]
    # On the line between a dry and a flooded cell a place is exposed; between dry and unknown it is unknown.
    edge = expose(make.demand([(100, 150), (0, 150)]), make.layers(depth=depth), [config])
    assert edge.exposure["hazard_class"].tolist() == ["medium", ""]


def test_a_raster_of_susceptibility_is_cut_by_its_thresholds(make: SimpleNamespace) -> None:
    """0..1 in steps: below 0.2 nothing, then low, medium, high, extreme from 0.2, 0.4, 0.6, 0.8 on."""
    grid = make.grid([[0.0, 0.19, 0.2, 0.45, 0.6, 0.79, 0.8, 1.0]])
    steps = {"low": 0.2, "medium": 0.4, "high": 0.6, "extreme": 0.8}
    config = HazardConfig(layer="index", kind="landslide", thresholds=steps)
    places = [(50 + 100 * k, 50) for k in range(8)]
    expected = ["none", "none", "low", "medium", "high", "high", "extreme", "extreme"]
    assert _classes(expose(make.demand(places), make.layers(index=grid), [config])) == expected


def test_a_raster_of_codes_is_read_by_its_classes(make: SimpleNamespace) -> None:
    """1 worst, 4 none, as one county has it; 0 and 9 nobody explained and nodata are unknown, never none."""
    grid = make.grid([[1.0, 2.0, 3.0, 4.0, 0.0, 9.0, np.nan]])
    config = HazardConfig(layer="codes", kind="collapse", classes={1: "extreme", 2: "high", 3: "medium", 4: "none"})
    rows = expose(make.demand([(50 + 100 * k, 50) for k in range(7)]), make.layers(codes=grid), [config]).exposure
    assert rows["hazard_class"].tolist() == ["extreme", "high", "medium", "none", "", "", ""]
    assert rows["status"].tolist() == ["ok"] * 4 + ["no_data"] * 3
    assert rows["distance_m"].tolist() == [0.0, 0.0, 0.0, 50.0, 150.0, 250.0, 350.0]


@pytest.mark.parametrize("kind", get_args(HazardKind))
def test_every_kind_comes_as_points_lines_polygons_or_cells(make: SimpleNamespace, kind: str) -> None:
    """Landslide, rockfall, debris flow, flood, flash flood, fault, collapse: whatever the kind, all four sources expose (50, 50)."""
    sources = {
        "points": make.frame([Point(60, 50)], hazard_class=["高易发区"], radius_m=[20.0]),
        "lines": make.frame([LineString([(60, 0), (60, 99)])], hazard_class=["高"], setback_m=[10.0]),
        "polygons": make.frame([box(40, 40, 60, 60)], hazard_class=["high"]),
        "cells": make.grid([[3.0]]),
    }
    assert kind in HAZARD_KIND_ZH
    for name, layer in sources.items():
        config = HazardConfig(layer="z", kind=kind, thresholds={"high": 2.0} if name == "cells" else {})
        row = _row(expose(make.demand([(50, 50)]), make.layers(z=layer), [config]))
        assert row[["hazard_kind", "hazard_class", "exposed_share", "basis"]].tolist() == [kind, "high", 1.0, "point"], name


def test_class_words_of_surveys_are_understood_and_strange_ones_unknown(make: SimpleNamespace) -> None:
    """Both schemes side by side; 不易发区 is surveyed ground; a word nobody knows is a zone of unknown class, never none."""
    words = ["极高易发区", "高", "中等", "低风险区", "不易发区", "较高", "None"]
    zones = make.frame([box(100 * k, 0, 100 * k + 50, 50) for k in range(7)], hazard_class=words, hazard_id=list("abcdefg"))
    config = HazardConfig(layer="zones", kind="landslide")
    rows = expose(make.demand([(100 * k + 25, 25) for k in range(7)]), make.layers(zones=zones), [config]).exposure
    assert rows["hazard_class"].tolist() == ["extreme", "high", "medium", "low", "none", "", ""]
    assert rows["source_id"].tolist() == ["a", "b", "c", "d", "", "f", "g"]


def test_the_vintage_of_the_layer_that_decides_stands_in_the_row(make: SimpleNamespace) -> None:
    """An old survey of 2009 finds medium, a new one of 2023 finds high beside it: each row has the date of what decides it."""
    layers = make.layers(
        old=make.frame([box(0, 0, 10, 10)], hazard_class=["medium"]),
        new=make.frame([box(5, 0, 20, 10)], hazard_class=["high"]),
        survey=make.frame([SURVEY]),
    )
    records = tuple(replace(RECORD, id=name, vintage=vintage) for name, vintage in (("old", "2009"), ("new", "2023-06-01")))
    layers = replace(layers, records=records)
    hazards = [HazardConfig(layer=name, kind="landslide", survey_area="survey") for name in ("old", "new")]
    homes = make.frame([box(14, 0, 16, 2)], settlement_id=["s0"])
    demand = make.demand([(1, 1), (1, 1)])
    assert expose(demand, layers, hazards).exposure["vintage"].tolist() == ["2009", "2009"]
    assert expose(demand, layers, hazards, homesteads=homes).exposure["vintage"].tolist() == ["2023-06-01", "2009"]


def test_raster_needs_thresholds_that_rise(make: SimpleNamespace) -> None:
    """Or classes by code; neither, both, or steps that fall are refused."""
    layers = make.layers(depth=make.grid([[1.0]]))
    for stated in (
        {},
        {"thresholds": {"low": 2.0, "high": 1.0}},
        {"thresholds": {"low": 1.0, "high": 1.0}},
        {"thresholds": {"low": 1.0}, "classes": {1: "low"}},
    ):
        with pytest.raises(ConfigError, match="HAZARD-THRESHOLDS"):
            read_zones(layers, HazardConfig(layer="depth", kind="flood", **stated))


def test_summary_is_unknown_with_one_unknown_kind_unless_extreme(make: SimpleNamespace) -> None:
    """Flood is mapped nowhere else. High slide: still unknown (flood may be extreme). Extreme slide: nothing can be worse."""
    layers = make.layers(
        slides=make.frame([Point(0, 0), Point(100, 0)], hazard_class=["high", "extreme"], radius_m=[10.0, 10.0]),
        floods=make.frame([box(900, 900, 901, 901)], hazard_class=["low"]),
        survey=make.frame([SURVEY]),
    )
    hazards = [HazardConfig(layer="slides", kind="landslide", survey_area="survey"), HazardConfig(layer="floods", kind="flood")]
    summary = expose(make.demand([(0, 0), (100, 0), (50, 50)]), layers, hazards).summary
    assert summary["hazard_status"].tolist() == ["no_data", "ok", "no_data"]
    assert summary["hazard_index"].tolist() == [0.75, 1.0, 0.0]
    assert summary["worst_kind"].tolist() == ["landslide", "landslide", ""]


def test_layers_that_were_not_read_are_named(make: SimpleNamespace) -> None:
    slides = make.frame([Point(0, 0)], hazard_class=["high"], radius_m=[10.0])
    with pytest.raises(LayerError, match="LAYER-MISSING"):
        expose(make.demand([(0, 0)]), make.layers(), [HazardConfig(layer="slides", kind="landslide")])
    config = HazardConfig(layer="slides", kind="landslide", survey_area="nowhere")
    with pytest.raises(LayerError, match="nowhere"):
        expose(make.demand([(0, 0)]), make.layers(slides=slides), [config])


def test_settlements_in_another_crs_are_refused(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0)])
    other = type(demand)(demand.settlements.set_crs(4545, allow_override=True), *[make.frame([])] * 4)
    with pytest.raises(CrsError, match="CRS-MIXED"):
        expose(other, make.layers(), [])


coordinate = st.integers(-300, 300).map(float)
point = st.tuples(coordinate, coordinate)
hazard = st.tuples(point, st.sampled_from([20.0, 50.0, 90.0]), st.sampled_from(["low", "medium", "high", "extreme"]))


@settings(deadline=None, max_examples=10)
@given(st.lists(point, min_size=1, max_size=6), st.lists(hazard, min_size=1, max_size=8))
def test_exposure_equals_a_twin_written_out(make: SimpleNamespace, places: list, hazards: list) -> None:
    """Naive twin: every place against every hazard, with Pythagoras."""
    slides = make.frame(
        [Point(xy) for xy, _, _ in hazards], radius_m=[r for _, r, _ in hazards], hazard_class=[c for _, _, c in hazards]
    )
    layers = make.layers(slides=slides, survey=make.frame([box(-200, -200, 200, 200)]))
    config = HazardConfig(layer="slides", kind="landslide", survey_area="survey")
    rows = expose(make.demand(places), layers, [config]).exposure
    for (x, y), row in zip(places, rows.itertuples(), strict=True):
        gaps = [np.hypot(x - hx, y - hy) - radius for (hx, hy), radius, _ in hazards]
        inside = [HAZARD_INDEX[name] for gap, (_, _, name) in zip(gaps, hazards, strict=True) if gap <= 1e-6]
        surveyed = max(abs(x), abs(y)) <= 200
        expected = max(inside) if inside else (0.0 if surveyed else np.nan)
        assert row.exposure_index == pytest.approx(expected, nan_ok=True)
        assert (row.status == "ok") == (not np.isnan(expected))
        assert row.distance_m == pytest.approx(max(min(gaps), 0.0), abs=1e-6)


@settings(deadline=None, max_examples=10)
@given(
    st.lists(point, min_size=2, max_size=6), st.lists(hazard, min_size=1, max_size=6), hazard, st.randoms(use_true_random=False)
)
def test_one_more_hazard_helps_nobody_and_row_order_does_not_matter(
    make: SimpleNamespace, places: list, hazards: list, more: tuple, random: object
) -> None:
    config = HazardConfig(layer="slides", kind="landslide", survey_area="survey")

    def index(listed: list, at: list) -> np.ndarray:
        slides = make.frame([Point(h[0]) for h in listed], radius_m=[h[1] for h in listed], hazard_class=[h[2] for h in listed])
        layers = make.layers(slides=slides, survey=make.frame([box(-900, -900, 900, 900)]))
        return expose(make.demand(at), layers, [config]).exposure["exposure_index"].to_numpy()

    before = index(hazards, places)
    assert (index([*hazards, more], places) >= before).all()
    shuffled = list(hazards)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert index(shuffled, places[::-1])[::-1].tolist() == before.tolist()


def test_the_exposed_share_of_a_dense_grid_is_the_area_of_the_circle(make: SimpleNamespace) -> None:
    """Radius 400 m on a 10 m grid of places: π·400² = 502,655 m² within 1%, and no diamond."""
    axis = np.arange(-500, 500, 10) + 5.0
    places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    slides = make.frame([Point(0, 0)], radius_m=[400.0], hazard_class=["high"])
    layers = make.layers(slides=slides, survey=make.frame([SURVEY]))
    rows = expose(make.demand(places), layers, [HazardConfig(layer="slides", kind="landslide", survey_area="survey")]).exposure
    assert (rows["hazard_class"] == "high").sum() * 100 == pytest.approx(np.pi * 400**2, rel=0.01)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(3, 120))
def test_distance_to_zones_of_many_vertices_is_shapelys(make: SimpleNamespace, seed: int, corners: int) -> None:
    """Oracle: shapely's distance to every whole feature: stars with a hole, a winding line with its setback, points with their radius."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0.0, 2.0 * np.pi, corners, endpoint=False)
    ring = (300.0 + 80.0 * rng.random(corners))[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    star = Polygon(ring, [box(-60, -60, 60, 60).exterior.coords])
    path = LineString(np.column_stack([np.arange(corners) * 20.0 - 500.0, 600.0 + 90.0 * rng.random(corners)]))
    zones = make.frame(
        [star, path, Point(-700, -700)],
        hazard_class=["low"] * 3,
        setback_m=[np.nan, 40.0, np.nan],
        radius_m=[np.nan, np.nan, 70.0],
    )
    xy = np.vstack([rng.uniform(-900.0, 900.0, (40, 2)), [[0.0, 0.0]]])
    found = expose(make.demand(xy), make.layers(z=zones), [HazardConfig(layer="z", kind="flood")]).exposure["distance_m"]
    gap = shapely.distance(shapely.points(xy)[:, None], zones.geometry.to_numpy()[None, :]) - np.array([0.0, 40.0, 70.0])
    np.testing.assert_allclose(found, np.maximum(gap.min(axis=1), 0.0), atol=1e-6)


def test_inputs_are_not_changed(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0)])
    slides = make.frame([Polygon([(0, 0), (1, 0), (0, 1)])], hazard_class=["high"])
    before, wkb = demand.settlements.copy(), shapely.to_wkb(slides.geometry.to_numpy())
    expose(demand, make.layers(slides=slides), [HazardConfig(layer="slides", kind="landslide")])
    pd.testing.assert_frame_equal(demand.settlements, before)
    assert (shapely.to_wkb(slides.geometry.to_numpy()) == wkb).all()
