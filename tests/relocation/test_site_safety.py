"""Modelled run-out and floods rule out ground and places, margin included; unknown is never safe."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from geoplan.contracts.config import HazardConfig
from geoplan.errors import CrsError, TableError
from geoplan.relocation.places import judge_places
from geoplan.relocation.site_safety import exclude_screened, judge_screened, read_screening


def _squares(like) -> np.ndarray:
    rows, cols = np.indices(like.shape)
    west, north = like.transform.c + cols * like.transform.a, like.transform.f + rows * like.transform.e
    return shapely.box(west, north + like.transform.e, west + like.transform.a, north)


def test_run_out_by_hand(make: SimpleNamespace) -> None:
    """A run-out over 100..200 m, margin 50 m: a place 49 m from its side is out, one 51 m away is not; a row without a shape adds nothing."""
    like = make.grid(np.zeros((40, 40)), cell_m=10.0)
    flows = make.frame(
        [box(100, 100, 200, 200), Polygon(), None], source_id=["a", "b", "c"], kind=["debris_flow", "debris_flow", "rockfall"]
    )
    screening = read_screening(flows, None, like=like)
    places = np.array([Point(249, 150), Point(251, 150), box(240, 150, 300, 160), Point(150, 150)])
    assert judge_screened(places, screening, margin_m=50.0).tolist() == ["run_out", "", "run_out", "run_out"]
    found = exclude_screened(screening, like, margin_m=50.0)
    assert [one.reason for one in found] == ["run_out:debris_flow"]
    assert "泥石流" in found[0].label_zh
    assert (shapely.distance(_squares(like)[~found[0].mask], flows.geometry[0]) >= 50 - 1e-6).all()
    assert read_screening(None, None, like=like).run_out == {}


def test_flood_prone_ground_is_out_and_so_is_ground_nobody_can_judge(make: SimpleNamespace) -> None:
    """Cells of 100 m: the west column floods, the next is unknown, and the model ends at x = 400; margin 29 m."""
    like = make.grid(np.zeros((60, 60)), cell_m=10.0)
    values = np.zeros((6, 4))
    values[:, 0], values[:, 1] = 1.0, np.nan
    screening = read_screening(None, make.grid(values), like=like)
    flooded, unknown = exclude_screened(screening, like, margin_m=29.0)
    assert (flooded.reason, unknown.reason) == ("flood_prone", "flood_prone_unknown")
    assert np.flatnonzero(flooded.mask.all(axis=0)).tolist() == list(range(13))
    assert np.flatnonzero(unknown.mask.all(axis=0)).tolist()[0] <= 10
    assert not unknown.mask[:, 21:39].any()
    assert unknown.mask[:, 41:].all()
    places = np.array([Point(50, 300), Point(129, 300), Point(150, 300), Point(300, 300), Point(500, 300)])
    wanted = ["flood_prone", "flood_prone", "flood_prone_unknown", "", "flood_prone_unknown"]
    assert judge_screened(places, screening, margin_m=30.0).tolist() == wanted


def test_run_out_without_a_kind_or_in_another_crs_is_refused(make: SimpleNamespace) -> None:
    like = make.grid(np.zeros((4, 4)))
    with pytest.raises(TableError, match="kind"):
        read_screening(make.frame([box(0, 0, 1, 1)], source_id=["a"]), None, like=like)
    with pytest.raises(CrsError):
        read_screening(make.frame([box(0, 0, 1, 1)], kind=["rockfall"]).to_crs(4490), None, like=like)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 180), st.integers(0, 180), st.integers(1, 60)), min_size=1, max_size=3),
    st.floats(0, 60),
    st.floats(0, 60),
)
def test_a_bigger_margin_never_gives_ground_back(
    make: SimpleNamespace, squares: list[tuple[int, int, int]], one: float, other: float
) -> None:
    """Against exact geometry: no cell left over is within the margin of a run-out, and what the smaller margin takes the bigger takes too."""
    like = make.grid(np.zeros((20, 20)), cell_m=10.0)
    shapes = [box(x, y, x + size, y + size) for x, y, size in squares]
    screening = read_screening(make.frame(shapes, kind=["landslide"] * len(shapes)), None, like=like)
    small, large = (exclude_screened(screening, like, margin_m=margin)[0].mask for margin in sorted((one, other)))
    assert not (small & ~large).any()
    gaps = shapely.distance(_squares(like), shapely.union_all(shapes))
    assert (gaps[~large] >= max(one, other) - 1e-6).all()


def test_a_place_drawn_as_an_area_is_judged_by_all_of_it(make: SimpleNamespace) -> None:
    """Slide of radius 100 m at the origin, margin 50 m. Two areas with their middle 400 m away: one reaches to 140 m, one to 160 m. One leaves the survey."""
    layers = make.layers(
        slides=make.frame([Point(0, 0)], hazard_id=["h"], radius_m=[100.0], hazard_class=["low"]),
        survey=make.frame([box(-1000, -1000, 1000, 1000)]),
    )
    hazards = [HazardConfig(layer="slides", kind="landslide", survey_area="survey")]
    shapes = np.array([box(140, -10, 660, 10), box(160, -10, 640, 10), box(300, -10, 1100, 10), Point(400, 0)])
    assert judge_places(shapes, layers, hazards, margin_m=50.0).tolist() == ["hazard", "", "hazard_unknown", ""]
