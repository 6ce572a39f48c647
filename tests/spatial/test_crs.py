"""Which CRS a county is measured in, and which ones are refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from geoplan.errors import CrsError
from geoplan.spatial.coordinates import check_coordinates, zone_crs
from geoplan.spatial.crs import (
    ballpark_shift,
    choose_crs,
    parse_crs,
    require_metric,
    require_true_scale,
    same_crs,
    transform_frame,
)
from geoplan.spatial.outline import inside_china

GK105 = CRS.from_epsg(4544)

INSIDE = {
    "Guangyuan": (105.8, 32.4), "Huaihua": (110.0, 27.6), "Anqing": (117.0, 30.5), "Lhasa": (91.1, 29.65), "Kashgar": (76.0, 39.5),
    "Mohe": (122.5, 52.97), "Sanya": (109.5, 18.25), "Yadong": (88.907, 27.485), "Zhangmu": (85.98, 28.05), "Ruili": (97.85, 24.01),
    "Hekou": (103.94, 22.52), "Hunchun": (130.36, 42.86), "Manzhouli": (117.43, 49.6), "Erenhot": (111.97, 43.65),
    "Khorgos": (80.41, 44.2), "Tashkurgan": (75.23, 37.77), "Heihe": (127.49, 50.24), "Zhoushan": (122.1, 30.0),
}  # fmt: skip
OUTSIDE = {
    "Thimphu": (89.64, 27.47), "Paro": (89.42, 27.43), "Kathmandu": (85.32, 27.7), "Ulaanbaatar": (106.9, 47.9),
    "Dalanzadgad": (104.4, 43.6), "Pyongyang": (125.75, 39.0), "Hanoi": (105.85, 21.0), "Lao Cai": (103.97, 22.42),
    "Myitkyina": (97.4, 25.4), "Gangtok": (88.6, 27.3), "Almaty": (76.9, 43.25), "Blagoveshchensk": (127.53, 50.32),
    "Vladivostok": (131.9, 43.1), "Leh": (77.6, 34.2), "Moroni": (43.25, -11.7), "Gilgit": (74.3, 35.9), "Khovd": (91.64, 48.0),
}  # fmt: skip


@pytest.mark.parametrize("place", INSIDE)
def test_counties_of_china_lie_inside_the_outline(place):
    """Border towns included: within the outline's grain they are on the right side."""
    assert inside_china(*INSIDE[place])


@pytest.mark.parametrize("place", OUTSIDE)
def test_neighbours_inside_the_usual_box_lie_outside_the_outline(place):
    """Bhutan, Nepal and Mongolia lie in 72–138° E, 0.8–56° N and are not China."""
    assert not inside_china(*OUTSIDE[place])


def test_a_place_that_is_nowhere_is_outside():
    """NaN is unknown, hence not inside; shapes are kept."""
    assert inside_china([[np.nan, 104.0]], [[30.0, 31.0]]).tolist() == [[False, True]]


@pytest.mark.parametrize(
    ("bounds", "epsg"),
    [
        ((105.6, 32.1, 106.3, 32.6), 4544),  # centre 105.95: meridian 105
        ((109.3, 26.9, 111.1, 29.0), 4546),  # Huaihua: centre 110.2, meridian 3·round(36.7) = 111
        ((43.2, -12.4, 44.6, -11.3), 32738),  # Comoros
        ((89.3, 27.2, 89.9, 27.7), 32645),  # Bhutan: floor((89.6 + 180) / 6) + 1 = 45
        ((106.5, 47.5, 107.3, 48.2), 32648),  # Mongolia
        ((85.0, 27.5, 85.6, 27.9), 32645),  # Nepal
        ((73.6, 39.2, 74.4, 39.8), 4534),  # westernmost county: meridian 75
        ((134.2, 47.9, 134.6, 48.3), 4554),  # easternmost county: meridian 135
    ],
)
def test_working_crs_follows_the_country(bounds, epsg):
    """3° Gauss–Krüger by central meridian in China, UTM elsewhere."""
    assert choose_crs(*bounds).to_epsg() == epsg


@settings(deadline=None, max_examples=60)
@given(st.floats(-179.0, 179.0), st.floats(-79.0, 79.0))
def test_the_chosen_crs_measures_true_to_a_thousandth(longitude, latitude):
    """Property: wherever a county lies, 1 km on the ellipsoid is 1 km in its working CRS within 0.1%."""
    crs = choose_crs(longitude - 0.1, latitude - 0.1, longitude + 0.1, latitude + 0.1)
    require_metric(crs, layer="x")
    geod = crs.get_geod()
    east, north, _ = geod.fwd(longitude, latitude, 40.0, 1000.0)
    x, y = Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform([longitude, east], [latitude, north])
    assert np.hypot(x[1] - x[0], y[1] - y[0]) == pytest.approx(1000.0, rel=1.1e-3)


@pytest.mark.parametrize(
    "bounds", [(3, 2, 1, 4), (np.nan, 1, 2, 3), (500000, 3500000, 600000, 3600000), (0, 85, 1, 86), (-181, 0, 1, 1)]
)
def test_bounds_that_are_no_degrees_are_refused(bounds):
    with pytest.raises(CrsError, match="CRS-BOUNDS"):
        choose_crs(*bounds)


@pytest.mark.parametrize(
    ("crs", "code"),
    [
        (None, "CRS-MISSING"),
        (CRS.from_epsg(4326), "CRS-DEGREES"),
        (CRS.from_epsg(4490), "CRS-DEGREES"),
        (CRS.from_epsg(4978), "CRS-DEGREES"),  # geocentric
        (CRS.from_epsg(3857), "CRS-MERCATOR"),
        (CRS.from_epsg(3395), "CRS-MERCATOR"),
        (CRS.from_epsg(2263), "CRS-UNITS"),  # US survey feet
        (CRS.from_epsg(2053), "CRS-AXES"),  # westing, southing
    ],
)
def test_crs_that_cannot_measure_are_refused(crs, code):
    """A "2 km" buffer in EPSG:3857 is 2000·cos 27° = 1,782 m on the ground."""
    with pytest.raises(CrsError) as caught:
        require_metric(crs, layer="roads")
    assert caught.value.code == code
    assert caught.value.layer == "roads"
    assert caught.value.remedy


@pytest.mark.parametrize("epsg", [4544, 4523, 32738, 32648, 5186, 27700])
def test_metric_crs_are_accepted_whatever_axis_the_authority_lists_first(epsg):
    """EPSG:4544 lists northing first; coordinates are easting, northing all the same."""
    assert require_metric(CRS.from_epsg(epsg), layer="x").to_epsg() == epsg


def test_a_zone_far_from_the_county_is_refused_for_its_scale():
    """At 105.9° E, 32.3° N: CM 105E is true within 10⁻³; CM 75E is (30.9°·cos 32.3°)²/2 = 10% long and refused."""

    def area(epsg):
        x, y = Transformer.from_crs(4490, epsg, always_xy=True).transform(105.9, 32.3)
        return CRS.from_epsg(epsg), (x - 5000, y - 5000, x + 5000, y + 5000)

    assert require_true_scale(*area(4544), layer="plan") < 1e-3
    assert require_true_scale(*area(32648), layer="plan") < 1e-3
    assert require_true_scale(*area(4545), layer="plan") < 2e-3  # the neighbouring zone still serves
    with pytest.raises(CrsError, match="CRS-SCALE"):
        require_true_scale(*area(4534), layer="plan")
    with pytest.raises(CrsError, match="CRS-SCALE"):
        require_true_scale(GK105, (9e7, 9e7, 9.1e7, 9.1e7), layer="plan")


def test_a_crs_nobody_knows_is_one_error():
    for text in ("EPSG:999999", "nonsense", "", 3.5):
        with pytest.raises(CrsError, match="CRS-UNKNOWN"):
            parse_crs(text, layer="x")


def test_a_compound_crs_gives_its_horizontal_part():
    assert parse_crs("EPSG:4326+5773", layer="x").to_epsg() == 4326


@pytest.mark.parametrize("version", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
@pytest.mark.parametrize("epsg", [4490, 4326, 4544, 4523, 32648, 32738, 4548])
def test_equal_crs_written_differently_are_the_same(epsg, version):
    """A .prj by ArcGIS names D_China_2000 and lists easting first; it is the same CRS."""
    crs = CRS.from_epsg(epsg)
    assert same_crs(crs, CRS.from_wkt(crs.to_wkt(version)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (4544, 4545),
        (4544, 4523),
        (4544, 2343),
        (4544, 32648),
        (4326, 4490),
        (4326, 4544),
        (32738, 32638),
        (4490, 4610),
        (3857, 3395),
    ],
)
def test_different_crs_are_not_the_same(one, other):
    """Neighbouring zones, with and without zone number, Xian 1980, other hemispheres."""
    assert not same_crs(CRS.from_epsg(one), CRS.from_epsg(other))
    assert not same_crs(CRS.from_epsg(other), CRS.from_epsg(one))


def test_axis_order_alone_makes_no_other_crs():
    assert same_crs(CRS.from_epsg(4326), CRS.from_user_input("OGC:CRS84"))


def test_old_datums_have_no_published_shift_and_new_ones_need_none():
    """Xian 1980 and Beijing 1954 to CGCS2000: ballpark; WGS 84 to CGCS2000: centimetres."""
    assert ballpark_shift(CRS.from_epsg(2343), GK105)
    assert ballpark_shift(CRS.from_epsg(4214), GK105)
    assert not ballpark_shift(CRS.from_epsg(4326), GK105)
    assert not ballpark_shift(CRS.from_epsg(4544), GK105)
    assert not ballpark_shift(CRS.from_epsg(4326), CRS.from_epsg(32738))


@pytest.mark.parametrize(
    ("bounds", "epsg", "code"),
    [
        ((105.8, 32.2, 105.9, 32.3), 4544, "CRS-NOT-METRES"),
        ((35_584_700, 3_575_000, 35_584_800, 3_576_000), 4544, "CRS-ZONE-PREFIX"),
        ((36_500_000, 3_575_000, 36_500_900, 3_576_000), 4545, "CRS-ZONE-PREFIX"),
        ((18_584_700, 3_575_000, 18_584_800, 3_576_000), 4544, "CRS-ZONE-PREFIX"),
        ((584_700, 3_575_000, 584_800, 3_576_000), 4523, "CRS-ZONE-PREFIX"),
        ((36_584_700, 3_575_000, 36_584_800, 3_576_000), 4523, "CRS-ZONE-PREFIX"),
        ((3_575_000, 584_700, 3_576_000, 584_800), 4544, "CRS-AXIS-ORDER"),
        ((32.2, 105.8, 32.3, 105.9), 4490, "CRS-AXIS-ORDER"),
        ((584_700, 3_575_000, 584_800, 3_576_000), 4490, "CRS-NOT-DEGREES"),
        ((584_700, 9_575_000, 584_800, 9_576_000), 4544, "CRS-OUTSIDE"),
    ],
)
def test_coordinates_that_cannot_be_are_refused(bounds, epsg, code):
    """Degrees in metres and the reverse, zone numbers, exchanged axes, another part of the world."""
    with pytest.raises(CrsError) as caught:
        check_coordinates(bounds, CRS.from_epsg(epsg), layer="roads")
    assert caught.value.code == code
    assert caught.value.remedy


def test_zone_prefix_names_the_crs_that_is_meant():
    """35 is the 3° zone of 105° E: EPSG:4523; 18 the 6° zone of 105° E: EPSG:4496."""
    assert zone_crs(35).to_epsg() == 4523
    assert zone_crs(18).to_epsg() == 4496
    assert zone_crs(24) is None
    with pytest.raises(CrsError, match="EPSG:4523"):
        check_coordinates((35_584_700, 3_575_000, 35_584_800, 3_576_000), GK105, layer="roads")


def test_empty_bounds_prove_nothing():
    check_coordinates((np.nan,) * 4, GK105, layer="x")


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(range(75, 136, 3)), st.floats(-1.6, 1.6), st.floats(22.0, 50.0))
def test_true_coordinates_pass_and_zone_numbers_are_caught(meridian, away, latitude):
    """Property: any place in its own zone passes with either form of the CRS, and fails under the other form."""
    plain = CRS.from_epsg(4534 + (meridian - 75) // 3)
    prefixed = CRS.from_epsg(4513 + (meridian - 75) // 3)
    for own, other in ((plain, prefixed), (prefixed, plain)):
        x, y = Transformer.from_crs(own.geodetic_crs, own, always_xy=True).transform(meridian + away, latitude)
        bounds = (x, y, x + 500, y + 500)
        check_coordinates(bounds, own, layer="x")
        with pytest.raises(CrsError, match="CRS-ZONE-PREFIX"):
            check_coordinates(bounds, other, layer="x")


def test_transforming_keeps_rows_and_leaves_the_input_alone():
    """105.9° E, 32.3° N lies 0.9° east of the meridian: easting about 500,000 + 0.9·cos 32.3°·111.3 km = 584.7 km."""
    frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[shapely.Point(105.9, 32.3), None], crs=4490, index=["a", "b"])
    moved = transform_frame(frame, GK105)
    assert moved.crs == GK105
    assert moved.index.tolist() == ["a", "b"]
    assert moved.geometry["a"].x == pytest.approx(584_700, abs=300)
    assert moved.geometry["b"] is None
    assert frame.crs.to_epsg() == 4490
    assert frame.geometry["a"].x == 105.9


def test_transforming_without_a_crs_is_refused_and_same_crs_moves_nothing():
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(584_700, 3_575_000)])
    with pytest.raises(CrsError, match="CRS-MISSING"):
        transform_frame(frame, GK105)
    esri = frame.set_crs(CRS.from_wkt(GK105.to_wkt("WKT1_ESRI")))
    moved = transform_frame(esri, GK105)
    assert moved.crs == GK105
    assert moved.geometry.iloc[0].equals(frame.geometry.iloc[0])


def test_coordinates_without_a_place_are_refused():
    """Latitude 100° exists nowhere; it must not come out as infinity."""
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(105, 30), shapely.Point(105, 100)], crs=4490)
    with pytest.raises(CrsError, match="CRS-TRANSFORM"):
        transform_frame(frame, GK105)
