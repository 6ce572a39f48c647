"""Write the synthetic county as a folder of layers, a catalogue and a plan: the demonstration county 示例县.

The files are what a county office would hand over: several formats, Chinese column names and coded values in some of
them, so that the catalogue's mappings are exercised. The same seed gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio

from geoplan.contracts.columns import CROSSINGS, ROAD_CLASSES, SURFACES
from geoplan.contracts.grid import Grid
from geoplan.io.demo_catalog import DEMO_CATALOG
from geoplan.io.demo_documents import DEMO_PLAN
from geoplan.synthetic import SyntheticCounty, make_county

_GROUPING = {
    "boundaries": ("county", "townships", "villages", "groups"),
    "settlements": ("settlements",),
    "network": ("roads", "rivers", "reservoirs", "cliffs", "bus_lines"),
    "services": ("clinics", "schools", "water", "seats", "service_points", "sports_grounds", "weather_stations", "masts"),
    "hazards": ("landslides", "rockfalls", "debris_flows", "floods", "faults", "hazard_survey"),
}
ROAD_COLUMNS = {
    "road_id": "道路编号",
    "name": "道路名称",
    "road_class": "道路等级",
    "surface": "路面",
    "width_m": "路面宽度",
    "oneway": "单行",
    "crossing": "跨越方式",
    "road_layer": "层",
}
CLINIC_COLUMNS = {
    "facility_id": "机构编号",
    "name": "机构名称",
    "level": "机构级别",
    "capacity": "床位数",
    "staff": "人员数",
    "township_code": "乡镇代码",
    "village_code": "村代码",
    "doctors": "合格医生",
    "gps": "全科医生",
    "standard_met": "达标",
}
YES_NO = {1.0: "是", 0.0: "否"}
CLINIC_LEVELS = {"village": "村卫生室", "township": "乡镇卫生院", "county": "县级医院"}
TRANSFORMER_COLUMNS = {
    "facility_id": "台区编号",
    "name": "台区名称",
    "township_code": "乡镇代码",
    "village_code": "村代码",
    "supply_kva": "容量kVA",
    "radius_m": "供电半径",
}
INSURANCE_COLUMNS = {
    "facility_id": "定点编码",
    "code": "卫健机构编号",
    "name": "机构名称",
    "level": "机构级别",
    "capacity": "床位",
    "doctors": "医师",
    "township_code": "乡镇代码",
}
INSURANCE_LEVELS = {"village": "村级", "township": "乡级", "county": "县级"}
CIVIL_COLUMNS = {"code": "行政村代码", "name": "村名", "township_code": "乡镇代码", "persons": "户籍人口", "households": "户数"}
STATISTICS_COLUMNS = {
    "code": "统计用区划代码",
    "name": "村委会名称",
    "township_code": "乡级代码",
    "persons": "人口",
    "households": "家庭户",
}
WILLINGNESS_COLUMNS = {"settlement_id": "自然村编号", "willing_households": "愿搬户数", "surveyed": "调查日期"}
_DATE = "2026-01-01T00:00:00Z"


def _localise(layers: dict[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers with Chinese columns and values where the demonstration county uses them."""
    roads = layers["roads"].copy()
    for column, words in (("road_class", ROAD_CLASSES), ("surface", SURFACES), ("crossing", CROSSINGS)):
        roads[column] = roads[column].map({key: zh for key, (zh, _) in words.items()})
    clinics = layers["clinics"].copy()
    clinics["level"] = clinics["level"].map(CLINIC_LEVELS)
    clinics["standard_met"] = clinics["standard_met"].map(YES_NO)
    return {**layers, "roads": roads.rename(columns=ROAD_COLUMNS), "clinics": clinics.rename(columns=CLINIC_COLUMNS)}


def _write_layers(folder: Path, layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Write the vector layers in their formats."""
    for file, ids in _GROUPING.items():
        path = folder / f"{file}.gpkg"
        path.unlink(missing_ok=True)
        for name in ids:
            layers[name].to_file(path, layer=name, driver="GPKG", engine="pyogrio")
    for name in ("red_line", "farmland"):
        (folder / f"{name}.fgb").unlink(missing_ok=True)
        layers[name].to_file(folder / f"{name}.fgb", driver="FlatGeobuf", engine="pyogrio")
    (folder / "places.geojson").unlink(missing_ok=True)
    degrees = layers["places"].to_crs(4490)
    degrees.to_file(folder / "places.geojson", driver="GeoJSON", engine="pyogrio", COORDINATE_PRECISION=7)
    stops = layers["bus_stops"]
    geographic = stops.geometry.to_crs(4490)
    table = stops.drop(columns="geometry").assign(经度=geographic.x.round(7), 纬度=geographic.y.round(7))
    table = table.rename(columns={"facility_id": "站点编号", "name": "站点名称", "level": "级别"})
    table["级别"] = table["级别"].map({"station": "等级站", "stop": "招呼站"})
    (folder / "bus_stops.csv").write_bytes(table.to_csv(index=False, lineterminator="\r\n").encode("gb18030"))
    _write_tables(folder, layers)
    layers["homesteads"].to_parquet(folder / "homesteads.parquet", index=False, compression="zstd", compression_level=19)
    asked = layers["willingness"].drop(columns="geometry").rename(columns=WILLINGNESS_COLUMNS)
    (folder / "willingness.csv").write_bytes(asked.to_csv(index=False, lineterminator="\n").encode("utf-8"))


def _write_tables(folder: Path, layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Write what other departments hand over as tables: the grid's transformers, the insurance's clinics, two lists of villages."""
    lines = layers["transformers"].rename(columns=TRANSFORMER_COLUMNS)
    lines.to_parquet(folder / "transformers.parquet", index=False, compression="zstd", compression_level=19)
    insured = layers["clinics_insurance"]
    degrees = insured.geometry.to_crs(4490)
    table = (
        insured.drop(columns="geometry").assign(level=insured["level"].map(INSURANCE_LEVELS)).rename(columns=INSURANCE_COLUMNS)
    )
    table = table.assign(经度=degrees.x.round(7), 纬度=degrees.y.round(7))
    (folder / "clinics_insurance.csv").write_bytes(table.to_csv(index=False, lineterminator="\r\n").encode("gb18030"))
    for name, words in (("villages_civil", CIVIL_COLUMNS), ("villages_statistics", STATISTICS_COLUMNS)):
        table = layers[name].drop(columns="geometry").rename(columns=words)
        (folder / f"{name}.csv").write_bytes(table.to_csv(index=False, lineterminator="\n").encode("utf-8"))


def _write_raster(path: Path, grid: Grid, *, dtype: str, scale: float) -> None:
    """Write a grid as a compressed GeoTIFF of whole numbers; value = stored * scale."""
    stored = np.round(grid.values / scale).astype(dtype)
    rows, cols = grid.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=rows,
        width=cols,
        count=1,
        dtype=dtype,
        crs=grid.crs.to_wkt(),
        transform=grid.transform,
        compress="deflate",
        predictor=2,
        zlevel=9,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        nodata=-32768 if dtype == "int16" else 0,
    ) as target:
        target.write(stored, 1)
        target.scales = (scale,)
        target.offsets = (0.0,)


def write_county(folder: Path, county: SyntheticCounty) -> None:
    """Write ``county`` to ``folder``: layers, rasters, catalog.yaml, county.yaml and three files of truth."""
    folder.mkdir(parents=True, exist_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    try:
        _write_layers(folder, _localise(county.vectors))
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    _write_raster(folder / "dem.tif", county.dem, dtype="int16", scale=0.1)
    _write_raster(folder / "landcover.tif", county.landcover, dtype="uint8", scale=1.0)
    for name, table in (
        ("truth", county.truth),
        ("truth_units", county.unit_truth),
        ("truth_comparisons", county.comparison_truth),
    ):
        (folder / f"{name}.csv").write_bytes(table.to_csv(index=False, lineterminator="\n").encode("utf-8"))
    (folder / "catalog.yaml").write_bytes(DEMO_CATALOG.encode("utf-8"))
    (folder / "county.yaml").write_bytes(DEMO_PLAN.encode("utf-8"))


def write_demo(folder: Path, *, seed: int = 20260101) -> None:
    """Make the synthetic county of ``seed`` and write it to ``folder``.

    The folder then holds a complete plan: ``geoplan run FOLDER/county.yaml``.
    """
    write_county(folder, make_county(seed=seed))
