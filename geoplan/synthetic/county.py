"""Make the whole county from one seed: terrain, settlements, roads, services, hazards, land, and the truth."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.spatial import cKDTree

from geoplan.contracts.grid import Grid
from geoplan.synthetic import admin, hazards, land, names, people, services, truth
from geoplan.synthetic.frame import EPSG, FINE, ROUTE, Flags, Floats, Ints
from geoplan.synthetic.ground import Ground, draw_county, draw_reservoirs, flood_reservoirs, survey_ground
from geoplan.synthetic.network import lay_network
from geoplan.synthetic.pockets import Plant, place_settlements, plant_pockets, plant_remote
from geoplan.synthetic.roads import draw_roads
from geoplan.synthetic.terrain import burn_beds, make_terrain

_POCKETS = ["ford", "ford", "ferry", "rope", "ford", "ford", "rope", "ford", "ford"]


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
    """

    vectors: dict[str, gpd.GeoDataFrame]
    dem: Grid
    landcover: Grid
    truth: pd.DataFrame


def _pick_seats(rng: np.random.Generator, ground: Ground, count: int) -> Ints:
    """Return the cells of the township seats, the county town first: gentle river terraces, 6.4 km or more apart."""
    xy = ROUTE.centres()
    middle = np.array(shapely.get_coordinates(ground.county.centroid)[0])
    edge_m = shapely.distance(ground.county.exterior, shapely.points(xy))
    fit = ground.inside & ~ground.water & (ground.river_m > 130) & (ground.river_m < 700) & (ground.slope_deg < 10) & (edge_m > 2500)
    appeal = 0.6 * np.log(ground.river_km2) - 0.35 * ground.slope_deg + rng.uniform(0.0, 1.0, len(xy)) - ground.z / 900.0
    far = np.hypot(*(xy - middle).T) / 1000.0
    first = int(np.argmax(np.where(fit & (ground.river_km2 > 2000.0), appeal - 0.25 * far, -np.inf)))
    seats = [first]
    loose = fit | (ground.inside & (ground.slope_deg < 9) & (edge_m > 2500) & ~ground.water & (ground.river_m > 130))
    for spread in (7200.0, 6400.0, 5600.0, 4800.0):
        for cell in np.flatnonzero(loose)[np.argsort(-appeal[loose], kind="stable")].tolist():
            if len(seats) == count:
                return np.array(seats)
            if np.hypot(*(xy[seats] - xy[cell]).T).min() >= spread:
                seats.append(cell)
    return np.array(seats)


def _pick_village_seats(xy: Floats, village: Ints, slope: Floats, seats: int, planted: Flags) -> Ints:
    """Return the settlement that is each village's seat: central and gentle, a township seat where there is one."""
    chosen = []
    for one in np.unique(village):
        rows = np.flatnonzero(village == one)
        town = rows[rows < seats]
        if len(town):
            chosen.append(int(town[0]))
            continue
        free = rows[~planted[rows]]
        if len(free):
            away = np.hypot(*(xy[free] - xy[free].mean(axis=0)).T)
            chosen.append(int(free[np.argmin(away + 60.0 * slope[free])]))
    return np.array(chosen)


def _code(settlement: Ints, town: Ints, village: Ints, group: Ints) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return township, village, group codes and settlement ids."""
    v = admin.number_within(village, town)
    g = admin.number_within(group, village)
    s = admin.number_within(settlement, group)
    stem = admin.COUNTY_CODE[:6]
    towns = [f"{stem}{100 + int(t):03d}000" for t in town]
    villages = [f"{stem}{100 + int(t):03d}{200 + int(k) - 1:03d}" for t, k in zip(town, v, strict=True)]
    groups = [f"{a}{int(k):03d}" for a, k in zip(villages, g, strict=True)]
    ids = [f"{a}{int(k):02d}" for a, k in zip(groups, s, strict=True)]
    return towns, villages, groups, ids


def _plant(rng: np.random.Generator, ground: Ground, seats: Ints) -> list[Plant]:
    """Return all planted places."""
    plants = plant_pockets(rng, ground, seats, list(_POCKETS))
    return plants + plant_remote(rng, ground, seats, plants, 5)


def make_county(
    *, seed: int = 20260101, townships: int = 18, villages: int = 150, groups: int = 700, settlements: int = 1500, persons: int = 90_000
) -> SyntheticCounty:
    """Return a synthetic mountain county in the manner of the Qinba mountains, with the truth it planted.

    Parameters
    ----------
    seed
        The same seed gives the same county.
    townships, villages, groups, settlements
        Counts to aim at; settlements and townships are met exactly.
    persons
        People, met exactly.

    Returns
    -------
    SyntheticCounty
        Layers, elevation, land cover and truth.
    """
    rng = np.random.default_rng(seed)
    dem, rivers, _ = make_terrain(rng)
    outline = draw_county(rng)
    reservoir = draw_reservoirs(rivers, outline)
    dem = burn_beds(flood_reservoirs(dem, reservoir), rivers)
    ground = survey_ground(dem, rivers, outline, reservoir)
    seats = _pick_seats(rng, ground, townships)
    plants = _plant(rng, ground, seats)
    cells, xy = place_settlements(rng, ground, seats, plants, count=settlements)
    first = len(seats) + sum(len(one.cells) for one in plants)
    planted = np.zeros(len(xy), dtype=bool)
    planted[len(seats) : first] = True

    town = cKDTree(xy[: len(seats)]).query(xy)[1]
    village = admin.divide(xy, town, count=villages)
    slope = ground.slope_deg[cells]
    village_seats = _pick_village_seats(xy, village, slope, len(seats), planted)
    layout = lay_network(rng, ground, cells=cells, seats=len(seats), village_seats=village_seats, plants=plants, xy=xy)

    pocket = np.zeros(len(xy), dtype=np.int64)
    start = len(seats)
    for k, one in enumerate(plants):
        pocket[start : start + len(one.cells)] = k + 1
        start += len(one.cells)
    group = admin.divide(xy, village * 100 + pocket, count=groups)
    town_code, village_code, group_code, ids = _code(np.arange(len(xy)), town, village, group)

    place_names = names.name_settlements(rng, len(xy))
    town_names = names.name_townships(rng, len(seats))
    place_names[0] = "示例县城"
    for k in range(1, len(seats)):
        place_names[k] = town_names[k].rstrip("镇乡") + "街"
    roads = draw_roads(rng, ground, layout, [f"{one}路" for one in place_names])
    state = truth.state_roads(ground, roads, xy)
    remote = np.clip(np.minimum(state["wet_m"].to_numpy(), 2500.0) / 2500.0, 0.0, 1.0)
    frame = people.describe_people(
        rng, people.share_persons(rng, seats=len(seats), count=len(xy), total=persons), seats=len(seats), slope_deg=slope, remote=remote
    )
    frame.insert(0, "settlement_id", ids)
    frame.insert(1, "name", place_names)
    frame.insert(2, "group_code", group_code)
    frame.insert(3, "village_code", village_code)
    frame.insert(4, "township_code", town_code)
    points = gpd.GeoDataFrame(frame, geometry=shapely.points(xy), crs=EPSG)
    return _finish(rng, ground, points, roads, state, plants, seats=len(seats), village_seats=village_seats, group=group, planted=planted, town_names=town_names)


def _draw_units(rng: np.random.Generator, ground: Ground, points: gpd.GeoDataFrame, town_names: list[str]) -> dict[str, gpd.GeoDataFrame]:
    """Return county, townships, villages and groups as polygons that nest exactly."""
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    cells = admin.draw_cells(rng, xy, ground.county)
    town = sorted(set(points["township_code"]))
    village = sorted(set(points["village_code"]))
    group = points.drop_duplicates("group_code").set_index("group_code")["name"].to_dict()
    town_name = dict(zip(town, town_names, strict=True))
    village_name = dict(zip(village, names.name_villages(rng, len(village)), strict=True))
    group_name = {code: f"{int(code[-3:])}组（{name}）" for code, name in group.items()}
    groups = admin.dissolve(cells, points["group_code"].tolist(), group_name, {code: code[:12] for code in group})
    shapes = list(groups.geometry)
    villages = admin.dissolve(shapes, groups["parent_code"].tolist(), village_name, {code: code[:9] + "000" for code in village})
    shapes = list(villages.geometry)
    towns = admin.dissolve(shapes, villages["parent_code"].tolist(), town_name, dict.fromkeys(town, admin.COUNTY_CODE))
    whole = [admin.COUNTY_CODE] * len(towns)
    county = admin.dissolve(list(towns.geometry), whole, {admin.COUNTY_CODE: admin.COUNTY_NAME}, {admin.COUNTY_CODE: "990800000000"})
    return {"county": county, "townships": towns, "villages": villages, "groups": groups}


def _finish(
    rng: np.random.Generator,
    ground: Ground,
    points: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    state: pd.DataFrame,
    plants: list[Plant],
    *,
    seats: int,
    village_seats: Ints,
    group: Ints,
    planted: Flags,
    town_names: list[str],
) -> SyntheticCounty:
    """Add units, services, hazards, land and truth to the settlements and roads."""
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    persons = points["persons"].to_numpy()
    units = _draw_units(rng, ground, points, town_names)
    place = services.Place(
        points,
        units["townships"].set_index("code")["name"].to_dict(),
        units["villages"].set_index("code")["name"].to_dict(),
    )
    barred = planted.copy()
    barred[:seats] = True
    barred[village_seats] = True
    dry = services.choose_waterless(rng, xy, group, barred, count=11)
    points = points.assign(safe_water_share=np.where(dry, np.round(rng.uniform(0.0, 0.2, len(xy)), 2), points["safe_water_share"]))
    clinics = services.place_clinics(rng, place, seats, village_seats)
    schools = services.place_schools(rng, place, seats, village_seats)
    seat_points, service_points = services.place_offices(rng, place, seats, village_seats)
    stops = services.place_stops(rng, place, seats, village_seats, roads)
    water = services.place_water(rng, place, seats, village_seats, dry)

    remote_xy = xy[seats:][planted[seats:]]
    survey = hazards.draw_survey(ground.county, np.array([xy[seats + k] for k in range(len(remote_xy))]), xy[:seats])
    surveyed = shapely.intersects(shapely.union_all(survey.geometry.to_numpy()), points.geometry.to_numpy())
    at_risk = rng.permutation(np.flatnonzero(surveyed & (np.arange(len(xy)) >= seats)))[:66]
    layers = hazards.map_hazards(rng, ground, xy, survey, threatened=xy[at_risk])
    zones = hazards.draw_zones(layers)
    cover = land.cover_land(rng, ground, xy, persons)
    safe = _find_safe(points, zones, surveyed, state, roads, clinics, schools, ground)
    flags = {
        "cut_off_wet": (np.isfinite(state["dry_m"]) & ~np.isfinite(state["wet_m"])).to_numpy(),
        "no_road": ~np.isfinite(state["any_m"].to_numpy()),
        "waterless": dry,
        "outside_survey": ~surveyed,
        "safe": safe,
    }
    vectors = {
        **units,
        "settlements": points,
        "roads": roads,
        "clinics": clinics,
        "schools": schools,
        "water": water,
        "seats": seat_points,
        "bus_stops": stops,
        "service_points": service_points,
        "rivers": _draw_rivers(ground),
        "reservoirs": gpd.GeoDataFrame(
            {"name": ["龙潭水库", "清溪水库"][: len(ground.reservoir.geoms)], "barrier_kind": "reservoir"},
            geometry=list(ground.reservoir.geoms),
            crs=EPSG,
        ),
        **layers,
        "hazard_survey": survey,
        "red_line": land.draw_red_line(rng, ground),
        "farmland": land.draw_farmland(ground, cover, xy),
        "places": land.choose_places(rng, xy, points["name"].tolist(), town_names, seats, village_seats, safe),
    }
    crs = CRS.from_epsg(EPSG)
    return SyntheticCounty(
        vectors=vectors,
        dem=Grid(np.round(ground.dem, 1), FINE.transform, crs),
        landcover=Grid(cover.astype(float), ROUTE.transform, crs),
        truth=truth.write_rows(points, flags, truth.list_threats(points, zones)),
    )


def _draw_rivers(ground: Ground) -> gpd.GeoDataFrame:
    """Return the river lines within 1.5 km of the county."""
    near = ground.county.buffer(1500.0)
    kept = [one for one in ground.rivers if near.intersects(shapely.LineString(one.xy))]
    name = ["清江" if one.area_km2[-1] > 2000.0 else f"支流{k + 1}" for k, one in enumerate(kept)]
    return gpd.GeoDataFrame({"name": name, "barrier_kind": "river"}, geometry=[shapely.LineString(one.xy) for one in kept], crs=EPSG)


def _find_safe(
    points: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    surveyed: Flags,
    state: pd.DataFrame,
    roads: gpd.GeoDataFrame,
    clinics: gpd.GeoDataFrame,
    schools: gpd.GeoDataFrame,
    ground: Ground,
) -> Flags:
    """Return the settlements that nothing speaks against: surveyed, 220 m off hazards, gentle, near paved road, clinic, school."""
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    tree = shapely.STRtree(zones.geometry.to_numpy())
    close = np.zeros(len(xy), dtype=bool)
    close[tree.query(shapely.buffer(points.geometry.to_numpy(), 220.0), predicate="intersects")[0]] = True
    paved = roads[roads["surface"].isin(["asphalt", "concrete"])]
    road_xy = shapely.get_coordinates(shapely.segmentize(paved.geometry.to_numpy(), 30.0))
    primary = schools[schools["level"].isin(["primary", "teaching_point"])]
    near = (cKDTree(road_xy).query(xy)[0] < 300.0) & (state["wet_m"].to_numpy() < 300.0)
    for layer in (clinics, primary):
        near &= cKDTree(shapely.get_coordinates(layer.geometry.to_numpy())).query(xy)[0] < 1500.0
    return near & surveyed & ~close & (ground.slope_deg[ROUTE.cells(xy)] < 10.0)
