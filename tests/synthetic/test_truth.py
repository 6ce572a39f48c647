"""The planted truth, checked from the layers alone with networkx, shapely and scipy's labels: exactly the planted places, and only those.

Who comes where is asked twice, in two ways that have nothing in common with the generator's moves from cell to cell: by the faces that water and
cliffs cut the map into (nobody gets through a line, however finely they walk), and by walls of whole cells (everybody gets round, however
coarsely they walk).
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import shapely
from rasterio.features import rasterize
from scipy.ndimage import label
from scipy.spatial import cKDTree

from geoplan.synthetic import SyntheticCounty, make_county
from geoplan.synthetic.hazards import KINDS, draw_zones

pytestmark = pytest.mark.slow

CLOSED = ("ford", "ferry", "rope")
WATER_CLASS = 80
SERVICES = ("clinics", "schools", "seats", "bus_stops", "service_points")


@pytest.fixture(scope="module", params=["default", "small"])
def made(request, county) -> SyntheticCounty:
    if request.param == "default":
        return county
    return make_county(seed=7, townships=9, villages=45, groups=200, settlements=420, persons=26_000)


def _ids(made, name):
    return set(made.truth.loc[made.truth["truth"] == name, "settlement_id"])


def _barriers(made):
    return [one for name in ("rivers", "reservoirs", "cliffs") for one in made.vectors[name].geometry]


def _xy(layer):
    return shapely.get_coordinates(layer.geometry.to_numpy())


def _faces(made):
    """The pieces that rivers, reservoir banks, cliffs and the edge of the map cut the map into."""
    t, (rows, cols) = made.dem.transform, made.dem.shape
    frame = shapely.box(t.c, t.f + rows * t.e, t.c + cols * t.a, t.f)
    lines = [one.boundary if one.geom_type == "Polygon" else one for one in _barriers(made)]
    cut = shapely.union_all([frame.exterior, *lines])
    return frame, [
        one for one in shapely.get_parts(shapely.polygonize(shapely.get_parts(cut))) if frame.covers(one.representative_point())
    ]


def _place(faces, xy):
    """The number of the face each point lies in (-1: on a line)."""
    point, face = shapely.STRtree(faces).query(shapely.points(xy), predicate="within")
    where = np.full(len(xy), -1)
    where[point] = face
    return where


def _come_to_the_seat(made, *, closed, locate):
    """Settlements that pieces of ground and roads join to the county seat; ``locate`` says which piece of ground a point is on (-1: none).

    Walkers step on and off a road at the ends and vertices of every stretch that is not itself a crossing.
    """
    roads = made.vectors["roads"]
    roads = roads[~roads["crossing"].isin(closed)]
    graph = nx.Graph()
    for line, crossing in zip(roads.geometry, roads["crossing"], strict=True):
        nodes = [tuple(one) for one in np.round(line.coords, 3).tolist()]
        nx.add_path(graph, nodes)
        if not crossing:
            for node in nodes:
                graph.nodes[node]["grade"] = True
    nodes = [one for one, grade in graph.nodes(data="grade") if grade]
    for node, piece in zip(nodes, locate(np.array(nodes)), strict=True):
        if piece >= 0:
            graph.add_edge(node, int(piece))
    points = made.vectors["settlements"]
    piece = locate(_xy(points))
    assert (piece >= 0).all()
    graph.add_nodes_from(piece.tolist())
    home = nx.node_connected_component(graph, int(piece[0]))
    return {one for one, at in zip(points["settlement_id"], piece.tolist(), strict=True) if at in home}


def test_every_planted_pocket_is_enclosed_by_water_and_cliff(made):
    """Its face is not open to the edge of the map, part of its border is cliff and part is water, and nobody else lives in it."""
    frame, faces = _faces(made)
    points = made.vectors["settlements"]
    face = _place(faces, _xy(points))
    cut = points["settlement_id"].isin(_ids(made, "cut_off_wet")).to_numpy()
    assert cut.sum() >= 12
    cliffs = shapely.union_all(made.vectors["cliffs"].geometry.to_numpy())
    water = shapely.union_all([*made.vectors["rivers"].geometry, *made.vectors["reservoirs"].geometry])
    for k in np.unique(face[cut]):
        assert not faces[k].intersects(frame.exterior)
        assert cut[face == k].all()
        border = faces[k].exterior
        dry, wet = border.intersection(cliffs.buffer(0.01)).length, border.intersection(water.buffer(0.01)).length
        assert dry > 300.0
        assert wet > 100.0
        assert dry + wet == pytest.approx(border.length, abs=1.0)
    assert set(face[cut]).isdisjoint(face[~cut])


def test_the_only_road_out_of_a_pocket_is_its_own_crossing(made):
    _, faces = _faces(made)
    points, roads = made.vectors["settlements"], made.vectors["roads"]
    cut = points["settlement_id"].isin(_ids(made, "cut_off_wet")).to_numpy()
    pockets = np.unique(_place(faces, _xy(points))[cut])
    for k in pockets:
        out = roads[roads.geometry.crosses(faces[k].exterior)]
        assert len(out) == 1
        assert set(out["crossing"]) <= set(CLOSED)
    assert not roads.geometry.intersects(shapely.union_all(made.vectors["cliffs"].geometry.to_numpy())).any()


def test_no_facility_but_water_stands_in_a_pocket(made):
    _, faces = _faces(made)
    points = made.vectors["settlements"]
    cut = points["settlement_id"].isin(_ids(made, "cut_off_wet")).to_numpy()
    pockets = set(_place(faces, _xy(points))[cut])
    for name in SERVICES:
        assert pockets.isdisjoint(_place(faces, _xy(made.vectors[name]))), name


def test_cut_off_settlements_are_exactly_those_behind_a_closed_crossing(made):
    """Through faces and roads. Dry: everyone comes to the county seat. Wet: the planted fall away, and nobody else."""
    _, faces = _faces(made)
    everyone = set(made.vectors["settlements"]["settlement_id"])
    assert _come_to_the_seat(made, closed=(), locate=lambda xy: _place(faces, xy)) == everyone
    assert everyone - _come_to_the_seat(made, closed=CLOSED, locate=lambda xy: _place(faces, xy)) == _ids(made, "cut_off_wet")


def _thick_pieces(made):
    """Connected pieces of the 50 m cells that no barrier so much as touches, that are not water, and that no step of 45° parts."""
    wall = rasterize(_barriers(made), made.dem.shape, transform=made.dem.transform, all_touched=True).astype(bool)
    wall |= np.kron(made.landcover.values == WATER_CLASS, np.ones((2, 2))).astype(bool)
    z = made.dem.values
    for axis in (0, 1):
        steep = np.abs(np.diff(z, axis=axis)) > 50.0
        wall |= np.pad(steep, [(0, 1), (0, 0)] if axis == 0 else [(0, 0), (0, 1)])
    return label(~wall)[0] - 1


def test_nobody_else_is_cut_off_in_either_season(made):
    """Even by four moves only, round every cell that water or cliff touches: all but the planted come to the county seat, wet or dry."""
    piece = _thick_pieces(made)
    free = np.argwhere(piece >= 0)
    t = made.dem.transform
    tree = cKDTree(np.column_stack([t.c + (free[:, 1] + 0.5) * t.a, t.f + (free[:, 0] + 0.5) * t.e]))
    water = shapely.STRtree(_barriers(made))

    def locate(xy):
        """The piece of the nearest free cell that is seen over no barrier, at most 300 m away."""
        found = np.full(len(xy), -1)
        for count in (1, 12, 60):
            left = np.flatnonzero(found < 0)
            gap, cell = (one.reshape(len(left), count) for one in tree.query(xy[left], k=count))
            legs = shapely.linestrings(np.stack([np.repeat(xy[left], count, axis=0), tree.data[cell.ravel()]], axis=1))
            seen = np.ones(len(legs), dtype=bool)
            seen[water.query(legs, predicate="intersects")[0]] = False
            seen = seen.reshape(gap.shape) & (gap <= 300.0)
            rows = np.flatnonzero(seen.any(axis=1))
            first = cell[rows, seen[rows].argmax(axis=1)]
            found[left[rows]] = piece[tuple(free[first].T)]
        return found

    everyone = set(made.vectors["settlements"]["settlement_id"])
    assert _come_to_the_seat(made, closed=(), locate=locate) == everyone
    assert _come_to_the_seat(made, closed=CLOSED, locate=locate) == everyone - _ids(made, "cut_off_wet")


def test_cut_off_groups_are_cut_off_as_a_whole(made):
    points = made.vectors["settlements"]
    cut = points["settlement_id"].isin(_ids(made, "cut_off_wet"))
    assert cut.groupby(points["group_code"]).nunique().eq(1).all()


def test_roadless_settlements_lie_beyond_every_road(made):
    """Farther than 2.5 km in a straight line from any road, so every walk to one is longer than 2 km."""
    points = made.vectors["settlements"].set_index("settlement_id").geometry
    lonely = points.loc[sorted(_ids(made, "no_road"))]
    assert len(lonely) >= 1
    assert all(made.vectors["roads"].distance(one).min() > 2500.0 for one in lonely)


def test_everybody_else_sees_a_road_within_1500_m(made):
    """Straight, over no water and no cliff, to a vertex of a road or path (one every 40 m): no hamlet without a road but the planted."""
    points = made.vectors["settlements"]
    roads = made.vectors["roads"]
    vertices = shapely.get_coordinates(shapely.segmentize(roads.geometry[roads["crossing"] == ""].to_numpy(), 40.0))
    barriers, tree = shapely.STRtree(_barriers(made)), cKDTree(vertices)
    for one, at in zip(points["settlement_id"], _xy(points), strict=True):
        near = np.array(tree.query_ball_point(at, 1500.0), dtype=int)
        legs = shapely.linestrings(np.stack([np.broadcast_to(at, (len(near), 2)), vertices[near]], axis=1))
        blocked = len(np.unique(barriers.query(legs, predicate="intersects")[0])) if len(near) else 0
        assert (len(near) > blocked) == (one not in _ids(made, "no_road")), one


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
    for name, kind in KINDS.items():
        shapes, reach = _reach(made.vectors[name])
        worst = {}
        for shape, limit, level in zip(shapes, reach, made.vectors[name]["hazard_class"], strict=True):
            for one in points["settlement_id"][points.distance(shape) <= limit]:
                worst[one] = min(worst.get(one, 9), order.index(level))
        found |= {(one, kind, order[rank]) for one, rank in worst.items()}
    rows = made.truth[made.truth["truth"] == "threatened"]
    assert found == set(rows[["settlement_id", "hazard_kind", "hazard_class"]].itertuples(index=False, name=None))
    assert set(rows["hazard_kind"]) == set(KINDS.values())


def _house_threats(made):
    """{(settlement, kind, worst class)} of the houses, by distance to each feature."""
    order = ["extreme", "high", "medium", "low"]
    homes, found = made.vectors["homesteads"], {}
    for name, kind in KINDS.items():
        shapes, reach = _reach(made.vectors[name])
        for shape, limit, level in zip(shapes, reach, made.vectors[name]["hazard_class"], strict=True):
            for one in homes["settlement_id"][homes.distance(shape) <= limit]:
                found[one, kind] = min(found.get((one, kind), 9), order.index(level))
    return {(one, kind, order[rank]) for (one, kind), rank in found.items()}


def test_houses_are_threatened_as_their_settlement_is_or_were_planted(made):
    """Each threat by point is one by house, with the same class; what houses have beyond are the planted houses_threatened."""
    columns = ["settlement_id", "hazard_kind", "hazard_class"]
    rows = made.truth.set_index("truth")[columns]
    by_point = set(rows.loc[["threatened"]].itertuples(index=False, name=None))
    planted = set(rows.loc[["houses_threatened"]].itertuples(index=False, name=None))
    assert _house_threats(made) == by_point | planted
    assert not by_point & planted
    assert not {one for one, _, _ in planted} & (_ids(made, "safe") | _ids(made, "outside_survey") | _ids(made, "threatened"))
    assert 5 <= len(planted) <= 12


def test_the_houses_planted_in_a_zone_reach_well_into_it_and_well_out_of_it(made):
    """At least 5% of the settlement's homestead area is inside, at least 5% is not: a share worth reporting."""
    homes = made.vectors["homesteads"]
    zones = draw_zones(made.vectors)
    for row in made.truth[made.truth["truth"] == "houses_threatened"].itertuples():
        own = homes.geometry[homes["settlement_id"] == row.settlement_id]
        zone = shapely.union_all(zones.geometry[zones["hazard_kind"] == row.hazard_kind].to_numpy())
        assert 0.05 < own.intersection(zone).area.sum() / own.area.sum() < 0.95


def test_houses_of_surveyed_settlements_stand_on_surveyed_ground(made):
    homes = made.vectors["homesteads"]
    area = shapely.union_all(made.vectors["hazard_survey"].geometry.to_numpy())
    known = ~homes["settlement_id"].isin(_ids(made, "outside_survey"))
    assert shapely.covers(area, homes.geometry[known].to_numpy()).all()


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
