"""Ask about coverage from a shell: where to build, and who gains and loses when something changes. `geoplan.cli` adds these commands to its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geoplan.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from geoplan.plan import Plan

PlanPath = Annotated[Path, typer.Argument(help="Plan file (YAML).", show_default=False)]
CacheOption = Annotated[
    Path | None, typer.Option("--cache", help="Folder for kept stage results; .geoplan-cache beside the plan by default.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", "-o", help="Also write the tables into this folder, replaced whole.", show_default=False)
]
SeasonOption = Annotated[str | None, typer.Option(help="dry or wet; the plan's first by default.", show_default=False)]


def add_commands(app: typer.Typer, *, explained: Callable[[], AbstractContextManager[None]]) -> None:
    """Add ``what-if`` and ``site`` to a command line.

    Parameters
    ----------
    app
        The command line.
    explained
        Context in which an error of geoplan becomes a message and an exit code.
    """
    for name, command in (("what-if", what_if), ("site", site)):
        app.command(name)(_explain_errors(command, explained))


def _explain_errors(command: Callable[..., None], explained: Callable[[], AbstractContextManager[None]]) -> Callable[..., None]:
    """Return the command with its errors explained; its options are read from its own signature."""

    @wraps(command)
    def run(*given: Any, **named: Any) -> None:
        with explained():
            command(*given, **named)

    return run


def what_if(
    plan: PlanPath,
    close: Annotated[list[str] | None, typer.Option(help="Facility that closes; may be repeated.", show_default=False)] = None,
    move: Annotated[
        list[str] | None,
        typer.Option(help="FACILITY=PLACE: where it moves to; a settlement's id or easting,northing.", show_default=False),
    ] = None,
    add: Annotated[list[str] | None, typer.Option(help="NEW_ID=PLACE: a new facility of --service.", show_default=False)] = None,
    service: Annotated[list[str] | None, typer.Option("--service", "-s", help="Services judged.", show_default=False)] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="Roads cut and floods (YAML), as for `compare`.", show_default=False)
    ] = None,
    season: SeasonOption = None,
    season_after: Annotated[str | None, typer.Option(help="Season afterwards.", show_default=False)] = None,
    within: Annotated[float | None, typer.Option(help="Also judge who is within so many minutes.", show_default=False)] = None,
    out: OutOption = None,
    cache: CacheOption = None,
) -> None:
    """Say who gains and who loses which standard when facilities open, close or move, roads are cut, or the season turns."""
    loaded = _load(plan, cache)
    change = loaded.run().what_if(
        close=close or [],
        move=_read_places(move),
        add=_read_places(add),
        service=service,
        scenario=scenario,
        season=season,
        season_after=season_after,
        within_min=within,
    )
    for line in _say_gains(change.units, loaded):
        typer.echo(line)
    _write(out, {"what_if_settlements": change.settlements, "what_if_units": change.units})


def site(
    plan: PlanPath,
    service: Annotated[str, typer.Option("--service", "-s", help="Service of the plan.", show_default=False)],
    within: Annotated[float, typer.Option(help="Minutes that count as covered.", show_default=False)],
    model: Annotated[str, typer.Option(help="lscp, mclp, p_median or p_center.")] = "mclp",
    facilities: Annotated[int, typer.Option(help="How many at most are built.")] = 5,
    candidates: Annotated[str, typer.Option(help="settlements, villages or sites.")] = "villages",
    age_group: Annotated[str | None, typer.Option(help="Count this age group.", show_default=False)] = None,
    season: SeasonOption = None,
    out: OutOption = None,
    cache: CacheOption = None,
) -> None:
    """Say where to build facilities of a service, in which order, and how many people each covers; the best for every number is proven."""
    from geoplan.contracts.coverage_config import SitingQuestion
    from geoplan.io.documents import parse

    loaded = _load(plan, cache)
    asked: dict[str, Any] = {
        "id": "asked", "service": service, "within_min": within, "model": model, "facilities": facilities, "candidates": candidates,
        "age_group": age_group, "season": season or loaded.documents.plan.access.seasons[0],
    }  # fmt: skip
    answer = loaded.site(parse(SitingQuestion, asked, where="the question"))
    tail = loaded.documents.plan.language
    typer.echo(answer.summary[f"reason_{tail}"].iloc[0])
    for one in answer.sites[answer.sites["order"] > 0].sort_values("order").itertuples():
        typer.echo(f"{one.order}. {one.candidate_id} {one.name}: +{one.persons_gained:,.0f}")
    tables = {"sites": answer.sites, "curve": answer.curve, "assignments": answer.assignments, "summary": answer.summary}
    _write(out, {f"siting_{name}": table for name, table in tables.items()})


def _say_gains(units: pd.DataFrame, plan: Plan) -> list[str]:
    """Return a line per item: people who gain it, lose it, and of whom it is not known, in the plan's language."""
    from geoplan.coverage.what_if_tables import STATES

    documents = plan.documents
    zh = documents.plan.language == "zh"
    names = {one.id: one.label_zh if zh else one.label_en for one in documents.standards.items}
    names |= {f"{one.id}_within": one.label_zh if zh else one.label_en for one in documents.plan.services}
    lines = []
    for one in units[units["level"] == "county"].itertuples():
        told = [(getattr(one, f"{state}_persons"), STATES[state][0 if zh else 1]) for state in ("gained", "lost", "unknown")]
        parts = [f"{people:,.0f} {'人' if zh else 'people: '}{said}" for people, said in told if people > 0]
        parts = parts or ["没有变化" if zh else "nothing changes"]
        lines.append(f"{names.get(str(one.item), one.item)}: {(';' if zh else '; ').join(parts)}")
    return lines


def _load(plan: Path, cache: Path | None) -> Plan:
    """Return the plan of a file."""
    from geoplan.plan import Plan

    return Plan.from_yaml(plan, cache=cache)


def _read_places(told: Sequence[str] | None) -> dict[str, str | tuple[float, float]]:
    """Return id → place of ``ID=PLACE``.

    >>> _read_places(["N1=580000,3570000", "N2=9901"])
    {'N1': (580000.0, 3570000.0), 'N2': '9901'}
    """
    places: dict[str, str | tuple[float, float]] = {}
    for one in told or []:
        name, found, place = one.partition("=")
        if not found or not name or not place:
            raise ConfigError(
                f"{one!r} says no place", code="WHAT-IF-PLACE", remedy="Write ID=SETTLEMENT or ID=EASTING,NORTHING."
            )
        east, comma, north = place.partition(",")
        try:
            places[name] = (float(east), float(north)) if comma else place
        except ValueError as error:
            raise ConfigError(
                f"{place!r} is no pair of coordinates", code="WHAT-IF-PLACE", remedy="Write ID=EASTING,NORTHING in metres."
            ) from error
    return places


def _write(out: Path | None, tables: dict[str, pd.DataFrame]) -> None:
    """Write tables as Parquet into a folder, whole or not at all, and say where."""
    if out is None:
        return
    from geoplan.io.export import publish_folder, write_json, write_parquet

    def build(folder: Path) -> None:
        for name, table in tables.items():
            write_parquet(table, folder / f"{name}.parquet")
        write_json({"made_by": "geoplan", "files": sorted(f"{name}.parquet" for name in tables)}, folder / "manifest.json")

    publish_folder(build, out)
    typer.echo(out.as_posix())
