"""Change the surfaces of the seasons as a scenario says, and time what it makes of people's ways: one call for the difference of two worlds.

Floods are added to the ground as barriers; where a scenario opens barriers, the ground is made anew without them. Seasons in which nothing
happens keep their surface.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.access.compute import compute_times
from geoplan.access.facilities import locate_points
from geoplan.access.ground import add_barriers
from geoplan.access.scenario import Cut, cut_network, read_shapes
from geoplan.access.surface import Surface, join_surface
from geoplan.access.times_difference import compare_times
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.ground import Ground
from geoplan.contracts.scenario import Scenario
from geoplan.contracts.status import Status
from geoplan.errors import ConfigError

Barriers: TypeAlias = gpd.GeoDataFrame | None


def change_barriers(barriers: Barriers, scenario: Scenario, *, crs: CRS) -> Barriers:
    """Return the barriers of a scenario: without those it opens (columns ``layer``, ``barrier_kind``), with its floods.

    Raises
    ------
    ConfigError
        ``SCENARIO-BARRIER``: a barrier to open is not there.
    """
    kept = barriers
    if scenario.open_barriers:
        named = {name: _column(barriers, name).isin(scenario.open_barriers) for name in ("layer", "barrier_kind")}
        known = {one for name in named for one in _column(barriers, name)}
        strange = sorted(set(scenario.open_barriers) - known)
        if strange or barriers is None:
            raise ConfigError(
                "no barrier has this layer or kind", code="SCENARIO-BARRIER", ids=strange,
                remedy=f"Use one of {', '.join(sorted(str(one) for one in known if one))}.",
            )  # fmt: skip
        kept = barriers[~(named["layer"] | named["barrier_kind"]).to_numpy()]
    if not scenario.floods:
        return kept
    shapes = gpd.GeoSeries(read_shapes(scenario.floods, scenario.crs, crs), crs=crs)
    water = gpd.GeoDataFrame(geometry=shapes).assign(layer="", barrier_kind="flood")
    return water if kept is None or kept.empty else gpd.GeoDataFrame(pd.concat([kept, water], ignore_index=True), crs=crs)


def _column(barriers: Barriers, name: str) -> pd.Series:
    """Return a column as text, empty where there is none."""
    if barriers is None or name not in barriers:
        return pd.Series("", index=[] if barriers is None else barriers.index, dtype=object)
    return barriers[name].fillna("").astype(str)


def change_surfaces(
    surfaces: Mapping[str, Surface],
    scenario: Scenario,
    *,
    barriers: Mapping[str, Barriers],
    build: Callable[[Barriers], Ground] | None = None,
    walk_kmh: float = 5.0,
) -> dict[str, Surface]:
    """Return season → surface as it is in a scenario; the surfaces given stay as they are.

    Parameters
    ----------
    surfaces
        Season → surface (see `geoplan.access.seasons.join_seasons`); seasons may share one.
    scenario
        What happens.
    barriers
        Season → barriers the surface was made with, with columns ``layer`` and ``barrier_kind`` where barriers are opened.
    build
        Makes the ground with other barriers; needed where barriers are opened.
    walk_kmh
        Walking speed on level road, as the surfaces were joined.

    Raises
    ------
    ConfigError
        ``SCENARIO-GROUND``: barriers are opened and nothing makes the ground; and what `apply_scenario` and `change_barriers` raise.
    """
    changed: dict[int, Surface] = {}
    made: dict[str, Surface] = {}
    for season, surface in surfaces.items():
        if scenario.happens_in(season) and id(surface) not in changed:
            changed[id(surface)] = _change_surface(surface, scenario, barriers[season], build, walk_kmh)
        made[season] = changed[id(surface)] if scenario.happens_in(season) else surface
    return made


def _change_surface(
    surface: Surface, scenario: Scenario, barriers: Barriers, build: Callable[[Barriers], Ground] | None, walk_kmh: float
) -> Surface:
    """Return one surface as it is in a scenario; the surface itself where nothing changes."""
    cut = cut_network(surface.network, scenario, surface=surface)
    if cut.network is surface.network and not scenario.floods and not scenario.open_barriers:
        return surface
    walls, ground = change_barriers(barriers, scenario, crs=surface.ground.crs), surface.ground
    if scenario.open_barriers:
        if build is None:
            raise ConfigError(
                "barriers can only be opened where the ground is made anew", code="SCENARIO-GROUND", remedy="Give ``build``."
            )
        ground = build(walls)
    elif scenario.floods:
        ground = add_barriers(ground, walls)
    joined = join_surface(
        ground, cut.network, barriers=walls, walk_kmh=walk_kmh, cliff_deg=surface.cliff_deg, along_slope=surface.along_slope
    )  # fmt: skip
    return replace(joined, share=_inherit_shares(joined, surface, cut))


def _inherit_shares(joined: Surface, base: Surface, cut: Cut) -> NDArray[np.float64]:
    """Return the shares of the nodes on every edge as they were before it was cut: no stretch gets quicker by being measured anew."""
    first = joined.stops.edge_first
    if len(first) < 2:
        return joined.share
    owner = np.repeat(np.arange(len(first) - 1), np.diff(first))
    base_owner = np.repeat(np.arange(len(base.stops.edge_first) - 1), np.diff(base.stops.edge_first))
    apart = float(base.stops.edge_along_m.max()) + 1.0
    places = base.stops.edge_along_m + base_owner * apart
    along = joined.stops.edge_along_m + cut.from_m[owner] + cut.edge[owner] * apart
    share = np.stack([np.interp(along, places, one) for one in base.share])
    low, high = share[:, first[:-1]][:, owner], share[:, first[1:] - 1][:, owner]
    share = np.divide(share - low, high - low, out=joined.share.copy(), where=high > low)
    share[:, first[:-1]], share[:, first[1:] - 1] = 0.0, 1.0
    # An edge left whole has the stops it had: its shares stay to the last bit.
    whole = np.flatnonzero((np.bincount(cut.edge)[cut.edge] == 1)[owner])
    own = owner[whole]
    share[:, whole] = base.share[:, base.stops.edge_first[cut.edge[own]] + whole - first[own]]
    return share


def time_scenario(
    settlements: gpd.GeoDataFrame,
    facilities: Mapping[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    scenario: Scenario,
    *,
    barriers: Mapping[str, Barriers],
    config: AccessConfig,
    walkers: Mapping[str, float] | None = None,
    build: Callable[[Barriers], Ground] | None = None,
) -> pd.DataFrame:
    """Return the times (see `geoplan.access.compute.compute_times`) of all seasons of ``config`` as they are in a scenario.

    What stands in a flood is not moved ashore: a flooded settlement is ``unsnapped``, a flooded facility serves nobody.

    Parameters
    ----------
    settlements, facilities, services, config, walkers
        As `compute_times` takes them.
    surfaces, scenario, barriers, build
        As `change_surfaces` takes them.
    """
    changed = change_surfaces(surfaces, scenario, barriers=barriers, build=build, walk_kmh=config.walk_kmh)
    tables = []
    for season in config.seasons:
        happens = scenario.happens_in(season) and bool(scenario.floods)
        dry = {name: one[~_is_flooded(one, scenario)] for name, one in facilities.items()} if happens else dict(facilities)
        alone = config.model_copy(update={"seasons": [season]})
        times = compute_times(settlements, dry, services, changed, config=alone, walkers=walkers)
        tables.append(_cut_off(times, settlements[_is_flooded(settlements, scenario)]) if happens else times)
    return pd.concat(tables, ignore_index=True)


def _is_flooded(frame: gpd.GeoDataFrame, scenario: Scenario) -> NDArray[np.bool_]:
    """Return what stands in a flood or on its edge; what has no coordinates does not."""
    xy = locate_points(frame)
    hit = np.zeros(len(frame), dtype=bool)
    known = np.flatnonzero(np.isfinite(xy).all(axis=1))
    if len(known):
        water = read_shapes(scenario.floods, scenario.crs, frame.crs)
        hit[known[shapely.STRtree(shapely.points(xy[known])).query(water, predicate="intersects")[1]]] = True
    return hit


def _cut_off(times: pd.DataFrame, flooded: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the times with those of flooded settlements taken out; a service nobody knows a place of stays without data."""
    own = times["settlement_id"].isin(flooded["settlement_id"].astype(str)) & (times["status"] != Status.NO_DATA.value)
    numbers = times.select_dtypes("number").columns.drop("component", errors="ignore")
    out = times.copy()
    out.loc[own, numbers] = np.nan
    out.loc[own, ["status", "facility_id", "route"]] = [Status.UNSNAPPED.value, "", ""]
    return out


def compare_scenarios(
    settlements: gpd.GeoDataFrame,
    facilities: Mapping[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    scenario: Scenario,
    *,
    before: Scenario | None = None,
    barriers: Mapping[str, Barriers],
    config: AccessConfig,
    walkers: Mapping[str, float] | None = None,
    build: Callable[[Barriers], Ground] | None = None,
) -> pd.DataFrame:
    """Return what becomes of every settlement's way to every service in a scenario, against things as they are or another scenario ``before``.

    Takes what `time_scenario` does; returns what `geoplan.access.times_difference.compare_times` does.
    """

    def time(told: Scenario) -> pd.DataFrame:
        return time_scenario(
            settlements, facilities, services, surfaces, told, barriers=barriers, config=config, walkers=walkers, build=build
        )  # fmt: skip

    return compare_times(time(before or Scenario(name="")), time(scenario))
