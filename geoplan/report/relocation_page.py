"""Draw the relocation map: one HTML file on folium that opens with no network and says who moves where, how sure that is, and what it rests on.

What is shown comes from `relocation_payload.gather_relocation`; looks and words of the page are in ``templates/relocation.js``. The numbers
of the summary box are those of `relocation_parts.balance_people`: moved, unassigned, staying and undecided people are all people of the
county.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.profiles import RelocationProfile, StandardsProfile
from geoplan.contracts.results import Layers, PlanResult
from geoplan.report.assets import css, script, style_payload, templates
from geoplan.report.drawing import CountyDrawing, draw_county
from geoplan.report.encoding import encode_json
from geoplan.report.maps import describe_basemaps
from geoplan.report.offline import offline_map
from geoplan.report.relocation_parts import RelocationParts
from geoplan.report.relocation_payload import gather_relocation
from geoplan.report.relocation_words import words_payload

RELOCATION_SCRIPTS = ("core.js", "features.js", "popups.js", "relocation_layers.js", "relocation_popups.js")


def relocation_map(
    result: PlanResult,
    *,
    parts: RelocationParts,
    plan: PlanConfig,
    standards: StandardsProfile,
    layers: Layers,
    profile: RelocationProfile | None = None,
    language: str | None = None,
    drawing: CountyDrawing | None = None,
    has_site_pages: bool = True,
    data: Mapping[str, Any] | None = None,
) -> Any:
    """Return the folium map of moves, receiving sites, exclusions and certainty.

    Parameters
    ----------
    result, plan, standards, layers
        What a run found, and what it was asked with.
    parts
        What the relocation room handed on; the allocation is needed.
    profile
        Relocation profile, named as the source of the classes.
    language
        ``zh`` or ``en`` to begin with (the page has a switch); the plan's own without it.
    drawing
        `draw_county` of the same result, where the caller has it; made here without it.
    has_site_pages
        Whether ``sites/<site>.html`` lies beside the map (see `site_pages.write_site_pages`); group pages are linked if the plan writes them.
    data
        Payload of `relocation_payload.gather_relocation`, where the caller needs it for the pages too; gathered here without it.

    Raises
    ------
    ConfigError
        ``RELOCATION-ABSENT`` without an allocation, ``MAP-BASEMAP`` for 天地图 without a key.
    """
    parts.need_allocation()
    county = drawing or draw_county(result, plan=plan, standards=standards, layers=layers)
    chosen = language or plan.language
    shown = data or gather_relocation(
        result, parts, county.data, profile=profile, has_group_pages=plan.output.group_pages, has_site_pages=has_site_pages
    )
    added = {"language": chosen, "bounds": [round(one, 5) for one in county.bounds], "basemaps": describe_basemaps(plan)}
    made = offline_map(county.bounds, background=county.background, basemaps=plan.output.basemaps, language=chosen)
    _add_page(made, shown, encode_json({**shown, **added}), chosen)
    return made


def _add_page(made: Any, data: Mapping[str, Any], encoded: str, language: str) -> None:
    """Put header, panel, data and scripts around the folium map."""
    from markupsafe import escape

    from geoplan.report.elements import RawParts

    title = relocation_title(data, language)
    page = templates().get_template("county.html").render(
        title=title, subtitle=f"{data['profile'][language]} · {data['year']}".removeprefix(" · "), data=encoded,
        style=encode_json(style_payload() | {"relocation": words_payload()}), noscript="本页需要启用脚本。 This page needs scripts.",
    )  # fmt: skip
    code = script(*RELOCATION_SCRIPTS, "search.js", "county.js", "relocation.js", "basemaps.js")
    RawParts(
        header=f"<style>{css('popup.css', 'map.css', 'relocation.css')}</style>",
        html=page,
        script=f'(function () {{\nconst map = {made.get_name()};\n"use strict";\n{code}\n{script("boot_relocation.js")}\n}})();',
        name="geoplan_relocation",
    ).add_to(made)
    made.get_root().title = str(escape(title))


def relocation_title(data: Mapping[str, Any], language: str) -> str:
    """Return the map's title from its payload."""
    return f"{data['name']} 搬迁安置图" if language == "zh" else f"{data['nameEn']}: who moves where"
