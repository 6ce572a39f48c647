"""Say which layers a plan refers to, what each is used for, and what its files hold: all a stage's recipe needs.

Nothing here opens a layer's content (but for a database's rows, which have no file to sum), so whether anything changed is known before the
libraries that compute are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geoplan.contracts.config import Catalog, LayerSpec, PlanConfig
from geoplan.errors import ConfigError, GeoplanError
from geoplan.io.sources import checksum, is_database, resolve_paths

Resampling = Literal["bilinear", "sum", "nearest"]


@dataclass(frozen=True)
class Use:
    """What a plan uses a layer for: its id column (None: needs no ids; ``auto``: whichever it has), and how to resample it if it is a raster."""

    id_column: str | None
    resampling: Resampling = "nearest"
    raster: bool = False
    """Must be a raster (elevation, people)."""


def layer_ids(plan: PlanConfig) -> list[str]:
    """Return the catalogue ids a plan refers to, each once, in the order of the plan file."""
    return list(list_uses(plan))


def checksum_layers(plan: PlanConfig, catalog: Catalog, base: Path) -> dict[str, str]:
    """Return layer id → SHA-256 of its files' bytes (of its rows for a database table).

    Raises
    ------
    ConfigError
        ``LAYER-UNKNOWN`` when the plan names layers the catalogue lacks.
    LayerError
        When files are missing or cannot be read: the first, counting all.
    """
    specs = look_up_specs(plan, catalog)
    sums: dict[str, str] = {}
    errors: list[GeoplanError] = []
    for name, spec in specs.items():
        try:
            if is_database(spec):
                from geoplan.io.postgis import open_postgis, table_checksum

                sums[name] = table_checksum(open_postgis(spec, layer_id=name).frame)
            else:
                sums[name] = checksum(resolve_paths(spec, layer_id=name, base=base), layer_id=name)
        except GeoplanError as error:
            errors.append(error)
    raise_first(errors)
    return sums


def list_uses(plan: PlanConfig) -> dict[str, Use]:
    """Return what each layer is used for; a layer with two uses keeps the first."""
    units = ((plan.county, "code"), (plan.townships, "code"), (plan.villages, "code"), (plan.groups, "code"))
    found: list[tuple[str | None, Use]] = [(plan.settlements, Use("settlement_id"))]
    found += [(name, Use(column)) for name, column in units]
    found += [(plan.roads, Use("road_id")), (plan.dem, Use(None, "bilinear", raster=True))]
    found.append((plan.population, Use(None, "sum", raster=True)))
    found += [(name, Use("facility_id")) for service in plan.services for name in service.layers]
    for hazard in plan.hazards:
        found.append((hazard.layer, Use("hazard_id", "bilinear" if hazard.thresholds else "nearest")))
        found.append((hazard.survey_area, Use(None)))
    found += [(name, Use(None, raster=True)) for name in (plan.access.landcover, *plan.access.landcover_fractions.values())]
    found.append((plan.homesteads, Use(None)))
    found.append((plan.willingness, Use("settlement_id")))
    found += [
        (name, Use(None))
        for name in (*(one for layers in plan.ecology.values() for one in layers), plan.farmland, plan.sites.farmland)
    ]
    found.append((plan.access.bus_lines, Use("line_id")))
    found.append((plan.access.bus_stops, Use("facility_id")))
    found += [(name, Use(None)) for name in (*plan.access.barriers, *plan.access.wet_barriers, *plan.sites.exclusions)]
    found.append((plan.sites.places, Use("site_id")))
    found += [
        (name, Use("facility_id"))
        for name in (*plan.coverage.water.sources, *(one for line in plan.coverage.lines for one in line.layers))
    ]
    # Two departments' lists may be about anything: their ids are found by name.
    found += [(name, Use("auto")) for pair in plan.coverage.comparisons for name in (pair.left, pair.right)]
    uses: dict[str, Use] = {}
    for name, use in found:
        if name is not None:
            uses.setdefault(name, use)
    return uses


def look_up_specs(plan: PlanConfig, catalog: Catalog) -> dict[str, LayerSpec]:
    """Return the catalogue entry of every layer the plan refers to.

    Raises
    ------
    ConfigError
        ``LAYER-UNKNOWN`` (names every id the catalogue lacks).
    """
    names = layer_ids(plan)
    unknown = [name for name in names if name not in catalog.layers]
    if unknown:
        raise ConfigError(
            f"the plan refers to layers the catalogue does not list: {', '.join(unknown)}",
            code="LAYER-UNKNOWN",
            ids=unknown,
            remedy=f"The catalogue lists {', '.join(sorted(catalog.layers))}.",
        )
    return {name: catalog.layers[name] for name in names}


def raise_first(errors: Iterable[GeoplanError]) -> None:
    """Raise the first error, whose message counts the others; configuration mistakes come first."""
    every = sorted(errors, key=lambda one: not isinstance(one, ConfigError))
    if not every:
        return
    first = every[0]
    if len(every) > 1:
        others = "; ".join(f"[{one.code}] {one.layer}: {one.message}" for one in every[1:6])
        first.message += f" — and {len(every) - 1} more: {others}{'; …' if len(every) > 6 else ''}"
    raise first
