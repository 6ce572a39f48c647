"""Write one page per receiving site that was opened, and an index by township, into a folder that opens from disk with no network.

As the pages of groups (`geoplan.report.pages`): shared scripts and shapes lie once in ``assets/``, tables are in each page and on paper
without scripts. Pages of groups are linked as ``../groups/``, the map as ``../relocation_map.html``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.profiles import RelocationProfile, StandardsProfile
from geoplan.contracts.relocation import DecisionResult
from geoplan.contracts.results import Layers, PlanResult
from geoplan.errors import LayerError
from geoplan.report import style
from geoplan.report.assets import css, script, style_payload, templates
from geoplan.report.drawing import CountyDrawing, draw_county
from geoplan.report.encoding import encode_json
from geoplan.report.offline import leaflet_css, leaflet_js
from geoplan.report.relocation_page import RELOCATION_SCRIPTS
from geoplan.report.relocation_parts import RelocationParts
from geoplan.report.relocation_payload import gather_relocation
from geoplan.report.relocation_words import BINDING_LABELS, KIND_LABELS, format_yuan, say, site_page_name, words_payload
from geoplan.report.site_hazards import measure_hazards
from geoplan.report.site_rows import (
    cost_rows,
    hazard_rows,
    list_ceilings,
    list_comers,
    safety_words,
    score_rows,
    tell,
)


def write_site_pages(
    result: PlanResult,
    *,
    parts: RelocationParts,
    plan: PlanConfig,
    standards: StandardsProfile,
    layers: Layers,
    folder: Path,
    profile: RelocationProfile | None = None,
    language: str | None = None,
    drawing: CountyDrawing | None = None,
    data: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write ``index.html``, a page per opened site and ``assets/`` into ``folder``; return the names written.

    Parameters
    ----------
    result, plan, standards, layers
        What a run found, and what it was asked with.
    parts
        What the relocation room handed on; the allocation is needed.
    folder
        Made if absent; the relocation map links to it as ``sites/``.
    profile
        Relocation profile, named as the source of the classes.
    language
        ``zh`` or ``en``; the plan's own without it.
    drawing
        `draw_county` of the same result, where the caller has it.
    data
        Payload of `relocation_payload.gather_relocation`, where the caller has it from the map.

    Raises
    ------
    ConfigError
        ``RELOCATION-ABSENT`` without an allocation.
    LayerError
        ``OUTPUT-UNWRITABLE``.
    """
    parts.need_allocation()
    chosen = language or plan.language
    county = drawing or draw_county(result, plan=plan, standards=standards, layers=layers)
    data = data or gather_relocation(result, parts, county.data, profile=profile, has_group_pages=plan.output.group_pages)
    written = _write_assets(folder, data, county, chosen)
    environment = templates(chosen)
    page, shared = environment.get_template("site.html"), _shared(plan, data, chosen)
    book = _open_book(result, plan, layers, parts)
    for number, one in enumerate(data["sites"]):
        if not one["o"]:
            continue
        name = site_page_name(one["i"])
        _write(page.render(**shared, **_describe_site(data, number, book, chosen)), folder / name)
        written.append(name)
    _write(environment.get_template("sites_index.html").render(**shared, **_index(data, chosen)), folder / "index.html")
    return [*written, "index.html"]


def _shared(plan: PlanConfig, data: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return what every page prints."""
    zh = language == "zh"
    vintages = Markup().join(
        Markup("<li>{}: {} · {}{}</li>").format(one["id"], one["vintage"], one["licence"], Markup(" · {}").format(one["source"]) if one["source"] else "")
        for one in data["vintages"]
    )  # fmt: skip
    return {
        "t": (lambda chinese, _: chinese) if zh else (lambda _, english: english), "language": language,
        "county": plan.name if zh else plan.name_en or plan.name, "year": plan.year, "profile": data["profile"][language],
        "vintages": Markup("<ul>{}</ul>").format(vintages),
    }  # fmt: skip


def _write_assets(folder: Path, data: Mapping[str, Any], county: CountyDrawing, language: str) -> list[str]:
    """Write what all pages share."""
    shade = county.background
    background = encode_json(None if shade is None else {"uri": shade.uri, "bounds": shade.bounds_lonlat})
    # Ruled-out ground and links are on the map alone.
    encoded = encode_json({**data, "language": language, "exclusions": [], "links": []})
    looks = encode_json(style_payload() | {"relocation": words_payload()})
    files = {
        "assets/leaflet.js": leaflet_js(),
        "assets/page.css": leaflet_css() + "\n" + css("popup.css", "page.css", "relocation.css", "site.css"),
        "assets/county.js": f'window.GEOPLAN={{"data":{encoded},"style":{looks},"background":{background}}};\n',
        "assets/page.js": '(function () {\n"use strict";\n' + script(*RELOCATION_SCRIPTS, "site.js") + "\n})();\n",
        "assets/index.js": script("index.js"),
    }
    for name, text in files.items():
        _write(text, folder / name)
    return list(files)


@dataclass(frozen=True)
class _Book:
    """Tables the pages print from, by site."""

    sites: gpd.GeoDataFrame
    scores: dict[str, pd.DataFrame]
    hazards: dict[str, pd.DataFrame]
    shared: dict[str, dict[str, int]]
    decision: DecisionResult | None
    has_hazards: bool
    margin_m: float


def _open_book(result: PlanResult, plan: PlanConfig, layers: Layers, parts: RelocationParts) -> _Book:
    """Return the tables by site; distances to hazards are measured for opened sites alone."""
    load = parts.need_allocation().sites
    opened = set(load.loc[load["opened"].fillna(value=False).astype(bool), "site_id"].astype(str))
    table = result.sites.sites.assign(site_id=result.sites.sites["site_id"].astype(str)).drop_duplicates("site_id")
    given = parts.need_allocation().settlements
    moved = set(given.loc[given["move"] == "assigned", "group_code"].astype(str))
    measured = measure_hazards(table[table["site_id"].isin(opened)], layers, plan)
    scores: pd.DataFrame | None = getattr(result.sites, "contributions", None)
    return _Book(
        sites=table.set_index("site_id", drop=False), scores={} if scores is None else dict(tuple(scores.groupby(scores["site_id"].astype(str), sort=False))),
        hazards=dict(tuple(measured.groupby("site_id", sort=False))), shared=_count_sharers(getattr(result.sites, "pools", None)),
        decision=_keep_comers(parts.decision, moved),
        has_hazards=bool(plan.hazards), margin_m=plan.sites.hazard_margin_m,
    )  # fmt: skip


def _keep_comers(decision: DecisionResult | None, codes: set[str]) -> DecisionResult | None:
    """Return the costs of moving the groups somebody of which comes to a site: a page then looks through few rows."""
    if decision is None:
        return None
    items = decision.items
    return replace(decision, items=items[(items["side"] == "move") & items["group_code"].astype(str).isin(codes)])


def _count_sharers(pools: pd.DataFrame | None) -> dict[str, dict[str, int]]:
    """Return site → kind of seats → how many other sites draw on the same free seats."""
    if pools is None or pools.empty:
        return {}
    known = pools[pools["pool_id"].fillna("") != ""]
    others = known.groupby("pool_id")["site_id"].transform("nunique") - 1
    out: dict[str, dict[str, int]] = {}
    for site, kind, count in zip(known["site_id"].astype(str), known["kind"], others, strict=True):
        out.setdefault(site, {})[str(kind)] = int(count)
    return out


def _describe_site(data: Mapping[str, Any], number: int, book: _Book, language: str) -> dict[str, Any]:
    """Return everything one page prints."""
    one = data["sites"][number]
    code = one["i"]
    site = book.sites.loc[code] if code in book.sites.index else pd.Series(dtype=object)
    comers = list_comers(data, number, language)
    costs, total = cost_rows(book.decision, {group["code"]: group["people"] for group in comers}, language)
    return {
        "number": number, "site": one, **_figures(data, number, language), "comers": comers,
        "ceilings": list_ceilings(site, one, language, shared=book.shared.get(code)), "basis": tell(data, one["cb"], language),
        "why": tell(data, one["r"], language),
        "scores": score_rows(book.scores[code], language) if code in book.scores else [],
        "is_scaled": code in book.scores and bool((book.scores[code]["status"] == "no_data").any()),
        "safety": safety_words(site, book.has_hazards, book.margin_m, language),
        "hazards": hazard_rows(book.hazards[code], language) if code in book.hazards else [], "costs": costs, "cost_total": total,
    }  # fmt: skip


def _figures(data: Mapping[str, Any], number: int, language: str) -> dict[str, Any]:
    """Return the headline figures of a site."""
    one, table = data["sites"][number], data["settlements"]
    minutes = [table["mn"][k] for k, target in enumerate(table["t"]) if target == number and table["mn"][k] is not None]
    span = style.MISSING if not minutes else style.format_value(max(minutes), "min", language)
    township = next((each["n"] for each in data["townships"] if each["c"] == one["w"]), "") or one["w"]
    share = one["l"]
    return {
        "title": one["n"] or one["i"], "kind": say(KIND_LABELS, one["k"], language), "township": township,
        "persons": style.MISSING if one["p"] is None else f"{one['p']:,}", "households": style.MISSING if one["h"] is None else f"{one['h']:,}",
        "capacity": style.MISSING if one["cp"] is None else f"{one['cp']:,}", "share": style.MISSING if share is None else f"{share:.0%}",
        "width": 0 if share is None else round(100 * min(share, 1.0)), "binding": say(BINDING_LABELS, one["b"], language) if one["b"] else "",
        "farthest": span, "yuan": format_yuan(one["y"], language), "area": style.MISSING if one["a"] is None else f"{one['a'] / 1e4:,.1f} ha",
        "slope": style.MISSING if one["sl"] is None else f"{one['sl']:.1f}°", "score": style.MISSING if one["s"] is None else f"{one['s']:.3f}",
    }  # fmt: skip


def _index(data: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return sites by township in the order of their codes, the fullest first, with totals that add up, and how many stand idle."""
    names = {one["c"]: one["n"] for one in data["townships"]}
    blocks: dict[str, dict[str, Any]] = {}
    for number, one in enumerate(data["sites"]):
        block = blocks.setdefault(
            one["w"], {"code": one["w"], "name": names.get(one["w"], ""), "sites": [], "spare": 0, "people": 0}
        )
        if not one["o"]:
            block["spare"] += 1
            continue
        block["people"] += one["p"] or 0
        block["sites"].append(
            {
                "code": one["i"],
                "href": site_page_name(one["i"]),
                "groups": one["ng"],
                "p": one["p"] or 0,
                **_figures(data, number, language),
            }
        )
    ordered = [blocks[code] for code in sorted(blocks)]
    for block in ordered:
        block["sites"].sort(key=lambda one: (-one["p"], one["code"]))
    return {
        "townships": [one for one in ordered if one["sites"]], "opened_total": sum(len(one["sites"]) for one in ordered),
        "spare_total": sum(one["spare"] for one in ordered), "people_total": sum(one["people"] for one in ordered),
    }  # fmt: skip


def _write(text: str, path: Path) -> None:
    """Write one file without waiting for the disk: the folder counts as written only when the caller publishes it whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "replace"))
    except OSError as error:
        raise LayerError(
            f"{path} cannot be written: {error.strerror or error}",
            code="OUTPUT-UNWRITABLE",
            remedy="Check the path, its permissions and space.",
        ) from error
