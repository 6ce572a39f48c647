"""Draw the ground that is ruled out as small see-through pictures: what fails by slope alone has more corners than a map page can carry.

Each reason is burnt into cells of Web Mercator (in which Leaflet stretches pictures linearly) and kept as a PNG of one colour on nothing,
some 5–40 kB. The area told beside it is the table's, measured in the working CRS, never that of the picture. By hand: a county of 60 km by
45 km at 1,000 px has cells of 60 m.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from PIL import Image
from pyproj import CRS, Transformer
from rasterio.features import rasterize

from geoplan.contracts.results import SitesResult
from geoplan.report.layers import number_of, text_of

MAX_PX = 1000
EXCLUSION_COLOURS = (
    "#b2182b",
    "#d6604d",
    "#762a83",
    "#2166ac",
    "#8c510a",
    "#1b7837",
    "#bf812d",
    "#35978f",
    "#525252",
    "#c51b7d",
    "#4d4d9a",
)
"""Colours of the reasons in the order applied; beyond the last they begin again."""
_ALPHA = 150
_MERCATOR = CRS.from_epsg(3857)


def describe_exclusions(sites: SitesResult) -> list[dict[str, Any]]:
    """Return every reason that rules out ground, in the order applied: labels, areas (m²; ``ad`` beyond those before), and a picture if mapped."""
    table = sites.exclusions
    if not len(table) or not {"reason", "label_zh", "label_en"} <= set(table.columns):
        return []
    maps: gpd.GeoDataFrame | None = getattr(sites, "exclusion_maps", None)
    if maps is not None and "scope" in maps:
        maps = maps[maps["scope"] == "own"]
    colours = {one: EXCLUSION_COLOURS[k % len(EXCLUSION_COLOURS)] for k, one in enumerate(text_of(table, "reason"))}
    pictures, bounds = ({}, None) if maps is None or maps.empty else _draw_maps(maps, colours)
    columns = {
        "id": text_of(table, "reason"), "zh": text_of(table, "label_zh"), "en": text_of(table, "label_en"),
        "a": number_of(table, "excluded_area_m2", 0), "ad": number_of(table, "added_area_m2", 0),
    }  # fmt: skip
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [row | {"k": colours[row["id"]], "uri": pictures.get(row["id"], ""), "b": bounds} for row in rows]


def _draw_maps(maps: gpd.GeoDataFrame, colours: dict[str, str]) -> tuple[dict[str, str], list[float] | None]:
    """Return reason → picture, and the bounds they share (west, south, east, north), degrees."""
    drawn = maps.to_crs(_MERCATOR)
    there = ~(drawn.geometry.isna() | drawn.geometry.is_empty)
    drawn = drawn[there.to_numpy()]
    if drawn.empty:
        return {}, None
    west, south, east, north = (float(one) for one in drawn.total_bounds)
    size = MAX_PX / max(east - west, north - south, 1.0)
    cols, rows = max(1, round((east - west) * size)), max(1, round((north - south) * size))
    transform = Affine(max(east - west, 1.0) / cols, 0.0, west, 0.0, -max(north - south, 1.0) / rows, north)
    pictures = {
        reason: encode_mask(
            rasterize([(shape, 1)], out_shape=(rows, cols), transform=transform, dtype="uint8") == 1,
            colours.get(reason, "#525252"),
        )
        for reason, shape in zip(text_of(drawn, "reason"), shapely.force_2d(drawn.geometry.to_numpy()), strict=True)
    }
    to_degrees = Transformer.from_crs(_MERCATOR, 4326, always_xy=True)
    (lon0, lat0), (lon1, lat1) = to_degrees.transform(west, south), to_degrees.transform(east, north)
    return pictures, [round(float(one), 6) for one in (lon0, lat0, lon1, lat1)]


def encode_mask(mask: NDArray[np.bool_], colour: str) -> str:
    """Return a mask (rows, cols) as the data URI of a PNG: ``colour`` (``#rrggbb``) half see-through where it is true, nothing elsewhere."""
    picture = Image.frombytes("P", (mask.shape[1], mask.shape[0]), mask.astype(np.uint8).tobytes())
    rgb = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    picture.putpalette([255, 255, 255, *rgb] + [0] * (254 * 3))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=6, bits=1, transparency=bytes([0, _ALPHA]))
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
