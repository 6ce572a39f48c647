"""Lay a hillshade of the DEM under the map: one small picture, linear in Web Mercator, inside the page.

Leaflet stretches an image overlay linearly in EPSG:3857, so the shade is warped to a 3857 grid first; stretched straight from
the working CRS it would lie up to a few hundred metres off. The picture is greyed to a light paper tone so that thematic
colours keep their lightness; voids are paper white.
"""

from __future__ import annotations

import base64
import io

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from PIL import Image
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform_bounds

from geoplan.contracts.grid import Grid
from geoplan.report.offline import HillshadeImage
from geoplan.spatial import terrain

MAX_PX = 1000
MAX_URI_BYTES = 300_000
_DARKEST, _LIGHTEST, _PAPER = 150.0, 252.0, 250


def shade_background(dem: Grid, *, max_px: int = MAX_PX, max_uri_bytes: int = MAX_URI_BYTES) -> HillshadeImage:
    """Return the hillshade of ``dem`` (metres, metric CRS) as a light grey JPEG data URI.

    The longer side has at most ``max_px`` pixels; quality, then size, is lowered until the URI fits ``max_uri_bytes``.
    """
    coarse = _thin(dem, 2 * max_px)
    light = terrain.hillshade(coarse).astype(np.float32)
    light[~np.isfinite(coarse.values)] = np.nan
    px = max_px
    while True:
        picture, bounds = _warp(light, coarse, px)
        for quality in (72, 60, 48, 36):
            uri = _encode(picture, quality)
            if len(uri) <= max_uri_bytes:
                return HillshadeImage(uri, bounds)
        px = int(px * 0.8)


def _thin(dem: Grid, most: int) -> Grid:
    """Return every k-th cell so that neither side exceeds ``most`` (a picture needs no more)."""
    step = max(1, -(-max(dem.shape) // most))
    if step == 1:
        return dem
    return Grid(dem.values[step // 2 :: step, step // 2 :: step], rescale(dem.transform, step), dem.crs)


def rescale(transform: Affine, step: float) -> Affine:
    """Return the transform of cells ``step`` times as large with the same corner."""
    return Affine(transform.a * step, transform.b, transform.c, transform.d, transform.e * step, transform.f)


def _warp(light: NDArray[np.float32], grid: Grid, px: int) -> tuple[NDArray[np.uint8], tuple[float, float, float, float]]:
    """Return the picture on a 3857 grid, and its bounds (west, south, east, north) in degrees."""
    west, south, east, north = transform_bounds(grid.crs, "EPSG:3857", *grid.bounds, densify_pts=51)
    size = px / max(east - west, north - south)
    columns, rows = max(1, round((east - west) * size)), max(1, round((north - south) * size))
    out = np.full((rows, columns), np.nan, dtype=np.float32)
    reproject(
        light, out, src_transform=grid.transform, src_crs=grid.crs, src_nodata=np.nan, dst_nodata=np.nan,
        dst_transform=Affine((east - west) / columns, 0.0, west, 0.0, -(north - south) / rows, north), dst_crs="EPSG:3857", resampling=Resampling.average,
    )  # fmt: skip
    tone = _DARKEST + (_LIGHTEST - _DARKEST) * np.clip(out, 0, 255) / 255.0
    picture = np.where(np.isfinite(tone), tone, _PAPER).round().astype(np.uint8)
    to_degrees = Transformer.from_crs(3857, 4326, always_xy=True)
    (lon0, lat0), (lon1, lat1) = to_degrees.transform(west, south), to_degrees.transform(east, north)
    return picture, (lon0, lat0, lon1, lat1)


def _encode(picture: NDArray[np.uint8], quality: int) -> str:
    """Return a JPEG data URI."""
    buffer = io.BytesIO()
    Image.fromarray(picture, mode=None).save(buffer, "JPEG", quality=quality, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
