"""Exposure by houses: shares and people by hand, the worst of point and houses, what is not surveyed, and laws of more and less."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, box

from geoplan.contracts.config import HazardConfig
from geoplan.contracts.status import HAZARD_INDEX
from geoplan.contracts.tables import EXPOSURE, EXPOSURE_SUMMARY, check_table
from geoplan.errors import CrsError, TableError
from geoplan.relocation import expose
from geoplan.relocation.footprints import expose_footprints
from geoplan.relocation.houses import read_houses

SURVEY = box(-1e4, -1e4, 1e4, 1e4)
SLIDES = HazardConfig(layer="slides", kind="landslide", survey_area="survey")
FLOODS = HazardConfig(layer="floods", kind="flood", survey_area="survey")


def _homes(make: SimpleNamespace, *rows: tuple, **columns: object) -> gpd.GeoDataFrame:
    return make.frame([shape for _, shape in rows], settlement_id=[name for name, _ in rows], **columns)


def _slides(make: SimpleNamespace, *zones: tuple, **layers: object) -> object:
    """``zones``: (shape, class)."""
    frame = make.frame([shape for shape, _ in zones], hazard_class=[name for _, name in zones])
    return make.layers(slides=frame, survey=make.frame([SURVEY]), **layers)


def test_half_of_one_of_two_houses_by_hand(make: SimpleNamespace) -> None:
    """Two houses of 200 m², 4 people each; a high zone covers 100 m² of one: a quarter of the ground, 2 of 8 people."""
    demand = make.demand([(500, 500)], persons=[8.0])
    homes = _homes(make, ("s0", box(0, 0, 20, 10)), ("s0", box(100, 0, 120, 10)))
    row = expose_footprints(demand, _slides(make, (box(-50, -50, 10, 50), "high")), [SLIDES], homes).iloc[0]
    assert row.to_dict() == {
        "settlement_id": "s0", "hazard_kind": "landslide", "status": "ok", "buildings": 2, "exposed_buildings": 1.0,
        "homestead_m2": 400.0, "exposed_m2": 100.0, "exposed_share": 0.25, "unknown_share": 0.0, "exposed_persons": 2.0,
        "worst_class": "high", "basis": "footprint",
    }  # fmt: skip


def test_the_example_of_the_module(make: SimpleNamespace) -> None:
    """Radius 100 m; the point at 160 m is free, the house about (100, 0) is about half inside: high, and a quarter of the ground."""
    layers = make.layers(
        slides=make.frame([Point(0, 0)], hazard_class=["high"], radius_m=[100.0]), survey=make.frame([box(-1e3, -1e3, 1e3, 1e3)])
    )
    homes = _homes(make, ("s0", box(150, -10, 170, 10)), ("s0", box(90, -10, 110, 10)))
    alone = expose(make.demand([(160, 0)]), layers, [SLIDES])
    assert alone.exposure[["hazard_class", "distance_m", "exposed_share", "basis"]].iloc[0].tolist() == [
        "none",
        60.0,
        0.0,
        "point",
    ]
    row = expose(make.demand([(160, 0)]), layers, [SLIDES], homesteads=homes).exposure.iloc[0]
    assert row[["hazard_class", "distance_m", "basis", "source_layer", "source_id"]].tolist() == [
        "high",
        0.0,
        "footprint",
        "slides",
        "#0",
    ]
    assert row["exposed_share"] == pytest.approx(0.25, abs=0.01)
    assert row["exposed_persons"] == pytest.approx(2.5, abs=0.1)


def test_a_point_in_a_zone_without_a_house_in_it_keeps_its_class_and_shares_nothing(make: SimpleNamespace) -> None:
    """The worst of point and houses is high; no house is inside, so no ground and nobody is counted as exposed."""
    homes = _homes(make, ("s0", box(100, 0, 110, 10)))
    row = expose(make.demand([(0, 0)]), _slides(make, (box(-5, -5, 5, 5), "high")), [SLIDES], homesteads=homes).exposure.iloc[0]
    assert row[["status", "hazard_class", "exposure_index", "distance_m"]].tolist() == ["ok", "high", 0.75, 0.0]
    assert row[["exposed_share", "exposed_persons"]].tolist() == [0.0, 0.0]


def test_the_worst_class_over_point_and_houses_wins(make: SimpleNamespace) -> None:
    """Point medium, one house low, one extreme: extreme, named by its zone; footprints alone say extreme too."""
    zones = [(box(-5, -5, 5, 5), "medium"), (box(20, 0, 30, 10), "low"), (box(40, 0, 50, 10), "extreme")]
    homes = _homes(make, ("s0", box(22, 2, 24, 4)), ("s0", box(42, 2, 44, 4)))
    result = expose(make.demand([(0, 0)]), _slides(make, *zones), [SLIDES], homesteads=homes)
    assert result.exposure[["hazard_class", "source_id", "exposed_share"]].iloc[0].tolist() == ["extreme", "#2", 1.0]
    point_worse = expose(make.demand([(45, 5)]), _slides(make, *zones), [SLIDES], homesteads=homes.iloc[:1])
    assert point_worse.exposure[["hazard_class", "source_id"]].iloc[0].tolist() == ["extreme", "#2"]
    alone = expose_footprints(make.demand([(45, 5)]), _slides(make, *zones), [SLIDES], homes.iloc[:1])
    assert alone["worst_class"].tolist() == ["low"]


def test_a_settlement_without_houses_is_its_point(make: SimpleNamespace) -> None:
    """All or nothing, and the basis says so; another settlement's houses do not matter, nor do those of a stranger."""
    homes = _homes(make, ("s2", box(0, 0, 10, 10)), ("elsewhere", box(0, 0, 10, 10)))
    demand = make.demand([(0, 0), (500, 0), (900, 0)])
    layers = _slides(make, (box(-5, -5, 5, 5), "low"))
    table = expose_footprints(demand, layers, [SLIDES], homes)
    assert table["basis"].tolist() == ["point", "point", "footprint"]
    assert table["buildings"].tolist() == [0, 0, 1]
    assert table["exposed_share"].tolist() == [1.0, 0.0, 0.25]
    assert table["exposed_persons"].tolist() == [10.0, 0.0, 2.5]
    assert table[["homestead_m2", "exposed_buildings"]].isna().sum().tolist() == [2, 2]
    rows = expose(demand, layers, [SLIDES], homesteads=homes).exposure
    for column in ("basis", "exposed_share", "exposed_persons"):
        assert rows[column].tolist() == table[column].tolist()


def test_houses_outside_the_survey_leave_a_settlement_unknown(make: SimpleNamespace) -> None:
    """Surveyed is x < 50. One house half beyond: not known to be safe, though the point is. Beside a low zone low stands, a part unknown."""
    layers = make.layers(
        slides=make.frame([box(-100, 0, -90, 10)], hazard_class=["low"]), survey=make.frame([box(-1000, -1000, 50, 1000)])
    )
    homes = _homes(
        make, ("s0", box(45, 0, 55, 10)), ("s1", box(45, 0, 55, 10)), ("s1", box(-100, 0, -90, 10)), ("s2", box(0, 0, 9, 9))
    )
    rows = expose(make.demand([(0, 0)] * 3), layers, [SLIDES], homesteads=homes).exposure
    assert rows["status"].tolist() == ["no_data", "ok", "ok"]
    assert rows["hazard_class"].tolist() == ["", "low", "none"]
    assert rows["exposed_share"].iloc[1:].tolist() == [0.5, 0.0]
    assert rows["unknown_share"].iloc[1:].tolist() == [0.25, 0.0]
    assert rows.iloc[0][["exposure_index", "exposed_share", "unknown_share", "exposed_persons"]].isna().all()


def test_a_house_in_two_half_surveys_is_wholly_surveyed(make: SimpleNamespace) -> None:
    far = make.frame([box(900, 900, 910, 910)], hazard_class=["low"])
    layers = make.layers(a=far, b=far, west=make.frame([box(-100, -100, 5, 100)]), east=make.frame([box(5, -100, 100, 100)]))
    hazards = [HazardConfig(layer=one, kind="landslide", survey_area=area) for one, area in (("a", "west"), ("b", "east"))]
    row = expose(make.demand([(0, 0)]), layers, hazards, homesteads=_homes(make, ("s0", box(0, 0, 10, 10)))).exposure.iloc[0]
    assert row[["status", "hazard_class", "unknown_share"]].tolist() == ["ok", "none", 0.0]


def test_a_house_in_a_zone_of_unknown_class_is_a_doubt_that_only_high_outweighs(make: SimpleNamespace) -> None:
    zones = make.frame(
        [box(0, 0, 10, 10), box(20, 0, 30, 10), box(40, 0, 50, 10)],
        hazard_id=["odd", "low", "high"],
        hazard_class=["严重", "低易发区", "高"],
    )
    layers = make.layers(slides=zones, survey=make.frame([SURVEY]))
    odd, low, high = box(2, 2, 4, 4), box(22, 2, 24, 4), box(42, 2, 44, 4)
    homes = _homes(make, ("s0", odd), ("s0", low), ("s1", odd), ("s1", high), ("s2", low))
    rows = expose(make.demand([(500, 500)] * 3), layers, [SLIDES], homesteads=homes).exposure
    assert rows["hazard_class"].tolist() == ["", "high", "low"]
    assert rows["source_id"].tolist() == ["odd", "high", "low"]
    # The zone of unknown class is a zone: the ground in it is exposed, to what is not known.
    assert rows["exposed_share"].iloc[1:].tolist() == [1.0, 1.0]


def test_a_feature_that_cannot_be_placed_leaves_all_houses_in_doubt(make: SimpleNamespace) -> None:
    """A slide without radius may reach any house: nothing outside the high zone is known, surveyed or not."""
    slides = make.frame([Point(0, 0), box(100, 0, 110, 10)], hazard_class=["low", "high"])
    layers = make.layers(slides=slides, survey=make.frame([SURVEY]))
    homes = _homes(make, ("s0", box(500, 0, 510, 10)), ("s1", box(105, 0, 115, 10)))
    rows = expose(make.demand([(500, 500)] * 2), layers, [SLIDES], homesteads=homes).exposure
    assert rows["status"].tolist() == ["no_data", "ok"]
    assert rows[["exposed_share", "unknown_share"]].iloc[1].tolist() == [0.5, 0.5]


def test_a_house_without_position_is_never_safe(make: SimpleNamespace) -> None:
    homes = _homes(make, ("s0", box(0, 0, 10, 10)), ("s0", None), ("s1", box(0, 0, 10, 10)))
    rows = expose(make.demand([(0, 0)] * 2), _slides(make, (box(900, 900, 901, 901), "low")), [SLIDES], homesteads=homes).exposure
    assert rows["status"].tolist() == ["no_data", "ok"]


def test_houses_drawn_as_points_are_in_or_out_as_a_whole(make: SimpleNamespace) -> None:
    """Three points, one in the zone: a third of the settlement."""
    homes = _homes(make, *[("s0", Point(x, 0)) for x in (0, 100, 200)])
    row = expose_footprints(
        make.demand([(500, 0)], persons=[9.0]), _slides(make, (box(-5, -5, 5, 5), "high")), [SLIDES], homes
    ).iloc[0]
    assert row[["status", "buildings", "exposed_buildings", "worst_class"]].tolist() == ["ok", 3, 1.0, "high"]
    assert row[["exposed_share", "exposed_persons"]].tolist() == pytest.approx([1 / 3, 3.0])


def test_a_raster_of_depths_or_of_codes_exposes_houses_by_its_cells(make: SimpleNamespace) -> None:
    """
    Codes in 10 m cells: 3 = 低, 1 = 极高, 4 = 不易发, 9 = nobody says. Houses over x 5-15, 15-25, 25-35.

        3  1  4  9
    """
    codes = make.layers(z=make.grid([[3.0, 1.0, 4.0, 9.0]], cell_m=10.0))
    config = HazardConfig(layer="z", kind="collapse", classes={1: "extreme", 3: "low", 4: "none"})
    homes = _homes(make, *[(f"s{k}", box(5 + 10 * k, 2, 15 + 10 * k, 8)) for k in range(3)])
    demand = make.demand([(5, 5), (25, 5), (25, 5)])
    rows = expose(demand, codes, [config], homesteads=homes).exposure
    assert rows["hazard_class"].tolist() == ["extreme", "extreme", ""]
    assert rows["exposed_share"].iloc[:2].tolist() == [1.0, 0.5]
    assert rows["distance_m"].tolist()[:2] == [0.0, 0.0]
    depths = make.layers(z=make.grid([[0.2, 1.5, 0.0, np.nan]], cell_m=10.0))
    config = HazardConfig(layer="z", kind="flash_flood", thresholds={"low": 0.1, "high": 1.0})
    rows = expose(demand, depths, [config], homesteads=homes).exposure
    assert rows["hazard_class"].tolist() == ["high", "high", ""]
    assert rows["exposed_share"].iloc[:2].tolist() == [1.0, 0.5]


def test_people_live_where_the_table_says_or_the_ground_is(make: SimpleNamespace) -> None:
    """One of two houses, 300 of 400 m², exposed. By area 3/4 of 20 people; by stated 2 and 8 persons 1/5; by 1 and 4 households 1/5; one count
    missing: by area again.
    """
    layers = _slides(make, (box(0, 0, 30, 10), "high"))
    shapes = [("s0", box(0, 0, 30, 10)), ("s0", box(100, 0, 110, 10))]
    demand = make.demand([(500, 0)], persons=[20.0])

    def exposed(**columns: object) -> float:
        return expose_footprints(demand, layers, [SLIDES], _homes(make, *shapes, **columns))["exposed_persons"].iloc[0]

    assert exposed() == pytest.approx(15.0)
    assert exposed(persons=[2.0, 8.0]) == pytest.approx(4.0)
    assert exposed(households=[1, 4]) == pytest.approx(4.0)
    assert exposed(persons=[2.0, np.nan]) == pytest.approx(15.0)
    assert exposed(persons=[0.0, 0.0], households=[1, 4]) == pytest.approx(4.0)


def test_unknown_people_are_not_nobody(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0), (0, 0)], persons=[np.nan, 4.0], persons_status=["no_data", "ok"])
    homes = _homes(make, ("s0", box(0, 0, 1, 1)), ("s1", box(0, 0, 1, 1)))
    result = expose(demand, _slides(make, (box(-5, -5, 5, 5), "high")), [SLIDES], homesteads=homes)
    for table in (result.exposure, result.summary):
        assert np.isnan(table["exposed_persons"].iloc[0])
        assert table["exposed_persons"].iloc[1] == 4.0
        assert table["exposed_share"].tolist() == [1.0, 1.0]


def test_parts_of_a_feature_are_houses_and_share_its_people_by_area(make: SimpleNamespace) -> None:
    """A homestead of 30 m² and 10 m² apart with 8 persons, beside one of 40 m² with 8: weights 3/8, 1/8, 1/2."""
    homes = _homes(
        make, ("s0", MultiPolygon([box(0, 0, 3, 10), box(50, 0, 51, 10)])), ("s0", box(90, 0, 94, 10)), persons=[8.0, 8.0]
    )
    houses = read_houses(homes, np.array(["s0"], dtype=object))
    assert houses.area_m2.tolist() == [30.0, 10.0, 40.0]
    assert houses.weight.tolist() == [0.375, 0.125, 0.5]
    table = expose_footprints(make.demand([(500, 0)]), _slides(make, (box(49, 0, 60, 10), "low")), [SLIDES], homes)
    assert table[["buildings", "exposed_buildings"]].iloc[0].tolist() == [3, 1]


def test_who_lives_in_two_zones_counts_once(make: SimpleNamespace) -> None:
    """Slide over the western 6 m, flood over the eastern 6 m of a house of 10 m: 0.6 and 0.6 of 10 people, 10 together."""
    layers = _slides(make, (box(-5, -5, 6, 20), "medium"), floods=make.frame([box(4, -5, 20, 20)], hazard_class=["low"]))
    homes = _homes(make, ("s0", box(0, 0, 10, 10)))
    result = expose(make.demand([(500, 0)]), layers, [SLIDES, FLOODS], homesteads=homes)
    assert result.exposure["exposed_persons"].tolist() == pytest.approx([6.0, 6.0])
    row = result.summary.iloc[0]
    assert row[["exposed_share", "exposed_persons"]].tolist() == pytest.approx([1.0, 10.0])
    assert row["combined_index"] == 1.0 - 0.5 * 0.75
    assert row["kinds"] == "landslide;flood"


def test_without_hazard_layers_houses_are_unknown_too(make: SimpleNamespace) -> None:
    homes = _homes(make, ("s0", box(0, 0, 10, 10)))
    result = expose(make.demand([(0, 0), (1, 1)]), make.layers(), [], homesteads=homes)
    assert (result.exposure["status"] == "no_data").all()
    table = expose_footprints(make.demand([(0, 0), (1, 1)]), make.layers(), [], homes)
    assert table["status"].tolist() == ["no_data", "no_data"]
    assert table["homestead_m2"].iloc[0] == 100.0
    assert table["exposed_share"].isna().all()


def test_homesteads_must_say_whose_they_are_and_where(make: SimpleNamespace) -> None:
    layers = _slides(make, (box(0, 0, 1, 1), "low"))
    with pytest.raises(TableError, match="HOMESTEAD-SETTLEMENT"):
        expose(make.demand([(0, 0)]), layers, [SLIDES], homesteads=make.frame([box(0, 0, 1, 1)]))
    elsewhere = _homes(make, ("s0", box(0, 0, 1, 1))).set_crs(4545, allow_override=True)
    for ask in (lambda: expose(make.demand([(0, 0)]), layers, [SLIDES], homesteads=elsewhere),
                lambda: expose_footprints(make.demand([(0, 0)]), layers, [SLIDES], elsewhere)):  # fmt: skip
        with pytest.raises(CrsError, match="CRS-MIXED"):
            ask()


def test_inputs_are_not_changed(make: SimpleNamespace) -> None:
    homes = _homes(make, ("s0", box(0, 0, 10, 10)))
    layers = _slides(make, (box(5, 5, 20, 20), "高易发区"))
    before = homes.copy(), layers.vectors["slides"].copy()
    expose(make.demand([(0, 0)]), layers, [SLIDES], homesteads=homes)
    pd.testing.assert_frame_equal(homes, before[0])
    pd.testing.assert_frame_equal(layers.vectors["slides"], before[1])


# ---------------------------------------------------------------------------------------------------------------- laws

corner = st.integers(0, 60)
shape = st.tuples(corner, corner, st.integers(1, 20), st.integers(1, 20))
zone = st.tuples(shape, st.sampled_from(["low", "medium", "high", "extreme"]), st.sampled_from(["landslide", "flood"]))
house = st.tuples(st.integers(0, 2), shape)
place = st.tuples(corner, corner)


def _box(one: tuple) -> shapely.Polygon:
    x, y, w, h = one
    return box(x, y, x + w, y + h)


def _expose(make: SimpleNamespace, places: list, houses: list, zones: list) -> object:
    frames = {}
    for name, kind in (("slides", "landslide"), ("floods", "flood")):
        of_kind = [one for one in zones if one[2] == kind]
        frames[name] = make.frame([_box(one) for one, _, _ in of_kind], hazard_class=[level for _, level, _ in of_kind])
    layers = make.layers(**frames, survey=make.frame([box(0, 0, 70, 70)]))
    homes = _homes(make, *[(f"s{k}", _box(one)) for k, one in houses])
    return expose(make.demand(places), layers, [SLIDES, FLOODS], homesteads=homes)


def _numbers(result: object) -> np.ndarray:
    columns = ["exposure_index", "exposed_share", "exposed_persons"]
    summary = ["hazard_index", "combined_index", "exposed_share", "exposed_persons"]
    return np.concatenate([result.exposure[columns].to_numpy().ravel(), result.summary[summary].to_numpy(dtype=float).ravel()])


places_of_three = st.lists(place, min_size=3, max_size=3)
some_houses = st.lists(house, min_size=1, max_size=6)
some_zones = st.lists(zone, min_size=1, max_size=5)


@settings(deadline=None, max_examples=30)
@given(places_of_three, some_houses, some_zones)
def test_houses_equal_a_twin_that_counts_square_metres(make: SimpleNamespace, places: list, houses: list, zones: list) -> None:
    """Naive twin on 1 m cells: paint zones and survey, count the cells of every house; class by shapely, pair by pair."""
    result = _expose(make, places, houses, zones)
    for row in result.exposure.itertuples():
        k = int(row.settlement_id[1:])
        own = [one for owner, one in houses if owner == k]
        of_kind = [(one, level) for one, level, kind in zones if kind == row.hazard_kind]
        shapes = [Point(places[k]), *[_box(one) for one in own]]
        touched = [HAZARD_INDEX[level] for one, level in of_kind for shape in shapes if shape.intersects(_box(one))]
        surveyed = all(box(0, 0, 70, 70).covers(shape) for shape in shapes)
        expected = max(touched) if touched else (0.0 if surveyed else np.nan)
        assert row.exposure_index == pytest.approx(expected, nan_ok=True)
        assert (row.status == "ok") == (not np.isnan(expected))
        assert row.basis == ("footprint" if own else "point")
        if np.isnan(expected) or not own:
            continue
        painted, seen = np.zeros((90, 90), dtype=bool), np.zeros((90, 90), dtype=bool)
        seen[:70, :70] = True
        for (x, y, w, h), _ in of_kind:
            painted[y : y + h, x : x + w] = True
        total = sum(w * h for _, _, w, h in own)
        inside = sum(painted[y : y + h, x : x + w].sum() for x, y, w, h in own)
        blind = sum((~painted & ~seen)[y : y + h, x : x + w].sum() for x, y, w, h in own)
        assert row.exposed_share == pytest.approx(inside / total, abs=1e-9)
        assert row.unknown_share == pytest.approx(blind / total, abs=1e-9)
        assert row.exposed_persons == pytest.approx(10.0 * inside / total, abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(places_of_three, some_houses, some_zones)
def test_results_keep_their_contract_and_people_their_bounds(
    make: SimpleNamespace, places: list, houses: list, zones: list
) -> None:
    """Shares in 0..1 that with the unknown do not exceed 1; the union is at least each kind's and at most their sum; combined at least worst."""
    result = _expose(make, places, houses, zones)
    check_table(result.exposure, EXPOSURE)
    check_table(result.summary, EXPOSURE_SUMMARY)
    rows, summary = result.exposure, result.summary
    assert ((rows["exposed_share"] + rows["unknown_share"]).dropna() <= 1.0 + 1e-9).all()
    each = rows.pivot(index="settlement_id", columns="hazard_kind", values="exposed_persons").loc[summary["settlement_id"]]
    known = each.notna().any(axis=1).to_numpy()
    persons = summary["exposed_persons"].to_numpy()
    assert np.isnan(persons[~known]).all()
    assert (persons[known] >= each.max(axis=1).to_numpy()[known] - 1e-9).all()
    assert (persons[known] <= np.minimum(each.sum(axis=1).to_numpy()[known], 10.0) + 1e-9).all()
    assert (summary["combined_index"] >= summary["hazard_index"]).to_numpy()[known].all()


@settings(deadline=None, max_examples=25)
@given(places_of_three, some_houses, some_zones, st.integers(0, 4), st.tuples(*[st.integers(0, 9)] * 4))
def test_a_larger_zone_lowers_nothing(
    make: SimpleNamespace, places: list, houses: list, zones: list, which: int, more: tuple
) -> None:
    (x, y, w, h), level, kind = zones[which % len(zones)]
    grown = list(zones)
    grown[which % len(zones)] = ((x - more[0], y - more[1], w + more[0] + more[2], h + more[1] + more[3]), level, kind)
    before, after = (_numbers(_expose(make, places, houses, one)) for one in (zones, grown))
    known = ~np.isnan(before)
    assert (after[known] >= before[known] - 1e-9).all()


@settings(deadline=None, max_examples=25)
@given(places_of_three, some_houses, some_zones, st.integers(0, 4))
def test_a_worse_class_lowers_nothing(make: SimpleNamespace, places: list, houses: list, zones: list, which: int) -> None:
    worse = {"low": "medium", "medium": "high", "high": "extreme", "extreme": "extreme"}
    one, level, kind = zones[which % len(zones)]
    changed = list(zones)
    changed[which % len(zones)] = (one, worse[level], kind)
    before, after = (_numbers(_expose(make, places, houses, one)) for one in (zones, changed))
    known = ~np.isnan(before)
    assert (after[known] >= before[known] - 1e-12).all()


@settings(deadline=None, max_examples=25)
@given(places_of_three, some_houses, some_zones, st.integers(0, 4))
def test_a_lesser_zone_within_a_worse_one_changes_nothing(
    make: SimpleNamespace, places: list, houses: list, zones: list, which: int
) -> None:
    """Same ground, lesser class: neither class nor share nor people move."""
    (x, y, w, h), level, kind = zones[which % len(zones)]
    lesser = {"extreme": "medium", "high": "low", "medium": "low", "low": "low"}[level]
    inner = ((x, y, max(w // 2, 1), max(h // 2, 1)), lesser, kind)
    before, after = (_expose(make, places, houses, one) for one in (zones, [*zones, inner]))
    assert before.exposure["hazard_class"].tolist() == after.exposure["hazard_class"].tolist()
    np.testing.assert_allclose(_numbers(before), _numbers(after), atol=1e-9)


@settings(deadline=None, max_examples=20)
@given(places_of_three, some_houses, some_zones, st.randoms(use_true_random=False))
def test_the_order_of_houses_does_not_matter_and_settlements_do_not_meet(
    make: SimpleNamespace, places: list, houses: list, zones: list, random: object
) -> None:
    shuffled = list(houses)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = _expose(make, places, houses, zones)
    np.testing.assert_allclose(_numbers(_expose(make, places, shuffled, zones)), _numbers(whole), atol=1e-9)
    alone = _expose(make, places, [one for one in houses if one[0] == 0], zones)
    pd.testing.assert_frame_equal(alone.exposure.iloc[:2], whole.exposure.iloc[:2])
