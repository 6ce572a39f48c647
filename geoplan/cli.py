"""Run geoplan from a shell: run, check, explain, compare, what-if, site, demo, init, fetch. Exit codes: 0 ok, 1 bug, 2 plan file, 3 data, 4 infeasible."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from geoplan.cli_coverage import add_commands
from geoplan.errors import EXIT_BUG, EXIT_DATA, EXIT_OK, ConfigError, GeoplanError

app = typer.Typer(
    name="geoplan",
    help="Decide with evidence which mountain settlements should move (易地搬迁) and which should be served where they stand.\n\n"
    "Start with `geoplan demo county` and `geoplan run county/county.yaml --out out`, then open out/coverage_map.html.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PlanPath = Annotated[Path, typer.Argument(help="Plan file (YAML). `geoplan init` writes a commented one.", show_default=False)]
CacheOption = Annotated[
    Path | None, typer.Option("--cache", help="Folder for kept stage results; .geoplan-cache beside the plan by default.")
]
LanguageOption = Annotated[
    str | None, typer.Option("--language", help="zh or en; the plan's own by default.", metavar="zh|en", show_default=False)
]


@contextmanager
def _errors_explained() -> Iterator[None]:
    """Turn a `GeoplanError` into one clear message and its exit code; anything else is a bug and keeps its traceback."""
    try:
        yield
    except GeoplanError as error:
        typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(error.exit_code) from error


def _spoken(language: str | None, default: str) -> str:
    if language is None:
        return default
    if language not in ("zh", "en"):
        raise ConfigError(f"no labels in {language!r}", code="LANGUAGE", remedy="Use zh or en.")
    return language


@contextmanager
def _progress(language: str) -> Iterator[Callable[[str, str, float], None]]:
    """Show a bar over the stages on a terminal, and one line per stage elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from geoplan.stages import STAGE, STAGES

    console = Console(stderr=True)

    compiling = (
        "首次使用:正在编译计算内核,约需一分钟,以后不再重复"
        if language == "zh"
        else "first use: compiling the kernels, about a minute, once on this machine"
    )

    def label(stage: str) -> str:
        return STAGE[stage].label_zh if language == "zh" else STAGE[stage].label_en

    if not console.is_terminal:

        def say(stage: str, state: str, seconds: float) -> None:
            if state == "compiling":
                typer.echo(f"  {compiling}", err=True)
            if state == "done":
                typer.echo(f"  {stage:<10} {seconds:6.2f} s", err=True)

        yield say
        return
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=len(STAGES))

        def step(stage: str, state: str, seconds: float) -> None:
            if state == "compiling":
                bar.console.print(compiling)
                return
            bar.update(task, description=label(stage), advance=0 if state == "start" else 1)

        yield step


@app.command()
def run(
    plan: PlanPath,
    out: Annotated[Path, typer.Option("--out", "-o", help="Output folder; replaced whole, never half.", show_default=False)],
    cache: CacheOption = None,
    language: LanguageOption = None,
    force: Annotated[bool, typer.Option("--force", help="Write the outputs again even where nothing changed.")] = False,
) -> None:
    """Read the layers, check them, compute everything and write one output folder.

    Stages whose inputs did not change are taken from the cache; a killed run goes on where it stopped.
    """
    from geoplan.plan import Plan
    from geoplan.report.manifest import is_current, outputs_recipe

    began = time.perf_counter()
    with _errors_explained():
        loaded = Plan.from_yaml(plan, cache=cache)
        spoken = _spoken(language, loaded.documents.plan.language)
        if not force and is_current(out, outputs_recipe(loaded, loaded.recipes()), language=spoken):
            _tell_outcome(out, spoken, f"nothing changed, every stage and output kept ({time.perf_counter() - began:.1f} s)")
            return
        from geoplan.report.outputs import write_outputs

        with _progress(spoken) as step:
            result = loaded.run(progress=step)
            write_outputs(result, out, language=spoken)
        anew = [name for name, kept in result.cached.items() if not kept]
        counted = f"{len(anew) + 1} of {len(result.cached) + 1} stages run ({', '.join([*anew, 'outputs'])}), the rest kept"
        _tell_outcome(out, spoken, f"{counted}; {time.perf_counter() - began:.1f} s")


def _tell_outcome(out: Path, language: str, timing: str) -> None:
    """Print what was found, sentence by sentence, and where to look."""
    from geoplan.report.manifest import read_manifest

    manifest = read_manifest(out) or {}
    for sentence in manifest.get("summary", {}).get(language, []):
        typer.echo(sentence)
    zh = language == "zh"
    places = [
        ("county.html", "全县一个文件:概览、目录、一组一页(离线可开)", "the county in one file: overview, index, a page per group (opens offline)"),
        ("ledger.xlsx", "缺口台账工作簿", "workbook: ledger of gaps"),
        ("coverage_map.html", "覆盖缺口地图(离线可开)", "coverage-gap map (opens offline)"),
        ("relocation_map.html", "搬迁地图:谁搬到哪里(离线可开)", "relocation map: who goes where (opens offline)"),
        ("programme_map.html", "建设方案与部门比对图(离线可开)", "what to build, and lists compared (opens offline)"),
        ("groups/index.html", "一组一页", "one page per village group"),
        ("sites/index.html", "一个安置点一页", "one page per receiving site"),
        ("coverage.qgz", "QGIS 工程(同色)", "QGIS project in the map's colours"),
        ("coverage", "学位、供水、道路、选址、排名等表", "tables: seats, water, roads, where to build, ranking"),
        ("settlements.gpkg", "自然村、汇总与安置点(QGIS)", "settlements, roll-ups and sites (QGIS)"),
        ("candidate_sites.geojson", "候选安置点", "candidate receiving sites"),
        ("candidates.geojson", "搬迁排序", "settlements ranked for relocation"),
        ("relocation", "处置、把握、费用、安置等表", "tables: treatment, certainty, costs, allocation"),
        ("quality.html", "数据质量", "quality of the data"),
        ("manifest.json", "来源、校验与用时", "sources, checksums and timings"),
    ]
    typer.echo("")
    for name, label_zh, label_en in places:
        if (out / name).exists():
            shown = (out / name).as_posix() + ("/" if (out / name).is_dir() else "")
            typer.echo(f"  {shown:<44} {label_zh if zh else label_en}")
    typer.echo(f"\n[{timing}]", err=True)


@app.command()
def check(
    plan: PlanPath,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Also write the quality page (HTML) here.")] = None,
    cache: CacheOption = None,
    language: LanguageOption = None,
) -> None:
    """Find every problem in the inputs in one pass, with ids, severity and remedy.

    Exit code 0 when nothing stops a run, 3 otherwise.
    """
    from geoplan.plan import Plan

    with _errors_explained():
        loaded = Plan.from_yaml(plan, cache=cache)
        spoken = _spoken(language, loaded.documents.plan.language)
        with _progress(spoken) as step:
            report = loaded.check(progress=step)
        zh = spoken == "zh"
        for one in report.problems:
            where = ".".join(part for part in (one.layer, one.column) if part)
            typer.echo(
                f"{one.severity.value:<8} {one.code:<22} {where}: {one.message_zh if zh else one.message_en} ({one.count})"
            )
            if one.ids:
                typer.echo(f"{'':<8} {', '.join(one.ids[:5])}{', …' if one.count > 5 else ''}")
            typer.echo(f"{'':<8} → {one.remedy_zh if zh else one.remedy_en}")
        counts = {level: sum(1 for one in report.problems if one.severity == level) for level in ("error", "warning", "info")}
        typer.echo(", ".join(f"{number} {level}" for level, number in counts.items()))
        if out is not None:
            from geoplan.io.export import write_text
            from geoplan.report.quality import quality_page

            page = quality_page(report, plan=loaded.documents.plan, records=loaded.layers().records, language=spoken)
            write_text(page, out)
            typer.echo(out.as_posix())
    raise typer.Exit(EXIT_OK if report.ok else EXIT_DATA)


@app.command()
def explain(
    plan: PlanPath,
    code: Annotated[str, typer.Argument(help="Settlement id, or code of a village group.", show_default=False)],
    service: Annotated[
        str | None, typer.Option("--service", "-s", help="Tell the path to this service leg by leg.", show_default=False)
    ] = None,
    season: Annotated[
        str | None,
        typer.Option("--season", help="Season of the path; the plan's first by default.", metavar="dry|wet", show_default=False),
    ] = None,
    geojson: Annotated[
        Path | None,
        typer.Option("--geojson", help="Also save the path's line here, one feature per leg (WGS 84).", show_default=False),
    ] = None,
    cache: CacheOption = None,
    language: LanguageOption = None,
) -> None:
    """Say in words why a settlement scores what it scores: every indicator, weight, source and unknown.

    Then what fits its hazards, where it goes or why not, how sure its class is, and what serving and moving its group cost.

    With --service, say how people get there instead: each leg with its road, length, minutes and climb, adding up to the
    time in the tables. Try `geoplan explain county.yaml 990821107211004 --service clinic --season wet --geojson way.geojson`
    and open the line in QGIS.
    """
    from geoplan.plan import Plan

    with _errors_explained():
        loaded = Plan.from_yaml(plan, cache=cache)
        spoken = _spoken(language, loaded.documents.plan.language)
        if service is None and (season is not None or geojson is not None):
            raise ConfigError(
                "a path leads to one service", code="EXPLAIN-SERVICE", remedy="Name it with --service, e.g. --service clinic."
            )
        with _progress(spoken) as step:
            result = loaded.run(progress=step)
        if service is None:
            typer.echo(result.explain(code, language=spoken))
            return
        legs = result.route(code, service, season)
        typer.echo(result.explain_legs(legs, language=spoken))
        if geojson is not None:
            from geoplan.io.export import write_geojson

            typer.echo(write_geojson(legs, geojson).as_posix())


@app.command()
def compare(
    plan: PlanPath,
    scenario: Annotated[
        Path, typer.Argument(help="Scenario (YAML): roads that close or slow, floods, barriers that open.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Also write the difference into this folder.", show_default=False)
    ] = None,
    cache: CacheOption = None,
    language: LanguageOption = None,
) -> None:
    """Say what a landslide, a flood or a closed road changes: who gets there later, no longer, or elsewhere, in people.

    A scenario is a few lines of YAML kept beside the plan, with coordinates in degrees and every key optional but the name:

        name: 滑坡断道,河水上涨
        seasons:
          - wet
        close:
          - landslides:
              - {x: 105.81, y: 32.34, radius_m: 60}
          - crossings:
              - ford
        slow:
          - road_classes:
              - track
            factor: 2
        floods:
          - flood.geojson
        open_barriers:
          - reservoir
    """
    from geoplan.plan import Plan

    with _errors_explained():
        from geoplan.io.scenarios import read_scenario

        loaded = Plan.from_yaml(plan, cache=cache)
        spoken = _spoken(language, loaded.documents.plan.language)
        told = read_scenario(scenario)
        with _progress(spoken) as step:
            result = loaded.run(progress=step)
        difference = result.compare(told)
        from geoplan.report.changes import say_changes, write_changes

        typer.echo(told.name if spoken == "zh" else told.name_en or told.name)
        for line in say_changes(result, difference, language=spoken):
            typer.echo(f"  {line}")
        if out is not None:
            typer.echo(write_changes(result, difference, out, scenario=told).as_posix())


@app.command()
def surface(
    plan: PlanPath,
    service: Annotated[str, typer.Option("--service", "-s", help="Service of the plan.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="GeoTIFF to write.", show_default=False)],
    season: Annotated[
        str | None,
        typer.Option("--season", help="Its season; the plan's first by default.", metavar="dry|wet", show_default=False),
    ] = None,
    direction: Annotated[
        str, typer.Option("--direction", help="To the nearest facility, from it, or both added.", metavar="to|from|both")
    ] = "to",
    cache: CacheOption = None,
) -> None:
    """Write the minutes of every cell to a service as a Cloud-Optimized GeoTIFF, for QGIS or any GIS.

    Direction matters: going down to the clinic is quicker than coming home. Cells nobody can come from are empty, never a number.
    Try `geoplan surface county.yaml --service clinic --season wet --out clinic_wet.tif`.
    """
    from geoplan.plan import Plan

    with _errors_explained():
        from geoplan.report.rasters import write_surface

        typer.echo(write_surface(Plan.from_yaml(plan, cache=cache), service, out, season=season, direction=direction).as_posix())


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Folder to write the synthetic county to.", show_default=False)],
    seed: Annotated[int, typer.Option(help="Another seed makes another county.")] = 20260101,
) -> None:
    """Write the synthetic county 示例县: layers, catalogue, plan and the truth that was planted."""
    from geoplan.io.demo import write_demo

    with _errors_explained():
        write_demo(folder, seed=seed)
    typer.echo(f"{folder.as_posix()}\nnext: geoplan run {(folder / 'county.yaml').as_posix()} --out out")


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="Plan file to write.", show_default=False)] = Path("county.yaml"),
) -> None:
    """Write a commented plan file with every key, its meaning, unit and default."""
    from geoplan.io.export import write_text
    from geoplan.io.template import plan_template

    with _errors_explained():
        if path.exists():
            raise ConfigError(f"{path} is already there", code="PLAN-EXISTS", remedy="Name another file.")
        write_text(plan_template(), path)
    typer.echo(path.as_posix())


@app.command()
def fetch(
    place: Annotated[str, typer.Argument(help="Place name, or west,south,east,north in degrees.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the GeoPackage and its catalogue.", show_default=False)],
) -> None:
    """Download roads and facilities of an area from OpenStreetMap (needs a network; data © OpenStreetMap contributors, ODbL)."""
    from geoplan.io.fetch import fetch_area

    with _errors_explained():
        parts = place.split(",")
        try:
            area: str | tuple[float, ...] = tuple(float(part) for part in parts) if len(parts) == 4 else place
        except ValueError:
            area = place
        typer.echo(fetch_area(area, out=out).as_posix())


@app.command()
def version() -> None:
    """Print the version."""
    from geoplan import __version__

    typer.echo(f"geoplan {__version__}")


add_commands(app, explained=_errors_explained)


def main() -> None:
    """Run the command line; usage mistakes exit with 2, bugs with 1."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(standalone_mode=True)
    except Exception:  # neither Ctrl-C nor the exit of a command is one
        import traceback

        traceback.print_exc()
        typer.secho("this is a bug in geoplan; please report it with the lines above", err=True, fg=typer.colors.RED)
        sys.exit(EXIT_BUG)


if __name__ == "__main__":
    main()
