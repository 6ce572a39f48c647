"""The GeoPackage and the QGIS project hold the county's layers, every value has a symbol, and the colours are the map's."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geoplan.errors import LayerError
from geoplan.io.geopackage import write_gpkg
from geoplan.io.geopackage_styles import style_geopackage
from geoplan.report import style
from geoplan.report.qgis_frames import count_class, gather_sites, gather_units, locate_units, step_name
from geoplan.report.qgis_geopackage import CoverageLayers, write_coverage_gpkg
from geoplan.report.qgis_layers import count_categories, name_columns, state_categories
from geoplan.report.qgis_project import arrange_layers, write_qgis_project
from geoplan.report.qgis_symbols import Category, LayerStyle, Symbol, rgba, style_qml

# The system's Python, not that of the environment the tests run in: QGIS comes with it.
SYSTEM_PYTHON = shutil.which("python3", path=os.defpath)


def load_scene() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_scene", Path(__file__).with_name("coverage_scene.py"))
    assert spec is not None
    assert spec.loader is not None
    scene = importlib.util.module_from_spec(spec)
    sys.modules["coverage_scene"] = scene
    spec.loader.exec_module(scene)
    return scene


@pytest.fixture(scope="module")
def scene(small: Any) -> Any:
    return load_scene().make_coverage(small.result, small.standards)


def write(path: Path, small: Any, scene: Any, language: str = "zh") -> CoverageLayers:
    result = small.result
    wide = result.demand.settlements.merge(result.candidacy.candidacy, on="settlement_id")
    return write_coverage_gpkg(
        path, plan=small.plan, demand=result.demand, coverage=result.coverage, standards=small.standards, ledger=scene.ledger,
        settlements=wide.assign(holder_name="张三"), facilities=result.access.facilities, sites=result.sites.sites, roads=scene.roads,
        water=scene.water, lines=scene.lines, siting=scene.siting, comparison=scene.comparison, language=language,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(small: Any, scene: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("qgis")
    layers = write(path / "coverage.gpkg", small, scene)
    groups = arrange_layers(layers, language="zh")
    for name in ("coverage.qgz", "coverage.qgs"):
        crs = small.result.demand.settlements.crs
        write_qgis_project(path / name, path / "coverage.gpkg", groups, crs=crs, title="示例县<script>\x00")
    return path


def project_of(folder: Path) -> ET.Element:
    return ET.fromstring((folder / "coverage.qgs").read_bytes())


def styles_of(path: Path) -> list[tuple[str, str, str, int]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT f_table_name, styleName, styleQML, useAsDefault FROM layer_styles ORDER BY id").fetchall()


def categories_of(root: ET.Element) -> dict[str, str]:
    """Return value → fill or line colour (#rrggbb) of a categorised renderer."""
    renderer = root.find("renderer-v2")
    assert renderer is not None
    found = {}
    for one in renderer.iter("category"):
        symbol = renderer.find(f"symbols/symbol[@name='{one.get('symbol')}']")
        assert symbol is not None
        # A line's last symbol layer is the line, those before it are casing; an area's first is the fill.
        layer = symbol.findall("layer")[-1 if symbol.get("type") == "line" else 0]
        words = {w.get("name"): w.get("value") for w in layer.findall("Option/Option")}
        assert words == {w.get("k"): w.get("v") for w in layer.findall("prop")}
        red, green, blue, _ = (int(part) for part in str(words.get("line_color") or words["color"]).split(","))
        found[str(one.get("value"))] = f"#{red:02x}{green:02x}{blue:02x}"
    return found


def test_every_source_of_the_project_is_a_layer_of_the_geopackage(folder: Path) -> None:
    tables = {name for name, _ in pyogrio.list_layers(folder / "coverage.gpkg")}
    sources = [one.text or "" for one in project_of(folder).iter("datasource")]
    assert sources
    for source in sources:
        path, table = source.split("|layername=")
        assert path == "./coverage.gpkg"
        assert table in tables
    assert {one.split("=")[1] for one in sources} == tables - {"layer_styles"}


def test_the_tree_and_the_order_name_every_layer_once(folder: Path) -> None:
    root = project_of(folder)
    ids = [one.findtext("id") for one in root.iter("maplayer")]
    assert len(set(ids)) == len(ids)
    assert [one.get("id") for one in root.iter("layer-tree-layer")] == ids
    assert [one.text for one in root.iter("item")] == ids


def test_every_value_has_a_symbol_and_every_renderer_a_column(folder: Path) -> None:
    for root in project_of(folder).iter("maplayer"):
        table = str(root.findtext("datasource")).split("=")[1]
        renderer = root.find("renderer-v2")
        assert renderer is not None
        attribute = renderer.get("attr")
        if attribute is None:
            continue
        values = gpd.read_file(folder / "coverage.gpkg", layer=table)[attribute]
        assert values.notna().all()
        assert set(values) <= set(categories_of(root)), (table, attribute)


def test_each_table_has_styles_and_one_default_in_the_geopackage(folder: Path) -> None:
    rows = styles_of(folder / "coverage.gpkg")
    tables = {name for name, _ in pyogrio.list_layers(folder / "coverage.gpkg")} - {"layer_styles"}
    assert {one[0] for one in rows} == tables
    for table in tables:
        assert sum(one[3] for one in rows if one[0] == table) == 1
    for table, _, qml, default in rows:
        named = [one.get("field") for one in ET.fromstring(qml).iter("alias")]
        fields = pyogrio.read_info(folder / "coverage.gpkg", layer=table)["fields"].tolist()
        assert named == (fields if default else [])
    with closing(sqlite3.connect(folder / "coverage.gpkg")) as database:
        found = database.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchall()
    assert found == [("attributes",)]


def test_colours_are_those_of_the_map(folder: Path, small: Any) -> None:
    by_name = {(table, name): ET.fromstring(qml) for table, name, qml, _ in styles_of(folder / "coverage.gpkg")}
    item = small.standards.items[0]
    assert categories_of(by_name["groups", item.label_zh]) == style.STATE_COLOURS
    counts = categories_of(by_name["groups", "未达标项数"])
    assert [counts[step_name(*one)] for one in style.COUNT_STEPS] == list(style.COUNT_COLOURS)
    assert (counts["0"], counts["unknown"]) == (style.STATE_COLOURS["covered"], style.STATE_COLOURS["unknown"])
    assert categories_of(by_name["settlements", "自然村"]) == style.RELOCATION_COLOURS
    assert set(categories_of(by_name["candidate_sites", "候选安置点(地块)"]).values()) >= {style.SITE_COLOUR}


def test_unknown_is_hatched_and_dashed() -> None:
    unknown = next(one for one in state_categories("fill", "zh") if one.value == "unknown")
    text = style_qml(LayerStyle((unknown,), "coverage"), ["coverage"])
    assert "b_diagonal" in text
    assert '"dash"' in text


def test_units_hold_the_roll_up_and_count_what_they_do_not_meet(small: Any) -> None:
    roll_up, demand = small.result.coverage.groups, small.result.demand
    found = gather_units(roll_up, demand.groups, small.standards).set_index("code")
    assert found.index.tolist() == demand.groups.code.tolist()
    for code, part in roll_up.groupby("code"):
        states = part.coverage.tolist()
        short = sum(one in ("gap", "unreachable") for one in states)
        assert (found.loc[code, "items_short"], found.loc[code, "items_unknown"]) == (short, states.count("unknown"))
        for one in part.itertuples():
            assert found.loc[code, f"coverage_{one.item}"] == one.coverage
            assert found.loc[code, f"short_{one.item}_persons"] == one.gap_persons + one.unreachable_persons
    assert found["state"].iloc[-1] == "empty"
    assert (found[[name for name in found if name.startswith("coverage_")]].iloc[-1] == "empty").all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.booleans())
def test_a_class_of_counts_always_has_a_colour_and_unknown_is_never_met(short: int, unknown: int, settled: bool) -> None:
    found = count_class(short, unknown, settled)
    assert found in {one.value for one in count_categories("zh")}
    assert (found == "0") == (settled and short == 0 and unknown == 0)


def test_every_gap_lies_in_its_unit(folder: Path, small: Any, scene: Any) -> None:
    gaps = gpd.read_file(folder / "coverage.gpkg", layer="open_gaps")
    assert gaps.gap_id.tolist() == scene.ledger.ledger.gap_id.tolist()
    demand = small.result.demand
    units = pd.concat([demand.groups, demand.villages, demand.townships]).set_index("code").geometry
    assert all(units[code].contains(point) for code, point in zip(gaps.unit_code, gaps.geometry, strict=True))


def test_a_unit_without_a_polygon_is_where_most_of_its_people_live(small: Any) -> None:
    from dataclasses import replace

    demand = replace(small.result.demand, groups=small.result.demand.groups.iloc[:0])
    places = locate_units(demand)
    inside = demand.settlements[demand.settlements.group_code == demand.settlements.group_code.iloc[0]]
    assert places[inside.group_code.iloc[0]] == inside.loc[inside.persons.idxmax()].geometry


def test_sites_are_parted_by_shape_and_none_is_lost(small: Any) -> None:
    sites = small.result.sites.sites
    parts = gather_sites(sites)
    assert sorted(pd.concat(list(parts.values())).site_id) == sorted(sites.site_id)
    assert set(parts["candidate_places"].geom_type) == {"Point"}


def test_the_same_input_gives_the_same_bytes(folder: Path, small: Any, scene: Any, tmp_path: Path) -> None:
    layers = write(tmp_path / "coverage.gpkg", small, scene)
    groups = arrange_layers(layers, language="zh")
    crs = small.result.demand.settlements.crs
    write_qgis_project(tmp_path / "coverage.qgz", tmp_path / "coverage.gpkg", groups, crs=crs, title="示例县<script>\x00")
    for name in ("coverage.gpkg", "coverage.qgz"):
        assert hashlib.sha256((tmp_path / name).read_bytes()).digest() == hashlib.sha256((folder / name).read_bytes()).digest()


def test_the_packed_project_is_the_plain_one(folder: Path) -> None:
    with zipfile.ZipFile(folder / "coverage.qgz") as packed:
        assert packed.namelist() == ["coverage.qgs"]
        assert packed.read("coverage.qgs") == (folder / "coverage.qgs").read_bytes()


def test_names_and_paths_of_the_machine_and_of_people_stay_out(folder: Path) -> None:
    text = (folder / "coverage.qgs").read_text(encoding="utf-8")
    assert str(folder) not in text
    assert "<script>" not in text
    assert "张三" not in text
    assert "张三".encode() not in (folder / "coverage.gpkg").read_bytes()


def test_columns_are_named_in_chinese(small: Any) -> None:
    item = small.standards.items[0]
    found = name_columns(["persons", f"short_{item.id}_persons", f"coverage_{item.id}", "nobody_named_it"], small.standards, "zh")
    assert found == {
        "persons": "人口(人)",
        f"short_{item.id}_persons": f"{item.label_zh}:缺口人数",
        f"coverage_{item.id}": item.label_zh,
    }


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_words_make_a_style_that_parses(value: str, words: str) -> None:
    one = LayerStyle((Category(value, words, Symbol("marker", "#123456")),), "a", "a", aliases={"a": words})
    root = ET.fromstring(style_qml(one, ["a"]))
    assert root.find("renderer-v2").get("attr") == "a"  # type: ignore[union-attr]


def test_colours_are_written_as_four_numbers() -> None:
    assert rgba("#00ff7f", 10) == "0,255,127,10"


def test_styles_replace_those_before_and_name_only_layers_that_exist(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"a": ["x"]}, geometry=[Point(0, 0)], crs=4544)
    path = write_gpkg({"p": frame, "t": pd.DataFrame({"b": [1]})}, tmp_path / "a.gpkg")
    style_geopackage(path, {"p": {"old": "<qgis/>"}})
    style_geopackage(path, {"p": {"one": "<qgis/>", "two": "<qgis/>"}, "t": {"three": "<qgis/>"}})
    assert [(one[0], one[1], one[3]) for one in styles_of(path)] == [("p", "one", 1), ("p", "two", 0), ("t", "three", 1)]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT f_geometry_column FROM layer_styles").fetchall() == [("geom",), ("geom",), ("",)]
    with pytest.raises(LayerError, match="no layer q") as caught:
        style_geopackage(path, {"q": {"one": "<qgis/>"}})
    assert caught.value.code == "STYLE-NO-LAYER"
    assert len(styles_of(path)) == 3


def test_a_result_without_polygons_has_layers_of_points_only(small: Any, scene: Any, tmp_path: Path) -> None:
    from dataclasses import replace

    bare = {level: getattr(small.result.demand, level).iloc[:0] for level in ("groups", "villages", "townships")}
    layers = write_coverage_gpkg(
        tmp_path / "bare.gpkg", plan=small.plan, demand=replace(small.result.demand, **bare), coverage=small.result.coverage,
        standards=small.standards, ledger=scene.ledger,
    )  # fmt: skip
    assert list(layers.frames) == ["settlements", "open_gaps"]
    assert (layers.frames["settlements"]["relocation_class"] == "证据不足").all()
    groups = arrange_layers(layers, language="en")
    assert [one.title for one in groups] == ["facilities and settlements", "gaps and comparison", "item by item (one at a time)"]
    assert {one.table for one in groups[-1].layers} == {"settlements"}
    assert [one.title for one in groups[-1].layers] == [one.label_zh for one in small.standards.items]


_ASK = """
import json, os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
def colour(symbol):
    line = symbol.type() == 1
    return symbol.symbolLayer(symbol.symbolLayerCount() - 1 if line else 0).color().name()
app = QgsApplication([], False)
app.initQgis()
project = QgsProject.instance()
found = {"read": project.read(sys.argv[1]), "crs": project.crs().authid(), "layers": {}}
for one in project.mapLayers().values():
    drawn = one.renderer()
    found["layers"][one.id()] = {
        "valid": one.isValid(), "rows": one.featureCount(), "crs": one.crs().authid(), "labels": one.labelsEnabled(),
        "categories": {c.value(): colour(c.symbol()) for c in drawn.categories()} if drawn.type() == "categorizedSymbol" else None,
        "aliases": [one.attributeAlias(k) for k in range(one.fields().count())],
    }
box = project.viewSettings().defaultViewExtent()
found["extent"] = [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]
layer = QgsVectorLayer(sys.argv[2] + "|layername=groups", "groups", "ogr")
layer.loadDefaultStyle()
found["default"] = [c.value() for c in layer.renderer().categories()]
print("ANSWER" + json.dumps(found), flush=True)
os._exit(0)
"""


def _has_qgis() -> bool:
    if SYSTEM_PYTHON is None:
        return False
    return subprocess.run([SYSTEM_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode == 0


def test_qgis_itself_opens_every_layer_with_its_colours_and_names(folder: Path, small: Any) -> None:
    if not _has_qgis():
        pytest.skip("QGIS is not installed for the system's Python")
    command = [SYSTEM_PYTHON, "-c", _ASK, str(folder / "coverage.qgz"), str(folder / "coverage.gpkg")]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout
    found = json.loads(answer.split("ANSWER")[1])
    assert (found["read"], found["crs"]) == (True, "EPSG:4544")
    ours = {str(one.findtext("id")): one for one in project_of(folder).iter("maplayer")}
    assert set(found["layers"]) == set(ours)
    for name, one in found["layers"].items():
        assert one["valid"]
        assert one["crs"] == "EPSG:4544"
        assert (
            one["rows"]
            == pyogrio.read_info(folder / "coverage.gpkg", layer=str(ours[name].findtext("datasource")).split("=")[1])["features"]
        )
        assert one["labels"] == (ours[name].get("labelsEnabled") == "1")
        assert one["aliases"] == ["", *[alias.get("name") for alias in ours[name].iter("alias")]]
        if one["categories"] is not None:
            assert one["categories"] == categories_of(ours[name])
    bounds = small.result.demand.settlements.total_bounds
    assert (np.array(found["extent"][:2]) < bounds[:2]).all()
    assert (np.array(found["extent"][2:]) > bounds[2:]).all()
    assert found["default"] == [one.value for one in count_categories("zh")]
