"""OpenStreetMap comes in with its own junctions, tags translated, nothing dropped."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given
from hypothesis import strategies as st

from geoplan.contracts.columns import CROSSINGS, ROAD_CLASSES, SURFACES
from geoplan.errors import LayerError
from geoplan.io import osm, osm_tags
from geoplan.io.osm import read_osm

# Nodes on a small lattice: id → (lon, lat). Way 1 and 2 share node 2; way 3 crosses way 1 on a bridge without a shared node.
#
#        5
#        |  (way 2, ford on 4)
#   1 -- 2 -- 3      (way 1)
#        |
#        4 -- 6
DRAWN = """<?xml version='1.0' encoding='UTF-8'?>
<osm version="0.6">
 <node id="1" lat="32.1000000" lon="105.1000000"/>
 <node id="2" lat="32.1000000" lon="105.1123457"/>
 <node id="3" lat="32.1000000" lon="105.1200000"/>
 <node id="4" lat="32.0900000" lon="105.1123457"><tag k="ford" v="yes"/></node>
 <node id="5" lat="32.1100000" lon="105.1123457"/>
 <node id="6" lat="32.0900000" lon="105.1200000"/>
 <node id="7" lat="32.0800000" lon="105.1200000"/>
 <node id="8" lat="32.1200000" lon="105.1050000"/>
 <node id="9" lat="32.0800000" lon="105.1050000"/>
 <node id="20" lat="32.2010000" lon="105.2010000">
  <tag k="amenity" v="hospital"/><tag k="name" v="云雾卫生院"/><tag k="beds" v="20"/></node>
 <node id="21" lat="32.2000000" lon="105.2000000"/><node id="22" lat="32.2000000" lon="105.2020000"/>
 <node id="23" lat="32.2020000" lon="105.2020000"/><node id="24" lat="32.2020000" lon="105.2000000"/>
 <node id="31" lat="32.3000000" lon="105.3000000"/><node id="32" lat="32.3000000" lon="105.3020000"/>
 <node id="33" lat="32.3020000" lon="105.3020000"/>
 <node id="40" lat="32.4000000" lon="105.4000000"><tag k="amenity" v="clinic;doctors"/></node>
 <way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
  <tag k="highway" v="secondary"/><tag k="name" v="清云路"/><tag k="surface" v="concrete:plates"/><tag k="maxspeed" v="50;60"/></way>
 <way id="2"><nd ref="5"/><nd ref="2"/><nd ref="4"/><nd ref="6"/><nd ref="7"/><tag k="highway" v="track"/></way>
 <way id="3"><nd ref="8"/><nd ref="9"/><tag k="highway" v="primary"/><tag k="bridge" v="viaduct"/><tag k="layer" v="1"/></way>
 <way id="4"><nd ref="1"/><nd ref="99"/><nd ref="3"/><nd ref="6"/><tag k="highway" v="tertiary"/></way>
 <way id="5"><nd ref="7"/><nd ref="9"/><tag k="route" v="ferry"/></way>
 <way id="6"><nd ref="1"/><nd ref="8"/><tag k="highway" v="construction"/></way>
 <way id="7"><nd ref="1"/><nd ref="9"/><tag k="highway" v="goat_way"/></way>
 <way id="10"><nd ref="21"/><nd ref="22"/><nd ref="23"/><nd ref="24"/><nd ref="21"/>
  <tag k="amenity" v="hospital"/><tag k="operator" v="县"/></way>
 <way id="11"><nd ref="31"/><nd ref="32"/><nd ref="33"/><nd ref="31"/><tag k="amenity" v="hospital"/><tag k="name" v="乙"/></way>
 <way id="12"><nd ref="31"/><nd ref="32"/><tag k="amenity" v="hospital"/><tag k="name" v="丙"/></way>
 <way id="13"><nd ref="21"/><nd ref="22"/><nd ref="23"/></way>
 <way id="14"><nd ref="23"/><nd ref="24"/><nd ref="21"/></way>
 <relation id="50"><member type="way" ref="13" role="outer"/><member type="way" ref="14" role="outer"/>
  <tag k="type" v="boundary"/><tag k="boundary" v="administrative"/><tag k="admin_level" v="8"/><tag k="name" v="甲村"/><tag k="ref" v="01"/></relation>
 <relation id="51"><member type="way" ref="13" role="outer"/><member type="way" ref="999" role="outer"/>
  <tag k="type" v="boundary"/><tag k="boundary" v="administrative"/><tag k="admin_level" v="8"/><tag k="name" v="断村"/></relation>
</osm>
"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    path = tmp_path_factory.mktemp("osm 数据") / "drawn.osm"
    path.write_text(DRAWN, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def roads(drawn):
    return read_osm(drawn, what="roads", where={}).set_index("road_id")


def test_ways_that_share_a_node_share_a_vertex_bit_for_bit(roads):
    one = roads.geometry["way/1"].coords[1]
    other = roads.geometry["way/2/1"].coords[1]
    assert one == other == (105.1123457, 32.1)


def test_a_bridge_over_a_road_shares_no_vertex_with_it(roads):
    """Way 3 crosses way 1 and way 4 in the drawing; OpenStreetMap joins them nowhere."""
    bridge, below = roads.geometry["way/3"], roads.geometry["way/1"]
    assert shapely.intersects(bridge, below)
    assert not set(bridge.coords) & set(below.coords)
    assert (roads.loc["way/3", "crossing"], roads.loc["way/3", "road_layer"]) == ("bridge", 1)


def test_a_ford_on_a_node_closes_the_stretch_around_it(roads):
    """Way 2 runs 5-2-4-6-7 with a ford on 4: 5-2 and 6-7 are plain road, 2-4-6 is the ford; the ends still meet."""
    parts = roads.loc[["way/2/1", "way/2/2", "way/2/3"]]
    assert parts["crossing"].tolist() == ["", "ford", ""]
    assert [len(one.coords) for one in parts.geometry] == [2, 3, 2]
    assert parts.geometry.iloc[0].coords[-1] == parts.geometry.iloc[1].coords[0]
    assert parts.geometry.iloc[1].coords[-1] == parts.geometry.iloc[2].coords[0]


def test_a_way_is_not_drawn_across_a_missing_node(roads):
    """Way 4 lacks its second node: node 1 stands alone, only 3-6 is a road; no line is invented from 1 to 3."""
    found = [name for name in roads.index if name.startswith("way/4")]
    assert found == ["way/4"]
    assert list(roads.geometry["way/4"].coords) == [(105.12, 32.1), (105.12, 32.09)]


def test_ferries_are_roads_over_water_and_building_sites_are_not_roads(roads):
    assert roads.loc["way/5", ["road_class", "surface", "crossing"]].tolist() == ["ferry", "water", "ferry"]
    assert "way/6" not in roads.index


def test_an_unknown_class_is_kept_as_unknown(roads):
    assert roads.loc["way/7", "road_class"] == "unknown"
    assert roads.loc["way/7", "highway"] == "goat_way"


def test_a_road_reads_as_written(roads):
    row = roads.loc["way/1"]
    assert (row["name"], row["road_class"], row["surface"], row["oneway"], row["maxspeed_kmh"]) == (
        "清云路",
        "county",
        "concrete",
        0,
        50.0,
    )
    assert math.isnan(row["width_m"])
    assert roads.crs.to_epsg() == 4326


def test_a_place_drawn_twice_is_one_place_at_its_node(drawn):
    """Node 20 and the area around it are one hospital; the node stays, the area's tags are kept, the merge is on record."""
    found = read_osm(drawn, what="points", where={"amenity": ["hospital"]}).set_index("facility_id")
    assert found.index.tolist() == ["node/20", "way/11", "way/12"]
    assert found.loc["node/20", ["name", "beds", "operator", "merged"]].tolist() == ["云雾卫生院", "20", "县", "way/10"]
    assert (found.geometry["node/20"].x, found.geometry["node/20"].y) == (105.201, 32.201)


def test_an_area_gives_a_point_inside_and_an_open_line_its_middle(drawn):
    found = read_osm(drawn, what="points", where={"amenity": ["hospital"]}).set_index("facility_id")
    triangle = shapely.Polygon([(105.3, 32.3), (105.302, 32.3), (105.302, 32.302)])
    assert triangle.contains(found.geometry["way/11"])
    assert found.geometry["way/12"].coords[0] == pytest.approx((105.301, 32.3))


def test_lists_of_values_match_on_any_part_and_a_star_on_all(drawn):
    assert read_osm(drawn, what="points", where={"amenity": ["doctors"]})["facility_id"].tolist() == ["node/40"]
    assert len(read_osm(drawn, what="points", where={"amenity": ["*"]})) == 4
    assert len(read_osm(drawn, what="points", where={"amenity": ["*"], "name": ["乙"]})) == 1
    nothing = read_osm(drawn, what="points", where={"amenity": ["airport"]})
    assert nothing.empty
    assert {"facility_id", "name", "geometry"} <= set(nothing.columns)


def test_an_extract_is_parsed_once_for_all_layers_of_the_same_keys(drawn):
    """Three layers by values of one key: one parsing, and each layer reads as if it were the only one."""
    parsed = osm._tagged_features.cache_info
    osm._tagged_features.cache_clear()
    alone = {}
    for level in ("hospital", "doctors", "clinic"):
        osm._tagged_features.cache_clear()
        alone[level] = read_osm(drawn, what="points", where={"amenity": [level]})
    osm._tagged_features.cache_clear()
    for level, expected in alone.items():
        assert_geodataframe_equal(read_osm(drawn, what="points", where={"amenity": [level]}), expected)
    assert (parsed().misses, parsed().hits) == (1, 2)
    areas = read_osm(drawn, what="areas", where={"amenity": ["hospital"]})
    assert areas["osm_id"].tolist() == ["way/10", "way/11"]
    assert parsed().misses == 1


def test_an_extract_written_anew_is_read_anew(tmp_path):
    """The clinic becomes a school of as many letters, so the file keeps its size: only the time of change tells."""
    path = tmp_path / "changing.osm"
    path.write_text(DRAWN, encoding="utf-8")
    assert len(read_osm(path, what="points", where={"amenity": ["clinic"]})) == 1
    path.write_text(DRAWN.replace("clinic;doctors", "school;doctors"), encoding="utf-8")
    before = path.stat()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000_000))
    assert read_osm(path, what="points", where={"amenity": ["clinic"]}).empty
    assert len(read_osm(path, what="points", where={"amenity": ["school"]})) == 1


def test_only_the_tags_asked_for_are_handed_on(drawn):
    found = read_osm(drawn, what="points", where={"amenity": ["hospital"]}, tags=["beds"])
    assert list(found.columns) == ["facility_id", "name", "merged", "beds", "geometry"]


def test_boundaries_are_areas_and_one_cut_off_by_the_extract_stays_a_row(drawn):
    where = {"type": ["boundary"], "boundary": ["administrative"], "admin_level": ["8"]}
    found = read_osm(drawn, what="areas", where=where).set_index("osm_id")
    assert found.index.tolist() == ["relation/50", "relation/51"]
    assert found.loc["relation/50", ["name", "admin_level", "ref"]].tolist() == ["甲村", "8", "01"]
    assert found.geometry["relation/50"].area == pytest.approx(0.002 * 0.002)
    assert found.geometry["relation/51"] is None


def test_bad_files_give_one_clear_error(tmp_path):
    junk = tmp_path / "junk.osm.pbf"
    junk.write_bytes(b"this is no pbf" * 50)
    for path, code in ((tmp_path / "none.osm.pbf", "LAYER-MISSING"), (junk, "LAYER-UNREADABLE")):
        for what in ("points", "roads", "areas"):
            with pytest.raises(LayerError) as caught:
                read_osm(path, what=what, where={"amenity": ["*"]})
            assert caught.value.code == code


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"maxspeed": "50"}, 50.0),
        ({"maxspeed": "50;60"}, 50.0),
        ({"maxspeed": "30 mph"}, 48.28032),
        ({"maxspeed": "50", "maxspeed:backward": "40"}, 40.0),
        ({"maxspeed": "CN:urban"}, math.nan),
        ({"maxspeed": "none"}, math.nan),
        ({"maxspeed": "0"}, math.nan),
        ({}, math.nan),
    ],
)
def test_speed_limits(tags, found):
    """30 mph · 1.609344 = 48.28 km/h; of several the lowest; a zone code or "none" is no number."""
    assert osm_tags.maxspeed_kmh(tags) == pytest.approx(found, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "found"),
    [("3.5", 3.5), ("3,5 m", 3.5), ("350 cm", 3.5), ("10 ft", 3.048), ("12'6\"", 3.81), ("4;3", 3.0), ("narrow", math.nan)],
)
def test_widths(text, found):
    assert osm_tags.width_m({"width": text}) == pytest.approx(found, nan_ok=True)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"oneway": "yes"}, 1),
        ({"oneway": "-1"}, -1),
        ({"oneway": "no", "junction": "roundabout"}, 0),
        ({"junction": "roundabout"}, 1),
        ({"highway": "motorway_link"}, 1),
        ({"oneway": "reversible"}, 0),
        ({"highway": "residential"}, 0),
    ],
)
def test_directions(tags, found):
    assert osm_tags.oneway(tags) == found


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"highway": "trunk"}, "national"),
        ({"highway": "primary_link"}, "provincial"),
        ({"highway": "residential"}, "village"),
        ({"highway": "steps"}, "path"),
        ({"highway": "road"}, "unknown"),
        ({"highway": "track", "motor_vehicle": "no"}, "path"),
        ({"highway": "track", "access": "no", "motor_vehicle": "yes"}, "track"),
        ({"route": "ferry"}, "ferry"),
    ],
)
def test_classes(tags, found):
    assert osm_tags.road_class(tags) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("asphalt", "asphalt"),
        ("concrete:lanes", "concrete"),
        ("asphalt;gravel", "gravel"),
        ("Unpaved", "earth"),
        ("goudron", "unknown"),
        ("", "unknown"),
    ],
)
def test_surfaces_take_the_weakest_of_several(text, found):
    assert osm_tags.surface({"highway": "track", "surface": text}) == found


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"bridge": "no"}, ""),
        ({"bridge": "yes"}, "bridge"),
        ({"tunnel": "yes"}, "tunnel"),
        ({"tunnel": "building_passage"}, ""),
        ({"ford": "stepping_stones", "bridge": "yes"}, "ford"),
    ],
)
def test_crossings(tags, found):
    assert osm_tags.crossing({"highway": "track", **tags}) == found


@given(
    st.dictionaries(
        st.sampled_from("highway route surface oneway bridge tunnel ford layer width maxspeed junction access".split()),
        st.text(max_size=8),
    )
)
def test_whatever_mappers_write_the_values_are_canonical(tags):
    """Free text never breaks the reading and never leaves the vocabulary."""
    assert osm_tags.road_class(tags) in ROAD_CLASSES
    assert osm_tags.surface(tags) in SURFACES
    assert osm_tags.crossing(tags) in CROSSINGS
    assert osm_tags.oneway(tags) in (-1, 0, 1)
    assert isinstance(osm_tags.road_layer(tags), int)
    for value in (osm_tags.width_m(tags), osm_tags.maxspeed_kmh(tags)):
        assert math.isnan(value) or value > 0


@pytest.mark.shared
def test_comoros_roads_keep_every_way_and_their_junctions(shared_data):
    """4,378 highway and 3 ferry ways; seven fords on nodes and one on a way; every vertex is a stored node (10⁻⁷ degree), so junctions coincide."""
    found = read_osm(shared_data / "comoros/osm/comores-2021-04-08.osm.pbf", what="roads", where={})
    assert found["road_id"].is_unique
    assert found["road_id"].str.split("/").str[1].nunique() == 4381
    assert (found["road_class"] == "ferry").sum() == 3
    assert (found["crossing"] == "ford").sum() == 8
    assert (found["oneway"] == 1).sum() >= 175
    vertices = shapely.get_coordinates(found.geometry.array)
    assert np.abs(vertices * 1e7 - np.rint(vertices * 1e7)).max() < 1e-4
    _, shared = np.unique(np.rint(vertices * 1e7).astype(np.int64), axis=0, return_counts=True)
    assert (shared > 1).sum() > 3000


@pytest.mark.shared
def test_comoros_places_and_facilities_are_all_there(shared_data):
    """154 place nodes and 13 place areas, of which 6 repeat a node: 161. 28 hospitals, of which 6 areas repeat a node: 22."""
    path = shared_data / "comoros/osm/comores-2021-04-08.osm.pbf"
    places = read_osm(path, what="points", where={"place": ["city", "town", "village", "hamlet"]})
    assert len(places) == 161
    assert places["facility_id"].str.startswith("node/").sum() == 154
    assert places["merged"].notna().sum() == 6
    assert places["population"].notna().sum() == 6
    hospitals = read_osm(path, what="points", where={"amenity": ["hospital"]})
    merged = hospitals["merged"].dropna()
    assert len(hospitals) + len(merged) == 28
    assert places.geometry.notna().all()
    assert hospitals.geometry.notna().all()
