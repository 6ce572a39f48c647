"""Read a scenario from its YAML file: shapes that it keeps in files of their own are read into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geoplan.contracts.scenario import Scenario
from geoplan.errors import LayerError
from geoplan.io.documents import parse, read_yaml

_FILES = (".geojson", ".json", ".gpkg", ".shp", ".fgb")


def read_scenario(path: Path) -> Scenario:
    """Return the scenario at ``path``; file names in ``areas`` and ``floods`` are relative to it.

    Raises
    ------
    ConfigError
        ``PLAN-MISSING``, ``PLAN-SYNTAX``, ``PLAN-INVALID`` …, as for a plan file.
    LayerError
        ``SCENARIO-AREA``: a file of shapes cannot be read.
    """
    path = Path(path)
    scenario = parse(Scenario, read_yaml(path), where=str(path))
    plain = scenario.model_dump()
    plain["floods"] = _read_shapes(plain["floods"], path.parent, scenario.crs)
    for stretch in (*plain["close"], *plain["slow"]):
        stretch["areas"] = _read_shapes(stretch["areas"], path.parent, scenario.crs)
    return parse(Scenario, plain, where=str(path))


def take_scenario(told: Scenario | str | Path) -> Scenario:
    """Return a scenario as given, or read from its YAML file; errors as `read_scenario`."""
    return told if isinstance(told, Scenario) else read_scenario(Path(told))


def _read_shapes(entries: list[str], base: Path, crs: str) -> list[str]:
    """Return WKT for every entry, a file's shapes in its place."""
    shapes: list[str] = []
    for one in entries:
        shapes += _read_file(base / one, crs) if one.lower().endswith(_FILES) else [one]
    return shapes


def _read_file(path: Path, crs: str) -> list[str]:
    """Return the shapes of a file as WKT in a CRS."""
    import geopandas as gpd

    try:
        frame: Any = gpd.read_file(path)
    except Exception as error:
        raise LayerError(
            f"{path} cannot be read: {error}", code="SCENARIO-AREA", remedy="Give a GeoJSON or GeoPackage file."
        ) from error
    if frame.crs is None:
        raise LayerError(f"{path} has no CRS", code="SCENARIO-AREA", remedy="Save it with its CRS.")
    shapes = frame.geometry.to_crs(crs)
    return [one.wkt for one in shapes if one is not None and not one.is_empty]
