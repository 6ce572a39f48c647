"""The committed demonstration county is what the generator writes, byte for byte from one write to the next."""

from __future__ import annotations

from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import CRS

from geoplan.io.demo import write_county
from geoplan.io.documents import read_catalog, read_plan
from geoplan.io.vector import read_vector

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(county, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    write_county(folder, county)
    return folder


@pytest.fixture(scope="module")
def committed(root):
    return root / "layers" / "demo"


def test_writing_twice_gives_the_same_bytes(county, written, tmp_path):
    write_county(tmp_path, county)
    names = sorted(one.name for one in written.iterdir())
    assert names == sorted(one.name for one in tmp_path.iterdir())
    assert [one for one in names if (written / one).read_bytes() != (tmp_path / one).read_bytes()] == []


def test_writing_again_over_a_folder_changes_nothing(county, tmp_path):
    write_county(tmp_path, county)
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    write_county(tmp_path, county)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before


def test_the_committed_folder_holds_the_same_files_under_6_mb(written, committed):
    files = [one for one in committed.iterdir() if not one.name.startswith(".")]
    assert {one.name for one in files} == {one.name for one in written.iterdir()}
    assert sum(one.stat().st_size for one in files) < 6_000_000


def test_the_committed_layers_are_the_generators(written, committed):
    """Read back, every vector layer has the same rows, columns and coordinates (to 1 mm)."""
    for spec in read_catalog(committed / "catalog.yaml").layers.values():
        name = str(spec.path)
        if name.endswith((".tif", ".csv")):
            continue
        read = gpd.read_parquet if name.endswith(".parquet") else partial(gpd.read_file, layer=spec.layer)
        ours, theirs = (read(folder / name) for folder in (written, committed))
        assert ours.crs == theirs.crs
        pd.testing.assert_frame_equal(ours.drop(columns="geometry"), theirs.drop(columns="geometry"))
        tolerance = 1e-3 if ours.crs.is_projected else 1e-8
        assert ours.geometry.geom_equals_exact(theirs.geometry, tolerance).all(), name


@pytest.mark.parametrize(
    "name",
    ["catalog.yaml", "county.yaml", "truth.csv", "truth_units.csv", "truth_comparisons.csv", "bus_stops.csv", "willingness.csv"],
)
def test_the_committed_texts_are_the_generators(written, committed, name):
    assert (written / name).read_bytes() == (committed / name).read_bytes()


@pytest.mark.parametrize("name", ["dem.tif", "landcover.tif"])
def test_the_committed_rasters_are_the_generators(written, committed, name):
    with rasterio.open(written / name) as ours, rasterio.open(committed / name) as theirs:
        np.testing.assert_array_equal(ours.read(), theirs.read())
        assert ours.transform == theirs.transform
        assert ours.crs == theirs.crs


def test_heights_survive_the_file(county, written):
    """Whole decimetres with scale 0.1: stored * scale is the height to rounding."""
    with rasterio.open(written / "dem.tif") as source:
        assert source.dtypes == ("int16",)
        assert source.scales == (0.1,)
        assert source.crs.to_epsg() == 4544
        np.testing.assert_allclose(source.read(1) * 0.1, county.dem.values, atol=1e-6)


def test_the_plan_names_only_layers_of_the_catalogue(committed):
    plan, layers = read_plan(committed / "county.yaml"), read_catalog(committed / "catalog.yaml").layers
    named = {plan.settlements, plan.county, plan.townships, plan.villages, plan.groups, plan.roads, plan.dem, plan.sites.places}
    named |= {one for service in plan.services for one in service.layers} | set(plan.access.barriers) | set(plan.sites.exclusions)
    named |= (
        {plan.access.landcover} | set(plan.coverage.water.sources) | {one for line in plan.coverage.lines for one in line.layers}
    )
    named |= {side for one in plan.coverage.comparisons for side in (one.left, one.right)}
    assert "cliffs" in plan.access.barriers
    named |= {one.layer for one in plan.hazards} | {one.survey_area for one in plan.hazards}
    assert named <= set(layers)
    assert {one.datum for one in layers.values()} == {"cgcs2000"}


def test_coded_values_lead_back_to_the_canonical_ones(county, committed):
    """Through the catalogue's columns and values, the Chinese road and clinic tables are the generator's again."""
    layers = read_catalog(committed / "catalog.yaml").layers
    for name in ("roads", "clinics"):
        spec = layers[name]
        raw = gpd.read_file(committed / str(spec.path), layer=spec.layer).rename(columns=spec.columns)
        for column, words in spec.values.items():
            raw[column] = [words.get(one, one) for one in raw[column].fillna("")]
        for column in county.vectors[name].columns.drop("geometry"):
            ours, theirs = raw[column], county.vectors[name][column]
            if column == "standard_met":
                ours = ours.map({"是": 1.0, "否": 0.0, "": np.nan})
            np.testing.assert_array_equal(ours.to_numpy(), theirs.to_numpy(), err_msg=f"{name}.{column}")


def test_bus_stops_are_gb18030_with_degrees(county, committed):
    table = pd.read_csv(committed / "bus_stops.csv", encoding="gb18030", dtype={"township_code": str, "village_code": str})
    points = gpd.GeoSeries(gpd.points_from_xy(table["经度"], table["纬度"], crs=4490)).to_crs(4544)
    assert points.distance(county.vectors["bus_stops"].geometry, align=False).max() < 0.05
    assert table["级别"].isin(["等级站", "招呼站"]).all()


@pytest.mark.parametrize(
    "name", ["transformers", "clinics_insurance", "villages_civil", "villages_statistics", "masts", "schools"]
)
def test_layers_of_coverage_are_read_through_the_catalogue(county, committed, name):
    """Other departments' tables come back as the generator made them: numbers to the digit, missing as missing, places to 5 cm."""
    spec = read_catalog(committed / "catalog.yaml").layers[name]
    frame, record, problems = read_vector(spec, layer_id=name, base=committed, crs=CRS.from_epsg(4544))
    ours = county.vectors[name]
    assert {one.code for one in problems} <= {"ID-MISSING", "GEOMETRY-MISSING"}
    assert record.rows_out == len(ours)
    for column in ours.columns.drop("geometry"):
        theirs = frame[column]
        if ours[column].dtype.kind in "fi":
            np.testing.assert_array_equal(theirs.astype("Float64").to_numpy(float, na_value=np.nan), ours[column].to_numpy(float))
        else:
            given = ours[column].ne("")
            assert theirs[given.to_numpy()].tolist() == ours.loc[given, column].tolist(), column
    placed = ~ours.geometry.isna().to_numpy()
    if placed.any():
        assert (frame.geometry.isna().to_numpy() == ~placed).all()
        assert shapely.distance(frame.geometry.to_numpy()[placed], ours.geometry.to_numpy()[placed]).max() < 0.05


def test_layers_without_a_place_in_the_plan_are_read_through_the_catalogue(county, committed):
    """Homesteads and the survey of who would move come back as the generator made them: ids as text, whole numbers, the same ground."""
    specs = read_catalog(committed / "catalog.yaml").layers
    for name in ("homesteads", "willingness"):
        frame, record, problems = read_vector(
            specs[name],
            layer_id=name,
            base=committed,
            crs=CRS.from_epsg(4544),
            id_column="settlement_id" if name == "willingness" else None,
        )
        ours = county.vectors[name]
        assert problems == []
        assert record.rows_out == len(ours)
        assert frame["settlement_id"].tolist() == ours["settlement_id"].tolist()
        for column in ours.columns.drop("geometry"):
            assert frame[column].tolist() == ours[column].tolist(), column
        if specs[name].located:
            assert shapely.equals(frame.geometry.to_numpy(), ours.geometry.to_numpy()).all()
