"""Links kept with the road programme come back as they were found."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import TableError
from geoplan.links.programme_links import keep_links, read_links
from geoplan.links.road_ground import lay_road_ground
from geoplan.links.road_programme import tabulate_programme
from geoplan.links.road_together import link_together

_spec = importlib.util.spec_from_file_location("road_drawings", Path(__file__).with_name("test_road_links.py"))
drawn = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(drawn)


def plan(ground, network, groups, profile=drawn.FLAT, barriers=None):
    shared = link_together(groups, network, lay_road_ground(ground, profile, barriers=barriers), profile)
    return shared, keep_links(tabulate_programme(shared, groups), shared.links)


def assert_same(read, found):
    for name in ("places", "links", "uses", "bridges"):
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(read, name)), pd.DataFrame(getattr(found, name)), check_dtype=False)


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=8, deadline=None)
def test_links_come_back_as_they_were_found(seed, count):
    rng = np.random.default_rng(seed)
    ground = drawn.make_ground(rng.normal(0, 3, (14, 14)).cumsum(axis=0))
    track = ([(100, 15), (200, 300)], "group", "earth", 3.0)
    river = drawn.make_barriers(river=shapely.LineString([(0, 205), (420, 205)]))
    places = {f"g{n}": (*rng.uniform(5, 415, 2), int(rng.integers(1, 60))) for n in range(count)}
    shared, programme = plan(ground, drawn.make_network(drawn.STRAIGHT, track), drawn.make_groups(**places), barriers=river)
    read = read_links(programme)
    assert_same(read, shared.links)
    assert read.uses["share_fen"].sum() == shared.total_fen == round(programme.total_yuan * 100)


def test_a_bridge_in_place_of_a_ford_is_a_bridge_again():
    kinds = pd.Series(["new", "ford_bridge", "bridge", "rope_bridge", "upgrade"])
    shared, programme = plan(
        drawn.make_ground(np.zeros((5, 20))), drawn.make_network(drawn.STRAIGHT), drawn.make_groups(A=(300, 120, 9))
    )
    table = pd.concat([programme.links.iloc[[0]]] * 5, ignore_index=True).assign(kind=kinds, link_id=[f"L{n}" for n in range(5)])
    read = read_links(replace(programme, links=table))
    assert read.links["kind"].tolist() == ["new", "bridge", "bridge", "bridge", "upgrade"]
    assert read.bridges["replaces"].tolist() == ["", "ford", "", "rope", ""]
    assert len(shared.links.links) == 1


def test_a_programme_kept_without_its_links_is_refused():
    _, programme = plan(
        drawn.make_ground(np.zeros((5, 20))), drawn.make_network(drawn.STRAIGHT), drawn.make_groups(A=(300, 120, 9))
    )
    with pytest.raises(TableError, match="PROGRAMME-LINKS"):
        read_links(replace(programme, places=None))
