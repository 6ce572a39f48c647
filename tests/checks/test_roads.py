"""What building the network found, put into words."""

from __future__ import annotations

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from geoplan.checks import check_roads


def codes(bundle, network, layers=None):
    return {one.code: one for one in check_roads(layers or bundle.good_layers(), bundle.good_plan(), network)}


def far_apart(bundle, **report):
    return bundle.make_network([LineString([(0, 0), (900, 0)]), LineString([(0, 500), (100, 500)])], [0, 1], **report)


def test_pieces_are_named_with_their_share(bundle):
    """900 m and 100 m apart: one piece outside, a tenth of the length."""
    found = codes(bundle, far_apart(bundle, components=2, component_length_m=(900.0, 100.0), isolated_ids=("r1",)))
    assert set(found) == {"ROAD-PIECES"}
    assert (found["ROAD-PIECES"].count, found["ROAD-PIECES"].ids) == (1, ("r1",))
    assert "10.0%" in found["ROAD-PIECES"].message_en


@pytest.mark.parametrize(("gap", "found"), [(19.9, True), (20.1, False)])
def test_dead_end_just_short_of_another_piece_is_a_gap(bundle, gap, found):
    """The end at (100, 0) stops 19.9 m below a road of another piece."""
    lines = [LineString([(100, -900), (100, 0)]), LineString([(0, gap), (500, gap)])]
    problems = codes(bundle, bundle.make_network(lines, [0, 1]))
    assert ("ROAD-GAP-OPEN" in problems) is found
    if found:
        assert problems["ROAD-GAP-OPEN"].ids == ("r0",)


def test_dead_end_beside_its_own_piece_is_no_gap(bundle):
    """Two arms of one network may end side by side (a valley between them)."""
    lines = [LineString([(0, 0), (100, 0)]), LineString([(0, 10), (100, 10)])]
    assert codes(bundle, bundle.make_network(lines, [0, 0])) == {}


@pytest.mark.parametrize(
    ("report", "code"),
    [
        ({"gaps_closed": 2, "max_gap_m": 1.5}, "ROAD-GAPS-CLOSED"),
        ({"crossings_joined": 1}, "ROAD-CROSSINGS"),
        ({"crossings_unjoined": 1}, "ROAD-CROSSINGS"),
        ({"duplicates": 1}, "ROAD-DUPLICATES"),
        ({"self_loops": 1}, "ROAD-DUPLICATES"),
        ({"imputed_speed_length_m": 1.0}, "ROAD-SPEED-IMPUTED"),
    ],
)
def test_each_finding_of_the_network_is_told(bundle, report, code):
    assert set(codes(bundle, bundle.make_network([LineString([(0, 0), (900, 0)])], [0], **report))) == {code}


def test_few_metres_of_unknown_class_are_a_note_and_many_a_warning(bundle):
    """r1 is 2 km, r2 4 km: a third is telling; 40 m of 4,040 m are not."""
    third = bundle.change(bundle.good_layers(), "roads", road_class=["unknown", "county"])
    assert codes(bundle, None, third)["ROAD-CLASS-UNKNOWN"].severity == "warning"
    few = bundle.change(third, "roads", geometry=[LineString([(0, 990), (40, 990)]), LineString([(2000, 990), (6000, 990)])])
    assert codes(bundle, None, few)["ROAD-CLASS-UNKNOWN"].severity == "info"


def test_curved_road_is_longer_than_its_ends_are_apart(bundle):
    """A stated length of 2,000.0 m over a 2,000 m chord is possible, 1,998 m is not."""
    fine = bundle.change(bundle.good_layers(), "roads", length_m=[2000.0, 4500.0])
    assert codes(bundle, None, fine) == {}


def test_empty_road_layer_is_an_error(bundle):
    empty = bundle.good_layers(roads=bundle.good_vectors()["roads"].iloc[:0])
    assert codes(bundle, None, empty)["ROADS-EMPTY"].severity == "error"


@settings(deadline=None, max_examples=20)
@given(lengths=st.lists(st.floats(1.0, 1e5), min_size=2, max_size=6), known=st.lists(st.booleans(), min_size=6, max_size=6))
def test_unknown_share_is_a_share_of_length(bundle, lengths, known):
    """The share printed is Σ length unknown / Σ length, to a tenth of a per cent."""
    classes = ["county" if one else "unknown" for one in known[: len(lengths)]]
    lines = [LineString([(0, i), (length, i)]) for i, length in enumerate(lengths)]
    roads = bundle.frame(lines, road_id=[str(i) for i in range(len(lines))], road_class=classes, surface="asphalt", crossing="")
    found = codes(bundle, None, bundle.good_layers(roads=roads))
    share = sum(x for x, one in zip(lengths, classes, strict=True) if one == "unknown") / sum(lengths)
    assert ("ROAD-CLASS-UNKNOWN" in found) == ("unknown" in classes)
    if found:
        assert f"{share:.1%}" in found["ROAD-CLASS-UNKNOWN"].message_en


def test_a_road_across_a_river_without_a_bridge_is_told_and_one_with_a_bridge_is_not(bundle):
    """Two roads across one river, the second marked as a bridge: one is named."""
    river = gpd.GeoDataFrame(geometry=[LineString([(500, -100), (500, 600)])], crs=bundle.good_layers().crs)
    layers = bundle.good_layers(rivers=river)
    network = bundle.make_network([LineString([(0, 0), (900, 0)]), LineString([(0, 500), (900, 500)])], [0, 1])
    network.edges["crossing"] = ["", "bridge"]
    plan = bundle.good_plan(access={"barriers": ["rivers"]})
    found = [one for one in check_roads(layers, plan, network) if one.code == "ROAD-OVER-BARRIER"]
    assert [(one.count, one.ids, one.severity) for one in found] == [(1, ("r0",), "warning")]
    assert [one for one in check_roads(layers, bundle.good_plan(), network) if one.code == "ROAD-OVER-BARRIER"] == []
