"""Small laws of the generator's parts: beds, threats, connected roads, the frame."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.synthetic.frame import COARSE, FINE, ROUTE
from geoplan.synthetic.terrain import River, burn_beds
from geoplan.synthetic.truth import find_connected, list_threats, write_rows


def _lines(*rows):
    frame = gpd.GeoDataFrame({"crossing": [one for one, _ in rows]}, geometry=[shapely.LineString(xy) for _, xy in rows])
    return frame.set_crs(4544)


@pytest.mark.parametrize("frame", [COARSE, ROUTE, FINE])
def test_a_cell_holds_its_centre(frame):
    assert (frame.cells(frame.centres()) == np.arange(frame.shape[0] * frame.shape[1])).all()


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 1000))
def test_burnt_beds_never_rise_and_never_raise_the_ground(seed):
    """Over rough ground, a winding line drawn downstream gets a bed that only falls; no cell ends higher than it was."""
    rng = np.random.default_rng(seed)
    ground = np.full(FINE.shape, 1000.0)
    ground[300:500, 300:500] += np.round(rng.uniform(-50.0, 50.0, (200, 200)), 1)
    start = np.array([562_000.0 + 350 * 50.0, 3_602_000.0 - 350 * 50.0])
    xy = np.round(start + np.cumsum(rng.normal(40.0, 60.0, (60, 2)) * [1.0, -1.0], axis=0), 1)
    river = River(xy=xy, bed_m=np.linspace(990.0, 900.0, 60), area_km2=np.full(60, 50.0))
    burnt = burn_beds(ground, [river])
    assert (burnt <= ground).all()
    under = FINE.cells(shapely.get_coordinates(shapely.segmentize(shapely.LineString(xy), 3.0)))
    assert (np.diff(burnt.ravel()[under]) <= 0.0).all()


def test_a_ford_joins_in_the_dry_season_only():
    """
    seat ---- A ==ford== B ---- C          dry: all joined; wet: B and C are not. A line that only passes by is never joined.
    """
    roads = _lines(("", [(0, 0), (40, 0)]), ("ford", [(40, 0), (60, 0)]), ("", [(60, 0), (100, 0)]), ("", [(0, 5), (100, 5)]))
    for season, reached in (("dry", {0.0, 40.0, 60.0, 100.0}), ("wet", {0.0, 40.0})):
        xy, joined = find_connected(roads, np.array([0.0, 0.0]), season=season)
        assert set(xy[joined & (xy[:, 1] == 0.0), 0]) & {0.0, 40.0, 60.0, 100.0} == reached
        assert not joined[xy[:, 1] == 5.0].any()


def test_of_overlapping_zones_the_worst_class_counts():
    """The point lies in a medium and a high landslide zone and in a low flood: two rows, landslide high and flood low."""
    points = gpd.GeoDataFrame(
        {"settlement_id": ["a", "b"], "group_code": ["g", "h"]}, geometry=shapely.points([[0, 0], [90, 90]])
    )
    zones = gpd.GeoDataFrame(
        {"hazard_kind": ["landslide", "landslide", "flood"], "hazard_class": ["medium", "high", "low"]},
        geometry=[shapely.box(-1, -1, 1, 1), shapely.box(-2, -2, 2, 2), shapely.box(-3, -3, 3, 3)],
    )
    threats = list_threats(points, zones)
    assert threats.to_numpy().tolist() == [["a", "flood", "low"], ["a", "landslide", "high"]]
    rows = write_rows(points, {"no_road": np.array([False, True])}, threats)
    assert rows["truth"].tolist() == ["no_road", "threatened", "threatened"]
    assert rows["group_code"].tolist() == ["h", "g", "g"]
