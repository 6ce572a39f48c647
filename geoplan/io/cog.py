"""Write a grid as a Cloud-Optimized GeoTIFF: tiled, compressed, with overviews, readable in part and over HTTP.

What is not known is NaN in the file as it is here. Overviews are means of what is known, so thin barriers do not grow. The file says
what its numbers are: unit and meaning in the band's description and in its tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio

from geoplan.contracts.grid import Grid
from geoplan.errors import LayerError
from geoplan.io.atomic import replacing

_BLOCK = 512


def write_cog(grid: Grid, path: str | Path, *, description: str, unit: str, tags: Mapping[str, str] | None = None) -> Path:
    """Write a grid as a Cloud-Optimized GeoTIFF, whole or not at all.

    Parameters
    ----------
    grid
        float values, NaN where there is none.
    path
        File to write; a file that is there is replaced.
    description
        What the band holds, in words.
    unit
        Unit of its numbers, such as ``min``.
    tags
        Further facts for the file's tags: source, season, mode …

    Returns
    -------
    pathlib.Path
        ``path``.

    Raises
    ------
    LayerError
        ``COG-EMPTY``: the grid has no cells. ``OUTPUT-UNWRITABLE``: the file cannot be written.
    """
    path = Path(path)
    rows, cols = grid.shape
    if rows == 0 or cols == 0:
        raise LayerError("the grid has no cells", code="COG-EMPTY", layer=path.name, remedy="Check the extent.")
    profile = {
        "driver": "COG", "width": cols, "height": rows, "count": 1, "dtype": "float32", "crs": grid.crs.to_wkt(),
        "transform": grid.transform, "nodata": np.nan, "compress": "DEFLATE", "predictor": 3, "blocksize": _BLOCK,
        "overview_resampling": "average",
    }  # fmt: skip
    with replacing(path) as scratch, rasterio.open(scratch, "w", **profile) as out:
        out.write(np.asarray(grid.values, dtype=np.float32), 1)
        out.set_band_description(1, description)
        out.units = [unit]
        out.update_tags(**{"unit": unit, "nodata_meaning": "no way, or not known", **(tags or {})})
    return path
