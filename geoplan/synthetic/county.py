"""Make the whole county from one seed: terrain, settlements, roads, services, hazards, land, and the truth."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geoplan.contracts.grid import Grid
from geoplan.errors import InfeasibleError
from geoplan.synthetic import admin, names, people, truth
from geoplan.synthetic.assemble import Settled, assemble, code_settlements
from geoplan.synthetic.border import draw_county
from geoplan.synthetic.cliffs import draw_cliffs
from geoplan.synthetic.coverage_layers import complete_coverage
from geoplan.synthetic.frame import EPSG, FINE, ROUTE, Flags, Ints
from geoplan.synthetic.ground import Ground, draw_reservoirs, flood_reservoirs, survey_ground
from geoplan.synthetic.network import assign_townships, lay_network
from geoplan.synthetic.pockets import Plant, place_settlements, plant_pockets, plant_remote
from geoplan.synthetic.roads import draw_roads
from geoplan.synthetic.routing import Layout, price_steps
from geoplan.synthetic.seats import pick_town_seats, pick_village_seats
from geoplan.synthetic.terrain import burn_beds, make_terrain

_POCKETS = ["ferry", "rope", "ford", "ford", "rope", "ferry", "ford", "ford", "ford", "ford"]
_REMOTE = 5
_ATTEMPTS = 6
_NEAR_M, _FAR_M = 1900.0, 2100.0
"""Nobody walks between these distances to a road: who has one within 2 km does not hang on how the walk is measured."""


@dataclass(frozen=True)
class SyntheticCounty:
    """A county that never was.

    Attributes
    ----------
    vectors
        Layer id → GeoDataFrame in EPSG:4544 with the canonical columns.
    dem
        Heights, metres, 50 m cells.
    landcover
        Land-cover classes (Copernicus legend), 100 m cells.
    truth
        What was planted: truth, group_code, settlement_id, hazard_kind, hazard_class.
    unit_truth
        What holds of whole villages and townships: truth, level, code, value, needed.
    comparison_truth
        Which rows of two departments' lists are the same: comparison, left_id, right_id, matched_by, state, columns.
    """

    vectors: dict[str, gpd.GeoDataFrame]
    dem: Grid
    landcover: Grid
    truth: pd.DataFrame
    unit_truth: pd.DataFrame
    comparison_truth: pd.DataFrame


def make_county(
    *,
    seed: int = 20260101,
    townships: int = 18,
    villages: int = 150,
    groups: int = 700,
    settlements: int = 1500,
    persons: int = 90_000,
) -> SyntheticCounty:
    """Return a synthetic mountain county in the manner of the Qinba mountains, with the truth it planted.

    Parameters
    ----------
    seed
        The same seed gives the same county.
    townships, villages, groups, settlements
        Counts to aim at; townships and settlements are met exactly, villages and groups to within a few.
    persons
        People, met exactly.

    Returns
    -------
    SyntheticCounty
        Layers, elevation, land cover and truth.

    Raises
    ------
    InfeasibleError
        ``SYNTHETIC-SEED`` when the land of this seed has no room for what is planted.
    """
    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng([seed, attempt])
        later = np.random.default_rng([seed, attempt, 5])
        made = _try_county(
            rng, later, townships=townships, villages=villages, groups=groups, settlements=settlements, persons=persons
        )
        if made is not None:
            return made
    raise InfeasibleError(
        f"seed {seed} has no county with {settlements} settlements in which the planted truth holds",
        code="SYNTHETIC-SEED",
        remedy="Take another seed, or fewer settlements.",
    )


def _make_ground(rng: np.random.Generator) -> Ground:
    """Return terrain, rivers, reservoirs and border, measured."""
    dem, rivers, _ = make_terrain(rng)
    outline = draw_county(rng, dem)
    reservoir = draw_reservoirs(rivers, outline)
    return survey_ground(burn_beds(flood_reservoirs(dem, reservoir), rivers), rivers, outline, reservoir)


def _settle(
    rng: np.random.Generator,
    ground: Ground,
    layout: Layout,
    plants: list[Plant],
    cells: Ints,
    *,
    seats: int,
    villages: int,
    groups: int,
) -> Settled:
    """Return the settlements divided into units, and lay the network between them in ``layout``."""
    xy = np.round(ROUTE.centres()[cells] + rng.uniform(-25.0, 25.0, (len(cells), 2)), 1)
    pocket = np.zeros(len(cells), dtype=np.int64)
    pocket[seats : seats + sum(len(one.cells) for one in plants)] = np.repeat(
        np.arange(len(plants)) + 1, [len(one.cells) for one in plants]
    )
    polygons = admin.draw_cells(rng, xy, ground.county)
    pairs = admin.find_neighbours(polygons)
    town = admin.absorb_exclaves(
        assign_townships(ground, layout.steps, cells, seats), pairs, np.zeros(len(cells), dtype=np.int64)
    )
    village = admin.absorb_exclaves(admin.divide(xy, town, count=villages), pairs, town)
    village_seats = pick_village_seats(xy, village, ground.slope_deg[cells], seats, pocket > 0)
    lay_network(rng, ground, layout, cells=cells, seats=seats, village_seats=village_seats, plants=plants, xy=xy)
    part = village * 1000 + pocket
    group = admin.absorb_exclaves(admin.divide(xy, part, count=groups), pairs, part)
    town_names = names.name_townships(rng, seats)
    return Settled(xy, polygons, seats, town_names, town, village, group, village_seats, pocket > 0)


def _try_county(
    rng: np.random.Generator,
    later: np.random.Generator,
    *,
    townships: int,
    villages: int,
    groups: int,
    settlements: int,
    persons: int,
) -> SyntheticCounty | None:
    """Return a county, or None when this draw cannot hold the planted truth; what coverage asks about is drawn from ``later``."""
    ground = _make_ground(rng)
    seats = pick_town_seats(rng, ground, townships)
    plants = plant_pockets(rng, ground, seats, _POCKETS)
    plants += plant_remote(rng, ground, seats, plants, _REMOTE)
    if len(seats) < townships or {one.kind for one in plants} != {"ford", "ferry", "rope", "no_road"}:
        return None
    cells = place_settlements(rng, ground, seats, plants, count=settlements)
    if len(cells) < settlements:
        return None
    layout = Layout(price_steps(ground), len(ground.z))
    settled = _settle(rng, ground, layout, plants, cells, seats=townships, villages=villages, groups=groups)
    place_names = names.name_settlements(rng, settled.town_names, settlements)
    roads = draw_roads(rng, ground, layout, names.name_roads(place_names))
    cliffs = draw_cliffs(ground, roads, settled.xy, plants, townships)
    if cliffs is None:
        return None
    barriers = [*ground.barriers.geometries.tolist(), *cliffs.geometry]
    state = truth.state_roads(ground, roads, settled.xy, barriers)
    if not _holds(state, plants, townships):
        return None
    remote = np.clip(state["sight_m"].to_numpy() / truth.SIGHT_M, 0.0, 1.0)
    persons_each = people.share_persons(rng, seats=townships, count=settlements, total=persons)
    described = people.describe_people(rng, persons_each, seats=townships, slope_deg=ground.slope_deg[cells], remote=remote)
    codes = code_settlements(settled)
    codes.insert(1, "name", place_names)
    points = gpd.GeoDataFrame(pd.concat([codes, described], axis=1), geometry=shapely.points(settled.xy), crs=EPSG)
    vectors, planted, cover = assemble(rng, ground, settled, points, roads, cliffs, state)
    planted_ids = planted.groupby("truth")["settlement_id"].agg(set)
    roadless, dry = (points["settlement_id"].isin(planted_ids[one]).to_numpy() for one in ("no_road", "waterless"))
    completed = complete_coverage(later, ground, settled, vectors, remote=remote, roadless=roadless, dry=dry)
    vectors, planted = completed.vectors, truth.add_rows(planted, points, completed.flags)
    crs = CRS.from_epsg(EPSG)
    return SyntheticCounty(
        vectors=vectors,
        dem=Grid(np.round(ground.dem, 1), FINE.transform, crs),
        landcover=Grid(cover.astype(float), ROUTE.transform, crs),
        truth=planted,
        unit_truth=completed.units,
        comparison_truth=completed.comparisons,
    )


def _holds(state: pd.DataFrame, plants: list[Plant], seats: int) -> bool:
    """Say whether exactly the planted settlements are cut off or roadless, with room to spare on both sides."""
    kinds = np.repeat(np.array([one.kind for one in plants], dtype=object), [len(one.cells) for one in plants])
    kind = np.full(len(state), "", dtype=object)
    kind[seats : seats + len(kinds)] = kinds
    roadless: Flags = kind == "no_road"
    cut: Flags = (kind != "") & ~roadless
    walk_m, wet = state["walk_m"].to_numpy(), state["wet"].to_numpy()
    far = np.where(roadless, walk_m >= _FAR_M, walk_m <= _NEAR_M)
    return bool(state["dry"].all() and (wet == ~cut).all() and far.all())
