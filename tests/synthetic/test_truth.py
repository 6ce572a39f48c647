"""The planted truth, checked from the layers alone with networkx and shapely: exactly the planted places, and only those."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import shapely
from scipy.spatial import cKDTree

from geoplan.synthetic import SyntheticCounty, make_county

pytestmark = pytest.mark.slow

SNAP_M = 2000.0
CLOSED = ("ford", "ferry", "rope")


@pytest.fixture(scope="module", params=["default", "small"])
def made(request, county) -> SyntheticCounty:
    if request.param == "default":
        return county
    return make_county(seed=7, townships=9, villages=45, groups=200, settlements=420, persons=26_000)


def _ids(made, name):
    return set(made.truth.loc[made.truth["truth"] == name, "settlement_id"])


def _joined(made, *, closed):
    """Settlements with a straight leg of at most 2 km, over no water, to a road vertex that networkx joins to the county seat.

    Long road segments get a vertex every 40 m, so that a leg may end anywhere along a road.
    """
    roads = made.vectors["roads"]
    roads = roads[~roads["crossing"].isin(closed)]
    graph = nx.Graph()
    for line in roads.geometry:
        nodes = [tuple(one) for one in shapely.get_coordinates(shapely.segmentize(line, 40.0))]
        nx.add_path(graph, nodes)
    points = made.vectors["settlements"]
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    nodes = np.array(list(graph.nodes))
    home = tuple(nodes[cKDTree(nodes).query(xy[0])[1]])
    reached = np.array(sorted(nx.node_connected_component(graph, home)))
    water = shapely.STRtree([*made.vectors["rivers"].geometry, *made.vectors["reservoirs"].geometry])
    tree = cKDTree(reached)
    return {one for one, at in zip(points["settlement_id"], xy, strict=True) if _sees(water, at, reached, tree)}


def _sees(water, point, nodes, tree):
    """Try the nearest few nodes first, then all within 2 km."""
    for count in (5, None):
        near = tree.query(point, k=count)[1] if count else tree.query_ball_point(point, SNAP_M)
        near = nodes[np.array(near, dtype=int)]
        near = near[np.hypot(*(near - point).T) <= SNAP_M]
        legs = shapely.linestrings(np.stack([np.broadcast_to(point, near.shape), near], axis=1))
        if len(np.unique(water.query(legs, predicate="intersects")[0])) < len(near):
            return True
    return False


def test_cut_off_settlements_are_exactly_those_behind_a_closed_crossing(made):
    """Dry: everyone but the roadless is joined to the county seat. Wet: the planted fall away, and nobody else."""
    everyone = set(made.vectors["settlements"]["settlement_id"])
    dry, wet = _joined(made, closed=()), _joined(made, closed=CLOSED)
    assert everyone - dry == _ids(made, "no_road")
    assert dry - wet == _ids(made, "cut_off_wet")
    assert len(_ids(made, "cut_off_wet")) >= 6


def test_cut_off_groups_are_cut_off_as_a_whole(made):
    points = made.vectors["settlements"]
    cut = points["settlement_id"].isin(_ids(made, "cut_off_wet"))
    assert cut.groupby(points["group_code"]).nunique().eq(1).all()


def test_no_facility_can_be_walked_to_from_a_cut_off_or_roadless_place(made):
    """Within 3 km in a straight line that crosses no water there is no clinic, school, seat, stop or service point."""
    points = made.vectors["settlements"].set_index("settlement_id").geometry
    hard = points.loc[sorted(_ids(made, "cut_off_wet") | _ids(made, "no_road"))]
    water = shapely.STRtree([*made.vectors["rivers"].geometry, *made.vectors["reservoirs"].geometry])
    for name in ("clinics", "schools", "seats", "bus_stops", "service_points"):
        places = made.vectors[name].geometry.to_numpy()
        a, b = np.nonzero(shapely.distance(hard.to_numpy()[:, None], places[None, :]) <= 3000.0)
        legs = shapely.shortest_line(hard.to_numpy()[a], places[b])
        assert len(np.unique(water.query(legs, predicate="intersects")[0])) == len(legs), name


def test_roadless_settlements_lie_beyond_every_road(made):
    """More than 2.5 km from any road, or behind water from every nearer one; here: all are farther than 2.5 km."""
    points = made.vectors["settlements"].set_index("settlement_id").geometry
    lonely = points.loc[sorted(_ids(made, "no_road"))]
    assert len(lonely) >= 1
    assert all(made.vectors["roads"].distance(one).min() > 2500.0 for one in lonely)


def test_waterless_groups_are_exactly_those_without_water_within_3_km(made):
    points = made.vectors["settlements"]
    water = shapely.get_coordinates(made.vectors["water"].geometry.to_numpy())
    gap = cKDTree(water).query(shapely.get_coordinates(points.geometry.to_numpy()))[0]
    assert set(points["settlement_id"][gap > 3000.0]) == _ids(made, "waterless")
    assert not ((gap > 2900.0) & (gap <= 3050.0)).any()
    dry = points["settlement_id"].isin(_ids(made, "waterless"))
    assert dry.groupby(points["group_code"]).nunique().eq(1).all()
    assert (points.loc[dry, "safe_water_share"] <= 0.2).all()
    assert points.loc[~dry, "safe_water_share"].mean() > 0.8


def _reach(layer):
    """Return the zone of each feature and the reach within which a settlement is threatened."""
    for column in ("radius_m", "setback_m"):
        if column in layer:
            return layer.geometry, layer[column]
    return layer.geometry, layer.geometry.map(lambda _: 0.0)


def test_threatened_settlements_are_exactly_those_within_reach_of_a_hazard(made):
    """By distance, not by buffer: at most the radius from a point, the setback from a fault, 0 from a polygon; worst class wins."""
    points = made.vectors["settlements"]
    order = ["extreme", "high", "medium", "low"]
    found = set()
    kinds = {
        "landslides": "landslide",
        "rockfalls": "rockfall",
        "debris_flows": "debris_flow",
        "floods": "flood",
        "faults": "fault",
    }
    for name, kind in kinds.items():
        shapes, reach = _reach(made.vectors[name])
        worst = {}
        for shape, limit, level in zip(shapes, reach, made.vectors[name]["hazard_class"], strict=True):
            for one in points["settlement_id"][points.distance(shape) <= limit]:
                worst[one] = min(worst.get(one, 9), order.index(level))
        found |= {(one, kind, order[rank]) for one, rank in worst.items()}
    rows = made.truth[made.truth["truth"] == "threatened"]
    assert found == set(rows[["settlement_id", "hazard_kind", "hazard_class"]].itertuples(index=False, name=None))
    assert set(rows["hazard_kind"]) == set(kinds.values())


def test_no_settlement_stands_within_5_m_of_a_zone_border(made):
    for name in ("landslides", "rockfalls", "debris_flows", "floods", "faults"):
        shapes, reach = _reach(made.vectors[name])
        for shape, limit in zip(shapes, reach, strict=True):
            edge = shape.boundary if limit == 0.0 else shape
            assert (made.vectors["settlements"].distance(edge) - limit).abs().min() > 5.0


def test_the_unsurveyed_are_exactly_those_outside_the_survey(made):
    points = made.vectors["settlements"]
    area = shapely.union_all(made.vectors["hazard_survey"].geometry.to_numpy())
    outside = set(points["settlement_id"][~points.geometry.intersects(area)])
    assert outside == _ids(made, "outside_survey")
    assert 0 < len(outside) < 0.2 * len(points)
    assert not outside & _ids(made, "threatened")


def test_safe_settlements_are_safe(made):
    """Surveyed, 200 m off every hazard, under 15° by the 50 m model, 300 m from a paved road, 1.5 km from clinic and school."""
    points = made.vectors["settlements"]
    safe = points[points["settlement_id"].isin(_ids(made, "safe"))]
    assert len(safe) >= 10
    assert not _ids(made, "safe") & (_ids(made, "threatened") | _ids(made, "outside_survey") | _ids(made, "cut_off_wet"))
    for name in ("landslides", "rockfalls", "debris_flows", "floods", "faults"):
        shapes, reach = _reach(made.vectors[name])
        for shape, limit in zip(shapes, reach, strict=True):
            assert safe.distance(shape).min() - limit > 200.0
    roads = made.vectors["roads"]
    paved = shapely.STRtree(roads.geometry[roads["surface"].isin(["asphalt", "concrete"])].to_numpy())
    schools = made.vectors["schools"]
    primary = schools[schools["level"].isin(["primary", "teaching_point"])]
    for tree, limit in (
        (paved, 300.0),
        (shapely.STRtree(made.vectors["clinics"].geometry.to_numpy()), 1500.0),
        (shapely.STRtree(primary.geometry.to_numpy()), 1500.0),
    ):
        _, gap = tree.query_nearest(safe.geometry.to_numpy(), all_matches=False, return_distance=True)
        assert gap.max() <= limit
    dy, dx = np.gradient(made.dem.values, 50.0)
    xy = shapely.get_coordinates(safe.geometry.to_numpy())
    row = ((made.dem.transform.f - xy[:, 1]) // 50.0).astype(int)
    col = ((xy[:, 0] - made.dem.transform.c) // 50.0).astype(int)
    assert np.degrees(np.arctan(np.hypot(dx, dy)))[row, col].max() < 15.0


def test_truth_names_real_settlements_and_their_groups(made):
    group = made.vectors["settlements"].set_index("settlement_id")["group_code"]
    assert (group.loc[made.truth["settlement_id"]].to_numpy() == made.truth["group_code"].to_numpy()).all()
    assert not made.truth.duplicated().any()
