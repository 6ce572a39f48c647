"""Coordinates and JSON as pages carry them."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from geoplan.report.encoding import SCALE, encode_json, encode_lines, encode_points, encode_polygons, page_name, simplify_polygons


def _decode(flat: list[int]) -> np.ndarray:
    """Undo the differences, as the page's script does."""
    return np.array(flat).reshape(-1, 2).cumsum(axis=0) / SCALE


def test_differences_by_hand():
    """(105, 32) then 2 and 1 hundred-thousandths further: [10500000, 3200000, 2, 1]."""
    line = np.array([LineString([(105.0, 32.0), (105.00002, 32.00001)])], dtype=object)
    assert encode_lines(line) == [[10_500_000, 3_200_000, 2, 1]]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-85, 85)), min_size=2, max_size=30, unique=True))
def test_decoding_gives_back_every_vertex_within_half_a_unit(vertices: list[tuple[float, float]]):
    (flat,) = encode_lines(np.array([LineString(vertices)], dtype=object))
    back = _decode(flat)
    for vertex in vertices:
        assert np.abs(back - vertex).max(axis=1).min() <= 0.5 / SCALE + 1e-9


def test_parts_holes_missing_and_empty_geometries_keep_their_places():
    square = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [[(0.2, 0.2), (0.4, 0.2), (0.4, 0.4)]])
    far = Polygon([(5, 5), (6, 5), (6, 6)])
    encoded = encode_polygons(np.array([square, None, MultiPolygon([square, far]), Polygon()], dtype=object))
    assert [len(parts) for parts in encoded] == [1, 0, 2, 0]
    assert [len(ring) // 2 for ring in encoded[0][0]] == [4, 3]
    assert encode_points(np.array([Point(1, 2), None, Point()], dtype=object)) == [[100_000, 200_000], None, None]


@settings(deadline=None, max_examples=80)
@given(st.text(max_size=40))
def test_json_survives_any_text_and_cannot_leave_its_script_element(text: str):
    encoded = encode_json({"n": text})
    assert json.loads(encoded) == {"n": text}
    assert "<" not in encoded
    assert "\u2028" not in encoded


def test_a_parser_reads_one_script_element_whatever_the_names():
    class Tags(HTMLParser):
        seen: list[str]

        def handle_starttag(self, tag, attrs):
            self.seen.append(tag)

    page = Tags()
    page.seen = []
    page.feed(f'<script type="application/json">{encode_json(["</script><img>", "<!--<script>", "]]>"])}</script>')
    assert page.seen == ["script"]


def test_missing_numbers_are_refused_not_written_as_nan():
    with pytest.raises(ValueError, match="JSON"):
        encode_json(float("nan"))


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_page_names_are_plain_files_and_differ_where_codes_differ(one: str, other: str):
    for code in (one, other):
        assert set(page_name(code)) <= set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.")
        assert page_name(code).count(".") == 1
        assert page_name(code) != "index.html"
    assert (page_name(one) == page_name(other)) == (one == other)


def test_simplified_neighbours_share_their_border_and_leave_no_sliver(small):
    """The six cells tile the county: simplified together they are still a coverage, and their areas add up to the union's."""
    polygons = small.result.demand.groups.geometry.to_numpy()
    simple = simplify_polygons(polygons, 150.0)
    assert shapely.get_num_coordinates(simple).sum() < shapely.get_num_coordinates(polygons).sum() / 2
    assert shapely.coverage_is_valid(simple)
    assert shapely.area(simple).sum() == pytest.approx(shapely.area(shapely.union_all(simple)), rel=1e-12)
    assert shapely.area(simple).sum() == pytest.approx(shapely.area(polygons).sum(), rel=0.05)
    assert shapely.get_num_coordinates(simplify_polygons(polygons, 0.0)).sum() == shapely.get_num_coordinates(polygons).sum()


def test_rounded_shared_vertices_stay_equal_on_the_page(small):
    lonlat = (
        gpd.GeoSeries(simplify_polygons(small.result.demand.groups.geometry.to_numpy(), 20.0), crs=4544).to_crs(4326).to_numpy()
    )
    west, east = (set(map(tuple, np.rint(_decode(encoded[0][0]) * SCALE).astype(int))) for encoded in encode_polygons(lonlat)[:2])
    shared = shapely.get_coordinates(shapely.intersection(lonlat[0], lonlat[1]))
    assert len(west & east) >= 3
    assert len(west & east) == len(np.unique(np.rint(shared * SCALE), axis=0))


def test_a_polygon_smaller_than_the_tolerance_does_not_vanish():
    tiny = np.array([Polygon([(0, 0), (3, 0), (3, 3), (0, 3)]), None, Polygon()], dtype=object)
    kept = simplify_polygons(tiny, 500.0)
    assert kept[0].area > 0
    assert kept[1] is None
    assert kept[2].is_empty
