"""Draw the map of what to build: one HTML file on folium that opens with no network, with roads, facilities, water, power and two departments' layers.

What is shown comes from `programme_payload.gather_programme`; looks and words of the page are in ``templates/programme*.js``. One chooser shows one
theme at a time, with its figures beside the map; every layer can be switched by itself all the same. A layer nobody has anything for is named as empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.results import Layers, PlanResult
from geoplan.contracts.water_profile import WaterProfile
from geoplan.report.assets import css, script, style_payload, templates
from geoplan.report.drawing import CountyDrawing, draw_county
from geoplan.report.encoding import encode_json
from geoplan.report.maps import describe_basemaps
from geoplan.report.offline import offline_map
from geoplan.report.programme_payload import gather_programme
from geoplan.report.programme_words import words_payload

PROGRAMME_SCRIPTS = (
    "core.js", "features.js", "popups.js", "relocation_layers.js", "search.js", "county.js", "programme_layers.js", "programme_popups.js",
    "programme_panels.js", "programme.js", "basemaps.js",
)  # fmt: skip


def programme_map(
    result: PlanResult,
    *,
    plan: PlanConfig,
    standards: StandardsProfile,
    layers: Layers,
    language: str | None = None,
    drawing: CountyDrawing | None = None,
    costs: CostProfile | None = None,
    water: WaterProfile | None = None,
) -> Any:
    """Return the folium map of what to build where, and of two departments' layers compared.

    Parameters
    ----------
    result, plan, standards, layers
        What a run found, and what it was asked with; a part that is None is left out, and the page says so.
    language
        ``zh`` or ``en`` to begin with (the page has a switch); the plan's own without it.
    drawing
        `draw_county` of the same result, where the caller has it; made here without it.
    costs, water
        Profiles whose prices are named as sources; those of the run's own plan without them, and none where the result has no plan.

    Raises
    ------
    ConfigError
        ``MAP-BASEMAP`` for 天地图 without a key.
    """
    county = drawing or draw_county(result, plan=plan, standards=standards, layers=layers)
    chosen = language or plan.language
    documents = getattr(getattr(result, "plan", None), "documents", None)
    shown = gather_programme(
        result, county.data, plan=plan, standards=standards, layers=layers,
        costs=costs or getattr(documents, "costs", None), water=water or getattr(documents, "water", None),
    )  # fmt: skip
    added = {"language": chosen, "bounds": [round(one, 5) for one in county.bounds], "basemaps": describe_basemaps(plan)}
    made = offline_map(county.bounds, background=county.background, basemaps=plan.output.basemaps, language=chosen)
    _add_page(made, shown, encode_json({**shown, **added}), chosen)
    return made


def _add_page(made: Any, data: Mapping[str, Any], encoded: str, language: str) -> None:
    """Put header, panel, data and scripts around the folium map."""
    from markupsafe import escape

    from geoplan.report.elements import RawParts

    title = programme_title(data, language)
    page = templates().get_template("county.html").render(
        title=title, subtitle=f"{data['profile'][language]} · {data['year']}".removeprefix(" · "), data=encoded,
        style=encode_json(style_payload() | {"programme": words_payload()}), noscript="本页需要启用脚本。 This page needs scripts.",
    )  # fmt: skip
    RawParts(
        header=f"<style>{css('popup.css', 'map.css', 'programme.css')}</style>",
        html=page,
        script=f'(function () {{\nconst map = {made.get_name()};\n"use strict";\n{script(*PROGRAMME_SCRIPTS)}\n{script("boot_programme.js")}\n}})();',
        name="geoplan_programme",
    ).add_to(made)
    made.get_root().title = str(escape(title))


def programme_title(data: Mapping[str, Any], language: str) -> str:
    """Return the map's title from its payload."""
    return f"{data['name']} 建设方案与部门比对图" if language == "zh" else f"{data['nameEn']}: what to build, and layers compared"
