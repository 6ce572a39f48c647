"""Spikes of the heights: a few metres up a wall of air take longer than there are ticks, and must stay a way nobody takes.

Legs shorter than half a cell are walked however steep they are: beside a spike of 5,000 m, 10 m may take 10⁶⁰ minutes.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine

from geoplan.access import enter, lay_costs, lay_legs, lay_ways, plant_seeds, solve, time_edges
from geoplan.access.ticks import NEVER
from geoplan.contracts.grid import Grid


@pytest.mark.parametrize("towards", [True, False])
def test_what_takes_longer_than_there_are_ticks_is_no_way(world, scenes, towards):
    heights = np.full((12, 12), 500.0)
    heights[5, 5] = 5500.0
    transform = Affine(30.0, 0.0, 0.0, 0.0, -30.0, 0.0)
    grid, cover = (Grid(one, transform, scenes.WORKING) for one in (heights, np.full((12, 12), 30.0)))
    roads = world.roads([shapely.LineString([(10, -172), (350, -172)])])
    nothing = gpd.GeoDataFrame(geometry=[], crs=scenes.WORKING)
    here = np.array([[170.0, -172.0], [20.0, -20.0]])
    scene = scenes.build_scene(grid, cover, nothing, roads, world.speeds, world.walking, here=here, there=here)
    ways = lay_ways(scene.surface, *time_edges(scene.surface.network, mode="ride", season="dry"))
    costs = lay_costs(scene.surface, ways, towards=towards)
    seeds = plant_seeds(lay_legs(enter(here, scene.surface, move_max_m=100.0), scene.surface, ways), towards=towards)
    for ticks in (costs.link_out, costs.link_in, costs.arc_ticks, seeds.ticks):
        assert len(ticks)
        assert ticks.min() >= 0
        assert ticks.max() <= NEVER
    assert max(costs.link_out.max(), costs.link_in.max()) == NEVER
    field = solve(costs, seeds)
    level = np.abs(np.arange(12)[:, None] - 5) + np.abs(np.arange(12) - 5) > 2
    assert (field.time[level] < 10 * 60 * 8192).all()
