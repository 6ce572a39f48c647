"""The offsets of Chinese web maps: undone exactly, left alone abroad, and found where a label hides them."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod

from geoplan.errors import CrsError
from geoplan.io.datum import bd09_from_wgs84, convert_datum, gcj02_from_wgs84, wgs84_from_bd09, wgs84_from_gcj02
from geoplan.io.offset import guess_datum_offset

GEOD = Geod(ellps="WGS84")
GK105 = CRS.from_epsg(4544)
# Well inside the outline: neither the point nor its image lies near the edge.
INSIDE = st.tuples(st.floats(100.0, 115.0), st.floats(26.0, 38.0))


def metres(one, other):
    return GEOD.inv(one[:, 0], one[:, 1], other[:, 0], other[:, 1])[2]


def naive_gcj(longitude, latitude):
    """The formula once more, one point at a time, in the order the open implementations write it."""
    x, y, pi = longitude - 105.0, latitude - 35.0, math.pi
    s = (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + s
    north += (20.0 * math.sin(y * pi) + 40.0 * math.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * pi) + 320 * math.sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + s
    east += (20.0 * math.sin(x * pi) + 40.0 * math.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * pi) + 300.0 * math.sin(x / 30.0 * pi)) * 2.0 / 3.0
    magic = 1 - 0.00669342162296594323 * math.sin(latitude / 180.0 * pi) ** 2
    north = north * 180.0 / ((6378245.0 * (1 - 0.00669342162296594323)) / (magic * math.sqrt(magic)) * pi)
    east = east * 180.0 / (6378245.0 / math.sqrt(magic) * math.cos(latitude / 180.0 * pi) * pi)
    return longitude + east, latitude + north


def test_the_known_point_goes_there_and_back():
    """WGS (116.377817, 39.911954) ↔ GCJ (116.38404722455657, 39.91334545536069)."""
    wgs, gcj = np.array([[116.377817, 39.911954]]), np.array([[116.38404722455657, 39.91334545536069]])
    np.testing.assert_allclose(gcj02_from_wgs84(wgs), gcj, atol=1e-12)
    np.testing.assert_allclose(wgs84_from_gcj02(gcj), wgs, atol=1e-12)
    assert 475 < metres(wgs, gcj)[0] < 604


@settings(deadline=None, max_examples=100)
@given(st.lists(INSIDE, min_size=1, max_size=20))
def test_arrays_equal_the_formula_point_by_point(places):
    points = np.array(places)
    np.testing.assert_allclose(gcj02_from_wgs84(points), [naive_gcj(*one) for one in places], atol=1e-11)


@settings(deadline=None, max_examples=100)
@given(st.lists(INSIDE, min_size=1, max_size=20))
@pytest.mark.parametrize(("there", "back"), [(gcj02_from_wgs84, wgs84_from_gcj02), (bd09_from_wgs84, wgs84_from_bd09)])
def test_the_inverse_is_exact_to_a_thousandth_of_a_millimetre(there, back, places):
    """Property: back(there(p)) = p within 10⁻⁶ m, and there(p) is hundreds of metres away."""
    points = np.array(places)
    moved = there(points)
    assert metres(back(moved), points).max() < 1e-6
    assert (metres(moved, points) > 100).all()


def test_inputs_stay_and_the_order_of_points_does_not_matter():
    """Metamorphic: converting shuffled points gives the shuffled result."""
    points = np.random.default_rng(1).uniform([100, 26], [115, 38], (50, 2))
    before = points.copy()
    order = np.random.default_rng(2).permutation(50)
    np.testing.assert_array_equal(wgs84_from_gcj02(points)[order], wgs84_from_gcj02(points[order]))
    np.testing.assert_array_equal(points, before)


@pytest.mark.parametrize("place", [(89.64, 27.47), (106.9, 47.9), (85.32, 27.7), (43.3, -11.7), (126.9, 37.5)])
def test_places_abroad_are_untouched(place):
    """Bhutan and Mongolia lie inside the usual box; Nepal, the Comoros and Korea too or not: none moves."""
    points = np.array([place])
    for convert in (gcj02_from_wgs84, wgs84_from_gcj02, bd09_from_wgs84, wgs84_from_bd09):
        np.testing.assert_array_equal(convert(points), points)


def test_a_layer_in_gcj02_comes_home_whatever_its_geometries():
    """A point, a line and a polygon moved to GCJ-02 come back within a millimetre; empty rows stay, the input stays."""
    true = gpd.GeoSeries(
        [shapely.Point(105.9, 32.3), shapely.LineString([(105.9, 32.3), (106, 32.4)]), shapely.box(105.9, 32.3, 106, 32.4), None],
        crs=4490,
    )
    moved = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapely.transform(true.to_numpy(), gcj02_from_wgs84), crs=4490))
    copy = moved.copy()
    back, outside = convert_datum(moved, "gcj02", layer="x")
    assert outside == 0
    assert back.geometry.iloc[3] is None
    assert (shapely.hausdorff_distance(back.geometry[:3].to_numpy(), true[:3].to_numpy()) < 1e-8).all()
    assert moved[:3].geom_equals_exact(copy[:3], 0).all()


def test_a_projected_layer_in_gcj02_is_converted_on_degrees():
    """The offset is a function of longitude and latitude; a layer stored in metres comes back in the same CRS."""
    true = gpd.GeoSeries([shapely.Point(105.9, 32.3)], crs=4490)
    moved = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapely.transform(true.to_numpy(), gcj02_from_wgs84), crs=4490).to_crs(4544))
    back, _ = convert_datum(moved, "gcj02", layer="x")
    assert back.crs.to_epsg() == 4544
    assert back.geometry.iloc[0].distance(true.to_crs(4544).iloc[0]) < 1e-3


def test_features_abroad_are_counted_and_left():
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(89.64, 27.47), shapely.Point(104.06, 30.66)], crs=4326)
    back, outside = convert_datum(frame, "bd09", layer="x")
    assert outside == 1
    assert back.geometry.iloc[0].equals(frame.geometry.iloc[0])
    assert not back.geometry.iloc[1].equals(frame.geometry.iloc[1])


def test_a_web_map_datum_cannot_sit_on_an_old_datum():
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(105.9, 32.3)], crs=4610)
    with pytest.raises(CrsError, match="DATUM-CRS"):
        convert_datum(frame, "gcj02", layer="x")


# --------------------------------------------------------------------------- mislabelled layers


def county(seed, count=200, away_m=30.0):
    """Roads as a crooked tree over 60 × 50 km and settlements about ``away_m`` from them."""
    rng = np.random.default_rng(seed)
    roads = []
    for _ in range(40):
        start = np.array([565_000.0, 3_555_000.0]) + rng.uniform(0, 1, 2) * [60_000, 50_000]
        steps = np.cumsum(rng.normal(0, 400, (40, 2)) + rng.normal(0, 200, 2), axis=0)
        roads.append(shapely.LineString(start + steps))
    roads = gpd.GeoSeries(roads, crs=GK105)
    chosen = roads.iloc[rng.integers(0, len(roads), count)]
    on = shapely.line_interpolate_point(chosen.to_numpy(), rng.uniform(0, 1, count), normalized=True)
    at = shapely.get_coordinates(on) + rng.normal(0, away_m, (count, 2))
    return roads, gpd.GeoSeries(shapely.points(at), crs=GK105)


def relabel(points, convert):
    """The same coordinates as ``convert`` gives, labelled as if nothing had happened."""
    return gpd.GeoSeries(shapely.transform(points.to_crs(4490).to_numpy(), convert), crs=4490).to_crs(GK105)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("convert", "name"), [(gcj02_from_wgs84, "GCJ-02"), (bd09_from_wgs84, "BD-09")])
def test_a_mislabelled_layer_is_found_with_its_offset(seed, convert, name):
    """GCJ-02 is about 500 m off in Sichuan, BD-09 over a kilometre; the layer, not the roads, is named."""
    roads, places = county(seed)
    moved = relabel(places, convert)
    found = guess_datum_offset(moved, roads, crs=GK105, layer="clinics", reference_layer="roads")
    assert found is not None
    assert (found.code, found.layer) == ("DATUM-OFFSET", "clinics")
    assert name in found.message_en
    offset = float(moved.distance(places).mean())
    assert f"{offset:.0f} m" in found.message_en


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("away_m", [0.0, 30.0, 150.0, 600.0, 3000.0])
def test_good_data_raise_no_alarm(seed, away_m):
    """Settlements on, near and far from roads, all labelled truly: silence."""
    roads, places = county(seed, away_m=away_m)
    assert guess_datum_offset(places, roads, crs=GK105, layer="clinics", reference_layer="roads") is None


@pytest.mark.parametrize("seed", range(6))
def test_points_that_have_nothing_to_do_with_the_roads_raise_no_alarm(seed):
    """Spread evenly, few or many: any shift does as well as any other."""
    roads, _ = county(seed)
    rng = np.random.default_rng(seed + 100)
    for count in (12, 40, 300):
        at = np.array([565_000.0, 3_555_000.0]) + rng.uniform(0, 1, (count, 2)) * [60_000, 50_000]
        places = gpd.GeoSeries(shapely.points(at), crs=GK105)
        assert guess_datum_offset(places, roads, crs=GK105, layer="clinics", reference_layer="roads") is None


def test_mislabelled_roads_are_named_rather_than_the_settlements():
    roads, places = county(3)
    found = guess_datum_offset(places, relabel(roads, gcj02_from_wgs84), crs=GK105, layer="settlements", reference_layer="roads")
    assert found is not None
    assert found.layer == "roads"
    assert "GCJ-02" in found.message_en


def test_two_layers_off_together_and_too_few_points_say_nothing():
    """Both in GCJ-02: no offset between them to be seen. Eleven points prove nothing."""
    roads, places = county(4)
    both = relabel(places, gcj02_from_wgs84), relabel(roads, gcj02_from_wgs84)
    assert guess_datum_offset(*both, crs=GK105, layer="a", reference_layer="b") is None
    assert guess_datum_offset(both[0][:11], roads, crs=GK105, layer="a", reference_layer="b") is None
    assert guess_datum_offset(places, roads[:0], crs=GK105, layer="a", reference_layer="b") is None
