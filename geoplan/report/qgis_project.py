"""Write a QGIS project over ``coverage.gpkg`` that opens with the map's colours.

The project names the GeoPackage by a relative path, so that the two move together. Its layers lie in groups: works, facilities and settlements, receiving
sites, coverage of units, and each standard item as a layer of its own, of which one shows at a time. By hand: ``out/coverage.qgz`` beside
``out/coverage.gpkg`` names ``./coverage.gpkg|layername=groups``.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import numpy as np
from pyproj import CRS

from geoplan.io.atomic import replacing
from geoplan.report import qgis_frames as gather
from geoplan.report.qgis_geopackage import CoverageLayers, columns_of
from geoplan.report.qgis_layers import LAYER_TITLES
from geoplan.report.qgis_symbols import QGIS_VERSION, Category, LayerStyle, Symbol, style_elements
from geoplan.report.style import label
from geoplan.report.workbook_sheet import clean_text

_GROUPS: Final[tuple[tuple[tuple[str, str], tuple[str, ...]], ...]] = (
    (("工程与布点", "works and siting"), ("proposed_sites", "road_links", "pipes", "lines")),
    (("设施与自然村", "facilities and settlements"), ("facilities", "settlements")),
    (("缺口与比对", "gaps and comparison"), ("open_gaps", "comparison")),
    (("安置点", "receiving sites"), ("candidate_places", "candidate_sites")),
)
_HIDDEN: Final = ("facilities", "open_gaps", "comparison", "villages", "candidate_places", "candidate_sites", "lines", "pipes")
"""Off when the project is opened; one click away."""


@dataclass(frozen=True)
class ProjectLayer:
    """One layer of the project: a table, how it looks, its title, whether it shows, and what it spans (west, south, east, north)."""

    table: str
    style: LayerStyle
    title: str
    shown: bool
    extent: tuple[float, float, float, float]
    columns: tuple[str, ...]

    @property
    def id(self) -> str:
        """Identifier: the same for the same table and title."""
        return f"{self.table}_{hashlib.sha256(f'{self.table}|{self.title}'.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class ProjectGroup:
    """Layers under one heading, topmost first; of an ``exclusive`` group one shows at a time."""

    title: str
    layers: tuple[ProjectLayer, ...]
    open: bool = True
    exclusive: bool = False


def arrange_layers(layers: CoverageLayers, *, language: str) -> list[ProjectGroup]:
    """Return the groups of the project, topmost first.

    Parameters
    ----------
    layers
        What `write_coverage_gpkg` wrote.
    language
        ``zh`` or ``en``.
    """
    zh = language == "zh"
    groups = []
    for titles, tables in _GROUPS:
        inside = tuple(_default_layer(layers, one, language) for one in tables if one in layers.frames)
        if inside:
            groups.append(ProjectGroup(label(titles, language), inside))
    units = [_default_layer(layers, one, language) for one in reversed(gather.UNIT_LEVELS) if one in layers.frames]
    if "townships" in layers.frames:
        bounds = next(one for one in units if one.table == "townships")
        outline = Symbol("fill", "", outline="#3a3a3a", width_mm=0.5)
        drawn = replace(bounds.style, categories=(Category("", "乡镇界" if zh else "township", outline),), attribute="")
        top = replace(bounds, style=drawn, title="乡镇界" if zh else "township boundaries", shown=True)
        units = [top, *units]
    finest = next((one for one in ("groups", "villages", "townships", "settlements") if one in layers.frames), None)
    if units:
        units = [replace(one, shown=one.title == units[0].title or one.table == finest) for one in units]
        groups.append(ProjectGroup("达标情况" if zh else "coverage", tuple(units)))
    if finest is not None:
        named = list(layers.styles[finest].items())[1:]
        base = _default_layer(layers, finest, language)
        inside = tuple(replace(base, style=one, title=title, shown=False) for title, one in named)
        if inside:
            groups.append(
                ProjectGroup("逐项达标(一次看一项)" if zh else "item by item (one at a time)", inside, open=False, exclusive=True)
            )
    return groups


def _default_layer(layers: CoverageLayers, table: str, language: str) -> ProjectLayer:
    frame = layers.frames[table]
    style = next(iter(layers.styles[table].values()))
    bounds = tuple(float(one) for one in frame.total_bounds)
    extent = bounds if all(np.isfinite(bounds)) else (0.0, 0.0, 0.0, 0.0)
    title = label(LAYER_TITLES[table], language)
    return ProjectLayer(table, style, title, table not in _HIDDEN, extent, columns_of(frame))  # type: ignore[arg-type]


def write_qgis_project(path: str | Path, gpkg: str | Path, groups: Sequence[ProjectGroup], *, crs: CRS, title: str) -> Path:
    """Write a QGIS project over the layers of a GeoPackage.

    Parameters
    ----------
    path
        ``.qgz`` (packed) or ``.qgs`` file, written whole or not at all; the same bytes for the same input.
    gpkg
        GeoPackage; named by a path relative to the project.
    groups
        `arrange_layers`.
    crs
        Working CRS, of the layers and of the view.
    title
        Shown in the window's title.

    Raises
    ------
    LayerError
        ``OUTPUT-UNWRITABLE``.
    """
    path = Path(path)
    source = Path(os.path.relpath(Path(gpkg).absolute(), path.absolute().parent)).as_posix()
    text = ET.tostring(
        _project(source if source.startswith(".") else f"./{source}", groups, crs, title), encoding="utf-8", xml_declaration=True
    )
    with replacing(path) as scratch:
        if path.suffix.lower() == ".qgz":
            with zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr(zipfile.ZipInfo(f"{path.stem}.qgs", (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
        else:
            scratch.write_bytes(text)
    return path


def _project(source: str, groups: Sequence[ProjectGroup], crs: CRS, title: str) -> ET.Element:
    root = ET.Element("qgis", {"projectname": clean_text(title), "version": QGIS_VERSION})
    ET.SubElement(root, "homePath", {"path": ""})
    ET.SubElement(root, "title").text = clean_text(title)
    ET.SubElement(root, "projectCrs").append(_reference_system(crs))
    tree = ET.SubElement(root, "layer-tree-group")
    ET.SubElement(tree, "customproperties")
    layers = [one for group in groups for one in group.layers]
    for group in groups:
        _tree_group(tree, group, source)
    order = ET.SubElement(tree, "custom-order", {"enabled": "0"})
    for one in layers:
        ET.SubElement(order, "item").text = one.id
    canvas = ET.SubElement(root, "mapcanvas", {"name": "theMapCanvas", "annotationsVisible": "1"})
    ET.SubElement(canvas, "units").text = "meters"
    canvas.append(_extent(_widen(layers)))
    ET.SubElement(canvas, "rotation").text = "0"
    ET.SubElement(canvas, "destinationsrs").append(_reference_system(crs))
    listed = ET.SubElement(root, "projectlayers")
    for one in layers:
        listed.append(_map_layer(one, source, crs))
    sequence = ET.SubElement(root, "layerorder")
    for one in layers:
        ET.SubElement(sequence, "layer", {"id": one.id})
    view = ET.SubElement(root, "ProjectViewSettings", {"UseProjectScales": "0"})
    ET.SubElement(view, "Scales")
    box = dict(zip(("xmin", "ymin", "xmax", "ymax"), map(repr, _widen(layers)), strict=True))
    ET.SubElement(view, "DefaultViewExtent", box).append(_reference_system(crs))
    properties = ET.SubElement(root, "properties")
    ET.SubElement(ET.SubElement(properties, "Paths"), "Absolute", {"type": "bool"}).text = "false"
    projections = ET.SubElement(properties, "SpatialRefSys")
    ET.SubElement(projections, "ProjectionsEnabled", {"type": "int"}).text = "1"
    return root


def _tree_group(tree: ET.Element, group: ProjectGroup, source: str) -> None:
    exclusive = {"mutually-exclusive": "1", "mutually-exclusive-child": "-1"} if group.exclusive else {}
    shown = any(one.shown for one in group.layers)
    words = {"name": clean_text(group.title), "expanded": str(int(group.open)), "checked": _check(shown), **exclusive}
    node = ET.SubElement(tree, "layer-tree-group", words)
    ET.SubElement(node, "customproperties")
    for one in group.layers:
        ET.SubElement(
            node,
            "layer-tree-layer",
            {
                "id": one.id, "name": clean_text(one.title), "providerKey": "ogr", "source": _data_source(source, one), "checked": _check(one.shown),
                "expanded": str(int(one.shown)),
            },
        )  # fmt: skip


def _check(on: bool) -> str:
    return "Qt::Checked" if on else "Qt::Unchecked"


def _data_source(source: str, one: ProjectLayer) -> str:
    return f"{source}|layername={one.table}"


def _widen(layers: Sequence[ProjectLayer]) -> tuple[float, float, float, float]:
    """Return what all layers span, with a margin of a fiftieth."""
    boxes = np.array([one.extent for one in layers if any(one.extent)] or [(0.0, 0.0, 1.0, 1.0)])
    west, south = boxes[:, :2].min(axis=0).tolist()
    east, north = boxes[:, 2:].max(axis=0).tolist()
    margin = 0.02 * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def _extent(box: tuple[float, float, float, float]) -> ET.Element:
    root = ET.Element("extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True):
        ET.SubElement(root, name).text = repr(value)
    return root


def _reference_system(crs: CRS) -> ET.Element:
    """Return a CRS as QGIS writes it: WKT for all, the authority's code where there is one."""
    root = ET.Element("spatialrefsys")
    authority = crs.to_authority()
    name = ":".join(authority) if authority else ""
    words = {
        "wkt": crs.to_wkt("WKT2_2019"), "srid": authority[1] if authority and authority[1].isdigit() else "0", "authid": name,
        "description": crs.name, "geographicflag": str(crs.is_geographic).lower(),
    }  # fmt: skip
    for key, text in words.items():
        ET.SubElement(root, key).text = text
    return root


def _map_layer(one: ProjectLayer, source: str, crs: CRS) -> ET.Element:
    shape = {"fill": "Polygon", "line": "Line", "marker": "Point"}[one.style.categories[0].symbol.shape]
    root = ET.Element(
        "maplayer",
        {
            "type": "vector",
            "geometry": shape,
            "styleCategories": "AllStyleCategories",
            "labelsEnabled": "1" if one.style.label_column else "0",
        },
    )
    root.append(_extent(one.extent))
    for key, text in (("id", one.id), ("datasource", _data_source(source, one)), ("layername", clean_text(one.title))):
        ET.SubElement(root, key).text = text
    ET.SubElement(root, "srs").append(_reference_system(crs))
    ET.SubElement(root, "provider", {"encoding": "UTF-8"}).text = "ogr"
    flags = ET.SubElement(root, "flags")
    for key in ("Identifiable", "Removable", "Searchable"):
        ET.SubElement(flags, key).text = "1"
    root.extend(style_elements(one.style, one.columns))
    return root
