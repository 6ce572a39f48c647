"""Write a run's output folder: tables, GeoPackage, GeoJSON, maps, pages and manifest, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from geoplan.contracts.status import RelocationClass
from geoplan.report.coverage_tables import write_coverage_tables
from geoplan.report.manifest import MANIFEST, outputs_recipe
from geoplan.report.rasters import write_surfaces
from geoplan.report.relocation_tables import write_relocation_tables
from geoplan.spatial.aggregate import widen_roll_up
from geoplan.spatial.threads import calm_threads
from geoplan.stages import digest_json, software_versions

if TYPE_CHECKING:
    from geoplan.contracts.results import Layers
    from geoplan.plan import RunResult
    from geoplan.report.drawing import CountyDrawing
    from geoplan.report.routes import RouteBook

Tell = Callable[[str], None]
_CANDIDATE_COLUMNS = (
    "settlement_id name group_code village_code township_code persons households rank relocation_class candidacy_score score_low "
    "score_high evidence_share remoteness_index hazard_status worst_kind worst_class veto reason_zh reason_en geometry"
).split()


def write_outputs(result: RunResult, folder: str | Path, *, language: str | None = None, tell: Tell | None = None) -> Path:
    """Write everything a run found into ``folder``.

    The folder is built under a temporary name and swapped in whole. A folder that geoplan did not make is never replaced.

    Parameters
    ----------
    result
        Result of `Plan.run`.
    folder
        Output folder.
    language
        ``zh`` or ``en``; the plan's by default.
    tell
        Called with a word on what is being written.
    """
    from geoplan.io.export import publish_folder

    folder = Path(folder)
    tell = tell or (lambda _: None)
    publish_folder(lambda scratch: _build(result, scratch, language, tell), folder)
    return folder


def write_candidate_sites(result: RunResult, path: str | Path) -> Path:
    """Write the rated receiving sites as strict RFC 7946 GeoJSON."""
    from geoplan.io.export import exportable, write_geojson

    path = Path(path)
    write_geojson(exportable(result.sites.sites, personal=_personal(result)), path)
    return path


def _personal(result: RunResult) -> list[str]:
    return [] if result.plan is None else list(result.plan.documents.plan.output.personal_columns)


def _build(result: RunResult, folder: Path, language: str | None, tell: Tell) -> None:
    if result.plan is None:
        raise ValueError("a result without its plan cannot be written")
    plan = result.plan
    config = plan.documents.plan
    spoken = language or config.language
    layers = plan.layers()
    with calm_threads(), ThreadPoolExecutor(1) as pool:
        # Writing files mostly waits; pages are drawn meanwhile.
        tell("tables")
        tables = pool.submit(_write_tables, result, folder, layers, spoken)
        for service in config.output.rasters:
            tell("rasters")
            write_surfaces(plan, service, folder / "travel_time")
        tell("maps")
        _write_faces(result, layers, folder, spoken)
        tables.result()
        for theme in config.output.static_maps:
            tell("sheets")
            _write_sheet(result, theme, folder, spoken)
    tell("manifest")
    _write_manifest(result, layers, folder, spoken)


def _write_tables(result: RunResult, folder: Path, layers: Layers, language: str) -> None:
    from geoplan.io.export import exportable, write_geojson, write_gpkg, write_parquet

    personal = _personal(result)
    settlements = exportable(result.settlements, personal=personal)
    sites = exportable(result.sites.sites, personal=personal)
    write_parquet(settlements, folder / "settlements.parquet")
    coverage, demand = result.coverage, result.demand
    units = {
        "groups": (coverage.groups, demand.groups),
        "villages": (coverage.villages, demand.villages),
        "townships": (coverage.townships, demand.townships),
        "county": (coverage.county, demand.county),
    }
    mapped: dict[str, gpd.GeoDataFrame] = {"settlements": settlements}
    for name, (roll_up, frame) in units.items():
        write_parquet(roll_up, folder / f"{name}.parquet")
        if len(roll_up):
            mapped[name] = widen_roll_up(roll_up, frame)
    mapped["candidate_sites"] = sites
    write_gpkg(mapped, folder / "settlements.gpkg")
    for name, table in (
        ("gaps", coverage.gaps),
        ("times", result.access.times),
        ("exposure", result.exposure.exposure),
        ("contributions", result.candidacy.contributions),
        ("exclusions", result.sites.exclusions),
    ):
        write_parquet(table, folder / f"{name}.parquet")
    write_relocation_tables(result, folder / "relocation", personal=personal)
    write_coverage_tables(result, folder / "coverage")
    _write_office(result, settlements, sites, layers, folder, language)
    write_geojson(sites, folder / "candidate_sites.geojson")
    order = settlements.sort_values(["rank", "settlement_id"], kind="stable")
    write_geojson(order[[name for name in _CANDIDATE_COLUMNS if name in order.columns]], folder / "candidates.geojson")


def _write_office(
    result: RunResult, settlements: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, layers: Layers, folder: Path, language: str
) -> None:
    """Write what offices open: the workbook, and the GeoPackage with its QGIS project."""
    from geoplan.report.qgis_geopackage import write_coverage_gpkg
    from geoplan.report.qgis_project import arrange_layers, write_qgis_project
    from geoplan.report.workbook import write_workbook

    assert result.plan is not None
    documents = result.plan.documents
    plan = documents.plan
    shared: dict[str, Any] = {
        "plan": plan,
        "demand": result.demand,
        "coverage": result.coverage,
        "standards": documents.standards,
        "ledger": result.ledger,
        "water": result.water,
        "roads": result.programme,
        "siting": result.siting,
        "comparison": result.comparison,
        "language": language,
    }
    write_workbook(
        folder / "ledger.xlsx",
        **shared,
        seats=result.seats,
        ranking=result.ranking,
        decision=result.decision,
        allocation=result.allocation,
        records=layers.records,
    )
    drawn = write_coverage_gpkg(
        folder / "coverage.gpkg", **shared, settlements=settlements, facilities=result.access.facilities, sites=sites, lines=result.lines
    )
    name = plan.name if language == "zh" else plan.name_en or plan.name
    write_qgis_project(folder / "coverage.qgz", folder / "coverage.gpkg", arrange_layers(drawn, language=language), crs=layers.crs, title=name)


def _write_sheet(result: RunResult, theme: str, folder: Path, language: str) -> None:
    """Write one map for documents."""
    from geoplan.report.static_maps import write_static_map

    assert result.plan is not None
    output = result.plan.documents.plan.output
    (folder / "maps").mkdir(exist_ok=True)
    write_static_map(result, folder / "maps" / f"{theme}.{output.static_format}", theme, paper=output.static_paper, language=language)


def _write_faces(result: RunResult, layers: Layers, folder: Path, language: str) -> None:
    from geoplan.io.export import write_text
    from geoplan.report.drawing import draw_county
    from geoplan.report.maps import coverage_map
    from geoplan.report.pages import write_group_pages
    from geoplan.report.programme_page import programme_map
    from geoplan.report.quality import quality_page
    from geoplan.report.relocation_parts import take_parts

    assert result.plan is not None
    documents = result.plan.documents
    with ThreadPoolExecutor(1) as pool:
        # The search for the ways lets go of the interpreter: the county map is drawn meanwhile.
        routes = pool.submit(_gather_routes, result) if documents.plan.output.group_pages else None
        drawing = draw_county(result, plan=documents.plan, standards=documents.standards, layers=layers)
        drawn = coverage_map(
            result, plan=documents.plan, standards=documents.standards, layers=layers, language=language, drawing=drawing
        )
        write_text(drawn.get_root().render(), folder / "coverage_map.html")
        if routes is not None:
            pages: dict[int, tuple[str, str]] = {}
            write_group_pages(
                result,
                plan=documents.plan,
                standards=documents.standards,
                layers=layers,
                folder=folder / "groups",
                language=language,
                drawing=drawing,
                routes=routes.result(),
                relocation=take_parts(result),
                ledger=result.ledger.ledger,
                keep=lambda place, body, ways: pages.__setitem__(place, (body, ways)),
            )
            _bind_book(result, folder, language, drawing, pages)
        _write_relocation(result, layers, folder, language, drawing)
        built = programme_map(
            result, plan=documents.plan, standards=documents.standards, layers=layers, language=language, drawing=drawing
        )
        write_text(built.get_root().render(), folder / "programme_map.html")
    page = quality_page(result.checks, plan=documents.plan, records=layers.records, language=language)
    write_text(page, folder / "quality.html")


def _bind_book(result: RunResult, folder: Path, language: str, drawing: CountyDrawing, pages: dict[int, tuple[str, str]]) -> None:
    """Write the county in one file, where its pages are drawn at the level of the map."""
    from geoplan.report.county_book import write_county_book
    from geoplan.report.drawing import fits_pages
    from geoplan.report.summary import summarise

    assert result.plan is not None
    documents = result.plan.documents
    if not fits_pages(drawing, result):
        return
    write_county_book(
        result,
        folder / "county.html",
        plan=documents.plan,
        standards=documents.standards,
        drawing=drawing,
        pages=pages,
        sentences=summarise(result, documents.plan, documents.standards, language=language),
        ledger=result.ledger,
        ranking=result.ranking,
        language=language,
    )


def _write_relocation(result: RunResult, layers: Layers, folder: Path, language: str, drawing: CountyDrawing) -> None:
    from geoplan.io.export import write_text
    from geoplan.report.relocation_page import relocation_map
    from geoplan.report.relocation_parts import take_parts
    from geoplan.report.relocation_payload import gather_relocation
    from geoplan.report.site_pages import write_site_pages

    assert result.plan is not None
    documents, parts = result.plan.documents, take_parts(result)
    shared: dict[str, Any] = {
        "parts": parts,
        "plan": documents.plan,
        "standards": documents.standards,
        "layers": layers,
        "profile": documents.relocation,
        "language": language,
        "drawing": drawing,
        "data": gather_relocation(
            result,
            parts,
            drawing.data,
            profile=documents.relocation,
            has_group_pages=documents.plan.output.group_pages,
        ),
    }
    write_text(relocation_map(result, **shared).get_root().render(), folder / "relocation_map.html")
    write_site_pages(result, folder=folder / "sites", **shared)


def _gather_routes(result: RunResult) -> RouteBook:
    """Return the ways that the pages show: of the plan's first season, to the services that matter most."""
    from geoplan.report.routes import choose_services, encode_routes

    assert result.plan is not None
    plan = result.plan.documents.plan
    legs = result.plan.routes(choose_services(plan))
    names = dict(
        zip(result.access.facilities["facility_id"], result.access.facilities["name"].fillna("").astype(str), strict=True)
    )
    return encode_routes(legs, names=names, simplify_m=plan.output.simplify_m / 2, season=plan.access.seasons[0])


def _write_manifest(result: RunResult, layers: Layers, folder: Path, language: str) -> None:
    from dataclasses import asdict

    from geoplan.io.export import write_json
    from geoplan.report.summary import summarise

    assert result.plan is not None
    documents, recipes = result.plan.documents, result.recipes
    profiles: dict[str, Any] = {
        "standards": documents.standards,
        "speeds": documents.speeds,
        "relocation": documents.relocation,
        "walking": documents.walking,
        "costs": documents.costs,
        "water": documents.water,
    }
    files = {one.relative_to(folder).as_posix(): one.stat().st_size for one in sorted(folder.rglob("*")) if one.is_file()}
    write_json(
        {
            "made_by": "geoplan",
            "plan": documents.plan.name,
            "year": documents.plan.year,
            "language": language,
            "recipe": outputs_recipe(result.plan, recipes),
            "stages": recipes,
            "summary": {
                spoken: summarise(result, documents.plan, documents.standards, language=spoken) for spoken in ("zh", "en")
            },
            "layers": [asdict(one) for one in layers.records],
            "profiles": {
                name: {"id": one.id, "label_zh": one.label_zh, "sha256": digest_json(one.model_dump(mode="json"))}
                for name, one in profiles.items()
            },
            "software": software_versions(),
            "counts": _counts(result),
            "timings_s": {name: round(seconds, 3) for name, seconds in result.timings.items()},
            "cached": result.cached,
            "files": files,
        },
        folder / MANIFEST,
    )


def _counts(result: RunResult) -> dict[str, Any]:
    """Return what went in and what came out, so that a reader sees at once whether anything was lost."""
    demand = result.demand.settlements
    classes = result.candidacy.candidacy["relocation_class"].value_counts()
    return {
        "settlements": len(demand),
        "persons": float(demand["persons"].sum()),
        "persons_unknown_settlements": int(demand["persons"].isna().sum()),
        "raster_persons": None
        if demand.empty or result.demand.raster_persons != result.demand.raster_persons
        else result.demand.raster_persons,
        "unplaced_persons": result.demand.unplaced_persons,
        "groups": len(result.demand.groups),
        "villages": len(result.demand.villages),
        "townships": len(result.demand.townships),
        "facilities": len(result.access.facilities),
        "gaps_rows": len(result.coverage.gaps),
        "relocation_class": {one.value: int(classes.get(one.value, 0)) for one in RelocationClass},
        "candidate_sites": len(result.sites.sites),
        "problems": {
            level: sum(1 for one in result.checks.problems if one.severity == level) for level in ("error", "warning", "info")
        },
    }
