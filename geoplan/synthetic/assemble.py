"""Put the layers together: units with codes, facilities, hazards, land, and the truth about all of them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.ndimage import maximum_filter

from geoplan.synthetic import admin, hazards, homes, land, names, people, services, truth
from geoplan.synthetic.buses import draw_buses
from geoplan.synthetic.frame import EPSG, FINE, ROUTE, Flags, Floats, Ints
from geoplan.synthetic.ground import Ground


@dataclass(frozen=True)
class Settled:
    """The settled county before facilities.

    Attributes
    ----------
    xy
        (n, 2) settlements; the first ``seats`` are the township seats.
    cells
        (n,) polygons, one per settlement.
    seats
        Number of township seats.
    town_names
        Township names in the order of their seats.
    town, village, group
        (n,) unit numbers.
    village_seats
        Settlement numbers of the village seats.
    planted
        (n,) True in pockets and remote hamlets.
    """

    xy: Floats
    cells: list[shapely.Geometry]
    seats: int
    town_names: list[str]
    town: Ints
    village: Ints
    group: Ints
    village_seats: Ints
    planted: Flags


def code_settlements(settled: Settled) -> pd.DataFrame:
    """Return settlement_id, group_code, village_code and township_code of every settlement."""
    v = admin.number_within(settled.village, settled.town)
    g = admin.number_within(settled.group, settled.village)
    s = admin.number_within(np.arange(len(settled.xy)), settled.group)
    stem = admin.COUNTY_CODE[:6]
    village = [f"{stem}{100 + int(t):03d}{199 + int(k):03d}" for t, k in zip(settled.town, v, strict=True)]
    group = [f"{a}{int(k):03d}" for a, k in zip(village, g, strict=True)]
    return pd.DataFrame(
        {
            "settlement_id": [f"{a}{int(k):02d}" for a, k in zip(group, s, strict=True)],
            "group_code": group,
            "village_code": village,
            "township_code": [one[:9] + "000" for one in village],
        }
    )


def draw_units(rng: np.random.Generator, settled: Settled, points: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return county, townships, villages and groups as polygons that nest exactly."""
    first = points.drop_duplicates("group_code").set_index("group_code")["name"]
    group_name = {code: f"{int(code[-3:])}组（{name}）" for code, name in first.items()}
    village = sorted(set(points["village_code"]))
    village_name = dict(zip(village, names.name_villages(rng, len(village)), strict=True))
    town = sorted(set(points["township_code"]))
    town_name = {f"{admin.COUNTY_CODE[:6]}{100 + k:03d}000": name for k, name in enumerate(settled.town_names)}
    groups = admin.dissolve(settled.cells, points["group_code"].tolist(), group_name, {code: code[:12] for code in group_name})
    villages = admin.dissolve(
        list(groups.geometry), groups["parent_code"].tolist(), village_name, {code: code[:9] + "000" for code in village}
    )
    towns = admin.dissolve(
        list(villages.geometry), villages["parent_code"].tolist(), town_name, dict.fromkeys(town, admin.COUNTY_CODE)
    )
    whole = [admin.COUNTY_CODE] * len(towns)
    county = admin.dissolve(
        list(towns.geometry), whole, {admin.COUNTY_CODE: admin.COUNTY_NAME}, {admin.COUNTY_CODE: admin.CITY_CODE}
    )
    return {"county": county, "townships": towns, "villages": villages, "groups": groups}


def place_facilities(
    rng: np.random.Generator,
    settled: Settled,
    points: gpd.GeoDataFrame,
    units: dict[str, gpd.GeoDataFrame],
    roads: gpd.GeoDataFrame,
    dry: Flags,
) -> dict[str, gpd.GeoDataFrame]:
    """Return the facility layers."""
    place = services.Place(points, *(units[one].set_index("code")["name"].to_dict() for one in ("townships", "villages")))
    seats, village_seats = settled.seats, settled.village_seats
    clinics = services.place_clinics(rng, place, seats, village_seats)
    schools = services.place_schools(rng, place, seats, village_seats)
    seat_points, service_points = services.place_offices(rng, place, seats, village_seats)
    return {
        "clinics": clinics,
        "schools": schools,
        "water": services.place_water(rng, place, seats, village_seats, dry),
        "seats": seat_points,
        "bus_stops": services.place_stops(rng, place, seats, village_seats, roads),
        "service_points": service_points,
    }


def draw_waters(ground: Ground) -> dict[str, gpd.GeoDataFrame]:
    """Return the rivers within 1.5 km of the county and the reservoirs."""
    near = ground.county.buffer(1500.0)
    kept = [one for one in ground.rivers if near.intersects(shapely.LineString(one.xy))]
    name = ["清江" if one.area_km2[-1] > 2000.0 else f"{names.STREAMS[k % len(names.STREAMS)]}" for k, one in enumerate(kept)]
    rivers = gpd.GeoDataFrame(
        {"name": name, "barrier_kind": "river"}, geometry=[shapely.LineString(one.xy) for one in kept], crs=EPSG
    )
    pools = list(ground.reservoir.geoms)
    reservoirs = gpd.GeoDataFrame(
        {"name": ["龙潭水库", "清溪水库"][: len(pools)], "barrier_kind": "reservoir"}, geometry=pools, crs=EPSG
    )
    return {"rivers": rivers, "reservoirs": reservoirs}


def find_safe(
    ground: Ground, xy: Floats, zones: gpd.GeoDataFrame, surveyed: Flags, state: pd.DataFrame, layers: dict[str, gpd.GeoDataFrame]
) -> Flags:
    """Return the settlements that nothing speaks against.

    Surveyed; more than 220 m off every hazard; slope under 10° over 100 m and under 14° in every 50 m cell around;
    a paved road within 300 m; a clinic and a primary school or teaching point within 1.5 km with no water between.
    """
    close = np.zeros(len(xy), dtype=bool)
    close[
        shapely.STRtree(zones.geometry.to_numpy()).query(shapely.buffer(shapely.points(xy), 220.0), predicate="intersects")[0]
    ] = True
    roads, schools = layers["roads"], layers["schools"]
    paved = roads.geometry[roads["surface"].isin(["asphalt", "concrete"])].to_numpy()
    road_xy = shapely.get_coordinates(shapely.segmentize(paved, 30.0))
    near = (truth.reach_roads(ground, xy, road_xy, within_m=300.0) < 300.0) & (state["sight_m"].to_numpy() < 300.0)
    for layer in (layers["clinics"], schools[schools["level"].isin(["primary", "teaching_point"])]):
        near &= truth.reach_roads(ground, xy, shapely.get_coordinates(layer.geometry.to_numpy()), within_m=1500.0) < 1500.0
    dy, dx = np.gradient(ground.dem, FINE.cell_m)
    steepest = maximum_filter(np.degrees(np.arctan(np.hypot(dx, dy))), size=3).ravel()[FINE.cells(xy)]
    return near & surveyed & ~close & (ground.slope_deg[ROUTE.cells(xy)] < 10.0) & (steepest < 14.0)


def assemble(
    rng: np.random.Generator,
    ground: Ground,
    settled: Settled,
    points: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    cliffs: gpd.GeoDataFrame,
    state: pd.DataFrame,
) -> tuple[dict[str, gpd.GeoDataFrame], pd.DataFrame, Ints]:
    """Return every vector layer, the truth, and the land-cover classes.

    Parameters
    ----------
    points
        Settlements with codes, people and shares.
    state
        What `truth.state_roads` found.
    """
    xy, seats = settled.xy, settled.seats
    units = draw_units(rng, settled, points)
    barred = settled.planted | (np.arange(len(xy)) < seats)
    barred[settled.village_seats] = True
    dry = services.choose_waterless(rng, xy, settled.group, barred, count=11)
    low = np.round(rng.uniform(0.0, 0.2, len(xy)), 2)
    points = points.assign(safe_water_share=np.where(dry, low, points["safe_water_share"]))
    facilities = place_facilities(rng, settled, points, units, roads, dry)

    survey = hazards.draw_survey(ground.county, xy[settled.planted], xy[:seats])
    surveyed = shapely.intersects(shapely.union_all(survey.geometry.to_numpy()), points.geometry.to_numpy())
    at_risk = rng.permutation(np.flatnonzero(surveyed & (np.arange(len(xy)) >= seats)))[:66]
    dangers = hazards.map_hazards(rng, ground, xy, survey, threatened=xy[at_risk])
    zones = hazards.draw_zones(dangers)
    cover = land.cover_land(rng, ground, xy, points["persons"].to_numpy())
    vectors = {
        **units,
        "settlements": points,
        "roads": roads,
        **facilities,
        **draw_waters(ground),
        "cliffs": cliffs,
        "bus_lines": draw_buses(roads, xy[:seats], settled.town_names),
        **dangers,
        "hazard_survey": survey,
    }
    safe = find_safe(ground, xy, zones, surveyed, state, vectors)
    vectors["red_line"] = land.draw_red_line(rng, ground)
    vectors["farmland"] = land.draw_farmland(ground, cover, xy)
    vectors["places"] = land.choose_places(
        rng, xy, points["name"].tolist(), settled.town_names, seats, settled.village_seats, safe
    )
    # Drawn last, so that everything above is the county it was before.
    remote = np.clip(state["sight_m"].to_numpy() / truth.SIGHT_M, 0.0, 1.0)
    slope = ground.slope_deg[ROUTE.cells(xy)]
    needy = people.count_needy(rng, points["persons"].to_numpy(), seats=seats, slope_deg=slope, remote=remote)
    for name in needy.columns:
        points.insert(points.columns.get_loc("farmland_mu"), name, needy[name].to_numpy())
    waters = [*vectors["rivers"].geometry, *vectors["reservoirs"].geometry]
    spared = safe | (np.arange(len(xy)) < seats)
    vectors["homesteads"] = homes.draw_homesteads(rng, points, zones, survey, waters, spared=spared)
    vectors["willingness"] = people.ask_willingness(points)
    house_threats = homes.list_house_threats(points, vectors["homesteads"], zones)
    flags = {
        "cut_off_wet": (state["dry"] & ~state["wet"]).to_numpy(),
        "no_road": (state["walk_m"] > truth.ROAD_M).to_numpy(),
        "waterless": dry,
        "outside_survey": ~surveyed,
        "safe": safe,
    }
    return vectors, truth.write_rows(points, flags, truth.list_threats(points, zones), house_threats), cover
