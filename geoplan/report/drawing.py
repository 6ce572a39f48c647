"""Prepare once what the county map and its pages share: the payload, its JSON, and the hillshade beneath it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.results import Layers, PlanResult
from geoplan.report.background import shade_background
from geoplan.report.encoding import encode_json
from geoplan.report.offline import HillshadeImage
from geoplan.report.payload import bounds_lonlat, gather, page_level, unit_level


@dataclass(frozen=True)
class CountyDrawing:
    """A county ready to be drawn.

    Attributes
    ----------
    data
        Payload of `payload.gather`.
    encoded
        The same as JSON that is safe inside a script.
    bounds
        (west, south, east, north) of the county, degrees.
    background
        Hillshade of the plan's DEM; None without one.
    """

    data: Mapping[str, Any]
    encoded: str
    bounds: tuple[float, float, float, float]
    background: HillshadeImage | None

    def encode_for(self, language: str, **more: Any) -> str:
        """Return the JSON of the payload with language, bounds and ``more`` after its own members; the county is not encoded again."""
        added = {"language": language, "bounds": [round(one, 5) for one in self.bounds], **more}
        return f"{self.encoded[:-1]},{encode_json(added)[1:]}"


def draw_county(
    result: PlanResult, *, plan: PlanConfig, standards: StandardsProfile, layers: Layers, level: str | None = None
) -> CountyDrawing:
    """Return what map and pages show of a result.

    Parameters
    ----------
    result, plan, standards, layers
        What a run found, and what it was asked with.
    level
        ``groups``, ``villages`` or ``townships``; the finest with polygons without it.
    """
    with_pages = plan.output.group_pages or level is not None
    data = gather(result, plan=plan, standards=standards, layers=layers, level=level, with_pages=with_pages)
    return CountyDrawing(data, encode_json(data), bounds_lonlat(result), county_background(plan, layers))


def fits_pages(drawing: CountyDrawing, result: PlanResult) -> bool:
    """Tell whether a county map's drawing serves the pages too: same level, and links to the pages.

    Without any polygons the map draws settlements, while the pages still go by group, village or township.
    """
    units = drawing.data["units"]
    return page_level(result) == unit_level(result) == drawing.data["level"] and (not units or "h" in units[0])


def county_background(plan: PlanConfig, layers: Layers) -> HillshadeImage | None:
    """Return the hillshade of the plan's DEM; None where the layer is not there."""
    dem = layers.rasters.get(plan.dem)
    return None if dem is None else shade_background(dem)
