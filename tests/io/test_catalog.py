"""A plan's layers together: one CRS, every problem, one error."""

from __future__ import annotations

import hashlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS

from geoplan.contracts.config import Catalog, LayerSpec, PlanConfig
from geoplan.errors import ConfigError, CrsError, GeoplanError, LayerError
from geoplan.io.catalog import read_layers, study_bounds, working_crs
from geoplan.io.datum import gcj02_from_wgs84
from geoplan.io.references import checksum_layers, layer_ids

GK105 = CRS.from_epsg(4544)
SERVICE = {"label_zh": "卫生室", "label_en": "clinic"}
#  county: 10 × 8 km from (580, 3570) km; one road along its middle; settlements and clinics 30 m beside the road
WEST, SOUTH, EAST, NORTH = 580_000.0, 3_570_000.0, 590_000.0, 3_578_000.0


def plan(**more):
    values = {
        "name": "示例县",
        "year": 2024,
        "county": "county",
        "roads": "roads",
        "dem": "dem",
        "services": [{"id": "clinic", "layers": ["clinics"], **SERVICE}, {"id": "hospital", "layers": ["clinics"], **SERVICE}],
    }
    return PlanConfig(**{**values, **more})


def entry(path, **more):
    return LayerSpec(**{"path": path, "datum": "cgcs2000", "vintage": "2024", "licence": "x", **more})


def write_dem(path, *, cell=30.0, crs=4544, west=WEST - 6000, north=NORTH + 6000, cols=740, rows=680):
    values = np.arange(rows * cols, dtype="float32").reshape(rows, cols) % 900 + 400
    transform = Affine(cell, 0.0, west, 0.0, -cell, north)
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=cols, count=1, dtype="float32", crs=f"EPSG:{crs}", transform=transform
    ) as out:
        out.write(values, 1)


@pytest.fixture
def county(tmp_path):
    """A small county: outline, one crooked road, 40 settlements and 20 clinics beside it, elevation beyond its border."""
    rng = np.random.default_rng(5)
    x = np.linspace(WEST + 100, EAST - 100, 60)
    y = (SOUTH + NORTH) / 2 + np.cumsum(rng.normal(0, 120, 60))
    road = shapely.LineString(np.column_stack([x, y]))
    outline = gpd.GeoDataFrame(
        {"code": ["990821000000"], "name": ["示例县"]}, geometry=[shapely.box(WEST, SOUTH, EAST, NORTH)], crs=GK105
    )
    outline.to_crs(4490).to_file(tmp_path / "county.gpkg")
    gpd.GeoDataFrame({"road_id": ["r1"], "road_class": ["village"]}, geometry=[road], crs=GK105).to_file(tmp_path / "roads.gpkg")

    def beside(count):
        on = shapely.line_interpolate_point(road, rng.uniform(0, 1, count), normalized=True)
        return shapely.points(shapely.get_coordinates(on) + rng.normal(0, 30, (count, 2)))

    for name, column, count in (("settlements", "settlement_id", 40), ("clinics", "facility_id", 20)):
        frame = gpd.GeoDataFrame({column: [f"{name[0]}{n}" for n in range(count)]}, geometry=beside(count), crs=GK105)
        frame.to_crs(4490).to_file(tmp_path / f"{name}.geojson")
    write_dem(tmp_path / "dem.tif")
    files = {
        "settlements": "settlements.geojson",
        "county": "county.gpkg",
        "roads": "roads.gpkg",
        "dem": "dem.tif",
        "clinics": "clinics.geojson",
    }
    return tmp_path, {name: entry(path) for name, path in files.items()}


def catalog(layers, **more):
    return Catalog(layers={**layers, **more})


def test_every_layer_the_plan_names_is_listed_once():
    """Two services share the clinics; rivers are barrier and exclusion; the survey area and the places count."""
    full = plan(
        townships="townships",
        villages="villages",
        groups="groups",
        population="people",
        hazards=[{"layer": "slides", "kind": "landslide", "survey_area": "surveyed"}],
        access={"barriers": ["rivers"]},
        sites={"exclusions": ["rivers", "red_line"], "places": "places"},
    )
    expected = (
        "settlements county townships villages groups roads dem people clinics slides surveyed rivers red_line places".split()
    )
    assert layer_ids(full) == expected


def test_all_layers_arrive_in_the_countys_crs_with_provenance(county):
    """105.85–105.96° E: CGCS2000 / CM 105E; points within 30 m or so of the road; one record per layer in the plan's order."""
    base, layers = county
    told = []
    read = read_layers(plan(), catalog(layers), base, progress=told.append)
    assert read.crs == GK105
    assert working_crs(plan(), catalog(layers), base) == GK105
    assert all(frame.crs == GK105 for frame in read.vectors.values())
    assert [one.id for one in read.records] == layer_ids(plan())
    assert sorted(told) == sorted(layer_ids(plan()))
    assert read.problems == ()
    distance = read.vectors["settlements"].distance(read.vectors["roads"].geometry.iloc[0])
    assert distance.max() < 150
    assert {one.id: one.sha256 for one in read.records} == checksum_layers(plan(), catalog(layers), base)


def test_checksums_are_of_the_files_and_change_with_a_byte(county):
    base, layers = county
    sums = checksum_layers(plan(), catalog(layers), base)
    path = base / "clinics.geojson"
    assert sums["clinics"] == hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes() + b"\n")
    after = checksum_layers(plan(), catalog(layers), base)
    assert {name for name in sums if sums[name] != after[name]} == {"clinics"}


def test_the_study_area_is_the_county_and_two_kilometres(county):
    """(580, 3570, 590, 3578) km becomes (578, 3568, 592, 3580) km; without a county the settlements and 5 km."""
    base, layers = county
    read = read_layers(plan(), catalog(layers), base)
    bounds = study_bounds(plan(), read.vectors)
    assert bounds == pytest.approx((WEST - 2000, SOUTH - 2000, EAST + 2000, NORTH + 2000), abs=0.01)
    west, south, east, north = read.rasters["dem"].bounds
    assert west <= bounds[0] + 30
    assert south <= bounds[1] + 30
    assert east >= bounds[2] - 30
    assert north >= bounds[3] - 30
    places = read.vectors["settlements"].total_bounds
    alone = study_bounds(plan(county=None), read.vectors)
    assert alone == pytest.approx((places[0] - 5000, places[1] - 5000, places[2] + 5000, places[3] + 5000))


def test_one_misplaced_settlement_does_not_stretch_the_study_area(county):
    """A point at (0, 0) is a mistake in the data, not 6,000 km of county; the row itself stays."""
    base, layers = county
    frame = gpd.read_file(base / "settlements.geojson")
    frame.loc[0, "geometry"] = shapely.Point(0, 0)
    frame.to_file(base / "settlements.geojson")
    read = read_layers(plan(county=None, crs="EPSG:4544"), catalog(layers), base)
    west, south, east, north = study_bounds(plan(county=None), read.vectors)
    assert east - west < 25_000
    assert north - south < 25_000
    assert len(read.vectors["settlements"]) == 40


@pytest.mark.parametrize(
    ("cell", "crs", "expected"),
    [(30.0, 4544, 30.0), (12.5, 4544, 12.5), (90.0, 4544, 90.0), (90.0, 4545, 90.0), (20.0, 4545, 30.0)],
)
def test_elevation_is_read_at_thirty_metres_or_what_the_file_has(county, cell, crs, expected):
    """In the working CRS the file's own cells; else 30 m, or coarser where the source is."""
    base, layers = county
    west, north = (WEST - 6000, NORTH + 6000) if crs == 4544 else (301_000.0 - 10_000, NORTH + 14_000)
    side = int((24_000 if crs == 4544 else 45_000) / cell)
    write_dem(base / "dem.tif", cell=cell, crs=crs, west=west, north=north, cols=side, rows=side)
    grid = read_layers(plan(crs="EPSG:4544"), catalog(layers), base).rasters["dem"]
    assert grid.cell_size == pytest.approx((expected, expected), abs=1.0 if crs != 4544 else 1e-9)
    assert grid.crs == GK105


def test_ids_the_catalogue_lacks_are_all_named():
    with pytest.raises(ConfigError) as caught:
        checksum_layers(plan(), Catalog(layers={"roads": entry("roads.gpkg")}), Path())
    assert caught.value.code == "LAYER-UNKNOWN"
    assert caught.value.ids == ("settlements", "county", "dem", "clinics")


def test_every_unreadable_layer_is_counted_in_one_error(county):
    """Two files gone and one cut off: the first is raised, the message names all three."""
    base, layers = county
    (base / "roads.gpkg").unlink()
    (base / "clinics.geojson").unlink()
    (base / "settlements.geojson").write_bytes((base / "settlements.geojson").read_bytes()[:500])
    with pytest.raises(LayerError) as caught:
        read_layers(plan(), catalog(layers), base)
    assert caught.value.layer == "settlements"
    for name in ("2 more", "roads", "clinics"):
        assert name in caught.value.message
    with pytest.raises(LayerError, match="1 more"):
        checksum_layers(plan(), catalog(layers), base)


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:4490", "EPSG:2263", "nonsense"])
def test_a_working_crs_that_cannot_measure_is_refused(county, crs):
    base, layers = county
    with pytest.raises(CrsError):
        working_crs(plan(crs=crs), catalog(layers), base)
    with pytest.raises(CrsError):
        read_layers(plan(crs=crs), catalog(layers), base)


def test_a_layer_labelled_with_the_wrong_zone_lies_elsewhere(county):
    """Coordinates of CM 105E labelled CM 108E are true for both; they land 3°, about 283 km, east and are said to."""
    base, layers = county
    roads = gpd.read_file(base / "roads.gpkg")
    roads.set_crs(4545, allow_override=True).to_file(base / "roads.gpkg")
    read = read_layers(plan(), catalog(layers), base)
    (elsewhere,) = [one for one in read.problems if one.code == "LAYER-ELSEWHERE"]
    assert elsewhere.layer == "roads"
    assert "28" in elsewhere.message_en.split("km east")[0]
    assert {one.layer for one in read.problems if one.code == "DATUM-OFFSET"} == set()


def test_a_mislabelled_map_export_is_found_among_good_layers(county):
    """Clinics taken from a web map and called WGS 84: they alone are named; with ``datum: gcj02`` all is well."""
    base, layers = county
    frame = gpd.read_file(base / "clinics.geojson")
    moved = frame.set_geometry(gpd.GeoSeries(shapely.transform(frame.geometry.to_numpy(), gcj02_from_wgs84), crs=4490))
    moved.to_file(base / "clinics.geojson")
    read = read_layers(plan(), catalog(layers), base)
    assert [(one.code, one.layer) for one in read.problems] == [("DATUM-OFFSET", "clinics")]
    right = read_layers(plan(), catalog(layers, clinics=entry("clinics.geojson", datum="gcj02")), base)
    assert right.problems == ()
    assert right.vectors["clinics"].distance(right.vectors["roads"].geometry.iloc[0]).max() < 150


def test_settlements_without_any_geometry_are_one_error(county):
    base, layers = county
    (base / "settlements.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(GeoplanError, match="LAYER-EMPTY"):
        read_layers(plan(county=None), catalog(layers), base)


@pytest.mark.shared
@pytest.mark.slow
def test_the_comoros_are_read_whole(comoros_layers):
    """Three SRTM tiles, OSM and people: UTM 38S, 869,595 people in the raster, no CRS or datum alarm on true data."""
    read = comoros_layers
    assert read.crs.to_epsg() == 32738
    assert float(np.nansum(read.rasters["population"].values)) == pytest.approx(869_595, abs=5)
    assert not [one for one in read.problems if one.code in {"DATUM-OFFSET", "LAYER-ELSEWHERE"}]
    assert all(len(frame) for frame in read.vectors.values())
