"""Write one page per village group, and an index by township, into a folder that opens from disk with no network.

Leaflet, scripts, the county's shapes and the hillshade lie once in ``assets/`` and are loaded by relative path through plain
``<script src>``: this works from ``file://``, where a browser refuses fetch. Tables are written into each page, so they are
there without scripts and on paper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.results import Layers, PlanResult
from geoplan.errors import LayerError
from geoplan.report.assets import css, script, style_payload, templates
from geoplan.report.drawing import CountyDrawing, draw_county, fits_pages
from geoplan.report.encoding import encode_json, page_name
from geoplan.report.group_relocation import print_group_plans
from geoplan.report.maps import MAP_SCRIPTS
from geoplan.report.offline import leaflet_css, leaflet_js
from geoplan.report.page_figures import find_homes, unit_figures
from geoplan.report.page_remedies import print_remedies
from geoplan.report.page_rows import print_rows
from geoplan.report.payload import page_level
from geoplan.report.relocation_parts import RelocationParts
from geoplan.report.routes import RouteBook, page_routes

PAGE_SCRIPTS = (*MAP_SCRIPTS, "routes.js", "group.js")
"""Scripts that draw the map of a page."""
Progress = Callable[[int, int], None]
Keep = Callable[[int, str, str], None]


def write_group_pages(
    result: PlanResult,
    *,
    plan: PlanConfig,
    standards: StandardsProfile,
    layers: Layers,
    folder: Path,
    language: str | None = None,
    progress: Progress | None = None,
    drawing: CountyDrawing | None = None,
    routes: RouteBook | None = None,
    relocation: RelocationParts | None = None,
    ledger: pd.DataFrame | None = None,
    keep: Keep | None = None,
) -> list[str]:
    """Write ``index.html``, one page per village group and ``assets/`` into ``folder``; return the names written.

    Without groups there is a page per administrative village, else per township; without any of them only the index.

    Parameters
    ----------
    folder
        Made if absent; the county map links to it as ``groups/``.
    language
        ``zh`` or ``en``; the plan's own without it.
    progress
        Called with (pages done, pages in all).
    drawing
        What the county map was drawn from, where the caller has it; taken where it suits the pages, otherwise made here.
    routes
        Ways of the settlements, from `routes.encode_routes`; each page draws those of its own. None without it.
    relocation
        What the relocation room handed on: each page then says whether its group moves, where to, how sure that is, and what it costs.
    ledger
        `LedgerResult.ledger`: each gap then has its remedy, cost and number in the ledger; the profile's usual remedy without it.
    keep
        Called with the place of every unit, the HTML of its page's main part and its ways as JSON: what `county_book` binds into one file.
    """
    chosen = language or plan.language
    level = page_level(result)
    if drawing is None or not fits_pages(drawing, result):
        drawing = draw_county(result, plan=plan, standards=standards, layers=layers, level=level)
    data = drawing.data
    written = _write_assets(folder, drawing, chosen)
    environment = templates(chosen)
    page, main = environment.get_template("group.html"), environment.get_template("group_body.html")
    has_moves = relocation is not None and relocation.allocation is not None
    shared = _shared(plan, data, level, chosen) | {"has_moves": has_moves}
    homes, rows = (
        find_homes(data, level),
        print_rows(data, result, chosen, remedies=print_remedies(data, ledger, chosen, level=level)),
    )
    members = _find_members(data)
    plans = print_group_plans(data, relocation, chosen, level=level)
    for index, (unit, home, items, settlements) in enumerate(
        zip(data["units"], homes, rows.items, rows.settlements, strict=True)
    ):
        name = page_name(unit["c"])
        ways = "" if routes is None else page_routes(routes, plan, members[index])
        body = main.render(
            **shared, unit=unit, **unit_figures(unit), items=items, settlements=settlements, routes=ways, plan_block=plans[index]
        )
        _write(page.render(**shared, unit=unit, index=index, home=home, body=body, routes=ways), folder / name)
        if keep is not None:
            keep(index, body, ways)
        written.append(name)
        if progress is not None:
            progress(index + 1, len(data["units"]))
    _write(environment.get_template("index.html").render(**shared, **_index(data, homes)), folder / "index.html")
    return [*written, "index.html"]


def _find_members(data: Mapping[str, Any]) -> list[list[tuple[int, str]]]:
    """Return, per unit, the place and id of its settlements."""
    members: list[list[tuple[int, str]]] = [[] for _ in data["units"]]
    for place, (unit, code) in enumerate(zip(data["settlements"]["u"], data["settlements"]["id"], strict=True)):
        if unit >= 0:
            members[unit].append((place, code))
    return members


def _write(text: str, path: Path) -> None:
    """Write one page without waiting for the disk: the folder counts as written only when the caller publishes it whole.

    Syncing each of 700 small files on its own took 14 s of 18 on a busy disk.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "replace"))
    except OSError as error:
        raise LayerError(
            f"{path} cannot be written: {error.strerror or error}",
            code="OUTPUT-UNWRITABLE",
            remedy="Check the path, its permissions and space.",
        ) from error


def _shared(plan: PlanConfig, data: Mapping[str, Any], level: str, language: str) -> dict[str, Any]:
    """Return what every page prints."""
    zh = language == "zh"
    return {
        "t": (lambda zh_text, en_text: zh_text) if zh else (lambda zh_text, en_text: en_text), "language": language,
        "county": plan.name if zh else plan.name_en or plan.name, "year": plan.year, "standard": data["standard"][language],
        "vintages": Markup("<ul>{}</ul>").format(Markup().join(print_vintage(one) for one in data["vintages"])), "level": level,
    }  # fmt: skip


def print_vintage(one: Mapping[str, str]) -> Markup:
    """Return a layer's vintage, licence and source as a list entry."""
    tail = Markup(" · {}").format(one["source"]) if one["source"] else ""
    return Markup("<li>{}: {} · {}{}</li>").format(one["id"], one["vintage"], one["licence"], tail)


def _write_assets(folder: Path, drawing: CountyDrawing, language: str) -> list[str]:
    """Write what all pages share."""
    shade = drawing.background
    background = encode_json(None if shade is None else {"uri": shade.uri, "bounds": shade.bounds_lonlat})
    county = drawing.encode_for(language)
    files = {
        "assets/leaflet.js": leaflet_js(),
        "assets/page.css": leaflet_css() + "\n" + css("popup.css", "page.css"),
        "assets/county.js": f'window.GEOPLAN={{"data":{county},"style":{encode_json(style_payload())},"background":{background}}};\n',
        "assets/page.js": '(function () {\n"use strict";\n' + script(*PAGE_SCRIPTS, "boot_group.js") + "\n})();\n",
        "assets/index.js": script("index.js"),
    }
    for name, text in files.items():
        _write(text, folder / name)
    return list(files)


def _index(data: Mapping[str, Any], homes: list[dict[str, str]]) -> dict[str, Any]:
    """Return the index: units by township in the order of their codes, with totals that add up."""
    groups: dict[str, dict[str, Any]] = {}
    for unit, home in zip(data["units"], homes, strict=True):
        township = groups.setdefault(
            home["township_code"], {"name": home["township"], "code": home["township_code"], "units": [], "people": 0}
        )
        township["units"].append(
            {
                **unit_figures(unit),
                "name": unit["n"] or unit["c"],
                "code": unit["c"],
                "href": page_name(unit["c"]),
                "village": home["village"],
                "settlements": unit["m"],
                "uncounted": unit["q"],
            }
        )
        township["people"] += unit["p"] or 0
    ordered = [groups[code] for code in sorted(groups)]
    return {
        "townships": ordered, "units_total": sum(len(one["units"]) for one in ordered), "people_total": sum(one["people"] for one in ordered),
        "settlements_total": len(data["settlements"]["id"]), "uncounted_total": sum(unit["uncounted"] for one in ordered for unit in one["units"]),
    }  # fmt: skip
