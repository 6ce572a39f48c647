"""Draw the county's coverage map: one HTML file on folium that opens with no network.

What is shown comes from `payload.gather`, what it looks like from `style` and ``templates/``; this file binds the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.results import Layers, PlanResult
from geoplan.errors import ConfigError
from geoplan.report.assets import css, script, style_payload, templates
from geoplan.report.drawing import CountyDrawing, draw_county
from geoplan.report.encoding import encode_json
from geoplan.report.offline import offline_map

if TYPE_CHECKING:
    import folium

MAP_SCRIPTS = ("core.js", "features.js", "popups.js")
_TIANDITU = "https://t{{s}}.tianditu.gov.cn/{0}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={0}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={1}"


def coverage_map(
    result: PlanResult,
    *,
    plan: PlanConfig,
    standards: StandardsProfile,
    layers: Layers,
    language: str | None = None,
    group: str | None = None,
    drawing: CountyDrawing | None = None,
) -> folium.Map:
    """Return the county map, coloured by coverage per village group.

    Parameters
    ----------
    result, plan, standards, layers
        What a run found, and what it was asked with.
    language
        ``zh`` or ``en`` to begin with (the page has a switch); the plan's own without it.
    group
        Code of the unit to open with; the whole county without it.
    drawing
        `draw_county` of the same result, where the caller needs it for more than this map; made here without it.

    Raises
    ------
    ConfigError
        ``MAP-GROUP`` when no unit has that code, ``MAP-BASEMAP`` for 天地图 without a key.
    """
    county = drawing or draw_county(result, plan=plan, standards=standards, layers=layers)
    if group is not None and group not in {unit["c"] for unit in county.data["units"]}:
        raise ConfigError(
            f"no unit of the map has the code {group}",
            code="MAP-GROUP",
            ids=[group],
            remedy="Give a code of result.coverage.groups.",
        )
    chosen = language or plan.language
    data = county.encode_for(chosen, focus=group, basemaps=describe_basemaps(plan))
    made = offline_map(county.bounds, background=county.background, basemaps=plan.output.basemaps, language=chosen)
    _add_page(made, county, data, chosen)
    return made


def describe_basemaps(plan: PlanConfig) -> list[dict[str, Any]]:
    """Return the online base maps that the plan lists, in its order."""
    out: list[dict[str, Any]] = []
    for one in plan.output.basemaps:
        if one == "osm":
            url = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
            out.append(
                {
                    "zh": "OSM(联网)",
                    "en": "OSM (online)",
                    "urls": [url],
                    "attribution": "© OpenStreetMap contributors",
                    "subdomains": "abc",
                }
            )
            continue
        if not plan.output.tianditu_key:
            raise ConfigError(
                "天地图 needs a key",
                code="MAP-BASEMAP",
                column="output.tianditu_key",
                remedy="Set output.tianditu_key or remove tianditu.",
            )
        urls = [_TIANDITU.format(layer, plan.output.tianditu_key) for layer in ("vec", "cva")]
        out.append(
            {"zh": "天地图(联网)", "en": "Tianditu (online)", "urls": urls, "attribution": "天地图", "subdomains": "01234567"}
        )
    return out


def _add_page(made: folium.Map, county: CountyDrawing, data: str, language: str) -> None:
    """Put header, panel, data and scripts around the folium map."""
    from markupsafe import escape

    from geoplan.report.elements import RawParts

    title = page_title(county.data, language)
    page = templates().get_template("county.html").render(
        title=title, subtitle=f"{county.data['standard'][language]} · {county.data['year']}", data=data, style=encode_json(style_payload()),
        noscript="本页需要启用脚本。 This page needs scripts.",
    )  # fmt: skip
    code = script(*MAP_SCRIPTS, "search.js", "county.js", "basemaps.js")
    name = made.get_name()
    RawParts(
        header=f"<style>{css('popup.css', 'map.css')}</style>",
        html=page,
        script=f'(function () {{\nconst map = {name};\n"use strict";\n{code}\n{script("boot_county.js")}\n}})();',
        name="geoplan_app",
    ).add_to(made)
    root: Any = made.get_root()
    root.title = str(escape(title))


def page_title(data: Mapping[str, Any], language: str) -> str:
    """Return the map's title from its payload."""
    name = data["name"] if language == "zh" else data["nameEn"]
    return f"{name} 公共服务达标与搬迁图" if language == "zh" else f"{name}: service coverage and relocation"
